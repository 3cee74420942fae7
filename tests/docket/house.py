"""A house for docket tests: organisations, people, a kind of deadline, and openings, on a plain session without Flask."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  loads every table and installs the trail
from dpa import unit as units
from dpa.alerts.ladder import LADDER_24H, LADDER_DAYS, Ladder
from dpa.alerts.models import OutboxMessage
from dpa.config import Settings
from dpa.deadlines import Deadline, Options, Period, Regime, calendar_named, compute
from dpa.docket import kinds
from dpa.docket.kinds import DeadlineKind
from dpa.docket.models import DocketEntry
from dpa.docket.operations import Opening, open_many
from dpa.evidence import trail
from dpa.people.models import Membership, Organisation, Person
from dpa.people.roles import Role
from dpa.slice import Tick
from dpa.unit import Unit
from dpa.web.identity import Scope

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PARIS = "Europe/Paris"
HOUR = timedelta(hours=1)
NOTIFY, ANSWER, QUIET = "test:notify", "test:answer", "test:quiet"
CALENDAR = calendar_named("FR")

kinds.register(
    DeadlineKind(
        NOTIFY, "Notify customers", "Notify {count} customers of {subject}", "/breaches/{id}", "alert-triangle", LADDER_24H,
        act="Review and release", duty="notify {customers}", start_word="aware",
    ),
    DeadlineKind(ANSWER, "Answer request", "Answer {count} requests of {subject}", "/requests/{id}", "inbox", LADDER_DAYS),
    DeadlineKind(QUIET, "Look", "Look at {count} of {subject}", "", "eye-check", Ladder(at_open=False)),
)
trail.register_events({"test:house:built": "built the house"})


def counted(period: str, start: datetime = NOW, regime: Regime = Regime.contract, zone: str = PARIS) -> Deadline:
    """Return a computed deadline."""
    length = Period.parse(period)
    return compute(length, start, zone=zone, calendar=CALENDAR, options=Options.for_regime(regime, length.unit))


@dataclass
class House:
    """A database with people, a clock to move, and short ways to act."""

    engine: Engine
    settings: Settings
    now: datetime = NOW
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def unit(self, actor: str = "system:test", now: datetime | None = None) -> AbstractContextManager[Unit]:
        """Open a unit on a session of its own."""
        return self._unit(actor, now or self.now)

    @contextmanager
    def _unit(self, actor: str, now: datetime) -> Iterator[Unit]:
        with Session(self.engine, expire_on_commit=False) as session, units.transaction(session, actor=actor, now=now, settings=self.settings) as unit:
            yield unit

    def reader(self) -> Session:
        """Return a session for reading."""
        return Session(self.engine)

    def tick(self, session: Session, now: datetime | None = None) -> Tick:
        """Return what a job is handed."""
        at = now or self.now

        def begin(actor: str) -> AbstractContextManager[Unit]:
            return units.transaction(session, actor=actor, now=at, settings=self.settings)

        return Tick(session, at, self.settings, begin, "worker-1")

    def organisation(self, name: str = "Lemon Learning", zone: str = PARIS) -> int:
        """Add an organisation."""
        with self.unit() as unit:
            row = Organisation(
                slug=f"{name.lower().replace(' ', '-')}-{(number := next(self._numbers))}", letters=f"H{number}", name=name, zone=zone, calendar="FR", country="FR", mail_domains=[], created_at=self.now
            )
            unit.session.add(row)
            unit.session.flush()
            trail.record(unit, "test:house:built", subject=("organisation", row.id), organisation_id=row.id, covers=[row])
            return row.id

    def person(self, organisation_id: int, name: str, role: Role = Role.DPO) -> int:
        """Add a person with a role."""
        with self.unit() as unit:
            email = f"{name.lower().replace(' ', '.')}.{next(self._numbers)}@example.org"
            row = Person(email=email, name=name, password_hash=None, disabled_at=None, created_at=self.now)
            unit.session.add(row)
            unit.session.flush()
            member = Membership(person_id=row.id, organisation_id=organisation_id, role=role, created_at=self.now)
            unit.session.add(member)
            unit.session.flush()
            trail.record(unit, "test:house:built", subject=("person", row.id), organisation_id=organisation_id, covers=[row, member])
            return row.id

    def opening(self, organisation_id: int, **changes: Any) -> Opening:
        """Return an opening of 24 hours under the contract, with changes."""
        number = next(self._numbers)
        deadline = counted("24 hours", changes.get("started_at", self.now))
        given: dict[str, Any] = {
            "kind": NOTIFY,
            "subject": ("breach", 7),
            "subject_label": "LL-2026-007",
            "title": f"Notify customer {number} of LL-2026-007",
            "basis": "Contract, GTC 15.4",
            "origin": "contract",
            "target": deadline,
            "latest": deadline,
            "started_at": self.now,
            **changes,
        }
        if "target" in changes and "latest" not in changes:
            given["latest"] = changes["target"]
        return Opening(organisation_id=organisation_id, **given)

    def open(self, *openings: Opening, actor: str = "system:test") -> list[int]:
        """Open deadlines and return their numbers."""
        with self.unit(actor) as unit:
            return [entry.id for entry in open_many(unit, openings)]

    def entry(self, entry_id: int) -> DocketEntry:
        """Return an entry as it is now, detached."""
        with self.reader() as session:
            found = session.get_one(DocketEntry, entry_id)
            session.expunge(found)
            return found

    def mails(self) -> Sequence[OutboxMessage]:
        """Return everything in the outbox, oldest first."""
        with self.reader() as session:
            return session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()


def scope(*organisation_ids: int) -> Scope:
    """Return the scope of these organisations."""
    return Scope(frozenset(organisation_ids))


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements sent while the block runs, without those that begin and end transactions."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN", "SET ", "SAVEPOINT", "RELEASE")):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
