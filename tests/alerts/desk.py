"""What the tests of alerts act on: settings, a clock, a session, an organisation with people."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  installs the trail
from dpa import unit as units
from dpa.alerts import delivery, operations, transports
from dpa.alerts.messages import Message
from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.clock import FixedClock
from dpa.config import Settings
from dpa.evidence import trail
from dpa.evidence.trail.models import TrailEvent
from dpa.people.events import Event
from dpa.people.models import Membership, Organisation, Person
from dpa.people.roles import Role
from dpa.slice import Tick
from dpa.unit import Unit
from tests.support.databases import Database


class Desk:
    """One organisation, Lemon Learning, with a DPO and an operator."""

    def __init__(self, database: Database, start: datetime) -> None:
        self.engine = database.engine
        self.settings: Settings = database.settings()
        self.clock = FixedClock(start)
        self.session = Session(database.engine)
        self.organisation_id = self.add_organisation("lemon", "Lemon Learning", ("Dana Dpo", "Otto Operator"))

    def add_organisation(self, slug: str, name: str, people: Sequence[str]) -> int:
        """Add an organisation; the first person becomes its DPO, the others operators."""
        with self.unit() as unit:
            organisation = Organisation(
                slug=slug, letters=slug[:12].upper(), name=name, zone="Europe/Paris", calendar="FR", country="FR", mail_domains=[], created_at=unit.now
            )
            unit.session.add(organisation)
            unit.session.flush()
            rows: list[Any] = [organisation]
            for number, full_name in enumerate(people):
                person = Person(email=f"{full_name.split()[0].lower()}@{slug}.example", name=full_name, created_at=unit.now)
                unit.session.add(person)
                unit.session.flush()
                member = Membership(
                    person_id=person.id, organisation_id=organisation.id, role=Role.DPO if number == 0 else Role.OPERATOR, created_at=unit.now
                )
                unit.session.add(member)
                rows += [person, member]
            unit.session.flush()
            trail.record(unit, Event.ORGANISATION_ADDED, subject=("organisation", organisation.id), organisation_id=organisation.id,
                         covers=rows, data={"slug": slug})
            return organisation.id

    def unit(self, actor: str = "system:test") -> AbstractContextManager[Unit]:
        """Open a unit at the clock's instant."""
        return units.transaction(self.session, actor=actor, now=self.clock.now(), settings=self.settings)

    def tick(self, worker: str = "test:1:aa") -> Tick:
        """Return what the worker would hand a job now."""
        return Tick(self.session, self.clock.now(), self.settings, self.unit, worker)

    def person(self, name: str) -> Person:
        """Return a person by full name."""
        return self.session.scalars(select(Person).where(Person.name == name)).one()

    def message(self, key: str = "k1", **changes: Any) -> Message:
        """Return a message that uses the sample mail."""
        values: dict[str, Any] = {
            "mail": "sample/notice", "organisation_id": self.organisation_id, "to_address": f"{key}@customer.example", "to_name": "Carla Customer",
            "dedupe_key": key, "context": CONTEXT,
        }
        return Message(**(values | changes))

    def enqueue(self, *keys: str, **changes: Any) -> list[int]:
        """Store messages; returns their numbers."""
        with self.unit() as unit:
            return list(operations.enqueue_many(unit, [self.message(key, **changes) for key in keys]).values())

    def dispatch(self, transport: transports.Transport | None = None, worker: str = "test:1:aa") -> str:
        """Run the sending job once."""
        return delivery.dispatch(self.tick(worker), transport or transports.transport_for(self.settings))

    def row(self, number: int) -> OutboxMessage:
        """Return a message as it is in the database now."""
        self.session.rollback()
        return self.session.get_one(OutboxMessage, number, populate_existing=True)

    def record(self, number: int) -> list[tuple[str, int | None]]:
        """Return kinds and codes of a message's delivery record."""
        self.session.rollback()
        rows = self.session.scalars(select(DeliveryEvent).where(DeliveryEvent.outbox_id == number).order_by(DeliveryEvent.id))
        return [(row.kind.value, row.smtp_code) for row in rows]

    def trail(self) -> list[str]:
        """Return the names of the trail's events about messages, in order."""
        self.session.rollback()
        rows = self.session.scalars(select(TrailEvent.action).where(TrailEvent.action.startswith("alerts:")).order_by(TrailEvent.idx))
        return list(rows)


CONTEXT = {
    "subject": "Breach LL-2026-007", "recipient": "Carla Customer", "is_notice": True, "is_checkpoint": False, "answer": "550 no such user", "message_path": "/outbox/7",
}
