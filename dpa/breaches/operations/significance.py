"""Whether an incident is significant in the sense of NIS2: a decision of a named person, which a later one may replace and none deletes.

Source: Directive (EU) 2022/2555 Art. 23(3): severe operational disruption or financial loss, or considerable damage to others.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches.events import Event
from dpa.breaches.models import Breach, BreachSignificance
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.rules import REASON_MIN
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit


def newest(session: Session, breach_id: int) -> BreachSignificance | None:
    """Return the decision that stands; none while nobody decided."""
    query = select(BreachSignificance).where(BreachSignificance.breach_id == breach_id).order_by(BreachSignificance.number.desc())
    return session.scalars(query.limit(1)).first()


def decide(unit: Unit, breach: Breach, *, significant: bool, reason: str) -> BreachSignificance:
    """Record the decision of whoever acts. Raises `Invalid` without a reason, `Conflict` where the same was decided or the case is closed."""
    must_be_open(breach)
    if len(reason.strip()) < REASON_MIN:
        raise Invalid("Say in a sentence why; an authority may ask you.", field="reason")
    before = newest(unit.session, breach.id)
    if before is not None and before.significant == significant:
        raise Conflict("This was decided before; a decision is recorded again only when it changes.")
    row = BreachSignificance(
        breach_id=breach.id, number=(before.number if before else 0) + 1, significant=significant, reason=reason.strip(), decided_at=unit.now, decided_by=unit.actor,
    )  # fmt: skip
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit, Event.SIGNIFICANCE, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[row],
        data={"significant": "significant" if significant else "not significant"}, personal={"reason": row.reason},
    )  # fmt: skip
    return row
