"""The counting itself: from a start instant and a period to the due instant.

Order of the steps, as Reg. (EEC, Euratom) 1182/71 Art. 3 is read: add, clamp to the month's end, add suspended
days, roll, two-working-day minimum. Hours are elapsed time in UTC; every other unit is arithmetic on local dates.
`compute` and `due_instant` walk the same path; the first also notes every step.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import replace
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta

from dpa.deadlines.calendars import Calendar, Closure
from dpa.deadlines.cautions import cautions
from dpa.deadlines.options import HourOfEvent, Options, Regime, Roll
from dpa.deadlines.periods import Direction, Period, PeriodUnit
from dpa.deadlines.problem import DeadlineProblem
from dpa.deadlines.values import CalendarExcerpt, Deadline, Rule, Step, StepKind
from dpa.deadlines.zones import Zone, zone_named

Note = Callable[[Step], None] | None
"""Where steps are written down; none when only the instant is wanted."""

MINIMUM_WORKING_DAYS = 2
_WORKING_DAYS, _HOURS = PeriodUnit.WORKING_DAYS, PeriodUnit.HOURS
_BEFORE, _NO_ROLL = Direction.BEFORE, Roll.NONE
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def due_instant(period: Period, start: datetime, *, zone: str, calendar: Calendar, options: Options) -> datetime:
    """Return the due instant alone, in UTC: the same as `compute(...).due`, several times faster."""
    return _reckon(period, start, zone_named(zone), calendar, options, note=None)


def compute(period: Period, start: datetime, *, zone: str, calendar: Calendar, options: Options) -> Deadline:
    """Count the period from the start and return the deadline with all its steps and warnings.

    `start` must be aware; the legal day is its date in `zone`. Raises `DeadlineProblem` for a naive start, an
    unknown zone, dates outside the calendar, and options that do not fit the period.
    """
    place = zone_named(zone)
    steps: list[Step] = []
    due = _reckon(period, start, place, calendar, options, note=steps.append)
    warnings = cautions(period, start, due, zone=place, calendar=calendar, options=options)
    mentioned = [place.day_of(start), place.day_of(due)]
    for step in steps:
        mentioned += [day for day in (step.on, step.was) if day]
    mentioned += [day for warning in warnings for day in (warning.on, warning.instead) if day]
    first, last = min(mentioned), max(mentioned)
    return Deadline(
        due=due,
        zone=place.name,
        steps=tuple(steps),
        warnings=warnings,
        calendar_version=calendar.version,
        rule=Rule(period, options),
        start=start.astimezone(UTC),
        calendar=CalendarExcerpt(calendar.name, calendar.version, first, last, calendar.closures(first, last)),
    )


def fixed(at: datetime, *, zone: str, calendar: Calendar) -> Deadline:
    """Return an instant that somebody promised as a deadline: nothing is counted, and it is due at that very time.

    `at` must be aware. Raises `DeadlineProblem` as `compute` does. Parts of a second are dropped.
    """
    unit = PeriodUnit.HOURS
    found = compute(Period(0, unit), at, zone=zone, calendar=calendar, options=Options.for_regime(Regime.contract, unit))
    return replace(found, steps=(Step(StepKind.FIXED, at=found.due),))


def _reckon(period: Period, start: datetime, zone: Zone, calendar: Calendar, options: Options, *, note: Note) -> datetime:
    if start.tzinfo is None or start.utcoffset() is None:
        raise DeadlineProblem(
            f"The start {start.isoformat()} has no offset from UTC; write it with one, for example "
            "2026-03-28T15:30+01:00.",
            field="start",
        )
    if options.suspended_days or options.roll is not _NO_ROLL:
        options.require_fit(period)
    try:
        local = start.astimezone(zone.tz)
        day = local.date()
        if not calendar.first <= day <= calendar.last:
            calendar.require(day)
        if note:
            note(Step(StepKind.START, at=start.astimezone(UTC), on=day))
        if period.unit is _HOURS:
            return _hours(period, local, zone, calendar, options, note=note)
        return _days(period, day, zone, calendar, options, note=note)
    except OverflowError:
        raise DeadlineProblem(
            f"A period of {period} from {start.isoformat()} ends beyond every calendar.", field="amount"
        ) from None


# --- hours -----------------------------------------------------------------------------------------------------


def _hours(
    period: Period, local: datetime, zone: Zone, calendar: Calendar, options: Options, *, note: Note
) -> datetime:
    backward = period.direction is _BEFORE
    at = local.astimezone(UTC)
    if at.microsecond:
        at = at.replace(microsecond=0)  # parts of a second are dropped: never later than the instant allows
    if options.hour_of_event is HourOfEvent.EXCLUDED:
        at = _without_hour_of_event(at, local, backward=backward, note=note)
    shift = timedelta(0, 3600 * period.amount)
    at = at - shift if backward else at + shift
    if note:
        note(Step(StepKind.HOURS_ADDED, at=at, count=period.amount))
    if options.suspended_days:
        at += timedelta(days=options.suspended_days)
        if note:
            note(Step(StepKind.SUSPENDED, at=at, count=options.suspended_days))
    if not calendar.first < at.date() < calendar.last:  # near an end the local date decides
        calendar.require(zone.day_of(at))
    if backward:
        _note_backward(options, note)
        return at
    if options.roll is Roll.NOON_NEXT_WORKING_DAY:
        at = _roll_hours(at, zone, calendar, options, note=note)
    if options.two_day_min and period.amount >= 24 * MINIMUM_WORKING_DAYS:
        at = _minimum_hours(at, local.date(), zone, calendar, options, note=note)
    return at


def _without_hour_of_event(at: datetime, local: datetime, *, backward: bool, note: Note) -> datetime:
    """Leave out the hour in which the event fell: count from its end, or backward from its beginning."""
    at -= timedelta(minutes=local.minute, seconds=local.second)
    at += timedelta(0) if backward else timedelta(hours=1)
    if note:
        note(Step(StepKind.HOUR_LEFT_OUT, at=at))
    return at


def _roll_hours(at: datetime, zone: Zone, calendar: Calendar, options: Options, *, note: Note) -> datetime:
    nominal = zone.day_of(at)
    if calendar.is_working_day(nominal, options.workweek):
        return at
    day = calendar.nth_working_day(nominal, 1, options.workweek)
    moved = zone.instant(datetime.combine(day, time(12)))
    if note:
        note(Step(StepKind.ROLLED, on=day, was=nominal, days=_passed_over(nominal, day, calendar)))
        note(Step(StepKind.NOON, at=moved, on=day))
    return moved


def _minimum_hours(
    at: datetime, event: date, zone: Zone, calendar: Calendar, options: Options, *, note: Note
) -> datetime:
    """Move by whole days, at the same wall time, until two working days lie inside (the minority reading)."""
    end = zone.local(at)
    if calendar.count_working_days(event, end.date(), options.workweek) >= MINIMUM_WORKING_DAYS:
        return at
    day = calendar.nth_working_day(event, MINIMUM_WORKING_DAYS, options.workweek)
    moved = zone.instant(datetime.combine(day, end.time()))
    if note:
        note(Step(StepKind.MINIMUM_APPLIED, at=moved, on=day, was=end.date()))
    return moved


# --- days, weeks, months, years, working days ------------------------------------------------------------------


def _days(period: Period, event: date, zone: Zone, calendar: Calendar, options: Options, *, note: Note) -> datetime:
    backward = period.direction is _BEFORE
    if period.unit is _WORKING_DAYS:
        last = calendar.nth_working_day(event, -period.amount if backward else period.amount, options.workweek)
        if note:
            passed = _holidays_counted_over(event, last, calendar, options)
            note(Step(StepKind.WORKING_DAYS_COUNTED, on=last, was=event, count=period.amount, days=passed))
    else:
        last = _calendar_count(period, event, note)
        calendar.require(last)
    if options.suspended_days:
        was, last = last, last + timedelta(days=options.suspended_days)
        calendar.require(last)
        if note:
            note(Step(StepKind.SUSPENDED, on=last, was=was, count=options.suspended_days))
    if backward:
        _note_backward(options, note)
        return _end(last, zone, note)
    nominal = last
    if options.roll is not _NO_ROLL or note:
        last = _roll_day(nominal, calendar, options, note=note)
    rolled = last != nominal
    if options.two_day_min and _is_two_days_or_more(period):
        last = _minimum_day(last, event, calendar, options, note=note)
    if rolled and options.roll is Roll.NOON_NEXT_WORKING_DAY:
        noon = zone.instant(datetime.combine(last, time(12)))
        if note:
            note(Step(StepKind.NOON, at=noon, on=last))
        return noon
    return _end(last, zone, note)


def _end(last: date, zone: Zone, note: Note) -> datetime:
    end = zone.last_second(last)
    if note:
        note(Step(StepKind.END_OF_DAY, at=end, on=last))
    return end


def _calendar_count(period: Period, event: date, note: Note) -> date:
    sign = -1 if period.direction is _BEFORE else 1
    amount = period.amount
    if period.unit is PeriodUnit.CALENDAR_DAYS or period.unit is PeriodUnit.WEEKS:
        weeks = period.unit is PeriodUnit.WEEKS
        last = event + timedelta(days=sign * amount * (7 if weeks else 1))
        if note:
            note(Step(StepKind.WEEKS_ADDED if weeks else StepKind.DAYS_ADDED, on=last, was=event, count=amount))
        return last
    months = amount * 12 if period.unit is PeriodUnit.YEARS else amount
    year, month0 = divmod(event.year * 12 + event.month - 1 + sign * months, 12)
    if not 1 <= year <= MAXYEAR:
        raise OverflowError
    length = monthrange(year, month0 + 1)[1]
    last = date(year, month0 + 1, min(event.day, length))
    if note and event.day <= length:
        note(Step(StepKind.MONTHS_ADDED, on=last, was=event, count=amount))
    elif note:
        note(Step(StepKind.CLAMPED, on=last, was=event, count=event.day))
    return last


def _roll_day(nominal: date, calendar: Calendar, options: Options, *, note: Note) -> date:
    if calendar.is_working_day(nominal, options.workweek):
        return nominal
    if options.roll is _NO_ROLL:
        if note:
            note(Step(StepKind.NOT_ROLLED, on=nominal, days=(Closure(nominal, _reason(nominal, calendar)),)))
        return nominal
    day = calendar.nth_working_day(nominal, 1, options.workweek)
    if note:
        note(Step(StepKind.ROLLED, on=day, was=nominal, days=_passed_over(nominal, day, calendar)))
    return day


def _minimum_day(last: date, event: date, calendar: Calendar, options: Options, *, note: Note) -> date:
    if calendar.count_working_days(event, last, options.workweek) >= MINIMUM_WORKING_DAYS:
        return last
    day = calendar.nth_working_day(event, MINIMUM_WORKING_DAYS, options.workweek)
    if note:
        note(Step(StepKind.MINIMUM_APPLIED, on=day, was=last))
    return day


def _is_two_days_or_more(period: Period) -> bool:
    if period.unit is PeriodUnit.CALENDAR_DAYS:
        return period.amount >= MINIMUM_WORKING_DAYS
    # A count in working days holds its own minimum; a week is always longer than two days.
    return period.unit is not _WORKING_DAYS and period.amount > 0


# --- what the steps mention ------------------------------------------------------------------------------------


def _note_backward(options: Options, note: Note) -> None:
    if note and (options.roll is not _NO_ROLL or options.two_day_min):
        note(Step(StepKind.NOT_ROLLED_BACKWARD))


def _reason(day: date, calendar: Calendar) -> str:
    return calendar.reason_closed(day) or _WEEKDAYS[day.weekday()]


def _passed_over(first: date, until: date, calendar: Calendar) -> tuple[Closure, ...]:
    days = (first + timedelta(days=n) for n in range((until - first).days))
    return tuple(Closure(day, _reason(day, calendar)) for day in days)


def _holidays_counted_over(event: date, last: date, calendar: Calendar, options: Options) -> tuple[Closure, ...]:
    first, final = min(event, last), max(event, last)
    last_weekday = options.workweek.last_weekday
    return tuple(
        closure
        for closure in calendar.closures(first, final)
        if closure.on.weekday() <= last_weekday and closure.on != event
    )
