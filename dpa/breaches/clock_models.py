"""Table of other clocks of single agreements."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from dpa.columns import Base, Json


class AgreementClocks(Base):
    """Other clocks that are on for one agreement: what its customer must report elsewhere."""

    __tablename__ = "breach_agreement_clocks"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), primary_key=True, autoincrement=False)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    profiles: Mapped[list[str]] = mapped_column(Json())
    """Clocks that are on (`dpa.breaches.regimes.Profile`); the organisation's own are in its settings."""
