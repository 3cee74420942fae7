"""Reads for the page of one year: its incidents with the time it took to tell their customers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import Session

from dpa.breaches import case_columns as columns
from dpa.breaches.closing import CaseState
from dpa.breaches.models import Breach, BreachAwareness
from dpa.web.identity import Scope
from dpa.web.paging import SIZE, Page, instant_of, number_of


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
    """Customers told late, by the awareness now held."""
    late_anew: int
    """Of them, those who were in time when they were told, by the awareness held then."""
    kept: int
    """Customers whose notice was only kept in the file mailbox of a demonstration; not among those told."""
    untold_late: int
    """Of these, those whose time has passed."""
    running: bool
    """Whether a clock of a customer runs or is paused."""
    first_told_at: datetime | None
    last_told_at: datetime | None
    corrected: bool
    """Whether awareness was corrected to an earlier time, so that clocks may have been met by a later one."""
    first_due_at: datetime | None
    """The earliest promise or target of all its customers."""


def year(session: Session, scope: Scope, number: int, now: datetime, zones: Collection[str], *, after: Sequence[Any] | None = None, size: int = SIZE) -> Page[YearLine]:
    """Return a page of a year's incidents without exercises as of `now`, newest awareness first, each with its times; one statement.

    `zones` are those of the incidents (`calendar`): each belongs to the year of its legal day of awareness.
    """
    query = select(Breach.id, Breach.organisation_id, Breach.reference, Breach.title, Breach.aware_at, Breach.zone, Breach.state).where(*_of(scope, number, zones))
    if after:
        at, last = instant_of(after[0]), number_of(after[1])
        query = query.where(or_(Breach.aware_at < at, and_(Breach.aware_at == at, Breach.id < last)))
    # Cut first: the columns that count are asked for no case that is not shown.
    one = query.order_by(Breach.aware_at.desc(), Breach.id.desc()).limit(size + 1).subquery("shown").c
    asked = (
        columns.affected, columns.told, columns.late, columns.late_anew, columns.kept, columns.untold_late, columns.running, columns.first_told, columns.last_told, columns.corrected,
        columns.first_promised, columns.first_wanted,
    )  # fmt: skip
    rows = session.execute(select(*one, *(column(one.id) for column in asked)).order_by(one.aware_at.desc(), one.id.desc()), {"now": now})
    return Page.cut([_line(row) for row in rows], lambda line: (line.aware_at.isoformat(), line.id), size)


def _line(row: Sequence[Any]) -> YearLine:
    case, state, counted, due = row[:6], row[6], row[7:-2], row[-2:]
    first_due = min(filter(None, due), default=None)
    return YearLine(*[*case, state is CaseState.NO_BREACH, *counted, first_due])


def _of(scope: Scope, number: int, zones: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """Narrow incidents to those whose legal day of awareness lies in a year, each in its own zone, as the register does.

    An incident keeps its reference, whose year is that of the first decision about awareness.
    """
    ends = {zone: (_new_year(number, zone), _new_year(number + 1, zone)) for zone in zones}
    inside = [and_(Breach.zone == zone, Breach.aware_at >= first, Breach.aware_at < last) for zone, (first, last) in ends.items()]
    # The widest bounds of all for the index; of each zone its own.
    first, last = min((one for one, _ in ends.values()), default=_new_year(number, "UTC")), max((one for _, one in ends.values()), default=_new_year(number, "UTC"))
    return (*_real(scope), Breach.aware_at >= first, Breach.aware_at < last, or_(false(), *inside))


def _real(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return Breach.organisation_id.in_(scope.organisation_ids), Breach.drill.is_(False)


def _new_year(number: int, zone: str) -> datetime:
    return datetime(number, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class YearSum:
    """A year in figures. What turned out to be no breach stands apart and counts in none of the others."""

    incidents: int
    customers: int
    told: int
    late: int
    """Customers told late, by the awareness now held."""
    late_anew: int
    """Of them, those who were in time when they were told, by the awareness held then."""
    kept: int
    """Customers whose notice was only kept in the file mailbox of a demonstration; not among those told."""
    untold_late: int
    """Of these, those whose time has passed."""
    no_breach: int
    """Incidents that turned out to be none."""
    listed: int
    """Every incident, those that were none included."""


def year_sum(session: Session, scope: Scope, number: int, now: datetime, zones: Collection[str]) -> YearSum:
    """Return the whole year's counts without exercises, as of `now`."""
    none = (Breach.state == CaseState.NO_BREACH).label("no_breach")
    counted = (columns.affected, columns.told, columns.late, columns.late_anew, columns.kept, columns.untold_late)
    one = select(none, *(case((~none, column(Breach.id)), else_=0).label(column.__name__) for column in counted)).where(*_of(scope, number, zones)).subquery().c
    sums = (func.coalesce(func.sum(one[column.__name__]), 0) for column in counted)
    query = select(func.count(case((~one.no_breach, 1))), *sums, func.count(case((one.no_breach, 1))), func.count())
    return YearSum(*map(int, session.execute(query, {"now": now}).one()))


@dataclass(frozen=True, slots=True)
class Calendar:
    """When there were incidents, without exercises."""

    years: Sequence[int]
    """Years of their legal days of awareness, newest first."""
    zones: frozenset[str]
    """Zones in which those days are told."""


def calendar(session: Session, scope: Scope) -> Calendar:
    """Return when there were incidents; one statement. Only those whose awareness was corrected are looked at each by itself."""
    corrected = exists().where(BreachAwareness.breach_id == Breach.id, BreachAwareness.number == 2)
    query = select(Breach.zone, Breach.year, case((corrected, Breach.aware_at))).where(*_real(scope)).distinct()
    rows = [tuple(row) for row in session.execute(query)]
    years = {at.astimezone(ZoneInfo(zone)).year if at is not None else year for zone, year, at in rows}
    return Calendar(sorted(years, reverse=True), frozenset(zone for zone, _, _ in rows))
