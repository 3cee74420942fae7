"""A letter or a courier that came back undelivered: it told nobody, its clock goes on, and the customer is owed the phase again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from dpa.breaches import case_counts, missed, operations, queries
from dpa.breaches.channels import CameBack, Channel, Handed, Receipt
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.customer_file import customer_files
from dpa.breaches.evidence.dossier_parts import handed_over
from dpa.breaches.evidence.dossier_story import _deliveries
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.paper_models import DeliveryReceipt, DeliveryReturn
from dpa.breaches.rules import Standing
from dpa.evidence.trail.verify import verify_database
from dpa.parties import operations as parties
from dpa.parties.models import Contact, Controller
from dpa.portal import queries as portal
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_by_hand import Unmailed
from tests.breaches.test_case_pages import TEXT, WHY, Desk
from tests.breaches.test_phases import HOUR, Case
from tests.support.databases import Database

MOVED = "Moved, new address unknown"
COUNTS = 6 * 24


@pytest.fixture
def case(lemon: Ground) -> Unmailed:
    """Two customers without contacts, and a released notice."""
    case = Unmailed(lemon)
    case.write()
    case.released(1)
    return case


def come_back(case: Case, delivery: Delivery, hours: float, at: float | None = None, reason: str = MOVED) -> DeliveryReturn:
    with case.at(hours) as unit:
        row = unit.session.get_one(Affected, delivery.affected_id)
        return operations.came_back(unit, case.breach, row, delivery.id, CameBack(NOW + (hours if at is None else at) * HOUR, reason))


def test_the_clock_goes_on_and_the_customer_waits_again(case: Unmailed, database: Database) -> None:
    letter = case.hand_over(2, Channel.POST)
    assert case.standings() == {Standing.SENT: 1, Standing.NO_RECIPIENT: 1}
    come_back(case, letter, 48)
    assert case.standings() == {Standing.NO_RECIPIENT: 2}
    assert case.deem(COUNTS) == "", "its day comes and meets nothing"
    assert case.entry(0).state == "open"
    assert not queries.letters_out(case.ground.session, case.id, NOW + 49 * HOUR)
    assert (case.counted().sent, case.counted().given, case.counted().to_hand_over) == (0, 0, 2)
    again = case.hand_over(50, Channel.COURIER)
    assert again.document_id == letter.document_id
    assert case.entry(0).met_at == NOW + 50 * HOUR
    assert verify_database(database.engine).ok


def test_nothing_is_in_the_way_of_no_breach_any_more(case: Unmailed) -> None:
    letter = case.hand_over(2, Channel.POST)
    come_back(case, letter, 48)
    with case.at(49) as unit:
        operations.close_as_no_breach(unit, case.breach, WHY)
    assert case.deem(COUNTS) == ""


def test_what_was_given_before_it_speaks_again(lemon: Ground, database: Database) -> None:
    case = Case(lemon)
    case.write()
    case.release(1)
    case.deliver(1)
    with case.at(2) as unit:
        row = unit.session.get_one(Affected, case.rows[0].id)
        letter = operations.hand_over(unit, case.breach, row, Handed(Channel.COURIER, NOW + 2 * HOUR, "Receipt 4711"))
    come_back(case, letter, 30)
    assert case.standings() == {Standing.SENT: 2}
    newest = case.ground.session.scalars(select(Delivery).where(Delivery.affected_id == case.rows[0].id, ~Delivery.replaced)).one()
    assert newest.outbox_id is not None
    assert case.entry(0).met_at == NOW + HOUR
    count = case_counts.load_phases(case.ground.session, case.breach)[case.breach.notices[0].id]
    assert (count.sent, count.given) == (2, 2)
    assert verify_database(database.engine).ok


@pytest.mark.parametrize(("at", "reason", "field", "words"), [
    (49, MOVED, "came_back_at", "cannot have come back in the future"), (1, MOVED, "came_back_at", "before it was handed over"), (48, "so", "reason", "Say why it came back"),
])  # fmt: skip
def test_what_cannot_be_is_refused(case: Unmailed, at: float, reason: str, field: str, words: str) -> None:
    letter = case.hand_over(2, Channel.POST)
    with pytest.raises(Invalid) as caught:
        come_back(case, letter, 48, at, reason)
    assert words in caught.value.fields[field]


def test_only_what_is_carried_comes_back_once_and_not_when_it_was_confirmed(case: Unmailed) -> None:
    call = case.hand_over(2, Channel.PHONE)
    with pytest.raises(Conflict, match="Only a letter or what a courier carried can come back"):
        come_back(case, call, 3)
    letter = case.hand_over(2, Channel.POST, place=1)
    with case.at(20) as unit:
        operations.acknowledge(unit, case.breach, case.rows[1], "Ms Hale", "telephone")
    with pytest.raises(Conflict, match="confirmed that it arrived"):
        come_back(case, letter, 30)
    courier = case.hand_over(31, Channel.COURIER, received=False)
    come_back(case, courier, 32)
    with pytest.raises(Conflict, match="recorded already"):
        come_back(case, courier, 33)


def test_what_counts_as_received_does_not_come_back(case: Unmailed) -> None:
    courier, letter = case.hand_over(2, Channel.COURIER), case.hand_over(2, Channel.POST, place=1)
    with pytest.raises(Conflict, match="counts as received already, by its receipt"):
        come_back(case, courier, 30)
    assert case.deem(COUNTS) != ""
    with pytest.raises(Conflict, match="counts as received already"):
        come_back(case, letter, COUNTS + 1)
    assert case.standings() == {Standing.SENT: 2}
    assert missed.missed(case.ground.session, case.breach) == ()


def receive(case: Case, delivery: Delivery, hours: float, at: float, proof: str = "Signed by Ms Hale") -> DeliveryReceipt:
    with case.at(hours) as unit:
        row = unit.session.get_one(Affected, delivery.affected_id)
        return operations.received(unit, case.breach, row, delivery.id, Receipt(NOW + at * HOUR, proof))


def test_a_courier_is_on_its_way_until_its_receipt_is_known_and_meets_the_clock_then(case: Unmailed, database: Database) -> None:
    courier = case.hand_over(2, Channel.COURIER, received=False)
    assert (courier.effective_at, case.entry(0).met_at) == (None, None)
    assert queries.letters_out(case.ground.session, case.id, NOW + 3 * HOUR) == 1
    with pytest.raises(Invalid, match="on its way"), case.at(3) as unit:
        operations.close_as_no_breach(unit, case.breach, WHY)
    assert case.deem(COUNTS) == "", "no day makes it received"
    receive(case, courier, 30, 4)
    assert case.entry(0).met_at == NOW + 4 * HOUR
    assert queries.letters_out(case.ground.session, case.id, NOW + 31 * HOUR) == 0
    with pytest.raises(Conflict, match="received already"):
        receive(case, courier, 31, 5)
    assert verify_database(database.engine).ok


def test_who_confirms_a_courier_has_received_it(case: Unmailed) -> None:
    courier = case.hand_over(2, Channel.COURIER, received=False)
    with case.at(5) as unit:
        operations.acknowledge(unit, case.breach, case.rows[0], "Ms Hale", "telephone")
    case.ground.session.refresh(courier)
    assert (courier.effective_at, case.entry(0).met_at) == (NOW + 5 * HOUR, NOW + 5 * HOUR)
    with pytest.raises(Conflict, match="confirmed that it arrived"):
        receive(case, courier, 6, 5)


@pytest.mark.parametrize(("at", "proof", "field"), [(31, "Signed by Ms Hale", "received_at"), (1, "Signed by Ms Hale", "received_at"), (4, "R1", "proof")])
def test_a_receipt_that_cannot_be_is_refused(case: Unmailed, at: float, proof: str, field: str) -> None:
    courier = case.hand_over(2, Channel.COURIER, received=False)
    with pytest.raises(Invalid) as caught:
        receive(case, courier, 30, at, proof)
    assert set(caught.value.fields) == {field}


def test_a_dossier_holds_what_was_known_at_its_time(case: Unmailed) -> None:
    courier, session = case.hand_over(2, Channel.COURIER, received=False), case.ground.session
    receive(case, courier, 30, 4)
    letter = case.hand_over(31, Channel.POST, place=1)
    come_back(case, letter, 48)

    def said(hours: float, place: int = 0) -> dict[str, Any]:
        file = case_file(session, case.breach, NOW + hours * HOUR)
        return customer_files(session, file, [session.get_one(Affected, case.rows[place].id)])[0].said

    before, after = said(29)["deliveries"][0], said(31)["deliveries"][0]
    assert (before["under_way"], before["counts_at"], before["receipt"]) == (True, None, None)
    assert (after["under_way"], after["receipt"]) == (False, {"at": "2026-11-22T16:00:00.000000Z", "proof": "Signed by Ms Hale"})
    assert "not received yet, as far as is known" in str(handed_over(said(29), "Europe/Paris"))
    assert any("was received" in one.title and one.text == "Signed by Ms Hale" for one in _deliveries(said(31), "Europe/Paris"))
    told = said(49, 1)
    assert told["deliveries"][0]["returned"] == {"at": "2026-11-24T12:00:00.000000Z", "reason": MOVED}
    assert any("came back undelivered" in one.title and one.text == MOVED for one in _deliveries(told, "Europe/Paris"))
    assert MOVED in str(handed_over(told, "Europe/Paris"))


def test_the_page_records_the_receipt_of_a_courier(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    client = desk.client("dpo")
    client.post(f"{desk.case}/notice", data=TEXT)
    client.post(f"{desk.case}/release")
    client.post(f"{desk.customer()}/hand-over", data={"channel": "courier", "given_at": "2026-11-22T13:00", "proof": "Receipt 4711"})
    page = client.get(desk.customer()).text
    path = f"{desk.customer()}/deliveries/{desk.one(Delivery, channel=Channel.COURIER).id}/received"
    for words in ("given, not received yet", "counts once it is received", "nobody knows yet that it arrived", path):
        assert words in page, words
    desk.later(3)
    client = desk.client("dpo")
    assert "Receipt 4711" in client.get(path).text
    assert client.post(path, data={"received_at": "2026-11-22T14:00", "proof": "R1"}).status_code == 422
    assert client.post(path, data={"received_at": "2026-11-22T14:00", "proof": "Signed by Ms Hale"}).status_code == 303
    page = client.get(desk.customer()).text
    assert "Signed by Ms Hale" in page
    assert path not in page
    assert client.post(path, data={"received_at": "2026-11-22T14:00", "proof": "Signed by Ms Hale"}).status_code == 409
    assert "recorded that a notice on its way was received" in client.get(desk.case).text


def test_the_page_offers_it_and_proposes_the_next_channel(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)

    def lose(unit: Unit, _: Breach) -> None:
        for contact in unit.session.scalars(select(Contact)).all():
            parties.remove_contact(unit, unit.session.get_one(Controller, contact.controller_id), contact)

    desk.do(lose)
    client = desk.client("dpo")
    client.post(f"{desk.case}/notice", data=TEXT)
    client.post(f"{desk.case}/release")
    client.post(f"{desk.customer()}/hand-over", data={"channel": "post", "given_at": "2026-11-22T13:00", "proof": "Tracking RR 4711"})
    page = client.get(desk.customer()).text
    assert "given, not received yet" in page
    path = f"{desk.customer()}/deliveries/1/came-back"
    assert path in page
    form = client.get(path).text
    for words in ("It came back undelivered", "Tracking RR 4711"):
        assert words in form
    desk.later(30)
    client = desk.client("dpo")
    assert client.post(path, data={"came_back_at": "2026-11-22T12:59", "reason": MOVED}).status_code == 422
    assert client.post(path, data={"came_back_at": "2026-11-22T18:00", "reason": MOVED}).status_code == 303
    page = client.get(desk.customer()).text
    for words in ("came back undelivered", MOVED, "Try next: courier or by hand", "What was sent came back undelivered.", "To be handed over"):
        assert words in page, words
    assert path not in page
    assert client.post(path, data={"came_back_at": "2026-11-22T18:00", "reason": MOVED}).status_code == 409
    assert client.get(f"{desk.customer(1)}/deliveries/1/came-back").status_code == 404
    page = client.get(desk.case).text
    assert "recorded that a notice given on" in page
    assert "came back undelivered" in page


def test_the_customers_own_page_does_not_say_that_it_got_what_came_back(case: Unmailed) -> None:
    letter = case.hand_over(2, Channel.POST)
    session = case.ground.session
    assert portal.unread(session, letter.affected_id) == portal.unconfirmed(session, letter.affected_id) == 1
    come_back(case, letter, 48)
    assert portal.unread(session, letter.affected_id) == portal.unconfirmed(session, letter.affected_id) == 0
    assert portal.deliveries(session, letter.affected_id) == []
    assert portal.papers(session, letter.affected_id), "its document is still there for whoever has the link"
