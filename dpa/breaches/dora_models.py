"""Table of decisions about DORA."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dpa.columns import Base, Id, Instant


class BreachClassification(Base):
    """One decision whether an incident is major in the sense of DORA Art. 18; a correction adds another one and changes none."""

    __tablename__ = "breach_classification"
    __table_args__ = (UniqueConstraint("breach_id", "number"),)

    id: Mapped[Id]
    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"))
    number: Mapped[int]
    """1 for the first decision."""
    major: Mapped[bool]
    """Whether it is; only then are the reports of DORA owed."""
    decided_at: Mapped[Instant]
    """When it was classified: what the four hours run from."""
    person: Mapped[str] = mapped_column(String(200))
    """Who classified it, as typed."""
    basis: Mapped[str] = mapped_column(Text)
    """Which criteria were met, or not."""
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why the decision before was corrected; empty for the first."""
    recorded_at: Mapped[Instant]
    """When it was recorded."""
    recorded_by: Mapped[str] = mapped_column(String(40))
    """Actor who recorded it."""
