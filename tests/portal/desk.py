"""A house with one incident over customers, told phase by phase, and each customer's own way to its notices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.agreements import operations as agreements
from dpa.agreements.rules import AgreementInput
from dpa.agreements.terms import shipped_contract
from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Incident, Selection
from dpa.evidence.trail.models import TrailEvent
from dpa.parties import operations as parties
from dpa.parties.rules import ContactInput, ControllerInput, Purpose
from dpa.people.models import Organisation
from dpa.unit import Unit
from tests.breaches.conftest import with_news
from tests.evidence.pages.house import House
from tests.support import pages

DRAFT = Draft("An export of names left the house.", "Ana Duarte, +33 1 00 00 00 00", "", "Access was closed.", "How many people are affected.")
LATER = Draft("It was 120 names.", "Ana Duarte, +33 1 00 00 00 00", "Unwanted mail.", "Access was closed.", "")
NAMES = ("Académie de Lille", "Banque du Nord")


@dataclass
class Desk:
    """One case, the acts on it, and what its customers can do."""

    house: House
    case: int = 0
    agreements: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    @contextmanager
    def unit(self, actor: str = "u:1") -> Iterator[Unit]:
        with self.house.unit(actor) as unit:
            yield unit

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.house.session() as session:
            yield session

    @property
    def now(self) -> datetime:
        return pages.clock_of(self.house.app).now()

    def pass_time(self, **length: float) -> None:
        pages.clock_of(self.house.app).advance(timedelta(**length))

    def open(self, names: tuple[str, ...] = NAMES, *, drill: bool = False) -> None:
        """Record an incident over new customers of these names."""
        with self.unit() as unit:
            template = agreements.add_template(unit, self.house.lemon, shipped_contract("lemon-learning"), date(2024, 1, 1))
            for number, name in enumerate(names, 1):
                contact = [ContactInput(Purpose.SECURITY, f"s@c{number}.example")]
                controller = parties.add_controller(unit, self.house.lemon, ControllerInput(f"C{number}", name), contact)
                self.agreements.append(agreements.add_agreement(unit, controller.id, template, AgreementInput(f"A-{number}", date(2026, 1, 1))).id)
        with self.unit() as unit:
            aware = self.now - timedelta(hours=2)
            place = unit.session.get_one(Organisation, self.house.lemon)
            facts = Incident("Export leak", "An export leaked.", aware, aware, "", drill=drill)
            self.case = operations.record_incident(unit, place, facts).id
        with self.unit() as unit:
            found = operations.add_affected(unit, self.breach(unit), self.agreements, Selection.BY_LIST)
            self.rows = [row.id for row in found]

    def breach(self, unit: Unit) -> Breach:
        return unit.session.get_one(Breach, self.case)

    def write(self, draft: Draft, phase: Phase | None = None, word: datetime | None = None) -> None:
        with self.unit() as unit:
            operations.save_draft(unit, self.breach(unit), with_news(self.breach(unit), draft), phase, word)

    def release(self, draft: Draft = DRAFT, phase: Phase | None = None, word: datetime | None = None, **reasons: str) -> None:
        self.write(draft, phase, word)
        with self.unit() as unit:
            operations.release_notice(unit, self.breach(unit), unit.session.get_one(Organisation, self.house.lemon), **reasons)

    def deliver(self) -> None:
        """Have the mail server accept everything that waits."""
        with self.unit("system:alerts") as unit:
            waiting = unit.session.scalars(select(Delivery).where(Delivery.given_at.is_(None), Delivery.outbox_id.is_not(None))).all()
            for one in waiting:
                message = unit.session.get_one(OutboxMessage, one.outbox_id)
                message.sent_at, message.state = unit.now, "sent"  # type: ignore[assignment]
                operations.notices_sent(unit, [message])

    def tell(self, draft: Draft = DRAFT, phase: Phase | None = None, word: datetime | None = None, **reasons: str) -> None:
        self.release(draft, phase, word, **reasons)
        self.deliver()

    def links(self, customer: int = 0) -> list[str]:
        """The addresses in a customer's mails, from the root, oldest first."""
        query = (
            select(OutboxMessage.body_text).join(Delivery, Delivery.outbox_id == OutboxMessage.id)
            .where(Delivery.affected_id == self.rows[customer]).order_by(Delivery.id)
        )  # fmt: skip
        with self.read() as session:
            return [re.findall(r"/n/\S+", text)[0] for text in session.scalars(query)]

    def link(self, customer: int = 0) -> str:
        return self.links(customer)[0]

    def visitor(self) -> FlaskClient:
        return self.house.app.test_client()

    def inside(self, customer: int = 0) -> tuple[FlaskClient, str]:
        """A customer that has opened its notices, and its link."""
        client, link = self.visitor(), self.link(customer)
        assert client.post(link).status_code == 303
        return client, link

    def delivery(self, customer: int = 0) -> Delivery:
        """The newest delivery to a customer, detached."""
        with self.read() as session:
            query = select(Delivery).where(Delivery.affected_id == self.rows[customer]).order_by(Delivery.id.desc())
            found = session.scalars(query).first()
            assert found is not None
            session.expunge_all()
            return found

    def row(self, unit: Unit, customer: int = 0) -> Affected:
        return unit.session.get_one(Affected, self.rows[customer])

    def mails(self, folder: str) -> list[OutboxMessage]:
        with self.read() as session:
            rows = list(session.scalars(select(OutboxMessage).where(OutboxMessage.mail == folder).order_by(OutboxMessage.id)))
            session.expunge_all()
            return rows

    def acts(self) -> list[str]:
        """What the portal left in the trail."""
        with self.read() as session:
            return list(session.scalars(select(TrailEvent.action).where(TrailEvent.actor == "system:portal").order_by(TrailEvent.idx)))


def question(**changes: Any) -> dict[str, Any]:
    return {"name": "Jeanne Roux", "reply_to": "j.roux@lille.example", "text": "Were passwords among the data?"} | changes
