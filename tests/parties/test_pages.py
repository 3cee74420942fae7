"""Pages of customers and closure days: who may see and do what, and what is kept of a refused form."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from dpa.extensions import db
from dpa.parties.models import ClosureDay, Contact, Controller
from tests.parties.conftest import Desk
from tests.support import pages
from tests.support.outbox import REFUSED, TAKEN, store


def count(desk: Desk, model: Any) -> int:
    with desk.app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


GOOD: dict[str, Any] = {"name": "Banque Rivoire", "reference": "C-9", "country": "fr", "language": "fr"}


def test_the_customers_of_one_organisation_are_nobody_elses(desk: Desk) -> None:
    client = desk.client(desk.outsider)
    assert "Académie" not in client.get("/customers").text
    assert "Académie" not in client.get("/customers?q=lille").text
    for path in (f"/customers/{desk.customer}", f"/customers/{desk.customer}/edit", "/customers/99999", f"/customers/{10**25}"):
        assert client.get(path).status_code == 404, path
    for path in (
        f"/customers/{desk.customer}/edit", f"/customers/{desk.customer}/contacts", f"/customers/{desk.customer}/contacts/1/remove",
        f"/settings/{desk.lemon}/calendar", f"/settings/{desk.lemon}/calendar/1/remove",
    ):
        assert client.post(path, data={}).status_code == 404, path
    assert client.post("/customers/new", data=GOOD | {"organisation": desk.lemon}).status_code == 422
    assert count(desk, Contact) == 1


def test_an_auditor_sees_and_changes_nothing_and_an_operator_edits_customers_only(desk: Desk) -> None:
    auditor = desk.client(desk.auditor)
    text = auditor.get("/customers").text + auditor.get(f"/customers/{desk.customer}").text
    assert "Académie de Lille" in text
    assert "Add a" not in text
    for path in ("/customers/new", f"/customers/{desk.customer}/edit", f"/customers/{desk.customer}/contacts", f"/settings/{desk.lemon}/calendar"):
        assert auditor.post(path, data={}).status_code == 403, path
    operator = desk.client(desk.operator)
    assert operator.get(f"/settings/{desk.lemon}/calendar").status_code == 403
    assert operator.post("/customers/new", data=GOOD | {"organisation": desk.lemon}).status_code == 303


def test_a_customer_is_added_with_its_contacts(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    assert client.get("/customers/new").status_code == 200
    for wrong in ({"name": ""}, {"reference": "C-1"}, {"reference": "=1"}, {"country": "FRA"}, {"language": "x"}, {"organisation": "x"}):
        answer = client.post("/customers/new", data=GOOD | {"organisation": desk.lemon} | wrong)
        assert answer.status_code == 422, wrong
        assert "There is a problem" in answer.text
    assert count(desk, Controller) == 2
    page = client.post("/customers/new", data=GOOD | {"organisation": desk.lemon}).location
    assert "No notice can reach this customer" in client.get(page).text
    contact = {"purpose": "privacy", "email": "dpo@rivoire.example", "name": "Desk", "phone": ""}
    for wrong in ({"email": "x"}, {"email": ""}, {"email": "élodie@rivoire.example"}, {"purpose": "x"}, {"phone": "call"}):
        answer = client.post(f"{page}/contacts", data=contact | wrong)
        assert (answer.status_code, "Desk" in answer.text) == (422, True), wrong
    assert client.post(f"{page}/contacts", data=contact).status_code == 303
    assert client.post(f"{page}/contacts", data=contact).status_code == 422
    assert "No notice can reach" not in client.get(page).text
    assert client.post(f"{page}/contacts/99999/remove").status_code == 404
    assert count(desk, Contact) == 2


def test_the_organisations_own_mailbox_is_marked_and_does_not_count(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    client.post(f"/customers/{desk.customer}/contacts/1/remove")
    own = {"purpose": "security", "email": "dpo@lemonlearning.com", "name": "", "phone": ""}
    assert client.post(f"/customers/{desk.customer}/contacts", data=own).status_code == 303
    text = client.get(f"/customers/{desk.customer}").text
    assert "own mailbox, blocked" in text
    assert "No notice can reach this customer" in text
    assert "no contact for notices" in client.get("/customers").text


def test_who_repairs_a_contact_goes_back_to_where_it_was_missed(desk: Desk) -> None:
    client, page = desk.client(desk.dpo), f"/customers/{desk.customer}"
    assert 'href="/breaches/7/release">' in client.get(f"{page}?back=/breaches/7/release").text
    contact = {"purpose": "privacy", "email": "dpo@rivoire.example", "name": "", "phone": ""}
    assert client.post(f"{page}/contacts?back=/breaches/7/release", data=contact).location == "/breaches/7/release"
    own = {"purpose": "security", "email": "desk@lemonlearning.com", "name": "", "phone": ""}
    assert client.post(f"{page}/contacts?back=/breaches/7/release", data=own).location == f"{page}?back=/breaches/7/release", "a blocked one repaired nothing"
    for number, elsewhere in enumerate(("https://evil.example/", "//evil.example", "")):
        again = contact | {"email": f"d{number}@rivoire.example"}
        assert client.post(f"{page}/contacts", query_string={"back": elsewhere}, data=again).location == page


def test_a_customer_is_changed(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    path = f"/customers/{desk.customer}/edit"
    assert "Académie de Lille" in client.get(path).text
    assert client.post(path, data=GOOD | {"name": ""}).status_code == 422
    assert client.post(path, data=GOOD).status_code == 303
    assert "Banque Rivoire" in client.get(f"/customers/{desk.customer}").text


def test_closure_days_are_set(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    path = f"/settings/{desk.lemon}/calendar"
    for wrong in ({}, {"day": "soon", "label": "x"}, {"day": "2026-12-24"}, {"day": "1999-01-01", "label": "x"}):
        assert client.post(path, data=wrong).status_code == 422, wrong
    assert count(desk, ClosureDay) == 0
    assert client.post(path, data={"day": "2026-12-24", "label": "Company holiday"}).status_code == 303
    assert client.post(path, data={"day": "2026-12-24", "label": "Company holiday"}).status_code == 422
    assert "Thu 24 Dec 2026" in client.get(path).text
    assert client.post(f"{path}/1/remove").status_code == 303
    assert count(desk, ClosureDay) == 0


def test_strangers_are_sent_to_sign_in(desk: Desk) -> None:
    client = desk.app.test_client()
    for path in ("/customers", f"/customers/{desk.customer}", "/customers/new"):
        assert "/sign-in" in client.get(path).location
    assert client.post("/customers/new", data=GOOD).status_code == 401
    pages.sign_in(client, desk.dpo)
    assert client.post("/customers/new", data=GOOD, csrf=False).status_code == 400


def test_an_address_that_refused_its_last_mail_is_marked_until_one_was_taken(desk: Desk) -> None:
    client, page = desk.client(desk.dpo), f"/customers/{desk.customer}"
    with desk.app.app_context():
        engine = db.engine
    [number] = store(engine, REFUSED, organisation_id=desk.lemon, to_address="security@lille.example")
    for path in (page, "/customers"):
        assert "refused the last mail" in client.get(path).text, path
    assert f'href="/outbox/{number}">what the mail server said' in client.get(page).text
    assert "No notice can reach this customer" not in client.get(page).text
    store(engine, TAKEN, organisation_id=desk.lemon, to_address="security@lille.example")
    for path in (page, "/customers"):
        assert "refused the last mail" not in client.get(path).text, path
