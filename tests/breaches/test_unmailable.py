"""An address from before addresses were checked, to which mail cannot be sent: it is named, and nobody else waits for it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches.models import Breach
from dpa.evidence import trail
from dpa.extensions import db
from dpa.parties.events import Event
from dpa.parties.models import Contact, Controller
from dpa.unit import Unit
from tests.breaches.test_case_pages import TEXT, Desk
from tests.support.databases import Database


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
    for words in ("1 customer cannot be told yet", "Mail cannot be sent to “élodie@c1.example”: write it as name@example.org", "1 mail will leave"):
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
