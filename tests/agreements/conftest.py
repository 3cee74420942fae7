"""Ground for tests of agreements: a session on both databases, and an application with people of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401
from dpa import unit as units
from dpa.agreements import operations
from dpa.agreements.models import Agreement, Template
from dpa.agreements.rules import AgreementInput
from dpa.agreements.terms import shipped_contract
from dpa.clock import FixedClock
from dpa.extensions import db
from dpa.parties import operations as parties
from dpa.parties.rules import ControllerInput
from dpa.people.models import Organisation
from dpa.people.roles import Role
from dpa.unit import Unit
from tests.support import pages
from tests.support.databases import Database

Begin = Callable[..., AbstractContextManager[Unit]]
FIRST = date(2025, 1, 1)
TODAY = date(2026, 11, 22)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with Session(database.engine) as opened:
        yield opened


@pytest.fixture
def begin(session: Session, database: Database) -> Begin:
    """Opens a unit for an actor at NOON, or at another instant."""

    def opener(actor: str = "u:1", at: Any = pages.NOON) -> AbstractContextManager[Unit]:
        return units.transaction(session, actor=actor, now=at, settings=database.settings())

    return opener


def organisation(unit: Unit, name: str = "Lemon Learning", **facts: Any) -> int:
    """Add an organisation and return its number."""
    from dpa.people import operations as people

    wanted = {"zone": "Europe/Paris", "calendar": "FR", "country": "FR"} | facts
    return people.add_organisation(unit, people.OrganisationFacts(name=name, **wanted)).id


def standard(unit: Unit, organisation_id: int, slug: str = "lemon-learning", valid_from: date = FIRST) -> Template:
    """Add a shipped contract as standard terms."""
    return operations.add_template(unit, organisation_id, shipped_contract(slug), valid_from)


def agreed(unit: Unit, template: Template, number: int, **facts: Any) -> Agreement:
    """Add a customer with an agreement."""
    name = facts.pop("name", f"Customer {number:04}")
    reference = facts.pop("reference", f"A-{number:04}")
    customer = parties.add_controller(unit, template.organisation_id, ControllerInput(f"C-{number:04}", name))
    wanted = AgreementInput(reference, facts.pop("starts_on", FIRST), facts.pop("ends_on", None))
    return operations.add_agreement(unit, customer.id, template, wanted, **facts)


@dataclass(frozen=True)
class Desk:
    """An application with two organisations, each with one agreement, and people of every kind."""

    app: Flask
    lemon: int
    light: int
    template: int
    agreement: int
    foreign_template: int
    foreign_agreement: int
    dpo: int
    auditor: int
    outsider: int
    """DPO of the other organisation."""

    def client(self, person: int) -> FlaskClient:
        """Return a client of somebody who is signed in."""
        client = self.app.test_client()
        pages.sign_in(client, person)
        return client

    def unit(self, actor: str = "system:test") -> AbstractContextManager[Unit]:
        """Open a unit; use inside `desk.app.app_context()`."""
        return pages.act(self.app, db.session(), actor)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(pages.NOON)


def desk_on(database: Database, clock: FixedClock) -> Desk:
    """Return the application on a database, filled."""
    app = pages.make_app(database, clock=clock)
    lemon, light = pages.add_organisation(app, "Lemon Learning"), pages.add_organisation(app, "Light Company")
    dpo = pages.add_person(app, "dpo@example.org", {lemon: Role.DPO})
    auditor = pages.add_person(app, "auditor@example.org", {lemon: Role.AUDITOR})
    outsider = pages.add_person(app, "outsider@example.org", {light: Role.DPO})
    with app.app_context(), pages.act(app, db.session(), f"u:{dpo}") as unit:
        mine, theirs = standard(unit, lemon), standard(unit, light, "light-company")
        operations.add_system(unit, lemon, "Reporting service")
        own, foreign = agreed(unit, mine, 1, name="Académie de Lille"), agreed(unit, theirs, 2, name="Fjord Bank")
        return Desk(app, lemon, light, mine.id, own.id, theirs.id, foreign.id, dpo, auditor, outsider)


@pytest.fixture
def desk(sqlite_database: Database, clock: FixedClock) -> Iterator[Desk]:
    yield from lent(sqlite_database, clock)


@pytest.fixture
def desk_on_both(database: Database, clock: FixedClock) -> Iterator[Desk]:
    yield from lent(database, clock)


def lent(database: Database, clock: FixedClock) -> Iterator[Desk]:
    """Lend an application, and close its connections afterwards."""
    made = desk_on(database, clock)
    yield made
    with made.app.app_context():
        db.session.remove()
        db.engine.dispose()


def organisation_of(session: Session, organisation_id: int) -> Organisation:
    return session.get_one(Organisation, organisation_id)
