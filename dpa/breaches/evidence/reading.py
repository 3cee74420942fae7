"""Reads of rows as they stood at an instant, in bulk: a bounded number of statements for any number of incidents."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.evidence.moments import ENDINGS, Clock, Ending, Move, clock_at
from dpa.breaches.models import Affected, Breach, BreachAwareness, BreachFacts, Notice
from dpa.breaches.operations.affecting import KIND
from dpa.breaches.queries import CHUNK
from dpa.breaches.upstream_models import BreachUpstream
from dpa.docket.models import DocketChange, DocketEntry
from dpa.docket.rules import Act
from dpa.evidence.trail import queries as trail
from dpa.evidence.trail import registry, sentences
from dpa.evidence.trail.models import TrailEvent

Names = Mapping[tuple[str, str], str]
ClockKey = tuple[int, int]
"""Incident and agreement."""


def names(session: Session, actors: Iterable[str | None]) -> Names:
    """Return the names of actors, for `name_of`."""
    return registry.names_of(session, {sentences.actor_reference(actor) for actor in actors if actor})


def name_of(actor: str | None, found: Names) -> str:
    """Return who acted, in words; empty for nobody."""
    return sentences.actor_name(actor, found) if actor else ""


def chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """Return keys in parts that one statement takes."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def endings(session: Session, breach_ids: Sequence[int], as_of: datetime) -> Mapping[int, list[Ending]]:
    """Return how incidents were closed and opened again by then, in the order of the trail, with what was said."""
    rows: list[TrailEvent] = []
    for part in chunks(breach_ids):
        # From the few endings of the house: SQLite would read through everything that happened to a case.
        query = select(TrailEvent).with_hint(TrailEvent, "INDEXED BY ix_trail_event_action_trail_event_idx", "sqlite").where(
            TrailEvent.subject_type == "breach", TrailEvent.subject_id.in_([str(key) for key in part]),
            TrailEvent.action.in_(ENDINGS), TrailEvent.at <= as_of,
        )  # fmt: skip
        rows += session.scalars(query)
    said: dict[int, str] = {}
    for part in chunks([row.idx for row in rows]):
        said |= {idx: _words(parts) for idx, parts in trail.payloads(session, part).items()}
    found: dict[int, list[Ending]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.idx):
        found[int(row.subject_id)].append(Ending(row.at, row.action, row.actor, said.get(row.idx, "")))
    return found


def _words(parts: Sequence[object]) -> str:
    for part in parts:
        body = getattr(part, "body", None)
        value = json.loads(body) if body is not None else None
        if isinstance(value, str):
            return value
    return ""


def decisions(session: Session, breach_ids: Sequence[int], as_of: datetime) -> Mapping[int, list[BreachAwareness]]:
    """Return the decisions about awareness made by then, oldest first."""
    found: dict[int, list[BreachAwareness]] = defaultdict(list)
    for part in chunks(breach_ids):
        query = select(BreachAwareness).where(BreachAwareness.breach_id.in_(part), BreachAwareness.decided_at <= as_of)
        for row in session.scalars(query.order_by(BreachAwareness.breach_id, BreachAwareness.number)):
            found[row.breach_id].append(row)
    return found


def upstreams(session: Session, breach_ids: Sequence[int]) -> Mapping[int, list[BreachUpstream]]:
    """Return the decisions about where incidents happened, of all times, oldest first; see `upstream_at`."""
    found: dict[int, list[BreachUpstream]] = defaultdict(list)
    for part in chunks(breach_ids):
        for row in session.scalars(select(BreachUpstream).where(BreachUpstream.breach_id.in_(part)).order_by(BreachUpstream.breach_id, BreachUpstream.number)):
            found[row.breach_id].append(row)
    return found


def upstream_at(breach: Breach, decided: Sequence[BreachUpstream], as_of: datetime) -> tuple[str, datetime | None]:
    """Return at which subprocessor an incident was said to have happened then, and when that was said to have told us: what the first later decision replaced."""
    later = next((row for row in decided if row.decided_at > as_of), None)
    return (later.old_name, later.old_told_at) if later else (breach.upstream, breach.upstream_told_at)


def classifications(session: Session, breach_id: int, as_of: datetime) -> Sequence[BreachClassification]:
    """Return the decisions about DORA recorded by then, oldest first."""
    query = select(BreachClassification).where(BreachClassification.breach_id == breach_id, BreachClassification.recorded_at <= as_of)
    return session.scalars(query.order_by(BreachClassification.number)).all()


def phases(session: Session, breach_ids: Sequence[int], as_of: datetime) -> Mapping[int, list[Notice]]:
    """Return the phases released by then, in their order. A released text never changes."""
    found: dict[int, list[Notice]] = defaultdict(list)
    for part in chunks(breach_ids):
        query = select(Notice).where(Notice.breach_id.in_(part), Notice.released_at <= as_of)
        for row in session.scalars(query.order_by(Notice.breach_id, Notice.number)):
            found[row.breach_id].append(row)
    return found


def newest_facts(session: Session, breach_ids: Sequence[int], as_of: datetime) -> Mapping[int, BreachFacts]:
    """Return the newest version of each fact sheet that was saved by then."""
    found: dict[int, BreachFacts] = {}
    for part in chunks(breach_ids):
        newest = (
            select(func.max(BreachFacts.number)).where(BreachFacts.breach_id == Breach.id, BreachFacts.at <= as_of).correlate(Breach).scalar_subquery()
        )
        query = (
            select(BreachFacts).join(Breach, Breach.id == BreachFacts.breach_id)
            .where(BreachFacts.breach_id.in_(part), BreachFacts.number == newest)
        )  # fmt: skip
        found |= {row.breach_id: row for row in session.scalars(query)}
    return found


def facts_versions(session: Session, breach_id: int, as_of: datetime) -> Sequence[BreachFacts]:
    """Return the versions of a fact sheet saved by then, oldest first."""
    query = select(BreachFacts).where(BreachFacts.breach_id == breach_id, BreachFacts.at <= as_of)
    return session.scalars(query.order_by(BreachFacts.number)).all()


def affected(session: Session, breach_ids: Sequence[int], as_of: datetime) -> Sequence[Affected]:
    """Return the customers named by then, by incident and in the order of naming."""
    found: list[Affected] = []
    for part in chunks(breach_ids):
        query = select(Affected).where(Affected.breach_id.in_(part), Affected.added_at <= as_of)
        found += session.scalars(query.order_by(Affected.breach_id, Affected.id))
    return found


def named(session: Session, breach_id: int, as_of: datetime) -> int:
    """Return how many customers were named by then."""
    query = select(func.count()).select_from(Affected).where(Affected.breach_id == breach_id, Affected.added_at <= as_of)
    return session.scalar(query) or 0


def customers(session: Session, breach_id: int, affected_ids: Sequence[int]) -> Sequence[Affected]:
    """Return customers of one incident by their numbers, in the order of naming; those of others are left out."""
    found: list[Affected] = []
    for part in chunks(affected_ids):
        found += session.scalars(select(Affected).where(Affected.breach_id == breach_id, Affected.id.in_(part)).order_by(Affected.id))
    return found


def clocks(session: Session, breach_ids: Sequence[int], as_of: datetime, agreement_ids: Sequence[int] | None = None) -> Mapping[ClockKey, Clock]:
    """Return the clock in force then for each customer, by incident and agreement; of all agreements unless some are named."""
    found: dict[ClockKey, tuple[Clock, datetime | None]] = {}
    for narrowing in _narrowings(breach_ids, agreement_ids):
        for entry, breach_id, agreement_id, closed_at in _clock_rows(session, narrowing, as_of):
            found[breach_id, agreement_id] = (entry, closed_at)
    moved = moves(session, [clock.id for clock, _ in found.values()])
    return {key: clock_at(clock, closed_at, moved.get(clock.id, ()), as_of) for key, (clock, closed_at) in found.items()}


def _narrowings(breach_ids: Sequence[int], agreement_ids: Sequence[int] | None) -> Iterable[list[ColumnElement[bool]]]:
    for part in chunks(breach_ids):
        here = [DocketEntry.subject_type == "breach", DocketEntry.subject_id.in_(part), DocketEntry.kind == KIND]
        if agreement_ids is None:
            yield here
        else:
            yield from ([*here, DocketEntry.agreement_id.in_(some)] for some in chunks(agreement_ids))


def _clock_rows(
    session: Session, narrowing: Sequence[ColumnElement[bool]], as_of: datetime
) -> Iterable[tuple[Clock, int, int, datetime | None]]:
    columns = (
        DocketEntry.id, DocketEntry.started_at, DocketEntry.target_at, DocketEntry.due_at, DocketEntry.state, DocketEntry.met_at,
        DocketEntry.late_s, DocketEntry.zone, DocketEntry.origin, DocketEntry.basis, DocketEntry.start_event,
    )  # fmt: skip
    query = select(DocketEntry.subject_id, DocketEntry.agreement_id, DocketEntry.closed_at, *columns)
    # Later rows replace earlier ones of the same agreement: a clock counted anew supersedes the one before.
    for breach_id, agreement_id, closed_at, *values in session.execute(query.where(*narrowing, DocketEntry.created_at <= as_of).order_by(DocketEntry.id)):
        yield Clock(*values), breach_id, agreement_id or 0, closed_at


def moves(session: Session, entry_ids: Sequence[int]) -> Mapping[int, list[Move]]:
    """Return what moved clocks, by clock and in the order in which it was done."""
    found: dict[int, list[Move]] = defaultdict(list)
    pauses = {Act.PAUSE: True, Act.RESUME: False}
    for part in chunks(entry_ids):
        query = select(DocketChange.entry_id, DocketChange.at, DocketChange.old_target_at, DocketChange.old_due_at, DocketChange.act)
        for entry_id, at, target, due, act in session.execute(query.where(DocketChange.entry_id.in_(part)).order_by(DocketChange.id)):
            found[entry_id].append(Move(at, target, due, pauses.get(Act(act))))
    return found
