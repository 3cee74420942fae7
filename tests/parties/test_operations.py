"""Customers, contacts and closure days on both databases: rows, events without personal data, recipients, search."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence.trail.models import TrailEvent
from dpa.parties import operations, queries
from dpa.parties.models import Controller
from dpa.parties.rules import ClosureInput, ContactInput, ControllerInput, Purpose
from dpa.problems import Conflict, Invalid, NotFound
from dpa.web.identity import Scope
from tests.parties.conftest import Begin

LILLE = ControllerInput("C-1", "Académie de Lille", "FR", "fr")
CONTACT = ContactInput(Purpose.PRIVACY, "DPO@lille.example", "Jeanne Petit")


def events(session: Session) -> list[TrailEvent]:
    found = session.scalars(select(TrailEvent).where(TrailEvent.action.like("parties:%")).order_by(TrailEvent.idx)).all()
    session.rollback()
    return list(found)


def test_a_customer_is_added_changed_and_reached(session: Session, begin: Begin, place: int) -> None:
    with begin() as unit:
        row = operations.add_controller(unit, place, LILLE, [CONTACT])
    with begin() as unit:
        fresh = session.get_one(Controller, row.id)
        operations.change_controller(unit, fresh, ControllerInput("C-1", "École de Lille", "BE", "nl"))
        operations.add_contact(unit, fresh, ContactInput(Purpose.SECURITY, "security@lille.example"))
        operations.add_contact(unit, fresh, ContactInput(Purpose.FINANCE, "money@lille.example"))
    reached = queries.recipients(session, [row.id])[row.id]
    assert [(one.purpose, one.email) for one in reached] == [
        (Purpose.SECURITY, "security@lille.example"), (Purpose.PRIVACY, "DPO@lille.example"),
    ]
    with begin() as unit:
        fresh = session.get_one(Controller, row.id)
        operations.remove_contact(unit, fresh, queries.contact(fresh, reached[0].contact_id))
    assert [one.purpose for one in queries.recipients(session, [row.id])[row.id]] == [Purpose.PRIVACY]
    told = events(session)
    assert [event.action.removeprefix("parties:") for event in told] == [
        "controller:added", "controller:changed", "contact:added", "contact:added", "contact:removed",
    ]
    for event in told:
        assert "lille.example" not in event.body, "addresses are personal: never in the leaf"
        assert "Petit" not in event.body


@pytest.mark.parametrize("again", ["add", "change"])
def test_a_reference_is_taken_once(session: Session, begin: Begin, place: int, again: str) -> None:
    with begin() as unit:
        operations.add_controller(unit, place, LILLE)
        other = operations.add_controller(unit, place, ControllerInput("C-2", "Banque"))
    acts = {
        "add": lambda unit: operations.add_controller(unit, place, LILLE),
        "change": lambda unit: operations.change_controller(unit, session.get_one(Controller, other.id), LILLE),
    }
    with begin() as unit, pytest.raises(Conflict) as caught:
        acts[again](unit)
    assert caught.value.field == "reference"


def test_the_same_address_serves_a_purpose_once(session: Session, begin: Begin, place: int) -> None:
    with begin() as unit:
        row = operations.add_controller(unit, place, LILLE, [CONTACT])
    with begin() as unit, pytest.raises(Conflict, match="already is a contact"):
        operations.add_contact(unit, session.get_one(Controller, row.id), ContactInput(Purpose.PRIVACY, "dpo@LILLE.example"))


def test_wrong_input_writes_nothing(session: Session, begin: Begin, place: int) -> None:
    with pytest.raises(Invalid), begin() as unit:
        operations.add_controller(unit, place, LILLE, [CONTACT, ContactInput(Purpose.SECURITY, "nobody")])
    assert session.scalars(select(Controller)).all() == []
    assert events(session) == []


def test_closure_days_are_kept_once_and_shape_the_calendar(session: Session, begin: Begin, place: int) -> None:
    day = date(2026, 12, 24)
    with begin() as unit:
        row = operations.add_closure(unit, place, ClosureInput(day, "Closed, ask hello@lemonlearning.com"))
    with begin() as unit, pytest.raises(Conflict, match="already a closure day"):
        operations.add_closure(unit, place, ClosureInput(day, "Again"))
    assert day in queries.closure_days(session, place)
    before = queries.calendar(session, place, "FR").version
    with begin() as unit:
        operations.remove_closure(unit, queries.closure(session, Scope(frozenset({place})), row.id))
    assert queries.calendar(session, place, "FR").version != before
    assert [json.loads(event.body)["data"] for event in events(session)] == [{"day": "2026-12-24"}, {"day": "2026-12-24"}]


def test_search_finds_whatever_the_capitals_and_takes_wildcards_literally(session: Session, begin: Begin, place: int) -> None:
    names = ("École de Lille", "100% Data", "under_score", "Plain")
    with begin() as unit:
        for number, name in enumerate(names):
            operations.add_controller(unit, place, ControllerInput(f"K-{number}", name))
    scope = Scope(frozenset({place}))
    table = {"École": ["École de Lille"], "lille": ["École de Lille"], "%": ["100% Data"], "_": ["under_score"], "k-3": ["Plain"], "\\": [], "\x00pla": ["Plain"]}
    for text, wanted in table.items():
        assert [row.name for row in queries.controllers(session, scope, text=text).rows] == wanted, text


def test_nobody_sees_outside_their_scope(session: Session, begin: Begin, place: int) -> None:
    with begin() as unit:
        row = operations.add_controller(unit, place, LILLE)
        closed = operations.add_closure(unit, place, ClosureInput(date(2026, 12, 24), "Closed"))
    other = Scope(frozenset({place + 1}))
    assert queries.controllers(session, other).rows == ()
    for number in (row.id, 10**25):
        with pytest.raises(NotFound):
            queries.controller(session, other, number)
    with pytest.raises(NotFound):
        queries.closure(session, other, closed.id)


def test_own_mailboxes_are_told_apart(session: Session, begin: Begin, place: int) -> None:
    with begin() as unit:
        own = ContactInput(Purpose.SECURITY, "sales@mail.lemonlearning.com")
        row = operations.add_controller(unit, place, LILLE, [CONTACT, own])
    fresh = session.get_one(Controller, row.id)
    blocked = [contact.email for contact in fresh.contacts if contact.id in queries.own_mailboxes(session, [fresh])]
    assert blocked == [own.email]


def test_names_for_the_trail_ignore_what_is_no_number(session: Session, begin: Begin, place: int) -> None:
    with begin() as unit:
        row = operations.add_controller(unit, place, LILLE)
    assert queries.names(session, [str(row.id), "x", "9" * 30, "²"]) == {str(row.id): LILLE.name}
