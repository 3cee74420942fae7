"""A customer told by word of mouth before the text was released, and told in another way than its contract names: page and dossier."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import queries
from dpa.breaches.evidence import dossier_pages
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.customer_file import customer_files
from dpa.breaches.evidence.dossier_parts import handed_over
from dpa.breaches.evidence.dossier_story import _deliveries
from dpa.breaches.models import Affected, Breach
from dpa.extensions import db
from dpa.parties import operations as parties
from dpa.parties.models import Contact, Controller
from dpa.parties.rules import ContactInput, Purpose
from dpa.unit import Unit
from tests.breaches.test_case_pages import Desk
from tests.support.databases import Database
from tests.support.pages import clock_of

CALL = {"channel": "phone", "given_at": "2026-11-22T12:30", "proof": "Reached Ms Hale on +33 1 99"}
SAID = "An export with your pupils' reports could be opened by anybody."


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    desk = Desk(sqlite_database)

    def lose(unit: Unit, _: Any) -> None:
        contact = unit.session.get_one(Contact, 1)
        parties.remove_contact(unit, unit.session.get_one(Controller, contact.controller_id), contact)

    desk.do(lose)
    return desk


def addresses(desk: Desk) -> list[str]:
    with desk.app.app_context():
        return list(db.session.scalars(select(OutboxMessage.to_address).where(OutboxMessage.category == "notice").order_by(OutboxMessage.id)))


def said_of(desk: Desk) -> dict[str, Any]:
    with desk.app.app_context():
        breach, row = db.session.get_one(Breach, desk.id), db.session.get_one(Affected, desk.rows()[0])
        case = case_file(db.session(), breach, clock_of(desk.app).now() + timedelta(hours=1))
        return customer_files(db.session(), case, [queries.affected_row(db.session(), breach, row.id)])[0].said


def test_a_call_before_the_release_is_recorded_with_its_true_time_and_what_was_said(desk: Desk) -> None:
    client, path = desk.client("dpo"), f"{desk.customer()}/hand-over"
    page = client.get(desk.customer()).text
    assert "No contact of this customer can be written to" in page
    assert "a call made before the notice is released" in page
    assert "No contact of this customer" not in client.get(desk.customer(1)).text
    assert "A call made before the release is recorded then, too" in client.get(path).text
    desk.later(1)
    desk.tell()
    client = desk.client("dpo")
    assert "Write down what was said" in client.post(path, data=CALL).text
    assert "You were aware later than this" in client.post(path, data=CALL | {"said": SAID, "given_at": "2026-11-22T09:59"}).text
    assert "nobody can have been given its text before" in client.post(path, data=CALL | {"said": SAID, "channel": "courier"}).text
    assert client.post(path, data=CALL | {"said": SAID}).status_code == 303
    page = client.get(desk.customer()).text
    for words in ("told before the text was released", f"Said: {SAID.replace(chr(39), '&#39;')}", "21 h 30 min early", "asks for the notice by e-mail (clause 15.4)", "first told by telephone"):
        assert words in page, words
    assert "given by telephone, before the text was released" in client.get(desk.case).text


def test_the_dossier_says_that_it_came_before_the_text_and_in_another_way(desk: Desk) -> None:
    desk.later(1)
    desk.tell()
    desk.client("dpo").post(f"{desk.customer()}/hand-over", data=CALL | {"said": SAID})
    said = said_of(desk)
    assert said["deliveries"][0]["before_text"] is True
    assert SAID in said["deliveries"][0]["proof"]
    assert "whether the contract is satisfied by it is a question of its words" in said["channel_caveat"]
    assert "before the text was released" in dossier_pages._channel(said)
    assert any("before the text was released" in one.title for one in _deliveries(said, "Europe/Paris"))
    assert "by word of mouth, before the text was released" in str(handed_over(said, "Europe/Paris"))


def test_a_notice_in_the_way_of_the_contract_needs_no_caveat(desk: Desk) -> None:
    desk.later(1)
    desk.tell()
    client = desk.client("dpo")
    assert "asks for the notice" not in client.get(desk.customer(1)).text
    desk.later(1)
    client = desk.client("dpo")
    assert client.post(f"{desk.customer()}/hand-over", data=CALL | {"channel": "person", "given_at": "2026-11-22T14:30"}).status_code == 303
    assert "first told in person" in client.get(desk.customer()).text


def test_who_only_heard_of_it_is_still_owed_the_text_and_gets_it_once(desk: Desk) -> None:
    desk.later(1)
    desk.tell()
    desk.client("dpo").post(f"{desk.customer()}/hand-over", data=CALL | {"said": SAID})
    client = desk.client("dpo")
    assert "The text is still owed to it, and no contact of it can be written to" in client.get(desk.customer()).text
    assert "1 customer cannot be mailed" in client.get(f"{desk.case}/release").text
    assert "Review and release the notice to" not in client.get(desk.case).text

    def repair(unit: Unit, _: Any) -> None:
        parties.add_contact(unit, unit.session.get_one(Controller, 1), ContactInput(Purpose.SECURITY, "s@c1.example"))

    desk.do(repair)
    page = client.get(desk.customer()).text
    assert "The text is still owed to it; its clock stays met." in page
    assert "Try next" not in page
    assert "Review and release the notice to 1 customer" in (page := client.get(desk.case).text)
    assert "The notice went to 1 customer before; they get no second mail." in page
    assert "1 mail will leave" in client.get(f"{desk.case}/release").text
    met_at = desk.one(Affected, id=desk.rows()[0]).sent_at
    assert client.post(f"{desk.case}/release").status_code == 303
    assert client.post(f"{desk.case}/release").status_code == 409
    assert desk.one(Affected, id=desk.rows()[0]).sent_at == met_at
    assert addresses(desk) == ["s@c2.example", "s@c1.example"]
    for path in (desk.customer(), desk.case):
        page = client.get(path).text
        assert "still owed to it" not in page
        assert "Review and release the notice to" not in page


def test_a_call_in_the_minute_of_the_release_or_after_it_owes_no_further_text(desk: Desk) -> None:
    desk.later(1)
    desk.tell()
    desk.client("dpo").post(f"{desk.customer()}/hand-over", data=CALL | {"given_at": "2026-11-22T14:00"})
    assert "still owed to it" not in desk.client("dpo").get(desk.customer()).text
    assert desk.client("dpo").post(f"{desk.case}/release").status_code == 409


def test_the_list_says_whose_text_is_owed_and_can_be_narrowed_to_them(desk: Desk) -> None:
    desk.later(1)
    desk.tell()
    client = desk.client("dpo")
    assert "text owed" not in client.get(desk.case).text.lower()
    client.post(f"{desk.customer()}/hand-over", data=CALL | {"said": SAID})
    page = client.get(desk.case).text
    assert page.count("told by word of mouth, text owed") == 1
    assert "told by word of mouth, text owed" in page.partition("Customer 1</a>")[2].partition("</tr>")[0]
    assert "told by word of mouth, text owed" in client.get(desk.customer()).text
    narrowed = client.get(f"{desk.case}?show=text-owed").text.partition("<tbody")[2].partition("</tbody>")[0]
    assert ("Customer 1</a>" in narrowed, "Customer 2</a>" in narrowed) == (True, False)
    client.post(f"{desk.customer()}/acknowledged", data={"name": "Ms Hale", "how": "telephone"})
    assert "told by word of mouth, text owed" in client.get(desk.case).text, "who confirms a call has not got the text"

    def repair(unit: Unit, _: Any) -> None:
        parties.add_contact(unit, unit.session.get_one(Controller, 1), ContactInput(Purpose.SECURITY, "s@c1.example"))

    desk.do(repair)
    assert "told by word of mouth, text owed" in client.get(desk.case).text
    client.post(f"{desk.case}/release")
    assert "text owed" not in client.get(desk.case).text.lower()
    assert "No customer of this case is like that." in client.get(f"{desk.case}?show=text-owed").text
