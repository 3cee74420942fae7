"""DORA: whether and when an incident was classified as major, which starts and ends the clocks of its reports.

Source: Regulation (EU) 2022/2554 Art. 18. What becomes of the clocks is settled by `operations.reports`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from dpa.breaches import dora
from dpa.breaches import report_queries as queries
from dpa.breaches.dora import Classification
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.events import Event
from dpa.breaches.models import Breach
from dpa.breaches.operations import reports
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.regimes import Law
from dpa.breaches.reports import Duty, Foreseen
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit


def decision_of(row: BreachClassification) -> Classification:
    """Return a stored decision as rules see it."""
    return Classification(row.major, row.decided_at, row.person, row.basis)


def duty(breach: Breach, decision: Classification) -> Duty:
    """Return what a decision makes of DORA's reports."""
    return Duty(Law.DORA, decision.major, breach.aware_at, decision.decided_at if decision.major else None)


def classify(unit: Unit, breach: Breach, decision: Classification, reason: str) -> tuple[Foreseen, ...]:
    """Record a classification, or correct the one that stands with the reason; returns what became of the clock of each report.

    Raises `Conflict` in a closed case and where DORA is not turned on, `Invalid` by field.
    """
    check(unit.session, breach, decision, reason, unit.now)
    before = queries.classification(unit.session, breach.id)
    row = BreachClassification(
        breach_id=breach.id, number=(before.number if before else 0) + 1, major=decision.major, decided_at=decision.decided_at,
        person=decision.person.strip(), basis=decision.basis.strip(), reason=reason.strip() if before else "", recorded_at=unit.now, recorded_by=unit.actor,
    )  # fmt: skip
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit, Event.CLASSIFIED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[row],
        data={"classified": "major" if row.major else "not major", "at": row.decided_at.isoformat(), "number": row.number},
        personal={"decision": {"person": row.person, "basis": row.basis, "reason": row.reason}},
    )  # fmt: skip
    why = f"The classification was corrected: {row.reason}" if before else f"The incident was classified: {row.basis}"
    return reports.settle(unit, breach, duty(breach, decision_of(row)), why[:2000], restart=True)


def check(session: Session, breach: Breach, decision: Classification, reason: str, now: datetime) -> None:
    """Raise what `classify` would raise, before anything is recorded."""
    must_be_open(breach)
    if not queries.profiles_of(session, breach.organisation_id, Law.DORA):
        raise Conflict("DORA is not turned on for this organisation; turn it on in the settings of breaches first.")
    before = queries.classification(session, breach.id)
    if before is None:
        errors = dora.errors(decision, detected_at=breach.detected_at, now=now)
    else:
        errors = dora.correction_errors(decision_of(before), decision, reason, detected_at=breach.detected_at, now=now)
    if errors:
        raise Invalid("The classification cannot be recorded like this.", fields=errors)
