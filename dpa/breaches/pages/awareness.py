"""What correcting awareness would do, before it is done, and the decisions so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.breaches import awareness
from dpa.breaches.awareness import ClockFacts, Decision, Effect
from dpa.breaches.counting import clocks_of
from dpa.breaches.models import Affected, Breach, BreachAwareness
from dpa.breaches.operations.recording import RUNNING
from dpa.docket.models import DocketEntry
from dpa.evidence.trail import registry, sentences
from dpa.parties.models import Controller

WORDS: Mapping[Effect, tuple[str, str, str, str]] = {
    Effect.RECOUNT: ("counted anew", "running", "refresh", "It runs from the corrected awareness."),
    Effect.MISSED: ("stays missed", "late", "clock-exclamation", "Its time had passed; no later awareness makes it unmissed."),
    Effect.FROZEN: ("frozen", "met", "lock", "It was met or waived before; its lateness stays as it was frozen."),
    Effect.OWN: ("runs on", "off", "clock", "These customers were found later and have an awareness of their own."),
    Effect.SAME: ("runs on", "off", "clock", "Awareness itself is not moved."),
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
    query = (
        select(Affected.agreement_id, Controller.name, Affected.aware_at, DocketEntry.state, func.coalesce(DocketEntry.due_at, DocketEntry.target_at), DocketEntry.target_at)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(Affected.breach_id == breach.id)
        .order_by(DocketEntry.target_at, Controller.name, Affected.id)
    )
    found: dict[Effect, list[tuple[int, str, datetime]]] = defaultdict(list)
    for agreement_id, name, started_at, state, due_at, target_at in session.execute(query):
        facts = ClockFacts(state.value in RUNNING, started_at, due_at)
        found[awareness.effect(facts, old, new, now)].append((agreement_id, name, target_at))
    anew = clocks_of(session, breach, [key for key, _, _ in found[Effect.RECOUNT]], new.aware_at) if found[Effect.RECOUNT] else {}
    earliest = min((clock.target.due for clock in anew.values()), default=None)
    return tuple(_line(effect, found[effect], earliest if effect is Effect.RECOUNT else None) for effect in WORDS if found[effect])


def _line(effect: Effect, rows: Sequence[tuple[int, str, datetime]], new_due_at: datetime | None) -> EffectLine:
    words, tint, symbol, meaning = WORDS[effect]
    names = ", ".join(name for _, name, _ in rows[:NAMED]) + (f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else "")
    return EffectLine(words, tint, symbol, meaning, len(rows), names, min(due for _, _, due in rows), new_due_at)


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
