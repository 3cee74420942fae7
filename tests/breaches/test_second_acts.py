"""Acts done twice, done again after a refusal, or undone: each leaves one record and loses nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import links, operations
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.closing import CaseFacts, CaseState, Ending, Obstacle, obstacles
from dpa.breaches.models import Affected, CaseLink, Delivery
from dpa.breaches.operations import following
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Standing
from dpa.docket.models import DocketEntry
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from dpa.parties import operations as parties
from dpa.parties.models import Controller
from dpa.parties.rules import ContactInput, Purpose
from dpa.problems import Conflict, Invalid
from tests.breaches.conftest import NO_FINAL, NOW, Ground
from tests.breaches.test_phases import DRAFT, HOUR, REASON, Case
from tests.support.databases import Database


@pytest.fixture
def case(lemon: Ground) -> Case:
    return Case(lemon)


def row_of(case: Case, unit, place: int = 0) -> Affected:  # type: ignore[no-untyped-def]
    found: Affected = unit.session.get_one(Affected, case.rows[place].id)
    return found


def test_the_same_text_saved_again_records_nothing_and_keeps_the_approval(case: Case) -> None:
    case.write()
    with case.at(1, "u:2") as unit:
        operations.approve(unit, case.breach)
    before = case.events()
    case.write(hours=2, actor="u:2")
    assert case.events() == before
    assert (case.breach.draft.drafted_by, case.breach.draft.approved_by) == ("u:1", "u:2")  # type: ignore[union-attr]
    with pytest.raises(Conflict, match="approved already"), case.at(2, "u:3") as unit:
        operations.approve(unit, case.breach)


def test_a_word_that_cannot_be_promised_is_refused_when_the_text_is_saved(case: Case) -> None:
    with pytest.raises(Invalid) as past:
        case.write(word=NOW - HOUR)
    assert "has passed" in past.value.fields["next_word_at"]
    assert case.breach.notices == []
    case.tell(1)
    with pytest.raises(Invalid) as final:
        case.write(phase=Phase.FINAL, word=NOW + 9 * HOUR, hours=2)
    assert "promises no further word" in final.value.fields["next_word_at"]


def test_a_first_draft_cannot_be_a_supplement(case: Case) -> None:
    with pytest.raises(Conflict, match="nothing was told yet"):
        case.write(phase=Phase.SUPPLEMENT)
    assert case.breach.notices == []


def test_the_same_hand_over_is_recorded_once(case: Case) -> None:
    case.write()
    case.release(1)
    handed = Handed(Channel.PHONE, NOW + 2 * HOUR, "Spoke to the desk on +33 1 00")
    with case.at(3) as unit:
        operations.hand_over(unit, case.breach, row_of(case, unit), handed)
    with pytest.raises(Conflict, match="recorded already"), case.at(3) as unit:
        operations.hand_over(unit, case.breach, row_of(case, unit), handed)
    by_hand = select(Delivery).where(Delivery.outbox_id.is_(None))
    assert len(case.ground.session.scalars(by_hand).all()) == 1


def test_a_link_button_pressed_twice_makes_one_link(case: Case) -> None:
    with case.at(1) as unit:
        links.make_one(unit, case.breach, row_of(case, unit))
    with pytest.raises(Conflict, match="a moment ago"), case.ground.unit(NOW + HOUR + timedelta(seconds=2)) as unit:
        links.make_one(unit, case.breach, row_of(case, unit))
    with case.at(2) as unit:
        links.make_one(unit, case.breach, row_of(case, unit))
    assert len(case.ground.session.scalars(select(CaseLink)).all()) == 2


def test_a_refused_mail_goes_out_again_once_the_address_is_repaired(case: Case, database: Database) -> None:
    case.write()
    case.release(1)
    first = case.ground.session.scalars(select(OutboxMessage).where(OutboxMessage.category == "notice").order_by(OutboxMessage.id)).first()
    assert first is not None
    with case.at(2, "system:alerts") as unit:
        unit.session.get_one(OutboxMessage, first.id).state = "dead"  # type: ignore[assignment]
    assert case.standings() == {Standing.NOT_SENT: 1, Standing.RELEASED: 1}
    with case.at(3) as unit:
        customer = unit.session.get_one(Controller, case.agreements[0].controller_id)
        parties.add_contact(unit, customer, ContactInput(Purpose.SECURITY, "new@c1.example"))
    assert case.release(3) == 1, "only who got nothing"
    with pytest.raises(Conflict, match="Nobody is left to tell"):
        case.release(3)
    case.deliver(4)
    assert case.standings() == {Standing.SENT: 2}
    assert len(case.ground.session.scalars(select(IssuedDocument)).all()) == 2, "the document of the refused mail goes out again"
    assert verify_database(database.engine).ok


def test_a_case_closed_as_no_breach_and_opened_again_counts_from_the_awareness_it_had(case: Case, database: Database) -> None:
    with case.at(0.5) as unit:
        operations.owe_nothing(unit, case.breach, row_of(case, unit, 1), "No data of this customer was in the export.")
    before = case.entry().target_at
    with case.at(1) as unit:
        operations.close_as_no_breach(unit, case.breach, "The file held generated test data only.")
    with case.at(3) as unit:
        operations.reopen(unit, case.breach, "A second file with real data was found.")
    assert (case.entry().state, case.entry().target_at) == ("open", before)
    assert case.entry(1).state == "waived", "what a person decided about one customer stays"
    case.tell(4)
    assert case.standings() == {Standing.SENT: 1, Standing.WAIVED: 1}
    assert verify_database(database.engine).ok


def test_what_stands_in_the_way_of_closing_has_a_kind_and_an_instruction() -> None:
    facts = CaseFacts(CaseState.OPEN, 3, 1, 2, 1, 1, draft=True, word_owed=True, told=2, put_right=False)
    found = dict(obstacles(facts))
    assert list(found) == [
        Obstacle.OPEN_CLOCKS, Obstacle.UNDELIVERED, Obstacle.ON_ITS_WAY, Obstacle.UNEXPLAINED, Obstacle.DRAFT, Obstacle.WORD,
    ]  # fmt: skip
    assert found[Obstacle.UNEXPLAINED] == "Give the reason why 2 customers were told late."
    assert list(dict(obstacles(CaseFacts(CaseState.OPEN, 0, 0, 0, 0, 0, draft=False, word_owed=False, told=0, put_right=False)))) == [Obstacle.NOBODY]


def test_a_reason_is_asked_for_where_it_matters(case: Case) -> None:
    case.tell(1)
    with case.at(2) as unit:
        operations.close(unit, case.breach, Ending("All customers were told in time.", NO_FINAL))
    with pytest.raises(Conflict, match="closed"), case.at(3) as unit:
        operations.explain_lateness(unit, case.breach, [row_of(case, unit)], REASON)
    assert DRAFT.nature


def test_what_ends_with_a_case_is_named_before_and_told_so_in_the_trail(case: Case) -> None:
    case.write(word=NOW + 30 * HOUR)
    case.release(1)
    case.deliver(2)
    named = [entry.kind for entry in following.running(case.ground.session, case.id)]
    assert named == ["breaches:acknowledge", "breaches:word"]
    with case.at(3) as unit:
        operations.save_draft(unit, case.breach, Draft("Nothing else.", "Ana", "None.", "None.", ""), Phase.FINAL)
    case.release(4)
    case.deliver(5)
    assert [entry.kind for entry in following.running(case.ground.session, case.id)] == ["breaches:acknowledge"]
    with case.at(6) as unit:
        operations.close(unit, case.breach, Ending("Every customer knows.", NO_FINAL))
    assert following.running(case.ground.session, case.id) == []
    entry = case.ground.session.scalars(select(DocketEntry).where(DocketEntry.kind == "breaches:acknowledge")).one()
    assert (entry.state, entry.closed_reason) == ("waived", "Ended with the case: Every customer knows.")
    said = case.ground.session.scalars(select(TrailEvent.action).where(TrailEvent.action.like("docket:deadline:%"))).all()
    assert "docket:deadline:ended_with_case" in said
    assert "docket:deadline:waived" not in said
