"""An organisation with a ready seal on each database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  installs the trail
from dpa import unit as units
from dpa.config import Settings
from dpa.evidence import trail
from dpa.evidence.seal import operations, queries, sealers
from dpa.evidence.seal.models import SealIdentity
from dpa.evidence.trail.models import TrailEvent
from dpa.slice import Tick
from dpa.unit import Unit
from tests.evidence.ground import CHANGED, organisation
from tests.support.databases import Database
from tests.support.seals import AT, SealGround


@dataclass
class House:
    """An installation with organisations and the shared seal."""

    session: Session
    settings: Settings
    ground: SealGround
    now: datetime = AT
    organisations: list[int] = field(default_factory=list)

    def begin(self, actor: str = "u:7") -> AbstractContextManager[Unit]:
        return units.transaction(self.session, actor=actor, now=self.now, settings=self.settings, auth="pwd")

    def found(self, slug: str) -> int:
        """Add an organisation and return its number."""
        with self.begin() as act:
            row = organisation(slug, f"{slug.title()} SAS")
            act.session.add(row)
            act.session.flush()
            trail.record(act, CHANGED, subject=("organisation", row.id), organisation_id=row.id, covers=[row])
            number = row.id
        self.organisations.append(number)
        return number

    def install(self, number: int | None = None, reason: str = "") -> SealIdentity:
        with self.begin() as act:
            identity = operations.install(act, self.ground.prepared_for(number or self.organisations[0]), reason)
            act.session.flush()
        return identity

    def active(self, number: int | None = None) -> SealIdentity:
        identity = queries.active(self.session, number or self.organisations[0])
        assert identity is not None
        return identity

    def tick(self, job: Callable[[Tick], str], days: float = 0) -> str:
        self.now += timedelta(days=days)
        return job(Tick(self.session, self.now, self.settings, self.begin, "worker"))

    def events(self) -> list[str]:
        self.session.rollback()
        return list(self.session.scalars(select(TrailEvent.action).where(TrailEvent.action.startswith("evidence:seal")).order_by(TrailEvent.idx)))


def _house(database: Database, ground: SealGround) -> House:
    sealers.forget()
    house = House(Session(database.engine), database.settings(**ground.settings()), ground)
    house.found("lumen")
    return house


@pytest.fixture
def house(database: Database, seal_ground: SealGround) -> House:
    """One organisation, no seal yet, on each database."""
    return _house(database, seal_ground)


@pytest.fixture
def sqlite_house(sqlite_database: Database, seal_ground: SealGround) -> House:
    """The same on SQLite, for what does not depend on the database."""
    return _house(sqlite_database, seal_ground)
