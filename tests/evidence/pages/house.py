"""What the tests of the evidence pages share: two organisations that can seal, their people, and documents in every state."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.config import Settings
from dpa.evidence.register import issuing, operations, store
from dpa.evidence.register.models import DocumentWork, IssuedDocument
from dpa.evidence.register.operations import Order
from dpa.evidence.register.records import Approval, Issuer
from dpa.evidence.seal import operations as seals
from dpa.evidence.trail.models import TrailEvent
from dpa.extensions import db
from dpa.people.models import Organisation
from dpa.people.roles import Role
from dpa.slice import Tick
from tests.evidence.register.desk import KIND
from tests.support import pages
from tests.support.seals import SealGround

WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass
class House:
    """An application with its people."""

    app: Flask
    lemon: int
    light: int
    people: dict[str, int]

    @property
    def settings(self) -> Settings:
        found: Settings = self.app.extensions["dpa_settings"]
        return found

    def client(self, who: str | None) -> FlaskClient:
        client = self.app.test_client()
        if who is not None:
            pages.sign_in(client, self.people[who])
        return client

    @contextmanager
    def unit(self, actor: str = "system:test") -> Iterator[units.Unit]:
        with self.app.app_context(), pages.act(self.app, db.session(), actor) as unit:
            yield unit

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.app.app_context():
            yield db.session()
            db.session.rollback()

    def order(self, organisation_id: int, text: str = "Everything was destroyed.", **changes: Any) -> int:
        """Order one document; returns its row's number."""
        with self.unit("u:1") as unit:
            place = unit.session.get_one(Organisation, organisation_id)
            fields: dict[str, Any] = {
                "kind": KIND, "organisation_id": organisation_id, "issuer": Issuer(place.name, place.slug, place.zone, place.country),
                "title": "Certificate of deletion", "content": {"text": text}, "subject": ("breach", 7), "addressee": "Académie de Lille",
                "approvals": (Approval("Ana Duarte", "DPO", "approved the certificate", unit.now, "password"),),
            }  # fmt: skip
            return operations.order(unit, Order(**(fields | changes))).id

    def work(self) -> str:
        """Let the worker issue what waits; in a thread, because sealing runs a loop of its own and browser tests have one already."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(self._work).result()

    def _work(self) -> str:
        with self.app.app_context():
            session, now = db.session(), pages.clock_of(self.app).now()
            tick = Tick(session, now, self.settings, lambda actor: pages.act(self.app, session, actor), "test:1")
            return issuing.issue_due(tick)

    def issued(self, organisation_id: int, text: str = "Everything was destroyed.", **changes: Any) -> int:
        """Order one document and issue it."""
        number = self.order(organisation_id, text, **changes)
        self.work()
        return number

    def document(self, number: int) -> IssuedDocument:
        with self.session() as session:
            row = session.get_one(IssuedDocument, number)
            _ = row.files
            session.expunge_all()
            return row

    def file(self, number: int) -> bytes:
        """The sealed file of a document."""
        return store.get(self.settings.document_store, self.document(number).sha256 or "")

    def actions(self) -> list[str]:
        with self.session() as session:
            return list(session.scalars(select(TrailEvent.action).order_by(TrailEvent.idx)))

    def failing(self, number: int, failures: int, reason: str) -> None:
        """Let a waiting document have failed before."""
        with self.app.app_context(), db.engine.connect().execution_options(write=True) as connection:
            later = pages.clock_of(self.app).now() + timedelta(minutes=5)
            connection.execute(
                DocumentWork.__table__.update().where(DocumentWork.document_id == number)  # type: ignore[attr-defined]
                .values(failures=failures, claim=failures, last_error=reason, next_at=later)
            )  # fmt: skip
            connection.commit()

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Collect the statements that run meanwhile."""
        statements: list[str] = []

        def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
            statements.append(statement.lstrip().upper())

        with self.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(engine, "before_cursor_execute", note)


def writes(statements: list[str]) -> list[str]:
    return [statement for statement in statements if statement.startswith(WRITES)]


def make_house(folder: Path, seal_ground: SealGround, *, stamps: bool = False, at: datetime = pages.NOON) -> House:
    """Return a house in a fresh folder, whose organisations both use the shared test seal."""
    from dpa.clock import FixedClock

    fields = seal_ground.settings(stamps=stamps)
    shutil.copytree(fields.pop("keys"), folder / "keys", dirs_exist_ok=True)
    app = pages.make_app(folder, clock=FixedClock(at), **fields)
    lemon, light = pages.add_organisation(app, "Lemon Learning"), pages.add_organisation(app, "Light Company")
    people = {
        "ana": pages.add_person(app, "ana@lemon.example", {lemon: Role.DPO}, name="Ana Duarte"),
        "auditor": pages.add_person(app, "audit@lemon.example", {lemon: Role.AUDITOR}, name="Au Ditor"),
        "operator": pages.add_person(app, "op@lemon.example", {lemon: Role.OPERATOR}, name="Op Erator"),
        "bob": pages.add_person(app, "bob@light.example", {light: Role.DPO}, name="Bob Light"),
        "both": pages.add_person(app, "both@both.example", {lemon: Role.DPO, light: Role.DPO}, name="Bo Th"),
    }
    house = House(app, lemon, light, people)
    with house.unit() as unit:
        for place in (lemon, light):
            seals.install(unit, seal_ground.prepared_for(place))
    return house


def links(page: str, pattern: str) -> list[str]:
    """Return the addresses on a page that match."""
    return re.findall(rf'href="({pattern})"', page)
