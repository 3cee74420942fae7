"""Reads of the docket, always narrowed to the organisations a person may see. The board has a module of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select
from sqlalchemy.orm import Session

from dpa.deadlines import DeadlineProblem
from dpa.docket import explaining, presenting, reckoning
from dpa.docket.board import BoardView, board
from dpa.docket.explaining import Explanation
from dpa.docket.filters import Filters
from dpa.docket.models import RUNNING, DocketChange, DocketEntry
from dpa.docket.presenting import Row, Shown
from dpa.docket.rules import Act, State
from dpa.people import queries as people
from dpa.people.models import Organisation, Person
from dpa.web import words
from dpa.web.identity import Scope

__all__ = [
    "BoardView", "EntryView", "Filters", "HistoryLine", "board", "entry", "entry_view", "for_agreement", "for_subject", "group",
    "names", "next_deadline",
]  # fmt: skip

SHOWN = 200
"""Deadlines of one agreement listed at once; the earliest ones."""
GROUP_SHOWN = 10
"""Other deadlines of the same case listed on a deadline's page; the case's own page lists all."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to a deadline."""

    at: datetime
    text: str
    who: str | None
    detail: str | None
    """The reason given."""
    tint: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """One deadline with everything its page shows."""

    entry: DocketEntry
    row: Row
    organisation: str
    target: Explanation | None
    """How the house's own date came about; none where it is the same as the latest."""
    recount: str
    """What counting the date again now came to."""
    recount_differs: bool
    history: tuple[HistoryLine, ...]
    group: tuple[Row, ...]
    """Other deadlines of the same case and kind, the soonest first, not explained; without those that another one took the place of."""
    group_total: int


def entry(session: Session, scope: Scope, entry_id: int) -> DocketEntry:
    """Return one deadline; raises `NotFound` for absent ones and other organisations' alike."""
    found = session.get(DocketEntry, entry_id)
    scope.require(found.organisation_id if found else None, "deadline")
    assert found is not None
    return found


def for_subject(session: Session, scope: Scope, subject_type: str, subject_id: int) -> Sequence[DocketEntry]:
    """Return all deadlines of a case, open and closed, soonest first."""
    return session.scalars(
        select(DocketEntry)
        .where(
            DocketEntry.organisation_id.in_(scope.organisation_ids),
            DocketEntry.subject_type == subject_type,
            DocketEntry.subject_id == subject_id,
        )
        .order_by(DocketEntry.target_at, DocketEntry.id)
    ).all()


def for_agreement(session: Session, scope: Scope, agreement_id: int, now: datetime) -> list[Row]:
    """Return the running deadlines of an agreement as lines, soonest first."""
    query = _lines(scope).where(DocketEntry.agreement_id == agreement_id, literal_column(f"docket_entry.{RUNNING}"))
    return _rows(session, query.order_by(DocketEntry.target_at, DocketEntry.id).limit(SHOWN), now)


def group(session: Session, scope: Scope, one: DocketEntry, now: datetime) -> list[Row]:
    """Return the first others of an entry's case and kind as lines, soonest first, open ones before closed ones; superseded ones are no others."""
    query = _lines(scope).where(*_others(one))
    running = case((DocketEntry.state.in_((State.OPEN, State.PAUSED)), 0), else_=1)
    query = query.order_by(running, DocketEntry.target_at, DocketEntry.id).limit(GROUP_SHOWN)
    return _rows(session, query, now, explained=False)


def _of_group(one: DocketEntry) -> tuple[ColumnElement[bool], ...]:
    return (
        DocketEntry.organisation_id == one.organisation_id,
        DocketEntry.subject_type == one.subject_type,
        DocketEntry.subject_id == one.subject_id,
        DocketEntry.kind == one.kind,
    )


def _others(one: DocketEntry) -> tuple[ColumnElement[bool], ...]:
    return (*_of_group(one), DocketEntry.id != one.id, DocketEntry.state != State.SUPERSEDED)


def _others_count(session: Session, one: DocketEntry) -> int:
    return session.scalar(select(func.count()).select_from(DocketEntry).where(*_others(one))) or 0


def open_in_group(session: Session, one: DocketEntry) -> list[int]:
    """Return the numbers of the open deadlines of an entry's case and kind, its own among them."""
    return list(session.scalars(select(DocketEntry.id).where(*_of_group(one), DocketEntry.state == State.OPEN)))


def next_deadline(session: Session, scope: Scope, now: datetime) -> Row | None:
    """Return the running deadline to act on first, overdue ones included; none when nothing runs."""
    query = _lines(scope).where(literal_column(f"docket_entry.{RUNNING}"), DocketEntry.state == State.OPEN)
    found = _rows(session, query.order_by(DocketEntry.target_at, DocketEntry.id).limit(1), now)
    return found[0] if found else None


def entry_view(session: Session, scope: Scope, entry_id: int, now: datetime) -> EntryView:
    """Return a deadline with explanation, history and recount; raises `NotFound` outside the scope."""
    found = entry(session, scope, entry_id)
    organisation = session.scalar(select(Organisation.name).where(Organisation.id == found.organisation_id)) or ""
    owner = session.scalar(select(Person.name).where(Person.id == found.owner_id)) if found.owner_id else None
    target, recount, differs = _recounted(found)
    return EntryView(
        entry=found,
        row=presenting.row(Shown.of(found), now, organisation=organisation, owner=owner),
        organisation=organisation,
        target=target,
        recount=recount,
        recount_differs=differs,
        history=history(session, found),
        group=tuple(group(session, scope, found, now)),
        group_total=_others_count(session, found),
    )


def _recounted(found: DocketEntry) -> tuple[Explanation | None, str, bool]:
    """Return how the target came about where it has a rule of its own, and what counting the binding date again came to."""
    try:
        dates = reckoning.from_rule(found.rule)
        result = reckoning.recount(dates.latest or dates.target)
    except DeadlineProblem as problem:
        return None, f"The date cannot be counted again. {problem.message}", True
    apart = dates.latest is not None and dates.target_at != dates.due_at
    target = explaining.explain_part(dates.target, basis="House policy") if apart else None
    return target, explaining.recount_sentence(result, found.zone), not result.same or result.calendar_changed


def history(session: Session, one: DocketEntry) -> tuple[HistoryLine, ...]:
    """Return what happened to a deadline, oldest first, with reasons and who decided."""
    changes = session.scalars(select(DocketChange).where(DocketChange.entry_id == one.id).order_by(DocketChange.id)).all()
    actors = {change.by for change in changes} | ({one.acknowledged_by} if one.acknowledged_by else set())
    who = _actor_names(session, actors)
    lines = [HistoryLine(one.created_at, "Opened", None, one.basis, "off")]
    lines += [_change_line(change, one.zone, who.get(change.by)) for change in changes]
    if one.acknowledged_at is not None:
        lines.append(HistoryLine(one.acknowledged_at, "Acknowledged", who.get(one.acknowledged_by or ""), None, "running"))
    if one.met_at is not None:
        lines.append(HistoryLine(one.met_at, "Met", None, one.closed_reason, "late" if (one.late_s or 0) > 0 else "met"))
    return tuple(sorted(lines, key=lambda line: line.at))


def _change_line(change: DocketChange, zone: str, who: str | None) -> HistoryLine:
    target = words.instant_text(change.new_target_at, zone)
    latest = f", latest {words.instant_text(change.new_due_at, zone)}" if change.new_due_at not in {None, change.new_target_at} else ""
    moved = f"{target}{latest}"
    effective = words.instant_text(change.effective_at, zone)
    texts = {
        Act.EXTEND: f"Extended to {moved}",
        Act.PAUSE: f"Paused from {effective}",
        Act.RESUME: f"Resumed at {effective}, now due {moved}",
        Act.WAIVE: "Waived",
        Act.SUPERSEDE: f"Replaced by a deadline due {moved}",
    }
    return HistoryLine(change.at, texts.get(Act(change.act), str(change.act)), who, change.reason, "running")


def names(session: Session, keys: Sequence[str]) -> Mapping[str, str]:
    """Return what the trail calls deadlines, by number as text; unknown ones are left out."""
    wanted = {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19}
    rows = session.execute(select(DocketEntry.id, DocketEntry.title).where(DocketEntry.id.in_(wanted))) if wanted else ()
    return {str(number): title for number, title in rows}


def _lines(scope: Scope) -> Select[Any]:
    return (
        select(*presenting.COLUMNS, Organisation.name, Person.name)
        .select_from(DocketEntry)
        .join(Organisation, Organisation.id == DocketEntry.organisation_id)
        .outerjoin(Person, Person.id == DocketEntry.owner_id)
        .where(DocketEntry.organisation_id.in_(scope.organisation_ids))
    )


def _rows(session: Session, query: Select[Any], now: datetime, *, explained: bool = True) -> list[Row]:
    return [
        presenting.row(Shown(*columns), now, organisation=organisation, owner=owner, explained=explained)
        for *columns, organisation, owner in session.execute(query)
    ]


def _actor_names(session: Session, actors: set[str]) -> dict[str, str]:
    persons = [actor.removeprefix("u:") for actor in actors if actor.startswith("u:")]
    found = people.person_names(session, persons) if persons else {}
    return {f"u:{number}": name for number, name in found.items()}
