"""Reads for the page of one year: its incidents with the time it took to tell their customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from dpa.breaches.case_queries import RUNNING
from dpa.breaches.closing import CaseState
from dpa.breaches.models import Affected, Breach
from dpa.docket.models import DocketEntry
from dpa.web.identity import Scope
from dpa.web.paging import SIZE, Page, instant_of


@dataclass(frozen=True, slots=True)
class YearLine:
    """An incident with the times at which its customers were told."""

    id: int
    organisation_id: int
    reference: str
    title: str
    aware_at: datetime
    zone: str
    no_breach: bool
    """Whether it turned out to be no breach."""
    affected: int
    told: int
    late: int
    running: int
    first_told_at: datetime | None
    last_told_at: datetime | None
    first_due_at: datetime | None
    """The earliest promise or target of all its customers."""
    kept: int
    """Customers whose notice was only kept in the file mailbox of a demonstration; not among those told."""


def year(session: Session, scope: Scope, number: int, *, after: Sequence[Any] | None = None, size: int = SIZE) -> Page[YearLine]:
    """Return a page of a year's incidents without exercises, newest awareness first, each with its times; two statements."""
    chosen = (Breach.organisation_id.in_(scope.organisation_ids), Breach.year == number, Breach.drill.is_(False))
    query = select(Breach).where(*chosen).order_by(Breach.aware_at.desc(), Breach.id.desc()).limit(size + 1)
    if after:
        at = instant_of(after[0])
        query = query.where(or_(Breach.aware_at < at, and_(Breach.aware_at == at, Breach.id < after[1])))
    rows = session.scalars(query).all()
    times = _times(session, Affected.breach_id.in_([row.id for row in rows]))
    lines = [
        YearLine(row.id, row.organisation_id, row.reference, row.title, row.aware_at, row.zone, row.state is CaseState.NO_BREACH, *times.get(row.id, (0, 0, 0, 0, None, None, None, 0)))
        for row in rows
    ]
    return Page.cut(lines, lambda line: (line.aware_at.isoformat(), line.id), size)


def _told_at() -> ColumnElement[Any]:
    """Say in SQL when a customer was told; none for what only the file mailbox kept, which told nobody."""
    return case((~Affected.kept, Affected.sent_at))


def _late() -> ColumnElement[bool]:
    return and_(DocketEntry.late_s > 0, ~Affected.kept)


def _times(session: Session, condition: ColumnElement[bool]) -> Mapping[int, tuple[Any, ...]]:
    query = (
        select(
            Affected.breach_id, func.count(), func.count(_told_at()), func.count(case((_late(), 1))),
            func.count(case((DocketEntry.state.in_(RUNNING), 1))), func.min(_told_at()), func.max(_told_at()),
            func.min(func.coalesce(DocketEntry.due_at, DocketEntry.target_at)), func.count(case((Affected.kept, 1))),
        )
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(condition)
        .group_by(Affected.breach_id)
    )  # fmt: skip
    return {row[0]: tuple(row[1:]) for row in session.execute(query)}


@dataclass(frozen=True, slots=True)
class YearSum:
    """A year in figures. What turned out to be no breach stands apart and counts in none of the others."""

    incidents: int
    customers: int
    told: int
    late: int
    kept: int
    """Customers whose notice was only kept in the file mailbox of a demonstration; not among those told."""
    no_breach: int
    """Incidents that turned out to be none."""
    listed: int
    """Every incident, those that were none included."""


def year_sum(session: Session, scope: Scope, number: int) -> YearSum:
    """Return the whole year's counts without exercises."""
    none = Breach.state == CaseState.NO_BREACH
    query = (
        select(
            func.count(func.distinct(case((~none, Breach.id)))), func.count(case((~none, Affected.id))), func.count(case((~none, _told_at()))),
            func.count(case((~none & _late(), 1))), func.count(case((~none & Affected.kept, 1))),
            func.count(func.distinct(case((none, Breach.id)))), func.count(func.distinct(Breach.id)),
        )
        .select_from(Breach)
        .outerjoin(Affected, Affected.breach_id == Breach.id)
        .outerjoin(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Breach.organisation_id.in_(scope.organisation_ids), Breach.year == number, Breach.drill.is_(False))
    )
    return YearSum(*session.execute(query).one())


def years(session: Session, scope: Scope) -> Sequence[int]:
    """Return the years that have incidents, newest first."""
    query = select(Breach.year).where(Breach.organisation_id.in_(scope.organisation_ids), Breach.drill.is_(False)).distinct()
    return session.scalars(query.order_by(Breach.year.desc())).all()
