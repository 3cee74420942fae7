"""From an agreement's terms to the clock a breach starts under it. Pure.

Where the contract gives a number, that is both the latest and the target. Where it gives a word, or only Art. 33(2) GDPR
speaks, there is no latest instant: the organisation's own target runs, and is called policy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dpa.agreements.terms import BreachClock, Period, TermStack, breach_clocks, describe_length
from dpa.agreements.terms.words import Origin
from dpa.deadlines import Calendar, Closure, Deadline, Options, Regime, compute

CalendarNamed = Callable[[str], Calendar]
"""Looks up a public-holiday calendar with the organisation's closure days in it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One agreement's clock for one incident, ready for the docket."""

    target: Deadline
    latest: Deadline | None
    origin: str
    """On whose word the target rests."""
    promise: str
    """The promise in a few words, for lists: `24 hours, clause 15.4`."""
    basis: str
    """Where it is written, with what is policy called policy."""
    clause: str
    terms_version: str
    """Version of the terms it was read from; the clock keeps it."""


def clock_for(stack: TermStack, aware_at: datetime, calendar_named: CalendarNamed, terms_version: str = "") -> Clock | None:
    """Return the governing clock of an agreement, counted from awareness; none where the duty does not apply.

    Several triggers of one contract start from the same awareness here, so the earliest result governs.
    """
    computed = [_computed(clock, aware_at, calendar_named, terms_version) for clock in breach_clocks(stack)]
    return min(computed, key=lambda clock: clock.target.due, default=None)


def _computed(clock: BreachClock, aware_at: datetime, calendar_named: CalendarNamed, terms_version: str) -> Clock:
    target = _deadline(clock, clock.target, clock.target_origin, aware_at, calendar_named)
    latest = None
    if clock.latest is not None:
        same = clock.latest == clock.target
        latest = target if same else _deadline(clock, clock.latest, clock.latest_origin, aware_at, calendar_named)
    return Clock(target, latest, clock.target_origin.value, promise(clock), basis(clock), clock.clause, terms_version)


def promise(clock: BreachClock) -> str:
    """Return the promise in a few words."""
    return f"{describe_length(clock.stated)}, {cited(clock.clause)}"[:200]


def cited(clause: str) -> str:
    """Return a clause as a sentence names it: a bare number, such as 15.4, says that it is one."""
    return f"clause {clause}" if clause[:1].isdigit() else clause


def basis(clock: BreachClock) -> str:
    """Return where the promise is written; a house target is always named as such."""
    said = {Origin.CONTRACT: "Contract", Origin.EXTERNAL_DOC: "DPA", Origin.DECISION: "Decision", Origin.STATUTE: "Law"}
    text = f"{said.get(clock.origin, 'House policy')}, {cited(clock.clause)}: {describe_length(clock.stated)}"
    if clock.awaiting:
        text += f"; {clock.awaiting} not on file"
    elif clock.origin is Origin.STATUTE:
        text += "; no DPA on file"
    if clock.target_origin is Origin.HOUSE_POLICY:
        text += f"; house target {describe_length(clock.target)}"
    return text[:300]


def _deadline(
    clock: BreachClock, period: Period, origin: Origin | None, aware_at: datetime, calendar_named: CalendarNamed
) -> Deadline:
    engine = period.to_period()
    regime = Regime.gdpr_statutory if origin is Origin.STATUTE else Regime.contract
    workweek = (period.workweek or clock.place.workweek).value
    options = Options.for_regime(regime, engine.unit, workweek=workweek)
    calendar = calendar_named(clock.place.holidays)
    if clock.place.extra_closing_days:
        calendar = calendar.with_closures(Closure(day, "closed by contract") for day in clock.place.extra_closing_days)
    return compute(engine, aware_at, zone=clock.zone, calendar=calendar, options=options)
