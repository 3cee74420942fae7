"""The statements behind the board: of each case and kind only the earliest deadline, its *leader*, soonest first.

Ten thousand customers of one breach are one line. The board's index holds the deadlines of one instant and duty case by case, so the walk along it
looks at the first of each and leaps over the others; a probe of the case's own index tells whether an earlier one leads. Where a filter looks at what
may differ among them, each is looked at. Each of a few organisations is read in the order of its own index and cut to the page's length before they
are merged, so that the cost follows the page and not the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Label,
    Row,
    Select,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import NamedFromClause

from dpa.docket.filters import MINE, NOBODY, Filters
from dpa.docket.models import PAUSED, RUNNING, DocketEntry
from dpa.docket.rules import State

MOST_MERGED = 20
"""Organisations read one by one and merged; with more, a database takes longer to prepare the statement than to look at each entry of them all."""
_ENTRY = DocketEntry.__table__
# Made once: an alias of a wide table costs a millisecond.
_ONE, _EARLIER, _OTHER, _NEXT, _FOUND = (_ENTRY.alias(name) for name in ("e", "f", "g", "x", "n"))
ORDER = ("target_at", "kind", "subject_type", "subject_id")
"""What leaders are sorted by: the soonest first, those of one instant by their duty and case. No two are alike in it, since a case is one organisation's."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leader stands in the order."""

    target_at: datetime
    kind: str
    subject_type: str
    subject_id: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for: whose entries, in which state, narrowed how, seen by whom."""

    organisation_ids: frozenset[int]
    state: State
    filters: Filters
    person_id: int | None
    """Who is looking, for the filter `me`."""

    @property
    def alike(self) -> bool:
        """Whether all entries of a case and kind are in the view or none: no filter looks at what may differ among them."""
        return not (self.filters.origin or self.filters.owner or self.filters.q)

    def conditions(self, table: NamedFromClause) -> list[ColumnElement[bool]]:
        """Return the conditions on one alias of the table but for the organisation. Repeats the partial index's own words."""
        column = table.c
        words = PAUSED if self.state is State.PAUSED else RUNNING
        found: list[ColumnElement[bool]] = [literal_column(f"({table.name}.{words})"), column.state == self.state]
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
            part = bindparam("part", type_=Text())
            found.append(or_(*(text.ilike(part, escape="/") for text in (column.title, column.subject_label, column.basis))))
        return found

    @property
    def form(self) -> Looked:
        """What a statement is kept under: this without what somebody typed, such as a name, which belongs to its values, and without the page."""
        return replace(self, filters=replace(self.filters, q="?" if self.filters.q else "", after=""))

    @property
    def values(self) -> dict[str, str]:
        """Values of the conditions."""
        part = self.filters.q.replace("/", "//").replace("%", "/%").replace("_", "/_")
        return {"part": f"%{part}%"} if part else {}


def leaders(session: Session, looked: Looked, *, limit: int, after: Place | None = None) -> Sequence[Row[Any]]:
    """Return up to `limit` leaders in their order: id, owner_id, and what they are sorted by. One statement."""
    behind = {f"after_{name}": getattr(after, name) for name in ORDER} if after else {}
    return session.execute(statement(looked.form, limit, further=after is not None), looked.values | behind).all()


# Kept: writing such a statement takes longer than running it. It holds what is asked for, and nothing of what is found.
@lru_cache(maxsize=64)
def statement(looked: Looked, limit: int, *, further: bool = False) -> Select[Any]:
    """Return the statement that finds leaders, of a `form`; it takes its `values`, and for a further page `after_` and the columns of `ORDER`."""
    ids: list[int | None] = sorted(looked.organisation_ids) or [-1]  # type: ignore[assignment]
    parts = [_part(looked, one, limit, further) for one in (ids if len(ids) <= MOST_MERGED else [None])]
    merged = (union_all(*(select(part.subquery()) for part in parts)) if len(parts) > 1 else parts[0]).subquery()
    return select(merged).order_by(*_places(merged)).limit(limit)


def _part(looked: Looked, organisation_id: int | None, limit: int, further: bool) -> Select[Any]:
    """Find the leaders of one organisation, or of all at once."""
    return _each(looked, organisation_id, limit, further) if organisation_id is None or not looked.alike else _leaping(looked, organisation_id, limit, further)


def _places(table: FromClause) -> list[Any]:
    return [table.c[name] for name in ORDER]


def _shown(table: FromClause) -> list[Any]:
    return [table.c.id, table.c.owner_id, table.c.organisation_id, *_places(table)]


def _beyond(table: FromClause, further: bool) -> list[ColumnElement[bool]]:
    """Return the condition of a further page: what stands behind the last row of the page before."""
    if not further:
        return []
    last = [bindparam(f"after_{name}", type_=table.c[name].type) for name in ORDER]
    # The first condition is what SQLite finds the place by.
    return [table.c.target_at >= last[0], tuple_(*_places(table)) > tuple_(*last)]


def _each(looked: Looked, organisation_id: int | None, limit: int, further: bool) -> Select[Any]:
    """Look at each entry and leave out those that an earlier one leads."""
    entry, earlier = _ONE, _EARLIER
    sooner = or_(earlier.c.target_at < entry.c.target_at, earlier.c.id < entry.c.id)
    before = _alike(looked, earlier, entry).where(earlier.c.target_at <= entry.c.target_at, sooner).exists()
    whose = entry.c.organisation_id.in_(sorted(looked.organisation_ids) if organisation_id is None else [organisation_id])
    query = select(*_shown(entry)).where(*looked.conditions(entry), whose, *_beyond(entry, further), ~before)
    return query.order_by(*_places(entry), entry.c.id).limit(limit)


def _leaping(looked: Looked, organisation_id: int, limit: int, further: bool) -> Select[Any]:
    """Leap along the index from one instant, duty and case to the next, and leave out those that an earlier entry leads.

    The walk counts its leaders and ends itself after `limit` of them. A LIMIT on what is read of it would take whichever a database hands over first:
    nothing keeps the rows of a walk in its order once they are joined with others.
    """
    entry, nearest, found = _ONE, _NEXT, _FOUND
    first = select(*_shown(entry)).where(*looked.conditions(entry), entry.c.organisation_id == organisation_id, *_beyond(entry, further))
    begin = first.order_by(*_places(entry), entry.c.id).limit(1).subquery("first")
    walk = select(*begin.c, _leads(looked, begin), literal_column("0", Integer).label("ahead")).cte(f"walk_{organisation_id}", recursive=True)
    # SQLite seeks by a row of values only where those on the right are no plain columns, but the results of functions or sums.
    here = [*(func.coalesce(walk.c[name], walk.c[name]) for name in ORDER[:-1]), walk.c.subject_id + 1]
    leap = (
        select(nearest.c.id)
        .where(*looked.conditions(nearest), nearest.c.organisation_id == organisation_id, tuple_(*_places(nearest)) >= tuple_(*here))
        .order_by(*_places(nearest), nearest.c.id).limit(1).correlate(walk).scalar_subquery()
    )  # fmt: skip
    ahead = walk.c.ahead + walk.c.leads
    step = select(*_shown(found), _leads(looked, found), ahead).select_from(walk.join(found, found.c.id == leap))
    walk = walk.union_all(step.where(ahead < limit))
    return select(*_shown(walk)).where(walk.c.leads == literal_column("1"))


def _leads(looked: Looked, entry: FromClause) -> Label[int]:
    """Return a column that says 1 of an entry that no earlier one leads, else 0."""
    before = _alike(looked, _EARLIER, entry).where(_EARLIER.c.target_at < entry.c.target_at).exists()
    return case((before, literal_column("0", Integer)), else_=literal_column("1", Integer)).label("leads")


def group_size(looked: Looked, entry: FromClause) -> ColumnElement[int]:
    """Return a column that counts the entries a leader stands for."""
    return _alike(looked, _OTHER, entry, func.count()).scalar_subquery()


def _alike(looked: Looked, one: NamedFromClause, other: FromClause, *shown: ColumnElement[Any]) -> Select[Any]:
    """Look in the index of running cases for the entries that are of one case and kind with `other`."""
    same = (one.c[name] == other.c[name] for name in ("subject_type", "subject_id", "kind", "organisation_id"))
    # The index is that of all that run, paused ones among them.
    running: list[ColumnElement[bool]] = [literal_column(f"({one.name}.{RUNNING})")] if looked.state is State.PAUSED else []
    query = select(*shown or (literal_column("1"),)).select_from(one).where(*same, *running, *looked.conditions(one)).correlate(other)
    # By statistics that a single large case bends, SQLite would take an index for shorter that reads rows, and closed ones, too.
    return query.with_hint(one, "INDEXED BY ix_docket_entry_case", "sqlite")
