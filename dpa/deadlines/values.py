"""What the engine answers: a due instant with every step that led to it, as data.

Steps and warnings hold no sentences; `dpa.deadlines.explaining` is the only place that words them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from dpa.deadlines.calendars import Calendar, Closure
from dpa.deadlines.options import Options
from dpa.deadlines.periods import Period, PeriodUnit
from dpa.deadlines.zones import zone_named


class StepKind(StrEnum):
    """What one step of the counting did."""

    START = "start"
    FIXED = "fixed"
    """A time that somebody promised; nothing was counted."""
    HOUR_LEFT_OUT = "hour_left_out"
    HOURS_ADDED = "hours_added"
    DAYS_ADDED = "days_added"
    WEEKS_ADDED = "weeks_added"
    MONTHS_ADDED = "months_added"
    CLAMPED = "clamped"
    WORKING_DAYS_COUNTED = "working_days_counted"
    SUSPENDED = "suspended"
    ROLLED = "rolled"
    NOT_ROLLED = "not_rolled"
    NOT_ROLLED_BACKWARD = "not_rolled_backward"
    MINIMUM_APPLIED = "minimum_applied"
    END_OF_DAY = "end_of_day"
    NOON = "noon"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: only the fields its kind needs are filled."""

    kind: StepKind
    at: datetime | None = None
    """The UTC instant reached."""
    on: date | None = None
    """The local day reached."""
    was: date | None = None
    """The local day before this step."""
    count: int = 0
    """How many units were counted; for a clamp, the day number that the month does not have."""
    days: tuple[Closure, ...] = ()
    """Days passed over, with the reason; in a working-day count the weekends are left out."""


class WarningKind(StrEnum):
    """What a person should know about a date that is nevertheless right."""

    BACKWARD_ON_CLOSED_DAY = "backward_on_closed_day"
    ENDS_ON_CLOSED_DAY = "ends_on_closed_day"
    CLOCK_CHANGE = "clock_change"
    REPEATED_HOUR = "repeated_hour"
    DAY_ENDS_EARLY = "day_ends_early"
    NOT_IN_FORCE = "not_in_force"


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801  (the plain name belongs to Python's own warnings)
    """One warning: only the fields its kind needs are filled."""

    kind: WarningKind
    on: date | None = None
    """The local day concerned."""
    instead: date | None = None
    """The working day proposed in its place; none when the calendar knows no earlier one."""
    at: datetime | None = None
    """The UTC instant concerned."""
    minutes: int = 0
    """By how much the clocks change: positive is forward."""
    name: str = ""
    """The holiday's name; empty for a weekend."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The snapshot of what was asked: enough, with start, zone and calendar, to count again."""

    period: Period
    options: Options


@dataclass(frozen=True, slots=True)
class CalendarExcerpt:
    """The part of the calendar that the counting looked at, kept so that the date can always be reproduced."""

    name: str
    version: str
    first: date
    last: date
    closed: tuple[Closure, ...]

    def calendar(self) -> Calendar:
        """Return a calendar of just these days, under the version they came from."""
        closed = {closure.on: closure.name for closure in self.closed}
        return Calendar(self.name, closed, first=self.first, last=self.last, source="stored", version=self.version)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due instant that can explain itself. The period ends strictly at 24:00; `due` is its last second."""

    due: datetime
    """Aware, UTC."""
    zone: str
    """IANA name or fixed offset; local days are counted here and the date is shown here."""
    steps: tuple[Step, ...]
    warnings: tuple[Warning_, ...]
    calendar_version: str
    rule: Rule
    start: datetime
    """The event's instant, aware, UTC."""
    calendar: CalendarExcerpt

    @property
    def is_fixed(self) -> bool:
        """Whether this is a time somebody promised rather than one that was counted."""
        return bool(self.steps) and self.steps[0].kind is StepKind.FIXED

    @property
    def heeds_calendar(self) -> bool:
        """Whether closed days have a part in this date: always where days are counted, for hours only where they moved the end or a warning names one."""
        if self.rule.period.unit is not PeriodUnit.HOURS:
            return True
        moved = any(step.kind in {StepKind.ROLLED, StepKind.MINIMUM_APPLIED} for step in self.steps)
        return moved or any(warning.kind in {WarningKind.BACKWARD_ON_CLOSED_DAY, WarningKind.ENDS_ON_CLOSED_DAY} for warning in self.warnings)

    @property
    def local_due(self) -> datetime:
        """The due instant on the clocks of the deadline's zone, with the offset in force then."""
        return zone_named(self.zone).local(self.due)
