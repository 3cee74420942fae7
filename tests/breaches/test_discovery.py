"""Promises counted from when the breach was first noticed: in the preview, when naming, in corrections and counts anew, and in the words that say so."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from dpa.agreements import deviations
from dpa.agreements.pages.template import read_document
from dpa.agreements.terms import dump_terms, governing_clock
from dpa.agreements.terms.matrix import Column, promises
from dpa.breaches import corrected, documents, operations
from dpa.breaches.awareness import Decision
from dpa.breaches.clocks import Starts, clock_for
from dpa.breaches.closing import Ending
from dpa.breaches.evidence import dossier_pages
from dpa.breaches.operations import documenting
from dpa.breaches.pages import awareness as pages
from dpa.breaches.phases import Phase
from dpa.breaches.told_clock import told_basis
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import explanation
from dpa.evidence.pdf import ClockStrip
from dpa.evidence.register import records
from dpa.extensions import db
from dpa.languages import Language, wording
from dpa.problems import Conflict, Invalid
from tests.breaches.conftest import NO_FINAL, NOW, ground_under
from tests.breaches.tellers import Tellers
from tests.breaches.test_case_pages import Desk
from tests.breaches.test_operations import incident
from tests.breaches.test_phases import HOUR, REASON, Case
from tests.breaches.test_promise_or_target import main
from tests.breaches.test_told import portal
from tests.breaches.triggers import CALENDAR, DELAY, contract, days, hours, stack
from tests.support.databases import Database

SLOW = "The log analysis took that long."
NOTICED = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
AWARE = NOTICED + 28 * HOUR
FOUND = {"start": "discovery"}
KNOWN = {"start": "awareness"}

COUNTED: list[tuple[str, list[dict[str, Any]], float, float | None, str, str]] = [
    # triggers, then in hours after it was first noticed: target and latest; what governs, and its words
    ("after becoming aware", [hours(24, **KNOWN)], 52, 52, "", "24 hours, clause 1.1"),
    ("after the discovery", [hours(24, **FOUND)], 24, 24, "discovery", "24 hours from when it was first noticed, clause 1.1"),
    ("after the discovery, in days", [days(2, "calendar_days", **FOUND)], 62.9997, 62.9997, "discovery", "2 calendar days from when it was first noticed, clause 1.1"),
    ("at once after the discovery", [DELAY | FOUND], 24, None, "discovery", "without undue delay from when it was first noticed, clause 1.1"),
    ("72 h after the discovery beside 24 h after becoming aware", [hours(72, **FOUND), hours(24)], 52, 52, "", "24 hours, clause 2.1"),
    ("48 h after the discovery beside 24 h after becoming aware", [hours(48, **FOUND), hours(24)], 48, 48, "discovery", "48 hours from when it was first noticed, clause 1.1"),
    ("a word after becoming aware beside 72 h after the discovery", [DELAY, hours(72, **FOUND)], 52, 72, "discovery", "72 hours from when it was first noticed, clause 2.1"),
    ("a word after the discovery beside 72 h after becoming aware", [DELAY | FOUND, hours(72)], 24, 100, "", "72 hours, clause 2.1"),
]  # fmt: skip


@pytest.mark.parametrize(("triggers", "target", "latest", "event", "words"), [row[1:] for row in COUNTED], ids=[row[0] for row in COUNTED])
def test_each_trigger_counts_from_its_own_start(triggers: list[dict[str, Any]], target: float, latest: float | None, event: str, words: str) -> None:
    clock = clock_for(stack(*triggers), Starts(AWARE, NOTICED), lambda _: CALENDAR)
    assert clock is not None
    assert clock.target.due == pytest.approx(NOTICED + target * HOUR, abs=timedelta(seconds=1))
    assert (clock.latest.due if clock.latest else None) == (None if latest is None else pytest.approx(NOTICED + latest * HOUR, abs=timedelta(seconds=1)))
    assert (clock.start_event, clock.started_at, clock.promise) == (event, NOTICED if event else AWARE, words)


def test_of_equal_hours_those_after_the_discovery_govern_in_overviews() -> None:
    both = stack(hours(24), hours(24, **FOUND))
    clock, cell = governing_clock(both), next(one for one in promises(both) if one.column is Column.BREACH)
    assert clock is not None
    assert clock.clause == "2.1"
    assert cell.text == "24 hours from when it was first noticed"


@pytest.mark.parametrize(("language", "words"), [
    (Language.EN, "24 hours from when it was first noticed, clause 1.1"), (Language.DE, "24 Stunden ab der ersten Feststellung, Ziffer 1.1"),
    (Language.FR, "24 heures à compter du premier constat, clause 1.1"), (Language.ES, "24 horas desde la primera detección, cláusula 1.1"),
    (Language.IT, "24 ore dalla prima rilevazione, clausola 1.1"), (Language.NL, "24 uur vanaf het eerste opmerken, artikel 1.1"),
])  # fmt: skip
def test_the_promise_is_said_in_every_language(language: Language, words: str) -> None:
    assert wording(language).promise("24 hours from when it was first noticed, clause 1.1") == words
    assert "first noticed" not in wording(language).promise("without undue delay from when it was first noticed, clause 1.1") or language is Language.EN


# Terms that are handed in


def handed_in(trigger: Mapping[str, Any]) -> str:
    return dump_terms(contract(dict(trigger)))


@pytest.mark.parametrize(("trigger", "said"), [
    (hours(24, start="notice"), "counts from the notice (“notice”), but a breach can only be counted from “awareness”"),
    (hours(24, start="claim"), "(1.1) counts from the claim"),
    ({"limit": {"kind": "period", "amount": 24, "unit": "hours", "start": "request"}}, "counts from the request"),
    ({"limit": {"kind": "period", "amount": 24, "unit": "hours", "start": "discovery"}}, "names two starts, “awareness” and in its limit “discovery”"),
])  # fmt: skip
def test_terms_that_count_a_breach_from_something_else_are_refused_where_they_are_read(trigger: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=re.escape(said)) as caught:
        read_document(handed_in(trigger), "file")
    assert set(caught.value.fields) == {"file"}
    term = next(one for one in contract(trigger).terms if one.key == "breach.notify").model_dump(mode="json")
    with pytest.raises(Invalid, match=re.escape(said)):
        deviations.read_sheet(json.dumps({"template": "house", "deviations": [term]}), "house")


@pytest.mark.parametrize("trigger", [
    hours(24), hours(24, **FOUND), DELAY | FOUND, {"limit": {"kind": "period", "amount": 24, "unit": "hours", "start": "discovery"}, **FOUND},
])  # fmt: skip
def test_awareness_and_discovery_are_read(trigger: dict[str, Any]) -> None:
    assert read_document(handed_in(trigger), "file").slug == "house"


@pytest.mark.parametrize("trigger", [hours(24, start="notice"), {"limit": {"kind": "period", "amount": 24, "unit": "hours", "start": "discovery"}}])
def test_what_was_let_in_before_counts_from_the_first_notice(trigger: dict[str, Any]) -> None:
    clock = clock_for(stack(trigger), Starts(AWARE, NOTICED), lambda _: CALENDAR)
    assert clock is not None
    assert clock.target.due == NOTICED + 24 * HOUR


# A case


def found_case(database: Database, session: Session, *triggers: dict[str, Any], **facts: Any) -> Case:
    """A case noticed ten hours before awareness, which was two hours ago."""
    said = {"detected_at": NOW - 12 * HOUR, "aware_at": NOW - 2 * HOUR, "awareness_reason": SLOW} | facts
    return Case(ground_under(database, contract(*(triggers or (hours(24, **FOUND),))), session), **said)


def correct(case: Case, hours_after: float, *, detected: float = -12, aware: float = -2) -> None:
    with case.at(hours_after) as unit:
        operations.correct_awareness(unit, case.breach, Decision(NOW + detected * HOUR, NOW + aware * HOUR, SLOW, "DPO"), REASON)


def previewed(case: Case, hours_after: float, *, detected: float = -12, aware: float = -2) -> dict[str, int]:
    new = Decision(NOW + detected * HOUR, NOW + aware * HOUR, SLOW, "DPO")
    old = Decision(case.breach.detected_at, case.breach.aware_at, SLOW, "")
    lines = pages.effects(case.ground.session, case.breach, old, new, NOW + hours_after * HOUR)
    found = Counter[str]()
    for line in lines:
        found[line.words] += line.customers
    return dict(found)


def state(case: Case, place: int = 0) -> tuple[float, float, float]:
    """Start, due and awareness told, in hours from NOW."""
    entry = case.entry(place)
    at = case.rows[place].aware_at
    return tuple((one - NOW) / HOUR for one in (entry.started_at, entry.due_at or entry.target_at, at))  # type: ignore[return-value]


def test_the_clock_runs_from_the_first_notice_and_says_so(database: Database, session: Session) -> None:
    case = found_case(database, session)
    entry = case.entry()
    assert state(case) == (-12, 12, -2)
    assert (entry.start_event, entry.basis) == ("discovery", "Contract, clause 1.1: 24 hours from when it was first noticed")
    start = next(step for step in explanation(entry).steps if step.label == "Start")
    assert start.text.startswith("when the breach was first noticed, ")
    assert told_basis(entry.basis) == entry.basis


def test_the_clock_that_asks_for_names_runs_from_there_too(database: Database, session: Session) -> None:
    ground = ground_under(database, contract(hours(24, **FOUND)), session)
    ground.customer(1)
    case = Case.__new__(Case)
    case.ground = ground
    with ground.unit() as unit:
        case.id = operations.record_incident(unit, ground.organisation, incident(detected_at=NOW - 12 * HOUR, aware_at=NOW - 2 * HOUR, awareness_reason=SLOW)).id
    [name] = case.open("breaches:name")
    assert (name.started_at, name.target_at, name.start_event) == (NOW - 12 * HOUR, NOW + 12 * HOUR, "discovery")
    correct(case, 1, detected=-14)
    [name] = case.open("breaches:name")
    assert (name.started_at, name.target_at) == (NOW - 14 * HOUR, NOW + 10 * HOUR)
    before = name.id
    correct(case, 2, detected=-14, aware=-3)
    [name] = case.open("breaches:name")
    assert name.id == before, "nothing it counts from was moved"


@pytest.mark.parametrize(("detected", "aware", "words", "after"), [
    (-12, -4, {"runs on": 2}, (-12, 12, -4)), (-12, -1, {"runs on": 2}, (-12, 12, -1)),
    (-15, -2, {"counted anew": 2}, (-15, 9, -2)), (-9, -2, {"counted anew": 2}, (-9, 15, -2)), (-9, -5, {"counted anew": 2}, (-9, 15, -5)),
])  # fmt: skip
def test_only_a_corrected_first_notice_counts_it_anew(
    database: Database, session: Session, detected: float, aware: float, words: dict[str, int], after: tuple[float, float, float]
) -> None:
    case = found_case(database, session)
    assert previewed(case, 1, detected=detected, aware=aware) == words
    correct(case, 1, detected=detected, aware=aware)
    assert state(case) == after
    assert case.entry().start_event == "discovery"


def test_a_correction_may_let_another_clause_govern(database: Database, session: Session) -> None:
    case = found_case(database, session, hours(36, **FOUND), hours(24))
    assert (state(case), case.rows[0].promise) == ((-2, 22, -2), "24 hours, clause 2.1")
    correct(case, 1, detected=-18)
    assert (state(case), case.rows[0].promise) == ((-18, 18, -2), "36 hours from when it was first noticed, clause 1.1")
    assert previewed(case, 2, detected=-18, aware=-1) == {"runs on": 2}
    correct(case, 2, detected=-18, aware=-8)
    assert (state(case), case.rows[0].promise) == ((-8, 16, -8), "24 hours, clause 2.1")


def test_a_clock_already_missed_at_naming_demands_its_reason_and_stays_missed(database: Database, session: Session) -> None:
    case = found_case(database, session, detected_at=NOW - 30 * HOUR)
    assert state(case) == (-30, -6, -2)
    case.tell(1)
    assert case.entry().late_s == 7 * 3600
    with pytest.raises(Conflict, match="Give the reason why 2 customers were told late"), case.at(3) as unit:
        operations.close(unit, case.breach, Ending("All customers were told.", NO_FINAL))
    assert previewed(case, 4, detected=-3) == {"frozen": 2}


def test_a_missed_one_is_not_unmissed_by_a_later_first_notice(database: Database, session: Session) -> None:
    case = found_case(database, session)
    assert previewed(case, 20, detected=-3) == {"stays missed": 2}
    correct(case, 20, detected=-3, aware=-1)
    assert state(case) == (-12, 12, -1)
    # From there an earlier one than the decision before, yet later than what the clock runs from: it stays missed.
    assert previewed(case, 21, detected=-6, aware=-1) == {"stays missed": 2}
    assert previewed(case, 21, detected=-20, aware=-1) == {"counted anew": 2}
    correct(case, 21, detected=-20, aware=-1)
    assert state(case) == (-20, 4, -1)


def test_customers_found_later_keep_their_awareness_while_the_first_notice_moves(database: Database, session: Session) -> None:
    case = found_case(database, session)
    case.name(case.ground.customer(9), hours=1, aware_at=NOW)
    assert state(case, 2) == (-12, 12, 0)
    assert previewed(case, 2, detected=-14) == {"counted anew": 3}
    correct(case, 2, detected=-14)
    assert (state(case, 2), case.rows[2].aware_reason) == ((-14, 10, 0), REASON)
    assert previewed(case, 3, detected=-14, aware=-1) == {"runs on": 3}


# What people read


def test_notice_page_and_dossier_say_what_it_is_counted_from(database: Database, session: Session) -> None:
    ground = ground_under(database, contract(hours(24, **FOUND)), session)
    tellers = Tellers(ground)
    tellers.begin(detected_at=NOW - 12 * HOUR, awareness_reason=SLOW)
    tellers.tell(Phase.INITIAL)
    content = tellers.record("")["content"]
    assert (content["clock"]["started_at"], content["clock"]["start"], content["aware_at"]) == ("2026-11-22T00:00:00.000000Z", "discovery", "2026-11-22T10:00:00.000000Z")
    paper = " ".join(tellers.pdf_text("").split())
    assert "24 hours from when it was first noticed, clause 1.1 (contract)" in paper
    strip = next(block for block in documents.build(tellers.record("")).summary if isinstance(block, ClockStrip))
    assert strip.start.label == "Noticed"
    assert "The time runs from Sun 22 Nov 2026 01:00 +01:00 to Mon 23 Nov 2026 01:00 +01:00." in strip.description
    assert "when the breach was first noticed, Sun 22 Nov 2026" in paper
    assert "24 hours from when it was first noticed, clause 1.1" in tellers.mail_text("")
    assert "24 Stunden ab der ersten Feststellung" in tellers.mail_text("de")
    page = portal(ground, tellers, "")
    assert "start_word='noticed'" in page
    assert "24 hours from when it was first noticed, clause 1.1" in page
    assert "corrected" not in page
    with ground.unit(NOW + HOUR) as unit:
        [order] = documenting.order_dossiers(unit, tellers.breach(unit.session), unit.session.merge(ground.organisation), [tellers.row("")], NOW + HOUR)
        record = records.read(order.content)
    dossier = str(dossier_pages.build(record))
    assert record["content"]["customer_aware_at"] == "2026-11-22T10:00:00.000000Z"
    assert "It ran from when the breach was first noticed, from Sun 22 Nov 2026 01:00 +01:00" in dossier
    assert "Awareness was corrected" not in dossier


def test_awareness_corrected_after_the_notice_changes_what_is_told_and_not_the_clock(database: Database, session: Session) -> None:
    case = found_case(database, session)
    case.tell(1)
    correct(case, 2, aware=-4)
    assert state(case) == (-12, 12, -4)
    with case.at(3) as unit:
        [order] = documenting.order_dossiers(unit, case.breach, unit.session.merge(case.ground.organisation), case.rows[:1], NOW + 3 * HOUR)
        dossier = str(dossier_pages.build(records.read(order.content)))
    assert "did not move this clock" not in dossier


def test_who_was_told_in_time_is_late_by_an_earlier_first_notice_and_the_reason_is_owed(database: Database, session: Session) -> None:
    case = found_case(database, session)
    case.tell(1)
    assert case.entry().late_s == -11 * 3600
    correct(case, 2, aware=-11)
    assert [row.late_anew for row in case.rows] == [False, False], "awareness is not what it is counted from"
    found = corrected.told_before(session, case.breach, Starts(NOW - 11 * HOUR, NOW - 40 * HOUR))
    assert found is not None
    assert "2 of them are late counted from the corrected time" in found.sentence
    session.rollback()
    correct(case, 3, detected=-40, aware=-11)
    assert [row.late_anew for row in case.rows] == [True, True]
    one = corrected.of_entry(case.entry(), Starts(case.breach.aware_at, case.breach.detected_at), "")
    assert one is not None
    assert one.anew() == "41 h 00 min after it was first noticed by the corrected time, 17 h 00 min late counted from it"
    with pytest.raises(Conflict, match="Give the reason why 2 customers"), case.at(4) as unit:
        operations.close(unit, case.breach, Ending("All customers were told.", NO_FINAL))
    with case.at(4) as unit:
        [order] = documenting.order_dossiers(unit, case.breach, unit.session.merge(case.ground.organisation), case.rows[:1], NOW + 4 * HOUR)
        dossier = str(dossier_pages.build(records.read(order.content)))
    assert "counted from the time at which it was first noticed held then (Sun 22 Nov 2026 01:00 +01:00); that was corrected afterwards" in dossier
    assert "it came 41 h 00 min after it was first noticed, 17 h 00 min late" in dossier
    assert "When it was first noticed was corrected afterwards, which did not move this clock any more." in dossier


class FoundDesk(Desk):
    """A desk under a contract that counts from the discovery."""

    contract = contract(hours(24, **FOUND))


def test_pages_of_a_case_say_it_and_the_preview_counts_it(sqlite_database: Database) -> None:
    desk = FoundDesk(sqlite_database)
    client = desk.client("dpo")
    case = main(client.get(desk.case).text)
    customer = main(client.get(desk.customer()).text)
    for page in (case, customer):
        assert "24 hours from when it was first noticed, clause 1.1" in page
        assert re.search(r"noticed \w\w\w", page)
    other = desk.record()
    shown = main(client.post(f"{other}/affected", data={"selection": "all", "preview": "1"}).text)
    assert "24 hours from when it was first noticed, clause 1.1" in shown
    assert "where the contract counts from when it was first noticed." in shown
    assert "where its contract counts from when it was first noticed." in main(client.get(f"{other}/affected").text)
    with desk.app.app_context():
        entry = db.session.query(DocketEntry).filter_by(kind="breaches:notify").first()
        assert entry is not None
        docket = client.get(f"/docket/{entry.id}").text
    assert "when the breach was first noticed, " in main(docket)
