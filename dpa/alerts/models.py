"""Tables of the outbox and of the worker's life.

Rows of the outbox change under leases every few seconds; the trail is told how each message ended (see `dpa.alerts.events`), and
`DeliveryEvent` keeps every answer in between.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from dpa.alerts.rules import Category, EventKind, State
from dpa.columns import Base, BigId, Id, Instant, Json, Utc, word

LIVE = "state IN ('pending', 'sending')"
"""Condition of the partial indexes. Queries must repeat it word for word, or SQLite will not use them."""
DEAD = "state = 'dead'"
TROUBLED = "(follow_up OR state IN ('dead', 'cancelled') OR (last_error IS NOT NULL AND state IN ('pending', 'sending')))"
"""Messages that are neither simply waiting nor simply sent: given up, set aside, not taken at the last attempt, or sent with something left to do."""
TAKEN = "state = 'sent' AND category <> 'account'"
"""Messages that a mail server or the file mailbox took, but for those of accounts, which have no place on a board."""
REFUSED = "state IN ('dead', 'cancelled') AND attempts > 0"
"""Messages that were offered to a mail server and will not leave any more."""
REACHED = "state = 'sent' AND NOT kept"
"""Messages that a mail server took."""


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class OutboxMessage(Base):
    """One message to one recipient, stored as it will be sent."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        _partial("ix_outbox_message_next", "next_at", "id", where=LIVE),
        _partial("ix_outbox_message_deadline", "deadline_id", where=LIVE),
        _partial("ix_outbox_message_dead", "organisation_id", where=DEAD),
        _partial("ix_outbox_message_follow_up", "id", where="follow_up"),
        Index("ix_outbox_message_organisation", "organisation_id", "id"),
        # The newest mail that was taken, however many wait.
        _partial("ix_outbox_message_taken", "organisation_id", "id", where=TAKEN),
        Index("ix_outbox_message_about", "about_type", "about_id"),
        _partial("ix_outbox_message_troubled", "about_type", "about_id", where=TROUBLED),
        # What became of the newest mail to an address (`dpa.alerts.refusals`).
        _partial("ix_outbox_message_refused", "organisation_id", "to_address", "id", where=REFUSED),
        _partial("ix_outbox_message_reached", "organisation_id", "to_address", "id", where=REACHED),
    )
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "leases and retries change it every few seconds; how each message ended has an event of its own"

    id: Mapped[Id]
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    """What makes the message this one and no other, such as `deadline:7:v2:before-3h:p3`; enqueueing it twice stores it once."""
    organisation_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("organisation.id"))
    """Whose mail it is; none for mail about the installation itself. Decides who may see it."""
    mail: Mapped[str] = mapped_column(String(80))
    """Folder of its templates under templates/emails/."""
    category: Mapped[Category] = mapped_column(word(Category))
    """alert, notice, witness or account."""
    from_name: Mapped[str] = mapped_column(String(200))
    """Name shown as the sender."""
    to_address: Mapped[str] = mapped_column(String(254))
    """The one recipient."""
    to_name: Mapped[str] = mapped_column(String(200))
    """The recipient's name; may be empty."""
    reply_to: Mapped[str | None] = mapped_column(String(254))
    """Address that answers should go to; none for the sender's."""
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    """The colleague it goes to."""
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    """The customer's contact it goes to; no foreign key, so that contacts may go while the evidence stays."""
    about_type: Mapped[str | None] = mapped_column(String(40))
    """Kind of the case it concerns, such as `breach`."""
    about_id: Mapped[int | None] = mapped_column(BigInteger)
    """Number of that case."""
    deadline_id: Mapped[int | None] = mapped_column(BigInteger)
    """The docket entry it speaks of; when that moves or closes, the message is cancelled."""
    deadline_version: Mapped[int | None] = mapped_column(Integer)
    """Version of the entry's dates it speaks of."""
    subject: Mapped[str] = mapped_column(Text)
    """Subject line as sent."""
    body_text: Mapped[str] = mapped_column(Text)
    """Plain text as sent."""
    body_html: Mapped[str] = mapped_column(Text)
    """HTML as sent."""
    message_id: Mapped[str] = mapped_column(String(300), unique=True)
    """Message-ID without its brackets: the same for every copy, so that copies can be told."""
    state: Mapped[State] = mapped_column(word(State), default=State.PENDING)
    """pending, sending (leased to a worker), sent, dead or cancelled."""
    next_at: Mapped[Instant]
    """When a worker may take it: the next attempt, or the end of the running lease."""
    give_up_at: Mapped[Instant]
    """After this a failed attempt is the last."""
    claims: Mapped[int] = mapped_column(default=0)
    """How often a worker took it."""
    attempts: Mapped[int] = mapped_column(default=0)
    """How often a mail server was spoken to about it; claims beyond these are workers that died over it."""
    uncertain: Mapped[int] = mapped_column(default=0)
    """How often it may have been accepted without our knowing: that many copies may exist."""
    lease_owner: Mapped[str | None] = mapped_column(String(120))
    """Worker that holds it."""
    lease_until: Mapped[datetime | None] = mapped_column(Utc())
    """When the lease ends and another worker may take it."""
    lease_token: Mapped[int] = mapped_column(default=0)
    """Raised by each claim; a worker that comes back late with an old one may no longer write."""
    last_error: Mapped[str | None] = mapped_column(Text)
    """Why it was not sent at the last attempt, in words."""
    follow_up: Mapped[bool] = mapped_column(default=False)
    """Whether it was accepted but what should follow (such as meeting a deadline) failed and must be tried again."""
    hold_until: Mapped[datetime | None] = mapped_column(Utc())
    """Until when it waits for its attachments at most; none when it waits for nothing."""
    created_at: Mapped[Instant]
    """When it was stored; its Date header."""
    sent_at: Mapped[datetime | None] = mapped_column(Utc())
    """When the server accepted it."""
    kept: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the file mailbox took it, so that nobody received it. Stays as it was when a mail server is set later."""


class OutboxAttachment(Base):
    """A document that goes with a message, as soon as it is issued."""

    __tablename__ = "outbox_attachment"
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "it is part of a message; what left is in the event of the message's end"

    outbox_id: Mapped[int] = mapped_column(BigId, ForeignKey("outbox_message.id"), primary_key=True, autoincrement=False)
    """The message."""
    document_id: Mapped[int] = mapped_column(BigId, ForeignKey("issued_document.id"), primary_key=True, autoincrement=False, index=True)
    """The document."""
    sent_sha256: Mapped[str | None] = mapped_column(String(64))
    """Digest of the file that left with it; none until then, or when it left without."""


class DeliveryEvent(Base):
    """One line of a message's delivery record: what was tried and what the server answered."""

    __tablename__ = "delivery_event"
    __table_args__ = (Index(None, "outbox_id", "id"),)
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "one line for every attempt; the attempt that ends a message has an event of its own"

    id: Mapped[Id]
    outbox_id: Mapped[int] = mapped_column(BigId, ForeignKey("outbox_message.id"))
    """The message."""
    at: Mapped[Instant]
    """When the answer was known."""
    kind: Mapped[EventKind] = mapped_column(word(EventKind))
    """What happened."""
    smtp_code: Mapped[int | None]
    """The server's reply code; none when there was no reply."""
    reply_text: Mapped[str] = mapped_column(Text)
    """The server's words, or ours where there was no server."""


class WorkerHeartbeat(Base):
    """A sign of life of one worker process."""

    __tablename__ = "worker_heartbeat"
    __table_args__ = (Index(None, "seen_at"),)
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "it moves every ten seconds and says only that a process lives"

    worker_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    """Machine, process number and a random part."""
    host: Mapped[str] = mapped_column(String(80))
    """Machine, and process space where it has several."""
    pid: Mapped[int]
    """Process number there."""
    version: Mapped[str] = mapped_column(String(20))
    """Version of the product it runs."""
    started_at: Mapped[Instant]
    """When it began."""
    seen_at: Mapped[Instant]
    """Its last sign of life."""
    stopped_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it was stopped in good order."""
    failing_jobs: Mapped[list[str]] = mapped_column(Json())
    """Names of its jobs whose last three runs failed."""


class ClockJump(Base):
    """The wall clock of a worker's machine moved against elapsed time."""

    __tablename__ = "clock_jump"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[Id]
    at: Mapped[Instant]
    """When it was noticed, by the new time."""
    seconds: Mapped[int]
    """How far it went; negative when it was set back."""
    host: Mapped[str] = mapped_column(String(80))
    """The machine."""
