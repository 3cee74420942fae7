"""Reads about controllers and organisations' own settings, within the organisations a person may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from dpa.alerts import refusals
from dpa.alerts.refusals import Refusal
from dpa.deadlines import Calendar, Closure, calendar_named
from dpa.parties.models import ClosureDay, Contact, Controller
from dpa.parties.rules import NOTICE_ORDER, Purpose, is_own_mailbox
from dpa.people.models import Organisation
from dpa.problems import NotFound
from dpa.web.identity import Scope
from dpa.web.paging import SIZE, Page, number_of, text_of

CHUNK = 500
LARGEST = 2**63 - 1
"""Largest number a key can have; larger ones in an address name nothing."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a notice to a controller goes to."""

    contact_id: int
    purpose: Purpose
    name: str
    email: str


def controllers(session: Session, scope: Scope, *, text: str = "", after: Sequence[Any] | None = None) -> Page[Controller]:
    """Return a page of controllers by name; `text` finds parts of name or reference."""
    query: Select[Controller] = (
        select(Controller)
        .where(Controller.organisation_id.in_(scope.organisation_ids))
        .options(selectinload(Controller.contacts))
        .order_by(Controller.name, Controller.id)
        .limit(SIZE + 1)
    )
    if text:
        query = query.where(or_(contains(Controller.name, text), contains(Controller.reference, text)))
    if after:
        query = query.where(tuple_(Controller.name, Controller.id) > tuple_(text_of(after[0]), number_of(after[1])))
    return Page.cut(session.scalars(query).all(), lambda row: (row.name, row.id))


def controller(session: Session, scope: Scope, controller_id: int) -> Controller:
    """Return one controller; raises `NotFound` when it is not there or not in scope."""
    options = [selectinload(Controller.contacts)]
    row = session.get(Controller, controller_id, options=options) if controller_id <= LARGEST else None
    if row is None or row.organisation_id not in scope:
        raise NotFound("There is no such customer, or it is not yours to see.")
    return row


def contact(row: Controller, contact_id: int) -> Contact:
    """Return one contact of a controller."""
    for found in row.contacts:
        if found.id == contact_id:
            return found
    raise NotFound("This contact is not there any more.")


def own_mailboxes(session: Session, rows: Iterable[Controller]) -> frozenset[int]:
    """Return the contacts whose address is the organisation's own, by number: they are blocked as recipients."""
    listed = list(rows)
    wanted = {row.organisation_id for row in listed}
    query = select(Organisation.id, Organisation.mail_domains).where(Organisation.id.in_(wanted))
    domains = {key: tuple(own) for key, own in session.execute(query)}
    return frozenset(
        contact.id for row in listed for contact in row.contacts if is_own_mailbox(contact.email, domains[row.organisation_id])
    )


def refused(session: Session, rows: Iterable[Controller]) -> Mapping[int, Refusal]:
    """Return the contacts whose address refused the newest mail of its organisation, whatever that was about, by number."""
    listed = [(row.organisation_id, contact) for row in rows for contact in row.contacts]
    found = refusals.refusals(session, {place for place, _ in listed}, {contact.email for _, contact in listed})
    return {contact.id: found[place, contact.email] for place, contact in listed if (place, contact.email) in found}


def recipients(session: Session, controller_ids: Iterable[int]) -> Mapping[int, tuple[Recipient, ...]]:
    """Return each controller's contacts for notices, the most fitting first (security, privacy, notices)."""
    wanted = sorted(set(controller_ids))
    found: dict[int, list[Recipient]] = defaultdict(list)
    for start in range(0, len(wanted), CHUNK):
        query = (
            select(Contact.controller_id, Contact.id, Contact.purpose, Contact.name, Contact.email)
            .where(Contact.controller_id.in_(wanted[start : start + CHUNK]), Contact.purpose.in_(NOTICE_ORDER))
            .order_by(Contact.id)
        )
        for controller_id, contact_id, purpose, name, email in session.execute(query):
            found[controller_id].append(Recipient(contact_id, purpose, " ".join(name.split()), email))
    return {key: tuple(sorted(value, key=lambda r: NOTICE_ORDER.index(r.purpose))) for key, value in found.items()}


def names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return names of controllers for the trail page."""
    numbers = [int(key) for key in ids if key.isascii() and key.isdigit() and len(key) < 19]
    query = select(Controller.id, Controller.name).where(Controller.id.in_(numbers))
    return {str(key): name for key, name in session.execute(query)}


def closures(session: Session, organisation_id: int) -> Sequence[ClosureDay]:
    """Return an organisation's closure days, by day."""
    query = select(ClosureDay).where(ClosureDay.organisation_id == organisation_id).order_by(ClosureDay.day)
    return session.scalars(query).all()


def closure(session: Session, scope: Scope, closure_id: int) -> ClosureDay:
    """Return one closure day; raises `NotFound` outside the scope."""
    row = session.get(ClosureDay, closure_id) if closure_id <= LARGEST else None
    if row is None or row.organisation_id not in scope:
        raise NotFound("This closure day is not there any more.")
    return row


def closure_days(session: Session, organisation_id: int) -> Mapping[date, str]:
    """Return an organisation's closure days as plain data."""
    return {row.day: row.label for row in closures(session, organisation_id)}


def calendar(session: Session, organisation_id: int, name: str) -> Calendar:
    """Return a public-holiday calendar with the organisation's closure days in it."""
    days = closure_days(session, organisation_id)
    return calendar_named(name, closures=tuple(Closure(day, label) for day, label in days.items()))


def contains(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Return the condition that a column contains a text, whatever its capitals; wildcards are taken literally.

    The text is also looked for as typed, because SQLite knows small letters of ASCII only.
    """
    typed = "%" + text.replace("\x00", "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return or_(func.lower(column).like(typed.lower(), escape="\\"), column.like(typed, escape="\\"))
