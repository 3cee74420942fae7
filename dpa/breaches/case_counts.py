"""How many customers of a case stand where, and how far each phase has got.

A case may have ten thousand customers, and its page is asked for when time is short. So nothing here walks from each customer to its clock, its
notice and its mail: each number is counted on one index that holds all it needs, and what is rare (clocks that were waived or met late, mails that were
refused) is looked at from its own side and taken off. The caller has checked the scope of the case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.attributes import set_committed_value

from dpa.alerts.models import TROUBLED, OutboxMessage
from dpa.alerts.rules import State
from dpa.breaches.models import LATE_ANEW, Affected, Breach, Delivery, Notice
from dpa.breaches.paper_models import NoticePaper
from dpa.breaches.queries import (
    CASE,
    PHASE,
    UNDELIVERABLE,
    WAIVED,
    customers_clocks,
    newest_delivery,
    owed_anything,
    owed_clocks,
    reachable,
    refusing,
    values_of,
)
from dpa.breaches.rules import Standing
from dpa.docket.models import RUNNING, DocketEntry

_WAIVED = and_(DocketEntry.state.in_(WAIVED), Affected.sent_at.is_(None))
ON_ITS_WAY = (State.PENDING, State.SENDING)


@dataclass(frozen=True, slots=True)
class PhaseCount:
    """How far one phase has got."""

    sent: int
    """Customers it went to."""
    given: int
    acknowledged: int
    documents: int
    kept: int = 0
    """Of those given: what only the file mailbox of a demonstration took."""
    confirmed: int = 0
    """Customers who confirmed their newest delivery."""
    unconfirmed: int = 0
    """Customers whose newest delivery was given and is not confirmed."""
    mails_out: int = 0
    """Customers whose newest delivery is a mail that nobody took yet, whatever becomes of it."""
    to_hand_over: int = 0
    """Customers whose document waits to be handed over: nothing of the phase went to them."""


NONE_YET = PhaseCount(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ClosingCounts:
    """How many customers of a case stand in the way of closing it."""

    affected: int
    told: int
    open_clocks: int
    unexplained: int
    undelivered: int
    on_its_way: int
    stuck: int
    """Notices on their way that a mail server was asked to take and did not."""
    kept: int
    """Customers whose first notice was only kept in the file mailbox of a demonstration: nobody was told by it."""
    refusing: int = 0
    """Customers with a contact for notices that refused the newest mail sent there, whatever it was about; 0 where nobody was looked at for a contact."""


def load_phases(session: Session, breach: Breach) -> Mapping[int, PhaseCount]:
    """Load the phases of a case and return how far each has got, by the number of its row; one statement for both."""
    rows = session.execute(_phases_query(), {"case_id": breach.id}).all()
    set_committed_value(breach, "notices", [row[0] for row in rows])
    return {row[0].id: _phase_count(row) for row in rows}


def _phase_count(row: Any) -> PhaseCount:
    return PhaseCount(
        sent=row.sent, given=row.given + row.given_before, acknowledged=row.confirmed + row.confirmed_before, documents=row.documents + row.to_hand_over, kept=row.kept, to_hand_over=row.to_hand_over,
        confirmed=row.confirmed, unconfirmed=row.unconfirmed, mails_out=row.mails_out,
    )  # fmt: skip


@cache
def _phases_query() -> Select[Any]:
    newest, earlier, papers = _newest_deliveries(), _earlier_deliveries(), _papers()
    columns: list[Any] = [column for one in (newest, earlier, papers) for column in one.c if column.key != "notice_id"]
    query: Select[Any] = select(Notice, *(func.coalesce(column, 0).label(column.key) for column in columns))
    for counted in (newest, earlier, papers):
        query = query.outerjoin(counted, counted.c.notice_id == Notice.id)
    return query.where(Notice.breach_id == CASE).order_by(Notice.number)


def _newest_deliveries() -> Subquery:
    """Count each phase's newest deliveries: one for each customer it went to."""
    given, confirmed = Delivery.given_at.is_not(None), Delivery.acknowledged_at.is_not(None)
    return (
        select(
            Delivery.notice_id, func.count().label("sent"), func.count(Delivery.given_at).label("given"), func.count(Delivery.acknowledged_at).label("confirmed"),
            func.count(Delivery.document_id).label("documents"), _where(given, Delivery.kept).label("kept"), _where(given, ~confirmed).label("unconfirmed"),
            _where(~given, Delivery.outbox_id.is_not(None)).label("mails_out"),
        )
        .where(Delivery.notice_id.in_(_phases_of_case()), ~Delivery.replaced)
        .group_by(Delivery.notice_id)
        .subquery("newest_ones")
    )  # fmt: skip


def _earlier_deliveries() -> Subquery:
    """Count the few customers who got or confirmed a phase by an earlier delivery, and not by the newest one."""
    newest = aliased(Delivery, name="newest")

    def only_before(column: Any, of_newest: Any) -> ColumnElement[int]:
        return func.count(func.distinct(case((and_(column.is_not(None), of_newest.is_(None)), Delivery.affected_id))))

    return (
        select(
            Delivery.notice_id, only_before(Delivery.given_at, newest.given_at).label("given_before"),
            only_before(Delivery.acknowledged_at, newest.acknowledged_at).label("confirmed_before"),
        )
        .join(newest, and_(newest.affected_id == Delivery.affected_id, newest.notice_id == Delivery.notice_id, text("(NOT newest.replaced)")))
        .where(Delivery.notice_id.in_(_phases_of_case()), Delivery.replaced, ~Delivery.returned)
        .group_by(Delivery.notice_id)
        .subquery("earlier")
    )  # fmt: skip


def _papers() -> Subquery:
    """Count the documents that no mail carried and nobody has handed over yet."""
    newest = Delivery.notice_id == NoticePaper.notice_id, Delivery.affected_id == NoticePaper.affected_id, text(f"(NOT {Delivery.__tablename__}.replaced)")
    return (
        select(NoticePaper.notice_id, func.count().label("to_hand_over"))
        .where(NoticePaper.notice_id.in_(_phases_of_case()), ~exists().where(*newest).correlate(NoticePaper))
        .group_by(NoticePaper.notice_id)
        .subquery("papers")
    )


def _phases_of_case() -> Any:
    return select(Notice.id).where(Notice.breach_id == CASE).scalar_subquery()


def _where(*conditions: Any) -> ColumnElement[int]:
    return func.count(case((and_(*conditions), 1)))


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted of a case's customers and their clocks."""

    customers: int
    told: int
    kept: int
    unexplained: int
    waived_before: int
    """Waived, and without any delivery of the phase released last."""
    waived_since: int
    """Waived, with one that was neither given nor confirmed."""
    waived_unreachable: int
    open_clocks: int
    unreachable: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted on audited rows alone, so that it stays true until something happens."""

    phases: Mapping[int, PhaseCount]
    counted: Counted


def tally(session: Session, found: Breach, own_domains: Sequence[str] | None) -> Tally:
    """Load the phases of a case and count everything but its mails; two statements. Without domains nobody is looked at for a contact."""
    reached = load_phases(session, found)
    values = values_of(found)
    sent = reached.get(values["phase_id"], NONE_YET).sent
    row = session.execute(_counted_query(None if found.drill or own_domains is None else tuple(own_domains)), values | {"sent": sent}).one()
    return Tally(reached, Counted(*(getattr(row, column.name) for column in fields(Counted))))


def overview(session: Session, found: Breach, own_domains: Sequence[str] | None, counted: Tally | None = None) -> tuple[Mapping[Standing, int], ClosingCounts]:
    """Return how many customers stand where with the phase released last, and what stands in the way of closing.

    One statement, which asks for the mails: they change without an event. `counted` is what `tally` returned; without it that is asked first.
    """
    counted = tally(session, found, own_domains) if counted is None else counted
    values = values_of(found)
    phase, rows = counted.phases.get(values["phase_id"], NONE_YET), counted.counted
    mails = session.execute(_mails_query(None if found.drill or own_domains is None else tuple(own_domains)), values | {"place_id": found.organisation_id}).one()
    return _standings(phase, rows, mails.not_sent), ClosingCounts(
        affected=rows.customers, told=rows.told, open_clocks=rows.open_clocks, unexplained=rows.unexplained, undelivered=mails.undelivered,
        on_its_way=phase.mails_out - mails.undelivered - mails.unnoted, stuck=mails.stuck, kept=rows.kept, refusing=mails.refusing,
    )  # fmt: skip


@lru_cache(maxsize=200)
def _counted_query(own_domains: tuple[str, ...] | None) -> Select[Any]:
    people, rare = _people(), _rare_clocks(own_domains)
    # The only number that needs a look at each customer is asked for only where somebody has not got the phase.
    unreachable = case((people.c.customers > rare.c.waived_before + bindparam("sent"), literal(0) if own_domains is None else _unreachable(own_domains)), else_=rare.c.waived_unreachable)
    unexplained = (rare.c.unexplained + _late_anew()).label("unexplained")
    query: Select[Any] = select(*people.c, unexplained, *(column for column in rare.c if column.key != "unexplained"), _open_clocks().label("open_clocks"), unreachable.label("unreachable"))
    return query.select_from(people.join(rare, true()))


def _standings(phase: PhaseCount, rows: Counted, not_sent: int) -> Mapping[Standing, int]:
    """Count out from the whole and the exceptions what `rules.standing` says of each customer, in its order of precedence."""
    alone = rows.unreachable - rows.waived_unreachable
    counts = {
        Standing.ACKNOWLEDGED: phase.confirmed,
        Standing.SENT: phase.unconfirmed,
        Standing.WAIVED: rows.waived_before + rows.waived_since,
        Standing.NOT_SENT: not_sent,
        Standing.RELEASED: phase.sent - phase.confirmed - phase.unconfirmed - rows.waived_since - not_sent,
        Standing.NO_RECIPIENT: alone,
        Standing.WAITING: rows.customers - phase.sent - rows.waived_before - alone,
    }
    return {standing: count for standing, count in counts.items() if count}


def _people() -> Subquery:
    kept = _where(Affected.sent_at.is_not(None), Affected.kept)
    query = select(func.count().label("customers"), func.count(Affected.sent_at).label("told"), kept.label("kept"))
    return query.where(Affected.breach_id == CASE).subquery("people")


def _open_clocks() -> Any:
    # The condition of the partial index, word for word: SQLite counts on it and reads no row.
    query = select(func.count()).select_from(DocketEntry).where(text(RUNNING), *customers_clocks())
    return query.scalar_subquery()


def _late_anew() -> Any:
    # The condition of the partial index, word for word: whoever a correction made late has its clock met in time, so it is none of the rare ones.
    late = text(f"breach_affected.{LATE_ANEW}")
    return select(func.count()).select_from(Affected).where(Affected.breach_id == CASE, late, Affected.late_reason == "").scalar_subquery()


def _rare_clocks(own_domains: tuple[str, ...] | None) -> Subquery:
    """Count what is special about customers whose clock was met late, or closed by a decision before anything was told."""
    none, silent = Delivery.id.is_(None), and_(Delivery.id.is_not(None), Delivery.given_at.is_(None), Delivery.acknowledged_at.is_(None))
    query = select(
        _where(DocketEntry.late_s > 0, Affected.late_reason == "").label("unexplained"),
        _where(_WAIVED, none).label("waived_before"), _where(_WAIVED, silent).label("waived_since"),
        _where(_WAIVED, none, false() if own_domains is None else ~reachable(own_domains)).label("waived_unreachable"),
    )  # fmt: skip
    return (
        query.select_from(DocketEntry)
        .join(Affected, Affected.docket_entry_id == DocketEntry.id)
        .outerjoin(Delivery, newest_delivery())
        .where(*owed_clocks(), or_(DocketEntry.late_s > 0, DocketEntry.state.in_(WAIVED)))
        .subquery("rare")
    )


@lru_cache(maxsize=200)
def _mails_query(own_domains: tuple[str, ...] | None) -> Any:
    """Count what became of mails that were not simply taken: given up or set aside, not taken at the last attempt, taken without our knowing yet.

    And, of all mails to the customers' contacts, who has one that refuses.
    """
    refuses = literal(0) if own_domains is None else _refusing(own_domains)
    about = OutboxMessage.about_type == "breach", OutboxMessage.about_id == CASE
    mail = select(OutboxMessage.id, OutboxMessage.state, OutboxMessage.last_error).where(text(TROUBLED), *about).subquery("mail").c
    gone = mail.state.in_(UNDELIVERABLE)
    return (
        select(
            _where(gone).label("undelivered"), _where(gone, Delivery.acknowledged_at.is_(None), ~_WAIVED).label("not_sent"),
            _where(mail.state == State.SENT).label("unnoted"), _where(mail.state.in_(ON_ITS_WAY), mail.last_error.is_not(None)).label("stuck"),
            refuses.label("refusing"),
        )
        .join(Delivery, Delivery.outbox_id == mail.id)
        .join(Affected, Affected.id == Delivery.affected_id)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        # From the few mails: without statistics, SQLite would rather read all deliveries of the phase for each of them.
        .with_hint(Delivery, "INDEXED BY ix_breach_delivery_outbox_id", "sqlite")
        .where(Delivery.notice_id == PHASE, ~Delivery.replaced, Delivery.given_at.is_(None))
    )  # fmt: skip


def _refusing(own_domains: tuple[str, ...]) -> Any:
    query = select(func.count()).select_from(Affected).join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
    return query.where(Affected.breach_id == CASE, refusing(bindparam("place_id"), own_domains), owed_anything()).scalar_subquery()


def _unreachable(own_domains: tuple[str, ...]) -> Any:
    """Count those who have not got the phase and have no contact to be written to, waived or not."""
    has_it = exists().where(newest_delivery()).correlate(Affected)
    return select(func.count()).select_from(Affected).where(Affected.breach_id == CASE, ~has_it, ~reachable(own_domains)).scalar_subquery()


def closing_counts(session: Session, found: Breach) -> ClosingCounts:
    """Return what stands in the way of closing a case; three statements."""
    return overview(session, found, None)[1]
