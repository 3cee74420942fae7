"""Clocks that follow a release: the next word that was promised, and acknowledgements that stay away.

No law gives them hours: the first is due when it was promised, the second is the house's own target. They stand on the board like every other clock, and their alerts ask somebody to
act: to write the next word, or to try another channel.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches import counting, queries
from dpa.breaches.models import Breach, Notice
from dpa.breaches.operations.naming import NAME
from dpa.breaches.operations.settings import USUAL_HOURS, settings_of
from dpa.breaches.phases import TITLES, Phase
from dpa.deadlines import Calendar, Deadline, Options, Period, PeriodUnit, Regime, compute, fixed
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.docket.operations import Opening
from dpa.parties import queries as parties
from dpa.unit import Unit
from dpa.web.words import plural

WORD = "breaches:word"
ACKNOWLEDGE = "breaches:acknowledge"
BESIDE = (NAME, WORD, ACKNOWLEDGE)
"""Clocks of a case that are no customer's."""
HOUSE = "House policy"
"""How the basis of a chase begins that the house asks for; it is about every customer."""


def after_release(unit: Unit, breach: Breach, notice: Notice) -> None:
    """Meet the promise of a word that this phase keeps, and open what it promises itself."""
    for entry in _open(unit, breach, WORD):
        if entry.started_at < unit.now and notice.released_at == unit.now:
            docket.meet(unit, entry, unit.now, by=f"{TITLES[notice.phase].lower()} released")
    if notice.released_at == unit.now and notice.next_word_at is not None and notice.phase is not Phase.FINAL:
        _word(unit, breach, notice, notice.next_word_at)
    _chase(unit, breach)


def _chase(unit: Unit, breach: Breach) -> None:
    """Have acknowledgements chased as the house asks, or, where it asks for none, as contracts of the case demand them."""
    if _open(unit, breach, ACKNOWLEDGE):
        return
    hours = settings_of(unit.session, breach.organisation_id).acknowledge_hours
    basis = f"{HOUSE}: acknowledged within {plural(hours, 'hour')} of release"
    if not hours:
        demand = counting.demand(unit.session, breach, unit.now)
        if demand is None:
            return
        hours = USUAL_HOURS
        basis = f"Contract, {demand.clause}: a notice by mail counts only once it is acknowledged or answered; house target {hours} hours"
    period = Period(hours, PeriodUnit.HOURS)
    target = compute(period, unit.now, zone=breach.zone, calendar=_calendar(unit, breach), options=Options.for_regime(Regime.contract, period.unit))
    _start(unit, breach, ACKNOWLEDGE, f"Chase acknowledgements of breach {breach.reference}", (basis, "house_policy"), target)


def settle_acknowledgements(unit: Unit, breach: Breach) -> None:
    """Meet the chase once every customer who is owed the newest phase has confirmed it; whoever has not got it yet has not.

    A later phase that is released meanwhile is chased on by the same clock: who never confirmed the one before gains no time by it.
    """
    notice, chases = breach.newest_released, _open(unit, breach, ACKNOWLEDGE)
    if notice is None:
        return
    title = TITLES[notice.phase].lower()
    for entry in chases:
        # A chase that only contracts demand is about their customers, whatever the house asks for by now.
        demand = None if entry.basis.startswith(HOUSE) else counting.demand(unit.session, breach, unit.now)
        if not queries.anybody_unconfirmed(unit.session, breach.id, notice, demand.of if demand else None):
            who = "every customer whose contract asks for it" if demand else "every customer"
            docket.meet(unit, entry, unit.now, by=f"{who} confirmed the {title}")


def drop_all(unit: Unit, breach: Breach, reason: str) -> None:
    """Waive what follows a release, when the case ends; the page of the act has named it to whoever ends the case."""
    for entry in running(unit.session, breach.id):
        docket.waive(unit, entry, reason, with_case=True)


def running(session: Session, breach_id: int) -> list[DocketEntry]:
    """Return the clocks of a case beside those of its customers that run: they end with the case."""
    query = select(DocketEntry).where(
        DocketEntry.subject_type == "breach", DocketEntry.subject_id == breach_id, DocketEntry.kind.in_(BESIDE), DocketEntry.state.in_(["open", "paused"])
    )
    return list(session.scalars(query.order_by(DocketEntry.target_at, DocketEntry.id)))


def _open(unit: Unit, breach: Breach, kind: str) -> list[DocketEntry]:
    query = select(DocketEntry).where(
        DocketEntry.subject_type == "breach", DocketEntry.subject_id == breach.id, DocketEntry.kind == kind,
        DocketEntry.state.in_(["open", "paused"]),
    )  # fmt: skip
    return list(unit.session.scalars(query.order_by(DocketEntry.id)))


def _word(unit: Unit, breach: Breach, notice: Notice, at: datetime) -> None:
    # Somebody's decision, not the house's policy: it was told to customers and is due at that very time.
    basis = f"Promised in the {TITLES[notice.phase].lower()}"
    target = fixed(at, zone=breach.zone, calendar=_calendar(unit, breach))
    _start(unit, breach, WORD, f"Give the next word on breach {breach.reference}", (basis, "decision"), target)


def _calendar(unit: Unit, breach: Breach) -> Calendar:
    return parties.calendar(unit.session, breach.organisation_id, "custom")


def _start(unit: Unit, breach: Breach, kind: str, title: str, source: tuple[str, str], target: Deadline) -> None:
    """Open a clock of the case; `source` is where the promise is written and its origin."""
    basis, origin = source
    docket.open_entry(unit, Opening(
        kind=kind, organisation_id=breach.organisation_id, subject=("breach", breach.id), subject_label=breach.reference,
        title=f"Exercise: {title}" if breach.drill else title, basis=basis, origin=origin, target=target, started_at=unit.now,
    ))  # fmt: skip
