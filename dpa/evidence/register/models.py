"""Tables of the register: numbers, documents, and every file of a document that was ever issued."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dpa.columns import Base, BigId, Id, Instant, Utc, word

STAMP_WANTED = "stamp_wanted_since IS NOT NULL"
NUMBERED = "found_at IS NULL"
"""Documents whose number this register gave out."""
FAULTY = "fault_since IS NOT NULL"


class DocumentState(StrEnum):
    """How far a document is."""

    ORDERED = "ordered"
    """It has its number and its content; rendering and sealing follow outside the transaction."""
    ISSUED = "issued"
    """Sealed, stored and listed. Never changed again."""


class FileRole(StrEnum):
    """What a file is to its document."""

    SEALED = "sealed"
    """The document as it was issued first."""
    STAMPED = "stamped"
    """The same document with an archive time-stamp added after it was issued."""
    BUNDLE = "bundle"
    """The proof bundle beside it (zip)."""


class FileFault(StrEnum):
    """What is wrong with a stored file."""

    MISSING = "missing"
    """It is not in the store."""
    ALTERED = "altered"
    """What is in the store under its name is not what was issued."""


class DocumentSeries(Base):
    """The last number given out, per organisation, kind and year; its row is the lock that keeps numbers without gaps."""

    __tablename__ = "document_series"
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "a counter; each number given out is in the event of the document that got it"

    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"), primary_key=True, autoincrement=False)
    """Whose numbers."""
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Kind of document."""
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Year of the order, in the organisation's zone."""
    last: Mapped[int]
    """Number given out last."""


class IssuedDocument(Base):
    """One document of the register."""

    __tablename__ = "issued_document"
    __table_args__ = (
        Index(
            "uq_issued_document_number", "organisation_id", "kind", "year", "number",
            unique=True, sqlite_where=text(NUMBERED), postgresql_where=text(NUMBERED),
        ),
        Index("ix_issued_document_list", "organisation_id", "id"),
        Index("ix_issued_document_subject", "subject_type", "subject_id", "id"),
        Index("ix_issued_document_stamp", "stamp_wanted_since", sqlite_where=text(STAMP_WANTED), postgresql_where=text(STAMP_WANTED)),
    )

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"))
    """Who issues it."""
    kind: Mapped[str] = mapped_column(String(40))
    """Name of its kind, such as breach-notice."""
    year: Mapped[int]
    """Year of its number, in the organisation's zone."""
    number: Mapped[int]
    """Running number within organisation, kind and year, without gaps."""
    reference: Mapped[str] = mapped_column(String(60), index=True)
    """Number as people write it, such as LL-BN-2026-0007."""
    title: Mapped[str] = mapped_column(String(300))
    """Title, for lists."""
    addressee: Mapped[str] = mapped_column(String(200), default="")
    """Whom it is for, for lists; empty for documents of the house."""
    controller_id: Mapped[int | None] = mapped_column(BigId)
    """The customer it is for; no foreign key, so that customers may go while the evidence stays."""
    subject_type: Mapped[str] = mapped_column(String(32))
    """Kind of the case it belongs to, such as breach."""
    subject_id: Mapped[str] = mapped_column(String(40))
    """Number of that case, as text."""
    state: Mapped[DocumentState] = mapped_column(word(DocumentState), default=DocumentState.ORDERED)
    """ordered or issued."""
    content: Mapped[str] = mapped_column(Text)
    """What was ordered: canonical JSON of everything the document states, fixed in the act that ordered it."""
    ordered_at: Mapped[Instant]
    """When it was ordered."""
    ordered_by: Mapped[str] = mapped_column(String(40))
    """Actor who ordered it."""
    record: Mapped[str | None] = mapped_column(Text)
    """The record attached to the PDF, byte for byte: content, time of issue, seal and checkpoint. None until issued."""
    issued_at: Mapped[datetime | None] = mapped_column(Utc())
    """The instant of issue that the document states."""
    found_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it was listed again because its file was found in the store and no row named it: an older database had been restored. None for all others."""
    sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Digest of the file as it was issued first, lower-case hexadecimal."""
    unsealed_sha256: Mapped[str | None] = mapped_column(String(64))
    """Digest of the file before sealing: rendering the record again gives the same."""
    record_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    """Digest of the record, whose first digits stand at the foot of each page."""
    size: Mapped[int | None]
    """Bytes of the file as it was issued first."""
    pages: Mapped[int | None]
    """Its pages."""
    level: Mapped[str | None] = mapped_column(String(20))
    """PAdES level of its newest file: B-B, B-T, B-LT or B-LTA (ETSI EN 319 142-1)."""
    seal_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("seal_identity.id"))
    """Identity it was sealed with."""
    checkpoint_size: Mapped[int | None] = mapped_column(BigId)
    """Size of the trail at the checkpoint printed in it."""
    stamp_wanted_since: Mapped[datetime | None] = mapped_column(Utc())
    """Since when it lacks the time-stamp it should have; none when it has one or none is configured."""
    supersedes_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("issued_document.id"), index=True)
    """The older document it replaces."""
    superseded_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("issued_document.id"))
    """The newer, issued document that replaces it."""
    supersede_reason: Mapped[str] = mapped_column(Text, default="")
    """Why it replaces the older one."""
    files: Mapped[list[DocumentFile]] = relationship(back_populates="document", order_by="DocumentFile.at, DocumentFile.sha256")


class DocumentWork(Base):
    """An ordered document that waits to be rendered and sealed; gone once it is issued."""

    __tablename__ = "document_work"
    __table_args__ = (Index("ix_document_work_next", "next_at", "document_id"),)
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "leases and retries change it; ordering and issuing have events of their own"

    document_id: Mapped[int] = mapped_column(BigId, ForeignKey("issued_document.id"), primary_key=True, autoincrement=False)
    """The document."""
    next_at: Mapped[Instant]
    """When a worker may (next) take it: now, after a failure later, or the end of the running lease."""
    claim: Mapped[int] = mapped_column(default=0)
    """Raised by each claim; a worker that comes back late with an old one may no longer issue it."""
    failures: Mapped[int] = mapped_column(default=0)
    """How often rendering or sealing failed."""
    last_error: Mapped[str] = mapped_column(Text, default="")
    """Why it failed last, in words; empty when it did not."""


class DocumentFile(Base):
    """One file of a document, as it was issued. Files are stored by digest and never replaced."""

    __tablename__ = "document_file"
    __table_args__ = (
        Index(None, "document_id"),
        Index("ix_document_file_fault", "fault_since", sqlite_where=text(FAULTY), postgresql_where=text(FAULTY)),
    )

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Digest of the file, lower-case hexadecimal; also its name in the store."""
    document_id: Mapped[int] = mapped_column(BigId, ForeignKey("issued_document.id"))
    """The document."""
    role: Mapped[FileRole] = mapped_column(word(FileRole))
    """What it is to the document."""
    level: Mapped[str] = mapped_column(String(20), default="")
    """PAdES level; empty for a bundle."""
    size: Mapped[int]
    """Bytes."""
    at: Mapped[Instant]
    """When it was issued."""
    fault: Mapped[FileFault | None] = mapped_column(word(FileFault))
    """What was wrong with it in the store when somebody looked last; none when it was whole."""
    fault_since: Mapped[datetime | None] = mapped_column(Utc())
    """When that was seen first."""
    document: Mapped[IssuedDocument] = relationship(back_populates="files")


class DocumentCheck(Base):
    """The result of one reading of all stored files by the worker or on demand."""

    __tablename__ = "document_check"
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "it is a result about the store; each fault seen, and each file found, is a trail event"

    id: Mapped[Id]
    """Number of the row."""
    at: Mapped[Instant]
    """When it was begun."""
    files: Mapped[int]
    """How many files of the register were read."""
    faults: Mapped[int]
    """How many of them are missing or altered."""
