"""The ground of the test of a release under faults: a case with customers, workers that die, a mail server that is away, and a reader of the case page."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa import factory
from dpa import unit as units
from dpa.breaches import operations
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.rules import Draft, Incident, Selection
from dpa.evidence.register.models import DocumentState, IssuedDocument
from dpa.evidence.seal import operations as seals
from dpa.extensions import db
from dpa.parties.rules import Purpose
from dpa.people import passwords, sessions
from dpa.people.models import Auth, Organisation, Person
from dpa.people.operations.accounts import NewPerson, new_person
from dpa.people.operations.memberships import join
from dpa.people.roles import Role
from tests.breaches.conftest import ground_for
from tests.faults.release_nursery import MovedClock
from tests.support.databases import ROOT, Database
from tests.support.mail import MailServer
from tests.support.pages import CHEAP, XHTML

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATIENCE = 150.0
"""Seconds within which something must happen, on a machine that is busy."""
TEXT = Draft("Names and work addresses leaked.", "Dana Duarte, +33 1 99 00 12 34", "", "Access was closed.", "")
REACHABLE, URGENT, REFUSING, WITHOUT = (1, 2, 3, 4), (1, 2), 5, 6
"""Customers by number: those whose mail can arrive, of them those with an hour left, one whose address is refused, one without a contact."""
EVERYBODY = (*REACHABLE, REFUSING, WITHOUT)
"""Each is owed a sealed document, whether or not a mail can carry it."""


def address(number: int) -> str:
    return f"security@c{number}.example"


class ReleaseDesk:
    """Lemon Learning, a DPO, six customers, one incident: two customers have an hour left, four of them a day less three hours."""

    def __init__(self, database: Database, server: MailServer) -> None:
        passwords.hasher = CHEAP
        self.server, self.port = server, server.port
        self.clock = MovedClock(START - datetime.now(UTC))
        self.session = Session(database.engine)
        self.ground = ground_for(database, "lemon-learning", self.session)
        self.settings = database.settings(smtp_url=server.url)
        self.app: Flask = factory.create_app(self.settings, self.clock)
        self.worker: subprocess.Popen[bytes] | None = None
        self._people()
        self._case()

    def unit(self, actor: str = "") -> AbstractContextManager[units.Unit]:
        return units.transaction(self.session, actor=actor or self.actor, now=self.clock.now(), settings=self.settings)

    def _people(self) -> None:
        organisation = self.ground.organisation
        prepared = seals.prepare_builtin(self.settings, organisation.id, organisation.name, organisation.country, self.clock.now())
        with self.unit("system:test") as unit:
            person = new_person(unit, NewPerson("dana@lemon.example", "Dana Duarte"))
            unit.session.flush()
            join(unit, person, organisation.id, Role.DPO, changed=[person])
            seals.install(unit, prepared)
            self.person_id, self.actor = person.id, f"u:{person.id}"

    def _case(self) -> None:
        chosen = [self.ground.customer(n, *(() if n == WITHOUT else ((Purpose.SECURITY, address(n)),))).id for n in EVERYBODY]
        aware = self.clock.now() - 23 * HOUR
        with self.unit() as unit:
            self.breach_id = operations.record_incident(unit, self.ground.organisation, Incident("Export leak", "It leaked.", aware, aware, "")).id
        self.act(lambda unit, breach: operations.add_affected(unit, breach, chosen[: len(URGENT)], Selection.BY_LIST))
        later = aware + 20 * HOUR
        self.act(lambda unit, breach: operations.add_affected(unit, breach, chosen[len(URGENT) :], Selection.BY_LIST, aware_at=later, aware_reason="The log of the second system was read then."))
        self.act(lambda unit, breach: operations.save_draft(unit, breach, TEXT))

    def act(self, work: Callable[[units.Unit, Breach], Any]) -> None:
        with self.unit() as unit:
            work(unit, unit.session.get_one(Breach, self.breach_id))

    def release(self) -> None:
        self.act(lambda unit, breach: operations.release_notice(unit, breach, unit.session.get_one(Organisation, self.ground.organisation.id)))

    def close(self) -> None:
        """Let go of the database."""
        self.session.close()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    # Workers and time

    def spawn(self) -> None:
        """Start a worker on the desk's time."""
        assert self.worker is None, "one at a time, so that the one to be killed is known"
        arguments = [self.settings.database, str(self.settings.instance), self.settings.smtp_url or "", str(self.clock.offset.total_seconds())]
        self.worker = subprocess.Popen([sys.executable, "-m", "tests.faults.release_nursery", *arguments], cwd=ROOT)

    def kill(self) -> None:
        """End the worker without warning."""
        if self.worker is not None:
            os.kill(self.worker.pid, signal.SIGKILL)

    def bury(self) -> None:
        """See that the worker ended by the kill and by nothing else."""
        assert self.worker is not None
        assert self.worker.wait(PATIENCE) == -signal.SIGKILL
        self.worker = None

    def pass_time(self, span: timedelta) -> None:
        """Let time pass while no worker runs."""
        assert self.worker is None
        self.clock.offset += span

    def wait_for(self, what: Callable[[Session], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.session.rollback()
            if what(self.session):
                return
            assert self.worker is None or self.worker.poll() is None, "the worker ended by itself"
            time.sleep(0.05)
        raise AssertionError("it did not happen in time")

    def stored(self) -> int:
        """Return how many documents lie in the store, listed or not."""
        return sum(path.is_file() for path in self.settings.document_store.rglob("*")) if self.settings.document_store.exists() else 0

    def issued(self, session: Session) -> int:
        return session.scalar(select(func.count()).where(IssuedDocument.state == DocumentState.ISSUED)) or 0

    def told(self, session: Session) -> int:
        return session.scalar(select(func.count()).where(Delivery.given_at.is_not(None))) or 0

    # What people see

    def page(self, path: str = "") -> CasePage:
        """Return the case page, or one below it, as a person sees it now."""
        answer = self._client().get(f"/breaches/{self.breach_id}{path}")
        assert answer.status_code == 200
        return CasePage(answer.text)

    def show(self, page: Any, url: str, picture: Path) -> None:
        """Open the case page in a browser, at `url`, and keep a picture of it."""
        cookie = self._client().get_cookie("dpa_session")
        assert cookie is not None
        page.context.add_cookies([{"name": "dpa_session", "value": cookie.value, "url": url}])
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"{url}/breaches/{self.breach_id}")
        page.screenshot(path=picture, full_page=True)

    def _client(self) -> FlaskClient:
        client = self.app.test_client()
        with self.unit() as unit:
            token = sessions.begin(unit, unit.session.get_one(Person, self.person_id), Auth.PASSWORD, sessions.Origin("127.0.0.0/24", "test"))
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        return client

    def row_of(self, number: int) -> int:
        query = select(Affected.id).where(Affected.breach_id == self.breach_id).order_by(Affected.id).offset(number - 1).limit(1)
        return self.session.scalars(query).one()


class CasePage:
    """The words of a page, and of the row of each customer."""

    def __init__(self, html: str) -> None:
        tree = html5lib.parse(html)
        self.text = _words(tree.find(f".//{XHTML}main"))
        rows = {int(found[1]): row for row in tree.iter(f"{XHTML}tr") if (found := re.search(r"Customer (\d)", _words(row)))}
        self.states = {
            number: " | ".join(_words(cell) for cell in row.iter(f"{XHTML}td") if cell.get("data-label") in {"Left", "State"})
            for number, row in sorted(rows.items())
        }

    def says(self, *words: str) -> bool:
        return all(one in self.text for one in words)


def _words(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())
