"""Somebody who lives through a case hour by hour: a moving clock, the worker's own round every hour, and a mail server on this machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.alerts.worker import Worker
from dpa.breaches import operations
from dpa.breaches.models import Affected, Breach
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Incident, Selection
from dpa.clock import FixedClock
from dpa.docket.models import DocketEntry
from dpa.evidence.seal import operations as seals
from dpa.parties.rules import Purpose
from dpa.people.operations.accounts import NewPerson, new_person
from dpa.people.operations.memberships import join
from dpa.people.roles import Role
from dpa.slices import SLICES
from tests.breaches.conftest import ground_for, with_news
from tests.support.databases import Database
from tests.support.mail import MailServer, Received

HOUR = timedelta(hours=1)
DPO = "dana@lemon.example"


class Traveller:
    """One organisation with a DPO, customers on demand, a worker that runs whenever time passes."""

    def __init__(self, database: Database, server: MailServer, start: datetime) -> None:
        self.server, self.clock = server, FixedClock(start)
        self.session = Session(database.engine)
        self.ground = ground_for(database, "lemon-learning", self.session)
        self.settings = database.settings(smtp_url=server.url)
        jobs = [job for part in SLICES for job in part.jobs]
        self._worker = Worker(self.settings, database.engine, jobs, self.clock)
        organisation = self.ground.organisation
        prepared = seals.prepare_builtin(
            self.settings, organisation.id, organisation.name, organisation.country, start
        )
        with self.unit("system:test") as unit:
            person = new_person(unit, NewPerson(DPO, "Dana Duarte"))
            unit.session.flush()
            join(unit, person, organisation.id, Role.DPO, changed=[person])
            seals.install(unit, prepared)
            self.actor = f"u:{person.id}"
        self.breach_id = 0

    def unit(self, actor: str = "") -> AbstractContextManager[units.Unit]:
        return units.transaction(
            self.session, actor=actor or self.actor, now=self.clock.now(), settings=self.settings
        )

    def act(self, work: Callable[[units.Unit, Breach], Any]) -> Any:
        with self.unit() as unit:
            return work(unit, unit.session.get_one(Breach, self.breach_id))

    def record(self, title: str, customers: int = 1) -> None:
        """Become aware now, and name as many customers."""
        at = self.clock.now()
        chosen = [
            self.ground.customer(n, (Purpose.SECURITY, f"security@c{n}.example"))
            for n in range(1, customers + 1)
        ]
        with self.unit() as unit:
            self.breach_id = operations.record_incident(
                unit, self.ground.organisation, Incident(title, "It leaked.", at, at, "")
            ).id
        self.act(
            lambda unit, breach: operations.add_affected(
                unit, breach, [one.id for one in chosen], Selection.BY_LIST
            )
        )
        self.work()

    def tell(self, phase: Phase = Phase.INITIAL, **reasons: Any) -> None:
        """Write, release, and let a minute pass in which the worker seals and sends."""
        draft = Draft("Names leaked.", "Dana Duarte, +33 1 99 00 12 34", "", "Access was closed.", "")
        self.act(lambda unit, breach: operations.save_draft(unit, breach, with_news(breach, draft), phase))
        self.act(
            lambda unit, breach: operations.release_notice(
                unit, breach, unit.session.merge(self.ground.organisation), **reasons
            )
        )
        self.work()

    def work(self) -> None:
        """Let the worker do its round, twice: what the first has sealed, the second sends."""
        self.session.rollback()
        for _ in range(2):
            assert self._worker.once() == 0

    def wait_until(self, end: datetime, step: timedelta = HOUR) -> None:
        """Let time pass, with the worker's round at each step and at the end."""
        while self.clock.now() < end:
            self.clock.advance(min(step, end - self.clock.now()))
            self.work()

    def clocks(self) -> list[DocketEntry]:
        """Return the customers' clocks as they stand."""
        self.session.expire_all()
        query = (
            select(DocketEntry)
            .join(Affected, Affected.docket_entry_id == DocketEntry.id)
            .where(Affected.breach_id == self.breach_id)
        )
        return list(self.session.scalars(query.order_by(DocketEntry.id)))

    def alerts(self) -> list[Received]:
        """Return what the DPO's mailbox holds."""
        return self.server.to(DPO)


def words(received: Received) -> str:
    """Return the plain text of a mail."""
    part = received.message.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())
