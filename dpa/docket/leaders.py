"""The statements behind the board: of each case and kind only the earliest deadline, its *leader*, soonest first.

Forty customers of one breach are one line. A leader is an entry with no earlier one of its case and kind among those looked for;
the index on the case answers that with one probe. Each organisation is read in the order of its own index and cut to the page's
length before the organisations are merged, so that the cost follows the page and not the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import NamedFromClause

from dpa.docket.filters import MINE, NOBODY, Filters
from dpa.docket.models import PAUSED, RUNNING, DocketEntry
from dpa.docket.rules import State

MOST_MERGED = 200
"""Organisations merged one by one; SQLite joins at most 500 selections."""
_ENTRY = DocketEntry.__table__
# Made once: an alias of a wide table costs a millisecond.
_ONE, _EARLIER, _OTHER = (_ENTRY.alias(name) for name in ("e", "f", "g"))


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for: whose entries, in which state, narrowed how, seen by whom."""

    organisation_ids: frozenset[int]
    state: State
    filters: Filters
    person_id: int | None
    """Who is looking, for the filter `me`."""

    def conditions(self, table: NamedFromClause, organisation: ColumnElement[Any] | int | None) -> list[ColumnElement[bool]]:
        """Return the conditions on one alias of the table. Repeats the partial index's own words."""
        column = table.c
        words = PAUSED if self.state is State.PAUSED else RUNNING
        found: list[ColumnElement[bool]] = [literal_column(f"({table.name}.{words})"), column.state == self.state]
        if organisation is None:
            found.append(column.organisation_id.in_(sorted(self.organisation_ids)))
        else:
            found.append(column.organisation_id == organisation)
        filters = self.filters
        if filters.kind:
            found.append(column.kind == filters.kind)
        if filters.origin:
            found.append(column.origin == filters.origin)
        if filters.owner == NOBODY:
            found.append(column.owner_id.is_(None))
        elif filters.owner:
            found.append(column.owner_id == (self.person_id if filters.owner == MINE else int(filters.owner)))
        if filters.q:
            texts = (column.title, column.subject_label, column.basis)
            found.append(or_(*(text.icontains(filters.q, autoescape=True) for text in texts)))
        return found


def leaders(session: Session, looked: Looked, *, limit: int, after: tuple[datetime, int] | None = None) -> Sequence[Row[Any]]:
    """Return up to `limit` leaders, soonest first: id, target_at, kind, owner_id. One statement."""
    ids: list[int | None] = sorted(looked.organisation_ids) or [-1]  # type: ignore[assignment]
    parts = [_part(looked, one, limit, after) for one in (ids if len(ids) <= MOST_MERGED else [None])]
    if len(parts) == 1:
        return session.execute(parts[0]).all()
    merged = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return session.execute(select(merged).order_by(merged.c.target_at, merged.c.id).limit(limit)).all()


def _part(looked: Looked, organisation_id: int | None, limit: int, after: tuple[datetime, int] | None) -> Select[Any]:
    entry, earlier = _ONE, _EARLIER
    before = (
        select(literal_column("1"))
        .where(
            *same_case(earlier, entry),
            *looked.conditions(earlier, entry.c.organisation_id),
            earlier.c.target_at <= entry.c.target_at,
            or_(earlier.c.target_at < entry.c.target_at, earlier.c.id < entry.c.id),
        )
        .exists()
    )
    query = select(entry.c.id, entry.c.target_at, entry.c.kind, entry.c.owner_id).where(
        *looked.conditions(entry, organisation_id), ~before
    )
    if after is not None:
        at, number = literal(after[0], DocketEntry.target_at.type), after[1]
        query = query.where(entry.c.target_at >= at, or_(entry.c.target_at > at, entry.c.id > number))
    return query.order_by(entry.c.target_at, entry.c.id).limit(limit)


def same_case(one: FromClause, other: FromClause) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which two entries are of one case and kind."""
    return (
        one.c.subject_type == other.c.subject_type,
        one.c.subject_id == other.c.subject_id,
        one.c.kind == other.c.kind,
    )


def group_size(looked: Looked, entry: FromClause) -> ColumnElement[int]:
    """Return a column that counts the entries a leader stands for."""
    found = and_(*same_case(_OTHER, entry), *looked.conditions(_OTHER, entry.c.organisation_id))
    return select(func.count()).select_from(_OTHER).where(found).scalar_subquery()
