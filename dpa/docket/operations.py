"""What is done to deadlines. Each act changes rows, writes its ledger line and its trail event, and moves the alerts.

Every act first locks the row and looks at it again, so that of two people acting at once the second one is told.
Rules and permissions: `dpa.docket.rules`. Whose rows they are was decided by the query that loaded them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from dpa.columns import Base
from dpa.deadlines import Deadline, Pause
from dpa.docket import alerting, rearming, reckoning, rules
from dpa.docket.events import Event
from dpa.docket.models import DocketChange, DocketEntry
from dpa.docket.opening import Opening, open_entry, open_many, record_opened
from dpa.docket.reckoning import Dates, Reckoned
from dpa.docket.rules import Act, State
from dpa.evidence import trail
from dpa.people import queries as people
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit

_TwoDates = tuple[datetime, datetime | None]
"""The target and the latest date."""

__all__ = [
    "Fulfilment",
    "Opening",
    "acknowledge",
    "assign",
    "extend",
    "meet",
    "meet_many",
    "open_entry",
    "open_many",
    "pause",
    "record_opened",
    "resume",
    "supersede",
    "waive",
]


def meet(unit: Unit, entry: DocketEntry, at: datetime, *, by: str, record: bool = True) -> bool:
    """Record that one promise was kept; see `meet_many`. Returns False, changing nothing, when the deadline is already closed."""
    return bool(meet_many(unit, [Fulfilment(entry.id, at, by)], record=record))


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """How a promise was kept: when, and by what, such as `mail accepted`."""

    entry_id: int
    at: datetime
    by: str


def meet_many(unit: Unit, fulfilments: Sequence[Fulfilment], *, record: bool = True) -> list[DocketEntry]:
    """Record that promises were kept; returns the entries that this closed, leaving out what was closed before.

    The first fulfilment freezes `met_at` and `late_s` for ever. With `record=False` the caller's own events must cover the rows. Raises
    `Invalid` for a fulfilment in the future.
    """
    entries = _lock_all(unit, [one.entry_id for one in fulfilments])
    met = [(entries[one.entry_id], one) for one in fulfilments if entries[one.entry_id].state not in rules.CLOSED]
    taken_back = rearming.take_back_many(unit, [entry for entry, _ in met])
    for entry, one in met:
        if one.at > unit.now:
            raise Invalid("A deadline cannot be met in the future; check the time.", field="at")
        entry.state = rules.next_state(State(entry.state), Act.MEET)
        entry.met_at, entry.closed_reason = one.at, one.by
        entry.late_s = rules.lateness(one.at, entry.due_at, entry.target_at)
        _end(unit, entry)
        others = taken_back.get(entry.id, ())
        if record or others:
            _record(unit, Event.MET, entry, others, data={"met": one.at.isoformat(), "late_s": entry.late_s})
    return [entry for entry, _ in met]


def extend(
    unit: Unit,
    entry: DocketEntry,
    *,
    target: Deadline | datetime | None = None,
    latest: Deadline | datetime | None = None,
    reason: str,
) -> DocketChange:
    """Move one or both dates later: to a deadline counted anew, or to an instant somebody decided.

    A date that is not given stays. Raises `Invalid` for a date that is not later, and `Conflict` unless it is open.
    """
    reason = rules.reason_given(reason)
    _lock(unit, entry)
    rules.next_state(State(entry.state), Act.EXTEND)
    dates = reckoning.from_rule(entry.rule)
    moved = Dates(
        dates.target.extended(target) if target is not None else dates.target,
        _latest(dates, latest),
    )
    rules.check_extension(entry.facts, moved.target_at, moved.due_at)
    change, others = _move(unit, entry, moved, Act.EXTEND, effective_at=unit.now, reason=reason)
    data = {"old": change.old_target_at.isoformat(), "new": change.new_target_at.isoformat(), "version": entry.version}
    _record(unit, Event.EXTENDED, entry, (change, *others), data=data, reason=reason)
    return change


def pause(unit: Unit, entry: DocketEntry, at: datetime, reason: str) -> DocketChange:
    """Stop the clock from `at` on. Raises `Invalid` for an instant that cannot be, `Conflict` where no clock runs."""
    reason = rules.reason_given(reason)
    _lock(unit, entry)
    resumed_at = unit.session.scalar(
        select(DocketChange.effective_at)
        .where(DocketChange.entry_id == entry.id, DocketChange.act == Act.RESUME)
        .order_by(DocketChange.id.desc())
        .limit(1)
    )
    rules.check_pause(entry.facts, at, started_at=entry.started_at, resumed_at=resumed_at, now=unit.now)
    dates = reckoning.from_rule(entry.rule)
    for part in (dates.target, dates.latest):
        if part is not None:
            reckoning.check_pausable(part)
    others = rearming.take_back(unit, entry)
    entry.state, entry.paused_at, entry.next_alert_at = State.PAUSED, at, None
    change = _change(unit, entry, Act.PAUSE, reason=reason, effective_at=at)
    _record(unit, Event.PAUSED, entry, (change, *others), data={"effective": at.isoformat()}, reason=reason)
    return change


def resume(unit: Unit, entry: DocketEntry, at: datetime, reason: str) -> DocketChange:
    """Let the clock run again from `at` on; hour clocks move by the whole pause, day clocks by its whole days."""
    reason = rules.reason_given(reason)
    _lock(unit, entry)
    rules.check_resume(entry.facts, at, unit.now)
    assert entry.paused_at is not None
    moved = reckoning.from_rule(entry.rule).resumed(Pause(entry.paused_at, at))
    entry.state, entry.paused_at = State.OPEN, None
    change, others = _move(unit, entry, moved, Act.RESUME, effective_at=at, reason=reason)
    data = {"old": change.old_target_at.isoformat(), "new": change.new_target_at.isoformat(), "effective": at.isoformat()}
    _record(unit, Event.RESUMED, entry, (change, *others), data=data, reason=reason)
    return change


def waive(unit: Unit, entry: DocketEntry, reason: str, *, with_case: bool = False) -> DocketChange:
    """Close a deadline that need not be met, with the reason; `with_case` where it ends with its case. Raises `Conflict` when it is closed already."""
    reason = rules.reason_given(reason)
    _lock(unit, entry)
    entry.state = rules.next_state(State(entry.state), Act.WAIVE)
    entry.closed_reason = reason
    change = _change(unit, entry, Act.WAIVE, reason=reason)
    others = _close(unit, entry)
    _record(unit, Event.ENDED if with_case else Event.WAIVED, entry, (change, *others), data={}, reason=reason)
    return change


def supersede(unit: Unit, entry: DocketEntry, opening: Opening, reason: str) -> DocketEntry:
    """Close a deadline because new facts gave another one, and open that; returns the new entry."""
    reason = rules.reason_given(reason)
    _lock(unit, entry)
    entry.state = rules.next_state(State(entry.state), Act.SUPERSEDE)
    entry.closed_reason = reason
    successor = open_entry(unit, opening, record=False)
    entry.superseded_by_id = successor.id
    change = _change(unit, entry, Act.SUPERSEDE, reason=reason, new=(successor.target_at, successor.due_at))
    others = _close(unit, entry)
    data = {"due": successor.target_at.isoformat(), "successor": successor.id}
    _record(unit, Event.SUPERSEDED, entry, (change, successor, *others), data=data, reason=reason)
    return successor


def acknowledge(unit: Unit, entry_ids: Collection[int]) -> int:
    """Say that somebody is on these deadlines; returns how many. Raises `Conflict` when none of them is open."""
    query = select(DocketEntry).where(DocketEntry.id.in_(sorted(entry_ids))).order_by(DocketEntry.id)
    rows = unit.session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    entries = [row for row in rows if (State(row.state), Act.ACKNOWLEDGE) in rules.TRANSITIONS]
    if not entries:
        raise Conflict("There is nothing left to acknowledge: the deadlines are closed or paused.")
    cases: dict[tuple[int, tuple[str, int]], list[DocketEntry]] = {}
    for entry in entries:
        entry.acknowledged_at, entry.acknowledged_by = unit.now, unit.actor
        entry.next_alert_at = alerting.next_alert_at(entry, unit.now)
        cases.setdefault((entry.organisation_id, (entry.subject_type, entry.subject_id)), []).append(entry)
    for (organisation_id, case), group in cases.items():
        trail.covering_many(unit, Event.ACKNOWLEDGED, rows=group, subject=case, organisation_id=organisation_id)
    return len(entries)


def assign(unit: Unit, entry: DocketEntry, person_id: int | None) -> None:
    """Give a deadline to another owner, or to nobody. Raises `Invalid` for a person who may not act on it."""
    _lock(unit, entry)
    rules.next_state(State(entry.state), Act.ASSIGN)
    members = people.members(unit.session, entry.organisation_id, "docket.act")
    if person_id is not None and person_id not in {member.person_id for member in members}:
        raise Invalid("Choose somebody who may act on deadlines in this organisation.", field="owner")
    if person_id == entry.owner_id:
        return  # Nothing happened, so the trail must not say that something did.
    data = {"owner_before": entry.owner_id, "owner": person_id}
    entry.owner_id = person_id
    _record(unit, Event.ASSIGNED, entry, (), data=data)


def _lock(unit: Unit, entry: DocketEntry) -> None:
    """See the row as it is now and keep others off it until the act is done."""
    unit.session.flush()
    unit.session.refresh(entry, with_for_update=True)


def _lock_all(unit: Unit, numbers: Sequence[int]) -> dict[int, DocketEntry]:
    """See many rows as they are now and keep others off them, in the order of their numbers, so that two acts cannot wait for each other."""
    unit.session.flush()
    query = select(DocketEntry).where(DocketEntry.id.in_(numbers)).order_by(DocketEntry.id)
    return {entry.id: entry for entry in unit.session.scalars(query.with_for_update().execution_options(populate_existing=True))}


def _latest(dates: Dates, latest: Deadline | datetime | None) -> Reckoned | None:
    if latest is None:
        return dates.latest
    if dates.latest is None:
        raise Invalid("This deadline has no latest date of contract or law; extend its target.", field="due_at")
    return dates.latest.extended(latest)


def _move(
    unit: Unit, entry: DocketEntry, dates: Dates, act: Act, *, effective_at: datetime, reason: str
) -> tuple[DocketChange, Sequence[DocketEntry]]:
    """Put new dates in force, raise the version, take back alerts about the old ones, and plan the new ladder.

    Returns the ledger line, and entries whose alert was taken back along with this one's.
    """
    others = rearming.take_back(unit, entry)
    old = (entry.target_at, entry.due_at)
    entry.target_at, entry.due_at, entry.rule = dates.target_at, dates.due_at, reckoning.to_rule(dates)
    entry.version += 1
    if unit.actor.startswith("u:"):
        # Whoever moves a date has seen it; asking them to say so again would only make noise.
        entry.acknowledged_at, entry.acknowledged_by = unit.now, unit.actor
    alerting.forget_told(entry)
    entry.next_alert_at = alerting.next_alert_at(entry, unit.now)
    return _change(unit, entry, act, reason=reason, effective_at=effective_at, old=old), others


def _change(
    unit: Unit,
    entry: DocketEntry,
    act: Act,
    *,
    reason: str,
    effective_at: datetime | None = None,
    old: _TwoDates | None = None,
    new: _TwoDates | None = None,
) -> DocketChange:
    """Write the ledger line of an act; dates not given are those in force."""
    old_target, old_due = old or (entry.target_at, entry.due_at)
    new_target, new_due = new or (entry.target_at, entry.due_at)
    change = DocketChange(
        entry_id=entry.id,
        act=act,
        at=unit.now,
        effective_at=effective_at or unit.now,
        by=unit.actor,
        reason=reason,
        old_target_at=old_target,
        new_target_at=new_target,
        old_due_at=old_due,
        new_due_at=new_due,
        version=entry.version,
    )
    unit.session.add(change)
    return change


def _close(unit: Unit, entry: DocketEntry) -> Sequence[DocketEntry]:
    """End everything that runs; returns entries whose alert was taken back along with this one's."""
    others = rearming.take_back(unit, entry)
    _end(unit, entry)
    return others


def _end(unit: Unit, entry: DocketEntry) -> None:
    entry.closed_at = unit.now
    entry.next_alert_at = None
    entry.paused_at = None


def _record(
    unit: Unit,
    event: Event,
    entry: DocketEntry,
    covers: Collection[Base],
    *,
    data: Mapping[str, object],
    reason: str | None = None,
) -> None:
    """Write the trail event about a deadline's case; a reason may name people and is therefore an erasable part."""
    unit.session.flush()
    trail.record(
        unit,
        event,
        subject=(entry.subject_type, entry.subject_id),
        organisation_id=entry.organisation_id,
        covers=(entry, *covers),
        data={"entry": entry.id, "kind": entry.kind, **data},
        personal={"reason": reason} if reason else None,
    )
