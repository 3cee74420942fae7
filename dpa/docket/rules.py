"""What may happen to a deadline, by whom, with which inputs, and when it counts as late. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dpa.problems import Conflict, Invalid

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
REASON_MIN = 10
REASON_MAX = 2000

LONGEST_EXTENSION = timedelta(days=366)
"""Beyond a year a typing mistake is likelier than an agreement."""


class State(StrEnum):
    """Where a deadline stands."""

    OPEN = "open"
    PAUSED = "paused"
    MET = "met"
    WAIVED = "waived"
    SUPERSEDED = "superseded"


CLOSED = frozenset({State.MET, State.WAIVED, State.SUPERSEDED})


class Act(StrEnum):
    """What can be done to a deadline."""

    MEET = "meet"
    EXTEND = "extend"
    PAUSE = "pause"
    RESUME = "resume"
    WAIVE = "waive"
    SUPERSEDE = "supersede"
    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"


TRANSITIONS: Mapping[tuple[State, Act], State] = {
    (State.OPEN, Act.MEET): State.MET,
    (State.OPEN, Act.EXTEND): State.OPEN,
    (State.OPEN, Act.PAUSE): State.PAUSED,
    (State.OPEN, Act.WAIVE): State.WAIVED,
    (State.OPEN, Act.SUPERSEDE): State.SUPERSEDED,
    (State.OPEN, Act.ACKNOWLEDGE): State.OPEN,
    (State.OPEN, Act.ASSIGN): State.OPEN,
    (State.PAUSED, Act.MEET): State.MET,
    (State.PAUSED, Act.RESUME): State.OPEN,
    (State.PAUSED, Act.WAIVE): State.WAIVED,
    (State.PAUSED, Act.SUPERSEDE): State.SUPERSEDED,
    (State.PAUSED, Act.ASSIGN): State.PAUSED,
}

PERMISSION: Mapping[Act, str] = {
    Act.ACKNOWLEDGE: "alerts.acknowledge",
    Act.ASSIGN: "docket.act",
    Act.EXTEND: "docket.act",
    Act.PAUSE: "docket.act",
    Act.RESUME: "docket.act",
    Act.WAIVE: "docket.waive",
}
"""What a person must hold for an act on a deadline's own page. Meeting and superseding belong to the workflows."""

STATE_WORDS: Mapping[State, str] = {
    State.OPEN: "open",
    State.PAUSED: "paused",
    State.MET: "already met",
    State.WAIVED: "waived",
    State.SUPERSEDED: "superseded by another one",
}
ACT_WORDS: Mapping[Act, str] = {
    Act.MEET: "met",
    Act.EXTEND: "extended",
    Act.PAUSE: "paused",
    Act.RESUME: "resumed",
    Act.WAIVE: "waived",
    Act.SUPERSEDE: "superseded",
    Act.ACKNOWLEDGE: "acknowledged",
    Act.ASSIGN: "given to another owner",
}


class Standing(StrEnum):
    """How soon a deadline must be acted on; the board's sections in their order."""

    LATE = "late"
    DAY = "day"
    WEEK = "week"
    LATER = "later"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules need to know of a deadline."""

    state: State
    target_at: datetime
    """Instant the house wants to have acted by; alerts and the board key on it."""
    due_at: datetime | None = None
    """Latest instant contract or statute allow; none where only the house's own target exists."""
    met_at: datetime | None = None
    paused_at: datetime | None = None


def next_state(state: State, act: Act) -> State:
    """Return the state after an act; raises `Conflict` with the reason when the act does not fit."""
    found = TRANSITIONS.get((state, act))
    if found is None:
        hint = " Resume it first." if state is State.PAUSED else ""
        raise Conflict(f"This deadline is {STATE_WORDS[state]} and cannot be {ACT_WORDS[act]}.{hint}")
    return found


def may(state: State, act: Act, permissions: frozenset[str]) -> bool:
    """Tell whether somebody with these permissions may do this act in this state, on the deadline's page."""
    return (state, act) in TRANSITIONS and act in PERMISSION and PERMISSION[act] in permissions


def lateness(met_at: datetime, due_at: datetime | None, target_at: datetime) -> int:
    """Return whole seconds by which fulfilment came after the latest date (the target where there is none).

    Negative is early. A period that ends at 23:59:59 lasts until midnight, so parts of a second do not count:
    one is late from the first full second after the instant.
    """
    return (met_at - (due_at or target_at)) // SECOND


def is_past(instant: datetime, now: datetime) -> bool:
    """Tell whether an instant has passed by a full second."""
    return now - instant >= SECOND


def standing(facts: Facts, now: datetime) -> Standing:
    """Return how soon the deadline must be acted on, from its target and the clock alone."""
    if facts.state in CLOSED:
        return Standing.CLOSED
    if facts.state is State.PAUSED:
        return Standing.PAUSED
    if is_past(facts.target_at, now):
        return Standing.LATE
    if facts.target_at - now <= DAY:
        return Standing.DAY
    return Standing.WEEK if facts.target_at - now <= WEEK else Standing.LATER


def latest_passed(facts: Facts, now: datetime) -> bool:
    """Tell whether an unmet deadline has broken contract or statute, not only the house's own target."""
    return facts.state not in CLOSED and facts.due_at is not None and is_past(facts.due_at, now)


def reason_given(text: str, *, field: str = "reason") -> str:
    """Return the reason trimmed; raises `Invalid` for one that says nothing."""
    trimmed = text.strip()
    if not trimmed:
        raise Invalid("Give a reason: it is kept in the history for whoever checks this later.", field=field)
    if len(trimmed) < REASON_MIN or not any(sign.isalpha() for sign in trimmed):
        raise Invalid(f"Say the reason in at least {REASON_MIN} characters, so that others understand it.", field=field)
    if len(trimmed) > REASON_MAX:
        raise Invalid(f"Keep the reason under {REASON_MAX} characters; put longer texts into the case.", field=field)
    return trimmed


def check_dates(target_at: datetime, due_at: datetime | None) -> None:
    """Refuse a house target that lies after the latest date allowed."""
    if due_at is not None and target_at > due_at:
        raise Invalid("The target must not lie after the latest date that contract or law allow.", field="target_at")


_TARGET_ONLY: Mapping[Act, tuple[str, str]] = {
    Act.EXTEND: ("moves", "a later target excuses no delay"),
    Act.PAUSE: ("stands still", "a pause excuses no delay"),
    Act.WAIVE: ("ends", "waiving the target excuses no delay and ends no duty"),
}


def target_warning(act: Act, origin: str, basis: str, due_at: datetime | None) -> str:
    """Return what to know before the house's own target is extended, paused or waived for something that contract or law ask without a number.

    Empty for other acts, where they name a latest date, and where they ask nothing: then the house may do as it likes.
    """
    if act not in _TARGET_ONLY or due_at is not None or origin != "house_policy" or basis.startswith("House policy"):
        return ""
    does, excuse = _TARGET_ONLY[act]
    return (
        f"Only the house's own target {does}. Contract and law name no later date: what they ask, such as “without undue delay”, goes on as before, "
        f"{excuse}, and nobody outside is told it."
    )


def check_extension(facts: Facts, target_at: datetime, due_at: datetime | None) -> None:
    """Refuse an extension that does not extend: each date moves later or stays, and one of them moves."""
    next_state(facts.state, Act.EXTEND)
    if target_at < facts.target_at:
        raise Invalid("The new target must be later than the present one.", field="target_at")
    if facts.due_at is not None and (due_at is None or due_at < facts.due_at):
        raise Invalid("The new latest date must be later than the present one.", field="due_at")
    if facts.due_at is None and due_at is not None:
        raise Invalid("This deadline has no latest date of contract or law; extend its target.", field="due_at")
    if target_at == facts.target_at and due_at == facts.due_at:
        raise Invalid("Nothing would change: enter a later date.", field="target_at")
    if target_at - facts.target_at > LONGEST_EXTENSION or (due_at and facts.due_at and due_at - facts.due_at > LONGEST_EXTENSION):
        raise Invalid("One extension may move a date by a year at most; check the year.", field="target_at")
    check_dates(target_at, due_at)


def check_pause(facts: Facts, at: datetime, *, started_at: datetime, resumed_at: datetime | None, now: datetime) -> None:
    """Refuse a pause that begins in the future, before the clock ran, inside another pause, or after the date passed."""
    next_state(facts.state, Act.PAUSE)
    if at > now:
        raise Invalid("A pause cannot begin in the future.", field="at")
    if at < started_at:
        raise Invalid("A pause cannot begin before the clock itself started.", field="at")
    if resumed_at is not None and at < resumed_at:
        raise Invalid("A pause cannot begin before the last one ended.", field="at")
    if is_past(facts.due_at or facts.target_at, at):
        raise Invalid("The date had passed by then; a pause cannot move it any more.", field="at")


def check_resume(facts: Facts, at: datetime, now: datetime) -> None:
    """Refuse an end of the pause that lies in the future or before its beginning."""
    next_state(facts.state, Act.RESUME)
    if at > now:
        raise Invalid("A pause cannot end in the future.", field="at")
    if facts.paused_at is None or at < facts.paused_at:
        raise Invalid("A pause cannot end before it began.", field="at")
