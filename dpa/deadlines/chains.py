"""Periods that hang on one another: deemed delivery of a letter, and notices that must arrive before a limit.

Many contracts deem a registered letter delivered on the Nth business day after posting, or at its first
presentation, or when it is really handed over. A non-renewal notice then has two clocks: back from the expiry to
the limit, and back from the limit to the last day on which posting is still in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from dpa.deadlines.calendars import Calendar
from dpa.deadlines.computing import compute
from dpa.deadlines.options import Options
from dpa.deadlines.periods import Direction, Period, PeriodUnit
from dpa.deadlines.problem import DeadlineProblem
from dpa.deadlines.values import Deadline
from dpa.deadlines.zones import zone_named


class DeliveryRule(StrEnum):
    """When a letter counts as delivered."""

    NTH_WORKING_DAY_AFTER_POSTING = "nth_working_day_after_posting"
    FIRST_PRESENTATION = "first_presentation"
    ACTUAL_DELIVERY = "actual_delivery"


@dataclass(frozen=True, slots=True)
class PostalFacts:
    """What is known of a letter; instants are aware, none when it has not happened or is not proved."""

    posted_at: datetime | None = None
    presented_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The local day on which the letter counts as delivered, and how that day was counted if it was deemed."""

    rule: DeliveryRule
    on: date
    counted: Deadline | None


def delivery(
    rule: DeliveryRule, facts: PostalFacts, *, zone: str, calendar: Calendar, options: Options, working_days: int = 5
) -> Delivery | None:
    """Apply a delivery rule to what is known; none while the fact the rule hangs on is missing.

    `working_days` is the N of "Nth business day after posting"; the day of posting is not counted.
    """
    if rule is DeliveryRule.NTH_WORKING_DAY_AFTER_POSTING:
        if facts.posted_at is None:
            return None
        period = Period(working_days, PeriodUnit.WORKING_DAYS)
        counted = compute(period, facts.posted_at, zone=zone, calendar=calendar, options=options)
        return Delivery(rule, counted.local_due.date(), counted)
    at = facts.presented_at if rule is DeliveryRule.FIRST_PRESENTATION else facts.delivered_at
    if at is None:
        return None
    if at.utcoffset() is None:
        raise DeadlineProblem("The instant of delivery needs an offset from UTC.", field="delivered_at")
    return Delivery(rule, zone_named(zone).day_of(at), None)


@dataclass(frozen=True, slots=True)
class PostingLimit:
    """The last posting day that still meets a backward limit, and what happens one working day later."""

    limit: Deadline
    """The notice period counted back from the expiry; the notice must be delivered by then."""
    last_posting: date
    """The last working day on which to post."""
    deemed_on: date
    """When a letter posted that day counts as delivered."""
    too_late: date
    """The next working day: posting then fails."""
    too_late_deemed_on: date
    """When a letter posted that day would count as delivered."""


def last_safe_posting(
    expiry: datetime, notice: Period, *, deemed_after: int, zone: str, calendar: Calendar, options: Options
) -> PostingLimit:
    """Find the last safe posting day of a notice before an expiry, with delivery deemed N working days later.

    `deemed_after` is that N. Raises `DeadlineProblem` when the notice period does not count backwards.
    """
    if notice.direction is not Direction.BEFORE:
        raise DeadlineProblem("A notice before expiry is counted backwards; give the direction 'before'.", field="notice")
    if deemed_after < 0:
        raise DeadlineProblem("The number of working days until deemed delivery cannot be negative.", field="deemed_after")
    limit = compute(notice, expiry, zone=zone, calendar=calendar, options=options)
    week, limit_day = options.workweek, limit.local_due.date()
    open_day = calendar.is_working_day(limit_day, week)
    deemed_on = limit_day if open_day else calendar.nth_working_day(limit_day, -1, week)
    last_posting = calendar.nth_working_day(deemed_on, -deemed_after, week)
    too_late = calendar.nth_working_day(last_posting, 1, week)
    return PostingLimit(limit, last_posting, deemed_on, too_late, calendar.nth_working_day(too_late, deemed_after, week))


@dataclass(frozen=True, slots=True)
class Link:
    """One period of a chain, with everything its counting needs."""

    period: Period
    zone: str
    calendar: Calendar
    options: Options


def chain(start: datetime, links: Sequence[Link]) -> tuple[Deadline, ...]:
    """Count periods one after another, each from the due instant of the one before."""
    found: list[Deadline] = []
    at = start
    for link in links:
        found.append(compute(link.period, at, zone=link.zone, calendar=link.calendar, options=link.options))
        at = found[-1].due
    return tuple(found)


def earliest(deadlines: Iterable[Deadline]) -> Deadline:
    """Return the deadline that governs when several clocks run for one duty: the earliest one."""
    return min(deadlines, key=lambda deadline: deadline.due)
