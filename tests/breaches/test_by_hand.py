"""Customers who cannot be mailed: a release fixes the text for them, too, and seals a document that a person hands over."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from dpa.agreements import operations as agreements
from dpa.agreements.models import Template
from dpa.agreements.rules import AgreementInput
from dpa.alerts.models import OutboxMessage
from dpa.breaches import case_counts, operations
from dpa.breaches.case_counts import PhaseCount
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.operations.releasing import Released
from dpa.breaches.paper_models import NoticePaper
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Selection, Standing
from dpa.evidence.register import records
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from dpa.parties import operations as parties
from dpa.parties.models import Contact, Controller
from dpa.parties.rules import ContactInput, ControllerInput, Purpose
from dpa.people.models import Organisation
from dpa.people.operations import NewPerson, invite
from dpa.people.roles import Role
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_case_pages import TEXT, Desk
from tests.breaches.test_phases import HOUR, Case
from tests.support.databases import Database


class Unmailed(Case):
    """A case none of whose customers can be mailed."""

    def __init__(self, ground: Ground, **facts: object) -> None:
        super().__init__(ground, **facts)
        for agreement in self.agreements:
            with self.at(0) as unit:
                controller = unit.session.get_one(Controller, agreement.controller_id)
                for contact in list(controller.contacts):
                    parties.remove_contact(unit, controller, contact)

    def released(self, hours: float, **reasons: str) -> Released:
        with self.at(hours) as unit:
            return operations.release_notice(unit, self.breach, unit.session.merge(self.ground.organisation), **reasons)

    def hand_over(self, hours: float, channel: Channel = Channel.COURIER, place: int = 0, *, received: bool = True) -> Delivery:
        with self.at(hours) as unit:
            row = unit.session.get_one(Affected, self.rows[place].id)
            at = NOW + hours * HOUR  # The contract counts only the receipt of a courier.
            return operations.hand_over(unit, self.breach, row, Handed(channel, at, "Receipt 4711", at if received and channel is Channel.COURIER else None))

    def find_contact(self, place: int = 0, hours: float = 0) -> None:
        with self.at(hours) as unit:
            controller = unit.session.get_one(Controller, self.agreements[place].controller_id)
            parties.add_contact(unit, controller, ContactInput(Purpose.SECURITY, f"s@c{place}.example"))

    @property
    def papers(self) -> list[NoticePaper]:
        self.ground.session.expire_all()
        return list(self.ground.session.scalars(select(NoticePaper).order_by(NoticePaper.id)))

    def documents(self) -> int:
        return len(self.ground.session.scalars(select(IssuedDocument.id)).all())

    def counted(self) -> PhaseCount:
        self.ground.session.expire_all()
        return case_counts.load_phases(self.ground.session, self.breach)[self.breach.notices[-1].id]


@pytest.fixture
def case(lemon: Ground) -> Unmailed:
    return Unmailed(lemon)


def test_a_release_without_any_mail_fixes_the_text_and_seals_a_document_for_each(case: Unmailed, database: Database) -> None:
    case.write()
    assert case.released(1) == Released(0, 2)
    notice = case.breach.notices[0]
    assert notice.released_at == NOW + HOUR
    assert case.ground.session.scalars(select(OutboxMessage.id).where(OutboxMessage.category == "notice")).all() == []
    orders = [records.read(paper.content) for paper in case.ground.session.scalars(select(IssuedDocument).order_by(IssuedDocument.id))]
    assert [one["addressee"]["name"] for one in orders] == ["Customer 1", "Customer 2"]
    assert {one["content"]["nature"] for one in orders} == {"An export leaked."}
    assert case.standings() == {Standing.NO_RECIPIENT: 2}
    assert (case.counted().sent, case.counted().documents, case.counted().to_hand_over) == (0, 2, 2)
    with pytest.raises(Conflict, match="documents of customers without a usable address are ordered already"):
        case.released(2)
    assert case.documents() == 2
    assert verify_database(database.engine).ok


def test_what_is_handed_over_points_to_its_document_and_meets_the_clock(case: Unmailed, database: Database) -> None:
    case.write()
    case.released(1)
    for channel, place in ((Channel.COURIER, 0), (Channel.PHONE, 1)):
        given = case.hand_over(3, channel, place)
        assert given.document_id == case.papers[place].document_id
        assert case.entry(place).met_at == NOW + 3 * HOUR
    assert case.standings() == {Standing.SENT: 2}
    assert (case.counted().documents, case.counted().to_hand_over) == (2, 0)
    assert case.documents() == 2
    assert verify_database(database.engine).ok


def test_what_is_carried_takes_along_each_document_that_waits_and_a_call_does_not(case: Unmailed, database: Database) -> None:
    case.write()
    case.released(1)
    case.write(Draft("An export leaked further.", "Ana Duarte", "", "", ""), Phase.SUPPLEMENT, hours=2)
    case.released(3)
    case.hand_over(4, Channel.COURIER, 0)
    case.hand_over(4, Channel.PHONE, 1)
    session = case.ground.session
    given = session.execute(select(Delivery.affected_id, Delivery.document_id).order_by(Delivery.affected_id, Delivery.id)).all()
    first, second = (row.id for row in case.rows)
    papers = {(one.affected_id, one.notice_id): one.document_id for one in case.papers}
    initial, supplement = (one.id for one in case.breach.notices)
    assert given == [(first, papers[first, initial]), (first, papers[first, supplement]), (second, papers[second, supplement])]
    assert case.entry(0).met_at == NOW + 4 * HOUR
    case.hand_over(5, Channel.COURIER, 1)
    assert [one.document_id for one in session.scalars(select(Delivery).where(Delivery.affected_id == second, Delivery.channel == Channel.COURIER).order_by(Delivery.id))] == [
        papers[second, initial], papers[second, supplement],
    ]
    assert verify_database(database.engine).ok


def test_an_address_found_after_the_release_gets_the_same_document_by_mail(case: Unmailed) -> None:
    case.write()
    case.released(1)
    case.find_contact(hours=2)
    assert case.released(2) == Released(1, 0)
    mailed = case.ground.session.scalars(select(Delivery)).one()
    assert (mailed.document_id, mailed.part) == (case.papers[0].document_id, case.papers[0].part)
    assert case.documents() == 2
    assert (case.counted().documents, case.counted().to_hand_over) == (2, 1)


def test_a_supplement_is_sealed_for_whoever_has_not_got_the_first_notice_either(case: Unmailed) -> None:
    case.write()
    case.released(1)
    case.hand_over(2, place=0)
    case.write(Draft("An export leaked further.", "Ana Duarte", "", "", ""), Phase.SUPPLEMENT, hours=3)
    assert case.released(3) == Released(0, 2)
    orders = [records.read(paper.content)["content"] for paper in case.ground.session.scalars(select(IssuedDocument).order_by(IssuedDocument.id))]
    first = case.ground.session.get_one(IssuedDocument, case.papers[0].document_id).reference
    assert [one["before"] for one in orders] == [[], [], [first], []], "only what was given before is named as that"
    given = case.hand_over(4, Channel.POST, place=1)
    assert given.document_id == case.papers[3].document_id


def test_who_is_named_after_the_release_gets_a_document_with_the_next_one_or_with_the_call(case: Unmailed, database: Database) -> None:
    case.write()
    case.released(1)
    later = [case.ground.customer(number) for number in (3, 4)]
    case.name(*later, hours=2)
    call = case.hand_over(3, Channel.PHONE, place=2)
    assert call.document_id == case.papers[2].document_id
    order = records.read(case.ground.session.get_one(IssuedDocument, call.document_id).content)
    assert [(one["act"], one["at"][:13]) for one in order["approvals"]] == [("released the notice", "2026-11-22T13")], "as it was released, and not by the call"
    assert case.released(4) == Released(0, 1)
    assert case.hand_over(5, place=3).document_id == case.papers[3].document_id
    assert verify_database(database.engine).ok


def test_four_eyes_and_reasons_are_asked_for_without_any_mail_too(case: Unmailed) -> None:
    organisation = case.ground.organisation
    with case.at(0) as unit:
        invite(unit, organisation, NewPerson("two@x.example", "Sara Second"), Role.DPO)
        operations.change_settings(unit, organisation.id, four_eyes=True, acknowledge_hours=24, profiles=[])
    case.write()
    with pytest.raises(Invalid, match="second person"):
        case.released(1)
    assert case.papers == []
    assert case.released(1, emergency_reason="Nobody else can be reached tonight.") == Released(0, 2)
    orders = [records.read(paper.content) for paper in case.ground.session.scalars(select(IssuedDocument))]
    assert {one["act"] for order in orders for one in order["approvals"]} == {"released the notice alone, in an emergency"}


def test_nobody_waived_gets_a_document(case: Unmailed) -> None:
    with case.at(0.5) as unit:
        operations.owe_nothing(unit, case.breach, case.rows[0], "No data of this customer was in the export.")
    case.write()
    assert case.released(1) == Released(0, 1)
    with case.at(2) as unit:
        operations.owe_nothing(unit, case.breach, case.rows[1], "No data of this customer was in the export either.")
    with pytest.raises(Conflict, match="Nobody is left to tell"):
        case.released(3)


def test_the_trail_says_how_many_are_told_by_hand(case: Unmailed) -> None:
    case.find_contact()
    case.write()
    case.released(1)
    body = case.ground.session.scalars(select(TrailEvent.body).where(TrailEvent.action == "breaches:notice:released")).one()
    for said in ('"customers":2', '"by_hand":1', '"breach_paper"'):
        assert said in body.replace(" ", ""), said


# Pages


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    """A case of two customers without any contact."""
    desk = Desk(sqlite_database)

    def lose(unit: Unit, _: Breach) -> None:
        for contact in unit.session.scalars(select(Contact)).all():
            parties.remove_contact(unit, unit.session.get_one(Controller, contact.controller_id), contact)

    desk.do(lose)
    return desk


def test_the_whole_way_without_a_mail(desk: Desk) -> None:
    client = desk.client("dpo")
    assert "Write the notice to 2 customers" in client.get(desk.case).text, "who cannot be mailed is owed the text as well"
    client.post(f"{desk.case}/notice", data=TEXT)
    page = client.get(f"{desk.case}/release").text
    for words in ("2 customers cannot be mailed", "0 mails will leave", "2 customers who cannot be mailed", "2 sealed documents are made to be handed over", "Release to 2 customers"):
        assert words in page, words
    assert client.get(re.findall(r'href="([^"]*preview.pdf)"', page)[0]).data.startswith(b"%PDF")
    answer = client.post(f"{desk.case}/release", follow_redirects=True)
    for words in ("The notice is released to 2 customers.", "2 customers cannot be mailed: hand over the sealed document", "0 of 2 customers reached", "2 documents</a>, 2 of them to be handed over", "Reach the customers who were not told"):
        assert words in answer.text, words
    assert "0 mails will leave" in client.get(f"{desk.case}/release").text
    assert client.post(f"{desk.case}/release").status_code == 409
    page = client.get(desk.customer()).text
    number = desk.one(IssuedDocument, id=1).reference
    for words in ("To be handed over", number, "being sealed; ready in a moment", "New link for the letter", "Record how it was told"):
        assert words in page, words
    fresh = client.post(f"{desk.customer()}/link").text
    token = re.findall(r"/n/([\w-]{40,})", fresh)[0]
    held = desk.app.test_client()
    cover = held.get(f"/n/{token}").text
    assert "opened before" not in cover.lower()
    held.post(f"/n/{token}")
    letter = held.get(f"/n/{token}/notices").text
    assert "It leaked." in letter
    assert number in letter, "the page that the letter leads to offers the document, whether or not anybody recorded that it left"
    client.post(f"{desk.customer()}/hand-over", data={"channel": "phone", "given_at": "2026-11-22T13:00", "proof": "Reached Ms Hale"})
    page = client.get(desk.customer()).text
    assert "To be handed over" not in page
    assert number in page


def test_a_customer_named_after_the_release_is_offered_the_next_release(desk: Desk) -> None:
    client = desk.client("dpo")
    client.post(f"{desk.case}/notice", data=TEXT)
    client.post(f"{desk.case}/release")

    def another(unit: Unit, breach: Breach) -> None:
        organisation, template = unit.session.get_one(Organisation, desk.org), unit.session.scalars(select(Template)).one()
        controller = parties.add_controller(unit, organisation.id, ControllerInput("C9", "Late Customer"), [])
        agreement = agreements.add_agreement(unit, controller.id, template, AgreementInput("A9", date(2026, 1, 1)))
        operations.add_affected(unit, breach, [agreement.id], Selection.BY_LIST)

    desk.do(another)
    page = client.get(desk.customer(2)).text
    for words in ("This customer was named after the notice was released", "Review and release it", "Record how it was told"):
        assert words in page, words
    page = client.get(f"{desk.case}/release").text
    assert "Release to 1 customer<" in page
    client.post(f"{desk.case}/release")
    assert "New link for the letter" in client.get(desk.customer(2)).text


def test_an_exercise_without_anybody_inside_is_no_dead_end(lemon: Ground) -> None:
    case = Unmailed(lemon, drill=True)
    case.write()
    assert case.released(1) == Released(0, 2)
    assert {paper.kind for paper in case.ground.session.scalars(select(IssuedDocument))} == {"drill-notice"}
    case.hand_over(2, Channel.PERSON)
    assert case.entry(0).met_at == NOW + 2 * HOUR
