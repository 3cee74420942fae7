"""The clock that runs while nobody is named: without it a recorded incident would stand on no board and alert nobody.

It is no customer's: it ends when the shortest promise of the organisation would, counted from awareness, and asks for names. Where no agreement
that runs promises anything, the law's word does (GDPR Art. 33(2)), with the house's target for it. The first name meets it; each customer's own
clock runs from then on.
"""

from __future__ import annotations

from sqlalchemy import select

from dpa.agreements.terms.words import Event
from dpa.breaches.clocks import Clock
from dpa.breaches.counting import alike, clocks_of, law_clock, starts_of
from dpa.breaches.models import Breach
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.docket.operations import Opening
from dpa.unit import Unit

NAME = "breaches:name"


def begin(unit: Unit, breach: Breach) -> None:
    """Open it, whatever is on file: an incident of which no clock ran would be forgotten."""
    docket.open_entry(unit, _opening(unit, breach))


def recount(unit: Unit, breach: Breach, reason: str) -> None:
    """Count it anew from corrected times, while it runs."""
    for entry in _running(unit, breach):
        opening = _opening(unit, breach)
        if (opening.started_at, opening.target.due) != (entry.started_at, entry.target_at):
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


def _opening(unit: Unit, breach: Breach) -> Opening:
    clock, basis = _shortest(unit, breach)
    # The target is what this clock is about, and it may be counted from another start than the latest beside it.
    event = Event.DISCOVERY.value if clock.target.start != breach.aware_at else ""
    title = f"Name who is affected by breach {breach.reference}"
    return Opening(
        kind=NAME, organisation_id=breach.organisation_id, subject=("breach", breach.id), subject_label=breach.reference,
        title=f"Exercise: {title}" if breach.drill else title, basis=basis[:300], origin="house_policy", target=clock.target,
        started_at=clock.target.start, start_event=event,
    )  # fmt: skip


def _shortest(unit: Unit, breach: Breach) -> tuple[Clock, str]:
    """Return the clock that would end first, with its basis; the law's where no agreement that runs starts any."""
    agreements = alike(unit.session, breach, unit.now)
    clocks = clocks_of(unit.session, breach, list(agreements), starts_of(breach))
    shortest = min(clocks.values(), key=lambda clock: clock.target.due, default=None)
    if shortest is not None:
        return shortest, f"{shortest.basis[:220]}; the shortest promise or target of all agreements"
    clock = law_clock(unit.session, breach)
    return clock, clock.basis.replace("no DPA on file", "no agreement runs that asks for word of a breach" if agreements else "no agreement on file runs")
