"""From an agreement's terms to the clock a breach starts under it. Pure.

Where the contract gives a number, that is both the latest and the target. Where it gives a word, or only Art. 33(2) GDPR
speaks, there is no latest instant: the organisation's own target runs, and is called policy. Where it gives both, in two
clauses, the number binds, and the target of the word may come before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dpa.agreements.terms import BreachClock, Period, TermStack, breach_clocks, describe_length
from dpa.agreements.terms.breach import govern
from dpa.agreements.terms.words import Event, Origin
from dpa.deadlines import Calendar, Closure, Deadline, Options, Regime, compute
from dpa.languages.wording import FIRST_NOTICED

CalendarNamed = Callable[[str], Calendar]
"""Looks up a public-holiday calendar with the organisation's closure days in it."""


@dataclass(frozen=True, slots=True)
class Starts:
    """The instants of an incident that promises are counted from, both aware."""

    aware_at: datetime
    """When it was reasonably certain that this customer's data are affected."""
    detected_at: datetime
    """When anybody or anything first noticed; for every customer that of the incident, which is the stricter reading."""

    def named(self, start_event: str) -> datetime:
        """Return the instant of a start as the docket names it (`Clock.start_event`)."""
        return self.of(Event(start_event) if start_event else Event.AWARENESS)

    def of(self, event: Event) -> datetime:
        """Return the instant of a start."""
        return self.detected_at if event is Event.DISCOVERY else self.aware_at


@dataclass(frozen=True, slots=True)
class Clock:
    """One agreement's clock for one incident, ready for the docket."""

    target: Deadline
    """The earliest target of all triggers: what alerts key on."""
    latest: Deadline | None
    """The earliest latest of all triggers; none where neither contract nor law name a number."""
    governing: BreachClock
    """The trigger that governs: whose latest binds, else whose target comes first. Its clause and its way of giving notice count."""
    origin: str
    """On whose word the date that binds rests."""
    promise: str
    """The promise in a few words, for lists: `24 hours, clause 15.4`."""
    basis: str
    """Where it is written, with what is policy called policy."""
    aim: str
    """The house's own earlier target beside a number, such as `house target 24 hours`; empty where there is none."""
    terms_version: str
    """Version of the terms it was read from; the clock keeps it."""

    @property
    def binding(self) -> Deadline:
        """The date that lateness is counted from."""
        return self.latest or self.target

    @property
    def started_at(self) -> datetime:
        """What the date that binds is counted from, aware, in UTC."""
        return self.binding.start

    @property
    def start_event(self) -> str:
        """What that is, for the docket: `discovery`; empty for awareness, with which breaches usually start."""
        return self.governing.start.value if self.governing.start is Event.DISCOVERY else ""

    @property
    def dates(self) -> tuple[datetime, datetime, datetime | None]:
        """Start, target and latest: what a correction may move."""
        return self.started_at, self.target.due, self.latest.due if self.latest else None


def clock_for(stack: TermStack, starts: Starts, calendar_named: CalendarNamed, terms_version: str = "") -> Clock | None:
    """Return the clock of an agreement, each trigger counted from its own start; none where the duty does not apply.

    Of several triggers of one contract the earliest latest binds, by the instants they come to, and alerts key on the earliest target (`govern`).
    """
    clocks = breach_clocks(stack)
    if not clocks:
        return None
    counted: dict[tuple[str, Period], Deadline] = {}

    def deadline(clock: BreachClock, period: Period) -> Deadline:
        # A latest that is its own target is one deadline.
        if (clock.id, period) not in counted:
            counted[clock.id, period] = _deadline(clock, period, starts.of(clock.start), calendar_named)
        return counted[clock.id, period]

    first, aimed = govern(clocks, lambda clock, period: deadline(clock, period).due)
    target = deadline(aimed, aimed.target)
    latest = deadline(first, first.latest) if first.latest is not None else None
    origin = first.latest_origin if first.latest_origin is not None else first.target_origin
    aim = f"house target {describe_length(aimed.target)}" if latest is not None and aimed.target_origin is Origin.HOUSE_POLICY else ""
    return Clock(target, latest, first, origin.value, promise(first), basis(first, aimed), aim, terms_version)


def promise(clock: BreachClock) -> str:
    """Return the promise in a few words."""
    return f"{_stated(clock)}, {cited(clock.clause)}"[:200]


def _stated(clock: BreachClock) -> str:
    return describe_length(clock.stated) + (FIRST_NOTICED if clock.start is Event.DISCOVERY else "")


def cited(clause: str) -> str:
    """Return a clause as a sentence names it: a bare number, such as 15.4, says that it is one."""
    return f"clause {clause}" if clause[:1].isdigit() else clause


def basis(clock: BreachClock, aimed: BreachClock) -> str:
    """Return where the promise is written, with the clause whose word has the earlier target; a house target is always named as such."""
    said = {Origin.CONTRACT: "Contract", Origin.EXTERNAL_DOC: "DPA", Origin.DECISION: "Decision", Origin.STATUTE: "Law"}
    text = f"{said.get(clock.origin, 'House policy')}, {cited(clock.clause)}: {_stated(clock)}"
    if aimed.id != clock.id:
        text += f"; {cited(aimed.clause)}: {_stated(aimed)}"
    if clock.awaiting:
        text += f"; {clock.awaiting} not on file"
    elif clock.origin is Origin.STATUTE:
        text += "; no DPA on file"
    if aimed.target_origin is Origin.HOUSE_POLICY:
        text += f"; house target {describe_length(aimed.target)}"
    return text[:300]


def _deadline(clock: BreachClock, period: Period, start: datetime, calendar_named: CalendarNamed) -> Deadline:
    engine = period.to_period()
    origin = clock.latest_origin if period == clock.latest else clock.target_origin
    regime = Regime.gdpr_statutory if origin is Origin.STATUTE else Regime.contract
    workweek = (period.workweek or clock.place.workweek).value
    options = Options.for_regime(regime, engine.unit, workweek=workweek)
    calendar = calendar_named(clock.place.holidays)
    if clock.place.extra_closing_days:
        calendar = calendar.with_closures(Closure(day, "closed by contract") for day in clock.place.extra_closing_days)
    return compute(engine, start, zone=clock.zone, calendar=calendar, options=options)
