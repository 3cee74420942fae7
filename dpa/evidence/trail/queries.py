"""Reading the trail: for its page, narrowed to what the person may see, and the last verification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from dpa.evidence.trail.models import TrailEvent, TrailHead, TrailPayload, TrailVerification
from dpa.web.identity import Scope
from dpa.web.paging import SIZE, Page

MOST_ACTORS = 500


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the trail: the organisations they may see, and whether events of no organisation are shown too.

    Of the latter a person sees what the product itself did and what they did themselves; what other people did before an
    organisation was known (such as signing in) stays hidden, since it may concern another organisation's people.
    """

    scope: Scope
    actor: str
    installation: bool

    def sees(self) -> ColumnElement[bool]:
        """Return the condition every query of the trail carries."""
        own = TrailEvent.organisation_id.in_(self.scope.organisation_ids)
        if not self.installation:
            return own
        return or_(own, and_(TrailEvent.organisation_id.is_(None),
                             or_(TrailEvent.actor == self.actor, TrailEvent.actor.not_like("u:%"))))


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the page is narrowed to; empty values narrow nothing."""

    kind: str = ""
    """Kind of the subject, such as breach."""
    identifier: str = ""
    """Number of the subject; only together with its kind."""
    actor: str = ""
    """Opaque reference of who acted."""
    since: datetime | None = None
    until: datetime | None = None
    """First instant that is no longer shown."""


def events(session: Session, reader: Reader, narrowing: Narrowing, *, before_idx: int | None) -> Page[TrailEvent]:
    """Return one page of events, newest first."""
    event = TrailEvent
    wanted: list[ColumnElement[bool]] = [reader.sees()]
    if narrowing.kind:
        wanted.append(event.subject_type == narrowing.kind)
        if narrowing.identifier:
            wanted.append(event.subject_id == narrowing.identifier)
    if narrowing.actor:
        wanted.append(event.actor == narrowing.actor)
    if narrowing.since:
        wanted.append(event.at >= narrowing.since)
    if narrowing.until:
        wanted.append(event.at < narrowing.until)
    if before_idx is not None:
        wanted.append(event.idx < before_idx)
    rows = session.scalars(select(event).where(*wanted).order_by(event.idx.desc()).limit(SIZE + 1)).all()
    return Page.cut(rows, lambda row: (row.idx,))


def payloads(session: Session, indices: Sequence[int]) -> dict[int, list[TrailPayload]]:
    """Return the personal parts of these events, by event."""
    found: dict[int, list[TrailPayload]] = {}
    statement = select(TrailPayload).where(TrailPayload.event_idx.in_(indices)).order_by(TrailPayload.event_idx, TrailPayload.part)
    for row in session.scalars(statement):
        found.setdefault(row.event_idx, []).append(row)
    return found


def actors(session: Session, scope: Scope) -> list[str]:
    """Return everybody who acted in these organisations, by reference.

    Hops from one actor to the next along the index (organisation_id, actor, idx), so the trail's length does not matter.
    """
    if not scope.organisation_ids:
        return []
    event = TrailEvent
    start = union_all(*(select(literal(number).label("organisation_id")) for number in sorted(scope.organisation_ids))).subquery()
    first = select(func.min(event.actor)).where(event.organisation_id == start.c.organisation_id).scalar_subquery()
    hop = select(start.c.organisation_id, first.label("actor")).cte("hop", recursive=True)
    following = (
        select(func.min(event.actor)).where(event.organisation_id == hop.c.organisation_id, event.actor > hop.c.actor).scalar_subquery()
    )
    hop = hop.union_all(select(hop.c.organisation_id, following).where(hop.c.actor.is_not(None)))
    found = select(hop.c.actor).where(hop.c.actor.is_not(None)).distinct().order_by(hop.c.actor).limit(MOST_ACTORS)
    return [str(actor) for actor in session.scalars(found)]


def size(session: Session) -> int:
    """Return the number of events in the whole trail."""
    return session.scalar(select(TrailHead.size).where(TrailHead.id == 1)) or 0


def last_verification(session: Session) -> TrailVerification | None:
    """Return the newest verification by the worker or on demand; none before the first."""
    return session.scalars(select(TrailVerification).order_by(TrailVerification.id.desc()).limit(1)).first()
