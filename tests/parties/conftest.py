"""Ground for tests of customers: a session on both databases, and an application with people of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401
from dpa import unit as units
from dpa.extensions import db
from dpa.parties import operations
from dpa.parties.rules import ContactInput, ControllerInput, Purpose
from dpa.people import operations as people
from dpa.people.roles import Role
from dpa.unit import Unit
from tests.support import pages
from tests.support.databases import Database

Begin = Callable[..., AbstractContextManager[Unit]]


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with Session(database.engine) as opened:
        yield opened


@pytest.fixture
def begin(session: Session, database: Database) -> Begin:
    """Opens a unit at NOON."""

    def opener(actor: str = "u:1") -> AbstractContextManager[Unit]:
        return units.transaction(session, actor=actor, now=pages.NOON, settings=database.settings())

    return opener


@pytest.fixture
def place(begin: Begin) -> int:
    """An organisation with two mail domains of its own."""
    with begin() as unit:
        facts = people.OrganisationFacts("Lemon Learning", "Europe/Paris", "FR", "FR", ("lemonlearning.com", "lemonlearning.fr"))
        return people.add_organisation(unit, facts).id


@dataclass(frozen=True)
class Desk:
    """An application with two organisations and a customer each."""

    app: Flask
    lemon: int
    light: int
    customer: int
    foreign: int
    dpo: int
    operator: int
    auditor: int
    outsider: int

    def client(self, person: int) -> FlaskClient:
        client = self.app.test_client()
        pages.sign_in(client, person)
        return client


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[Desk]:
    app = pages.make_app(sqlite_database)
    lemon = pages.add_organisation(app, "Lemon Learning", mail_domains=("lemonlearning.com",))
    light = pages.add_organisation(app, "Light Company")
    persons = [
        pages.add_person(app, f"{name}@example.org", {where: role})
        for name, where, role in (
            ("dpo", lemon, Role.DPO), ("operator", lemon, Role.OPERATOR), ("auditor", lemon, Role.AUDITOR), ("outsider", light, Role.DPO),
        )
    ]
    with app.app_context(), pages.act(app, db.session()) as unit:
        contact = [ContactInput(Purpose.SECURITY, "security@lille.example", "Security desk", "+33 1 23 45 67 89")]
        mine = operations.add_controller(unit, lemon, ControllerInput("C-1", "Académie de Lille", "FR", "fr"), contact)
        theirs = operations.add_controller(unit, light, ControllerInput("C-1", "Fjord Bank", "DK", "da"))
        made = Desk(app, lemon, light, mine.id, theirs.id, *persons)
    yield made
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
