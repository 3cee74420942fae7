"""Reads of the breach workflow, within the organisations a person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, selectinload

from dpa.agreements.models import Agreement
from dpa.alerts.models import OutboxMessage
from dpa.breaches import rules
from dpa.breaches.channels import Handed
from dpa.breaches.closing import WAIVED_AS
from dpa.breaches.models import Affected, Breach, BreachFacts, Delivery, Notice
from dpa.breaches.rules import Standing
from dpa.docket.explaining import Explanation
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import explanation
from dpa.evidence.register.models import IssuedDocument
from dpa.parties.models import Contact, Controller
from dpa.parties.rules import NOTICE_ORDER
from dpa.problems import NotFound
from dpa.web.identity import Scope
from dpa.web.paging import SIZE, Page, instant_of

CHUNK = 500
"""Keys per statement: below the databases' limits of bound values."""
WAIVED = ("waived", "superseded")
"""States of a clock that somebody closed by decision."""


@dataclass(frozen=True, slots=True)
class AffectedLine:
    """One customer of a case."""

    id: int
    entry_id: int
    agreement_id: int
    reference: str
    controller_id: int
    controller: str
    promise: str
    origin: str
    started_at: datetime
    due_at: datetime
    """What the clock runs to: the target."""
    latest_at: datetime | None
    """The latest instant that contract or law give; none where they give a word only."""
    zone: str
    met_at: datetime | None
    paused_at: datetime | None
    """Since when the clock is paused; none while it runs, and when it has ended."""
    late_s: int | None
    standing: Standing
    outbox_id: int | None
    document_id: int | None
    """The newest phase as a sealed document."""
    mail_error: str
    """Why the newest phase's mail was not taken at the last attempt; empty when it was, and before the first."""
    read_at: datetime | None
    kept: bool
    """Whether the newest phase was only kept in the file mailbox, so that nobody received it."""
    late_reason: str
    not_required: str
    why: Explanation
    """How the date came about."""


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


def affected(
    session: Session, found: Breach, own_domains: Sequence[str], *, after: Sequence[Any] | None = None, size: int = SIZE, where: Sequence[ColumnElement[bool]] = ()
) -> Page[AffectedLine]:
    """Return a page of a case's customers, soonest clock first; `where` narrows it. The caller has checked the scope of the case."""
    flags = standing_flags(found, own_domains)
    # Whom to show is found by few columns first: sorting whole rows of ten thousand customers takes longer than all else on the page.
    shown = select(Affected.id).join(DocketEntry, DocketEntry.id == Affected.docket_entry_id).where(Affected.breach_id == found.id)
    if where:
        shown = _with_parties(_with_delivery(select(Affected.id), found)).where(*where)
    if after:
        shown = shown.where(tuple_(DocketEntry.target_at, Affected.id) > tuple_(instant_of(after[0]), after[1]))
    chosen = shown.order_by(DocketEntry.target_at, Affected.id).limit(size + 1).subquery()
    query = _with_parties(
        _with_delivery(select(Affected, DocketEntry, Agreement.reference, Controller.name, Delivery, OutboxMessage.last_error, *flags), found)
    ).where(Affected.id.in_(select(chosen.c.id))).order_by(DocketEntry.target_at, Affected.id)  # fmt: skip
    lines = [_line(*row) for row in session.execute(query)]
    return Page.cut(lines, lambda line: (line.due_at.isoformat(), line.id), size)


def _line(
    row: Affected, entry: DocketEntry, reference: str, controller: str, delivery: Delivery | None, mail_error: str | None, *flags: bool
) -> AffectedLine:
    return AffectedLine(
        id=row.id, entry_id=entry.id, agreement_id=row.agreement_id, reference=reference, controller_id=row.controller_id, controller=controller,
        promise=row.promise, origin=entry.origin, started_at=entry.started_at, due_at=entry.target_at, latest_at=entry.due_at, zone=entry.zone, met_at=entry.met_at, paused_at=entry.paused_at,
        late_s=entry.late_s, standing=standing_of(flags), outbox_id=delivery.outbox_id if delivery else None,
        document_id=delivery.document_id if delivery else None, mail_error=mail_error or "", read_at=delivery.read_at if delivery else None,
        kept=delivery is not None and delivery.kept,
        late_reason=row.late_reason, not_required=row.not_required, why=explanation(entry),
    )  # fmt: skip


def _with_parties(query: Any) -> Any:
    return query.join(Agreement, Agreement.id == Affected.agreement_id).join(Controller, Controller.id == Affected.controller_id)


def _with_delivery(query: Any, found: Breach) -> Any:
    """Join a case's customers with their clock and with the newest delivery of the phase that was released last."""
    newest = found.newest_released
    latest = (
        select(func.max(Delivery.id))
        .where(Delivery.affected_id == Affected.id, Delivery.notice_id == (newest.id if newest else 0))
        .correlate(Affected).scalar_subquery()
    )
    return (
        query.join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .outerjoin(Delivery, Delivery.id == latest)
        .outerjoin(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
        .where(Affected.breach_id == found.id)
    )


def standing_flags(found: Breach, own_domains: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Return in SQL what `rules.standing` needs to know of a customer, in the order of `standing_of`."""
    told = true() if found.drill else reachable(own_domains)
    return (
        Delivery.id.is_not(None).label("released"),
        Delivery.given_at.is_not(None).label("given"),
        Delivery.acknowledged_at.is_not(None).label("acknowledged"),
        func.coalesce(OutboxMessage.state.in_(["dead", "cancelled"]), False).label("dead"),
        told.label("reachable"),
        and_(DocketEntry.state.in_(WAIVED), Affected.sent_at.is_(None)).label("waived"),
    )


def standing_of(flags: Sequence[Any]) -> Standing:
    """Return where a customer stands, from its flags."""
    released, given, acknowledged, dead, reachable, waived = (bool(flag) for flag in flags)
    return rules.standing(
        released=released, given=given, acknowledged=acknowledged, dead=dead, recipient_problem=not reachable, waived=waived
    )


def standings(session: Session, found: Breach, own_domains: Sequence[str]) -> Mapping[Standing, int]:
    """Return how many customers of a case stand where, in one statement."""
    flags = _with_delivery(select(*standing_flags(found, own_domains)).select_from(Affected), found).subquery()
    # Counted over a subquery: PostgreSQL does not see that an expression with bound values is the grouped one.
    query = select(*flags.c, func.count().label("customers")).group_by(*flags.c)
    counts: dict[Standing, int] = {}
    for row in session.execute(query):
        where = standing_of(row[:-1])
        counts[where] = counts.get(where, 0) + row[-1]
    return counts


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


def closing_counts(session: Session, found: Breach) -> ClosingCounts:
    """Return them in one statement."""
    columns = (func.count(), *(func.count(case((condition, 1))) for condition in _closing_flags()))
    row = session.execute(_with_delivery(select(*columns).select_from(Affected), found)).one()
    return ClosingCounts(*row)


def _closing_flags() -> tuple[ColumnElement[bool], ...]:
    """Say in SQL what `ClosingCounts` counts after all customers, in its order."""
    late = and_(DocketEntry.late_s > 0, Affected.late_reason == "")
    dead = and_(Delivery.given_at.is_(None), OutboxMessage.state.in_(["dead", "cancelled"]))
    moving = and_(Delivery.id.is_not(None), Delivery.given_at.is_(None), OutboxMessage.state.in_(["pending", "sending"]))
    return Affected.sent_at.is_not(None), DocketEntry.state.in_(["open", "paused"]), late, dead, moving, and_(moving, OutboxMessage.last_error.is_not(None)), and_(Affected.sent_at.is_not(None), Affected.kept)


def overview(session: Session, found: Breach, own_domains: Sequence[str]) -> tuple[Mapping[Standing, int], ClosingCounts]:
    """Return `standings` and `closing_counts` together, in one statement."""
    standing, closing = standing_flags(found, own_domains), _closing_flags()
    named = [condition.label(f"closing_{place}") for place, condition in enumerate(closing)]
    rows = _with_delivery(select(*standing, *named).select_from(Affected), found).subquery()
    counts: dict[Standing, int] = {}
    sums = [0] * (len(closing) + 1)
    for row in session.execute(select(*rows.c, func.count()).group_by(*rows.c)):
        where, many = standing_of(row[: len(standing)]), row[-1]
        counts[where] = counts.get(where, 0) + many
        sums = [total + (many if flag else 0) for total, flag in zip(sums, (True, *row[len(standing) : -1]), strict=True)]
    return counts, ClosingCounts(*sums)


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


def waiting(session: Session, breach_id: int, notice_id: int) -> Sequence[Affected]:
    """Return the customers of a case that have not got this phase and are owed it."""
    query = select(Affected).join(DocketEntry, DocketEntry.id == Affected.docket_entry_id).where(*owed(breach_id, notice_id))
    return session.scalars(query.order_by(Affected.id)).all()


def owed(breach_id: int, notice_id: int) -> tuple[ColumnElement[bool], ...]:
    """Say in SQL who of a case has not got this phase and is owed it: a clock waived before anything was told asks for none.

    A mail that was refused for good or set aside gave nobody anything: such a customer waits again, for a repaired address. The query has
    joined customer and clock.
    """
    alive = or_(Delivery.given_at.is_not(None), OutboxMessage.id.is_(None), OutboxMessage.state.not_in(["dead", "cancelled"]))
    got = (
        select(Delivery.id)
        .outerjoin(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
        .where(Delivery.affected_id == Affected.id, Delivery.notice_id == notice_id, alive)
        .correlate(Affected)
        .exists()
    )
    return Affected.breach_id == breach_id, ~got, or_(DocketEntry.state.not_in(WAIVED), Affected.sent_at.is_not(None))


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
    """Return what was given to a customer, oldest first; what is still on its way is left out."""
    query = select(Delivery).where(Delivery.affected_id == affected_id, Delivery.given_at.is_not(None)).order_by(Delivery.id)
    return session.scalars(query).all()


def unacknowledged(session: Session, breach_id: int) -> int:
    """Return how many customers were given something and have not confirmed any of it."""
    given = exists().where(Delivery.affected_id == Affected.id, Delivery.given_at.is_not(None))
    confirmed = exists().where(Delivery.affected_id == Affected.id, Delivery.acknowledged_at.is_not(None))
    return session.scalar(select(func.count()).select_from(Affected).where(Affected.breach_id == breach_id, given, ~confirmed)) or 0


def paper_of(session: Session, notice_id: int, affected_id: int) -> int | None:
    """Return the sealed document of a phase for a customer; none when it was never released to it by mail."""
    return session.scalar(
        select(func.max(Delivery.document_id)).where(Delivery.notice_id == notice_id, Delivery.affected_id == affected_id)
    )


def mails_before(session: Session, notice_id: int, affected_ids: Sequence[int]) -> Mapping[int, tuple[int, int | None]]:
    """Return for customers who were sent this phase before how many mails that were, and the document that went with them."""
    found: dict[int, tuple[int, int | None]] = {}
    for start in range(0, len(affected_ids), CHUNK):
        query = (
            select(Delivery.affected_id, func.count(), func.max(Delivery.document_id))
            .where(Delivery.notice_id == notice_id, Delivery.affected_id.in_(affected_ids[start : start + CHUNK]), Delivery.outbox_id.is_not(None))
            .group_by(Delivery.affected_id)
        )
        found |= {key: (count, paper) for key, count, paper in session.execute(query)}
    return found


def papers_before(session: Session, notice: Notice, affected_ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """Return the numbers of the documents each customer got of earlier phases, oldest first."""
    found: dict[int, tuple[str, ...]] = {}
    for start in range(0, len(affected_ids), CHUNK):
        query = (
            select(Delivery.affected_id, IssuedDocument.reference)
            .join(IssuedDocument, IssuedDocument.id == Delivery.document_id)
            .join(Notice, Notice.id == Delivery.notice_id)
            .where(Delivery.affected_id.in_(affected_ids[start : start + CHUNK]), Notice.number < notice.number)
            .order_by(Delivery.affected_id, Notice.number, Delivery.id)
        )
        for affected_id, reference in session.execute(query):
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
    """Say in SQL what `recipients.choose` says in full: a contact for notices outside the organisation's own domains."""
    return exists().where(and_(Contact.controller_id == Affected.controller_id, *usable_contact(own_domains))).correlate(Affected)


def usable_contact(own_domains: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Say in SQL which contacts may be written to."""
    outside = [~func.lower(Contact.email).like(f"%@{domain.lower()}") for domain in own_domains]
    outside += [~func.lower(Contact.email).like(f"%.{domain.lower()}") for domain in own_domains]
    return Contact.purpose.in_(NOTICE_ORDER), *outside
