"""The documents of phases, customer by customer: the one that went with a mail, or the one a person hands over. A customer has one for each phase, never two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from dpa.breaches.models import Affected, Delivery, Notice
from dpa.breaches.paper_models import NoticePaper
from dpa.evidence.register.models import IssuedDocument

CHUNK = 500
"""Keys per statement: below the databases' limits of bound values."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of a phase for one customer, and what it tells."""

    document_id: int | None
    """Its document; none for mails of versions that knew no documents."""
    language: str
    """ISO 639-1."""
    part: str
    """What it tells of the customer's own part, as canonical JSON."""


def made_of(session: Session, notice_id: int, affected_ids: Sequence[int]) -> Mapping[int, Made]:
    """Return what was made of a phase for these customers; those for whom nothing was are left out."""
    found: dict[int, Made] = {}
    for start in range(0, len(affected_ids), CHUNK):
        some = affected_ids[start : start + CHUNK]
        columns = Delivery.affected_id, Delivery.document_id, Delivery.language, Delivery.part
        # The first mail says what its document says; so does a paper. A call noted by an earlier version says nothing.
        mails = select(*columns).where(Delivery.notice_id == notice_id, Delivery.affected_id.in_(some), Delivery.outbox_id.is_not(None))
        ordered = select(NoticePaper.affected_id, NoticePaper.document_id, NoticePaper.language, NoticePaper.part)
        for query in (mails.order_by(Delivery.id), ordered.where(NoticePaper.notice_id == notice_id, NoticePaper.affected_id.in_(some))):
            for key, document_id, language, part in session.execute(query):
                found.setdefault(key, Made(document_id, language, part))
    return found


def is_made(notice: Notice) -> ColumnElement[bool]:
    """Say in SQL of a customer (`Affected` in the query) that it has a document of this phase."""
    mailed = exists().where(Delivery.affected_id == Affected.id, Delivery.notice_id == notice.id, Delivery.document_id.is_not(None))
    ordered = exists().where(NoticePaper.affected_id == Affected.id, NoticePaper.notice_id == notice.id)
    return or_(mailed.correlate(Affected), ordered.correlate(Affected))


@dataclass(frozen=True, slots=True)
class Ordered:
    """A document that no mail carried when it was ordered, with its phase."""

    paper: NoticePaper
    notice: Notice
    document: IssuedDocument


def ordered_for(session: Session, affected_id: int) -> Sequence[Ordered]:
    """Return the documents that no mail carried when they were ordered for a customer, oldest phase first, whatever became of them."""
    query = (
        select(NoticePaper, Notice, IssuedDocument)
        .join(Notice, Notice.id == NoticePaper.notice_id)
        .join(IssuedDocument, IssuedDocument.id == NoticePaper.document_id)
        .where(NoticePaper.affected_id == affected_id)
        .order_by(Notice.number)
    )
    return [Ordered(*row) for row in session.execute(query)]
