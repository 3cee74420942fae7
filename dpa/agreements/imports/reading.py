"""From the text of a CSV file to its rows. Pure; knows nothing of what is stored already."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from dpa.problems import Invalid

COLUMNS: tuple[str, ...] = (
    "controller_reference", "controller_name", "country", "language", "agreement_reference", "template", "starts_on", "ends_on",
    "systems", "contact_privacy", "contact_security", "contact_notices",
)
"""The columns a file may have, in any order."""
REQUIRED: tuple[str, ...] = ("controller_reference", "controller_name", "agreement_reference", "template", "starts_on")
EXAMPLE: tuple[str, ...] = (
    "C-0001", "Académie de Lille", "FR", "fr", "A-0001", "standard-terms", "2026-01-01", "", "Reporting;Mail relay",
    "dpo@customer.example", "security@customer.example", "",
)
MOST_ROWS = 20_000
MOST_CHARACTERS = 1_000
"""Most characters of one cell; longer ones mean a quotation mark is missing."""
FIELD = "file"


class Lines(Protocol):
    """What `csv.reader` returns."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it stands in the file."""

    number: int
    """Line of the file the row begins on, the header being line 1."""
    cells: Mapping[str, str]
    """Cell by column, trimmed; columns the file does not have are empty."""
    fault: str | None = None
    """Why the row cannot be read at all."""


def template_text(slug: str = EXAMPLE[5]) -> str:
    """Return a file with the header and one example row, as people download it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerow([slug if name == "template" else value for name, value in zip(COLUMNS, EXAMPLE, strict=True)])
    return out.getvalue()


def read(text: str) -> tuple[RawRow, ...]:
    """Return the rows of a CSV text with a header, separated by commas or semicolons; empty lines are left out.

    Raises `Invalid` with one sentence when the file as a whole cannot be read; faults of single rows stay with their row.
    """
    if not text.strip():
        raise Invalid("The file is empty; it needs a header line and one row per agreement.", field=FIELD)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        return _rows(lines)
    except csv.Error as error:
        raise Invalid(f"Line {lines.line_num} is not readable CSV ({error}); look for a quotation mark that is not closed.", field=FIELD) from None


def _delimiter(text: str) -> str:
    header = text.lstrip("\r\n").splitlines()[0]
    return ";" if header.count(";") > header.count(",") else ","


def _rows(lines: Lines) -> tuple[RawRow, ...]:
    header: list[str] | None = None
    rows: list[RawRow] = []
    before = 0
    for cells in lines:
        number, before = before + 1, lines.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = _header(cells)
            continue
        if len(rows) == MOST_ROWS:
            raise Invalid(f"The file has more than {MOST_ROWS:,} rows; split it into smaller files.", field=FIELD)
        rows.append(_row(number, header, cells))
    if header is None or not rows:
        raise Invalid("The file has a header but no rows; add one row per agreement.", field=FIELD)
    return tuple(rows)


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    unknown = [name for name in names if name not in COLUMNS]
    missing = [name for name in REQUIRED if name not in names]
    if unknown and len(unknown) == len(names):
        raise Invalid(f"The first line must be a header with the columns {', '.join(REQUIRED)}; see the CSV template.", field=FIELD)
    if unknown:
        raise Invalid("; ".join(_hint(name) for name in unknown) + ".", field=FIELD)
    if missing:
        raise Invalid(f"The header lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; add {'them' if len(missing) > 1 else 'it'}.", field=FIELD)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Invalid(f"The header names {', '.join(twice)} twice; keep it once.", field=FIELD)
    return names


def _hint(name: str) -> str:
    near = get_close_matches(name, COLUMNS, n=1)
    shown = name[:60] or "(empty)"
    return f"The column “{shown}” is not known" + (f", did you mean {near[0]}?" if near else "; remove it or see the CSV template")


def _row(number: int, header: list[str], cells: list[str]) -> RawRow:
    while len(cells) > len(header) and not cells[-1].strip():
        cells.pop()
    found = dict.fromkeys(COLUMNS, "") | {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    fault = None
    if len(cells) != len(header):
        fault = f"The row has {len(cells)} cells, the header {len(header)}; look for a missing quotation mark or separator."
    elif long := [name for name, cell in found.items() if len(cell) > MOST_CHARACTERS]:
        fault = f"{long[0]} is longer than {MOST_CHARACTERS:,} characters; look for a missing quotation mark."
    return RawRow(number, {name: cell[:MOST_CHARACTERS] for name, cell in found.items()}, fault)
