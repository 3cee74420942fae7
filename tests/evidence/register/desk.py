"""What the tests of the register share: an organisation with a ready seal, a simple kind of document, and a worker's tick."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  installs the trail
from dpa import unit as units
from dpa.clock import FixedClock
from dpa.config import Settings
from dpa.evidence.pdf import Summary, Text
from dpa.evidence.register import kinds, operations
from dpa.evidence.register.kinds import Body, DocumentKind, Record
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.register.operations import Order
from dpa.evidence.register.records import Approval, Issuer
from dpa.evidence.seal import operations as seals
from dpa.people.models import Organisation
from dpa.slice import Tick
from tests.evidence.ground import organisation
from tests.support.databases import Database
from tests.support.seals import SealGround

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KIND = "test-certificate"
BROKEN = "cannot be built"


def build(record: Record) -> Body:
    """A body of two pages; refuses one text, as a defect in a builder would."""
    text = record["content"]["text"]
    if text == BROKEN:
        raise KeyError("clock")
    return Body(record["title"], "For the tests of the register", (Summary(text),), (Text(text),))


SAMPLE = DocumentKind(KIND, "TC", "Test certificate", "Test certificates", "Internal", "Issued by a test", build)
OTHER = DocumentKind("test-other", "TO", "Other test", "Other tests", "Internal", "Issued by a test", build)
kinds.register(SAMPLE, OTHER)


@dataclass
class Desk:
    """A database with an organisation that can seal."""

    engine: Engine
    settings: Settings
    organisation_id: int
    slug: str = "lemon-learning"
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    def begin(self, session: Session, actor: str = "u:7") -> AbstractContextManager[units.Unit]:
        return units.transaction(session, actor=actor, now=self.clock.now(), settings=self.settings, auth="pwd")

    @property
    def issuer(self) -> Issuer:
        return Issuer("Lemon Learning", self.slug, "Europe/Paris", "FR", "1 rue du Port\n59000 Lille")

    def order(self, text: str = "Everything was destroyed.", **changes: Any) -> int:
        """Order one document in an act of its own; returns its number."""
        with Session(self.engine) as session, self.begin(session) as unit:
            return operations.order(unit, self.wanted(text, **changes)).id

    def wanted(self, text: str = "Everything was destroyed.", **changes: Any) -> Order:
        fields: dict[str, Any] = {
            "kind": KIND, "organisation_id": self.organisation_id, "issuer": self.issuer, "title": "A certificate", "content": {"text": text},
            "subject": ("case", 7), "addressee": "Académie de Lille",
            "approvals": (Approval("Ana Duarte", "DPO", "approved the certificate", self.clock.now(), "password"),),
        }
        return Order(**(fields | changes))

    @contextmanager
    def tick(self) -> Iterator[Tick]:
        """A worker's tick at the desk's instant."""
        with Session(self.engine) as session:
            yield Tick(session, self.clock.now(), self.settings, lambda actor: self.begin(session, actor), "test:1")

    def work(self) -> str:
        """Run the worker's job once."""
        from dpa.evidence.register.issuing import issue_due

        with self.tick() as tick:
            return issue_due(tick)

    def document(self, number: int) -> IssuedDocument:
        with Session(self.engine, expire_on_commit=False) as session:
            row = session.get_one(IssuedDocument, number)
            _ = row.files
            return row

    def references(self) -> list[str]:
        with Session(self.engine) as session:
            return list(session.scalars(select(IssuedDocument.reference).order_by(IssuedDocument.id)))

    def pass_time(self, step: timedelta) -> None:
        self.clock.advance(step)


def desk_for(database: Database, seal_ground: SealGround, *, stamps: bool = False) -> Desk:
    """Return a desk on a fresh database, whose organisation uses the shared test seal."""
    fields = seal_ground.settings(stamps=stamps)
    # The shared seal, but keys of its own for the trail: each database has its own checkpoints.
    shutil.copytree(fields.pop("keys"), database.folder / "keys", dirs_exist_ok=True)
    settings = database.settings(**fields)
    with (
        Session(database.engine) as session,
        units.transaction(session, actor="system:test", now=NOW - timedelta(hours=1), settings=settings) as unit,
    ):
        row = organisation()
        row.slug = "lemon-learning"
        unit.session.add(row)
        unit.session.flush()
        from dpa.evidence import trail
        from tests.evidence.ground import CHANGED

        trail.record(unit, CHANGED, subject=("organisation", row.id), organisation_id=row.id, covers=[row])
        seals.install(unit, seal_ground.prepared_for(row.id))
        found = row.id
    return Desk(database.engine, settings, found)


def second_organisation(desk: Desk) -> int:
    """Add another organisation; returns its number."""
    from dpa.evidence import trail
    from tests.evidence.ground import CHANGED

    with Session(desk.engine) as session, desk.begin(session) as unit:
        row = Organisation(slug="light-company", letters="LC", name="Light Company", zone="Europe/Copenhagen", calendar="DK", country="DK", mail_domains=[], created_at=NOW)
        unit.session.add(row)
        unit.session.flush()
        trail.record(unit, CHANGED, subject=("organisation", row.id), organisation_id=row.id, covers=[row])
        return row.id
