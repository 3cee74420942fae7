"""Addresses that refused their newest mail, in whatever matter: said before the release, on the case and its customer, and gone once a mail was taken."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Engine, select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.models import Breach
from dpa.breaches.rules import Selection
from dpa.extensions import db
from dpa.parties import operations as parties
from dpa.parties.models import Contact, Controller
from dpa.parties.rules import ContactInput, Purpose
from dpa.unit import Unit
from tests.breaches.test_case_pages import DRAFT, Desk
from tests.breaches.test_plans import listening
from tests.support.databases import Database
from tests.support.outbox import ASIDE, REFUSED, TAKEN, store

BADGE = "refused the last mail"


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    desk = Desk(sqlite_database)
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT))
    return desk


def mail(desk: Desk, *mails: dict[str, Any], to: str = "s@c1.example", **how: Any) -> None:
    with desk.app.app_context():
        engine: Engine = db.engine
    store(engine, *mails, organisation_id=desk.org, to_address=to, **how)


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_an_address_that_refused_in_another_matter_shows_before_the_first_release(desk: Desk) -> None:
    client = desk.client("dpo")
    paths = [f"{desk.case}/release", desk.case, desk.customer()]
    assert not [path for path in paths if BADGE in client.get(path).text]
    mail(desk, ASIDE, set_aside=True)
    review, case, customer = (text_of(client.get(path).text) for path in paths)
    assert "1 customer would be written to at an address that refused the last mail sent there." in review
    assert review.count(BADGE) == 2, "the count, and the line of the one customer"
    assert "1 customer has a contact that refused the last mail sent there." in case
    assert case.count(f"a contact {BADGE}") == 1
    assert "A contact of this customer refused the last mail sent there: s@c1.example." in customer
    assert BADGE not in client.get(desk.customer(1)).text


def test_the_release_does_not_wait_for_it(desk: Desk) -> None:
    mail(desk, REFUSED)
    desk.release()
    with desk.app.app_context():
        notices = db.session.scalars(select(OutboxMessage.to_address).where(OutboxMessage.mail == "breaches/notice")).all()
    assert sorted(notices) == ["s@c1.example", "s@c2.example"]


def test_a_later_mail_that_was_taken_ends_it(desk: Desk) -> None:
    mail(desk, REFUSED, TAKEN | {"kept": True})
    assert BADGE in desk.client("dpo").get(desk.case).text, "the file mailbox proves no address"
    mail(desk, TAKEN)
    for path in (f"{desk.case}/release", desk.case, desk.customer()):
        assert BADGE not in desk.client("dpo").get(path).text, path


def test_another_address_ends_it_and_one_that_would_not_be_written_to_is_no_count_of_the_review(desk: Desk) -> None:
    mail(desk, REFUSED)

    def add(unit: Unit, _: object) -> None:
        parties.add_contact(unit, unit.session.get_one(Controller, 1), ContactInput(Purpose.NOTICES, "new@c1.example"))

    desk.do(add)  # Lemon Learning names the administrative contact, so it comes before the one for security.
    assert BADGE not in desk.client("dpo").get(f"{desk.case}/release").text
    assert f"a contact {BADGE}" in desk.client("dpo").get(desk.case).text

    def remove(unit: Unit, _: object) -> None:
        contact = unit.session.scalars(select(Contact).where(Contact.email == "s@c1.example")).one()
        parties.remove_contact(unit, unit.session.get_one(Controller, 1), contact)

    desk.do(remove)
    assert BADGE not in desk.client("dpo").get(desk.case).text


def test_another_organisations_mails_say_nothing(desk: Desk) -> None:
    mail(desk, REFUSED | {"organisation_id": desk.other})
    assert BADGE not in desk.client("dpo").get(desk.case).text


def test_it_takes_no_statement_more_on_a_case(desk: Desk) -> None:
    client = desk.client("dpo")
    counts = []
    for _ in range(2):
        client.get(desk.case)
        with listening(desk) as sent:
            client.get(desk.case)
        counts.append(len(sent))
        mail(desk, REFUSED)
    assert counts[0] == counts[1] <= 15


def test_in_an_exercise_only_the_colleague_who_takes_the_customers_part_could_refuse(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    drill = desk.record(drill="y")
    number = int(drill.rpartition("/")[2])

    def write(unit: Unit, _: object) -> None:
        breach = unit.session.get_one(Breach, number)
        operations.add_affected(unit, breach, desk._agreements(unit), Selection.ALL)
        operations.save_draft(unit, breach, DRAFT)

    desk.do(write)
    mail(desk, REFUSED)
    client = desk.client("dpo")
    assert not [path for path in (drill, f"{drill}/release") if BADGE in client.get(path).text]
    mail(desk, REFUSED, to="dpo@example.org")
    assert "2 customers would be written to at an address that refused" in client.get(f"{drill}/release").text
