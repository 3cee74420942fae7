"""What the time-stamps in a document's newest file prove, read from the file and kept for lists, clocks and searches.

The file is what counts, and a check always reads the file itself. These rows only spare the pages from opening hundreds of them, and tell
the worker which time-stamps are to be renewed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from dpa.columns import Base, BigId, Instant, Utc
from dpa.evidence.register.models import DocumentState, IssuedDocument
from dpa.evidence.seal import queries as seals
from dpa.evidence.seal.standing import Standing, standing

if TYPE_CHECKING:
    from dpa.evidence.seal.held import Held


class DocumentProof(Base):
    """The time-stamps of one document, as its newest file holds them."""

    __tablename__ = "document_proof"
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "read from a file whose digest the trail holds, and read again whenever the document gets another"

    document_id: Mapped[int] = mapped_column(BigId, ForeignKey("issued_document.id"), primary_key=True, autoincrement=False)
    """The document."""
    sha256: Mapped[str] = mapped_column(String(64))
    """Digest of the file that was read."""
    proved_at: Mapped[datetime | None] = mapped_column(Utc())
    """The oldest instant that a time-stamp in it states; none without one."""
    stamped_at: Mapped[datetime | None] = mapped_column(Utc())
    """The instant of its newest archive time-stamp; none without one."""
    ends_at: Mapped[datetime | None] = mapped_column(Utc(), index=True)
    """When the certificate of that archive time-stamp ends: until then it proves by itself, and a newer one has to be over it."""
    authority: Mapped[str] = mapped_column(String(200), default="")
    """Name of the authority in that certificate."""
    read_at: Mapped[Instant]
    """When the file was read."""


def keep(session: Session, document_id: int, sha256: str, held: Held, now: datetime) -> None:
    """Put down what the newest file of a document holds, in place of what was read before."""
    row = session.get(DocumentProof, document_id)
    if row is None:
        row = DocumentProof(document_id=document_id)
        session.add(row)
    row.sha256, row.read_at = sha256, now
    row.proved_at, row.stamped_at, row.ends_at, row.authority = held.proved_at, held.stamped_at, held.ends_at, held.authority[:200]
    session.flush()


def of(session: Session, document_ids: Sequence[int]) -> Mapping[int, DocumentProof]:
    """Return what is known of several documents; no statement for none. The caller has checked the scope."""
    if not document_ids:
        return {}
    return {row.document_id: row for row in session.scalars(select(DocumentProof).where(DocumentProof.document_id.in_(document_ids)))}


@dataclass(frozen=True, slots=True)
class Revoked:
    """A document whose seal was revoked."""

    standing: Standing
    at: datetime
    """When the seal was revoked."""
    proved_at: datetime | None
    """When a time-stamp proves that the document existed; none without one."""


def revoked(session: Session, rows: Sequence[IssuedDocument]) -> Mapping[int, Revoked]:
    """Return those documents whose seal was revoked, by number; in one statement where there are none. The caller has checked the scope."""
    at = seals.revocations(session, [row.seal_id for row in rows if row.seal_id is not None])
    found = [row for row in rows if row.seal_id in at]
    known = of(session, [row.id for row in found])
    return {row.id: _revoked(row, at[row.seal_id or 0], known.get(row.id)) for row in found}


def _revoked(row: IssuedDocument, at: datetime, proof: DocumentProof | None) -> Revoked:
    proved_at = proof.proved_at if proof else None
    return Revoked(standing(at, row.issued_at, proved_at), at, proved_at)


@dataclass(frozen=True, slots=True)
class Touched:
    """What a revocation of one seal would do to the documents that it sealed."""

    proved: int = 0
    """Documents that stay good, because a time-stamp proves when they were sealed."""
    unproved: int = 0
    """Documents of which it could not be told any more whether they were sealed before."""

    @property
    def number(self) -> int:
        """All documents it sealed."""
        return self.proved + self.unproved


def touched(session: Session, organisation_id: int) -> Mapping[int, Touched]:
    """Return it for each seal of an organisation that sealed a document, by identity; in one statement."""
    found = session.execute(
        select(IssuedDocument.seal_id, func.count(DocumentProof.proved_at).label("proved"), func.count().label("number"))
        .outerjoin(DocumentProof, DocumentProof.document_id == IssuedDocument.id)
        .where(IssuedDocument.organisation_id == organisation_id, IssuedDocument.state == DocumentState.ISSUED, IssuedDocument.seal_id.is_not(None))
        .group_by(IssuedDocument.seal_id)
    )
    return {row.seal_id: Touched(row.proved, row.number - row.proved) for row in found}


def unproved(session: Session, seal_id: int, limit: int) -> list[str]:
    """Return the numbers of documents that a seal sealed and no time-stamp proves the time of, the oldest first."""
    wanted = (
        select(IssuedDocument.reference)
        .outerjoin(DocumentProof, DocumentProof.document_id == IssuedDocument.id)
        .where(IssuedDocument.seal_id == seal_id, IssuedDocument.state == DocumentState.ISSUED, DocumentProof.proved_at.is_(None))
        .order_by(IssuedDocument.id)
        .limit(limit)
    )
    return list(session.scalars(wanted))


def waiting(session: Session, organisation_id: int) -> int:
    """Return how many ordered documents of an organisation are not sealed yet."""
    query = select(func.count()).select_from(IssuedDocument).where(IssuedDocument.organisation_id == organisation_id, IssuedDocument.state == DocumentState.ORDERED)
    return int(session.scalar(query) or 0)
