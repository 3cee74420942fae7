"""What pages show of DORA: the decisions about the classification, and what one would do to the clocks before it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches.dora import RUNNING, Classification, Effect
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.models import Breach
from dpa.breaches.operations import dora
from dpa.breaches.operations.dora import Foreseen
from dpa.breaches.pages.awareness import people
from dpa.breaches.regimes import INITIAL, Facts, RegimeClock, clocks
from dpa.docket.explaining import Explanation, explain_part
from dpa.docket.reckoning import Reckoned
from dpa.parties import queries as parties
from dpa.people.models import Organisation

WORDS: Mapping[Effect, tuple[str, str, str, str]] = {
    Effect.STARTED: ("starts", "running", "clock-play", "It stands on the board and alerts until you record that it was submitted."),
    Effect.RECOUNTED: ("counted anew", "running", "refresh", "It ends as the corrected classification says."),
    Effect.MISSED: ("stays missed", "late", "clock-exclamation", "Its time had passed; no other decision makes it unmissed."),
    Effect.FROZEN: ("frozen", "met", "lock", "It was submitted before; its lateness stays as it was frozen."),
    Effect.ENDED: ("waived", "off", "ban", "Nothing is owed for an incident that is not major."),
    Effect.SAME: ("runs on", "off", "clock", "Its time is not moved."),
}
"""Effect on the clock of the initial notification: word, tint, icon, what it means."""
NO_CLOCK = ("no clock", "off", "circle-minus", "Nothing is owed for an incident that is not major.")
SHOWN = ("shown", "off", "eye", "Shown under “Other clocks”; nobody is alerted. If what comes before it is submitted earlier, it is due earlier.")
KEPT = frozenset({Effect.MISSED, Effect.FROZEN, Effect.SAME})
"""Effects that leave the clock as it stands."""


@dataclass(frozen=True, slots=True)
class EffectLine:
    """What becomes of one report that DORA asks for."""

    name: str
    title: str
    article: str
    words: str
    tint: str
    symbol: str
    meaning: str
    old_due_at: datetime | None
    """When it is due as its clock stands; none where none runs."""
    new_due_at: datetime | None
    """When it would be due; none where it is not owed, and where nothing changes."""
    instead: str
    """What is said where it has no new time."""
    zone: str
    why: Explanation


def effects(session: Session, breach: Breach, decision: Classification, now: datetime) -> tuple[EffectLine, ...]:
    """Return what a classification would do to the clock of the initial notification, and when the reports after it would be due; changes nothing.

    The caller has checked that the decision can be recorded.
    """
    house = session.get_one(Organisation, breach.organisation_id)
    found = dora.foreseen(session, breach, decision, now)
    lines = [_initial(found, decision, house.zone)]
    if decision.major:
        lines += _later(session, house, breach, found)
    return tuple(lines)


def _initial(found: Foreseen, decision: Classification, zone: str) -> EffectLine:
    stands = found.clock is not None and (found.clock.state.value in RUNNING or found.effect is Effect.FROZEN)
    old = (found.clock.due_at or found.clock.target_at) if found.clock is not None and stands else None
    new = found.deadline if found.effect not in KEPT else None
    words = NO_CLOCK if found.effect is Effect.SAME and not decision.major else WORDS[found.effect]
    basis = dora.basis(decision, found.deadline) if new is not None and found.deadline is not None else found.clock.basis if found.clock is not None and stands else ""
    why = explain_part(Reckoned(new), basis=basis, begins="the classification" if new.start == decision.decided_at else "awareness of the breach") if new else Explanation((), ())
    return EffectLine(INITIAL, "Initial notification", basis, *words, old, new.due if new else None, "the same" if stands and found.effect in KEPT else "not owed", zone, why)


def _later(session: Session, house: Organisation, breach: Breach, found: Foreseen) -> list[EffectLine]:
    """Return the reports that follow the initial notification, counted from it, or from the last moment it may be made."""
    clock, calendar = found.clock, parties.calendar(session, house.id, house.calendar)
    kept = clock if found.effect in KEPT else None
    first = (kept.met_at or kept.due_at or kept.target_at) if kept is not None else found.deadline.due if found.deadline is not None else None
    if first is None:
        return []
    facts, earliest = Facts(breach.aware_at, first_report_at=first), dict[str, RegimeClock]()
    for profile in dora.profiles_of(session, house.id):
        for one in clocks(profile, facts, zone=house.zone, calendar=calendar):
            if one.name != INITIAL and (one.name not in earliest or one.deadline.due < earliest[one.name].deadline.due):
                earliest[one.name] = one
    return [_shown(one, house.zone) for one in sorted(earliest.values(), key=lambda one: one.deadline.due)]


def _shown(one: RegimeClock, zone: str) -> EffectLine:
    why = explain_part(Reckoned(one.deadline), basis=one.article, begins="the report before it")
    return EffectLine(one.name, one.title, one.article, *SHOWN, None, one.deadline.due, "", zone, why)


@dataclass(frozen=True, slots=True)
class ClassificationLine:
    """One decision about the classification, ready to be shown."""

    number: int
    major: bool
    decided_at: datetime
    person: str
    basis: str
    reason: str
    who: str
    at: datetime


def history(session: Session, breach_id: int) -> tuple[ClassificationLine, ...]:
    """Return the decisions of a case, newest first, with who recorded each."""
    query = select(BreachClassification).where(BreachClassification.breach_id == breach_id).order_by(BreachClassification.number.desc())
    rows = session.scalars(query).all()
    who = people(session, {row.recorded_by for row in rows})
    return tuple(
        ClassificationLine(row.number, row.major, row.decided_at, row.person, row.basis, row.reason, who[row.recorded_by], row.recorded_at) for row in rows
    )
