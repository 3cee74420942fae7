"""Classification as a major incident under DORA: a decision with its instant, and what it does to the clock of the initial notification. Pure.

Sources: Regulation (EU) 2022/2554 Art. 18 (what is major) and 19(4); Delegated Regulation (EU) 2025/301 Art. 5(1)(a): within 4 hours of
the classification and at most 24 hours after awareness. A correction never undoes a deadline that was missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

REASON_MIN = 10
BASIS_MAX = 2_000
PERSON_MAX = 200
RUNNING = frozenset({"open", "paused"})


@dataclass(frozen=True, slots=True)
class Classification:
    """What somebody decided about an incident, and when."""

    major: bool
    """Whether it is major; only then are the reports of DORA owed."""
    decided_at: datetime
    """When it was classified, aware, in UTC; not when that was recorded."""
    person: str
    """Who classified it; a name or a function."""
    basis: str
    """Which criteria were met, or not."""


def errors(decision: Classification, *, detected_at: datetime, now: datetime) -> dict[str, str]:
    """Return a sentence for each input that cannot stand, by field."""
    found: dict[str, str] = {}
    if decision.decided_at > now:
        found["decided_at"] = "The classification cannot lie in the future; check the date and the time zone."
    elif decision.decided_at < detected_at:
        found["decided_at"] = "Nobody can have classified the incident before it was first noticed; check the date."
    if not decision.person.strip():
        found["person"] = "Say who classified it: a name, or a function."
    elif len(decision.person) > PERSON_MAX:
        found["person"] = f"Shorten this to {PERSON_MAX} characters."
    if len(decision.basis.strip()) < REASON_MIN:
        found["basis"] = "Say in a sentence which criteria were met, or why it is not major; an authority may ask you."
    elif len(decision.basis) > BASIS_MAX:
        found["basis"] = f"Shorten this to {BASIS_MAX:,} characters."
    return found


def correction_errors(old: Classification, new: Classification, reason: str, *, detected_at: datetime, now: datetime) -> dict[str, str]:
    """Return what keeps a correction from being made: the decision's own errors, no reason, or nothing changed."""
    found = errors(new, detected_at=detected_at, now=now)
    if len(reason.strip()) < REASON_MIN:
        found["reason"] = "Say in a sentence why the classification is corrected; the earlier one stays on record."
    if old == new:
        found["decided_at"] = "Nothing was changed; correct the decision, its time, the person or the basis, or go back."
    return found


def submission_error(at: datetime, *, detected_at: datetime, now: datetime) -> str | None:
    """Return a sentence when the initial notification cannot have been submitted at `at`."""
    if at > now:
        return "It cannot have been submitted in the future; check the date and the time zone."
    return "It cannot have been submitted before the incident was first noticed; check the date." if at < detected_at else None


class Effect(StrEnum):
    """What a decision does to the clock of the initial notification."""

    STARTED = "started"
    RECOUNTED = "recounted"
    """It ends at another time, earlier or later, and had not been missed; or it was missed by even more."""
    MISSED = "missed"
    """Its time had passed: no later time, and no other decision, makes it unmissed."""
    FROZEN = "frozen"
    """The notification was submitted before: its lateness stays as it was frozen."""
    ENDED = "ended"
    """Nothing is owed: the incident is not major."""
    SAME = "same"


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """The newest clock of the initial notification, as far as a decision cares."""

    state: str
    due_at: datetime


def effect(clock: ClockFacts | None, due_at: datetime | None, now: datetime) -> Effect:
    """Return what becomes of the clock when the notification is owed by `due_at` from now on; none for not owed at all."""
    if clock is not None and clock.state == "met":
        return Effect.FROZEN
    if clock is None or clock.state not in RUNNING:
        return Effect.STARTED if due_at is not None else Effect.SAME
    if clock.due_at <= now and (due_at is None or due_at > clock.due_at):
        return Effect.MISSED
    if due_at is None:
        return Effect.ENDED
    return Effect.SAME if due_at == clock.due_at else Effect.RECOUNTED
