"""What pages show of the decisions about the classification under DORA."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.pages.awareness import people


@dataclass(frozen=True, slots=True)
class ClassificationLine:
    """One decision about the classification, ready to be shown."""

    number: int
    major: bool
    decided_at: datetime
    person: str
    basis: str
    reason: str
    who: str
    at: datetime


def history(session: Session, breach_id: int) -> tuple[ClassificationLine, ...]:
    """Return the decisions of a case, newest first, with who recorded each."""
    query = select(BreachClassification).where(BreachClassification.breach_id == breach_id).order_by(BreachClassification.number.desc())
    rows = session.scalars(query).all()
    who = people(session, {row.recorded_by for row in rows})
    return tuple(ClassificationLine(row.number, row.major, row.decided_at, row.person, row.basis, row.reason, who[row.recorded_by], row.recorded_at) for row in rows)
