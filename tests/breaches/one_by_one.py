"""What `dpa.breaches.case_counts` says in few counts, found out by looking at each customer: slow, and plain enough to be believed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.alerts.models import OutboxMessage
from dpa.breaches.case_counts import ClosingCounts, PhaseCount
from dpa.breaches.corrected import of_entry
from dpa.breaches.counting import starts_of
from dpa.breaches.models import Affected, Breach, Delivery, Notice
from dpa.breaches.paper_models import NoticePaper
from dpa.docket.models import DocketEntry


def closing(session: Session, breach: Breach) -> ClosingCounts:
    """Return what stands in the way of closing a case."""
    customers = session.scalars(select(Affected).where(Affected.breach_id == breach.id)).all()
    clocks = [session.get_one(DocketEntry, one.docket_entry_id) for one in customers]
    released = [one for one in breach.notices if one.released_at]
    newest = _newest(_deliveries(session, released[-1])) if released else []
    mails = [(one, session.get_one(OutboxMessage, one.outbox_id)) for one in newest if one.given_at is None and one.outbox_id]
    moving = [mail for _, mail in mails if mail.state in {"pending", "sending"}]
    return ClosingCounts(
        affected=len(customers), told=sum(one.sent_at is not None for one in customers), open_clocks=sum(one.state in {"open", "paused"} for one in clocks),
        unexplained=sum(is_late(breach, one, clock) and not one.late_reason for one, clock in zip(customers, clocks, strict=True)),
        undelivered=sum(mail.state in {"dead", "cancelled"} for _, mail in mails), on_its_way=len(moving), stuck=sum(mail.last_error is not None for mail in moving),
        kept=sum(one.sent_at is not None and one.kept for one in customers),
    )  # fmt: skip


def is_late(breach: Breach, row: Affected, clock: DocketEntry) -> bool:
    """Tell whether a customer was told late, by its clock or counted from the awareness that is held now."""
    anew = of_entry(clock, starts_of(breach), row.aware_reason)
    return (clock.late_s or 0) > 0 or (anew is not None and anew.late)


def phases(session: Session, breach: Breach) -> Mapping[int, PhaseCount]:
    """Return how far each phase has got."""
    return {notice.id: _phase(_deliveries(session, notice), _papers(session, notice)) for notice in breach.notices}


def _phase(deliveries: Mapping[int, Sequence[Delivery]], papers: Mapping[int, int]) -> PhaseCount:
    newest = _newest(deliveries)
    assert [one.id for rows in deliveries.values() for one in rows if not one.replaced] == [one.id for one in newest]
    return PhaseCount(
        sent=len(deliveries), given=sum(any(one.given_at for one in rows) for rows in deliveries.values()),
        acknowledged=sum(any(one.acknowledged_at for one in rows) for rows in deliveries.values()),
        documents=len({one.document_id for rows in deliveries.values() for one in rows if one.document_id} | set(papers.values())),
        to_hand_over=len(set(papers) - set(deliveries)),
        kept=sum(one.given_at is not None and one.kept for one in newest), confirmed=sum(one.acknowledged_at is not None for one in newest),
        unconfirmed=sum(one.given_at is not None and one.acknowledged_at is None for one in newest),
        mails_out=sum(one.given_at is None and one.outbox_id is not None for one in newest),
    )  # fmt: skip


def _deliveries(session: Session, notice: Notice) -> Mapping[int, Sequence[Delivery]]:
    """Return what each customer was sent of a phase, oldest first; what came back counts for nothing."""
    found: dict[int, list[Delivery]] = defaultdict(list)
    for one in session.scalars(select(Delivery).where(Delivery.notice_id == notice.id, ~Delivery.returned).order_by(Delivery.affected_id, Delivery.id)):
        found[one.affected_id].append(one)
    return found


def _papers(session: Session, notice: Notice) -> Mapping[int, int]:
    """Return the documents that no mail carried when they were ordered, by customer."""
    return {one.affected_id: one.document_id for one in session.scalars(select(NoticePaper).where(NoticePaper.notice_id == notice.id))}


def _newest(deliveries: Mapping[int, Sequence[Delivery]]) -> list[Delivery]:
    return [rows[-1] for rows in deliveries.values()]
