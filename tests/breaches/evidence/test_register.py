"""The register's lines as of an instant, and its files read back by other programs."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from time import perf_counter

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert

from dpa.agreements.models import Agreement
from dpa.breaches import facts, operations
from dpa.breaches.closing import CaseState
from dpa.breaches.evidence import lines as reading
from dpa.breaches.evidence import register, tables
from dpa.breaches.evidence.asking import Asked
from dpa.breaches.evidence.lines import Line, PhaseLine, _joined, lines
from dpa.breaches.evidence.moments import Promise
from dpa.breaches.models import Affected, BreachFacts, Notice
from dpa.breaches.operations import documenting
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Selection
from dpa.docket.models import DocketEntry
from dpa.evidence.register import records
from dpa.parties.models import Controller
from dpa.problems import Conflict
from tests.breaches.conftest import NOW, Ground
from tests.breaches.evidence.house import HOSTILE, HOUR, Story, exercise, people
from tests.breaches.test_operations import incident

AUTUMN = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
"""Half past two in Paris, for the first time that night."""


def asked(hours: float = 50, **changes: object) -> Asked:
    return Asked(**({"first": date(2026, 1, 1), "last": date(2026, 12, 31), "as_of": NOW + hours * HOUR} | changes))  # type: ignore[arg-type]


def line(**changes: object) -> Line:
    facts: dict[str, object] = {
        "id": 1, "reference": "LL-2026-001", "title": "Export leak", "exercise": False, "state": CaseState.CLOSED, "closed_at": AUTUMN + 40 * HOUR,
        "close_words": "Done.", "zone": "Europe/Paris", "detected_at": AUTUMN - HOUR, "aware_at": AUTUMN, "recorded_at": AUTUMN + HOUR, "upstream": "",
        "first_told_at": AUTUMN + HOUR, "last_told_at": AUTUMN + 26 * HOUR, "counts": Counter({Promise.KEPT: 3, Promise.LATE: 1}), "told": 4, "demonstration": 0,
        "late_reasons": (("Mail server down.", 1),), "unexplained": 0, "not_owed_reasons": (), "facts": "It leaked.", "effects": "", "remedial": "Closed.",
        "phases": (PhaseLine(1, Phase.INITIAL, AUTUMN + HOUR, "", ""),),
    }  # fmt: skip
    return Line(**(facts | changes))  # type: ignore[arg-type]


def test_a_register_tells_what_was_known_by_then(lemon: Ground) -> None:
    people(lemon)
    story = Story(lemon)
    story.finish()
    with story.at(60) as unit:
        operations.reopen(unit, story.breach, "A further customer may be affected.")

    def seen(hours: float) -> tuple[object, ...]:
        [one] = lines(lemon.session, lemon.organisation.id, asked(hours))
        told = None if one.first_told_at is None else (one.first_told_at - NOW) / HOUR
        return one.state.value, one.affected, one.told, told, one.missed, len(one.phases), one.unexplained, len(one.not_owed_reasons), one.effects

    assert lines(lemon.session, lemon.organisation.id, asked(-1)) == []
    assert seen(0.2) == ("open", 2, 0, None, 0, 0, 0, 0, "")
    assert seen(3.5) == ("open", 3, 1, 3.1, 0, 1, 0, 0, "")
    assert seen(7.5) == ("open", 3, 1, 3.1, 0, 1, 0, 1, "Unwanted mail.")
    assert seen(23) == ("open", 3, 1, 3.1, 1, 1, 1, 1, "Unwanted mail.")
    assert seen(26.5) == ("open", 3, 2, 3.1, 1, 1, 1, 1, "Unwanted mail.")
    assert seen(41) == ("closed", 3, 2, 3.1, 1, 2, 0, 1, "Unwanted mail.")
    assert seen(61) == ("open", 3, 2, 3.1, 1, 2, 0, 1, "Unwanted mail.")
    [closed] = lines(lemon.session, lemon.organisation.id, asked(41))
    assert closed.late_reasons == (("Its mail server was down all day.", 1),)
    assert closed.remedial == "Access closed, keys changed.", "where the sheet is silent, what customers were told stands"
    assert "3,112 people" in closed.facts


def test_a_register_tells_the_newest_statement_beside_the_sheet() -> None:
    assert _joined((), "", later=True) == ()
    assert _joined((), "Told.", later=False) == ("Told.",)
    assert _joined(("Export switched off.",), "Export switched off. The file was deleted.", later=True) == ("Export switched off. The file was deleted.",)
    assert _joined(("Export switched off.", "Keys kept."), "The file was deleted.", later=True) == ("The file was deleted.", "In the fact sheet, before that: Export switched off.", "Keys kept.")
    assert _joined(("Export switched off.",), "Told before the sheet.", later=False) == ("Export switched off.",)
    assert _joined(("Export switched off and keys changed.",), "keys changed", later=True) == ("Export switched off and keys changed.",)


def test_exercises_stand_apart_and_no_breach_is_kept_and_marked(here: Ground) -> None:
    exercise(here)
    with here.unit(NOW + 30 * HOUR) as unit:
        nothing = operations.record_incident(unit, unit.session.merge(here.organisation), incident(title="A false alarm"))
        operations.close_as_no_breach(unit, nothing, "The log was a test's; nothing left the house.")
    found = lines(here.session, here.organisation.id, asked())
    assert [(one.title, one.state, one.close_words[:7]) for one in found] == [("A false alarm", CaseState.NO_BREACH, "The log")]
    drills = lines(here.session, here.organisation.id, asked(exercises=True))
    assert [(one.title, one.exercise, one.missed) for one in drills] == [("Stolen laptop", True, 4)]
    for state, count in ((CaseState.OPEN, 0), (CaseState.CLOSED, 0), (CaseState.NO_BREACH, 1)):
        assert len(lines(here.session, here.organisation.id, asked(state=state))) == count
    assert lines(here.session, here.organisation.id, asked(last=date(2026, 11, 21))) == []
    assert lines(here.session, here.organisation.id + 1, asked()) == []
    with pytest.raises(Conflict, match="no part"), here.unit(NOW + 40 * HOUR) as unit:
        documenting.order_register(unit, unit.session.merge(here.organisation), asked(exercises=True))


def test_the_period_goes_by_the_legal_day_of_the_awareness_known_then(here: Ground) -> None:
    late = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # already 2026 in Paris
    with here.unit() as unit:
        operations.record_incident(unit, unit.session.merge(here.organisation), incident(detected_at=late, aware_at=late))
    assert len(lines(here.session, here.organisation.id, asked())) == 1
    assert lines(here.session, here.organisation.id, asked(first=date(2025, 1, 1), last=date(2025, 12, 31))) == []


def test_the_csv_is_read_back_with_every_sign_and_runs_no_formula() -> None:
    evil = line(title=HOSTILE, facts='He said "no";\r\nthen, a comma', effects=" =1+1", remedial="-2+3", close_words="\t=x", upstream="@SUM(A1)")
    content = tables.as_csv([evil, line(first_told_at=None, last_told_at=None, phases=())])
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in content
    rows = list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))
    assert len(rows) == 2
    first = rows[0]
    assert first["Incident"] == "'" + HOSTILE
    assert (first["Effects"], first["Remedial action"], first["How it ended"], first["Subprocessor"]) == ("' =1+1", "'-2+3", "'\t=x", "'@SUM(A1)")
    assert first["Facts"] == 'He said "no";\r\nthen, a comma'
    assert first["Aware"] == "2026-10-25T02:30:00+02:00"
    assert first["First customer told"] == "2026-10-25T02:30:00+01:00", "the second half past two of that night"
    assert first["Minutes from awareness to the first notice"] == "60"
    assert rows[1]["First customer told"] == ""
    for row in rows:
        assert not [value for value in row.values() if value.strip()[:1] in set("=+-@")]


@pytest.mark.parametrize(("text", "safe"), [
    ("plain", "plain"), ("", ""), ("=1", "'=1"), ("+49 1", "'+49 1"), ("-", "'-"), ("@x", "'@x"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("  =1", "'  =1"),
    ("\N{FULLWIDTH EQUALS SIGN}1", "'\N{FULLWIDTH EQUALS SIGN}1"), ("|calc", "'|calc"), ("a=1", "a=1"), ("   ", "   "),
])  # fmt: skip
def test_a_text_that_could_be_a_formula_gets_an_apostrophe(text: str, safe: str) -> None:
    assert tables.harmless(text) == safe


def test_the_workbook_holds_real_dates_on_the_zones_clocks_and_no_formula() -> None:
    long = "x" * 40_000
    content = tables.as_xlsx([line(title=HOSTILE, facts="=1+1", effects=long, remedial="https://x.example")], asked(), "Lemon Learning", "Europe/Paris")
    book = load_workbook(BytesIO(content))
    sheet = book["Incidents"]
    heads = [cell.value for cell in sheet[1]]
    cells = dict(zip(heads, sheet[2], strict=True))
    assert heads == [field.title for field in tables.FIELDS]
    assert cells["Aware"].value == datetime(2026, 10, 25, 2, 30)
    assert cells["Aware"].is_date
    assert cells["Zone of the times"].value == "Europe/Paris"
    assert cells["Customers affected"].value == 4
    assert (cells["Facts"].value, cells["Facts"].data_type) == ("=1+1", "s")
    assert cells["Remedial action"].hyperlink is None
    assert len(cells["Effects"].value) == tables.CELL_MOST
    assert cells["Effects"].value.endswith(tables.CUT)
    assert "<script>alert(1)</script>" in cells["Incident"].value
    about = {row[0].value: row[1].value for row in book["About"]}
    assert about["Organisation"] == "Lemon Learning"
    assert about["Aware from"] == "Thu 1 Jan 2026"


def test_the_same_lines_give_the_same_workbook() -> None:
    first, second = (tables.as_xlsx([line()], asked(), "Lemon", "Europe/Paris") for _ in range(2))
    assert first == second


def test_an_empty_register_is_a_document_too() -> None:
    record = {
        "title": "Incident register", "zone": "Europe/Paris", "issuer": {"name": "Lemon"},
        "content": records.read(records.canonical(register.content([], asked()))),
    }  # fmt: skip
    body = register.build(record)
    assert "no personal data breach" in str(body.summary[0])


def test_more_incidents_than_bars_draws_the_longest() -> None:
    many = [line(id=n, reference=f"LL-{n}", first_told_at=AUTUMN + n * HOUR) for n in range(60)]
    record = {
        "title": "Incident register", "zone": "Europe/Paris", "issuer": {"name": "Lemon"},
        "content": records.read(records.canonical(register.content(many, asked()))),
    }  # fmt: skip
    [bars] = [block for block in register.build(record).summary if type(block).__name__ == "Bars"]
    assert len(bars.bars) == 40  # type: ignore[union-attr]
    assert bars.bars[0].label == "LL-59"  # type: ignore[union-attr]
    assert "the 40 longest of 60" in bars.caption  # type: ignore[union-attr]


def crowd(ground: Ground, count: int) -> None:
    """A case of many customers, written straight into the tables: their workflow is measured elsewhere."""
    first = ground.customer(1)
    entry_id = 0
    with ground.unit() as unit:
        breach = operations.record_incident(unit, unit.session.merge(ground.organisation), incident())
        [row] = operations.add_affected(unit, breach, [first.id], Selection.BY_LIST)
        breach_id, entry_id = breach.id, row.docket_entry_id
    with ground.session.get_bind().execution_options(write=True).begin() as connection:  # type: ignore[union-attr]
        def copies(table: object, source: dict[str, object], **per_row: object) -> None:
            def row(n: int) -> dict[str, object]:
                return source | {"id": source["id"] + n * 1000} | {key: value(n) for key, value in per_row.items()}  # type: ignore[operator]

            rows = [row(n) for n in range(2, count + 1)]
            connection.execute(insert(table), rows)  # type: ignore[arg-type]

        def values(row: object) -> dict[str, object]:
            return {column.name: getattr(row, column.key) for column in type(row).__table__.columns}  # type: ignore[attr-defined]

        ids = lambda base: lambda n: base + n * 1000  # noqa: E731
        agreement = ground.session.get_one(Agreement, first.id)
        controller = ground.session.get_one(Controller, agreement.controller_id)
        entry = ground.session.get_one(DocketEntry, entry_id)
        affected = ground.session.query(Affected).filter_by(breach_id=breach_id).one()
        told = {"met_at": NOW + HOUR, "closed_at": NOW + HOUR, "state": "met"}
        copies(Controller, values(controller), reference=lambda n: f"K{n}", name=lambda n: f"Crowd {n}")
        copies(Agreement, values(agreement), reference=lambda n: f"KA{n}", controller_id=ids(controller.id))
        copies(DocketEntry, values(entry) | told, agreement_id=ids(agreement.id), controller_id=ids(controller.id), late_s=lambda n: -3600 if n % 10 else 3600)
        copies(Affected, values(affected) | {"sent_at": NOW + HOUR}, agreement_id=ids(agreement.id), controller_id=ids(controller.id), docket_entry_id=ids(entry.id))
    ground.session.rollback()


def test_a_thousand_customers_take_a_moment(here: Ground) -> None:
    crowd(here, 1000)
    begun = perf_counter()
    found = lines(here.session, here.organisation.id, asked())
    files = tables.as_csv(found), tables.as_xlsx(found, asked(), "Lemon", "Europe/Paris")
    with here.unit(NOW + 50 * HOUR) as unit:
        documenting.order_register(unit, unit.session.merge(here.organisation), asked())
    assert perf_counter() - begun < 3
    assert all(files)
    [one] = found
    assert one.affected == 1000
    assert (one.counts[Promise.KEPT], one.counts[Promise.LATE], one.told) == (899, 100, 999)
    assert one.unexplained == 101, "a hundred told late, and the first one not at all"


def test_as_many_statements_for_many_incidents_as_for_one(lemon: Ground) -> None:
    from sqlalchemy import event

    people(lemon)
    counts = []
    for n in range(3):
        with lemon.unit(NOW + n * HOUR) as unit:
            for _ in range(1 + 9 * n):
                operations.record_incident(unit, unit.session.merge(lemon.organisation), incident())
        seen: list[str] = []
        note = lambda *args, seen=seen: seen.append(args[2])  # noqa: E731
        event.listen(lemon.session.get_bind(), "before_cursor_execute", note)
        reading.lines(lemon.session, lemon.organisation.id, asked())
        event.remove(lemon.session.get_bind(), "before_cursor_execute", note)
        lemon.session.rollback()
        counts.append(len([text for text in seen if text.startswith("SELECT")]))
    assert counts[1] == counts[2] <= 12


def test_a_sheet_older_than_what_customers_were_told_is_named_as_such() -> None:
    def sheet(nature: str) -> BreachFacts:
        return BreachFacts(number=1, sheet=facts.build({"nature": nature}).canonical(), at=AUTUMN + 2 * HOUR, by="u:1")

    def final(nature: str, hours: float) -> Notice:
        return Notice(number=2, phase=Phase.FINAL, nature=nature, consequences="", measures="", contact="", unknown="", released_at=AUTUMN + hours * HOUR)

    told = "1,200 pupils."
    assert reading.stale(None, [final(told, 5)], "Europe/Paris") == ""
    assert reading.stale(sheet("We do not know yet how many."), [], "Europe/Paris") == ""
    assert reading.stale(sheet("We do not know yet how many."), [final(told, 1)], "Europe/Paris") == "", "the sheet is the newer word"
    assert reading.stale(sheet(told), [final(told, 5)], "Europe/Paris") == ""
    said = reading.stale(sheet("We do not know yet how many."), [final(told, 5)], "Europe/Paris")
    assert said.startswith("The final notice of Sun 25 Oct 2026, 06:30 Paris says other things than the fact sheet")
