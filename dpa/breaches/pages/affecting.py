"""What naming affected agreements would start, shown before anything starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from dpa.agreements import serving
from dpa.breaches.clocks import Clock
from dpa.breaches.counting import alike, clocks_of, legal_day, starts_of
from dpa.breaches.models import Breach
from dpa.breaches.pages.upstream import warnings
from dpa.docket.presenting import ORIGINS

TAIL = timedelta(days=366)
"""For how long after its end an agreement is offered: the longest time for which contracts let a processor keep data afterwards is twelve months."""
MOST_NAMED = 20
"""Customers named before the clocks start; the rest are counted."""


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """Clocks that rest on the same promise and end at the same instant."""

    promise: str
    origin: str
    """Name of the origin badge."""
    customers: int
    started_at: datetime
    due_at: datetime
    """When it must be done: the target."""
    zone: str
    latest_at: datetime | None = None
    """The latest that contract or law allow, where the house's target comes before it."""
    from_notice: bool = False
    """Whether it counts from when the breach was first noticed."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a choice would start."""

    chosen: int
    """Agreements the choice means."""
    before: int
    """Of them, those named before: they keep the clocks they have."""
    none_applies: int
    """Of them, those whose terms say that the duty does not apply."""
    starting: int
    """Clocks that would start."""
    lines: tuple[PromiseLine, ...]
    """Soonest first."""
    names: tuple[str, ...]
    """Customers whose clocks would start, each with its agreement, soonest first; at most `MOST_NAMED`."""
    unnamed: int
    """Further customers."""
    warnings: tuple[str, ...]
    """What subprocessors' own promises mean for these customers."""
    ended: int
    """Of those chosen, agreements that had ended before the day of awareness."""
    last: tuple[tuple[str, date], ...]
    """Customers of these with their last day; at most `MOST_NAMED`."""

    @property
    def from_notice(self) -> bool:
        """Whether any of them counts from when the breach was first noticed."""
        return any(line.from_notice for line in self.lines)


def preview(session: Session, breach: Breach, agreement_ids: Sequence[int], named: Collection[int], since: datetime, by: Collection[str] = ()) -> Preview:
    """Return what naming agreements would start, counted from `since`; `named` are those of the case already, `by` the subprocessors they were found by."""
    fresh = [agreement_id for agreement_id in dict.fromkeys(agreement_ids) if agreement_id not in named]
    clocks = clocks_of(session, breach, fresh, starts_of(breach, since))
    chosen = len(dict.fromkeys(agreement_ids))
    first = sorted(clocks, key=lambda key: (clocks[key].target.due, key))[:MOST_NAMED]
    customers = serving.customers_of(session, first)
    ended, last = serving.ended_before(session, list(clocks), legal_day(breach, breach.aware_at), MOST_NAMED)
    return Preview(
        chosen, chosen - len(fresh), len(fresh) - len(clocks), len(clocks), _lines({key: (clock, 1) for key, clock in clocks.items()}),
        tuple(customers[key] for key in first), len(clocks) - len(first),
        warnings(session, breach, {key: clock.latest.due - clock.latest.start for key, clock in clocks.items() if clock.latest is not None}, by),
        ended, tuple(last),
    )  # fmt: skip


def promised(session: Session, breach: Breach, now: datetime) -> tuple[PromiseLine, ...]:
    """Return what all agreements that run on the day of awareness promise, soonest first, counted from awareness.

    Costs a constant number of statements: one clock is counted for each distinct set of terms.
    """
    counts = alike(session, breach, now)
    clocks = clocks_of(session, breach, list(counts), starts_of(breach))
    return _lines({key: (clock, counts[key]) for key, clock in clocks.items()})


def _lines(clocks: Mapping[int, tuple[Clock, int]]) -> tuple[PromiseLine, ...]:
    counts = Counter[PromiseLine]()
    for clock, customers in clocks.values():
        promise, latest = (f"{clock.promise}; {clock.aim}", clock.latest) if clock.aim else (clock.promise, None)
        counts[PromiseLine(
            promise, ORIGINS.get(clock.origin, ("decision", ""))[0], 0, clock.started_at, clock.target.due, clock.target.zone, latest.due if latest else None,
            bool(clock.start_event),
        )] += customers  # fmt: skip
    lines = [replace(line, customers=customers) for line, customers in counts.items()]
    return tuple(sorted(lines, key=lambda line: (line.due_at, line.promise)))


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen, each with how many running agreements it means."""

    systems: Sequence[serving.SystemRow]
    activities: Sequence[serving.ActivityRow]
    operators: Sequence[tuple[str, int]]
    running: int
    ended: int
    """Agreements that ended in the tail before the day of awareness."""


def tail(on: date) -> date:
    """Return the first day on which an agreement may have ended to be offered for an incident of a legal day."""
    return on - TAIL


def choices(session: Session, breach: Breach) -> Choices:
    """Return the ways to name agreements of a case, counted on the legal day of awareness."""
    on = legal_day(breach, breach.aware_at)
    return Choices(
        serving.systems(session, breach.organisation_id, on), serving.activities(session, breach.organisation_id, on),
        serving.operators(session, breach.organisation_id, on), serving.count_running(session, breach.organisation_id, on),
        serving.ended(session, breach.organisation_id, tail(on), on),
    )  # fmt: skip
