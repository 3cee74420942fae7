"""Warnings about a computed date: it stands as it is, but a person should know something about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from dpa.deadlines.calendars import Calendar
from dpa.deadlines.options import Options, Roll
from dpa.deadlines.periods import Direction, Period, PeriodUnit
from dpa.deadlines.problem import DeadlineProblem
from dpa.deadlines.values import Warning_, WarningKind
from dpa.deadlines.zones import Zone

_MOST_CLOCK_CHANGES = 4
"""A clock of several years crosses many; naming the first ones is enough."""
_SECOND = timedelta(seconds=1)


def cautions(
    period: Period, start: datetime, due: datetime, *, zone: Zone, calendar: Calendar, options: Options
) -> tuple[Warning_, ...]:
    """Collect the warnings for a due instant already computed."""
    found: list[Warning_] = []
    if not options.regime.in_force:
        found.append(Warning_(WarningKind.NOT_IN_FORCE))
    hours = period.unit is PeriodUnit.HOURS
    day = zone.day_of(due)
    if not calendar.is_working_day(day, options.workweek):
        name = calendar.reason_closed(day) or ""
        instead = _working_day_before(day, calendar, options)
        if period.direction is Direction.BEFORE:
            found.append(Warning_(WarningKind.BACKWARD_ON_CLOSED_DAY, on=day, instead=instead, name=name))
        elif not hours and options.roll is Roll.NONE:
            found.append(Warning_(WarningKind.ENDS_ON_CLOSED_DAY, on=day, instead=instead, name=name))
    if hours:
        early, late = sorted((start.astimezone(UTC), due))
        found += clock_changes(early, late, zone)
    local = zone.local(due)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        found.append(Warning_(WarningKind.REPEATED_HOUR, at=due))
    if zone.local(due + _SECOND).date() != day and (local.hour, local.minute, local.second) != (23, 59, 59):
        found.append(Warning_(WarningKind.DAY_ENDS_EARLY, at=due, on=day))
    return tuple(found)


def clock_changes(early: datetime, late: datetime, zone: Zone) -> list[Warning_]:
    """Find the instants after `early` and up to `late` at which the zone's clocks change."""
    found: list[Warning_] = []
    at = early
    while at < late and len(found) < _MOST_CLOCK_CHANGES:
        following = min(at + timedelta(days=1), late)
        shift = _offset(following, zone) - _offset(at, zone)
        if shift:
            instant = _change_between(at, following, zone)
            found.append(Warning_(WarningKind.CLOCK_CHANGE, at=instant, minutes=round(shift / timedelta(minutes=1))))
        at = following
    return found


def _change_between(early: datetime, late: datetime, zone: Zone) -> datetime:
    before, early, late = _offset(early, zone), early.replace(microsecond=0), late.replace(microsecond=0)
    while late - early > _SECOND:
        middle = (early + (late - early) // 2).replace(microsecond=0)
        if _offset(middle, zone) == before:
            early = middle
        else:
            late = middle
    return late


def _offset(at: datetime, zone: Zone) -> timedelta:
    return zone.local(at).utcoffset() or timedelta(0)


def _working_day_before(day: date, calendar: Calendar, options: Options) -> date | None:
    try:
        return calendar.nth_working_day(day, -1, options.workweek)
    except DeadlineProblem:
        return None
