"""When the scan must look at a deadline next, worked out from the deadline's facts alone.

Acknowledging a deadline before its target says "I am on it": escalation ends. Once the target has passed unmet, that
word was not kept, so repeats go on until somebody acknowledges it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from dpa.alerts import ladder
from dpa.alerts.ladder import Due
from dpa.docket import kinds
from dpa.docket.models import DocketEntry
from dpa.docket.rules import State

Person = TypeVar("Person")


def acknowledged(entry: DocketEntry) -> bool:
    """Tell whether an acknowledgement still silences escalation and repeats."""
    if entry.acknowledged_at is None:
        return False
    told_late = entry.last_step is not None and (entry.last_step == ladder.DUE or entry.last_step.startswith("after-"))
    return not told_late or entry.acknowledged_at >= entry.target_at


def next_alert_at(entry: DocketEntry, now: datetime) -> datetime | None:
    """Return when the next rung is due, never before `now`; none when nothing is left to alert or nothing runs."""
    if entry.state != State.OPEN:
        return None
    plan = kinds.kind(entry.kind).ladder
    at = ladder.next_at(plan, entry.created_at, entry.target_at, entry.last_step, acknowledged=acknowledged(entry))
    return None if at is None else max(at, now)


def due_step(entry: DocketEntry, now: datetime) -> Due | None:
    """Return the rung to tell of now, recomputed from the facts; none when the row was looked at too early."""
    plan = kinds.kind(entry.kind).ladder
    return ladder.due_step(plan, entry.created_at, entry.target_at, now, entry.last_step, acknowledged=acknowledged(entry))


def recipients(entry: DocketEntry, due: Due, people: Sequence[Person]) -> tuple[Person, ...]:
    """Return whom the rung is told, out of the people in order: the owner first, then the DPOs, then the others."""
    plan = kinds.kind(entry.kind).ladder
    return ladder.recipients_at(plan, entry.created_at, due.step, people, acknowledged=acknowledged(entry))


def step_before(entry: DocketEntry) -> str | None:
    """Return the rung before the last one told, so that taking a mail back makes the scan tell that rung again."""
    name = entry.last_step
    if name is None or name == ladder.OPEN:
        return None
    if name.startswith("after-"):
        number = int(name.removeprefix("after-")) - 1
        return f"after-{number}" if number else ladder.DUE
    names = [step.name for step in ladder.plan(kinds.kind(entry.kind).ladder, entry.created_at, entry.target_at)]
    place = names.index(name) if name in names else 0
    return names[place - 1] if place else None


def forget_told(entry: DocketEntry) -> None:
    """Have the ladder counted anew after a date moved: the opening is not told again, rungs behind collapse into one."""
    entry.last_step = ladder.OPEN
