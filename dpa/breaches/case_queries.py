"""Reads for the pages of one case; the caller has checked the scope of the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ScalarSelect, Select, and_, bindparam, case, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from dpa.agreements.models import Agreement
from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.rules import EventKind
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.models import (
    UNANSWERED,
    Affected,
    Breach,
    BreachFacts,
    BreachSettings,
    BreachSignificance,
    CaseLink,
    Delivery,
    Notice,
    Question,
)
from dpa.breaches.paper_models import DeliveryReceipt, DeliveryReturn
from dpa.breaches.queries import CASE, NOTIFY, RUNNING, owed_clocks
from dpa.breaches.reports import KINDS as REPORTS
from dpa.docket.models import RUNNING as ON_INDEX
from dpa.docket.models import DocketEntry
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.trail import unchanged
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from dpa.problems import NotFound
from dpa.web.identity import Scope

NAME, WORD = "breaches:name", "breaches:word"
"""Kinds of the clocks of what asks for names, and of the next word; modules of `operations` open them."""
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
    frontier: bytes
    """The trail as it was, for what was counted before and is `unchanged`."""
    profiles: Sequence[str] | None = None
    """Other clocks that the organisation has turned on; none where nobody changed its settings."""
    significant: bool | None = None
    """What stands decided under NIS2; none while nobody decided."""


def opened(session: Session, scope: Scope, breach_id: int) -> Opened:
    """Return a case with what stands first on its page, in one statement; raises `NotFound` outside the scope.

    Its phases are loaded by `load_phases`.
    """
    row = session.execute(_opened_query(), {"case_id": breach_id, "places": list(scope.organisation_ids)}).one_or_none()
    if row is None:
        raise NotFound("There is no such incident, or it is not yours to see.")
    return Opened(*row)


@cache
def _opened_query() -> Any:
    def newest(number: InstrumentedAttribute[int], of: InstrumentedAttribute[int]) -> ScalarSelect[int]:
        return select(func.max(number)).where(of == Breach.id).correlate(Breach).scalar_subquery()

    classified, sheet = newest(BreachClassification.number, BreachClassification.breach_id), newest(BreachFacts.number, BreachFacts.breach_id)
    significant = newest(BreachSignificance.number, BreachSignificance.breach_id)
    return (
        select(Breach, Organisation, BreachClassification, BreachFacts, unchanged.frontier(), BreachSettings.profiles, BreachSignificance.significant)
        .join(Organisation, Organisation.id == Breach.organisation_id)
        .outerjoin(BreachClassification, and_(BreachClassification.breach_id == Breach.id, BreachClassification.number == classified))
        .outerjoin(BreachSettings, BreachSettings.organisation_id == Breach.organisation_id)
        .outerjoin(BreachSignificance, and_(BreachSignificance.breach_id == Breach.id, BreachSignificance.number == significant))
        .outerjoin(BreachFacts, and_(BreachFacts.breach_id == Breach.id, BreachFacts.number == sheet))
        .where(Breach.id == CASE, Breach.organisation_id.in_(bindparam("places", expanding=True)))
    )


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
    start_event: str = ""
    """`discovery` where they run from when the breach was first noticed."""


def promises(session: Session, breach_id: int, most: int) -> Sequence[PromiseGroup]:
    """Return the different promises of a case, soonest first; one more than `most` when there are more. Waived clocks are left out.

    Clocks are alike that rest on the same words and run between the same instants; the promise is told in the words of the first of them.
    """
    return [PromiseGroup(*row) for row in session.execute(_promises_query(), {"case_id": breach_id, "most": most + 1})]


@cache
def _promises_query() -> Select[Any]:
    alike = (DocketEntry.started_at, DocketEntry.target_at, DocketEntry.due_at, DocketEntry.zone, DocketEntry.basis, DocketEntry.paused_at)
    groups = (
        select(
            *alike, func.count().label("customers"), func.count(case((DocketEntry.state.in_(RUNNING), 1))).label("running"),
            func.count(case((DocketEntry.late_s > 0, 1))).label("late"), func.max(DocketEntry.met_at).label("last_met_at"), func.min(DocketEntry.id).label("first_id"),
        )
        .where(*owed_clocks(), DocketEntry.state.in_([*RUNNING, "met"]))
        .group_by(*alike)
        .order_by(DocketEntry.target_at, DocketEntry.basis)
        .limit(bindparam("most"))
        .subquery()
    )  # fmt: skip
    of = groups.c
    return (
        select(Affected.promise, of.started_at, of.target_at, of.due_at, of.zone, of.customers, of.running, of.late, of.last_met_at, of.paused_at, DocketEntry.start_event)
        .join(Affected, Affected.docket_entry_id == of.first_id)
        .join(DocketEntry, DocketEntry.id == of.first_id)
        .order_by(of.target_at, of.basis)
    )


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A customer's question."""

    question: Question
    affected_id: int
    controller: str


def open_questions(session: Session, breach_id: int, most: int = 20) -> Sequence[QuestionLine]:
    """Return the questions nobody has answered, oldest first."""
    found = session.execute(_questions_query(), {"case_id": breach_id, "most": most})
    return [QuestionLine(question, question.affected_id, name) for question, name in found]


@cache
def _questions_query() -> Any:
    return (
        select(Question, Controller.name)
        # From the few that wait: SQLite would look for them from every customer of the case.
        .with_hint(Question, "INDEXED BY ix_breach_question_waiting", "sqlite")
        .join(Affected, Affected.id == Question.affected_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(Affected.breach_id == CASE, text(f"breach_question.{UNANSWERED}"))
        .order_by(Question.id)
        .limit(bindparam("most"))
    )


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
    """Return the clocks to act by: the earliest of the customers, the one that asks for names, that of the next word, and those of reports to authorities; each may be missing.

    One that is paused stands for its kind only when no other of it runs.
    """
    return session.scalars(_first_clocks_query(), {"case_id": breach_id}).all()


@cache
def _first_clocks_query() -> Select[Any]:
    def first(kind: str, state: str) -> ScalarSelect[int]:
        query = select(DocketEntry.id).where(
            # The condition of the partial index, word for word: a bound value would make SQLite sort all clocks of the case.
            text(ON_INDEX), DocketEntry.subject_type == "breach", DocketEntry.subject_id == CASE, DocketEntry.kind == kind, DocketEntry.state == state
        )
        return query.order_by(DocketEntry.target_at, DocketEntry.id).limit(1).scalar_subquery()

    chosen = [func.coalesce(*(first(kind, state) for state in RUNNING)) for kind in (NOTIFY, NAME, WORD, *REPORTS)]
    return select(DocketEntry).where(or_(*(DocketEntry.id == one for one in chosen)))


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
    came_back: DeliveryReturn | None = None
    """Why and when it came back undelivered."""
    receipt: DeliveryReceipt | None = None
    """When it was received, where that became known only afterwards."""


def deliveries(session: Session, affected_id: int) -> Sequence[Given]:
    """Return everything that was given, or is being given, to a customer, oldest first, each with the last answer of the mail server."""
    last = (
        select(func.max(DeliveryEvent.id))
        .where(DeliveryEvent.outbox_id == Delivery.outbox_id, DeliveryEvent.kind.in_(ANSWERS))
        .correlate(Delivery)
        .scalar_subquery()
    )
    query = (
        select(Delivery, Notice, OutboxMessage, IssuedDocument, DeliveryEvent, DeliveryReturn, DeliveryReceipt)
        .join(Notice, Notice.id == Delivery.notice_id)
        .outerjoin(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
        .outerjoin(IssuedDocument, IssuedDocument.id == Delivery.document_id)
        .outerjoin(DeliveryEvent, DeliveryEvent.id == last)
        .outerjoin(DeliveryReturn, DeliveryReturn.delivery_id == Delivery.id)
        .outerjoin(DeliveryReceipt, DeliveryReceipt.delivery_id == Delivery.id)
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
