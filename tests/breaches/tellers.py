"""A case over customers of several languages, told phase by phase, with its mails and pages as texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.alerts.messages import without_own_links
from dpa.alerts.models import OutboxMessage
from dpa.breaches import documents, operations
from dpa.breaches.facts import Count, Share
from dpa.breaches.facts.words import DataType, SubjectCategory
from dpa.breaches.models import Affected, Breach, BreachSettings, Delivery
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Selection
from dpa.evidence.pdf import render
from dpa.evidence.register import assembling, records, rules
from dpa.evidence.register.models import IssuedDocument
from dpa.languages import Language
from dpa.parties.models import Controller
from dpa.parties.operations import change_controller
from dpa.parties.rules import ControllerInput, Purpose
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_operations import incident
from tests.evidence.pdf import reading

GOLDEN = Path(__file__).with_name("golden")
CONTACT = "Ana Duarte, +33 1 00 00 00 00"
MAIN = {
    Phase.INITIAL: Draft("An export with names and addresses left the house.", CONTACT, "", "Access was closed.", "How many people are affected."),
    Phase.SUPPLEMENT: Draft("The export held 3,112 names.", CONTACT, "Unwanted advertising.", "Access was closed, keys were changed.", ""),
    Phase.CORRECTION: Draft("The export held 3,121 names, not 3,112.", CONTACT, "Unwanted advertising.", "Access was closed, keys were changed.", ""),
    Phase.FINAL: Draft("The export held 3,121 names. Nobody has opened it.", CONTACT, "None.", "Access was closed, keys were changed.", ""),
}
GERMAN = {
    Phase.INITIAL: Draft("Ein Export mit Namen und Anschriften ist nach außen gelangt.", CONTACT, "", "Der Zugang wurde geschlossen.", "Wie viele Personen betroffen sind."),
    Phase.SUPPLEMENT: Draft("Der Export enthielt 3.112 Namen.", CONTACT, "Unerwünschte Werbung.", "Der Zugang wurde geschlossen, Schlüssel wurden geändert.", ""),
    Phase.CORRECTION: Draft("Der Export enthielt 3.121 Namen, nicht 3.112.", CONTACT, "Unerwünschte Werbung.", "Der Zugang wurde geschlossen, Schlüssel wurden geändert.", ""),
    Phase.FINAL: Draft("Der Export enthielt 3.121 Namen. Niemand hat ihn geöffnet.", CONTACT, "Keine.", "Der Zugang wurde geschlossen, Schlüssel wurden geändert.", ""),
}
NAMES = {"de": "Bäckerei Sonnenfeld GmbH", "fr": "Académie de Lille", "": "Harbour Museums", "da": "Tivoli Optik"}
PART = Share(people=Count.about(3112), subjects=(SubjectCategory.STUDENTS,), data_types=(DataType.BASIC, DataType.CONTACT))


@dataclass
class Tellers:
    """The case; customers by the code of their language."""

    ground: Ground
    case: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    def begin(self, *, drill: bool = False, names: Mapping[str, str] = NAMES, **facts: Any) -> None:
        agreements = {}
        for number, (code, name) in enumerate(names.items(), 1):
            agreements[code] = self.ground.customer(number, (Purpose.SECURITY, f"security@c{number}.example")).id
            with self.ground.unit() as unit:
                controller = unit.session.scalars(select(Controller).where(Controller.reference == f"C{number}")).one()
                change_controller(unit, controller, ControllerInput(f"C{number}", name, "", code))
        with self.ground.unit() as unit:
            self.case = operations.record_incident(unit, self.ground.organisation, incident(drill=drill, **facts)).id
        with self.ground.unit() as unit:
            named = operations.add_affected(unit, self.breach(unit.session), list(agreements.values()), Selection.BY_LIST)
            self.rows = dict(zip(agreements, (row.id for row in named), strict=True))

    def breach(self, session: Session) -> Breach:
        return session.get_one(Breach, self.case)

    def say(self, code: str, share: Share) -> None:
        with self.ground.unit() as unit:
            operations.save_shares(unit, self.breach(unit.session), {self.rows[code]: share})

    def write(self, phase: Phase, texts: Mapping[Language, Draft] | None = None, hours: int = 0) -> None:
        with self.ground.unit(NOW + timedelta(hours=hours)) as unit:
            word = NOW + timedelta(hours=hours + 24) if phase is Phase.INITIAL else None
            operations.save_draft(unit, self.breach(unit.session), MAIN[phase], phase, word)
            for language, draft in (texts or {}).items():
                operations.save_text(unit, self.breach(unit.session), language, draft)

    def tell(self, phase: Phase, texts: Mapping[Language, Draft] | None = None, hours: int = 0) -> None:
        """Write, release and deliver a phase."""
        self.write(phase, texts, hours)
        self.release(hours)

    def release(self, hours: int) -> None:
        at = NOW + timedelta(hours=hours, minutes=1)
        with self.ground.unit(at) as unit:
            operations.release_notice(unit, self.breach(unit.session), self.ground.organisation)
        with self.ground.unit(at + timedelta(minutes=5), "system:alerts") as unit:
            for one in unit.session.scalars(select(Delivery).where(Delivery.given_at.is_(None))).all():
                message = unit.session.get_one(OutboxMessage, one.outbox_id)
                message.sent_at, message.state = unit.now, "sent"  # type: ignore[assignment]
                operations.notices_sent(unit, [message])

    def delivery(self, code: str) -> Delivery:
        """The newest delivery to a customer."""
        query = select(Delivery).where(Delivery.affected_id == self.rows[code]).order_by(Delivery.id.desc())
        found = self.ground.session.scalars(query).first()
        assert found is not None
        return found

    def mail(self, code: str) -> OutboxMessage:
        return self.ground.session.get_one(OutboxMessage, self.delivery(code).outbox_id)

    def mail_text(self, code: str) -> str:
        mail = self.mail(code)
        return f"Subject: {mail.subject}\n\n{without_own_links(mail.body_text)}"

    def record(self, code: str) -> dict[str, Any]:
        """The record of the newest document to a customer, as it would be issued half an hour later."""
        paper = self.ground.session.get_one(IssuedDocument, self.delivery(code).document_id)
        order = records.read(paper.content)
        order["id"] = "0" * 32
        order.pop("demonstration", None)  # The tests have no mail server; what a document says then is not what is looked at here.
        seal = {"fingerprint": "00" * 32, "root_fingerprint": "11" * 32, "subject": "CN=Lemon Learning", "backend": "builtin"}
        return records.issued(order, at=NOW + timedelta(minutes=30), seal=seal, checkpoint="desk.example/trail\n7\nAAAA\n", anchor=None, trail_key="desk.example+00000000+AAAA")

    def pdf(self, code: str) -> bytes:
        return render(assembling.document(records.canonical(self.record(code)), documents.NOTICE, None)).content

    def pdf_text(self, code: str) -> str:
        """The text of the document, without the digests and the size of its record: those change with every key a record gains."""
        text = reading.text(self.pdf(code))
        digest = hashlib.sha256(records.canonical(self.record(code)).encode()).hexdigest()
        spaced = " ".join(digest[at : at + 4] for at in range(0, 16, 4))
        for secret in (digest, digest[:16], spaced, spaced.upper(), rules.spaced(rules.check_code(digest)), rules.check_code(digest)):
            text = text.replace(secret, "…")
        return re.sub(r"\((\d[\d.,\s]*) (bytes|Bytes|octets|byte)\)", r"(… \2)", text) + "\n"

    def language_of_house(self, language: Language) -> None:
        with self.ground.unit() as unit:
            operations.change_settings(unit, self.ground.organisation.id, four_eyes=False, acknowledge_hours=24, profiles=[], language=language)
            assert unit.session.get_one(BreachSettings, self.ground.organisation.id).language == language.value

    def row(self, code: str) -> Affected:
        return self.ground.session.get_one(Affected, self.rows[code])
