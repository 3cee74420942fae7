"""Tables of the breach workflow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dpa.breaches.rules import Selection
from dpa.columns import Base, Id, Instant, Utc, word


class Breach(Base):
    """An incident that compromised personal data processed for controllers."""

    __tablename__ = "breach"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", "number"),
        Index("ix_breach_list", "organisation_id", "aware_at", "id"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    """The processor in whose systems it happened."""
    year: Mapped[int]
    """Year of the reference number, in the organisation's zone."""
    number: Mapped[int]
    """Running number within organisation and year, without gaps."""
    reference: Mapped[str] = mapped_column(String(40), index=True)
    """Name people use, such as LL-2026-007."""
    title: Mapped[str] = mapped_column(String(200))
    """A few words for lists."""
    known: Mapped[str] = mapped_column(Text)
    """What was known when it was recorded."""
    detected_at: Mapped[Instant]
    """When anybody or anything first noticed."""
    aware_at: Mapped[Instant]
    """When the organisation was aware; all clocks run from here; never changed."""
    awareness_reason: Mapped[str] = mapped_column(Text)
    """Why awareness came later than detection; empty when it did not."""
    zone: Mapped[str] = mapped_column(String(64))
    """Zone the times were entered in."""
    recorded_by: Mapped[str] = mapped_column(String(40))
    """Actor who recorded it."""
    recorded_at: Mapped[Instant]
    """When it was recorded."""
    affected: Mapped[list[Affected]] = relationship(back_populates="breach")
    notice: Mapped[Notice | None] = relationship(back_populates="breach")


class Affected(Base):
    """One agreement an incident touches, with its clock."""

    __tablename__ = "breach_affected"
    __table_args__ = (UniqueConstraint("breach_id", "agreement_id"),)

    id: Mapped[Id]
    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), index=True)
    controller_id: Mapped[int] = mapped_column(ForeignKey("controller.id"))
    """The customer, copied from the agreement."""
    docket_entry_id: Mapped[int] = mapped_column(ForeignKey("docket_entry.id"), index=True)
    """The running clock."""
    selection: Mapped[Selection] = mapped_column(word(Selection))
    """How the agreement was found to be affected."""
    promise: Mapped[str] = mapped_column(String(200))
    """The term the clock comes from, in a few words."""
    added_at: Mapped[Instant]
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id"), index=True)
    """The notice as it was queued; none until released."""
    document_id: Mapped[int | None] = mapped_column(ForeignKey("issued_document.id"), index=True)
    """The notice as a sealed document; none until released."""
    sent_at: Mapped[datetime | None] = mapped_column(Utc())
    """When the customer's mail server accepted the notice; meets the clock."""
    breach: Mapped[Breach] = relationship(back_populates="affected")


class Notice(Base):
    """The text of the notice of an incident, written once for all customers."""

    __tablename__ = "breach_notice"

    id: Mapped[Id]
    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"), unique=True)
    nature: Mapped[str] = mapped_column(Text)
    """Art. 33(3)(a)."""
    contact: Mapped[str] = mapped_column(Text)
    """Art. 33(3)(b)."""
    consequences: Mapped[str] = mapped_column(Text)
    """Art. 33(3)(c)."""
    measures: Mapped[str] = mapped_column(Text)
    """Art. 33(3)(d)."""
    unknown: Mapped[str] = mapped_column(Text)
    """What is not known yet, Art. 33(4)."""
    drafted_at: Mapped[Instant]
    released_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it was first released; the text is fixed from then on."""
    released_by: Mapped[str | None] = mapped_column(String(40))
    breach: Mapped[Breach] = relationship(back_populates="notice")
