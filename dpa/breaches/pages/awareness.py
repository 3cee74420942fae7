"""What correcting awareness would do, before it is done, and the decisions so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.breaches import recounting
from dpa.breaches.awareness import Decision, Effect
from dpa.breaches.models import Breach, BreachAwareness
from dpa.breaches.recounting import Fate
from dpa.evidence.trail import registry, sentences

WORDS: Mapping[Effect, tuple[str, str, str, str]] = {
    Effect.RECOUNT: ("counted anew", "running", "refresh", "It is counted from the corrected time."),
    Effect.MISSED: ("stays missed", "late", "clock-exclamation", "Its time had passed; no later time makes it unmissed."),
    Effect.FROZEN: ("frozen", "met", "lock", "It was met or waived before; its lateness stays as it was frozen."),
    Effect.OWN: ("runs on", "off", "clock", "These customers were found later and have an awareness of their own."),
    Effect.SAME: ("runs on", "off", "clock", "What it is counted from is not moved."),
}
"""Effect: word, tint, icon, what it means."""
NAMED = 5
"""Customers named for each effect."""


@dataclass(frozen=True, slots=True)
class EffectLine:
    """What happens to the clocks that fare alike."""

    words: str
    tint: str
    symbol: str
    meaning: str
    customers: int
    names: str
    """The first few customers; with how many more."""
    old_due_at: datetime
    """The earliest of them as it stands."""
    new_due_at: datetime | None
    """The earliest of them as it would be; none where it is not counted anew."""


def effects(session: Session, breach: Breach, old: Decision, new: Decision, now: datetime) -> tuple[EffectLine, ...]:
    """Return what a correction would do to the clocks of a case, those counted anew first."""
    found: dict[Effect, list[Fate]] = defaultdict(list)
    for fate in recounting.fates(session, breach, old, new, now):
        found[fate.effect].append(fate)
    return tuple(_line(effect, found[effect]) for effect in WORDS if found[effect])


def _line(effect: Effect, rows: Sequence[Fate]) -> EffectLine:
    words, tint, symbol, meaning = WORDS[effect]
    names = ", ".join(one.controller for one in rows[:NAMED]) + (f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else "")
    anew = [one.clock.target.due for one in rows if one.clock is not None] if effect is Effect.RECOUNT else []
    return EffectLine(words, tint, symbol, meaning, len(rows), names, min(one.target_at for one in rows), min(anew, default=None))


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision about awareness, ready to be shown."""

    number: int
    detected_at: datetime
    aware_at: datetime
    basis: str
    person: str
    reason: str
    who: str
    at: datetime


def history(session: Session, decisions: Sequence[BreachAwareness]) -> tuple[DecisionLine, ...]:
    """Return the decisions of a case, newest first, with who recorded each."""
    who = people(session, {row.decided_by for row in decisions})
    return tuple(
        DecisionLine(row.number, row.detected_at, row.aware_at, row.basis, row.person, row.reason, who[row.decided_by], row.decided_at)
        for row in reversed(decisions)
    )


def people(session: Session, actors: set[str]) -> dict[str, str]:
    """Return who people are by their opaque reference, parts of the product included."""
    names = registry.names_of(session, {sentences.actor_reference(actor) for actor in actors})
    return {actor: sentences.actor_name(actor, names) for actor in actors}
