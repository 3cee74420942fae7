"""The scan: every few seconds, find deadlines whose next alert is due, and put the mails into the outbox.

Three steps, each restartable: `next_alert_at` says when to look; the scan works the alert out anew from the facts, queues the mails
and moves `next_alert_at` on, all in one transaction; the worker's delivery sends. A rung has one key per person, so two workers, or a
repeated scan, queue it once. A deadline whose alert cannot be worked out is postponed and reported; it never stops the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy import select, tuple_

from dpa.alerts import operations as outbox
from dpa.alerts.ladder import Due
from dpa.docket import alerting, notices
from dpa.docket.events import Event
from dpa.docket.models import DocketEntry
from dpa.docket.notices import Told
from dpa.evidence import trail
from dpa.people import queries as people
from dpa.people.models import Organisation
from dpa.people.queries import Member
from dpa.slice import Tick
from dpa.unit import Unit

LIMIT = 500
POSTPONED_BY = timedelta(hours=1)
ACTOR = "system:docket"
log = structlog.get_logger(__name__)

Case = tuple[int, str, str, int]
"""Organisation, kind, and the case's kind and number."""


class NobodyToTell(Exception):
    """No active person of the organisation may act on deadlines."""


@dataclass(slots=True, eq=False)
class _Rung:
    """Entries of one case that reached the same rung."""

    case: Case
    due: Due
    entries: list[DocketEntry] = field(default_factory=list)


@dataclass(slots=True)
class _People:
    """Who may be told, loaded once per organisation and scan."""

    unit: Unit
    members: dict[int, list[Member]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)

    def ordered(self, entry: DocketEntry) -> tuple[Member | None, list[Member]]:
        """Return the owner, and everybody who may act: the owner first, then the DPOs, then the others."""
        known = self.members.get(entry.organisation_id)
        if known is None:
            known = self.members[entry.organisation_id] = people.members(self.unit.session, entry.organisation_id, "docket.act")
        if not known:
            raise NobodyToTell(f"organisation {entry.organisation_id} has nobody who may act on deadlines")
        owner = next((member for member in known if member.person_id == entry.owner_id), None)
        return owner, [owner, *(member for member in known if member is not owner)] if owner else known

    def organisation(self, organisation_id: int) -> str:
        """Return the organisation's name."""
        if organisation_id not in self.names:
            name = self.unit.session.scalar(select(Organisation.name).where(Organisation.id == organisation_id))
            self.names[organisation_id] = name or ""
        return self.names[organisation_id]


def scan(tick: Tick) -> str:
    """Queue the alerts that are due at the tick. Returns a line such as `40 deadlines, 3 mails`, empty when none was due."""
    if tick.session.scalar(select(DocketEntry.id).where(DocketEntry.next_alert_at <= tick.now).limit(1)) is None:
        return ""
    with tick.begin(ACTOR) as unit:
        rows = _due(unit)
        looked, mails = len(rows), _tell(unit, rows)
    return f"{looked} deadlines, {mails} mails" if looked else ""


def _due(unit: Unit) -> list[DocketEntry]:
    """Lock the entries to look at; those of a case are never split, so that they are told in one mail."""
    due = DocketEntry.next_alert_at <= unit.now
    query = select(DocketEntry).where(due).order_by(DocketEntry.next_alert_at, DocketEntry.id)
    rows = list(unit.session.scalars(query.limit(LIMIT).with_for_update(skip_locked=True)))
    if len(rows) < LIMIT:
        return rows
    case = tuple_(DocketEntry.subject_type, DocketEntry.subject_id, DocketEntry.kind)
    cases = sorted({(row.subject_type, row.subject_id, row.kind) for row in rows})
    rest = select(DocketEntry).where(due, case.in_(cases), DocketEntry.id.not_in([row.id for row in rows]))
    return rows + list(unit.session.scalars(rest.order_by(DocketEntry.id).with_for_update(skip_locked=True)))


def _tell(unit: Unit, rows: Sequence[DocketEntry]) -> int:
    known = _People(unit)
    rungs, early, broken = _rungs(unit, rows)
    mails, told = _queue(unit, rungs, known)
    broken += [entry for rung in rungs if rung not in told for entry in rung.entries]
    for entry in early:
        entry.next_alert_at = alerting.next_alert_at(entry, unit.now + timedelta(seconds=1))
    mails += sum(_postpone(unit, entry, known) for entry in broken)
    for rung in told:
        _record(unit, Event.ALERTED, rung.case, rung.entries, {"step": rung.due.step.name.replace("-", "_")})
    _record_each(unit, Event.REPLANNED, early, {})
    _record_each(unit, Event.POSTPONED, broken, {"until": (unit.now + POSTPONED_BY).isoformat()})
    return mails


def _rungs(unit: Unit, rows: Sequence[DocketEntry]) -> tuple[list[_Rung], list[DocketEntry], list[DocketEntry]]:
    """Work out each entry's rung from its facts; returns the rungs, entries looked at too early, and broken ones."""
    rungs: dict[tuple[Case, str], _Rung] = {}
    early: list[DocketEntry] = []
    broken: list[DocketEntry] = []
    for entry in rows:
        try:
            due = alerting.due_step(entry, unit.now)
        except Exception as error:  # noqa: BLE001 - one bad row must not silence the others
            _log_broken(entry, error)
            broken.append(entry)
            continue
        if due is None:
            early.append(entry)
            continue
        case = (entry.organisation_id, entry.kind, entry.subject_type, entry.subject_id)
        rung = rungs.setdefault((case, due.step.name), _Rung(case, due))
        rung.entries.append(entry)
        if due.missed_count > rung.due.missed_count:
            rung.due = due
    return list(rungs.values()), early, broken


def _queue(unit: Unit, rungs: list[_Rung], known: _People) -> tuple[int, list[_Rung]]:
    """Queue everything at once; when that fails, rung by rung, so that only the faulty ones stay behind."""
    if not rungs:
        return 0, []
    try:
        return _queue_together(unit, rungs, known), rungs
    except Exception as error:  # noqa: BLE001 - find the faulty one below
        log.warning("docket_scan_falls_back", kind=type(error).__name__, rungs=len(rungs))
    mails, told = 0, []
    for rung in rungs:
        try:
            mails += _queue_together(unit, [rung], known)
            told.append(rung)
        except Exception as error:  # noqa: BLE001 - one bad row must not silence the others
            _log_broken(rung.entries[0], error)
    return mails, told


def _queue_together(unit: Unit, rungs: Iterable[_Rung], known: _People) -> int:
    with unit.session.begin_nested():
        messages = [notices.alert(told, unit.now, unit.settings) for rung in rungs for told in _told(rung, known)]
        stored = outbox.enqueue_many(unit, messages)
        for rung in rungs:
            for entry in rung.entries:
                entry.last_step = rung.due.step.name
                entry.next_alert_at = alerting.next_alert_at(entry, unit.now + timedelta(seconds=1))
        unit.session.flush()
    return len(stored)


def _told(rung: _Rung, known: _People) -> list[Told]:
    """Return one mail per person, each with the entries that concern that person."""
    concerned: dict[int, tuple[Member, Member | None, list[DocketEntry]]] = {}
    for entry in sorted(rung.entries, key=lambda each: (each.target_at, each.id)):
        owner, ordered = known.ordered(entry)
        for person in alerting.recipients(entry, rung.due, ordered):
            concerned.setdefault(person.person_id, (person, owner, []))[2].append(entry)
    organisation = known.organisation(rung.case[0])
    return [Told(person, tuple(entries), rung.due, owner, organisation) for person, owner, entries in concerned.values()]


def _postpone(unit: Unit, entry: DocketEntry, known: _People) -> int:
    """Look at a broken entry again in an hour and tell the first DPO; returns how many mails that made."""
    entry.next_alert_at = unit.now + POSTPONED_BY
    try:
        with unit.session.begin_nested():
            _, ordered = known.ordered(entry)
            person = min(ordered, key=lambda member: people.RANK[member.role])
            return len(outbox.enqueue_many(unit, [notices.postponed(entry, person, unit.now, unit.settings)]))
    except Exception as error:  # noqa: BLE001 - the log is the last resort
        _log_broken(entry, error)
        return 0


def _record_each(unit: Unit, event: Event, entries: Iterable[DocketEntry], data: dict[str, str]) -> None:
    cases: dict[Case, list[DocketEntry]] = {}
    for entry in entries:
        cases.setdefault((entry.organisation_id, entry.kind, entry.subject_type, entry.subject_id), []).append(entry)
    for case, group in cases.items():
        _record(unit, event, case, group, data)


def _record(unit: Unit, event: Event, case: Case, entries: Sequence[DocketEntry], data: dict[str, str]) -> None:
    trail.covering_many(unit, event, rows=entries, subject=(case[2], case[3]), organisation_id=case[0], data=data)


def _log_broken(entry: DocketEntry, error: Exception) -> None:
    log.error("docket_alert_broken", entry=entry.id, kind=type(error).__name__, exc_info=error)
