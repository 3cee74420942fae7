"""What the tests of the trail share: a database to act on, and ways to tamper with it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  installs the trail
from dpa import unit
from dpa.config import Settings
from dpa.evidence import trail
from dpa.evidence.trail import triggers
from dpa.people.models import Organisation

START = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
HAPPENED = "test:thing:happened"
CHANGED = "test:organisation:changed"
trail.register_events({HAPPENED: "did a thing {count} times", CHANGED: "changed the organisation"})


@dataclass(slots=True)
class Ground:
    """A database with a trail, and the ways to act on it."""

    engine: Engine
    settings: Settings
    now: datetime = START

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    def begin(self, session: Session, actor: str = "u:7", at: datetime | None = None) -> AbstractContextManager[unit.Unit]:
        self.now += timedelta(seconds=1)
        return unit.transaction(session, actor=actor, now=at or self.now, settings=self.settings, auth="pwd")

    def happen(self, count: int, *, personal_every: int = 0, organisation_id: int | None = 1) -> None:
        """Record `count` plain events in one act."""
        with Session(self.engine) as session, self.begin(session) as act:
            for number in range(count):
                trail.record(
                    act, HAPPENED, subject=("thing", number), organisation_id=organisation_id, data={"count": number},
                    personal={"name": f"Person {number}"} if personal_every and number % personal_every == 0 else None,
                )

    def writing(self) -> Connection:
        """Return a connection that may write past the trail, as whoever owns the database can."""
        return self.engine.connect().execution_options(write=True)


def organisation(slug: str = "lemon", name: str = "Lemon Learning") -> Organisation:
    return Organisation(slug=slug, letters=slug.upper(), name=name, zone="Europe/Paris", calendar="FR", country="FR", mail_domains=[], created_at=START)


def disarm(connection: Connection) -> None:
    """Take the triggers away, as somebody who owns the database would first do."""
    for statement in triggers.drop_all(connection.dialect.name):
        connection.exec_driver_sql(statement)
