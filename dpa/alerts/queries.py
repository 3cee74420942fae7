"""Reads of the outbox, always narrowed to the organisations a person may see, and of the worker's life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, load_only

from dpa.alerts.models import DEAD, LIVE, ClockJump, DeliveryEvent, OutboxMessage, WorkerHeartbeat
from dpa.alerts.rules import SILENT_FAILS, Category, Facts, State
from dpa.evidence import concerns as evidence
from dpa.evidence.register.models import DocumentWork
from dpa.web import paging
from dpa.web.identity import Scope
from dpa.web.paging import Page

_MATTERS = OutboxMessage.category != Category.ACCOUNT
"""A personal link that did not arrive is asked for again; it is nobody else's incident."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list of messages is narrowed to; empty means everything."""

    state: State | None = None
    category: Category | None = None
    words: str = ""
    """Part of the subject."""


def page(session: Session, scope: Scope, filters: Filters, after: str | None = None, *, size: int = paging.SIZE) -> Page[OutboxMessage]:
    """Return one page of messages, newest first, without their texts."""
    statement = (
        select(OutboxMessage)
        .where(OutboxMessage.organisation_id.in_(scope.organisation_ids), *_conditions(filters))
        .options(load_only(
            OutboxMessage.id, OutboxMessage.subject, OutboxMessage.to_name, OutboxMessage.to_address, OutboxMessage.state,
            OutboxMessage.category, OutboxMessage.created_at, OutboxMessage.sent_at, OutboxMessage.next_at, OutboxMessage.attempts,
            OutboxMessage.organisation_id, OutboxMessage.last_error, OutboxMessage.uncertain, OutboxMessage.kept, raiseload=True,
        ))
        .order_by(OutboxMessage.id.desc())
        .limit(size + 1)
    )
    key = paging.decode_key(after, 1)
    if key is not None:
        statement = statement.where(OutboxMessage.id < paging.number_of(key[0]))
    return Page.cut(session.scalars(statement).all(), lambda row: (row.id,), size)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.state is not None:
        found.append(OutboxMessage.state == filters.state)
    if filters.category is not None:
        found.append(OutboxMessage.category == filters.category)
    if filters.words:
        found.append(OutboxMessage.subject.icontains(filters.words, autoescape=True))
    return found


def message(session: Session, scope: Scope, message_id: int) -> OutboxMessage:
    """Return one message; raises `NotFound` for absent ones and other organisations' alike."""
    row = session.get(OutboxMessage, message_id)
    scope.require(row.organisation_id if row else None, "message")
    assert row is not None
    return row


def events(session: Session, message_id: int) -> Sequence[DeliveryEvent]:
    """Return a message's delivery record, oldest first; ask `message` for the right to see it."""
    return session.scalars(select(DeliveryEvent).where(DeliveryEvent.outbox_id == message_id).order_by(DeliveryEvent.id)).all()


def names(session: Session, keys: Sequence[str]) -> Mapping[str, str]:
    """Return what the trail calls messages, by number as text: the subject line."""
    wanted = {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19}
    rows = session.execute(select(OutboxMessage.id, OutboxMessage.subject).where(OutboxMessage.id.in_(wanted))) if wanted else ()
    return {str(number): f"“{subject}”" for number, subject in rows}


def facts(session: Session, now: datetime) -> Facts:
    """Return what the health of alerts and evidence is judged by, in two statements."""
    row = session.execute(
        select(
            _seen().label("seen_at"),
            _oldest(OutboxMessage.next_at).where(OutboxMessage.next_at <= now).scalar_subquery().label("due_at"),
            _oldest(OutboxMessage.created_at).where(OutboxMessage.attempts == 0).scalar_subquery().label("unoffered_at"),
            _oldest(OutboxMessage.created_at).scalar_subquery().label("unsent_at"),
            _count(and_(text(DEAD), _MATTERS)).label("dead"),
            _count(OutboxMessage.follow_up).label("follow_ups"),
            evidence.newest_findings().label("findings"),
            select(func.count()).select_from(DocumentWork).where(evidence.cannot_be_made()).scalar_subquery().label("documents"),
        )
    ).one()
    return Facts(
        row.seen_at, row.due_at, row.unoffered_at, row.unsent_at, row.dead, row.follow_ups, _failing_jobs(session, now), row.findings or 0, row.documents
    )


def _failing_jobs(session: Session, now: datetime) -> tuple[str, ...]:
    """Return the jobs whose last run failed at any worker that lives: with several, each knows only its own."""
    living = select(WorkerHeartbeat.failing_jobs).where(WorkerHeartbeat.seen_at >= now - SILENT_FAILS, WorkerHeartbeat.stopped_at.is_(None))
    return tuple(sorted({name for failing in session.scalars(living) for name in failing}))


@dataclass(frozen=True, slots=True)
class BannerFacts:
    """What every page may have to say of the worker and the outbox."""

    seen_at: datetime | None
    dead: int
    """Undeliverable messages among those the person may see."""
    failing_jobs: tuple[str, ...]
    jump_seconds: int | None
    """How far a worker's clock jumped within the last day; none when it did not."""


def banner_facts(session: Session, scope: Scope, since: datetime) -> BannerFacts:
    """Return what the banners need, in one statement; clock jumps since `since` count."""
    newest = select(WorkerHeartbeat.failing_jobs).order_by(WorkerHeartbeat.seen_at.desc()).limit(1)
    jump = select(ClockJump.seconds).where(ClockJump.at >= since).order_by(ClockJump.at.desc()).limit(1)
    row = session.execute(
        select(
            _seen().label("seen_at"),
            undeliverable(scope.organisation_ids).label("dead"),
            newest.scalar_subquery().label("failing"),
            jump.scalar_subquery().label("jump"),
        )
    ).one()
    return BannerFacts(row.seen_at, row.dead, tuple(row.failing or ()), row.jump)


def undeliverable(places: Any) -> ScalarSelect[int]:
    """Count in SQL the messages that could not be delivered in organisations, given by their numbers or as an expanding parameter."""
    # Without statistics, SQLite would read every message of the organisations.
    query = select(func.count()).select_from(OutboxMessage).with_hint(OutboxMessage, "INDEXED BY ix_outbox_message_dead", "sqlite")
    return query.where(text(DEAD), _MATTERS, OutboxMessage.organisation_id.in_(places)).scalar_subquery()


def _seen() -> ScalarSelect[datetime]:
    return select(func.max(WorkerHeartbeat.seen_at)).scalar_subquery()


def _oldest(column: InstrumentedAttribute[datetime]) -> Select[datetime]:
    return select(func.min(column)).where(text(LIVE))


def _count(where: ColumnElement[bool] | InstrumentedAttribute[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(OutboxMessage).where(where).scalar_subquery()
