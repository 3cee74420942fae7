"""What the benchmark of breaches stands on: one organisation with 10,000 customers, each with a contact and an agreement of its own.

The customers are written past the unit of work; everything that is measured goes through the product's own operations.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  loads every table and installs the trail
from bench.docket import table
from dpa import unit as units
from dpa.agreements import operations as agreements
from dpa.agreements.models import Agreement, AgreementVersion
from dpa.agreements.terms import shipped_contract
from dpa.breaches import operations
from dpa.breaches.rules import Draft, Incident
from dpa.config import Settings
from dpa.database import make_engine
from dpa.parties.models import Contact, Controller
from dpa.parties.rules import Purpose
from dpa.people.operations import NewPerson, OrganisationFacts, add_organisation, invite
from dpa.people.roles import Role
from dpa.slice import Tick
from dpa.unit import Unit

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CUSTOMERS = 10_000
CONTRACTS = ("lemon-learning", "light-company")
"""A contract with a number of hours and one with a word."""
DRAFT = Draft(
    "An employee of the hosting company opened a mail with harmful software. It copied names, addresses and school results from one database "
    "of the learning platform between 02:10 and 03:40 on 21 November 2026. No passwords and no payment data were in it.",
    "Ana Duarte, data protection officer, +33 1 23 45 67 89, dpo@bench.example, day and night until the final notice",
    "Pupils and parents may get mail that pretends to come from their school.",
    "The account was closed at 03:40, all sessions were ended, and the database was moved to other machines.",
    "How many pupils of each school are concerned is being counted; the next word follows within two days.",
)


class Bench:
    """One installation: its settings, its engine, and units at an instant of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine: Engine = make_engine(settings.database)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The bench's own time: it began at `NOW` and goes on as the machine's does."""
        return NOW + timedelta(seconds=time.monotonic() - self._began)

    def unit(self, session: Session, now: datetime = NOW, actor: str = "u:1") -> AbstractContextManager[Unit]:
        return units.transaction(session, actor=actor, now=now, settings=self.settings, auth="pwd")

    @contextmanager
    def tick(self) -> Iterator[Tick]:
        """Give what a job of the worker gets."""
        with Session(self.engine) as session:
            yield Tick(session, self.now(), self.settings, lambda actor: self.unit(session, self.now(), actor), "bench:1:a")

    def bulk(self, model: Any, rows: list[dict[str, Any]]) -> None:
        with self.engine.connect().execution_options(write=True) as connection, connection.begin():
            connection.execute(insert(table(model)), rows)

    def found(self) -> None:
        """Add organisation, DPO, terms, customers, contacts and agreements."""
        with Session(self.engine) as session, self.unit(session) as unit:
            place = add_organisation(unit, OrganisationFacts("Lemon Learning SAS", "Europe/Paris", "FR", "FR"), slug="lemon-learning")
            templates = [agreements.add_template(unit, place.id, shipped_contract(slug), date(2024, 1, 1)) for slug in CONTRACTS]
            invite(unit, place, NewPerson("ana@bench.example", "Ana Duarte"), Role.DPO)
            where, terms = place.id, [template.id for template in templates]
        numbers, common = range(1, CUSTOMERS + 1), {"created_at": NOW}
        here = {"organisation_id": where, **common}
        self.bulk(Controller, [{"id": n, "reference": f"C{n}", "name": f"Académie {n:05d}", "country": "FR", "language": "fr", **here} for n in numbers])
        desk = {"purpose": Purpose.SECURITY, "phone": "", **common}
        self.bulk(Contact, [{"controller_id": n, "name": f"Desk {n}", "email": f"security@c{n}.example", **desk} for n in numbers])
        facts = {"starts_on": date(2025, 1, 1), "ends_on": None, **here}
        self.bulk(Agreement, [{"id": n, "reference": f"A{n}", "controller_id": n, "template_id": terms[n % len(terms)], **facts} for n in numbers])
        version = {"number": 1, "valid_from": date(2025, 1, 1), "deviations": "", "note": "", "created_by": "system:bench", **common}
        self.bulk(AgreementVersion, [{"agreement_id": n, **version} for n in numbers])


def incident(unit: Unit, organisation: Any, number: int = 1, aware_at: datetime = NOW - timedelta(hours=2)) -> Any:
    """Record an incident; returns its row."""
    return operations.record_incident(
        unit, organisation,
        Incident(f"Customer data copied ({number})", DRAFT.nature, aware_at - timedelta(hours=5), aware_at, "The hosting company confirmed it."),
    )  # fmt: skip


def database(folder: Path, url: str = "", **settings: Any) -> Settings:
    """Return settings for a database with the product's schema, built by its migrations."""
    from dpa.cli.migrate import upgrade

    found = Settings(instance=folder, database_url=url, **settings)
    upgrade(found)
    return found
