"""The list of incidents: real ones and exercises apart, by state, newest awareness first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from dpa.breaches import tally
from dpa.breaches.closing import CaseState
from dpa.breaches.models import Affected, Breach
from dpa.docket.models import DocketEntry
from dpa.parties.queries import contains
from dpa.problems import Invalid
from dpa.web.identity import Scope
from dpa.web.paging import DAMAGED, SIZE, Page, instant_of

LARGEST = 2**63 - 1


class Shelf(StrEnum):
    """What the list shows; exercises stand on a shelf of their own and on no other."""

    ALL = ""
    OPEN = "open"
    CLOSED = "closed"
    NO_BREACH = "no-breach"
    EXERCISES = "exercises"


SHELVES: Mapping[Shelf, str] = {
    Shelf.ALL: "All incidents", Shelf.OPEN: "Open", Shelf.CLOSED: "Closed", Shelf.NO_BREACH: "No breach", Shelf.EXERCISES: "Exercises",
}
_STATES = {Shelf.OPEN: CaseState.OPEN, Shelf.CLOSED: CaseState.CLOSED, Shelf.NO_BREACH: CaseState.NO_BREACH}


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """An incident as the list shows it."""

    id: int
    organisation_id: int
    reference: str
    title: str
    aware_at: datetime
    zone: str
    drill: bool
    state: CaseState
    upstream: str
    affected: int
    """Customers named, those to whom nothing is owed included."""
    told: int
    """Of them, those told; what only the file mailbox kept told nobody."""
    kept: int
    """Of them, those whose notice only the file mailbox of a demonstration kept."""
    waived: int
    """Customers whose clock was waived before they were told."""
    first_due: datetime | None
    """Earliest running clock; none when none runs."""
    paused: int
    """Clocks that are paused."""

    @property
    def words(self) -> str:
        """How many were told."""
        return f"all {self.affected:,}" if self.told == self.affected else tally.told(self.told, self.affected, self.kept, self.waived, word="")


def incidents(
    session: Session, scope: Scope, *, shelf: Shelf = Shelf.ALL, text: str = "", after: Sequence[Any] | None = None, size: int = SIZE
) -> Page[IncidentLine]:
    """Return a page of incidents, newest awareness first, in two statements."""
    query = select(Breach).where(Breach.organisation_id.in_(scope.organisation_ids), *_on(shelf))
    if text:
        query = query.where(or_(contains(Breach.title, text), contains(Breach.reference, text), contains(Breach.upstream, text)))
    if after:
        if not isinstance(after[1], int) or abs(after[1]) > LARGEST:
            raise Invalid(DAMAGED)
        query = query.where(tuple_(Breach.aware_at, Breach.id) < tuple_(instant_of(after[0]), after[1]))
    rows = session.scalars(query.order_by(Breach.aware_at.desc(), Breach.id.desc()).limit(size + 1)).all()
    totals = _totals(session, [row.id for row in rows])
    lines = [
        IncidentLine(
            row.id, row.organisation_id, row.reference, row.title, row.aware_at, row.zone, row.drill, row.state, row.upstream,
            *totals.get(row.id, (0, 0, 0, 0, None, 0)),
        )
        for row in rows
    ]  # fmt: skip
    return Page.cut(lines, lambda line: (line.aware_at.isoformat(), line.id), size)


def counts(session: Session, scope: Scope) -> Mapping[Shelf, int]:
    """Return how many incidents stand on each shelf, in one statement."""
    query = select(Breach.drill, Breach.state, func.count()).where(Breach.organisation_id.in_(scope.organisation_ids))
    found = dict.fromkeys(Shelf, 0)
    for drill, state, count in session.execute(query.group_by(Breach.drill, Breach.state)):
        if drill:
            found[Shelf.EXERCISES] += count
        else:
            found[Shelf.ALL] += count
            found[next(shelf for shelf, wanted in _STATES.items() if wanted is state)] += count
    return found


def _on(shelf: Shelf) -> list[ColumnElement[bool]]:
    if shelf is Shelf.EXERCISES:
        return [Breach.drill.is_(True)]
    states = [Breach.state == _STATES[shelf]] if shelf in _STATES else []
    return [Breach.drill.is_(False), *states]


def _totals(session: Session, ids: Sequence[int]) -> Mapping[int, tuple[int, int, int, int, datetime | None, int]]:
    waived = case(((DocketEntry.state == "waived") & Affected.sent_at.is_(None), 1))
    query = (
        select(
            Affected.breach_id, func.count(), func.count(case((~Affected.kept, Affected.sent_at))), func.count(case((Affected.kept, 1))), func.count(waived), func.min(case((DocketEntry.state == "open", DocketEntry.target_at))),
            func.count(case((DocketEntry.state == "paused", 1))),
        )
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id.in_(ids))
        .group_by(Affected.breach_id)
    )  # fmt: skip
    return {row[0]: (row[1], row[2], row[3], row[4], row[5], row[6]) for row in session.execute(query)}
