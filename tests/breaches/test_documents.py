"""The notice as a sealed document: ordered with the release, sent with the mail, waited for but never for long."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Self, cast

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.alerts import attachments, delivery, queue
from dpa.alerts import rules as mail_rules
from dpa.alerts.models import OutboxAttachment, OutboxMessage
from dpa.alerts.rules import Answer, Outcome, State
from dpa.breaches import operations, rules
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.rules import Draft, Selection
from dpa.evidence.register import issuing, records, store
from dpa.evidence.register.models import DocumentState, DocumentWork, IssuedDocument
from dpa.evidence.seal import operations as seals
from dpa.evidence.trail.models import TrailAnchor, TrailEvent
from dpa.parties.rules import Purpose
from dpa.slice import Tick
from tests.breaches.conftest import NOW, Ground, ground_for
from tests.breaches.test_operations import incident
from tests.support.databases import Database
from tests.support.seals import SealGround

DRAFT = Draft("An <b>export</b> leaked.", "Ana Duarte, +33 1 00 00 00 00", "", "Access was closed.", "Who opened it.")


class Scripted:
    """A mail server that accepts everything, and remembers it."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []

    def send(self, _sender: str, _recipient: str, data: bytes) -> Answer:
        self.sent.append(cast("EmailMessage", message_from_bytes(data, policy=default)))
        return Answer(Outcome.ACCEPTED, 250, "queued as 1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def connect(self) -> Scripted:
        return self


class House:
    """A released breach and the worker's two jobs that matter."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.server, self.now = ground, Scripted(), NOW
        customers = [ground.customer(n, (Purpose.SECURITY, f"security@customer-{n}.example")) for n in (1, 2)]
        with ground.unit() as unit:
            self.breach = operations.record_incident(unit, ground.organisation, incident(detected_at=NOW - timedelta(hours=2), aware_at=NOW - timedelta(hours=2)))
        with ground.unit() as unit:
            operations.add_affected(unit, self.breach, [one.id for one in customers], Selection.BY_LIST)
        with ground.unit() as unit:
            operations.save_draft(unit, unit.session.get_one(Breach, self.breach.id), DRAFT)
        with ground.unit() as unit:
            breach = unit.session.get_one(Breach, self.breach.id)
            operations.release_notice(unit, breach, ground.organisation)

    def tick(self) -> Tick:
        return Tick(self.ground.session, self.now, self.ground.settings, lambda actor: self.ground.unit(self.now, actor), "test:1")

    def seal(self) -> str:
        return issuing.issue_due(self.tick())

    def deliver(self) -> str:
        return delivery.dispatch(self.tick(), self.server)  # type: ignore[arg-type]

    @property
    def mails(self) -> list[OutboxMessage]:
        self.ground.session.rollback()
        return list(self.ground.session.scalars(select(OutboxMessage).where(OutboxMessage.category == "notice").order_by(OutboxMessage.id)))

    @property
    def papers(self) -> list[IssuedDocument]:
        self.ground.session.rollback()
        return list(self.ground.session.scalars(select(IssuedDocument).order_by(IssuedDocument.id)))


@pytest.fixture
def house(lemon: Ground, seal_ground: SealGround) -> House:


    shutil.copytree(seal_ground.keys, lemon.settings.instance / "keys")
    with lemon.unit() as unit:
        seals.install(unit, seal_ground.prepared_for(lemon.organisation.id))
    return House(lemon)


def parts(mail: EmailMessage) -> dict[str, bytes]:
    return {part.get_filename() or "": cast("bytes", part.get_payload(decode=True)) for part in mail.iter_attachments()}


def test_each_customer_gets_a_document_with_its_own_number_and_promise(house: House) -> None:
    assert [(paper.reference, paper.state, paper.addressee) for paper in house.papers] == [
        ("LL-BN-2026-0001", DocumentState.ORDERED, "Customer 1"), ("LL-BN-2026-0002", DocumentState.ORDERED, "Customer 2"),
    ]
    given = house.ground.session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert [row.document_id for row in given] == [paper.id for paper in house.papers]
    content = records.read(house.papers[0].content)
    assert content["addressee"] == {"name": "Customer 1"}
    assert content["content"]["nature"] == "An <b>export</b> leaked."
    assert content["content"]["clock"]["due_at"] == "2026-11-23T10:00:00.000000Z"
    assert content["content"]["clock"]["steps"][0]["label"] == "Rule"
    assert content["approvals"][0]["act"] == "released the notice"


def test_the_mail_waits_for_its_document_and_carries_it(house: House) -> None:
    held = house.mails
    assert all(mail.hold_until is not None and mail.next_at == mail.hold_until for mail in held)
    assert house.deliver() == "", "nothing may leave before its document is sealed"
    assert house.seal() == "2 documents issued"
    assert all(mail.hold_until is None and mail.next_at == NOW for mail in house.mails)
    assert house.deliver() == "2 accepted"
    paper = house.papers[0]
    content = store.get(house.ground.settings.document_store, paper.sha256 or "")
    found = parts(house.server.sent[0])
    assert set(found) == {"LL-BN-2026-0001.pdf", attachments.CHECKPOINT_NAME}
    assert found["LL-BN-2026-0001.pdf"] == content
    assert found[attachments.CHECKPOINT_NAME].decode() == records.read(paper.record or "")["checkpoint"]
    sent = house.ground.session.scalars(select(OutboxAttachment).order_by(OutboxAttachment.outbox_id)).all()
    assert [row.sent_sha256 for row in sent] == [paper.sha256 for paper in house.papers]


def test_the_trail_tells_which_file_left(house: House) -> None:
    house.seal()
    house.deliver()
    house.ground.session.rollback()
    accepted = house.ground.session.scalars(select(TrailEvent).where(TrailEvent.action == "alerts:message:accepted").order_by(TrailEvent.idx)).all()
    assert [json.loads(event.body)["data"]["documents"] for event in accepted] == [[paper.sha256] for paper in house.papers]


def test_a_seal_that_fails_never_holds_a_notice_back_for_long(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the token is on fire")

    monkeypatch.setattr(issuing, "make", broken)
    assert house.seal() == "2 failed"
    hold_until = house.mails[0].hold_until
    assert hold_until is not None
    assert hold_until - NOW == rules.hold_for(2, timedelta(hours=22))
    house.now = hold_until - timedelta(seconds=1)
    assert house.deliver() == ""
    house.now = hold_until
    assert house.deliver() == "2 accepted"
    assert [parts(mail) for mail in house.server.sent] == [{}, {}]
    rows = house.ground.session.scalars(select(Affected)).all()
    assert all(row.sent_at == hold_until for row in rows), "the promise is kept all the same"
    assert [journey.words for journey in attachments.journeys(house.ground.session, house.papers[0].id)] == ["the mail left before the document was sealed"]
    monkeypatch.undo()
    house.now += timedelta(hours=1)
    assert house.seal() == "2 documents issued", "the document itself is still made"
    assert house.deliver() == "", "and nobody gets a second mail"


def test_a_file_that_vanished_is_left_out_and_the_mail_still_leaves(house: House) -> None:
    house.seal()
    for paper in house.papers:
        store.path_of(house.ground.settings.document_store, paper.sha256 or "").unlink()
    assert house.deliver() == "2 accepted"
    assert [parts(mail) for mail in house.server.sent] == [{}, {}]
    house.ground.session.rollback()
    assert house.ground.session.scalars(select(OutboxAttachment.sent_sha256)).all() == [None, None]


def test_only_a_real_mail_server_makes_the_checkpoint_held_outside(house: House) -> None:
    house.seal()
    house.deliver()
    house.ground.session.rollback()
    assert house.ground.session.scalars(select(TrailAnchor)).all() == []


def test_what_a_real_mail_server_accepted_is_held_outside(house: House) -> None:
    house.ground.settings = house.ground.settings.model_copy(update={"smtp_url": "smtp://mail.example:587"})
    house.seal()
    house.deliver()
    house.ground.session.rollback()
    anchors = house.ground.session.scalars(select(TrailAnchor).order_by(TrailAnchor.id)).all()
    assert [(anchor.kind, anchor.reference, anchor.size) for anchor in anchors] == [
        ("document", f"document:{paper.id}", paper.checkpoint_size) for paper in house.papers
    ]


def test_a_message_waits_for_all_its_documents(house: House) -> None:
    """Were a mail to carry two documents, one of them alone would not let it go."""
    soon = timedelta(minutes=1)  # further ahead would be taken for a clock set back
    first, second = house.mails[0].id, house.papers[1].id
    with house.ground.unit() as unit:
        unit.session.add(OutboxAttachment(outbox_id=first, document_id=second))
        unit.session.get_one(DocumentWork, second).next_at = NOW + soon
    assert house.seal() == "1 documents issued"
    assert house.mails[0].hold_until is not None
    house.now = NOW + soon
    house.seal()
    assert house.mails[0].hold_until is None


def test_a_clock_set_back_does_not_hold_a_notice_for_ever(house: House) -> None:
    with house.ground.unit(NOW - timedelta(days=400)) as unit:
        assert queue.heal_after_step_back(unit) == 2
    assert all(mail.hold_until is None for mail in house.mails)
    assert mail_rules.LONGEST_HOLD == rules.HOLD_MOST


def test_a_short_hold_is_not_mistaken_for_a_clock_set_back(house: House) -> None:
    with house.ground.unit(NOW) as unit:
        assert queue.heal_after_step_back(unit) == 0
    assert all(mail.state is State.PENDING and mail.hold_until for mail in house.mails)


@pytest.mark.parametrize(("count", "left", "hold"), [
    (1, timedelta(hours=24), timedelta(minutes=5, seconds=0.2)),
    (40, timedelta(hours=24), timedelta(minutes=5, seconds=8)),
    (10_000, timedelta(hours=24), timedelta(minutes=5, seconds=2000)),
    (100_000, timedelta(hours=24), timedelta(hours=2)),
    (40, timedelta(minutes=12), timedelta(minutes=3)),
    (40, timedelta(minutes=4), timedelta(minutes=2)),
    (40, timedelta(hours=-3), timedelta(minutes=2)),
])  # fmt: skip
def test_how_long_a_notice_waits(count: int, left: timedelta, hold: timedelta) -> None:
    assert rules.hold_for(count, left) == hold


def test_the_statement_tells_the_case_from_first_to_last(house: House) -> None:
    house.seal()
    house.deliver()
    with house.ground.unit() as unit:
        breach = unit.session.get_one(Breach, house.breach.id)
        number = operations.order_statement(unit, breach, house.ground.organisation, personal=True).id
    assert house.seal() == "1 documents issued"
    house.ground.session.rollback()
    paper = house.ground.session.get_one(IssuedDocument, number)
    record = records.read(paper.record or "")
    entries = record["content"]["entries"]
    told = [entry["action"] for entry in entries]
    assert told[0] == "breaches:incident:recorded"
    assert {"breaches:notice:released", "evidence:document:ordered", "evidence:document:issued", "alerts:message:accepted", "breaches:notice:sent"} <= set(told)
    assert [entry["i"] for entry in entries] == sorted(entry["i"] for entry in entries)
    for entry in entries:
        event = house.ground.session.get_one(TrailEvent, entry["i"])
        assert entry["leaf"] == hashlib.sha256(b"\x00" + event.body.encode()).hexdigest()
    assert [file.role.value for file in paper.files] in (["sealed", "bundle"], ["bundle", "sealed"])


def test_a_statement_without_personal_parts_prints_none(house: House) -> None:
    with house.ground.unit() as unit:
        breach = unit.session.get_one(Breach, house.breach.id)
        paper = operations.order_statement(unit, breach, house.ground.organisation, personal=False)
        assert "An <b>export</b> leaked." not in paper.content
        assert all(entry["parts"] == [] for entry in records.read(paper.content)["content"]["entries"])


def test_events_of_another_organisation_are_no_part_of_a_case(house: House, database: Database, session: Session) -> None:
    other = ground_for(database, "lightenup", session)
    with other.unit() as unit:
        from dpa.breaches.events import Event
        from dpa.evidence import trail

        trail.record(unit, Event.DRAFTED, subject=("breach", house.breach.id), organisation_id=other.organisation.id)
    with house.ground.unit() as unit:
        breach = unit.session.get_one(Breach, house.breach.id)
        paper = operations.order_statement(unit, breach, house.ground.organisation, personal=False)
        entries = records.read(paper.content)["content"]["entries"]
    assert sum(entry["action"] == "breaches:notice:drafted" for entry in entries) == 1
