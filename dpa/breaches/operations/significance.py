"""Whether an incident is significant in the sense of NIS2: a decision of a named person, which a later one may replace and none deletes.

Source: Directive (EU) 2022/2555 Art. 23(3): severe operational disruption or financial loss, or considerable damage to others. What becomes of the clocks
of reports is settled by `operations.reports`.
"""

from __future__ import annotations

from dpa.breaches import report_queries as queries
from dpa.breaches.enough import too_little
from dpa.breaches.events import Event
from dpa.breaches.models import Breach, BreachSignificance
from dpa.breaches.operations import reports
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.regimes import Law
from dpa.breaches.reports import Duty, Foreseen
from dpa.breaches.rules import REASON_MIN
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit


def duty(breach: Breach, *, significant: bool) -> Duty:
    """Return what a decision makes of the reports under NIS2."""
    return Duty(Law.NIS2, significant, breach.aware_at)


def decide(unit: Unit, breach: Breach, *, significant: bool, reason: str) -> tuple[Foreseen, ...]:
    """Record the decision of whoever acts; returns what became of the clock of each report.

    Raises `Invalid` without a reason, `Conflict` where the same was decided, the case is closed or NIS2 is not turned on.
    """
    must_be_open(breach)
    if not queries.profiles_of(unit.session, breach.organisation_id, Law.NIS2):
        raise Conflict("NIS2 is not turned on for this organisation; turn it on in the settings of breaches first.")
    if short := too_little(reason, REASON_MIN, "Say in a sentence why; an authority may ask you."):
        raise Invalid(short, field="reason")
    before = queries.significance(unit.session, breach.id)
    if before is not None and before.significant == significant and not _clocks_missing(unit, breach, significant):
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
    return reports.settle(unit, breach, duty(breach, significant=significant), row.reason[:2000], restart=True)


def _clocks_missing(unit: Unit, breach: Breach, significant: bool) -> bool:
    """Tell whether the incident was decided significant while no clock started with that, so that the decision must be recorded again to start them."""
    return significant and not any(name.startswith(Law.NIS2.value) for name in queries.on_record(unit.session, breach.id).clocks)
