"""Questions as people write them: amounts, instants and option lists in text, from a command or a table row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from dpa.deadlines.calendars import CUSTOM, Calendar, Closure, calendar_named
from dpa.deadlines.options import Options, choice_of
from dpa.deadlines.periods import Direction, Period, PeriodUnit, amount_of
from dpa.deadlines.problem import DeadlineProblem

COLUMNS = ("id", "kind", "amount", "start", "zone", "holiday_calendar", "rule_options")
"""The columns a table of questions must have; others are ignored."""

RULE_OPTIONS = (
    "regime", "roll", "two_day_min", "hour_of_event", "direction", "workweek",
    "holidays", "extra_holidays", "suspended_days", "restart", "received",
)  # fmt: skip
"""The option names; restart and received are kept with the facts and change nothing here."""

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Question:
    """Everything `compute` needs."""

    period: Period
    start: datetime
    zone: str
    calendar: Calendar
    options: Options


def read_row(row: Mapping[str, str]) -> Question:
    """Read one row with the columns of `COLUMNS`; raise `DeadlineProblem` naming the first thing wrong."""
    options = read_rule_options(row["rule_options"])
    unit = choice_of(PeriodUnit, row["kind"].strip(), "kind")
    direction = choice_of(Direction, options.get("direction", "after"), "direction")
    period = Period(amount_of(row["amount"]), unit, direction)
    return ask(period, row["start"], row["zone"].strip(), row["holiday_calendar"].strip(), options)


def ask(period: Period, start: str, zone: str, calendar: str, options: Mapping[str, str]) -> Question:
    """Put a question together from texts; `options` maps names of `RULE_OPTIONS` to their written values."""
    suspended = options.get("suspended_days")
    return Question(
        period=period,
        start=read_instant(start),
        zone=zone,
        calendar=_calendar(calendar, options),
        options=Options.for_regime(
            options.get("regime", "contract"),
            period.unit,
            roll=options.get("roll"),
            two_day_min=_yes_or_no(options.get("two_day_min"), "two_day_min"),
            hour_of_event=options.get("hour_of_event"),
            workweek=options.get("workweek"),
            suspended_days=None if suspended is None else _whole_number(suspended, "suspended_days"),
        ),
    )


def read_rule_options(text: str) -> dict[str, str]:
    """Read a list such as "regime=contract;roll=none"; an unknown or repeated name raises."""
    found: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise DeadlineProblem(f"The option {part[:_SHOWN]!r} has no value; write name=value.", field="rule_options")
        if name not in RULE_OPTIONS:
            raise DeadlineProblem(
                f"There is no option {name[:_SHOWN]!r}; the options are {', '.join(RULE_OPTIONS)}.", field="rule_options"
            )
        if name in found:
            raise DeadlineProblem(f"The option {name} is given twice.", field="rule_options")
        found[name] = value
    return found


def read_instant(text: str) -> datetime:
    """Read an ISO 8601 instant; one without an offset is refused, because its moment would be a guess."""
    try:
        start = datetime.fromisoformat(text.strip())
    except ValueError:
        raise DeadlineProblem(
            f"The start {text[:_SHOWN]!r} is not a date and time; write for example 2026-03-28T15:30+01:00.", field="start"
        ) from None
    if start.utcoffset() is None:
        raise DeadlineProblem(
            f"The start {text.strip()[:_SHOWN]} has no offset from UTC; write it with one, for example "
            "2026-03-28T15:30+01:00.",
            field="start",
        )
    return start


def _calendar(name: str, options: Mapping[str, str]) -> Calendar:
    own = options.get("holidays", "")
    if own and name != CUSTOM:
        raise DeadlineProblem(
            f"The option holidays belongs to the calendar custom; with {name[:_SHOWN]!r} use extra_holidays.", field="holidays"
        )
    days = [*read_days(own, "holidays"), *read_days(options.get("extra_holidays", ""), "extra_holidays")]
    return calendar_named(name, (Closure(day) for day in days))


def read_days(text: str, name: str) -> tuple[date, ...]:
    """Read dates joined by "|"; an empty text is an empty list."""
    days = []
    for part in filter(None, (piece.strip() for piece in text.split("|"))):
        try:
            days.append(date.fromisoformat(part))
        except ValueError:
            raise DeadlineProblem(
                f"The option {name} holds {part[:_SHOWN]!r}, which is not a date such as 2026-12-24.", field=name
            ) from None
    return tuple(days)


def _yes_or_no(text: str | None, name: str) -> bool | None:
    if text is None:
        return None
    if text not in ("yes", "no"):
        raise DeadlineProblem(f"The option {name} cannot be {text[:_SHOWN]!r}; choose one of: yes, no.", field=name)
    return text == "yes"


def _whole_number(text: str, name: str) -> int:
    try:
        return amount_of(text)
    except DeadlineProblem:
        raise DeadlineProblem(
            f"The option {name} cannot be {text[:_SHOWN]!r}; write a whole number, 0 or more.", field=name
        ) from None
