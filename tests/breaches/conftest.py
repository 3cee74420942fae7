"""An organisation with customers under a shipped contract, for the tests of the breach workflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401
from dpa import unit as units
from dpa.agreements import operations as agreements
from dpa.agreements.models import Agreement, System, Template
from dpa.agreements.rules import AgreementInput
from dpa.agreements.terms import TermsDocument, shipped_contract
from dpa.breaches.models import Breach
from dpa.breaches.rules import Draft
from dpa.config import Settings
from dpa.parties import operations as parties
from dpa.parties.rules import ContactInput, ControllerInput, Purpose
from dpa.people.models import Organisation
from dpa.people.operations import OrganisationFacts, add_organisation
from tests.support.databases import Database

NO_FINAL = "They were told by telephone that nothing further follows."
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Ground:
    """What the tests stand on."""

    session: Session
    settings: Settings
    organisation: Organisation
    template: Template

    def unit(self, now: datetime = NOW, actor: str = "u:1") -> AbstractContextManager[units.Unit]:
        return units.transaction(self.session, actor=actor, now=now, settings=self.settings)

    def customer(self, number: int, *contacts: tuple[Purpose, str], systems: tuple[str, ...] = ()) -> Agreement:
        with self.unit(datetime(2026, 1, 1, tzinfo=UTC)) as unit:
            controller = parties.add_controller(
                unit,
                self.organisation.id,
                ControllerInput(f"C{number}", f"Customer {number}"),
                [ContactInput(purpose, address) for purpose, address in contacts],
            )
            used = [self._system(unit, name) for name in systems]
            return agreements.add_agreement(
                unit, controller.id, self.template, AgreementInput(f"A{number}", date(2026, 1, 1)), systems=used
            )

    def _system(self, unit: units.Unit, name: str) -> System:
        found = unit.session.scalar(select(System).where(System.organisation_id == self.organisation.id, System.name == name))
        return found or agreements.add_system(unit, self.organisation.id, name)


def with_news(breach: Breach, draft: Draft) -> Draft:
    """Return a text that says something new where the phase told last begins with the same words: a supplement that repeats it is refused."""
    last = breach.newest_released
    return replace(draft, nature=f"{draft.nature} Told again, {last.number + 1}.") if last and last.nature.startswith(draft.nature) else draft


def ground_for(database: Database, slug: str, session: Session) -> Ground:
    return ground_under(database, shipped_contract(slug), session, slug)


def ground_under(database: Database, document: TermsDocument, session: Session, slug: str = "house") -> Ground:
    settings = database.settings()
    with units.transaction(session, actor="system:test", now=datetime(2026, 1, 1, tzinfo=UTC), settings=settings) as unit:
        organisation = add_organisation(
            unit, OrganisationFacts(document.vendor.name, "Europe/Paris", "FR", "FR", document.vendor.domains), slug=slug
        )
        template = agreements.add_template(unit, organisation.id, document, date(2024, 1, 1))
    return Ground(session, settings, organisation, template)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with Session(database.engine) as opened:
        yield opened


@pytest.fixture
def lemon(database: Database, session: Session) -> Ground:
    """Lemon Learning: 24 hours by contract."""
    return ground_for(database, "lemon-learning", session)
