"""What a correction of the times of an incident does to each customer's clock: one answer for the page that shows it before and for the act itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.agreements.terms.words import Event
from dpa.breaches import awareness
from dpa.breaches.awareness import ClockFacts, Decision, Effect, Known
from dpa.breaches.clocks import Clock, Starts
from dpa.breaches.counting import clocks_of
from dpa.breaches.models import Affected, Breach
from dpa.breaches.queries import first_told_at
from dpa.docket.models import DocketEntry
from dpa.parties.models import Controller

RUNNING = frozenset({"open", "paused"})


@dataclass(frozen=True, slots=True)
class Fate:
    """One customer's clock and what becomes of it."""

    affected_id: int
    agreement_id: int
    controller: str
    effect: Effect
    target_at: datetime
    """Its target as it stands."""
    clock: Clock | None
    """The clock by the corrected times; none where it does not run."""
    aware_at: datetime
    """The awareness the customer is told afterwards."""
    follows: bool
    """Whether that is the corrected one although its dates stay: they are counted from something else."""


def known(session: Session, breach: Breach) -> Known:
    """Return what is on record that no correction can come after."""
    own = select(func.min(Affected.aware_at)).where(Affected.breach_id == breach.id, Affected.aware_reason != "")
    return Known(first_told_at(session, breach.id), breach.upstream_told_at, session.scalar(own))


def fates(session: Session, breach: Breach, old: Decision, new: Decision, now: datetime) -> Sequence[Fate]:
    """Return what a correction from `old` to `new` does to each clock of a case, soonest first; a bounded number of statements."""
    rows = _rows(session, breach)
    held = {one.aware_at for one in breach.decisions}
    runs, after = dict[int, Starts](), dict[int, Starts]()
    for row in rows:
        if row.state.value not in RUNNING:
            continue
        # What just these customers were found out by stays theirs; a clock that stayed missed runs from a decision that was corrected before.
        own = _own(row, held)
        discovery = row.start_event == Event.DISCOVERY
        runs[row.agreement_id] = Starts(row.aware_at, row.started_at if discovery else old.detected_at)
        after[row.agreement_id] = Starts(row.aware_at if own else new.aware_at, new.detected_at)
    moving = [key for key, starts in runs.items() if starts != after[key]]
    before_clocks, after_clocks = _clocks(session, breach, moving, runs), _clocks(session, breach, moving, after)
    return [_fate(row, before_clocks.get(row.agreement_id), after_clocks.get(row.agreement_id), new.aware_at, own=_own(row, held), now=now) for row in rows]


def _rows(session: Session, breach: Breach) -> Sequence[Any]:
    query = (
        select(
            Affected.id, Affected.agreement_id, Controller.name, Affected.aware_at, Affected.aware_reason, DocketEntry.state, DocketEntry.started_at,
            DocketEntry.start_event, DocketEntry.target_at, func.coalesce(DocketEntry.due_at, DocketEntry.target_at).label("binds_at"),
        )
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(Affected.breach_id == breach.id)
        .order_by(DocketEntry.target_at, Controller.name, Affected.id)
    )  # fmt: skip
    return session.execute(query).all()


def _own(row: Any, held: Iterable[datetime]) -> bool:
    """Tell whether a customer has an awareness of its own. Before reasons were asked for, only that no decision about the incident was it tells so."""
    return bool(row.aware_reason) or row.aware_at not in held


def _clocks(session: Session, breach: Breach, agreement_ids: Sequence[int], starts: Mapping[int, Starts]) -> Mapping[int, Clock]:
    groups: dict[Starts, list[int]] = defaultdict(list)
    for key in agreement_ids:
        groups[starts[key]].append(key)
    return {key: clock for one, ids in groups.items() for key, clock in clocks_of(session, breach, ids, one).items()}


def _fate(row: Any, before: Clock | None, after: Clock | None, new_aware_at: datetime, *, own: bool, now: datetime) -> Fate:
    moved = before is not None and after is not None and before.dates != after.dates
    facts = ClockFacts(
        row.state.value in RUNNING, own, row.binds_at, moved,
        before.binding.due if before is not None else row.binds_at, after.binding.due if after is not None else row.binds_at,
    )  # fmt: skip
    found = awareness.effect(facts, now)
    # Who is told an awareness its clock runs from keeps it with the clock; where the clock runs from the first notice, awareness is only told.
    keeps = own or (row.start_event != Event.DISCOVERY and found in {Effect.FROZEN, Effect.MISSED})
    aware_at = row.aware_at if keeps else new_aware_at
    return Fate(row.id, row.agreement_id, row.name, found, row.target_at, after, aware_at, found is not Effect.RECOUNT and aware_at != row.aware_at)
