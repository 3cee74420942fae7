"""A letter that is on its way: nothing ends around it, and a receipt that the customer confirms comes before the day on which it would count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations, queries
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.closing import WAIVED_AS, CaseState, Obstacle, obstacles
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.operations.closing import _end, facts_of
from dpa.docket import operations as docket
from dpa.evidence.trail.verify import verify_database
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_case_pages import TEXT, WHY, Desk
from tests.breaches.test_phases import HOUR, Case
from tests.support.databases import Database

COUNTS = 6 * 24
"""Hours after which a letter posted on Sunday has counted as received under Lemon Learning, 16.4."""
GROUND = "No data of this customer was in the export."


@pytest.fixture
def case(lemon: Ground) -> Case:
    """Two customers: the mail to the first was refused for good, that to the second is on its way."""
    case = Case(lemon)
    case.write()
    case.release(1)
    refuse(case, 0)
    return case


def refuse(case: Case, place: int) -> None:
    with case.at(1, "system:alerts") as unit:
        sent = unit.session.scalars(select(Delivery).where(Delivery.affected_id == case.rows[place].id)).one()
        unit.session.get_one(OutboxMessage, sent.outbox_id).state = "dead"  # type: ignore[assignment]


def accept(case: Case, place: int = 1, hours: float = 2) -> None:
    with case.at(hours, "system:alerts") as unit:
        sent = unit.session.scalars(select(Delivery).where(Delivery.affected_id == case.rows[place].id)).one()
        message = unit.session.get_one(OutboxMessage, sent.outbox_id)
        message.sent_at, message.state = unit.now, "sent"  # type: ignore[assignment]
        operations.notices_sent(unit, [message])


def post(case: Case, hours: float = 2, channel: Channel = Channel.POST, place: int = 0) -> Delivery:
    with case.at(hours) as unit:
        row = unit.session.get_one(Affected, case.rows[place].id)
        return operations.hand_over(unit, case.breach, row, Handed(channel, NOW + hours * HOUR, "Tracking RR 4711"))


def test_no_breach_waits_for_a_letter_as_it_does_for_a_mail(case: Case, database: Database) -> None:
    post(case)
    case.ground.session.expire_all()
    for place in (0, 1):
        assert queries.letter_out(case.ground.session, case.rows[place].id, NOW + 3 * HOUR) is (place == 0)
    accept(case)
    with pytest.raises(Invalid, match="letter on its way to 1 customer counts as received later"), case.at(3) as unit:
        operations.close_as_no_breach(unit, case.breach, WHY)
    facts = facts_of(case.ground.session, case.breach, NOW + 3 * HOUR)
    assert dict(obstacles(facts))[Obstacle.LETTERS].startswith("Wait until the letter on its way to 1 customer counts as received")
    # The day has come and the worker has not looked yet: nothing is told, and nothing is free either.
    with pytest.raises(Invalid, match="letter on its way"), case.at(COUNTS) as unit:
        operations.close_as_no_breach(unit, case.breach, WHY)
    assert "1 notice counts" in case.deem(COUNTS)
    with pytest.raises(Invalid, match="send them a correction first"), case.at(COUNTS) as unit:
        operations.close_as_no_breach(unit, case.breach, WHY)
    assert verify_database(database.engine).ok


def test_nothing_is_decided_about_a_customer_to_whom_a_notice_is_on_its_way(case: Case) -> None:
    with pytest.raises(Conflict, match="A notice is on its way to the customer"), case.at(1.5) as unit:
        operations.owe_nothing(unit, case.breach, case.rows[1], GROUND)
    post(case)
    for hours in (3, COUNTS):
        with pytest.raises(Conflict, match="A letter is on its way to the customer"), case.at(hours) as unit:
            operations.owe_nothing(unit, case.breach, case.rows[0], GROUND)


def test_the_worker_leaves_closed_cases_and_waived_clocks_alone(case: Case) -> None:
    post(case)
    accept(case)
    session = case.ground.session
    with case.at(3) as unit:  # As earlier versions let it end.
        docket.waive(unit, case.entry(0), f"{WAIVED_AS}{WHY}")
        _end(unit, case.breach, CaseState.NO_BREACH, WHY, Event.NO_BREACH)
    assert case.deem(COUNTS) == ""
    session.expire_all()
    assert (case.rows[0].sent_at, case.events()[-1]) == (None, "breaches:incident:closed_as_no_breach")
    with case.at(COUNTS) as unit:
        operations.reopen(unit, case.breach, WHY)
    assert "1 notice counts" in case.deem(COUNTS + 1)
    session.expire_all()
    assert case.rows[0].sent_at == NOW + timedelta(days=5, hours=10, minutes=59, seconds=59), "it counts from its own moment"


def test_a_customer_that_is_owed_nothing_is_given_nothing(case: Case) -> None:
    refuse(case, 1)
    with case.at(2) as unit:
        operations.owe_nothing(unit, case.breach, case.rows[1], GROUND)
    with pytest.raises(Conflict, match="no notice is owed to this customer"):
        post(case, 3, Channel.PHONE, place=1)
    assert case.entry(1).state == "waived"


def test_what_the_customer_confirms_has_arrived_whenever_it_would_count(
    case: Case, database: Database
) -> None:
    post(case)
    with case.at(20) as unit:
        operations.acknowledge(unit, case.breach, case.rows[0], "Ms Hale", "telephone")
    entry = case.entry(0)
    assert (entry.met_at, entry.closed_reason) == (NOW + 20 * HOUR, "notice confirmed by the customer")
    assert case.rows[0].sent_at == entry.met_at
    assert case.deem(COUNTS) == ""
    assert not queries.letter_out(case.ground.session, case.rows[0].id, NOW + 21 * HOUR)
    assert verify_database(database.engine).ok


def test_the_case_says_that_a_letter_is_on_its_way(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    client = desk.client("dpo")
    client.post(f"{desk.case}/notice", data=TEXT)
    desk.release()

    def post_one_and_mail_the_other(unit: Unit, breach: Breach) -> None:
        row = unit.session.get_one(Affected, desk.rows()[0])
        operations.hand_over(unit, breach, row, Handed(Channel.POST, unit.now, "Tracking RR 4711"))
        other = unit.session.scalars(select(Delivery).where(Delivery.affected_id == desk.rows()[1])).one()
        message = unit.session.get_one(OutboxMessage, other.outbox_id)
        message.sent_at, message.state = unit.now, "sent"  # type: ignore[assignment]
        operations.notices_sent(unit, [message])

    desk.do(post_one_and_mail_the_other)
    page = client.get(desk.case).text
    assert "Notices are on their way" in page, "and not: close the case"
    assert "given, not received yet" in page
    assert "1 of 2" in page
    assert "Decide that no notice is owed" not in client.get(desk.customer()).text
    page = client.get(f"{desk.case}/close").text
    assert "Wait until the letter on its way to 1 customer counts as received" in page
