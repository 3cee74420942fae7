"""An address from before addresses were checked, to which mail cannot be sent: it is named, and nobody else waits for it."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import case_counts, case_customers, recipients
from dpa.breaches.models import Breach
from dpa.breaches.rules import Standing
from dpa.cli.migrate import alembic_config
from dpa.evidence import trail
from dpa.extensions import db
from dpa.parties.events import Event
from dpa.parties.models import Contact, Controller
from dpa.parties.queries import Recipient
from dpa.parties.rules import Purpose, is_mailable
from dpa.people.models import Organisation
from dpa.unit import Unit
from tests.breaches.test_case_pages import TEXT, Desk
from tests.support.databases import Database
from tests.support.pages import clock_of


def stored(desk: Desk, number: int, **values: str) -> None:
    """Have a contact stand as an earlier version of the product took it."""

    def change(unit: Unit, _: Breach) -> None:
        contact = unit.session.get_one(Contact, number)
        for name, value in values.items():
            setattr(contact, name, value)
        trail.record(unit, Event.CONTACT_ADDED, subject=("controller", contact.controller_id), organisation_id=desk.org, covers=[contact])

    desk.do(change)


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    desk = Desk(sqlite_database)
    stored(desk, 1, email="élodie@c1.example")
    desk.client("dpo").post(f"{desk.case}/notice", data=TEXT)
    return desk


def mailed(desk: Desk) -> list[Any]:
    with desk.app.app_context():
        return list(db.session.scalars(select(OutboxMessage.to_address).where(OutboxMessage.category == "notice")))


def test_the_review_names_who_cannot_be_told_and_the_release_goes_to_the_others(desk: Desk) -> None:
    client = desk.client("dpo")
    page = client.get(f"{desk.case}/release").text
    for words in ("1 customer cannot be mailed", "Mail cannot be sent to “élodie@c1.example”: write it as name@example.org", "1 mail will leave"):
        assert words in page, words
    assert client.post(f"{desk.case}/release").status_code == 303
    assert mailed(desk) == ["s@c2.example"]


def test_the_pages_of_such_a_customer_say_so(desk: Desk) -> None:
    client = desk.client("dpo")
    assert "No contact of this customer can be written to" in client.get(desk.customer()).text
    with desk.app.app_context():
        number = db.session.scalars(select(Controller.id).order_by(Controller.id)).first()
    page = client.get(f"/customers/{number}").text
    assert "mail cannot be sent there" in page
    assert "No notice can reach this customer" in page


def test_a_name_of_several_lines_stops_nobody(desk: Desk) -> None:
    stored(desk, 2, name="Ana\r\nOliveira")
    assert desk.client("dpo").post(f"{desk.case}/release").status_code == 303
    assert mailed(desk) == ["s@c2.example"]


def test_the_numbers_of_the_case_count_such_a_customer_as_unreachable(desk: Desk) -> None:
    with desk.app.app_context():
        breach, session = db.session.get_one(Breach, desk.id), db.session()
        domains = session.get_one(Organisation, breach.organisation_id).mail_domains
        assert dict(case_counts.overview(session, breach, domains)[0]) == {Standing.WAITING: 1, Standing.NO_RECIPIENT: 1}
        rows = case_customers.affected(session, breach, domains, clock_of(desk.app).now()).rows
        assert [row.standing for row in rows] == [Standing.NO_RECIPIENT, Standing.WAITING]
    page = desk.client("dpo").get(desk.case).text
    assert "1 customer has no usable contact" in page
    assert "to 2 customers" in page, "who cannot be mailed gets its document to be handed over"


ADDRESSES = (
    "s@c1.example", "S.O'Neil+x@sub.c1.example", "élodie@c1.example", "s@localhost", "s@localhost.", "s@c1", "s", "", "s@", "@c1.example", "a b@c1.example",
    "s@c1.example, t@c1.example", "s@münchen.example", f"s@{'x' * 64}.example", f"{'s' * 65}@c1.example", "s@c1.example\n", "<s@c1.example>", "s@..example",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_flag_in_the_row_says_what_the_choice_of_a_recipient_says(address: str) -> None:
    chosen = recipients.choose([Recipient(1, Purpose.SECURITY, "", address)], ())
    assert Contact(email=address).mailable is is_mailable(address) is (chosen.recipient is not None)


def test_a_changed_address_changes_the_flag_and_a_migration_sets_it(desk: Desk, sqlite_database: Database) -> None:
    def flags() -> list[bool]:
        with desk.app.app_context():
            return list(db.session.scalars(select(Contact.mailable).order_by(Contact.id)))

    assert flags() == [False, True]
    stored(desk, 2, email="s@localhost")
    stored(desk, 1, email="elodie@c1.example")
    assert flags() == [True, False]
    with desk.app.app_context():
        db.session.remove()
        db.engine.dispose()
    config = alembic_config(sqlite_database.url)
    command.downgrade(config, "0015")
    command.upgrade(config, "head")
    assert flags() == [True, False]
