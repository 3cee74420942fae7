"""Pages of the breach workflow: what each role sees, what an outsider sees, what bad input answers."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from dpa.agreements import operations as agreements
from dpa.agreements.rules import AgreementInput
from dpa.agreements.terms import TermsDocument, shipped_contract
from dpa.alerts.models import OutboxMessage
from dpa.breaches.models import Affected, Breach
from dpa.extensions import db
from dpa.parties import operations as parties
from dpa.parties.rules import ContactInput, ControllerInput, Purpose
from dpa.people.models import Organisation
from dpa.people.roles import Role
from tests.support.databases import Database
from tests.support.pages import CheckingClient, act, add_organisation, add_person, make_app, sign_in

GOOD = {
    "title": "Export leak", "known": "An export leaked.", "detected_at": "2026-11-22T10:00", "aware_at": "2026-11-22T10:00",
}


class House:
    """An application with one organisation under a shipped contract, and a stranger's."""

    contract: str | TermsDocument = "lemon-learning"

    def __init__(self, database: Database) -> None:
        self.app: Flask = make_app(database)
        self.org = add_organisation(self.app, "Lemon Learning")
        self.other = add_organisation(self.app, "Other House")
        self.people = {
            "dpo": add_person(self.app, "dpo@example.org", {self.org: Role.DPO}),
            "auditor": add_person(self.app, "audit@example.org", {self.org: Role.AUDITOR}),
            "outsider": add_person(self.app, "out@example.org", {self.other: Role.DPO}),
        }
        with self.app.app_context(), act(self.app, db.session()) as unit:
            terms = self.contract if isinstance(self.contract, TermsDocument) else shipped_contract(self.contract)
            template = agreements.add_template(unit, self.org, terms, date(2024, 1, 1))
            system = agreements.add_system(unit, self.org, "Platform")
            for number in (1, 2):
                contact = [ContactInput(Purpose.SECURITY, f"s@c{number}.example")]
                controller = parties.add_controller(unit, self.org, ControllerInput(f"C{number}", f"Customer {number}"), contact)
                agreements.add_agreement(unit, controller.id, template, AgreementInput(f"A{number}", date(2026, 1, 1)), systems=[system])

    def client(self, who: str) -> CheckingClient:
        client = self.app.test_client()
        sign_in(client, self.people[who])
        assert isinstance(client, CheckingClient)
        return client

    def count(self, model: type) -> int:
        with self.app.app_context():
            return len(db.session.scalars(select(model)).all())

    def record(self, **more: str) -> str:
        answer = self.client("dpo").post("/breaches/new", data=GOOD | more)
        assert answer.status_code == 303
        return answer.location.removesuffix("/affected")


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def test_the_whole_way_from_incident_to_queued_notice(house: House) -> None:
    client, case = house.client("dpo"), house.record()
    assert client.post(f"{case}/affected", data={"selection": "by_list", "references": "A1\nA2"}).status_code == 303
    page = client.get(case).text
    assert "24 hours, clause 15.4" in page
    assert "Write the notice to 2 customers" in page
    assert client.post(f"{case}/notice", data={"nature": "It leaked.", "contact": "DPO, now"}).status_code == 303
    review = client.get(f"{case}/release").text
    assert "2 mails will leave" in review
    assert "s@c1.example" in review
    assert client.post(f"{case}/release").status_code == 303
    assert house.count(OutboxMessage) == 2
    assert "released the initial notice (customers: 2)" in client.get(case).text
    assert client.post(f"{case}/release").status_code == 409


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "Give the incident a short title."),
        ({"known": " "}, "Write what is known so far"),
        ({"aware_at": ""}, "Enter since when"),
        ({"aware_at": "soon"}, "Enter a date and a time"),
        ({"aware_at": "2026-11-22T09:59"}, "Nobody can be aware before"),
        ({"aware_at": "2026-11-22T10:01"}, "Say why awareness came later"),
        ({"aware_at": "2026-11-23T10:00", "detected_at": "2026-11-23T10:00"}, "cannot lie in the future"),
        ({"detected_at": "2026-03-29T02:30", "aware_at": "2026-03-29T02:30"}, "does not exist in Europe/Paris"),
        ({"detected_at": "0001-01-01T00:00", "aware_at": "0001-01-01T00:00"}, "The year 1 cannot be meant"),
        ({"detected_at": "2000-01-01T00:00", "aware_at": "9999-01-01T00:00"}, "The year 9999 cannot be meant"),
    ],
)
def test_bad_input_says_what_and_keeps_what_was_typed(house: House, change: dict[str, str], words: str) -> None:
    answer = house.client("dpo").post("/breaches/new", data=GOOD | change)
    assert answer.status_code == 422
    assert words in answer.text
    if "known" not in change:
        assert "An export leaked." in answer.text
    assert house.count(Breach) == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose how the affected agreements are found."),
        ({"selection": "by_system"}, "Tick at least one system"),
        ({"selection": "by_list"}, "or list at least one agreement reference"),
        ({"selection": "by_list", "references": "A1, B9 B8"}, "These agreements are not on file: B9, B8"),
        ({"selection": "nonsense"}, "Not a valid choice"),
    ],
)
def test_a_bad_selection_starts_no_clock(house: House, data: dict[str, str], words: str) -> None:
    case = house.record()
    answer = house.client("dpo").post(f"{case}/affected", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert house.count(Affected) == 0


@pytest.mark.parametrize("path", ["", "/affected", "/notice", "/release"])
def test_an_outsider_sees_nothing_and_cannot_tell_it_exists(house: House, path: str) -> None:
    case = house.record()
    client = house.client("outsider")
    assert client.get(case + path).status_code == 404
    assert client.get("/breaches/999" + path).status_code == 404
    assert "LL-2026-001" not in client.get("/breaches").text


@pytest.mark.parametrize("path", ["/affected", "/notice", "/release"])
def test_an_outsider_and_an_auditor_change_nothing(house: House, path: str) -> None:
    case = house.record()
    data = {"selection": "all", "nature": "x", "contact": "y"}
    assert house.client("outsider").post(case + path, data=data).status_code == 404
    assert house.client("auditor").post(case + path, data=data).status_code == 403
    assert house.count(Affected) == 0
    assert house.count(OutboxMessage) == 0


def test_an_auditor_reads_but_is_offered_no_act(house: House) -> None:
    case = house.record()
    page = house.client("auditor").get(case)
    assert page.status_code == 200
    assert "Name who is affected</a>" not in page.text
    assert "Record an incident" not in house.client("auditor").get("/breaches").text


def test_a_form_for_a_foreign_organisation_is_refused(house: House) -> None:
    answer = house.client("dpo").post("/breaches/new", data=GOOD | {"organisation": str(house.other)})
    assert answer.status_code == 404
    assert house.count(Breach) == 0


def test_markup_in_every_field_appears_as_text(house: House) -> None:
    evil = "<script>alert(1)</script><img src=x>"
    client = house.client("dpo")
    answer = client.post("/breaches/new", data=GOOD | {"title": evil, "known": evil})
    case = answer.location.removesuffix("/affected")
    client.post(f"{case}/affected", data={"selection": "all"})
    client.post(f"{case}/notice", data={"nature": evil, "contact": evil})
    for path in (case, f"{case}/release", "/breaches", "/board"):
        assert "<script>alert" not in client.get(path).text
    client.post(f"{case}/release")
    with house.app.app_context():
        assert db.session.get(Organisation, house.org) is not None
        assert "<script>" not in db.session.scalars(select(OutboxMessage)).first().body_html


def test_a_damaged_page_address_is_answered_with_a_sentence(house: House) -> None:
    case = house.record()
    for key in ("xx", "WyJhIiwxXQ", "W10"):
        assert house.client("dpo").get(f"{case}?after={key}").status_code == 422
        assert house.client("dpo").get(f"/breaches?after={key}").status_code == 422
