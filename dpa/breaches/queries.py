"""Reads of the breach workflow, within the organisations a person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session, selectinload

from dpa.agreements.models import Agreement
from dpa.alerts import refusals
from dpa.alerts.models import OutboxMessage
from dpa.breaches.channels import SPOKEN, Handed
from dpa.breaches.closing import WAIVED_AS
from dpa.breaches.models import BY_HAND, NEWEST, Affected, Breach, BreachFacts, Delivery, Notice
from dpa.docket.models import DocketEntry
from dpa.evidence.register.models import IssuedDocument
from dpa.parties.models import MAILABLE, Contact
from dpa.parties.rules import NOTICE_ORDER
from dpa.problems import NotFound
from dpa.web.identity import Scope

CHUNK = 500
"""Keys per statement: below the databases' limits of bound values."""
NOTIFY = "breaches:notify"
"""Kind of the clocks of customers."""
RUNNING = ("open", "paused")
"""States of a clock that has not ended."""
WAIVED = ("waived", "superseded")
"""States of a clock that somebody closed by decision."""
UNDELIVERABLE = ("dead", "cancelled")
"""States of a mail that will not leave any more."""


def breach(session: Session, scope: Scope, breach_id: int) -> Breach:
    """Return one incident with its phases and decisions; raises `NotFound` outside the scope."""
    row = session.get(Breach, breach_id, options=[selectinload(Breach.notices), selectinload(Breach.decisions)])
    if row is None or row.organisation_id not in scope:
        raise NotFound("There is no such incident, or it is not yours to see.")
    return row


def affected_row(session: Session, found: Breach, affected_id: int) -> Affected:
    """Return one customer of a case; raises `NotFound` for those of other cases."""
    row = session.get(Affected, affected_id)
    if row is None or row.breach_id != found.id:
        raise NotFound("This customer is not one of the case.")
    return row


CASE: BindParameter[int] = bindparam("case_id")
PHASE: BindParameter[int] = bindparam("phase_id")
"""Values that statements of the case page are sent with. They are put together once: that takes longer than most of them take to answer."""


def values_of(found: Breach) -> dict[str, int]:
    """Return the values for a case and the phase released last; no row of a delivery has the number 0."""
    return {"case_id": found.id, "phase_id": found.newest_released.id if found.newest_released else 0}


def customers_clocks() -> tuple[ColumnElement[bool], ...]:
    """Say in SQL which clocks are those of a case's customers."""
    return DocketEntry.subject_type == "breach", DocketEntry.subject_id == CASE, DocketEntry.kind == NOTIFY


def owed_clocks() -> tuple[ColumnElement[bool], ...]:
    """Say it once more, so that SQLite takes the indexes of what is owed to customers: running, met and waived ones together."""
    return *customers_clocks(), DocketEntry.controller_id.is_not(None)


def newest_delivery() -> ColumnElement[bool]:
    """Say in SQL which delivery of the phase speaks for a customer."""
    return and_(Delivery.affected_id == Affected.id, Delivery.notice_id == PHASE, text(f"(NOT {Delivery.__tablename__}.replaced)"))


def first_open(session: Session, breach_id: int) -> DocketEntry | None:
    """Return the earliest clock of a case that still runs."""
    query = (
        select(DocketEntry)
        .join(Affected, Affected.docket_entry_id == DocketEntry.id)
        .where(Affected.breach_id == breach_id, DocketEntry.state.in_(["open", "paused"]))
        .order_by(DocketEntry.target_at, DocketEntry.id)
        .limit(1)
    )
    return session.scalar(query)


def entries(session: Session, ids: Sequence[int]) -> Mapping[int, DocketEntry]:
    """Return clocks by their number."""
    found: dict[int, DocketEntry] = {}
    for start in range(0, len(ids), CHUNK):
        query = select(DocketEntry).where(DocketEntry.id.in_(ids[start : start + CHUNK]))
        found |= {row.id: row for row in session.scalars(query)}
    return found


def customers(session: Session, breach_id: int) -> int:
    """Return how many agreements are named in a case."""
    return session.scalar(select(func.count()).select_from(Affected).where(Affected.breach_id == breach_id)) or 0


def affected_ids(session: Session, breach_id: int) -> set[int]:
    """Return the agreements already named in a case."""
    return set(session.scalars(select(Affected.agreement_id).where(Affected.breach_id == breach_id)))


def waived_with_the_case(session: Session, breach_id: int) -> Sequence[Affected]:
    """Return the customers who were never told and whose clock was waived by ending the case, not by a decision about them."""
    query = (
        select(Affected)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == breach_id, DocketEntry.state == "waived", DocketEntry.closed_reason.startswith(WAIVED_AS), Affected.sent_at.is_(None))
    )
    return session.scalars(query.order_by(Affected.id)).all()


def handed_before(session: Session, notice_id: int, affected_id: int, handed: Handed) -> bool:
    """Tell whether the same hand-over is on record: this phase, customer, channel and time."""
    query = select(Delivery.id).where(
        Delivery.affected_id == affected_id, Delivery.notice_id == notice_id, Delivery.channel == handed.channel, Delivery.given_at == handed.given_at
    )
    return session.scalar(query.limit(1)) is not None


def waiting(session: Session, breach_id: int, notice: Notice) -> Sequence[Affected]:
    """Return the customers of a case that have not got this phase and are owed it."""
    query = select(Affected).join(DocketEntry, DocketEntry.id == Affected.docket_entry_id).where(*owed(breach_id, notice))
    return session.scalars(query.order_by(Affected.id)).all()


def owed(breach_id: int, notice: Notice) -> tuple[ColumnElement[bool], ...]:
    """Say in SQL who of a case has not got this phase and is owed it: a clock waived before anything was told asks for none.

    A mail that was refused for good or set aside gave nobody anything: such a customer waits again, for a repaired address. Nor did a letter that came back, nor word of
    mouth give anybody a text that was released later. The query has joined customer and clock.
    """
    alive = or_(Delivery.given_at.is_not(None), OutboxMessage.id.is_(None), OutboxMessage.state.not_in(UNDELIVERABLE))
    got = (
        select(Delivery.id)
        .outerjoin(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
        .where(Delivery.affected_id == Affected.id, Delivery.notice_id == notice.id, alive, ~Delivery.returned, ~spoken_before(notice))
        .correlate(Affected)
        .exists()
    )
    return Affected.breach_id == breach_id, ~got, owed_anything()


def owed_anything() -> ColumnElement[bool]:
    """Say in SQL who of a case is owed notices at all: a clock waived before anything was told asks for none. The query has joined customer and clock."""
    return or_(DocketEntry.state.not_in(WAIVED), Affected.sent_at.is_not(None))


def spoken_before(notice: Notice) -> ColumnElement[bool]:
    """Say in SQL what `channels.before_text` says of a delivery of this phase by word of mouth."""
    if notice.released_at is None:
        return false()
    return and_(Delivery.channel.in_(SPOKEN), Delivery.given_at < notice.released_at.replace(second=0, microsecond=0))


def _letters(now: datetime, *columns: Any) -> Any:
    """Select of the deliveries that a person handed over and that count as received only later, or whose time has come and the worker has not noted it.

    What was confirmed has arrived, whenever it would have counted.
    """
    coming = or_(Delivery.effective_at > now, Delivery.effective_at.is_(None), and_(Affected.sent_at.is_(None), DocketEntry.state.in_(RUNNING)))
    return (
        select(*columns)
        .select_from(Delivery)
        .join(Affected, Affected.id == Delivery.affected_id)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(text(f"breach_delivery.{BY_HAND}"), ~Delivery.replaced, Delivery.acknowledged_at.is_(None), coming)
    )


def letters_out(session: Session, breach_id: int, now: datetime) -> int:
    """Return how many customers of a case have a letter on its way to them as of `now`."""
    return session.scalar(_letters(now, func.count(func.distinct(Affected.id))).where(Affected.breach_id == breach_id)) or 0


def letter_out(session: Session, affected_id: int, now: datetime) -> bool:
    """Tell whether a letter is on its way to a customer as of `now`."""
    return session.scalar(_letters(now, Delivery.id).where(Affected.id == affected_id).limit(1)) is not None


def mail_out(session: Session, affected_id: int) -> bool:
    """Tell whether a mail to a customer has left our hands, or is about to, and nobody took or refused it yet."""
    query = select(Delivery.id).join(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
    moving = Delivery.given_at.is_(None), OutboxMessage.state.not_in(UNDELIVERABLE)
    return session.scalar(query.where(Delivery.affected_id == affected_id, *moving).limit(1)) is not None


def first_told_at(session: Session, breach_id: int) -> datetime | None:
    """Return when the first customer of a case was told; none while nobody was."""
    found: datetime | None = session.scalar(select(func.min(Affected.sent_at)).where(Affected.breach_id == breach_id))
    return found


def word_owed(session: Session, breach_id: int) -> bool:
    """Tell whether a further word was promised and not given yet."""
    query = select(DocketEntry.id).where(
        DocketEntry.subject_type == "breach", DocketEntry.subject_id == breach_id, DocketEntry.kind == "breaches:word",
        DocketEntry.state.in_(["open", "paused"]),
    )  # fmt: skip
    return session.scalar(query.limit(1)) is not None


def newest_facts(session: Session, breach_id: int) -> BreachFacts | None:
    """Return the newest version of a case's fact sheet; none before the first."""
    return session.scalars(select(BreachFacts).where(BreachFacts.breach_id == breach_id).order_by(BreachFacts.number.desc()).limit(1)).first()


def deliveries_of(session: Session, affected_id: int) -> Sequence[Delivery]:
    """Return what was given to a customer, oldest first; mails on their way and what came back are left out."""
    query = select(Delivery).where(Delivery.affected_id == affected_id, Delivery.given_at.is_not(None), ~Delivery.returned).order_by(Delivery.id)
    return session.scalars(query).all()


def anybody_unconfirmed(session: Session, breach_id: int, notice: Notice, among: ColumnElement[bool] | None = None) -> bool:
    """Tell whether a customer who is owed this phase has not confirmed it, given or not; `among` is a condition for agreements.

    Who confirmed only what was said before there was a text has not confirmed it.
    """
    confirmed = (
        select(Delivery.id)
        .where(Delivery.affected_id == Affected.id, Delivery.notice_id == notice.id, Delivery.acknowledged_at.is_not(None), ~spoken_before(notice))
        .correlate(Affected)
        .exists()
    )
    query = (
        select(Affected.id)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == breach_id, ~confirmed, owed_anything())
    )
    if among is not None:
        query = query.join(Agreement, Agreement.id == Affected.agreement_id).where(among)
    return session.scalar(query.limit(1)) is not None


def newest_deliveries(session: Session, notice_id: int, affected_ids: Sequence[int]) -> list[Delivery]:
    """Return the deliveries of a phase that speak for these customers; none for those who were sent nothing of it."""
    found: list[Delivery] = []
    for start in range(0, len(affected_ids), CHUNK):
        query = select(Delivery).where(Delivery.notice_id == notice_id, Delivery.affected_id.in_(affected_ids[start : start + CHUNK]), text(NEWEST))
        found += session.scalars(query)
    return found


def mails_before(session: Session, notice_id: int, affected_ids: Sequence[int]) -> Mapping[int, int]:
    """Return for customers who were sent this phase before how many mails that were."""
    found: dict[int, int] = {}
    for start in range(0, len(affected_ids), CHUNK):
        query = (
            select(Delivery.affected_id, func.count())
            .where(Delivery.notice_id == notice_id, Delivery.affected_id.in_(affected_ids[start : start + CHUNK]), Delivery.outbox_id.is_not(None))
            .group_by(Delivery.affected_id)
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def papers_before(session: Session, notice: Notice, affected_ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """Return the numbers of the documents each customer got of earlier phases, oldest first."""
    found: dict[int, tuple[str, ...]] = {}
    for start in range(0, len(affected_ids), CHUNK):
        query = (
            select(Delivery.affected_id, IssuedDocument.reference)
            .join(IssuedDocument, IssuedDocument.id == Delivery.document_id)
            .join(Notice, Notice.id == Delivery.notice_id)
            .where(Delivery.affected_id.in_(affected_ids[start : start + CHUNK]), Notice.number < notice.number, ~Delivery.returned)
            .order_by(Delivery.affected_id, Notice.number, Delivery.id)
        )
        for affected_id, reference in session.execute(query):
            if reference not in found.get(affected_id, ()):  # A letter carries the document of the mail before it.
                found[affected_id] = (*found.get(affected_id, ()), reference)
    return found


def parts(session: Session, identifier: str) -> list[tuple[str, str]]:
    """Return what belongs to a case beside itself: its clocks, documents, mails, and the mails that tell of undeliverable ones."""
    number = int(identifier)
    entries_of = select(DocketEntry.id).where(DocketEntry.subject_type == "breach", DocketEntry.subject_id == number)
    mails = select(OutboxMessage.id).where(OutboxMessage.about_type == "breach", OutboxMessage.about_id == number)
    papers = select(IssuedDocument.id).where(IssuedDocument.subject_type == "breach", IssuedDocument.subject_id == identifier)
    undeliverable = select(OutboxMessage.id).where(OutboxMessage.about_type == "message", OutboxMessage.about_id.in_(mails))
    kinds = (("docket_entry", entries_of), ("message", mails), ("message", undeliverable), ("document", papers))
    return [(kind, str(key)) for kind, query in kinds for key in session.scalars(query)]


def names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return references of incidents for the trail page."""
    query = select(Breach.id, Breach.reference).where(Breach.id.in_([int(i) for i in ids]))
    return {str(key): f"breach {reference}" for key, reference in session.execute(query)}


def reachable(own_domains: Sequence[str]) -> ColumnElement[bool]:
    """Say in SQL what `recipients.choose` says in full: a contact for notices, outside the organisation's own domains, that mail can be sent to."""
    # SQLite would rather take the unique index, and look at each row for the rest.
    query = select(Contact.id).with_hint(Contact, "INDEXED BY ix_contact_mailable", "sqlite")
    return query.where(Contact.controller_id == Affected.controller_id, *usable_contact(own_domains)).correlate(Affected).exists()


def refusing(organisation_id: Any, own_domains: Sequence[str]) -> ColumnElement[bool]:
    """Say in SQL who has a contact for notices that refused the newest mail sent there: found from these addresses, which are few."""
    addresses = refusals.refusing(organisation_id)
    query = select(Agreement.id).join(Contact, Contact.controller_id == Agreement.controller_id).join(addresses, addresses.c.address == Contact.email)
    return Affected.agreement_id.in_(query.where(*usable_contact(own_domains)))


def has_refusing(organisation_id: Any, own_domains: Sequence[str]) -> ColumnElement[bool]:
    """Say the same of a few customers, from each of them."""
    refuses = refusals.refuses(organisation_id, Contact.email)
    where = Contact.controller_id == Affected.controller_id, *usable_contact(own_domains), refuses
    return select(Contact.id).where(*where).correlate(Affected).exists()


def usable_contact(own_domains: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Say in SQL which contacts may be written to. What mail can be sent to was said when the contact was written."""
    outside = [~func.lower(Contact.email).like(f"%@{domain.lower()}") for domain in own_domains]
    outside += [~func.lower(Contact.email).like(f"%.{domain.lower()}") for domain in own_domains]
    # The condition of the partial index, word for word.
    return Contact.purpose.in_(NOTICE_ORDER), literal_column(f"contact.{MAILABLE}"), *outside
