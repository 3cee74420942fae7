"""Reads of the breach workflow, within the organisations a person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from dpa.agreements.models import Agreement
from dpa.alerts.models import OutboxMessage
from dpa.breaches import rules
from dpa.breaches.models import Affected, Breach
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
class BreachLine:
    """An incident as the list shows it."""

    id: int
    organisation_id: int
    reference: str
    title: str
    aware_at: datetime
    zone: str
    affected: int
    told: int
    first_due: datetime | None
    """Earliest open clock; none when all are met."""


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
    zone: str
    met_at: datetime | None
    late_s: int | None
    standing: Standing
    outbox_id: int | None
    document_id: int | None
    """The notice as a sealed document."""
    why: Explanation
    """How the date came about."""


def breaches(session: Session, scope: Scope, *, text: str = "", after: Sequence[Any] | None = None) -> Page[BreachLine]:
    """Return a page of incidents, newest awareness first."""
    query = select(Breach).where(Breach.organisation_id.in_(scope.organisation_ids))
    if text:
        like = "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(or_(func.lower(Breach.title).like(like, escape="\\"), func.lower(Breach.reference).like(like, escape="\\")))
    if after:
        query = query.where(tuple_(Breach.aware_at, Breach.id) < tuple_(instant_of(after[0]), after[1]))
    rows = session.scalars(query.order_by(Breach.aware_at.desc(), Breach.id.desc()).limit(SIZE + 1)).all()
    totals = _totals(session, [row.id for row in rows])
    lines = [
        BreachLine(row.id, row.organisation_id, row.reference, row.title, row.aware_at, row.zone, *totals.get(row.id, (0, 0, None)))
        for row in rows
    ]
    return Page.cut(lines, lambda line: (line.aware_at.isoformat(), line.id))


def _totals(session: Session, ids: Sequence[int]) -> Mapping[int, tuple[int, int, datetime | None]]:
    open_due = case((DocketEntry.met_at.is_(None), DocketEntry.target_at))
    query = (
        select(Affected.breach_id, func.count(), func.count(Affected.sent_at), func.min(open_due))
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id.in_(ids))
        .group_by(Affected.breach_id)
    )
    return {key: (count, told, due) for key, count, told, due in session.execute(query)}


def breach(session: Session, scope: Scope, breach_id: int) -> Breach:
    """Return one incident with its notice; raises `NotFound` outside the scope."""
    row = session.get(Breach, breach_id, options=[joinedload(Breach.notice)])
    if row is None or row.organisation_id not in scope:
        raise NotFound("There is no such incident, or it is not yours to see.")
    return row


def affected(
    session: Session, breach_id: int, own_domains: Sequence[str], *, after: Sequence[Any] | None = None, size: int = SIZE
) -> Page[AffectedLine]:
    """Return a page of a case's customers, soonest clock first. The caller has checked the scope of the case."""
    query = (
        select(Affected, DocketEntry, Agreement.reference, Controller.name, OutboxMessage.state, _reachable(own_domains))
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .join(Agreement, Agreement.id == Affected.agreement_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .outerjoin(OutboxMessage, OutboxMessage.id == Affected.outbox_id)
        .where(Affected.breach_id == breach_id)
        .order_by(DocketEntry.target_at, Affected.id)
        .limit(size + 1)
    )
    if after:
        query = query.where(tuple_(DocketEntry.target_at, Affected.id) > tuple_(instant_of(after[0]), after[1]))
    lines = [
        _line(row, entry, reference, controller, state, reachable)
        for row, entry, reference, controller, state, reachable in session.execute(query)
    ]
    return Page.cut(lines, lambda line: (line.due_at.isoformat(), line.id), size)


def _line(row: Affected, entry: DocketEntry, reference: str, controller: str, state: str | None, reachable: bool) -> AffectedLine:
    return AffectedLine(
        id=row.id,
        entry_id=entry.id,
        agreement_id=row.agreement_id,
        reference=reference,
        controller_id=row.controller_id,
        controller=controller,
        promise=row.promise,
        origin=entry.origin,
        started_at=entry.started_at,
        due_at=entry.target_at,
        zone=entry.zone,
        met_at=entry.met_at,
        late_s=entry.late_s,
        standing=rules.standing(
            released=row.outbox_id is not None,
            sent_at=row.sent_at,
            dead=state in {"dead", "cancelled"},
            recipient_problem=not reachable,
            waived=entry.state in WAIVED,
        ),
        outbox_id=row.outbox_id,
        document_id=row.document_id,
        why=explanation(entry),
    )


def standings(session: Session, breach_id: int, own_domains: Sequence[str]) -> Mapping[Standing, int]:
    """Return how many customers of a case stand where, in one statement."""
    flags = (
        select(
            Affected.outbox_id.is_not(None).label("released"),
            Affected.sent_at.is_not(None).label("sent"),
            func.coalesce(OutboxMessage.state.in_(["dead", "cancelled"]), False).label("dead"),
            _reachable(own_domains).label("reachable"),
            DocketEntry.state.in_(WAIVED).label("waived"),
        )
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .outerjoin(OutboxMessage, OutboxMessage.id == Affected.outbox_id)
        .where(Affected.breach_id == breach_id)
        .subquery()
    )
    # Counted over a subquery: PostgreSQL does not see that an expression with bound values is the grouped one.
    query = select(*flags.c, func.count().label("customers")).group_by(*flags.c)
    counts: dict[Standing, int] = {}
    for row in session.execute(query).mappings():
        where = Standing.SENT if row["sent"] else rules.standing(
            released=bool(row["released"]), sent_at=None, dead=bool(row["dead"]), recipient_problem=not row["reachable"], waived=bool(row["waived"])
        )
        counts[where] = counts.get(where, 0) + row["customers"]
    return counts


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


def affected_ids(session: Session, breach_id: int) -> set[int]:
    """Return the agreements already named in a case."""
    return set(session.scalars(select(Affected.agreement_id).where(Affected.breach_id == breach_id)))


def waiting(session: Session, breach_id: int) -> Sequence[Affected]:
    """Return the customers of a case that have no notice yet and are owed one: a waived clock asks for none."""
    query = (
        select(Affected)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == breach_id, Affected.outbox_id.is_(None), DocketEntry.state.not_in(WAIVED))
    )
    return session.scalars(query.order_by(Affected.id)).all()


def parts(session: Session, identifier: str) -> list[tuple[str, str]]:
    """Return what belongs to a case beside itself: its clocks, mails and documents, as the trail names them."""
    number = int(identifier)
    entries_of = select(DocketEntry.id).where(DocketEntry.subject_type == "breach", DocketEntry.subject_id == number)
    mails = select(OutboxMessage.id).where(OutboxMessage.about_type == "breach", OutboxMessage.about_id == number)
    papers = select(IssuedDocument.id).where(IssuedDocument.subject_type == "breach", IssuedDocument.subject_id == identifier)
    kinds = (("docket_entry", entries_of), ("message", mails), ("document", papers))
    return [(kind, str(key)) for kind, query in kinds for key in session.scalars(query)]


def names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return references of incidents for the trail page."""
    query = select(Breach.id, Breach.reference).where(Breach.id.in_([int(i) for i in ids]))
    return {str(key): f"breach {reference}" for key, reference in session.execute(query)}


def _reachable(own_domains: Sequence[str]) -> ColumnElement[bool]:
    """Say in SQL what `recipients.choose` says in full: a contact for notices outside the organisation's own domains."""
    outside = [~func.lower(Contact.email).like(f"%@{domain.lower()}") for domain in own_domains]
    outside += [~func.lower(Contact.email).like(f"%.{domain.lower()}") for domain in own_domains]
    return exists().where(and_(Contact.controller_id == Affected.controller_id, Contact.purpose.in_(NOTICE_ORDER), *outside))
