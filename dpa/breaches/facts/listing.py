"""What concerns many customers, out of a pasted table or a CSV file: customer; people; records; categories; countries. Pure.

The first line may name the columns, in any order; without it they are in this order. A number alone is exact; `~120` or `about 120` is
approximate; `?` is to be determined; `-` cannot be determined; nothing leaves what was said before. Categories are the words of the
EDPB's template, separated by commas or `|`: their short names (`patients`, `contact`) or the beginning of their labels.
Countries are codes or names with the number of people where it is known, separated in the same way: `FR 100, BE`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from dpa.breaches.facts import living
from dpa.breaches.facts.base import NUMBER_MAX
from dpa.breaches.facts.problem import FactsProblem
from dpa.breaches.facts.sheet import Count, Country, build
from dpa.breaches.facts.telling import Share
from dpa.breaches.facts.words import DataType, Precision, SubjectCategory, Word
from dpa.languages.countries import country_fault
from dpa.problems import Invalid

MOST = 20_000
"""Lines of one table."""
MOST_CHARACTERS = 2_000_000
ERRORS_SHOWN = 10
NAMES: Mapping[str, str] = {
    "customer": "customer", "controller": "customer", "agreement": "customer", "reference": "customer", "name": "customer",
    "people": "people", "persons": "people", "data subjects": "people", "number of people": "people",
    "records": "records", "number of records": "records", "categories": "categories", "category": "categories",
    "countries": "countries", "country": "countries",
}  # fmt: skip
ORDER = ("customer", "people", "records", "categories", "countries")
_APPROXIMATE = re.compile(r"(?:~|≈|about|approx\.?|approximately|ca\.?|circa)\s*(.+)", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:[., '\u00a0\u202f]\d{3})+")
_OPEN = {"?", "to be determined", "tbd", "unknown yet"}
W = TypeVar("W", bound=Word)
_NEVER = {"-", "–", "cannot be determined", "undeterminable", "n/a"}


@dataclass(frozen=True, slots=True)
class Line:
    """One customer of the table."""

    number: int
    """Of the line in the text, from 1."""
    customer: str
    """As typed: an agreement's reference, a customer's, or its name."""
    share: Share


@dataclass(slots=True)
class _Faults:
    found: list[str] = field(default_factory=list)

    def add(self, line: int, text: str) -> None:
        self.found.append(f"Line {line}: {text}")


def table(text: str, column: str = "table") -> tuple[Line, ...]:
    """Return the lines of a table. Raises `Invalid` on the field `column`, naming the lines that cannot be read and why; then nothing is taken."""
    if len(text) > MOST_CHARACTERS:
        raise Invalid(f"The table is longer than {MOST_CHARACTERS:,} characters; split it.", field=column)
    rows = _rows(text, column)
    places, rows = _places(rows)
    faults = _Faults()
    lines: list[Line] = []
    seen: dict[str, int] = {}
    for number, cells in rows:
        said = {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}
        if not any(said.values()):
            continue
        customer = said.get("customer", "")
        if not customer:
            faults.add(number, "it names no customer; add the agreement's reference in the first column.")
        elif customer.casefold() in seen:
            faults.add(number, f"{customer} stands in line {seen[customer.casefold()]} too; keep one of the two.")
        else:
            seen[customer.casefold()] = number
            lines.append(Line(number, customer, _share(said, number, faults)))
    if len(lines) > MOST:
        raise Invalid(f"The table has {len(lines):,} customers; at most {MOST:,} can be taken at once. Split it.", field=column)
    if faults.found:
        raise TableProblem(faults.found, lines, column)
    if not lines:
        raise Invalid("There is no line with a customer. Write one line for each: customer; people; records; categories; countries.", field=column)
    return tuple(lines)


class TableProblem(Invalid):
    """Lines that cannot be read; `lines` are all that name a customer, so that whoever knows the customers can tell what else is wrong with them."""

    def __init__(self, faults: Sequence[str], lines: Sequence[Line], column: str) -> None:
        super().__init__(told(faults), field=column)
        self.faults, self.lines = tuple(faults), tuple(lines)


def told(faults: Sequence[str]) -> str:
    """Return what is wrong with a table, line by line; the first lines of many."""
    more = f" And {len(faults) - ERRORS_SHOWN:,} more lines." if len(faults) > ERRORS_SHOWN else ""
    return f"{' '.join(faults[:ERRORS_SHOWN])}{more} Nothing was saved."


def _rows(text: str, column: str) -> list[tuple[int, list[str]]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = next((sign for sign in ("\t", ";", ",") if sign in first), ";")
    reader = csv.reader(io.StringIO(text.replace("\x00", "")), delimiter=separator, strict=True)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error:
        raise Invalid(f"Line {reader.line_num} cannot be read as a table; check its quotation marks. Nothing was saved.", field=column) from None


def _places(rows: list[tuple[int, list[str]]]) -> tuple[dict[str, int], list[tuple[int, list[str]]]]:
    """Return where each column stands, and the lines below its heading."""
    heads = [NAMES.get(cell.strip().lower()) for cell in rows[0][1]] if rows else []
    if "customer" in heads and len(heads) > 1 and all(heads):
        return {name: place for place, name in enumerate(heads) if name}, rows[1:]
    return {name: place for place, name in enumerate(ORDER)}, rows


def _share(said: Mapping[str, str], number: int, faults: _Faults) -> Share:
    subjects: list[SubjectCategory] = []
    data: list[DataType] = []
    for typed in re.split(r"[,|/\n]", said.get("categories", "")):
        if not typed.strip():
            continue
        subject, kind = _word(SubjectCategory, typed), _word(DataType, typed)
        if subject is None and kind is None:
            faults.add(number, f"“{typed.strip()[:60]}” is no category; the page lists their names.")
        elif subject is not None:
            subjects.append(subject)
        elif kind is not None:
            data.append(kind)
    return Share(
        people=_number(said.get("people", ""), "people", number, faults), records=_number(said.get("records", ""), "records", number, faults),
        subjects=tuple(one for one in SubjectCategory if one in subjects) or None, data_types=tuple(one for one in DataType if one in data) or None,
        countries=_countries(said.get("countries", ""), number, faults) or None,
    )  # fmt: skip


def _countries(typed: str, line: int, faults: _Faults) -> tuple[Country, ...]:
    try:
        countries = build({"countries": living.listed(one.strip() for one in re.split(r"[,|/\n]", typed) if one.strip())}).countries
    except FactsProblem as problem:
        faults.add(line, next(iter(problem.fields.values())))
        return ()
    except ValueError as problem:
        faults.add(line, str(problem))
        return ()
    if fault := next((fault for one in countries if (fault := country_fault(one.code))), None):
        faults.add(line, fault)
    return countries


def _word(kind: type[W], typed: str) -> W | None:
    """Return the word meant: by its short name, or by the beginning of its label where that is clear."""
    text = " ".join(typed.split()).casefold()
    name = re.sub(r"[ -]", "_", text)
    named = next((one for one in kind if one.value == name and not one.is_open), None)
    begun = [one for one in kind if one.label.casefold().startswith(text) and not one.is_open]
    return named or (begun[0] if len(begun) == 1 and len(text) >= 4 else None)


def _number(typed: str, what: str, line: int, faults: _Faults) -> Count | None:
    text = typed.strip()
    if not text:
        return None
    if text.lower() in _OPEN:
        return Count(precision=Precision.TO_BE_DETERMINED)
    if text.lower() in _NEVER:
        return Count(precision=Precision.UNDETERMINABLE)
    about = _APPROXIMATE.fullmatch(text)
    digits = about[1].strip() if about else text
    plain = re.sub(r"\D", "", digits) if _GROUPED.fullmatch(digits) else digits
    if not (plain.isascii() and plain.isdigit()) or int(plain[:20]) > NUMBER_MAX or len(plain) > 12:
        faults.add(line, f"“{text[:40]}” is no number of {what}; write 120, ~120, ? or -.")
        return None
    return Count.about(int(plain)) if about else Count.exact(int(plain))
