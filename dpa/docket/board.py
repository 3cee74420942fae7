"""The board: what is due, soonest first, across organisations and workflows. Computed from the clock, in few statements.

Counts look at the first two hundred lines only, so that they cost the same on a table of any size; beyond that they say "200+".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row as SqlRow
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from dpa.docket import kinds, presenting, rules
from dpa.docket.filters import Filters
from dpa.docket.leaders import ORDER, Looked, Place, group_size, leaders
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import Row, Shown
from dpa.docket.rules import Facts, Standing, State
from dpa.people.models import Organisation, Person
from dpa.web.identity import Scope
from dpa.web.paging import decode_key, encode_key, instant_of, number_of, text_of

Grants = Mapping[int, Collection[str]]
"""Permissions of the person who looks, by organisation."""
NO_GRANTS: Grants = MappingProxyType({})
PAGE = 50
COUNTED = 200
PAUSED_SHOWN = 20
TITLES = {
    Standing.LATE: "Overdue",
    Standing.DAY: "Next 24 hours",
    Standing.WEEK: "This week",
    Standing.LATER: "Later",
    Standing.PAUSED: "Paused",
}


@dataclass(frozen=True, slots=True)
class Count:
    """A number that stops counting at some point."""

    number: int
    more: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.more else ''}"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines."""

    standing: Standing
    title: str
    rows: tuple[Row, ...]
    total: Count
    """Lines there are, of which this page shows `rows`."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the coming week and how many lines are due on it."""

    on: date
    count: int


@dataclass(frozen=True, slots=True)
class Chip:
    """A one-click filter with the number of lines behind it."""

    name: str
    """`all`, `mine`, or a kind's name."""
    title: str
    count: Count


@dataclass(frozen=True, slots=True)
class BoardView:
    """Everything the board shows of the docket."""

    filters: Filters
    act_next: Row | None
    """The soonest running line of this view that is no exercise, or the soonest exercise where no real deadline is open or paused; none on further pages."""
    sections: tuple[Section, ...]
    chips: tuple[Chip, ...]
    week: tuple[Day, ...]
    next_key: str | None
    """Key of the next page; none on the last."""
    shown: int
    total: Count
    """Running lines of this view."""
    anything: bool
    """Whether there is any running or paused deadline without the filters."""

    @property
    def is_empty(self) -> bool:
        """Whether this page has no line at all."""
        return not self.sections


def board(
    session: Session, scope: Scope, now: datetime, filters: Filters | None = None, *,
    person_id: int | None = None, zone: str = "UTC", grants: Grants = NO_GRANTS,
) -> BoardView:  # fmt: skip
    """Return the board of what the scope may see; at most six statements, whatever there is.

    `person_id` is who is looking, for the filter `me`; `grants` says which acts the lines may lead to: without it, each leads to
    its case. `zone` decides where the days of the coming week begin. Raises `Invalid` for a damaged page key.
    """
    filters = filters or Filters()
    whole = Looked(scope.organisation_ids, State.OPEN, Filters(), person_id)
    overview = leaders(session, whole, limit=COUNTED + 1)
    looked = Looked(scope.organisation_ids, State.OPEN, filters, person_id)
    found = leaders(session, looked, limit=COUNTED + 1) if filters.narrowed else overview
    key = _key(filters.after)
    page = leaders(session, looked, limit=PAGE + 1, after=key) if key else found[: PAGE + 1]
    paused_of = Looked(scope.organisation_ids, State.PAUSED, filters, person_id)
    paused = [] if key else leaders(session, paused_of, limit=PAUSED_SHOWN + 1)
    rows = _load(session, looked, [one.id for one in page[:PAGE]], now, grants)
    paused_rows = _load(session, paused_of, [one.id for one in paused[:PAUSED_SHOWN]], now, grants)
    more = len(page) > PAGE
    return BoardView(
        filters=filters,
        act_next=_act_next(rows, paused_rows) if key is None else None,
        sections=_sections(rows, paused_rows, found, paused, now),
        chips=_chips(overview, person_id),
        week=_week(overview, now, zone),
        next_key=_key_of(page[PAGE - 1]) if more else None,
        shown=len(rows),
        total=_count(len(found)),
        anything=bool(overview or paused),
    )


def _act_next(rows: Sequence[Row], paused: Sequence[Row]) -> Row | None:
    """Return what comes first. An exercise waits for every real case, a paused one too: its customers still wait for their word."""
    real = next((row for row in rows if not row.exercise), None)
    if real is not None or any(not row.exercise for row in paused):
        return real
    return rows[0] if rows else None


def _key_of(last: SqlRow[Any]) -> str:
    return encode_key([last.target_at.isoformat(), *(getattr(last, name) for name in ORDER[1:])])


def _key(after: str) -> Place | None:
    parts = decode_key(after, len(ORDER))
    if parts is None:
        return None
    at, kind, subject_type, subject_id = parts
    return Place(instant_of(at), text_of(kind), text_of(subject_type), number_of(subject_id))


@lru_cache(maxsize=32)
def _lines(looked: Looked) -> Select[Any]:
    """Return the statement that loads lines with the names they show and their sizes; it takes their numbers as `ids`, and the values of what is looked for. Kept for the reason `leaders.statement` is."""
    return (
        select(*presenting.COLUMNS, Organisation.name, Person.name, group_size(looked, DocketEntry.__table__))
        .select_from(DocketEntry)
        .join(Organisation, Organisation.id == DocketEntry.organisation_id)
        .outerjoin(Person, Person.id == DocketEntry.owner_id)
        .where(DocketEntry.id.in_(bindparam("ids", expanding=True)))
    )


def _load(session: Session, looked: Looked, ids: Sequence[int], now: datetime, grants: Grants = NO_GRANTS) -> list[Row]:
    """Load lines in the order of `ids`. One statement, none for no lines."""
    if not ids:
        return []
    found: dict[int, Row] = {}
    for *columns, organisation, owner, count in session.execute(_lines(looked.form), {"ids": ids} | looked.values):
        shown = Shown(*columns)
        found[shown.id] = presenting.row(shown, now, organisation=organisation, owner=owner, count=count, held=grants.get(shown.organisation_id, ()))
    return [found[number] for number in ids if number in found]


def _standing(target_at: datetime, now: datetime) -> Standing:
    return rules.standing(Facts(State.OPEN, target_at), now)


def _sections(
    rows: Iterable[Row], paused_rows: Sequence[Row], found: Sequence[SqlRow[Any]], paused: Sequence[Any], now: datetime
) -> tuple[Section, ...]:
    groups: dict[Standing, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.standing, []).append(row)
    totals = Counter(_standing(one.target_at, now) for one in found[:COUNTED])
    last = _standing(found[-1].target_at, now) if len(found) > COUNTED else None
    sections = [
        Section(standing, TITLES[standing], tuple(groups[standing]), Count(max(totals[standing], len(groups[standing])), standing is last))
        for standing in (Standing.LATE, Standing.DAY, Standing.WEEK, Standing.LATER)
        if standing in groups
    ]
    if paused_rows:
        total = Count(len(paused_rows), len(paused) > PAUSED_SHOWN)
        sections.append(Section(Standing.PAUSED, TITLES[Standing.PAUSED], tuple(paused_rows), total))
    return tuple(sections)


def _chips(overview: Sequence[SqlRow[Any]], person_id: int | None) -> tuple[Chip, ...]:
    more = len(overview) > COUNTED
    counted = overview[:COUNTED]
    of_kind = Counter(one.kind for one in counted)
    mine = sum(1 for one in counted if person_id is not None and one.owner_id == person_id)
    chips = [Chip("all", "All", _count(len(overview))), Chip("mine", "Mine", Count(mine, more))]
    names = dict.fromkeys([*(kind.name for kind in kinds.registered()), *of_kind])
    for name in names:
        kind = kinds.kind_or_plain(name)
        if of_kind[name]:
            chips.append(Chip(name, kind.filter_title or kind.title, Count(of_kind[name], more)))
    return tuple(chips)


def _week(overview: Sequence[SqlRow[Any]], now: datetime, zone: str) -> tuple[Day, ...]:
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    days = Counter(one.target_at.astimezone(place).date() for one in overview[:COUNTED])
    # What is overdue belongs to today: it still has to be done.
    days[today] += sum(count for on, count in list(days.items()) if on < today)
    return tuple(Day(today + timedelta(days=n), days[today + timedelta(days=n)]) for n in range(7))


def _count(number: int) -> Count:
    return Count(min(number, COUNTED), number > COUNTED)
