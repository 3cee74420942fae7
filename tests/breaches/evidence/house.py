"""A case with everything that can happen in one, at known hours: the ground of the tests of evidence."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta

from dpa.agreements.models import Agreement
from dpa.breaches import facts, operations
from dpa.breaches.awareness import Decision
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.closing import CaseState, Ending
from dpa.breaches.evidence.case_file import CaseFile, case_file
from dpa.breaches.evidence.customer_file import CustomerFile, customer_files
from dpa.breaches.models import Question
from dpa.breaches.operations import documenting
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.docket import operations as docket
from dpa.evidence.register import issuing, records
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.seal import operations as seals
from dpa.parties.rules import Purpose
from dpa.people.operations import NewPerson, invite
from dpa.people.roles import Role
from dpa.slice import Tick
from tests.breaches.conftest import NO_FINAL, NOW, Ground
from tests.breaches.test_operations import AWARE, incident
from tests.breaches.test_phases import Case
from tests.support.seals import SealGround

HOUR = timedelta(hours=1)
HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> \u202egnp.exe \x07 ﷽ " + "w" * 300
SECOND = Draft("An export leaked; 3 accounts opened it.", "Ana Duarte, +33 1 00 00 00 00", "Unwanted mail.", "Access closed, keys changed.", "Who opened it first.")


def people(ground: Ground) -> None:
    """Give the actors `u:1` and `u:2` names."""
    with ground.unit(NOW - timedelta(days=90)) as unit:
        organisation = unit.session.merge(ground.organisation)
        invite(unit, organisation, NewPerson("ana@lemon.example", "Ana Duarte"), Role.DPO)
        invite(unit, organisation, NewPerson("bo@lemon.example", "Bo Lind"), Role.DPO)


def sealable(ground: Ground, seals_ready: SealGround) -> None:
    """Give the organisation a seal."""
    shutil.copytree(seals_ready.keys, ground.settings.instance / "keys")
    with ground.unit(NOW - timedelta(days=80)) as unit:
        seals.install(unit, seals_ready.prepared_for(ground.organisation.id))


def sheet(**fields: object) -> str:
    return facts.build({"nature": "An export leaked.", "natures": ["confidentiality"], **fields}).canonical()


class Story(Case):
    """Three customers: one told in time, one told late by letter, one owed nothing; two phases, a correction, a question."""

    def __init__(self, ground: Ground, **changes: object) -> None:
        super().__init__(ground, customers=2, **changes)
        self.agreements.append(ground.customer(3))
        with self.at(0.5) as unit:
            operations.save_facts(unit, self.breach, sheet(people={"precision": "approximate", "value": 3000}))
        self.name(self.agreements[2], hours=1)
        self.correct(2)
        self.write(hours=2.5, word=NOW + 30 * HOUR)
        self.release(3)
        self.deliver(3.1, 0)
        with self.at(4) as unit:
            operations.read(unit, self.breach, self.rows[0])
            operations.acknowledge(unit, self.breach, self.rows[0], "Léa Martin", "link")
        with self.at(5) as unit:
            operations.ask(unit, self.breach, self.rows[0], "Léa Martin", "+33 2 99 00 11 22", "Which export was it?")
        with self.at(6) as unit:
            operations.answer(unit, self.breach, unit.session.query(Question).one(), "The one of 20 November.")
            operations.save_facts(unit, self.breach, sheet(people={"precision": "exact", "value": 3112}, consequences="Unwanted mail."))
        with self.at(7) as unit:
            operations.owe_nothing(unit, self.breach, self.rows[2], "Its data lie on another system that was not touched.")
        with self.at(8) as unit:
            docket.extend(unit, self.entry(1), target=self.entry(1).target_at + HOUR, latest=self.entry(1).due_at + HOUR, reason="The customer agreed by telephone.")
        with self.at(9) as unit:
            handed = Handed(Channel.COURIER, NOW + 8.5 * HOUR, "Receipt 4711, signed by the front desk", received_at=NOW + 9 * HOUR)
            operations.hand_over(unit, self.breach, self.rows[0], handed)

    def correct(self, hours: float) -> None:
        with self.at(hours, "u:2") as unit:
            decision = Decision(AWARE - HOUR, AWARE - HOUR, "The alert itself was certain.", "Bo Lind")
            operations.correct_awareness(unit, self.breach, decision, "The log was read wrongly at first.")

    def deliver(self, hours: float = 0, only: int | None = None) -> int:
        if only is None:
            return super().deliver(hours)
        from dpa.alerts.models import DeliveryEvent, OutboxMessage
        from dpa.alerts.rules import EventKind
        from dpa.breaches.models import Delivery

        with self.at(hours, "system:alerts") as unit:
            delivery = unit.session.query(Delivery).filter_by(affected_id=self.rows[only].id).order_by(Delivery.id).first()
            message = unit.session.get_one(OutboxMessage, delivery.outbox_id)
            unit.session.add(DeliveryEvent(outbox_id=message.id, at=unit.now - timedelta(minutes=2), kind=EventKind.DEFERRED, smtp_code=451, reply_text="4.7.1 Greylisted, try again"))
            unit.session.add(DeliveryEvent(outbox_id=message.id, at=unit.now, kind=EventKind.ACCEPTED, smtp_code=250, reply_text="2.0.0 Ok: queued as 4XyZ"))
            message.sent_at, message.state = unit.now, "sent"  # type: ignore[assignment]
            operations.notices_sent(unit, [message])
        return 1

    def finish(self) -> None:
        """Tell the second customer late, say why, give the final word and close."""
        self.deliver(26)
        with self.at(27) as unit:
            operations.explain_lateness(unit, self.breach, [self.rows[1]], "Its mail server was down all day.")
        self.write(replace(SECOND, unknown=""), Phase.FINAL, hours=28)
        self.release(29)
        self.deliver(29.5)
        with self.at(40, "u:2") as unit:
            operations.close(unit, self.breach, Ending("Every customer knows; the keys are changed.", NO_FINAL))

    def file(self, hours: float) -> CaseFile:
        self.ground.session.expire_all()
        return case_file(self.ground.session, self.breach, NOW + hours * HOUR)

    def customers(self, hours: float) -> list[CustomerFile]:
        return customer_files(self.ground.session, self.file(hours), self.rows)

    def dossier(self, place: int, hours: float, at: float | None = None) -> dict[str, object]:
        """Order a dossier as of some hour; returns the content of its record."""
        with self.at(hours if at is None else at) as unit:
            organisation = unit.session.merge(self.ground.organisation)
            [paper] = documenting.order_dossiers(unit, self.breach, organisation, [self.rows[place]], NOW + hours * HOUR)
            return records.read(paper.content)["content"]


class Further(Case):
    """A further case of customers that are there already."""

    def __init__(self, ground: Ground, agreements: list[Agreement], **facts_given: object) -> None:
        self.ground, self.agreements = ground, agreements
        with ground.unit() as unit:
            self.id = operations.record_incident(unit, unit.session.merge(ground.organisation), incident(**facts_given)).id
        self.name(*agreements)


def tick(ground: Ground, at: datetime) -> Tick:
    return Tick(ground.session, at, ground.settings, lambda actor: ground.unit(at, actor), "test:1")


def issue(ground: Ground, at: datetime) -> list[IssuedDocument]:
    """Have everything ordered issued."""
    issuing.issue_due(tick(ground, at))
    ground.session.rollback()
    return list(ground.session.query(IssuedDocument).order_by(IssuedDocument.id))


def exercise(ground: Ground) -> Case:
    """A closed exercise of four customers, told too late; two of them have no usable address in reality."""
    agreements = [ground.customer(11, (Purpose.SECURITY, "s@c11.example")), ground.customer(12, (Purpose.SECURITY, "s@c12.example"))]
    case = Further(ground, agreements, title="Stolen laptop", known="A laptop with an export was stolen, we say.", drill=True)
    case.agreements.append(ground.customer(13))
    case.agreements.append(ground.customer(14, (Purpose.PRIVACY, f"dpo@{ground.organisation.mail_domains[0]}" if ground.organisation.mail_domains else "dpo@own.example")))
    case.name(*case.agreements[2:], hours=1)
    case.write(hours=2)
    case.release(3)
    case.deliver(25)
    with case.at(26) as unit:
        operations.explain_lateness(unit, case.breach, case.rows, "Nobody was on call.")
    with case.at(27) as unit:
        operations.close(unit, case.breach, Ending("We learned to keep a list of people on call.", NO_FINAL))
    assert case.breach.state is CaseState.CLOSED
    return case

