"""Tables around what people hand over: documents that no mail carried when they were ordered."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dpa.columns import Base, Id, Instant


class NoticePaper(Base):
    """One phase as a sealed document for a customer to whom no mail carried it when it was ordered: it is handed over, and goes with a mail that can be sent later."""

    __tablename__ = "breach_paper"
    __table_args__ = (UniqueConstraint("notice_id", "affected_id"), Index(None, "affected_id"), Index(None, "document_id"))

    id: Mapped[Id]
    notice_id: Mapped[int] = mapped_column(ForeignKey("breach_notice.id"))
    affected_id: Mapped[int] = mapped_column(ForeignKey("breach_affected.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("issued_document.id"))
    language: Mapped[str] = mapped_column(String(2))
    """Language of the document, whatever language the text itself has (ISO 639-1)."""
    part: Mapped[str] = mapped_column(Text)
    """What it tells the customer of its own part (`dpa.breaches.facts.shares`), as canonical JSON; empty where nothing was known."""
    ordered_at: Mapped[Instant]
    ordered_by: Mapped[str] = mapped_column(String(40))
    """Actor who released the phase, or recorded that it was given."""


class DeliveryReceipt(Base):
    """What a person handed over was received, as became known afterwards: from then on it counts."""

    __tablename__ = "breach_receipt"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("breach_delivery.id"), primary_key=True, autoincrement=False)
    received_at: Mapped[Instant]
    proof: Mapped[str] = mapped_column(Text)
    """What proves it, such as who signed for it."""
    recorded_at: Mapped[Instant]
    recorded_by: Mapped[str] = mapped_column(String(40))
    """Actor who recorded it."""


class DeliveryReturn(Base):
    """What a person handed over came back undelivered: it gave the customer nothing, and the delivery is marked as returned."""

    __tablename__ = "breach_return"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("breach_delivery.id"), primary_key=True, autoincrement=False)
    came_back_at: Mapped[Instant]
    """When it came back, or was known not to arrive any more."""
    reason: Mapped[str] = mapped_column(Text)
    """Why, as the carrier said it."""
    recorded_at: Mapped[Instant]
    recorded_by: Mapped[str] = mapped_column(String(40))
    """Actor who recorded it."""
