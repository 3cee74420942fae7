"""Table of decisions about where an incident happened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dpa.columns import Base, Id, Instant, Utc


class BreachUpstream(Base):
    """One decision, after the recording, about the subprocessor at which an incident happened; a later one adds a row and changes none."""

    __tablename__ = "breach_upstream"
    __table_args__ = (UniqueConstraint("breach_id", "number"),)

    id: Mapped[Id]
    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"))
    number: Mapped[int]
    """1 for the first decision."""
    name: Mapped[str] = mapped_column(String(200))
    """The subprocessor; empty when it happened here after all."""
    told_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it told us; none while that is not on record."""
    old_name: Mapped[str] = mapped_column(String(200))
    """What stood before, so that an earlier instant can be told again."""
    old_told_at: Mapped[datetime | None] = mapped_column(Utc())
    reason: Mapped[str] = mapped_column(Text)
    """Why it is said now, or corrected."""
    decided_at: Mapped[Instant]
    decided_by: Mapped[str] = mapped_column(String(40))
    """Actor who recorded it."""
