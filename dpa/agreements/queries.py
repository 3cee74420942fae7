"""Reads about agreements, within the organisations a person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, selectinload

from dpa.agreements.models import Agreement, AgreementSystem, DpaStatus, System, Template
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from dpa.problems import NotFound
from dpa.web.identity import Scope
from dpa.web.paging import SIZE, Page

CHUNK = 500


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """An agreement as lists and workflows name it."""

    id: int
    organisation_id: int
    reference: str
    controller_id: int
    controller: str
    template_id: int
    template: str
    dpa_status: DpaStatus
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A system with the number of agreements it serves."""

    id: int
    name: str
    agreements: int


def _rows() -> Select[Any]:
    return (
        select(
            Agreement.id, Agreement.organisation_id, Agreement.reference, Agreement.controller_id, Controller.name,
            Agreement.template_id, Template.title, Agreement.dpa_status, Agreement.starts_on, Agreement.ends_on,
        )
        .join(Controller, Controller.id == Agreement.controller_id)
        .join(Template, Template.id == Agreement.template_id)
    )


def _running(query: Select[Any], on: date) -> Select[Any]:
    return query.where(Agreement.starts_on <= on, or_(Agreement.ends_on.is_(None), Agreement.ends_on >= on))


def agreements(
    session: Session,
    scope: Scope,
    *,
    text: str = "",
    status: DpaStatus | None = None,
    template_id: int | None = None,
    running_on: date | None = None,
    after: Sequence[Any] | None = None,
) -> Page[AgreementRow]:
    """Return a page of agreements by customer name; `text` finds parts of customer, reference or terms."""
    query = _rows().where(Agreement.organisation_id.in_(scope.organisation_ids))
    if text:
        like = "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        columns = (Controller.name, Controller.reference, Agreement.reference, Template.title)
        query = query.where(or_(*(func.lower(column).like(like, escape="\\") for column in columns)))
    if status is not None:
        query = query.where(Agreement.dpa_status == status)
    if template_id is not None:
        query = query.where(Agreement.template_id == template_id)
    if running_on is not None:
        query = _running(query, running_on)
    if after:
        query = query.where(tuple_(Controller.name, Agreement.id) > tuple_(*after))
    query = query.order_by(Controller.name, Agreement.id).limit(SIZE + 1)
    return Page.cut([AgreementRow(*row) for row in session.execute(query)], lambda row: (row.controller, row.id))


def running(session: Session, organisation_id: int, on: date) -> Sequence[AgreementRow]:
    """Return all agreements of an organisation that run on a legal day, by customer name."""
    query = _running(_rows().where(Agreement.organisation_id == organisation_id), on)
    return [AgreementRow(*row) for row in session.execute(query.order_by(Controller.name, Agreement.id))]


def by_ids(session: Session, organisation_id: int, ids: Sequence[int]) -> Mapping[int, AgreementRow]:
    """Return agreements of one organisation by number; others are left out."""
    found: dict[int, AgreementRow] = {}
    for start in range(0, len(ids), CHUNK):
        query = _rows().where(Agreement.organisation_id == organisation_id, Agreement.id.in_(ids[start : start + CHUNK]))
        found |= {row[0]: AgreementRow(*row) for row in session.execute(query)}
    return found


def systems(session: Session, organisation_id: int) -> Sequence[SystemRow]:
    """Return the systems of an organisation with the number of agreements each serves."""
    query = (
        select(System.id, System.name, func.count(AgreementSystem.agreement_id))
        .outerjoin(AgreementSystem, AgreementSystem.system_id == System.id)
        .where(System.organisation_id == organisation_id)
        .group_by(System.id, System.name)
        .order_by(System.name)
    )
    return [SystemRow(*row) for row in session.execute(query)]


def served_by(session: Session, organisation_id: int, system_ids: Sequence[int], on: date) -> Sequence[int]:
    """Return the running agreements that any of the systems serves."""
    query = (
        _running(select(Agreement.id).distinct(), on)
        .join(AgreementSystem, AgreementSystem.agreement_id == Agreement.id)
        .join(System, System.id == AgreementSystem.system_id)
        .where(Agreement.organisation_id == organisation_id, System.organisation_id == organisation_id, System.id.in_(list(system_ids)))
        .order_by(Agreement.id)
    )
    return session.scalars(query).all()


def by_references(session: Session, organisation_id: int, references: Sequence[str]) -> Mapping[str, int]:
    """Return agreement numbers by the organisation's own reference; unknown references are left out."""
    found: dict[str, int] = {}
    for start in range(0, len(references), CHUNK):
        query = select(Agreement.reference, Agreement.id).where(
            Agreement.organisation_id == organisation_id, Agreement.reference.in_(references[start : start + CHUNK])
        )
        found |= dict(session.execute(query).tuples().all())
    return found


def agreement(session: Session, scope: Scope, agreement_id: int) -> Agreement:
    """Return one agreement with versions and systems; raises `NotFound` outside the scope."""
    options = [selectinload(Agreement.versions), selectinload(Agreement.systems), selectinload(Agreement.template).selectinload(Template.versions)]
    row = session.get(Agreement, agreement_id, options=options)
    if row is None or row.organisation_id not in scope:
        raise NotFound("There is no such agreement, or it is not yours to see.")
    return row


def templates(session: Session, scope: Scope) -> Sequence[Template]:
    """Return the standard terms in scope, by title."""
    query = select(Template).where(Template.organisation_id.in_(scope.organisation_ids)).options(selectinload(Template.versions))
    return session.scalars(query.order_by(Template.title)).all()


def template(session: Session, scope: Scope, template_id: int) -> Template:
    """Return one set of standard terms; raises `NotFound` outside the scope."""
    row = session.get(Template, template_id, options=[selectinload(Template.versions)])
    if row is None or row.organisation_id not in scope:
        raise NotFound("There are no such standard terms, or they are not yours to see.")
    return row


def organisation(session: Session, organisation_id: int) -> Organisation:
    """Return an organisation; the caller has checked the scope."""
    return session.get_one(Organisation, organisation_id)


def names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return names of agreements for the trail page."""
    query = (
        select(Agreement.id, Agreement.reference, Controller.name)
        .join(Controller, Controller.id == Agreement.controller_id)
        .where(Agreement.id.in_([int(i) for i in ids]))
    )
    return {str(key): f"{reference} with {name}" for key, reference, name in session.execute(query)}


def template_names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return titles of standard terms for the trail page."""
    query = select(Template.id, Template.title).where(Template.id.in_([int(i) for i in ids]))
    return {str(key): title for key, title in session.execute(query)}
