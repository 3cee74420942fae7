"""Rows as they stood at an instant: awareness, the state of a case, clocks. Pure.

Acts are rows with instants of their own, or leave the values they replaced (`DocketChange`); what came later is taken away again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dpa.breaches.closing import CaseState
from dpa.breaches.events import Event


def by(at: datetime | None, as_of: datetime) -> bool:
    """Tell whether something had happened by then; none has not happened."""
    return at is not None and at <= as_of


@dataclass(frozen=True, slots=True)
class Ending:
    """One line of the trail about how a case ended or was opened again."""

    at: datetime
    action: str
    actor: str
    words: str = ""
    """What was said; empty where it was erased."""


@dataclass(frozen=True, slots=True)
class CaseAt:
    """How a case stood."""

    state: CaseState
    at: datetime | None = None
    """Since when it was closed; none while it was open."""
    actor: str = ""
    words: str = ""


_STATES = {Event.CLOSED: CaseState.CLOSED, Event.NO_BREACH: CaseState.NO_BREACH, Event.REOPENED: CaseState.OPEN}
ENDINGS = tuple(str(event) for event in _STATES)
"""Events that change the state of a case."""


def case_at(endings: Sequence[Ending], as_of: datetime) -> CaseAt:
    """Return how a case stood, from its endings in the order of the trail."""
    known = [one for one in endings if one.at <= as_of]
    if not known or _STATES[Event(known[-1].action)] is CaseState.OPEN:
        return CaseAt(CaseState.OPEN)
    last = known[-1]
    return CaseAt(_STATES[Event(last.action)], last.at, last.actor, last.words)


@dataclass(frozen=True, slots=True)
class Move:
    """One change of a clock's dates, as far as going back cares."""

    at: datetime
    old_target_at: datetime
    old_due_at: datetime | None
    pauses: bool | None = None
    """True for a pause, False for its end, none for other acts."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A customer's clock as it stood."""

    id: int
    started_at: datetime
    target_at: datetime
    due_at: datetime | None
    """The latest that contract or law allow; none where neither gives a number."""
    state: str
    """open, paused, met or waived."""
    met_at: datetime | None
    late_s: int | None
    zone: str
    origin: str
    basis: str
    start_event: str = ""
    """`discovery` where it ran from when the breach was first noticed; empty for awareness."""

    @property
    def binding(self) -> datetime:
        """What lateness is measured against."""
        return self.due_at or self.target_at


def clock_at(clock: Clock, closed_at: datetime | None, moves: Sequence[Move], as_of: datetime) -> Clock:
    """Take away what happened to a clock after an instant; `moves` in the order in which they were made."""
    later = next((move for move in moves if move.at > as_of), None)
    target, due = (later.old_target_at, later.old_due_at) if later else (clock.target_at, clock.due_at)
    closed = by(closed_at, as_of)
    state = clock.state if closed else _running(moves, as_of)
    return Clock(
        clock.id, clock.started_at, target, due, state, clock.met_at if closed else None, clock.late_s if closed else None,
        clock.zone, clock.origin, clock.basis, clock.start_event,
    )  # fmt: skip


def _running(moves: Sequence[Move], as_of: datetime) -> str:
    known = [move.pauses for move in moves if move.at <= as_of and move.pauses is not None]
    return "paused" if known and known[-1] else "open"


class Promise(StrEnum):
    """What became of the promise to one customer."""

    KEPT = "kept"
    LATE = "late"
    """Told, and too late."""
    CORRECTED = "corrected"
    """Told in time by the awareness held then, and too late counted from the one that corrected it to an earlier time."""
    RUNNING = "running"
    OVERDUE = "overdue"
    """Not told, and the time has passed."""
    NOT_OWED = "not_owed"
    """A named person decided that no notice is owed."""
    WAIVED = "waived"
    """The clock was waived otherwise, such as with a case that was no breach."""
    DEMONSTRATION = "demonstration"
    """Only the file mailbox took the notice and the time still runs: nobody was told, so nothing is kept or missed yet. Said by `in_mailbox`."""


MISSED = frozenset({Promise.LATE, Promise.CORRECTED, Promise.OVERDUE})
"""What a regulator calls missed: decisions.md 70."""


def promise(clock: Clock, *, not_owed: bool, as_of: datetime, late_anew: bool = False) -> Promise:
    """Return what became of a promise by then. What was told counts first, whatever was decided.

    `late_anew` says that a clock met in time was met too late counted from the corrected awareness.
    """
    if clock.met_at is not None:
        return Promise.LATE if (clock.late_s or 0) > 0 else Promise.CORRECTED if late_anew else Promise.KEPT
    if not_owed:
        return Promise.NOT_OWED
    if clock.state in {"waived", "superseded"}:
        return Promise.WAIVED
    if clock.state == "paused":
        return Promise.RUNNING
    return Promise.OVERDUE if clock.binding < as_of else Promise.RUNNING


def in_mailbox(clock: Clock, *, until: datetime) -> Promise:
    """Return what became of a promise whose notice only the file mailbox took: nobody was told, so when its time has passed it is missed. `until` is when anything was still owed."""
    if clock.state in {"waived", "superseded"}:
        return Promise.DEMONSTRATION
    return Promise.OVERDUE if clock.binding < until else Promise.DEMONSTRATION
