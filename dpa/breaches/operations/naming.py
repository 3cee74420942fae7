"""The clock that runs while nobody is named: without it a recorded incident would stand on no board and alert nobody.

It is no customer's: it ends when the shortest promise of the organisation would, counted from awareness, and asks for names. The first name
meets it; each customer's own clock runs from then on.
"""

from __future__ import annotations

from sqlalchemy import select

from dpa.breaches.counting import alike, clocks_of
from dpa.breaches.models import Breach
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.docket.operations import Opening
from dpa.unit import Unit

NAME = "breaches:name"


def begin(unit: Unit, breach: Breach) -> None:
    """Open it; an organisation whose agreements promise nothing gets none."""
    opening = _opening(unit, breach)
    if opening is not None:
        docket.open_entry(unit, opening)


def recount(unit: Unit, breach: Breach, reason: str) -> None:
    """Count it anew from a corrected awareness, while it runs."""
    running = _running(unit, breach)
    opening = _opening(unit, breach) if running else None
    for entry in running:
        if opening is not None:
            docket.supersede(unit, entry, opening, reason)


def settle(unit: Unit, breach: Breach) -> None:
    """Meet it, now that somebody is named."""
    for entry in _running(unit, breach):
        docket.meet(unit, entry, unit.now, by="customers named")


def _running(unit: Unit, breach: Breach) -> list[DocketEntry]:
    query = select(DocketEntry).where(
        DocketEntry.subject_type == "breach", DocketEntry.subject_id == breach.id, DocketEntry.kind == NAME, DocketEntry.state.in_(["open", "paused"])
    )
    return list(unit.session.scalars(query.order_by(DocketEntry.id)))


def _opening(unit: Unit, breach: Breach) -> Opening | None:
    clocks = clocks_of(unit.session, breach, list(alike(unit.session, breach, unit.now)), breach.aware_at)
    shortest = min(clocks.values(), key=lambda clock: clock.target.due, default=None)
    if shortest is None:
        return None
    title = f"Name who is affected by breach {breach.reference}"
    return Opening(
        kind=NAME, organisation_id=breach.organisation_id, subject=("breach", breach.id), subject_label=breach.reference,
        title=f"Exercise: {title}" if breach.drill else title, basis=f"Earliest possible: the shortest promise or target of all agreements ({shortest.promise})"[:300],
        origin="house_policy", target=shortest.target, started_at=breach.aware_at,
    )  # fmt: skip
