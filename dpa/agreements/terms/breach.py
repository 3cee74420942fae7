"""The clocks a breach starts under one agreement: latest by contract or law, target, ceiling, and who said so.

Article 33(2) GDPR gives no hours. Where the contract gives none either, the latest stays empty and the target is
house policy, shown as such.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dpa.agreements.terms.duties import BreachTrigger, BreachTriggers
from dpa.agreements.terms.policy import HouseTarget
from dpa.agreements.terms.stack import Effective, TermStack, dpa_of, effective
from dpa.agreements.terms.strictness import rough_hours
from dpa.agreements.terms.values import Calendar, Length, Period, ZoneName
from dpa.agreements.terms.words import Channel, Event, Origin, Word, Workweek


@dataclass(frozen=True, slots=True)
class Place:
    """Where days are counted: zone, public holidays, closing days and work week, and on whose word."""

    zone: str
    zone_origin: Origin
    holidays: str
    holidays_origin: Origin
    extra_closing_days: tuple[date, ...]
    workweek: Workweek


@dataclass(frozen=True, slots=True)
class BreachClock:
    """One clock of one agreement.

    ``latest`` is what contract or law allows, none where they give no number. ``target`` is what alerts key on: the
    latest itself where there is a number, else house policy. ``ceiling`` is the policy's escalation moment. ``aim``
    is the policy's reading of an urgency named beside a number, for information only. ``start`` is awareness or discovery: no
    other event of a breach has an instant on record. One clock governs (`govern`).
    """

    id: str
    key: str
    event: str
    stated: Length
    latest: Period | None
    latest_origin: Origin | None
    target: Period
    target_origin: Origin
    ceiling: Period | None
    ceiling_origin: Origin | None
    aim: HouseTarget | None
    start: Event
    start_stated: bool
    channel: Channel | None
    origin: Origin
    source: str
    clause: str
    literal: str | None
    items: tuple[str, ...]
    place: Place
    awaiting: str | None
    governs: bool
    note: str

    @property
    def zone(self) -> str:
        """The zone in which times are shown."""
        return self.place.zone


def place_of(stack: TermStack) -> Place:
    """Where the days of an agreement are counted; the policy guarantees an answer."""
    zone, holidays = effective(stack, "calendar.zone"), effective(stack, "calendar.holidays")
    zone_value = zone.value if isinstance(zone.value, ZoneName) else ZoneName(zone="UTC")
    calendar = holidays.value if isinstance(holidays.value, Calendar) else Calendar(holidays="FR")
    return Place(
        zone=zone_value.zone, zone_origin=zone.origin or Origin.HOUSE_POLICY,
        holidays=calendar.holidays, holidays_origin=holidays.origin or Origin.HOUSE_POLICY,
        extra_closing_days=calendar.extra_closing_days, workweek=stack.policy.workweek,
    )


COUNTABLE = frozenset({Event.AWARENESS, Event.DISCOVERY})
"""What a breach's clock can be counted from."""
Ends = Callable[[BreachClock, Period], Any]
"""When a length of a clock ends, as far as the order goes: an instant where an incident is known, else a rough number of hours."""


def breach_clocks(stack: TermStack) -> tuple[BreachClock, ...]:
    """Every clock a breach starts under an agreement, each by itself, in the order of the contract; one of them governs.

    Empty only where the agreement says that the duty does not apply.
    """
    found = effective(stack, "breach.notify")
    if not isinstance(found.value, BreachTriggers):
        return ()
    place = place_of(stack)
    clocks = [_clock(stack, found, trigger, place) for trigger in found.value.triggers]
    first, _ = govern(clocks, _roughly)
    return tuple(replace(clock, governs=clock is first) for clock in clocks)


def govern(clocks: Sequence[BreachClock], ends: Ends) -> tuple[BreachClock, BreachClock]:
    """Return the clock whose latest binds, and the one whose target comes first; where no clock names a number, the earliest target is both.

    Several triggers of one contract all bind, so the earliest latest governs, and with it its clause and way: a word beside it takes no number away.
    The target may come earlier from such a word; then it is the house's own.
    """
    aimed = min(clocks, key=lambda clock: (ends(clock, clock.target), clock.target_origin is Origin.HOUSE_POLICY, not clock.start_stated))
    numbered = [(ends(clock, clock.latest), not clock.start_stated, place) for place, clock in enumerate(clocks) if clock.latest is not None]
    return (clocks[min(numbered)[-1]] if numbered else aimed), aimed


def governing_clock(stack: TermStack) -> BreachClock | None:
    """The clock that governs, with the earliest target of all of them, or none where the duty does not apply."""
    clocks = breach_clocks(stack)
    if not clocks:
        return None
    first, aimed = govern(clocks, _roughly)
    return replace(first, target=aimed.target, target_origin=aimed.target_origin, ceiling=aimed.ceiling, ceiling_origin=aimed.ceiling_origin)


def _roughly(clock: BreachClock, period: Period) -> tuple[float, bool]:
    # Of equal lengths the one that counts from the discovery ends first.
    return rough_hours(period), clock.start is not Event.DISCOVERY


def counted_from(trigger: BreachTrigger) -> Event:
    """Return what a trigger counts from. Terms read before other starts were refused may name one: then the first notice counts, which is the stricter reading."""
    return Event.AWARENESS if named_starts(trigger) <= {Event.AWARENESS} else Event.DISCOVERY


def named_starts(trigger: BreachTrigger) -> set[Event]:
    """Return every start a trigger names, its own and that of its limit."""
    return {trigger.start} | ({trigger.limit.start} if trigger.limit.start else set())


def _clock(stack: TermStack, found: Effective, trigger: BreachTrigger, place: Place) -> BreachClock:
    origin = found.origin or Origin.STATUTE
    limit = trigger.limit
    word: Word | None = limit.word
    house = stack.policy.target_for(word, "breach") if word else None
    if isinstance(limit, Period):
        latest, target, ceiling = limit, limit, None
        latest_origin, target_origin, ceiling_origin, aim = origin, origin, None, house
    else:
        assert house is not None, "a word always has a target"
        latest, target, ceiling, aim = None, house.target, house.ceiling, None
        latest_origin, target_origin = None, Origin.HOUSE_POLICY
        ceiling_origin = Origin.HOUSE_POLICY if ceiling else None
    return BreachClock(
        id=trigger.id, key=found.key, event=trigger.event, stated=limit, latest=latest, latest_origin=latest_origin,
        target=target, target_origin=target_origin, ceiling=ceiling, ceiling_origin=ceiling_origin, aim=aim,
        start=counted_from(trigger), start_stated=trigger.start_stated, channel=trigger.channel, origin=origin,
        source=found.source or "", clause=trigger.clause, literal=trigger.literal or found.literal,
        items=trigger.items or found.items, place=place, awaiting=found.awaiting, governs=False,
        note=_note(stack, found, trigger),
    )


def _note(stack: TermStack, found: Effective, trigger: BreachTrigger) -> str:
    """Why the clock is what it is, in at most three short sentences."""
    parts: list[str] = []
    if found.awaiting:
        parts.append(f"The {found.awaiting} is not loaded, so the law applies until it is.")
    elif found.origin is Origin.STATUTE and dpa_of(stack) == "none":
        parts.append("There is no data processing agreement on file, so the law applies.")
    elif found.origin is Origin.STATUTE:
        parts.append("The contract says nothing about this, so the law applies.")
    if not isinstance(trigger.limit, Period):
        who = "The law" if found.origin is Origin.STATUTE else "The contract"
        parts.append(f"{who} gives no hours; the target is house policy.")
    if not trigger.start_stated:
        parts.append(f"No start is given; {'the first notice' if counted_from(trigger) is Event.DISCOVERY else 'awareness'} is used, as our reading.")
    elif not named_starts(trigger) <= COUNTABLE:
        parts.append("The start given is no event of a breach; the first notice is used, as the stricter reading.")
    return " ".join(parts)
