"""The alert ladder: when colleagues are told of a running deadline, and whom. Pure: instants in, steps out.

A ladder is counted in elapsed time (aware UTC) from the target date, never in business hours: a mail that waits in an inbox
overnight costs nothing, one that comes a day late costs the promise. So a 24 hour clock rings through the night and through both
changes of the clocks, and a clock of months rings on Sundays too.

Acknowledging ("I have seen it") stops what exists only to be seen: the escalation to further people, and the repeats after the
target. The rungs before the target and the one at it still come, because seeing is not doing; only meeting the deadline ends those.

When the target moves, count the new plan with `last_step=OPEN`: rungs of the new plan that already lie behind collapse into one
alert, and the opening is not told again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TypeVar

Person = TypeVar("Person")

OPEN = "open"
"""Name of the step at which the clock starts."""
DUE = "due"
"""Name of the step at the target."""
_BEFORE, _ESCALATE, _AFTER = "before-", "escalate-", "after-"
_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)), ("s", timedelta(seconds=1)))
_WORDS = {"d": "day", "h": "hour", "m": "minute", "s": "second"}
MISSED_SHOWN = 24
"""How many missed steps are listed; their number is always told in full."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one kind of deadline."""

    before: tuple[timedelta, ...] = ()
    """How long before the target to alert, longest first."""
    at_open: bool = True
    """Whether to alert when the clock starts."""
    repeat_after_due: timedelta | None = None
    """How often to repeat after the target until somebody acknowledges; none for never."""
    escalate_after: timedelta | None = None
    """How long an unacknowledged alert waits until the next person is added, counted from the opening; none for never."""
    escalations: int = 3
    """How many times a further person is added before the target; at the target everybody is told."""

    def __post_init__(self) -> None:
        if any(step <= timedelta(0) for step in self.before) or any(a <= b for a, b in pairwise(self.before)):
            raise ValueError("the rungs before the target must be positive, longest first, each once")
        for step in (self.repeat_after_due, self.escalate_after):
            if step is not None and step < timedelta(minutes=1):
                raise ValueError("an alert may be repeated or escalated once a minute at most")


@dataclass(frozen=True, slots=True)
class Step:
    """One rung at its instant."""

    name: str
    """`open`, `escalate-1`, `before-12h`, `due`, `after-3`: part of a message's key, so a rung is told once."""
    at: datetime
    """When it is due, aware, in UTC."""


@dataclass(frozen=True, slots=True)
class Due:
    """The rung to tell of now, and those an outage swallowed on the way to it."""

    step: Step
    missed: tuple[Step, ...] = ()
    """Earlier rungs never told, oldest first, the last 24 of them."""
    missed_count: int = 0


LADDER_24H = Ladder(
    before=tuple(timedelta(hours=hours) for hours in (12, 6, 3, 1)),
    repeat_after_due=timedelta(hours=1),
    escalate_after=timedelta(hours=1),
)
"""For clocks of hours, such as a breach notification: opening, 12, 6, 3, 1 h before, at the target, then hourly."""

LADDER_DAYS = Ladder(
    before=tuple(timedelta(days=days) for days in (30, 7, 3, 1)),
    repeat_after_due=timedelta(days=1),
    escalate_after=timedelta(days=2),
    escalations=1,
)
"""For clocks of days and months: opening, 30, 7, 3, 1 days before, at the target, then daily."""


def plan(ladder: Ladder, opened_at: datetime, target_at: datetime) -> tuple[Step, ...]:
    """Return every rung up to the target, in order; rungs that lie before the opening are left out.

    A clock that opens at or after its target has one rung: it is due at once. Raises ValueError for naive instants.
    """
    opened, target = _utc(opened_at), _utc(target_at)
    if target <= opened:
        return (Step(DUE, opened),)
    steps = [Step(OPEN, opened)] if ladder.at_open else []
    if ladder.escalate_after is not None:
        steps += [Step(f"{_ESCALATE}{n}", opened + n * ladder.escalate_after) for n in range(1, ladder.escalations + 1)]
    steps += [Step(f"{_BEFORE}{_short(length)}", target - length) for length in ladder.before]
    steps = [step for step in steps if step.name == OPEN or opened < step.at < target]
    # Where an escalation and a rung before the target meet, the rung stands last: it is the one to be told.
    return (*sorted(steps, key=lambda step: (step.at, not step.name.startswith(_ESCALATE))), Step(DUE, target))


def due_step(
    ladder: Ladder, opened_at: datetime, target_at: datetime, now: datetime, last_step: str | None, *, acknowledged: bool = False
) -> Due | None:
    """Return the newest rung that is due and not yet told, with the ones missed before it; none when there is nothing to tell.

    `last_step` names the last rung told (none: nothing yet). One second before a rung it is not due, at its instant it is.
    """
    opened, target, now = _utc(opened_at), _utc(target_at), _utc(now)
    told = _position(ladder, opened, target, last_step)
    steps = [step for step in _remaining(ladder, opened, target, told, acknowledged) if step.at <= now]
    repeats = 0 if acknowledged else _repeats_until(ladder, max(opened, target), now)
    first = max(1, _repeat_number(last_step) + 1)
    count = len(steps) + max(0, repeats - first + 1)
    if not count:
        return None
    shown = range(max(first, repeats - MISSED_SHOWN), repeats + 1)
    steps += [_repeat(ladder, max(opened, target), number) for number in shown]
    return Due(steps[-1], tuple(steps[:-1])[-MISSED_SHOWN:], count - 1)


def next_at(
    ladder: Ladder, opened_at: datetime, target_at: datetime, last_step: str | None, *, acknowledged: bool = False
) -> datetime | None:
    """Return the instant of the first rung after `last_step`, which may lie in the past; none when no rung is left."""
    opened, target = _utc(opened_at), _utc(target_at)
    remaining = _remaining(ladder, opened, target, _position(ladder, opened, target, last_step), acknowledged)
    if remaining:
        return remaining[0].at
    if acknowledged or ladder.repeat_after_due is None:
        return None
    return _repeat(ladder, max(opened, target), _repeat_number(last_step) + 1).at


def recipients_at(
    ladder: Ladder, opened_at: datetime, step: Step, ordered_people: Sequence[Person], *, acknowledged: bool = False
) -> tuple[Person, ...]:
    """Return whom a rung is told: the first person, and one more for each span that passed without acknowledgement.

    At the target everybody is told, acknowledged or not: a promise that may break is news for all. Before it, and in
    repeats, an acknowledged deadline concerns its first person only.
    """
    people = tuple(ordered_people)
    if step.name == DUE or (step.name.startswith(_AFTER) and not acknowledged):
        return people
    if acknowledged or ladder.escalate_after is None:
        return people[:1]
    added = (step.at - _utc(opened_at)) // ladder.escalate_after
    return people[: 1 + max(0, min(added, ladder.escalations))]


def is_name(text: str) -> bool:
    """Tell whether a text names a rung, of this or of an older ladder."""
    return text in {OPEN, DUE} or bool(re.fullmatch(rf"{_BEFORE}[1-9][0-9]*[{''.join(_WORDS)}]|({_ESCALATE}|{_AFTER})[1-9][0-9]*", text))


def words(name: str) -> str:
    """Return a rung's name as a person reads it: `12 hours before the target`."""
    if name == OPEN:
        return "at the opening"
    if name == DUE:
        return "at the target"
    if name.startswith(_BEFORE):
        amount, unit = name.removeprefix(_BEFORE)[:-1], name[-1]
        return f"{amount} {_WORDS[unit]}{'' if amount == '1' else 's'} before the target"
    if name.startswith(_ESCALATE):
        return "nobody has acknowledged it yet"
    return f"repeat {name.removeprefix(_AFTER)} after the target"


def _remaining(ladder: Ladder, opened: datetime, target: datetime, told: tuple[datetime, str] | None, acknowledged: bool) -> list[Step]:
    steps = plan(ladder, opened, target)
    if told is not None:
        at, name = told
        names = [step.name for step in steps]
        steps = steps[names.index(name) + 1 :] if name in names else tuple(step for step in steps if step.at > at)
    return [step for step in steps if not (acknowledged and step.name.startswith(_ESCALATE))]


def _position(ladder: Ladder, opened: datetime, target: datetime, last_step: str | None) -> tuple[datetime, str] | None:
    """Return where the ladder stands. Names carry their distance, so a rung of an older ladder still has its place."""
    if last_step is None:
        return None
    if last_step == OPEN:
        return opened, last_step
    if last_step.startswith(_BEFORE):
        return target - _length(last_step.removeprefix(_BEFORE)), last_step
    if last_step.startswith(_ESCALATE):
        return opened + int(last_step.removeprefix(_ESCALATE)) * (ladder.escalate_after or timedelta(0)), last_step
    if last_step == DUE or last_step.startswith(_AFTER):
        return max(opened, target), last_step
    raise ValueError(f"{last_step!r} is not the name of a step")


def _repeats_until(ladder: Ladder, anchor: datetime, now: datetime) -> int:
    return 0 if ladder.repeat_after_due is None else max(0, (now - anchor) // ladder.repeat_after_due)


def _repeat_number(last_step: str | None) -> int:
    return int(last_step.removeprefix(_AFTER)) if last_step is not None and last_step.startswith(_AFTER) else 0


def _repeat(ladder: Ladder, anchor: datetime, number: int) -> Step:
    assert ladder.repeat_after_due is not None
    return Step(f"{_AFTER}{number}", anchor + number * ladder.repeat_after_due)


def _short(length: timedelta) -> str:
    for unit, size in _UNITS:
        if length % size == timedelta(0):
            return f"{length // size}{unit}"
    raise ValueError("a rung before the target must be a whole number of seconds")


def _length(text: str) -> timedelta:
    return int(text[:-1]) * dict(_UNITS)[text[-1]]


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a ladder counts aware instants; add the zone")
    return instant.astimezone(UTC)
