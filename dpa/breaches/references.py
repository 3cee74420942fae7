"""References of agreements out of pasted text or a file: which, and in which line each stands. Pure.

Two forms are read: plain text with references separated by lines, blanks, commas, semicolons or tabs, and a CSV file whose first line
names the column `reference`. A reference never holds blanks, commas or semicolons.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from dpa.problems import Invalid

MOST = 20_000
"""References in one list."""
MOST_CHARACTERS = 1_000_000
COLUMNS = frozenset({"reference", "references", "agreement", "agreement reference", "agreement_reference", "contract", "contract reference"})
"""Names of the column that holds references, in small letters."""
SHOWN = 10
"""Unknown references named in a sentence."""
LONGEST = 40
"""Characters of a reference; longer ones are cut where they are shown."""
_SIGNS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Signs that would garble the sentence a reference is shown in."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One reference with the line it first stands in, counted from 1."""

    reference: str
    line: int


def listed(text: str, field: str = "references") -> tuple[Listed, ...]:
    """Return the references of a text without repeats, in their order; raises `Invalid` for too many and for a CSV that cannot be read."""
    if len(text) > MOST_CHARACTERS:
        raise Invalid(f"The list is longer than {MOST_CHARACTERS:,} characters; leave only the references in it.", field=field)
    first = next((line for line in text.splitlines() if line.strip()), "")
    column = _column(first)
    found = _from_csv(text, column, field) if column else _from_words(text)
    once: dict[str, Listed] = {}
    for one in found:
        once.setdefault(one.reference, one)
    if len(once) > MOST:
        raise Invalid(f"The list holds {len(once):,} references; at most {MOST:,} can be named at once. Choose all, or split the list.", field=field)
    return tuple(once.values())


def unknown_sentence(found: Sequence[Listed], known: Collection[str]) -> str | None:
    """Return a sentence naming references that are not known, with their lines; none when all are."""
    missing = [one for one in found if one.reference not in known]
    if not missing:
        return None
    lines = groupby(missing[:SHOWN], key=lambda one: one.line)
    named = "; ".join(f"{', '.join(_shown(one.reference) for one in group)} (line {line})" for line, group in lines)
    more = f", and {len(missing) - SHOWN:,} more" if len(missing) > SHOWN else ""
    return f"These agreements are not on file: {named}{more}. Correct them or take them out."


def _shown(reference: str) -> str:
    plain = _SIGNS.sub("\N{REPLACEMENT CHARACTER}", reference)
    return plain if len(plain) <= LONGEST else plain[:LONGEST] + "…"


def _column(first: str) -> tuple[str, int] | None:
    """Return separator and place of the column of references that a first line names; none where it names none."""
    for separator in (";", ",", "\t"):
        cells = [cell.strip().strip('"').strip().lower() for cell in first.split(separator)]
        place = next((place for place, cell in enumerate(cells) if cell in COLUMNS), None)
        if place is not None:
            return separator, place
    return None


def _from_words(text: str) -> list[Listed]:
    return [
        Listed(word, number)
        for number, line in enumerate(text.splitlines(), 1)
        for part in re.split(r"[\s,;]+", line)
        if (word := part.strip("\"'"))
    ]


def _from_csv(text: str, column: tuple[str, int], field: str) -> list[Listed]:
    separator, place = column
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    found = []
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error:
        raise Invalid(f"Line {reader.line_num} cannot be read as CSV; check its quotation marks.", field=field) from None
    header = next(number for number, (_, row) in enumerate(rows) if any(cell.strip() for cell in row))
    for line, row in rows[header + 1 :]:
        cell = row[place].strip() if len(row) > place else ""
        if cell:
            found.append(Listed(cell, line))
        elif any(part.strip() for part in row):
            raise Invalid(f"Line {line} has no reference in its column; add it or take the line out.", field=field)
    return found
