"""It happened at a subprocessor: said, corrected and taken out on a running case, one thing in case and fact sheet, and told as of any instant."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from dpa.breaches import facts, operations, queries
from dpa.breaches.evidence import lines, package
from dpa.breaches.evidence.asking import Asked
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.customer_file import customer_files
from dpa.breaches.facts import FactsProblem
from dpa.breaches.pages.upstream import upstream_of
from dpa.evidence.register import records
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.trail.models import TrailEvent
from dpa.problems import Conflict, Invalid
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_operations import AWARE
from tests.breaches.test_phases import Case

HOUR = timedelta(hours=1)
WHY = "The log of the hoster shows where it began."


@pytest.fixture
def case(lemon: Ground) -> Case:
    return Case(lemon)


def say(case: Case, name: str, told_at: datetime | None = None, hours: float = 0.5, why: str = WHY) -> None:
    with case.at(hours) as unit:
        operations.say_upstream(unit, case.breach, name, told_at, why)


def save(case: Case, hours: float = 1, **fields: object) -> None:
    with case.at(hours) as unit:
        operations.save_facts(unit, case.breach, facts.build({"nature": "An export leaked.", **fields}).canonical())


def sheet(case: Case) -> facts.FactSheet:
    newest = queries.newest_facts(case.ground.session, case.breach.id)
    assert newest is not None
    return facts.read(newest.sheet)


def test_what_is_said_later_stands_in_case_sheet_and_notice_and_moves_no_clock(case: Case) -> None:
    save(case, hours=0.2)
    before = case.entry().target_at
    say(case, "  Hostco   SAS ", AWARE)
    assert (case.breach.upstream, case.breach.upstream_told_at) == ("Hostco SAS", AWARE)
    said = sheet(case).subprocessor
    assert said is not None
    assert (said.name, said.told_at) == ("Hostco SAS", AWARE)
    assert case.entry().target_at == before
    view = upstream_of(case.ground.session, case.breach)
    assert view is not None
    assert view.lines
    case.write(hours=1)
    case.release(2)
    paper = case.ground.session.query(IssuedDocument).first()
    assert paper is not None
    assert records.read(paper.content)["content"]["upstream"] == "Hostco SAS"
    event = case.ground.session.query(TrailEvent).filter_by(action="breaches:upstream:decided").one()
    assert "Hostco" not in event.body, "the name stands among the personal parts"


def test_it_is_corrected_and_taken_out_with_a_reason(case: Case) -> None:
    say(case, "Hostco")
    say(case, "Mailco", AWARE, 0.6)
    say(case, "", None, 0.7, "It was our own gateway after all.")
    assert (case.breach.upstream, case.breach.upstream_told_at) == ("", None)
    found = case_file(case.ground.session, case.breach, NOW + 1 * HOUR).said["upstream_decisions"]
    assert [(one["before"], one["name"]) for one in found] == [("", "Hostco"), ("Hostco", "Mailco"), ("Mailco", "")]
    save(case, hours=1)
    assert sheet(case).subprocessor is None


@pytest.mark.parametrize(
    ("name", "told_at", "why", "field"),
    [
        ("Hostco", None, "no", "reason"), ("", AWARE, WHY, "name"), ("H" * 201, None, WHY, "name"), ("Hostco", NOW + 48 * HOUR, WHY, "told_at"),
        ("Hostco", AWARE - 480 * HOUR, WHY, "told_at"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_field(case: Case, name: str, told_at: datetime | None, why: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        say(case, name, told_at, why=why)
    assert set(refused.value.fields) == {field}
    assert case.breach.upstream == ""


def test_the_same_again_and_a_closed_case_are_refused(case: Case) -> None:
    say(case, "Hostco")
    with pytest.raises(Conflict, match="on record already"):
        say(case, "Hostco")
    with case.at(2) as unit:
        operations.close_as_no_breach(unit, case.breach, "A false alarm of the scanner.")
    with pytest.raises(Conflict):
        say(case, "Mailco", hours=3)


def test_the_sheet_may_add_it_and_may_not_correct_it(case: Case) -> None:
    save(case, subprocessor={"name": "Hostco", "contact": "noc@hostco.example"})
    assert case.breach.upstream == "Hostco", "what the sheet adds, the case says too"
    save(case, 1.1, subprocessor={"name": "Hostco", "told_at": AWARE.isoformat(), "contact": "noc@hostco.example"})
    assert case.breach.upstream_told_at == AWARE
    for wrong in ({"subprocessor": {"name": "Mailco"}}, {}, {"subprocessor": {"name": "Hostco", "told_at": NOW.isoformat()}}):
        with pytest.raises(FactsProblem) as refused:
            save(case, 1.2, **wrong)
        assert set(refused.value.fields) == {"subprocessor"}
    save(case, 1.3, subprocessor={"name": "Hostco", "told_at": AWARE.isoformat(), "contact": "+33 1 00"})
    say(case, "Mailco", None, 1.4)
    said = sheet(case).subprocessor
    assert said is not None
    assert (said.name, said.contact) == ("Mailco", ""), "the contact was that of another one"


def test_an_earlier_instant_tells_what_was_said_then(case: Case) -> None:
    say(case, "Hostco", AWARE, 1)
    say(case, "Mailco", None, 3)
    session = case.ground.session
    told = {hours: case_file(session, case.breach, NOW + hours * HOUR) for hours in (0.5, 2, 4)}
    assert {hours: one.upstream for hours, one in told.items()} == {0.5: ("", None), 2: ("Hostco", AWARE), 4: ("Mailco", None)}
    for hours, name in ((0.5, ""), (2, "Hostco"), (4, "Mailco")):
        [line] = lines.lines(session, case.breach.organisation_id, Asked(date(2026, 1, 1), date(2026, 12, 31), NOW + hours * HOUR))
        assert line.upstream == name
    [customer] = customer_files(session, told[2], case.rows[:1])
    fields = package.package(told[2], customer, "Lemon Learning", demonstration=False)["fields"]
    assert fields["field_40"] == ["Lemon Learning", "Hostco"], "no sheet was kept; the case says it"
    assert "Hostco informed the processor" in fields["field_53"]
