"""What the holder of a link may read. The link is the scope: everything is asked for by the one customer it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from dpa.agreements import queries as agreements
from dpa.agreements.queries import AgreementRow
from dpa.breaches import links
from dpa.breaches.models import Affected, Breach, BreachSettings, CaseLink, Delivery, Notice, Question
from dpa.breaches.paper_models import NoticePaper
from dpa.breaches.versions import language_for
from dpa.docket.models import DocketEntry
from dpa.evidence.register.models import IssuedDocument
from dpa.languages import Language, Wording, offered, wording
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from dpa.problems import NotFound


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose link it is."""

    row: Affected
    breach: Breach
    organisation: str
    """The processor that gives the notices."""
    controller: str
    """The customer they are for."""
    say: Wording
    """The words of the customer's language."""


def holder(session: Session, token: str, now: datetime) -> Holder:
    """Return whose link it is; raises `NotFound` for unknown, expired and revoked ones alike."""
    row, breach = links.by_token(session, token, now)
    query = (
        select(Organisation.name, Controller.name, Controller.language, BreachSettings.language)
        .join(Controller, Controller.organisation_id == Organisation.id)
        .outerjoin(BreachSettings, BreachSettings.organisation_id == Organisation.id)
        .where(Controller.id == row.controller_id)
    )
    organisation, controller, own, house = session.execute(query).one()
    return Holder(row, breach, organisation, controller, wording(language_for(own, offered(house or "") or Language.EN)))


def names(session: Session, row: Affected) -> tuple[str, str]:
    """Return the names of the processor and of the customer."""
    query = select(Organisation.name, Controller.name).join(Controller, Controller.organisation_id == Organisation.id)
    found = session.execute(query.where(Controller.id == row.controller_id)).one()
    return found[0], found[1]


def expires_at(session: Session, token: str) -> datetime:
    """Return when a link ends; the caller has found its holder."""
    return session.scalars(select(CaseLink.expires_at).where(CaseLink.token_hash == links.digest(token))).one()


@dataclass(frozen=True, slots=True)
class Promise:
    """The agreement of the customer and the clock that runs, or ran, for it."""

    agreement: AgreementRow
    entry: DocketEntry


def promise(session: Session, found: Holder) -> Promise:
    """Return them."""
    rows = agreements.by_ids(session, found.breach.organisation_id, [found.row.agreement_id])
    return Promise(rows[found.row.agreement_id], session.get_one(DocketEntry, found.row.docket_entry_id))


def released(session: Session, breach_id: int) -> Sequence[Notice]:
    """Return the released phases of a case, newest first. They are the same text for every customer; what is being written stays inside."""
    query = select(Notice).where(Notice.breach_id == breach_id, Notice.released_at.is_not(None)).options(selectinload(Notice.texts))
    return session.scalars(query.order_by(Notice.number.desc())).all()


@dataclass(frozen=True, slots=True)
class Given:
    """One phase on its way to the customer by one channel, with its document where one was ordered."""

    delivery: Delivery
    paper: IssuedDocument | None


def deliveries(session: Session, affected_id: int) -> Sequence[Given]:
    """Return everything that was, or is being, given to the customer, oldest first, with the files of its documents; what came back is left out."""
    query = (
        select(Delivery, IssuedDocument)
        .outerjoin(IssuedDocument, IssuedDocument.id == Delivery.document_id)
        .where(Delivery.affected_id == affected_id, ~Delivery.returned)
        .order_by(Delivery.id)
        .options(selectinload(IssuedDocument.files))
    )
    return [Given(*row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class ToHandOver:
    """The document of a phase for a customer whom no mail carried it to, and what it tells of its own part."""

    part: str
    paper: IssuedDocument


def papers(session: Session, affected_id: int) -> Mapping[int, ToHandOver]:
    """Return them by the number of the phase's row: a letter with the link may be opened before anybody recorded that it left."""
    query = (
        select(NoticePaper.notice_id, NoticePaper.part, IssuedDocument)
        .join(IssuedDocument, IssuedDocument.id == NoticePaper.document_id)
        .where(NoticePaper.affected_id == affected_id)
        .options(selectinload(IssuedDocument.files))
    )
    return {key: ToHandOver(part, paper) for key, part, paper in session.execute(query)}


def unread(session: Session, affected_id: int) -> int:
    """Return how many phases were given to the customer that it has not opened yet, by whatever channel they were given."""
    query = (
        select(Delivery.notice_id)
        .where(Delivery.affected_id == affected_id, Delivery.given_at.is_not(None), ~Delivery.returned)
        .group_by(Delivery.notice_id)
        .having(func.count(Delivery.read_at) == 0)
    )
    return len(session.scalars(query).all())


def given_any(session: Session, affected_id: int) -> bool:
    """Tell whether anything is recorded as given to the customer; a link in a letter may be opened before that."""
    return session.scalar(select(Delivery.id).where(Delivery.affected_id == affected_id, Delivery.given_at.is_not(None), ~Delivery.returned).limit(1)) is not None


def unconfirmed(session: Session, affected_id: int) -> int:
    """Return how many deliveries to the customer it has not confirmed yet."""
    query = select(func.count()).where(
        Delivery.affected_id == affected_id, Delivery.given_at.is_not(None), ~Delivery.returned, Delivery.acknowledged_at.is_(None)
    )
    return session.scalar(query) or 0


def questions(session: Session, affected_id: int) -> Sequence[Question]:
    """Return what the customer asked, newest first."""
    return session.scalars(select(Question).where(Question.affected_id == affected_id).order_by(Question.id.desc())).all()


def same_question(session: Session, affected_id: int, name: str, reply_to: str, text: str) -> Question | None:
    """Return the open question of the customer with just these words; none when they are new."""
    query = select(Question).where(
        Question.affected_id == affected_id, Question.answered_at.is_(None), Question.name == name, Question.reply_to == reply_to,
        Question.text == text,
    )  # fmt: skip
    return session.scalars(query.limit(1)).first()


def paper(session: Session, affected_id: int, document_id: int) -> IssuedDocument:
    """Return a document that was made for this customer; raises `NotFound` for everybody else's and for those that do not exist."""
    sent = select(Delivery.id).where(Delivery.affected_id == affected_id, Delivery.document_id == IssuedDocument.id).exists()
    ordered = select(NoticePaper.id).where(NoticePaper.affected_id == affected_id, NoticePaper.document_id == IssuedDocument.id).exists()
    query = select(IssuedDocument).where(IssuedDocument.id == document_id, or_(sent, ordered)).options(selectinload(IssuedDocument.files))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(links.REFUSED)
    return found
