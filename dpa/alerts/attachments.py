"""Documents that go with a message: attached while it is stored, added when it is sent, and let go as soon as they are issued.

Sealing happens after the act that releases a notice, so its mail waits for the document, but never for long: when the wait ends the
mail leaves without it. A seal that fails must not cost a promise. Beside a document goes the checkpoint of the trail printed in it, as
a small text: whoever keeps the mail can prove a later rewrite.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import Table, bindparam, exists, insert, select, update
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
    checkpoint_size: int
    """How many events that checkpoint covers."""


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


def held(session: Session, outbox_ids: Collection[int]) -> dict[int, tuple[Held, ...]]:
    """Return the documents of messages that are issued: the newest file of each, by the number of the message."""
    if not outbox_ids:
        return {}
    query = (
        select(OutboxAttachment.outbox_id, IssuedDocument.id, IssuedDocument.reference, DocumentFile.sha256, TrailCheckpoint.size, TrailCheckpoint.note)
        .join(IssuedDocument, OutboxAttachment.document_id == IssuedDocument.id)
        .join(DocumentFile, DocumentFile.document_id == IssuedDocument.id)
        .join(TrailCheckpoint, TrailCheckpoint.size == IssuedDocument.checkpoint_size)
        .where(OutboxAttachment.outbox_id.in_(outbox_ids), DocumentFile.role != FileRole.BUNDLE)
        .order_by(IssuedDocument.id, DocumentFile.at, DocumentFile.sha256)
    )
    newest: dict[int, dict[int, Held]] = {}
    for row in session.execute(query):
        newest.setdefault(row.outbox_id, {})[row.id] = Held(row.id, f"{row.reference}.pdf", row.sha256, row.note, row.size)
    return {number: tuple(documents.values()) for number, documents in newest.items()}


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


def note_sent(unit: Unit, sent: Mapping[int, tuple[Collection[str], Sequence[Held]]]) -> dict[int, list[str]]:
    """Write down which files left with accepted messages, given by number with the names that left and their documents; returns their digests.

    What a real mail server accepted is held outside from now on, and so is the checkpoint in it.
    """
    left = {number: [document for document in documents if document.name in names] for number, (names, documents) in sent.items()}
    rows = [{"message": number, "document": one.document_id, "digest": one.sha256} for number, documents in left.items() for one in documents]
    if rows:
        target = OutboxAttachment.__table__
        assert isinstance(target, Table)
        unit.session.connection().execute(
            update(target)
            .where(target.c.outbox_id == bindparam("message"), target.c.document_id == bindparam("document"))
            .values(sent_sha256=bindparam("digest")),
            rows,
        )
    if unit.settings.smtp_url:
        anchoring.hold_many(unit, "document", {f"document:{one.document_id}": one.checkpoint_size for documents in left.values() for one in documents})
    return {number: [one.sha256 for one in documents] for number, documents in left.items()}


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
