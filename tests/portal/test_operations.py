"""What a customer does, on a plain session and both databases."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.alerts.models import OutboxMessage
from dpa.breaches import links
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.models import Delivery
from dpa.breaches.operations import giving
from dpa.breaches.phases import Phase
from dpa.evidence.trail.verify import verify_database
from dpa.people.operations import NewPerson, invite
from dpa.people.roles import Role
from dpa.portal import operations, queries
from dpa.problems import Conflict, Invalid, NotFound
from dpa.unit import Unit
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_phases import HOUR, Case
from tests.support.databases import Database

ACTOR = operations.ACTOR
TEXT = "Were passwords among the data?"


@pytest.fixture
def case(lemon: Ground) -> Case:
    found = Case(lemon)
    found.tell(1)
    return found


def token(case: Case, customer: int = 0) -> str:
    with case.at(1) as unit:
        return links.make_many(unit, case.breach, [case.rows[customer].id])[case.rows[customer].id].rpartition("/")[2]


def deliveries(case: Case, customer: int = 0) -> list[Delivery]:
    case.ground.session.expire_all()
    query = select(Delivery).where(Delivery.affected_id == case.rows[customer].id).order_by(Delivery.id)
    return list(case.ground.session.scalars(query))


def test_reading_and_confirming_are_kept_with_their_first_moment(case: Case, database: Database) -> None:
    key = token(case)
    for hours in (2, 3):
        with case.at(hours, ACTOR) as unit:
            operations.open_notices(unit, key)
    for hours, expected in ((4, 1), (5, 0)):
        with case.at(hours, ACTOR) as unit:
            assert operations.confirm(unit, key, f"Person {hours}") == expected
    [one] = deliveries(case)
    assert (one.read_at, one.acknowledged_at, one.acknowledged_by) == (NOW + 2 * HOUR, NOW + 4 * HOUR, "Person 4")
    assert deliveries(case, 1)[0].read_at is None
    assert case.events()[-2:] == ["breaches:notice:read", "breaches:notice:acknowledged"]
    assert verify_database(database.engine).ok


def test_nothing_is_confirmed_unseen(case: Case) -> None:
    key = token(case)
    with pytest.raises(Conflict, match="Open it first"), case.at(2, ACTOR) as unit:
        operations.confirm(unit, key, "Jeanne Roux")
    with case.at(2, ACTOR) as unit:
        operations.open_notices(unit, key)
    with pytest.raises(Invalid, match="Give the name"), case.at(2, ACTOR) as unit:
        operations.confirm(unit, key, " ")
    case.tell(3, Phase.SUPPLEMENT)
    with pytest.raises(Conflict, match="A further notice has come"), case.at(4, ACTOR) as unit:
        operations.confirm(unit, key, "Jeanne Roux")
    assert [one.acknowledged_at for one in deliveries(case)] == [None, None]


def test_a_second_channel_for_a_phase_that_was_opened_is_confirmed_with_it(case: Case) -> None:
    key = token(case)
    with case.at(2, ACTOR) as unit:
        operations.open_notices(unit, key)
    with case.at(3) as unit:
        giving.hand_over(unit, case.breach, links.by_token(unit.session, key, unit.now)[0], Handed(Channel.COURIER, unit.now, "Receipt 4711", unit.now))
    with case.at(4, ACTOR) as unit:
        assert queries.unread(unit.session, case.rows[0].id) == 0
        assert operations.confirm(unit, key, "Jeanne Roux") == 2


def test_a_question_alerts_each_person_who_may_answer_once(case: Case) -> None:
    key = token(case)
    with case.at(1) as unit:
        place = unit.session.merge(case.ground.organisation)
        for name, role in (("ana", Role.DPO), ("op", Role.OPERATOR), ("adam", Role.ADMINISTRATOR)):
            invite(unit, place, NewPerson(f"{name}@desk.example", name.title()), role)
    numbers = set()
    for hours in (2, 3):
        with case.at(hours, ACTOR) as unit:
            numbers.add(operations.ask(unit, key, " Jeanne Roux ", "j@c1.example", TEXT).id)
    assert len(numbers) == 1
    with case.at(4, ACTOR) as unit:
        assert operations.ask(unit, key, "Jeanne Roux", "j@c1.example", "And names?").id not in numbers
    query = select(OutboxMessage).where(OutboxMessage.mail == "portal/question").order_by(OutboxMessage.id)
    mails = list(case.ground.session.scalars(query))
    first = numbers.pop()
    assert [mail.to_address for mail in mails] == ["ana@desk.example", "adam@desk.example"] * 2
    assert mails[0].dedupe_key.startswith(f"question:{first}:p")
    assert (mails[0].about_type, mails[0].about_id) == ("breach", case.id)


def test_a_refused_question_leaves_no_mail(case: Case) -> None:
    key = token(case)
    with pytest.raises(Invalid) as refused, case.at(2, ACTOR) as unit:
        operations.ask(unit, key, "J", "", TEXT)
    assert set(refused.value.fields) == {"name", "reply_to"}
    assert case.ground.session.scalars(select(OutboxMessage).where(OutboxMessage.mail == "portal/question")).all() == []


def test_a_link_revoked_since_the_page_was_opened_does_nothing(case: Case) -> None:
    key = token(case)
    with case.at(2) as unit:
        links.revoke_all(unit, case.breach, links.by_token(unit.session, key, unit.now)[0])
    before = case.events()
    acts: tuple[Callable[[Unit], object], ...] = (
        lambda unit: operations.open_notices(unit, key), lambda unit: operations.confirm(unit, key, "Jeanne Roux"),
        lambda unit: operations.ask(unit, key, "Jeanne Roux", "j@c1.example", TEXT),
    )  # fmt: skip
    for act in acts:
        with pytest.raises(NotFound, match="does not work any more"), case.at(3, ACTOR) as unit:
            act(unit)
    assert case.events() == before


def test_two_confirmations_at_the_same_moment_are_one(case: Case, database: Database) -> None:
    key = token(case)
    with case.at(2, ACTOR) as unit:
        operations.open_notices(unit, key)
    begun, counts = Event(), []

    def second() -> None:
        with Session(database.engine) as other:
            begun.set()
            with units.transaction(other, actor=ACTOR, now=NOW + 3 * HOUR, settings=case.ground.settings) as unit:
                counts.append(operations.confirm(unit, key, "Second"))

    thread = Thread(target=second)
    with case.at(3, ACTOR) as unit:
        counts.append(operations.confirm(unit, key, "First"))
        thread.start()
        assert begun.wait(10)
        thread.join(0.3)
        assert thread.is_alive(), "the second waits for the first"
    thread.join(20)
    assert counts == [1, 0]
    assert deliveries(case)[0].acknowledged_by == "First"
