"""The register as CSV and XLSX, from its lines. Pure: bytes out, nothing read.

CSV is RFC 4180 (CRLF, quotes doubled), UTF-8 with a byte-order mark so that spreadsheets read accents; texts that a spreadsheet would
run as a formula get an apostrophe in front (CWE-1236). XLSX holds texts as texts, instants as real dates on the clocks of the zone beside them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any
from zoneinfo import ZoneInfo

from dpa.breaches.evidence.asking import Asked
from dpa.breaches.evidence.lines import Line, PhaseLine, Reasons
from dpa.breaches.evidence.moments import Promise
from dpa.breaches.evidence.wording import STATES
from dpa.breaches.phases import TITLES
from dpa.web.words import day, instant_text

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
FORMULA = frozenset("=+-@\t\r\n|\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}")
"""Signs with which a cell may begin a formula; the full-width ones where a spreadsheet folds widths."""
CELL_MOST = 32_767
"""Characters that a cell of a spreadsheet holds."""
CUT = " … (cut; the whole text stands in the CSV file and in the case)"
Value = str | int | datetime | None


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its heading, its value, its width in a spreadsheet."""

    title: str
    value: Callable[[Line], Value]
    width: int = 14


def _count(outcome: Promise) -> Callable[[Line], Value]:
    return lambda line: line.counts.get(outcome, 0)


FIELDS = (
    Field("Reference", lambda line: line.reference), Field("Incident", lambda line: line.title, 34),
    Field("State", lambda line: STATES[line.state], 18), Field("Exercise", lambda line: "yes" if line.exercise else "no", 9),
    Field("Zone of the times", lambda line: line.zone, 16), Field("Detected", lambda line: line.detected_at, 17),
    Field("Aware", lambda line: line.aware_at, 17), Field("Recorded", lambda line: line.recorded_at, 17),
    Field("First customer told", lambda line: line.first_told_at, 17), Field("Last customer told", lambda line: line.last_told_at, 17),
    Field("Minutes from awareness to the first notice", lambda line: int(line.to_notice.total_seconds() // 60) if line.to_notice is not None else None),
    Field("Customers affected", lambda line: line.affected), Field("Customers told", lambda line: line.told),
    Field("Told in time", _count(Promise.KEPT)), Field("Told late", _count(Promise.LATE)), Field("Not told, time passed", _count(Promise.OVERDUE)),
    Field("Not told, time runs", _count(Promise.RUNNING)), Field("No notice owed, by decision", _count(Promise.NOT_OWED)),
    Field("Waived", _count(Promise.WAIVED)), Field("Reasons for lateness", lambda line: reasons_text(line.late_reasons, line.unexplained), 34),
    Field("Reasons why no notice was owed", lambda line: reasons_text(line.not_owed_reasons, 0), 34),
    Field("Facts", lambda line: line.facts, 50), Field("Effects", lambda line: line.effects, 40),
    Field("Remedial action", lambda line: line.remedial, 40), Field("Phases", lambda line: "\n".join(phase_text(one, line.zone) for one in line.phases), 40),
    Field("Subprocessor", lambda line: line.upstream, 20), Field("Closed", lambda line: line.closed_at, 17),
    Field("How it ended", lambda line: line.close_words, 34),
    Field("Told in time by the awareness held then, late by the corrected one", _count(Promise.CORRECTED)),
    Field("Demonstration: only kept in the file mailbox, nobody told", lambda line: line.demonstration, 18),
    Field("Reports to authorities", lambda line: "\n".join(line.reports), 40),
)  # fmt: skip


def reasons_text(reasons: Reasons, unexplained: int) -> str:
    """Return reasons with their numbers of customers, one on each line."""
    said = [f"{count:,} customer{'' if count == 1 else 's'}: {text}" for text, count in reasons]
    return "\n".join([*said, f"{unexplained:,} without a reason on record"] if unexplained else said)


def phase_text(one: PhaseLine, zone: str) -> str:
    """Return a phase with its instant and what was said about its release."""
    late = f"; later than announced: {one.late_reason}" if one.late_reason else ""
    alone = f"; released by one person in an emergency: {one.emergency_reason}" if one.emergency_reason else ""
    return f"{one.number}. {TITLES[one.phase]}, {instant_text(one.released_at, zone, 'exact')}{late}{alone}"


def as_csv(lines: Sequence[Line]) -> bytes:
    """Return the lines as a CSV file; instants in ISO 8601 with their offset."""
    out = StringIO(newline="")
    out.write(BOM)
    writer = csv.writer(out)
    writer.writerow([field.title for field in FIELDS])
    writer.writerows([_csv(field.value(line), line.zone) for field in FIELDS] for line in lines)
    return out.getvalue().encode()


def _csv(value: Value, zone: str) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
    return str(value) if isinstance(value, int) else harmless(value)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula: with an apostrophe in front where it could begin one, blanks before it or not."""
    begins = text.lstrip(" \N{NO-BREAK SPACE}")[:1]
    return f"'{text}" if begins in FORMULA and begins else text


def as_xlsx(lines: Sequence[Line], asked: Asked, organisation: str, zone: str) -> bytes:
    """Return the lines as a workbook: one sheet of incidents, one that says what was asked for."""
    from xlsxwriter import Workbook

    out = BytesIO()
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"title": "Incident register", "author": organisation, "created": asked.as_of.replace(tzinfo=None, microsecond=0)})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    plain, dated = book.add_format({"text_wrap": True, "valign": "top"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top"})
    sheet = book.add_worksheet("Exercises" if asked.exercises else "Incidents")
    for at, field in enumerate(FIELDS):
        sheet.set_column(at, at, field.width)
        sheet.write_string(0, at, field.title, head)
    for number, line in enumerate(lines, 1):
        for at, field in enumerate(FIELDS):
            _put(sheet, number, at, field.value(line), line.zone, plain, dated)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(lines), 1), len(FIELDS) - 1)
    about = book.add_worksheet("About")
    about.set_column(0, 0, 22)
    about.set_column(1, 1, 70)
    for number, (label, text) in enumerate(described(asked, organisation, zone, len(lines))):
        about.write_string(number, 0, label, head)
        about.write_string(number, 1, text[:CELL_MOST], plain)
    book.close()
    return out.getvalue()


def _put(sheet: Any, row: int, column: int, value: Value, zone: str, plain: Any, dated: Any) -> None:
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, value.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0), dated)
    elif isinstance(value, int):
        sheet.write_number(row, column, value, plain)
    elif value:
        # A longer text would be dropped without a word.
        sheet.write_string(row, column, value if len(value) <= CELL_MOST else value[: CELL_MOST - len(CUT)] + CUT, plain)


def described(asked: Asked, organisation: str, zone: str, count: int) -> tuple[tuple[str, str], ...]:
    """Return what a list shows, as label and text."""
    return (
        ("Register of", "exercises" if asked.exercises else "personal data breaches (mirror of Art. 33(5) GDPR)"), ("Organisation", organisation),
        ("Aware from", day(asked.first)), ("Aware until", day(asked.last)), ("As of", instant_text(asked.as_of, zone, "exact")),
        ("State", STATES[asked.state] if asked.state else "all"), ("Entries", f"{count:,}"),
        ("Times", "on the clocks of the zone that stands in each line"),
    )  # fmt: skip
