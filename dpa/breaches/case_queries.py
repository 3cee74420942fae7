"""Reads for the pages of one case; the caller has checked the scope of the case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.attributes import set_committed_value

from dpa.agreements.models import Agreement
from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.rules import EventKind
from dpa.alerts.rules import State as MailState
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.models import Affected, Breach, BreachFacts, CaseLink, Delivery, Notice, Question
from dpa.docket.models import RUNNING as ON_INDEX
from dpa.docket.models import DocketEntry
from dpa.evidence.register.models import IssuedDocument
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from dpa.problems import NotFound
from dpa.web.identity import Scope
from dpa.web.paging import SIZE, Page, instant_of

RUNNING = ("open", "paused")
NOTIFY, NAME, WORD, DORA = "breaches:notify", "breaches:name", "breaches:word", "breaches:dora"
"""Kinds of the clocks of customers, of what asks for names, of the next word, and of DORA's initial notification; modules of `operations` open them."""
ANSWERS = (EventKind.ACCEPTED, EventKind.ACCEPTED_LATE, EventKind.KEPT, EventKind.REFUSED, EventKind.DEFERRED, EventKind.UNREACHABLE, EventKind.DEAD)


@dataclass(frozen=True, slots=True)
class Opened:
    """A case with what stands first on its page."""

    breach: Breach
    organisation: Organisation
    classified: BreachClassification | None
    """The classification under DORA that stands."""
    sheet: BreachFacts | None
    """The newest version of its fact sheet."""


def opened(session: Session, scope: Scope, breach_id: int) -> Opened:
    """Return a case with what stands first on its page, in one statement; raises `NotFound` outside the scope.

    Its phases are loaded by `load_phases`.
    """

    def newest(number: InstrumentedAttribute[int], of: InstrumentedAttribute[int]) -> ScalarSelect[int]:
        return select(func.max(number)).where(of == Breach.id).correlate(Breach).scalar_subquery()

    classified, sheet = newest(BreachClassification.number, BreachClassification.breach_id), newest(BreachFacts.number, BreachFacts.breach_id)
    query = (
        select(Breach, Organisation, BreachClassification, BreachFacts)
        .join(Organisation, Organisation.id == Breach.organisation_id)
        .outerjoin(BreachClassification, and_(BreachClassification.breach_id == Breach.id, BreachClassification.number == classified))
        .outerjoin(BreachFacts, and_(BreachFacts.breach_id == Breach.id, BreachFacts.number == sheet))
    )
    row = session.execute(query.where(Breach.id == breach_id, Breach.organisation_id.in_(scope.organisation_ids))).one_or_none()
    if row is None:
        raise NotFound("There is no such incident, or it is not yours to see.")
    return Opened(*row)


@dataclass(frozen=True, slots=True)
class PromiseGroup:
    """Customers of a case whose clocks run alike."""

    promise: str
    started_at: datetime
    target_at: datetime
    due_at: datetime | None
    zone: str
    customers: int
    running: int
    late: int
    """How many were told late."""
    last_met_at: datetime | None
    paused_at: datetime | None = None
    """Since when these clocks are paused; none when they are not."""


def promises(session: Session, breach_id: int, most: int) -> Sequence[PromiseGroup]:
    """Return the different promises of a case, soonest first; one more than `most` when there are more. Waived clocks are left out."""
    alike = (Affected.promise, DocketEntry.started_at, DocketEntry.target_at, DocketEntry.due_at, DocketEntry.zone)
    paused = DocketEntry.paused_at
    query: Any = (
        select(
            *alike, func.count(), func.count(case((DocketEntry.state.in_(RUNNING), 1))), func.count(case((DocketEntry.late_s > 0, 1))),
            func.max(DocketEntry.met_at), paused,
        )
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == breach_id, DocketEntry.state.in_([*RUNNING, "met"]))
        .group_by(*alike, paused)
        .order_by(DocketEntry.target_at, Affected.promise)
        .limit(most + 1)
    )  # fmt: skip
    return [PromiseGroup(*row) for row in session.execute(query)]


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


def load_phases(session: Session, breach: Breach) -> Mapping[int, PhaseCount]:
    """Load the phases of a case and return how far each has got, by the number of its row; one statement for both."""

    def customers(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(func.distinct(case((condition, Delivery.affected_id))))

    query = (
        select(
            Notice, func.count(func.distinct(Delivery.affected_id)), customers(Delivery.given_at.is_not(None)),
            customers(Delivery.acknowledged_at.is_not(None)), func.count(func.distinct(Delivery.document_id)),
            customers(Delivery.kept.is_(True)),
        )
        .outerjoin(Delivery, Delivery.notice_id == Notice.id)
        .where(Notice.breach_id == breach.id)
        .group_by(Notice.id)
        .order_by(Notice.number)
    )  # fmt: skip
    found = session.execute(query).all()
    set_committed_value(breach, "notices", [row[0] for row in found])
    return {row[0].id: PhaseCount(*row[1:]) for row in found}


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A customer's question."""

    question: Question
    affected_id: int
    controller: str


def open_questions(session: Session, breach_id: int, most: int = 20) -> Sequence[QuestionLine]:
    """Return the questions nobody has answered, oldest first."""
    query = (
        select(Question, Controller.name)
        .join(Affected, Affected.id == Question.affected_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(Affected.breach_id == breach_id, Question.answered_at.is_(None))
        .order_by(Question.id)
        .limit(most)
    )
    return [QuestionLine(question, question.affected_id, name) for question, name in session.execute(query)]


def questions_of(session: Session, affected_id: int) -> Sequence[Question]:
    """Return what a customer asked, oldest first."""
    return session.scalars(select(Question).where(Question.affected_id == affected_id).order_by(Question.id)).all()


def question(session: Session, affected_id: int, question_id: int) -> Question:
    """Return one question of a customer; raises `NotFound` for those of others."""
    row = session.get(Question, question_id)
    if row is None or row.affected_id != affected_id:
        raise NotFound("There is no such question of this customer.")
    return row


def first_clocks(session: Session, breach_id: int) -> Sequence[DocketEntry]:
    """Return the clocks to act by: the earliest of the customers, the one that asks for names, that of the next word, and DORA's; each may be missing.

    One that is paused stands for its kind only when no other of it runs.
    """

    def first(kind: str, state: str) -> ScalarSelect[int]:
        query = select(DocketEntry.id).where(
            # The condition of the partial index, word for word: a bound value would make SQLite sort all clocks of the case.
            text(ON_INDEX), DocketEntry.subject_type == "breach", DocketEntry.subject_id == breach_id, DocketEntry.kind == kind, DocketEntry.state == state
        )
        return query.order_by(DocketEntry.target_at, DocketEntry.id).limit(1).scalar_subquery()

    chosen = [func.coalesce(*(first(kind, state) for state in RUNNING)) for kind in (NOTIFY, NAME, WORD, DORA)]
    return session.scalars(select(DocketEntry).where(or_(*(DocketEntry.id == one for one in chosen)))).all()


@dataclass(frozen=True, slots=True)
class Place:
    """A customer of a case with what its page needs first."""

    row: Affected
    entry: DocketEntry
    agreement: Agreement
    controller: Controller


def place(session: Session, breach_id: int, affected_id: int) -> Place:
    """Return one customer of a case; raises `NotFound` for those of other cases."""
    query = (
        select(Affected, DocketEntry, Agreement, Controller)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .join(Agreement, Agreement.id == Affected.agreement_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(Affected.id == affected_id, Affected.breach_id == breach_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("This customer is not one of the case.")
    return Place(*found)


@dataclass(frozen=True, slots=True)
class Given:
    """One phase given, or being given, to a customer, with what belongs to it."""

    delivery: Delivery
    notice: Notice
    mail: OutboxMessage | None
    document: IssuedDocument | None
    answer: DeliveryEvent | None
    """What the mail server said last."""


def deliveries(session: Session, affected_id: int) -> Sequence[Given]:
    """Return everything that was given, or is being given, to a customer, oldest first, each with the last answer of the mail server."""
    last = (
        select(func.max(DeliveryEvent.id))
        .where(DeliveryEvent.outbox_id == Delivery.outbox_id, DeliveryEvent.kind.in_(ANSWERS))
        .correlate(Delivery)
        .scalar_subquery()
    )
    query = (
        select(Delivery, Notice, OutboxMessage, IssuedDocument, DeliveryEvent)
        .join(Notice, Notice.id == Delivery.notice_id)
        .outerjoin(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
        .outerjoin(IssuedDocument, IssuedDocument.id == Delivery.document_id)
        .outerjoin(DeliveryEvent, DeliveryEvent.id == last)
        .where(Delivery.affected_id == affected_id)
        .order_by(Notice.number, Delivery.id)
    )
    return [Given(*row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class LinkCount:
    """A customer's links."""

    working: int
    newest_at: datetime | None
    expires_at: datetime | None
    """When the last of those that work ends."""


def links_of(session: Session, affected_id: int, now: datetime) -> LinkCount:
    """Return how many links of a customer work, and until when."""
    query = select(func.count(), func.max(CaseLink.created_at), func.max(CaseLink.expires_at)).where(
        CaseLink.affected_id == affected_id, CaseLink.revoked_at.is_(None), CaseLink.expires_at > now
    )
    return LinkCount(*session.execute(query).one())


def refused_at(session: Session, affected_ids: Sequence[int]) -> Mapping[int, str]:
    """Return the address at which the newest mail about the case was refused for good, for those customers where it was."""
    newest = (
        select(func.max(Delivery.id)).where(Delivery.affected_id == Affected.id, Delivery.outbox_id.is_not(None)).correlate(Affected).scalar_subquery()
    )
    found: dict[int, str] = {}
    for start in range(0, len(affected_ids), 500):
        query = (
            select(Affected.id, OutboxMessage.to_address)
            .join(Delivery, Delivery.id == newest)
            .join(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
            .where(Affected.id.in_(affected_ids[start : start + 500]), OutboxMessage.state == MailState.DEAD)
        )
        found.update((key, address) for key, address in session.execute(query))
    return found


def _is_late(now: datetime) -> ColumnElement[bool]:
    """Say in SQL who was told late, or is not told past the time; the same instant that `late_s` is counted from. A paused clock passes no time."""
    latest = func.coalesce(DocketEntry.due_at, DocketEntry.target_at)
    return or_(DocketEntry.late_s > 0, and_(DocketEntry.state == "open", latest < now))


@dataclass(frozen=True, slots=True)
class LateLine:
    """A customer who was told late, or is not told past the time, without a reason on record."""

    affected_id: int
    controller: str
    reference: str
    promise: str
    due_at: datetime
    zone: str
    met_at: datetime | None


def late_without_reason(
    session: Session, breach_id: int, now: datetime, *, after: Sequence[Any] | None = None, size: int = SIZE
) -> Page[LateLine]:
    """Return a page of them, longest overdue first."""
    latest = func.coalesce(DocketEntry.due_at, DocketEntry.target_at)
    query = (
        select(Affected.id, Controller.name, Agreement.reference, Affected.promise, DocketEntry.due_at, DocketEntry.target_at, DocketEntry.zone, DocketEntry.met_at)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .join(Agreement, Agreement.id == Affected.agreement_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(Affected.breach_id == breach_id, Affected.late_reason == "", _is_late(now))
        .order_by(latest, Affected.id)
        .limit(size + 1)
    )
    if after:
        at = instant_of(after[0])
        query = query.where(or_(latest > at, and_(latest == at, Affected.id > after[1])))
    lines = [LateLine(row[0], row[1], row[2], row[3], row[4] or row[5], row[6], row[7]) for row in session.execute(query)]
    return Page.cut(lines, lambda line: (line.due_at.isoformat(), line.affected_id), size)


def late_count(session: Session, breach_id: int, now: datetime) -> int:
    """Return how many customers are late without a reason."""
    query = (
        select(func.count())
        .select_from(Affected)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == breach_id, Affected.late_reason == "", _is_late(now))
    )
    return session.scalar(query) or 0


def late_rows(session: Session, breach_id: int, now: datetime, ids: Sequence[int] | None) -> list[Affected]:
    """Return the rows of late customers without a reason; of those named, or all for none."""
    query = (
        select(Affected)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == breach_id, Affected.late_reason == "", _is_late(now))
    )
    if ids is not None:
        query = query.where(Affected.id.in_(ids[:SIZE]))
    return list(session.scalars(query.order_by(Affected.id)))


class Only(StrEnum):
    """What the customers of a case can be narrowed to."""

    NOT_TOLD = "not-told"
    UNCONFIRMED = "unconfirmed"
    LATE = "late"


def narrowing(text: str, only: Only | None, now: datetime) -> list[ColumnElement[bool]]:
    """Return conditions for `queries.affected`: part of a customer's name or agreement's reference, and where it stands."""
    found: list[ColumnElement[bool]] = []
    if text:
        found.append(or_(Controller.name.icontains(text, autoescape=True), Agreement.reference.icontains(text, autoescape=True)))
    if only is Only.NOT_TOLD:
        found.append(and_(Affected.sent_at.is_(None), DocketEntry.state.in_(RUNNING)))
    elif only is Only.UNCONFIRMED:
        found.append(and_(Affected.sent_at.is_not(None), Delivery.acknowledged_at.is_(None)))
    elif only is Only.LATE:
        found.append(_is_late(now))
    return found
