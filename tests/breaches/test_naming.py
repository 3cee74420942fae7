"""The clock of an incident in which nobody is named yet: on the board with the shortest promise, alerting, gone with the first name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from dpa.agreements import operations as agreements
from dpa.agreements.terms.words import Unit, Word
from dpa.alerts.ladder import Due, Step
from dpa.breaches import operations
from dpa.breaches.awareness import Decision
from dpa.breaches.closing import CaseState
from dpa.breaches.models import Breach
from dpa.breaches.rules import Selection
from dpa.docket import notices, presenting
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import Shown
from dpa.evidence.trail.verify import verify_database
from dpa.parties.rules import Purpose
from dpa.people.queries import Member
from dpa.people.roles import Role
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_operations import AWARE, incident
from tests.support.databases import Database

HOUR = timedelta(hours=1)


def entries(ground: Ground) -> list[DocketEntry]:
    ground.session.expire_all()
    return list(ground.session.scalars(select(DocketEntry).where(DocketEntry.kind == "breaches:name").order_by(DocketEntry.id)))


def record(ground: Ground) -> int:
    with ground.unit() as unit:
        return operations.record_incident(unit, unit.session.merge(ground.organisation), incident()).id


def test_it_ends_with_the_shortest_promise_alerts_and_is_met_by_the_first_name(lemon: Ground, database: Database) -> None:
    agreement = lemon.customer(1, (Purpose.SECURITY, "s@c1.example"))
    number = record(lemon)
    [entry] = entries(lemon)
    assert (entry.state, entry.origin, entry.target_at, entry.due_at) == ("open", "house_policy", AWARE + 24 * HOUR, None)
    assert entry.basis == "Contract, clause 15.4: 24 hours; the shortest promise or target of all agreements"
    assert entry.next_alert_at is not None
    assert entry.next_alert_at <= NOW + timedelta(minutes=1)
    with lemon.unit(NOW + HOUR) as unit:
        operations.add_affected(unit, unit.session.get_one(Breach, number), [agreement.id], Selection.BY_LIST)
    [entry] = entries(lemon)
    assert (entry.state, entry.met_at, entry.next_alert_at) == ("met", NOW + HOUR, None)
    assert verify_database(database.engine).ok


def test_it_follows_a_corrected_awareness_and_ends_with_the_case(lemon: Ground) -> None:
    ground = lemon
    ground.customer(1, (Purpose.SECURITY, "s@c1.example"))
    number = record(ground)
    with ground.unit(NOW + HOUR) as unit:
        decision = Decision(AWARE - HOUR, AWARE - HOUR, "The alert itself was certain.", "Bo Lind")
        operations.correct_awareness(unit, unit.session.get_one(Breach, number), decision, "The log was read wrongly at first.")
    before, running = entries(ground)
    assert (before.state, running.state, running.target_at) == ("superseded", "open", AWARE + 23 * HOUR)
    with ground.unit(NOW + 2 * HOUR) as unit:
        operations.close_as_no_breach(unit, unit.session.get_one(Breach, number), "It was generated test data.")
    assert entries(ground)[1].state == "waived"
    with ground.unit(NOW + 3 * HOUR) as unit:
        breach = unit.session.get_one(Breach, number)
        operations.reopen(unit, breach, "A second file with real data was found.")
        assert breach.state is CaseState.OPEN
    assert entries(ground)[2].target_at == AWARE + 23 * HOUR, "from the awareness it had"


def test_without_any_agreement_it_runs_under_the_law_with_the_houses_target(lemon: Ground, database: Database) -> None:
    number = record(lemon)
    [entry] = entries(lemon)
    assert (entry.state, entry.origin, entry.target_at, entry.due_at) == ("open", "house_policy", AWARE + 24 * HOUR, None)
    assert entry.basis == "Law, GDPR Art. 33(2): without undue delay; no agreement on file runs; house target 24 hours"
    assert entry.next_alert_at is not None
    assert entry.next_alert_at <= NOW + timedelta(minutes=1)
    agreement = lemon.customer(1, (Purpose.SECURITY, "s@c1.example"))
    with lemon.unit(NOW + HOUR) as unit:
        operations.add_affected(unit, unit.session.get_one(Breach, number), [agreement.id], Selection.BY_LIST)
    [entry] = entries(lemon)
    assert (entry.state, entry.met_at) == ("met", NOW + HOUR)
    assert verify_database(database.engine).ok


def test_it_follows_the_houses_own_target_and_an_agreement_added_before_awareness_is_corrected(lemon: Ground) -> None:
    with lemon.unit() as unit:
        agreements.set_target(unit, lemon.organisation.id, Word.WITHOUT_UNDUE_DELAY, "breach", 12, Unit.HOURS, None)
    number = record(lemon)
    assert entries(lemon)[0].target_at == AWARE + 12 * HOUR
    lemon.customer(1, (Purpose.SECURITY, "s@c1.example"))
    with lemon.unit(NOW + HOUR) as unit:
        decision = Decision(AWARE - HOUR, AWARE - HOUR, "The alert itself was certain.", "Bo Lind")
        operations.correct_awareness(unit, unit.session.get_one(Breach, number), decision, "The log was read wrongly at first.")
    before, running = entries(lemon)
    assert (before.state, running.target_at) == ("superseded", AWARE + 23 * HOUR)
    assert running.basis.startswith("Contract, clause 15.4: 24 hours")


def test_the_clock_without_agreements_of_an_exercise_says_so_and_ends_with_the_case(lemon: Ground) -> None:
    with lemon.unit() as unit:
        number = operations.record_incident(unit, unit.session.merge(lemon.organisation), incident(drill=True)).id
    assert entries(lemon)[0].title.startswith("Exercise: ")
    with lemon.unit(NOW + HOUR) as unit:
        operations.close_as_no_breach(unit, unit.session.get_one(Breach, number), "It was generated test data.")
    assert entries(lemon)[0].state == "waived"


@pytest.mark.parametrize("customers", [0, 1])
def test_its_mail_and_page_never_deny_the_number_they_show(lemon: Ground, customers: int) -> None:
    for one in range(customers):
        lemon.customer(one + 1, (Purpose.SECURITY, "s@c1.example"))
    record(lemon)
    [entry] = entries(lemon)
    row = presenting.row(Shown.of(entry), NOW, organisation="Lemon Learning", owner=None)
    assert row.without_latest == "none of its own: each customer’s clock has its own, once it is named"
    person = Member(1, "Ada", "ada@example.org", Role.DPO)
    told = notices.Told(person, (entry,), Due(Step("open", NOW)), None, "Lemon Learning")
    assert dict(notices.alert(told, NOW, lemon.settings).context["rows"])["Latest"] == row.without_latest
