"""Who of a case is late: the rule in SQL, those without a reason on record page by page, and the rows a reason is given for.

Late is who was told late, also where only an awareness corrected afterwards makes it so (docs/decisions.md 70), who is not told past the time, and past it whoever
only the file mailbox told (71). The caller has checked the scope of the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import Session

from dpa.agreements.models import Agreement
from dpa.breaches.closing import owed_until
from dpa.breaches.corrected import Corrected, of_entries
from dpa.breaches.counting import starts_of
from dpa.breaches.models import Affected, Breach
from dpa.columns import Utc
from dpa.docket.models import DocketEntry
from dpa.parties.models import Controller
from dpa.web.paging import SIZE, Page, instant_of, number_of

LATEST = func.coalesce(DocketEntry.due_at, DocketEntry.target_at)
"""What lateness is counted from, as `late_s` is."""


def is_late() -> ColumnElement[bool]:
    """Say in SQL who is late, with the values of `values_at`. The query has joined customer and clock; a paused clock passes no time."""
    open_past = and_(DocketEntry.state == "open", bindparam("now", type_=Utc) > LATEST)
    return or_(DocketEntry.late_s > 0, Affected.late_anew, open_past, and_(in_mailbox(), bindparam("until", type_=Utc) > LATEST))


def in_mailbox() -> ColumnElement[bool]:
    """Say in SQL whose clock was met by the file mailbox alone, so that nobody was told."""
    return and_(Affected.kept, DocketEntry.met_at.is_not(None))


def values_at(breach: Breach, now: datetime) -> dict[str, datetime | None]:
    """Return what `is_late` is sent with, as of `now`."""
    return {"now": now, "until": until(breach, now)}


def until(breach: Breach, now: datetime) -> datetime | None:
    """Return until when telling a customer was owed, as of `now`; none for an exercise."""
    return owed_until(breach.state, breach.closed_at, now, drill=breach.drill)


def untold(row: Affected, entry: DocketEntry, until: datetime | None) -> bool:
    """Tell of one customer what `in_mailbox` says, but for exercises: nobody was told by what met its clock."""
    return row.kept and entry.met_at is not None and until is not None


@dataclass(frozen=True, slots=True)
class LateLine:
    """A late customer without a reason on record."""

    affected_id: int
    entry_id: int
    controller: str
    reference: str
    promise: str
    due_at: datetime
    """What its clock ran to; for one that is late anew, the same promise counted from the corrected awareness."""
    zone: str
    met_at: datetime | None
    kept: bool
    """Whether only the file mailbox of a demonstration met its clock."""
    anew: Corrected | None
    """What makes it late where its clock was met in time; none for the others."""


def without_reason(session: Session, breach: Breach, now: datetime, *, after: Sequence[Any] | None = None, size: int = SIZE) -> Page[LateLine]:
    """Return a page of them, earliest clock first."""
    columns = (
        Affected.id, DocketEntry.id, Controller.name, Agreement.reference, Affected.promise, LATEST, DocketEntry.zone, DocketEntry.met_at,
        in_mailbox(), Affected.late_anew,
    )  # fmt: skip
    query: Any = _late(select(*columns), breach).join(Agreement, Agreement.id == Affected.agreement_id).join(Controller, Controller.id == Affected.controller_id)
    if after:
        at, last = instant_of(after[0]), number_of(after[1])
        query = query.where(tuple_(LATEST, Affected.id) > tuple_(at, last))
    rows = session.execute(query.order_by(LATEST, Affected.id).limit(size + 1), values_at(breach, now)).all()
    anew = of_entries(session, {row[1]: starts_of(breach) for row in rows if row[9]})
    page = Page.cut(rows, lambda row: (row[5].isoformat(), row[0]), size)
    return Page(tuple(_line(row, anew.get(row[1])) for row in page.rows), page.next_key)


def _line(row: Any, anew: Corrected | None) -> LateLine:
    key, entry, controller, reference, promise, due, zone, met_at, kept, _ = row
    return LateLine(key, entry, controller, reference, promise, anew.due_at if anew else due, zone, met_at, bool(kept), anew)


def count(session: Session, breach: Breach, now: datetime) -> int:
    """Return how many customers are late without a reason."""
    return session.scalar(_late(select(func.count()), breach), values_at(breach, now)) or 0


def rows(session: Session, breach: Breach, now: datetime, ids: Sequence[int] | None = None) -> list[Affected]:
    """Return the rows of late customers without a reason; of those named, or all for none."""
    query = _late(select(Affected), breach)
    if ids is not None:
        query = query.where(Affected.id.in_(ids[:SIZE]))
    return list(session.scalars(query.order_by(Affected.id), values_at(breach, now)))


def _late(query: Any, breach: Breach) -> Any:
    return (
        query.select_from(Affected)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == breach.id, Affected.late_reason == "", is_late())
    )
