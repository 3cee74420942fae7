"""The preview of an import, row by row, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dpa.agreements.imports.checking import Row
from dpa.agreements.imports.reading import COLUMNS, EXAMPLE, REQUIRED
from dpa.agreements.models import ImportDraft
from dpa.web import words
from dpa.web.words import plural

SIZE = 100
"""Rows on one page of the preview."""
MEANING: dict[str, str] = {
    "controller_reference": "your own number for the customer; customers there already are found by it",
    "controller_name": "legal name of the customer",
    "country": "two letters, such as FR",
    "language": "language of notices, two letters; the organisation’s own when empty",
    "agreement_reference": "your own number for the agreement, not used before",
    "template": "short name of the standard terms it follows",
    "starts_on": "first day, year-month-day",
    "ends_on": "last day; empty while it runs",
    "systems": "names separated by semicolons; new ones are added",
    "contact_privacy": "e-mail address for privacy matters",
    "contact_security": "e-mail address that hears of breaches first",
    "contact_notices": "e-mail address for notices under the contract",
}


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One column of the file."""

    name: str
    needed: bool
    meaning: str
    example: str


@dataclass(frozen=True, slots=True)
class RowLine:
    """One row of the preview."""

    number: int
    controller: str
    controller_reference: str
    agreement: str
    template: str
    runs: str
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A page of the preview."""

    lines: tuple[RowLine, ...]
    wrong: int
    total: int
    only_wrong: bool
    next_after: int | None
    begins_later: bool
    sentence: str
    """What confirming does, or why it cannot be done."""
    consequence: str


def column_lines() -> tuple[ColumnLine, ...]:
    """Return the columns a file may have, with their meaning."""
    return tuple(ColumnLine(name, name in REQUIRED, MEANING[name], value) for name, value in zip(COLUMNS, EXAMPLE, strict=True))


def preview(draft: ImportDraft, *, show: str, after: int | None) -> Preview:
    """Return a page of rows: those with errors first asked for, all when there are none or `show` is all."""
    counts = draft.result
    wrong = int(counts["wrong"])
    only_wrong = wrong > 0 and show != "all"
    stored = [row for row in draft.rows if (row["errors"] or not only_wrong) and row["number"] > (after or 0)]
    shown = [Row.from_json(row) for row in stored[:SIZE]]
    return Preview(
        lines=tuple(_line(row) for row in shown),
        wrong=wrong,
        total=int(counts["rows"]),
        only_wrong=only_wrong,
        next_after=shown[-1].number if len(stored) > SIZE else None,
        begins_later=bool(after),
        sentence=_sentence(counts, wrong),
        consequence=_consequence(counts),
    )


def _sentence(counts: dict[str, int], wrong: int) -> str:
    if wrong:
        rows = plural(wrong, "row")
        return f"{rows} of {counts['rows']:,} cannot be imported. Correct the file and upload it again; nothing is imported in parts."
    return f"All {counts['rows']:,} rows can be imported." if counts["rows"] != 1 else "The row can be imported."


def _consequence(counts: dict[str, int]) -> str:
    parts = [plural(counts["agreements"], "agreement"), plural(counts["controllers"], "new customer")]
    if counts["systems"]:
        parts.append(plural(counts["systems"], "new system"))
    matched = f" {plural(counts['matched'], 'customer')} already there keep their details." if counts["matched"] > 1 else ""
    matched = " One customer already there keeps its details." if counts["matched"] == 1 else matched
    return f"Adds {', '.join(parts[:-1])} and {parts[-1]}, all at once.{matched}"


def _line(row: Row) -> RowLine:
    return RowLine(
        number=row.number, controller=row.controller_name or "no name", controller_reference=row.controller_reference,
        agreement=row.agreement_reference, template=row.template, runs=_runs(row), errors=row.errors,
    )


def _runs(row: Row) -> str:
    if row.errors:
        return " to ".join(part for part in (row.starts_on, row.ends_on) if part)
    begin = words.day(date.fromisoformat(row.starts_on))
    return f"{begin} to {words.day(date.fromisoformat(row.ends_on))}" if row.ends_on else f"since {begin}"


def result(draft: ImportDraft) -> list[dict[str, str]]:
    """Return what an import made, as figures."""
    made = draft.result
    names = {"agreement": "Agreements", "controller": "New customers", "contact": "New contacts", "system": "New systems"}
    return [{"label": label, "value": f"{int(made.get(name, 0)):,}"} for name, label in names.items()]
