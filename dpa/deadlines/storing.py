"""Deadlines as plain dictionaries: lossless, JSON-ready (no floats), and able to be counted again.

A stored deadline carries the rule, the start, the zone and the closed days that were looked at, so that it gives
the same date for ever, whatever later versions of the holiday data say. Counting it again with today's calendar
shows whether that data has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from dpa.deadlines.calendars import Calendar, Closure
from dpa.deadlines.computing import compute, due_instant, fixed
from dpa.deadlines.options import Options
from dpa.deadlines.periods import Direction, Period, PeriodUnit
from dpa.deadlines.problem import DeadlineProblem
from dpa.deadlines.values import CalendarExcerpt, Deadline, Rule, Step, StepKind, Warning_, WarningKind

FORM = 1
"""The version of this dictionary form; raised when a field changes its meaning."""


def to_json(deadline: Deadline) -> dict[str, Any]:
    """Return the deadline as a dictionary of strings, whole numbers, booleans, lists and dictionaries."""
    excerpt = deadline.calendar
    return {
        "form": FORM,
        "start": deadline.start.isoformat(),
        "due": deadline.due.isoformat(),
        "zone": deadline.zone,
        "period": period_to_json(deadline.rule.period),
        "options": options_to_json(deadline.rule.options),
        "calendar": {
            "name": excerpt.name,
            "version": excerpt.version,
            "first": excerpt.first.isoformat(),
            "last": excerpt.last.isoformat(),
            "closed": _closures_to_json(excerpt.closed),
        },
        "steps": [_step_to_json(step) for step in deadline.steps],
        "warnings": [_warning_to_json(warning) for warning in deadline.warnings],
    }


def from_json(stored: Mapping[str, Any]) -> Deadline:
    """Bring a stored deadline back, equal to the one stored; raise `DeadlineProblem` when it is damaged."""
    try:
        if stored["form"] != FORM:
            raise DeadlineProblem(f"The stored deadline has the form {stored['form']!r}, which this version cannot read.")
        excerpt = stored["calendar"]
        return Deadline(
            due=datetime.fromisoformat(stored["due"]),
            zone=stored["zone"],
            steps=tuple(_step_from_json(step) for step in stored["steps"]),
            warnings=tuple(_warning_from_json(warning) for warning in stored["warnings"]),
            calendar_version=excerpt["version"],
            rule=Rule(period_from_json(stored["period"]), options_from_json(stored["options"])),
            start=datetime.fromisoformat(stored["start"]),
            calendar=CalendarExcerpt(
                name=excerpt["name"],
                version=excerpt["version"],
                first=date.fromisoformat(excerpt["first"]),
                last=date.fromisoformat(excerpt["last"]),
                closed=_closures_from_json(excerpt["closed"]),
            ),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, DeadlineProblem):
            raise
        raise DeadlineProblem(f"The stored deadline cannot be read: {error!r} is missing or malformed.") from error


def recompute(stored: Mapping[str, Any] | Deadline, calendar: Calendar | None = None) -> Deadline:
    """Count a stored deadline again: with the days it was counted with, or with another calendar if given."""
    deadline = stored if isinstance(stored, Deadline) else from_json(stored)
    days = calendar or deadline.calendar.calendar()
    if deadline.is_fixed:
        return fixed(deadline.start, zone=deadline.zone, calendar=days)
    return compute(deadline.rule.period, deadline.start, zone=deadline.zone, calendar=days, options=deadline.rule.options)


def recompute_due(stored: Mapping[str, Any], calendar: Calendar) -> datetime:
    """Count only the due instant again, for checks over many rows; the caller finds the calendar by its version."""
    period, options = stored["period"], stored["options"]
    return due_instant(
        _period(period["amount"], period["unit"], period["direction"]),
        datetime.fromisoformat(stored["start"]),
        zone=stored["zone"],
        calendar=calendar,
        options=_options(tuple(options.items())),
    )


@lru_cache(maxsize=4096)
def _period(amount: int, unit: str, direction: str) -> Period:
    return Period(amount, PeriodUnit(unit), Direction(direction))


@lru_cache(maxsize=4096)
def _options(stored: tuple[tuple[str, Any], ...]) -> Options:
    return Options(**dict(stored))


def period_to_json(period: Period) -> dict[str, Any]:
    """Return a period as a dictionary."""
    return {"amount": period.amount, "unit": period.unit.value, "direction": period.direction.value}


def period_from_json(stored: Mapping[str, Any]) -> Period:
    """Bring a period back from its dictionary."""
    return Period(stored["amount"], PeriodUnit(stored["unit"]), Direction(stored["direction"]))


def options_to_json(options: Options) -> dict[str, Any]:
    """Return options as a dictionary, every one of them written out."""
    return {
        "regime": options.regime.value,
        "roll": options.roll.value,
        "two_day_min": options.two_day_min,
        "hour_of_event": options.hour_of_event.value,
        "workweek": options.workweek.value,
        "suspended_days": options.suspended_days,
    }


def options_from_json(stored: Mapping[str, Any]) -> Options:
    """Bring options back from their dictionary; an unknown name raises rather than being dropped."""
    return Options(**stored)


def _closures_to_json(closures: tuple[Closure, ...]) -> list[list[str]]:
    return [[closure.on.isoformat(), closure.name] for closure in closures]


def _closures_from_json(stored: list[list[str]]) -> tuple[Closure, ...]:
    return tuple(Closure(date.fromisoformat(on), name) for on, name in stored)


def _step_to_json(step: Step) -> dict[str, Any]:
    found = {
        "kind": step.kind.value,
        "at": step.at.isoformat() if step.at else None,
        "on": step.on.isoformat() if step.on else None,
        "was": step.was.isoformat() if step.was else None,
        "count": step.count or None,
        "days": _closures_to_json(step.days) or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _step_from_json(stored: Mapping[str, Any]) -> Step:
    return Step(
        kind=StepKind(stored["kind"]),
        at=_instant(stored.get("at")),
        on=_day(stored.get("on")),
        was=_day(stored.get("was")),
        count=stored.get("count", 0),
        days=_closures_from_json(stored.get("days", [])),
    )


def _warning_to_json(warning: Warning_) -> dict[str, Any]:
    found = {
        "kind": warning.kind.value,
        "on": warning.on.isoformat() if warning.on else None,
        "instead": warning.instead.isoformat() if warning.instead else None,
        "at": warning.at.isoformat() if warning.at else None,
        "minutes": warning.minutes or None,
        "name": warning.name or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _warning_from_json(stored: Mapping[str, Any]) -> Warning_:
    return Warning_(
        kind=WarningKind(stored["kind"]),
        on=_day(stored.get("on")),
        instead=_day(stored.get("instead")),
        at=_instant(stored.get("at")),
        minutes=stored.get("minutes", 0),
        name=stored.get("name", ""),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
