"""The list of incidents: real ones and exercises apart, by state, newest awareness first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session

from dpa.breaches import case_columns as columns
from dpa.breaches import tally
from dpa.breaches.closing import CaseState
from dpa.breaches.models import Breach
from dpa.parties.queries import contains
from dpa.web.identity import Scope
from dpa.web.paging import SIZE, Page, instant_of, number_of


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
    """Return a page of incidents, newest awareness first, in one statement."""
    query = select(
        Breach.id, Breach.organisation_id, Breach.reference, Breach.title, Breach.aware_at, Breach.zone, Breach.drill, Breach.state, Breach.upstream
    ).where(Breach.organisation_id.in_(scope.organisation_ids), *_on(shelf))  # fmt: skip
    if text:
        query = query.where(or_(contains(Breach.title, text), contains(Breach.reference, text), contains(Breach.upstream, text)))
    if after:
        query = query.where(tuple_(Breach.aware_at, Breach.id) < tuple_(instant_of(after[0]), number_of(after[1])))
    # Cut first: the columns that count are asked for no case that is not shown.
    one = query.order_by(Breach.aware_at.desc(), Breach.id.desc()).limit(size + 1).subquery("shown").c
    asked = (columns.affected, columns.told, columns.kept, columns.waived, columns.first_open, columns.paused)
    rows = session.execute(select(*one, *(column(one.id) for column in asked)).order_by(one.aware_at.desc(), one.id.desc()))
    return Page.cut([IncidentLine(*row) for row in rows], lambda line: (line.aware_at.isoformat(), line.id), size)


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
