"""Documents that go with a message: attached while it is stored, added when it is sent, and let go as soon as they are issued.

Sealing happens after the act that releases a notice, so its mail waits for the document, but never for long: when the wait ends the
mail leaves without it. A seal that fails must not cost a promise. Beside a document goes the checkpoint of the trail printed in it, as
a small text: whoever keeps the mail can prove a later rewrite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session, aliased

from dpa.alerts.messages import Message
from dpa.alerts.models import OutboxAttachment, OutboxMessage
from dpa.alerts.rules import State
from dpa.evidence.register import store
from dpa.evidence.register.models import DocumentFile, DocumentState, FileRole, IssuedDocument
from dpa.evidence.trail import anchoring
from dpa.evidence.trail.models import TrailCheckpoint
from dpa.slice import Journey
from dpa.unit import Unit

MOST_SHOWN = 50
CHECKPOINT_NAME = "trail-checkpoint.txt"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Held:
    """A document ready to go with a claimed message, by its digest."""

    document_id: int
    name: str
    """File name for the recipient."""
    sha256: str
    checkpoint: str
    """Signed note printed in the document."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it goes into a mail."""

    name: str
    media: str
    """Media type, such as application/pdf; of a text with its character set."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A document that belongs to a message, for the message's page and the document's."""

    document_id: int
    reference: str
    sent_sha256: str | None
    issued: bool


def attach(unit: Unit, messages: Iterable[Message], numbers: Mapping[str, int]) -> None:
    """Note which documents go with freshly stored messages; `numbers` holds the row of each dedupe key."""
    rows = [
        {"outbox_id": numbers[message.dedupe_key], "document_id": document_id, "sent_sha256": None}
        for message in messages
        for document_id in message.attachments
    ]
    if rows:
        unit.session.execute(insert(OutboxAttachment), rows)


def held(session: Session, outbox_id: int) -> tuple[Held, ...]:
    """Return the documents of a message that are issued: the newest file of each."""
    query = (
        select(IssuedDocument.id, IssuedDocument.reference, DocumentFile.sha256, TrailCheckpoint.note)
        .join(OutboxAttachment, OutboxAttachment.document_id == IssuedDocument.id)
        .join(DocumentFile, DocumentFile.document_id == IssuedDocument.id)
        .join(TrailCheckpoint, TrailCheckpoint.size == IssuedDocument.checkpoint_size)
        .where(OutboxAttachment.outbox_id == outbox_id, DocumentFile.role != FileRole.BUNDLE)
        .order_by(IssuedDocument.id, DocumentFile.at, DocumentFile.sha256)
    )
    newest = {row.id: Held(row.id, f"{row.reference}.pdf", row.sha256, row.note) for row in session.execute(query)}
    return tuple(newest.values())


def load(folder: Path, documents: Sequence[Held]) -> tuple[Attachment, ...]:
    """Read the files of a claimed message; one that cannot be read is left out and told, since the mail says everything it must."""
    found: list[Attachment] = []
    for document in documents:
        try:
            content = store.get(folder, document.sha256)
        except (store.Missing, OSError) as error:
            # Without the traceback: its words may name a customer.
            log.error("attachment_missing", document=document.document_id, kind=type(error).__name__)  # noqa: TRY400
            continue
        found.append(Attachment(document.name, "application/pdf", content))
    notes = {document.checkpoint: None for document in documents}
    found += [Attachment(CHECKPOINT_NAME, "text/plain; charset=utf-8", note.encode()) for note in list(notes)[:1]] if found else []
    return tuple(found)


def let_go(unit: Unit, document: IssuedDocument) -> None:
    """Let messages leave that waited for this document and for no other one. Called in the transaction that lists the document."""
    other = aliased(OutboxAttachment)
    waits = exists().where(
        other.outbox_id == OutboxMessage.id, IssuedDocument.id == other.document_id, IssuedDocument.state != DocumentState.ISSUED
    )
    mine = select(OutboxAttachment.outbox_id).where(OutboxAttachment.document_id == document.id)
    unit.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(mine), OutboxMessage.state == State.PENDING, OutboxMessage.hold_until.is_not(None), ~waits)
        .values(next_at=unit.now, hold_until=None)
        .execution_options(synchronize_session=False)
    )


def note_sent(unit: Unit, row: OutboxMessage, names: Iterable[str], documents: Sequence[Held]) -> list[str]:
    """Write down which files left with an accepted message; returns their digests.

    What a real mail server accepted is held outside from now on, and so is the checkpoint in it.
    """
    left = set(names)
    sent = [document for document in documents if document.name in left]
    for document in sent:
        unit.session.execute(
            update(OutboxAttachment)
            .where(OutboxAttachment.outbox_id == row.id, OutboxAttachment.document_id == document.document_id)
            .values(sent_sha256=document.sha256)
            .execution_options(synchronize_session=False)
        )
        if unit.settings.smtp_url:
            size = unit.session.scalar(select(IssuedDocument.checkpoint_size).where(IssuedDocument.id == document.document_id))
            assert size is not None, "an issued document has its checkpoint"
            anchoring.hold(unit, size, "document", f"document:{document.document_id}", "")
    return [document.sha256 for document in sent]


def of_message(session: Session, outbox_id: int) -> list[Sent]:
    """Return the documents of a message, for its page."""
    query = (
        select(IssuedDocument.id, IssuedDocument.reference, OutboxAttachment.sent_sha256, IssuedDocument.state)
        .join(OutboxAttachment, OutboxAttachment.document_id == IssuedDocument.id)
        .where(OutboxAttachment.outbox_id == outbox_id)
        .order_by(IssuedDocument.id)
    )
    return [Sent(row.id, row.reference, row.sent_sha256, row.state is DocumentState.ISSUED) for row in session.execute(query)]


def journeys(session: Session, document_id: int) -> list[Journey]:
    """Return where a document was sent by mail, for its page; at most fifty."""
    query = (
        select(OutboxMessage, OutboxAttachment.sent_sha256)
        .join(OutboxAttachment, OutboxAttachment.outbox_id == OutboxMessage.id)
        .where(OutboxAttachment.document_id == document_id)
        .order_by(OutboxMessage.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        Journey(row.sent_at, f"{row.to_name}, {row.to_address}" if row.to_name else row.to_address, *_fate(row, sha256), sha256, f"/outbox/{row.id}")
        for row, sha256 in session.execute(query)
    ]


def _fate(row: OutboxMessage, sha256: str | None) -> tuple[str, str]:
    if row.state is State.SENT and row.kept:
        return ("kept in the file mailbox, nobody received it", "off")
    if row.state is State.SENT:
        return ("left with the mail", "met") if sha256 else ("the mail left before the document was sealed", "late")
    return {
        State.DEAD: ("the mail could not be delivered", "late"), State.CANCELLED: ("the mail was cancelled", "off"),
        State.SENDING: ("being handed over", "running"),
    }.get(row.state, ("waits to be sent", "soon"))  # fmt: skip
