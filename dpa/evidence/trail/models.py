"""The trail's tables: events as exact text, erasable payloads, the upper nodes of the tree, its head; signed checkpoints and
where copies of them are held.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from dpa.columns import Base, BigId, Id, Instant, Utc
from dpa.evidence.trail import triggers

_PART_OF_THE_TRAIL = "it is part of the trail itself"


class TrailEvent(Base):
    """One event: leaf `idx` of the tree. The columns beside `body` are copies for queries, compared when verifying."""

    __tablename__ = "trail_event"
    __table_args__ = (
        Index(None, "subject_type", "subject_id", "idx"),
        Index(None, "organisation_id", "idx"),
        Index(None, "organisation_id", "actor", "idx"),
        Index(None, "action", "idx"),
        Index(None, "at"),
    )
    audited = False
    not_audited_because = _PART_OF_THE_TRAIL

    idx: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """Place in the tree, from 0, without gaps; the order of acts, whatever the clock said."""
    event_id: Mapped[str] = mapped_column(String(32), unique=True)
    """128 random bits in hexadecimal; also in the body."""
    body: Mapped[str] = mapped_column(Text)
    """The exact canonical text that was hashed; never parsed and written again."""
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of 0x00 and the body (RFC 6962)."""
    at: Mapped[Instant]
    """Instant of the act as the clock said; may step back."""
    action: Mapped[str] = mapped_column(String(64))
    """Registered name, slice:object:action."""
    actor: Mapped[str] = mapped_column(String(40))
    """Opaque reference of who acted."""
    organisation_id: Mapped[int | None] = mapped_column(BigId)
    """Whose event it is; none for the installation. No foreign key: the trail outlives what it speaks of."""
    subject_type: Mapped[str] = mapped_column(String(32))
    """Kind of the subject, such as breach."""
    subject_id: Mapped[str] = mapped_column(String(40))
    """Number of the subject, as text."""
    request_id: Mapped[str] = mapped_column(String(32))
    """Ties together what one request, job or command did."""


class TrailPayload(Base):
    """A personal part of an event, kept outside the tree so that it can be erased (Art. 17 GDPR)."""

    __tablename__ = "trail_payload"
    audited = False
    not_audited_because = _PART_OF_THE_TRAIL

    event_idx: Mapped[int] = mapped_column(BigId, ForeignKey("trail_event.idx"), primary_key=True, autoincrement=False)
    """The event it belongs to."""
    part: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Name of the part; the event's body holds the commitment under the same name."""
    salt: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Key of the commitment, 32 random bytes; zeros after erasure."""
    body: Mapped[str | None] = mapped_column(Text)
    """Canonical text of the part; none after erasure."""
    erased_by_idx: Mapped[int | None] = mapped_column(BigId)
    """The event that erased it, with reason and legal basis."""


class TrailNode(Base):
    """The hash of a perfect subtree of 256 leaves or more, so that proofs need not read the whole log."""

    __tablename__ = "trail_node"
    audited = False
    not_audited_because = _PART_OF_THE_TRAIL

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """Height; the subtree has 2**level leaves."""
    idx: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """Place from the left at this height, from 0."""
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Its hash (RFC 6962)."""


class TrailHead(Base):
    """The one row every append locks last: how long the trail is, and what the next append needs."""

    __tablename__ = "trail_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    audited = False
    not_audited_because = _PART_OF_THE_TRAIL

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """Always 1."""
    size: Mapped[int] = mapped_column(BigId)
    """Number of events."""
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    """Roots of the perfect subtrees, largest first, 32 bytes each."""


class TrailVerification(Base):
    """The result of one verification by the worker or on demand, for the board's quiet line."""

    __tablename__ = "trail_verification"
    audited = False
    not_audited_because = "it is a result about the trail; the verification itself is a trail event"

    id: Mapped[Id]
    """Number of the row."""
    at: Mapped[Instant]
    """When it was begun."""
    size: Mapped[int] = mapped_column(BigId)
    """How many events were verified."""
    root: Mapped[str] = mapped_column(String(64))
    """Root of the tree over them, hexadecimal."""
    findings: Mapped[int] = mapped_column(BigId)
    """How many things were wrong; 0 when all is well."""
    first_finding: Mapped[str] = mapped_column(Text, default="")
    """The first of them as a sentence; empty when all is well."""

    @property
    def ok(self) -> bool:
        """Tell whether nothing was wrong."""
        return self.findings == 0


class TrailKey(Base):
    """A key that signs checkpoints: its public half, and from which size of the trail on it signs."""

    __tablename__ = "trail_key"
    audited = False
    not_audited_because = _PART_OF_THE_TRAIL

    key_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    """Four bytes in hexadecimal, as signed notes name the key (C2SP signed-note)."""
    vkey: Mapped[str] = mapped_column(String(300))
    """Public key in the form name+id+base64 (C2SP signed-note)."""
    valid_from_size: Mapped[int] = mapped_column(BigId)
    """Size of the trail when it began to sign."""
    valid_to_size: Mapped[int | None] = mapped_column(BigId)
    """Size of the trail at its last checkpoint; none while it signs."""
    created_at: Mapped[Instant]
    """When it was made."""


class TrailCheckpoint(Base):
    """A signed statement of the trail's size and root (C2SP tlog-checkpoint)."""

    __tablename__ = "trail_checkpoint"
    audited = False
    not_audited_because = _PART_OF_THE_TRAIL

    size: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """Number of events it covers."""
    root: Mapped[str] = mapped_column(String(64))
    """Root over them, hexadecimal."""
    note: Mapped[str] = mapped_column(Text)
    """The signed note, byte for byte."""
    reason: Mapped[str] = mapped_column(String(40))
    """Why it was made: daily, document, request, key or command."""
    at: Mapped[Instant]
    """When it was signed."""


class TrailWitness(Base):
    """An address outside the house to which checkpoints are mailed every day."""

    __tablename__ = "trail_witness"
    __table_args__ = (Index(None, "organisation_id"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"))
    """Who named it."""
    name: Mapped[str] = mapped_column(String(200))
    """Who reads there; empty once removed."""
    address: Mapped[str] = mapped_column(String(254))
    """Mail address; empty once removed."""
    added_at: Mapped[Instant]
    """Since when."""
    added_by: Mapped[str] = mapped_column(String(40))
    """Actor who named it."""
    removed_at: Mapped[datetime | None] = mapped_column(Utc())
    """Since when no longer; none while it is mailed."""
    trouble: Mapped[str | None] = mapped_column(String(20))
    """Why it is mailed nothing although it is named: unusable, or inside the house; none while mail goes to it."""


class TrailAnchor(Base):
    """One copy of a checkpoint held outside: whoever holds it can prove a later rewrite."""

    __tablename__ = "trail_anchor"
    __table_args__ = (UniqueConstraint("kind", "reference", "size"), Index(None, "at"), Index(None, "size"))
    audited = False
    not_audited_because = "it follows from a mail or an act that has an event of its own"

    id: Mapped[Id]
    size: Mapped[int] = mapped_column(BigId, ForeignKey("trail_checkpoint.size"))
    """The checkpoint."""
    kind: Mapped[str] = mapped_column(String(20))
    """witness (mailed to a witness), document (in a document a customer's server accepted), stamp (RFC 3161), kept (a person keeps it), contrary (a note
    shown here that contradicts the trail)."""
    reference: Mapped[str] = mapped_column(String(80))
    """What made it, such as message:17, document:4 or person:3."""
    target: Mapped[str] = mapped_column(Text, default="")
    """Where it is held: a witness by number, a person's place in words; empty where the reference says it all."""
    receipt: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Proof of the copy: the time-stamp token (DER), or the note that contradicts."""
    at: Mapped[Instant]
    """Since when it is held outside."""
    compared_at: Mapped[datetime | None] = mapped_column(Utc())
    """When a note kept by a person was shown and found to be this one; none while it was not."""


def table(model: type[Base]) -> Table:
    """Return the table of a model, for statements that go past the unit of work."""
    found = model.__table__
    assert isinstance(found, Table)
    return found


for _model in (TrailEvent, TrailPayload, TrailNode, TrailHead, TrailCheckpoint):
    triggers.attach(table(_model))
