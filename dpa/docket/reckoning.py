"""How a deadline's date came about: what was computed, and what decisions and pauses did to it since. Pure.

An hour clock that was paused moves by the whole elapsed pause. A day clock moves by the whole days inside the pause
(`dpa.deadlines.suspension`: parts of a day add nothing, which is the safe reading) and is then counted again, so that
rolling and minimum rules see the suspended days. An extension sets a date by decision; the computed date is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dpa import deadlines
from dpa.deadlines import Deadline, Direction, Pause, PeriodUnit
from dpa.problems import Conflict


@dataclass(frozen=True, slots=True)
class Reckoned:
    """One of a deadline's two dates."""

    computed: Deadline
    decided: datetime | None = None
    """The instant an extension set in place of the computed one."""
    paused: timedelta = timedelta(0)
    """Elapsed pauses of an hour clock since the date was computed or decided, added to it."""

    @property
    def due(self) -> datetime:
        """The instant in force, aware, in UTC."""
        return (self.decided or self.computed.due) + self.paused

    @property
    def counts_hours(self) -> bool:
        """Whether this is elapsed time rather than local days."""
        return self.computed.rule.period.unit is PeriodUnit.HOURS

    def extended(self, new: Deadline | datetime) -> Reckoned:
        """Return the date as an extension sets it: counted anew, or decided."""
        if isinstance(new, Deadline):
            return Reckoned(new)
        return Reckoned(self.computed, decided=new.astimezone(UTC))

    def resumed(self, pause: Pause) -> Reckoned:
        """Return the date moved by a pause that has ended."""
        if self.counts_hours:
            return replace(self, paused=self.paused + (pause.until - pause.since))
        days = deadlines.suspension_days([pause], zone=self.computed.zone)
        if not days:
            return self
        if self.decided is not None:
            return replace(self, decided=_days_later(self.decided, days, self.computed.zone))
        return Reckoned(_suspended(self.computed, days))


def check_pausable(reckoned: Reckoned) -> None:
    """Refuse to pause a period that is counted backwards from its event: there is no running clock to stop."""
    if reckoned.computed.rule.period.direction is Direction.BEFORE:
        raise Conflict("This date is counted backwards from an event and cannot be paused; extend it or waive it instead.")


def _days_later(instant: datetime, days: int, zone: str) -> datetime:
    place = deadlines.zone_named(zone)
    return place.instant(place.local(instant).replace(tzinfo=None) + timedelta(days=days))


def _suspended(deadline: Deadline, days: int) -> Deadline:
    options = replace(deadline.rule.options, suspended_days=deadline.rule.options.suspended_days + days)
    return deadlines.compute(
        deadline.rule.period, deadline.start, zone=deadline.zone, calendar=todays_calendar(deadline), options=options
    )


def todays_calendar(deadline: Deadline) -> deadlines.Calendar:
    """Return the calendar as it is known now, with every day that was closed when the deadline was computed."""
    return deadlines.calendar_named(deadline.calendar.name, deadline.calendar.closed)


@dataclass(frozen=True, slots=True)
class Dates:
    """The two dates of a deadline with their origins: what is stored in its `rule`."""

    target: Reckoned
    latest: Reckoned | None

    @property
    def target_at(self) -> datetime:
        """The instant the house wants to have acted by."""
        return self.target.due

    @property
    def due_at(self) -> datetime | None:
        """The latest instant contract or statute allow; none where there is only the target."""
        return self.latest.due if self.latest else None

    def resumed(self, pause: Pause) -> Dates:
        """Return both dates moved by a pause, each by its own way of counting, the target never beyond the latest."""
        target, latest = self.target.resumed(pause), self.latest.resumed(pause) if self.latest else None
        if latest is not None and target.due > latest.due:
            # Hours move by the whole pause, days only by whole days; what law or contract allow wins.
            target = replace(target, decided=latest.due, paused=timedelta(0))
        return Dates(target, latest)


def to_rule(dates: Dates) -> dict[str, Any]:
    """Return the stored form: both computed deadlines, and beside them what decisions and pauses changed."""
    moves = {name: _moves(part) for name, part in (("target", dates.target), ("latest", dates.latest)) if part}
    rule: dict[str, Any] = {
        "target": deadlines.to_json(dates.target.computed),
        "latest": deadlines.to_json(dates.latest.computed) if dates.latest else None,
    }
    if kept := {name: move for name, move in moves.items() if move}:
        rule["moves"] = kept
    return rule


def from_rule(rule: Mapping[str, Any]) -> Dates:
    """Bring the dates back; raises `DeadlineProblem` when the stored form is damaged."""
    moves = rule.get("moves", {})
    latest = rule.get("latest")
    target = _part(rule.get("target") or {}, moves.get("target", {}))
    return Dates(target, _part(latest, moves.get("latest", {})) if latest else None)


def _moves(part: Reckoned) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if part.decided is not None:
        found["decided"] = part.decided.isoformat()
    if part.paused:
        found["paused_us"] = part.paused // timedelta(microseconds=1)
    return found


def _part(stored: Mapping[str, Any], moves: Mapping[str, Any]) -> Reckoned:
    decided = moves.get("decided")
    return Reckoned(
        deadlines.from_json(stored),
        datetime.fromisoformat(decided) if decided else None,
        timedelta(microseconds=moves.get("paused_us", 0)),
    )


@dataclass(frozen=True, slots=True)
class Recount:
    """The answer to "would it be the same date if it were counted again now?"."""

    same: bool
    due: datetime
    """The instant counted again with the days stored at the time, and the same moves."""
    calendar_changed: bool
    """Whether today's holiday data give another date; the stored one stays in force."""
    due_today: datetime
    """The instant under today's holiday data."""


def recount(part: Reckoned) -> Recount:
    """Count a date again, with the days known then and with the days known now."""
    again = replace(part, computed=deadlines.recompute(part.computed))
    today = replace(part, computed=deadlines.recompute(part.computed, todays_calendar(part.computed)))
    return Recount(again.due == part.due, again.due, today.due != part.due, today.due)
