"""The clock of an incident in which nobody is named yet: on the board with the shortest promise, alerting, gone with the first name."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from dpa.breaches import operations
from dpa.breaches.awareness import Decision
from dpa.breaches.closing import CaseState
from dpa.breaches.models import Breach
from dpa.breaches.rules import Selection
from dpa.docket.models import DocketEntry
from dpa.evidence.trail.verify import verify_database
from dpa.parties.rules import Purpose
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
    assert "shortest promise or target" in entry.basis
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


def test_an_organisation_that_promised_nothing_has_none(lemon: Ground) -> None:
    record(lemon)
    assert entries(lemon) == []
