"""Table of the reports that were submitted to authorities."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dpa.columns import Base, Id, Instant


class BreachReport(Base):
    """One report submitted to an authority, or an update of one; nothing changes or takes it back. When it was owed stands on the docket."""

    __tablename__ = "breach_report"
    __table_args__ = (UniqueConstraint("breach_id", "name", "number"),)

    id: Mapped[Id]
    breach_id: Mapped[int] = mapped_column(ForeignKey("breach.id"))
    name: Mapped[str] = mapped_column(String(40))
    """Which report, such as nis2:warning."""
    number: Mapped[int]
    """1 for the report itself, higher ones for its updates."""
    submitted_at: Mapped[Instant]
    """When it was submitted; what the next report is counted from."""
    how: Mapped[str] = mapped_column(Text)
    """To whom, and by which way."""
    proof: Mapped[str] = mapped_column(Text)
    """What shows it: a reference, a receipt."""
    late_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why it came late; empty where it did not."""
    recorded_at: Mapped[Instant]
    """When it was recorded."""
    recorded_by: Mapped[str] = mapped_column(String(40))
    """Actor who recorded it."""
