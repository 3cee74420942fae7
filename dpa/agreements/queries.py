"""Reads about agreements, within the organisations a person may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, tuple_
from sqlalchemy.orm import Session, selectinload

from dpa.agreements.models import Agreement, ConflictDecision, ImportDraft, Template
from dpa.agreements.serving import LARGEST, numbers, running_on
from dpa.parties.models import Controller
from dpa.parties.queries import contains
from dpa.people.models import Organisation
from dpa.problems import Invalid, NotFound
from dpa.web.identity import Scope
from dpa.web.paging import SIZE, Page, number_of, text_of

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
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """Standard terms with the number of agreements on them that have not ended."""

    id: int
    organisation_id: int
    slug: str
    title: str
    agreements: int


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a list of agreements is narrowed to; empty values narrow nothing."""

    text: str = ""
    """Part of customer, reference or terms."""
    template_id: int | None = None
    running: bool | None = None
    """Those that run today, or with False those that have ended."""
    today: Mapping[int, date] = field(default_factory=dict)
    """Today by organisation; needed with `running`."""
    terms: ColumnElement[bool] | None = None
    """Condition on what the terms say, as `Book.where` makes it."""


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Agreement.id, Agreement.organisation_id, Agreement.reference, Agreement.controller_id, Controller.name,
            Agreement.template_id, Template.title, Agreement.starts_on, Agreement.ends_on,
        )
        .join(Controller, Controller.id == Agreement.controller_id)
        .join(Template, Template.id == Agreement.template_id)
    )


def _narrowed(scope: Scope, narrowing: Narrowing) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Agreement.organisation_id.in_(scope.organisation_ids)]
    if narrowing.text:
        columns = (Controller.name, Controller.reference, Agreement.reference, Template.title)
        wanted.append(or_(*(contains(column, narrowing.text) for column in columns)))
    if narrowing.template_id is not None:
        wanted.append(Agreement.template_id == narrowing.template_id if narrowing.template_id <= LARGEST else false())
    if narrowing.running is not None:
        wanted.append(_state(scope, narrowing.running, narrowing.today))
    if narrowing.terms is not None:
        wanted.append(narrowing.terms)
    return wanted


def _state(scope: Scope, running: bool, today: Mapping[int, date]) -> ColumnElement[bool]:
    """Whether an agreement runs, on the legal day of its own organisation."""
    parts = []
    for on in sorted({today[key] for key in scope.organisation_ids}):
        here = Agreement.organisation_id.in_([key for key in scope.organisation_ids if today[key] == on])
        ended = and_(Agreement.ends_on.is_not(None), Agreement.ends_on < on)
        parts.append(and_(here, Agreement.starts_on <= on, ~ended) if running else and_(here, ended))
    return or_(false(), *parts)


def agreements(
    session: Session, scope: Scope, narrowing: Narrowing, *, after: Sequence[Any] | None = None, size: int = SIZE
) -> Page[AgreementRow]:
    """Return a page of agreements by customer name."""
    query = _rows().where(*_narrowed(scope, narrowing))
    if after:
        query = query.where(tuple_(Controller.name, Agreement.id) > tuple_(text_of(after[0]), number_of(after[1])))
    query = query.order_by(Controller.name, Agreement.id).limit(size + 1)
    return Page.cut([AgreementRow(*row) for row in session.execute(query)], lambda row: (row.controller, row.id), size)


def stream(session: Session, scope: Scope, narrowing: Narrowing) -> Iterator[tuple[AgreementRow, str]]:
    """Yield all agreements by customer name with the customer's reference, without holding them all in memory."""
    query = _rows().add_columns(Controller.reference).where(*_narrowed(scope, narrowing)).order_by(Controller.name, Agreement.id)
    for row in session.execute(query.execution_options(yield_per=CHUNK)):
        yield AgreementRow(*row[:-1]), row[-1]


def running(session: Session, organisation_id: int, on: date, limit: int | None = None) -> Sequence[AgreementRow]:
    """Return the agreements of an organisation that run on a legal day, by customer name; all of them, or the first few."""
    query = running_on(_rows().where(Agreement.organisation_id == organisation_id), on)
    return [AgreementRow(*row) for row in session.execute(query.order_by(Controller.name, Agreement.id).limit(limit))]


def running_ids(session: Session, organisation_id: int, on: date, ended_since: date | None = None) -> Mapping[int, int]:
    """Return the standard terms of each agreement of an organisation that runs on a legal day; with `ended_since`, also of those that ended then or later."""
    query = running_on(select(Agreement.id, Agreement.template_id).where(Agreement.organisation_id == organisation_id), on, ended_since)
    return {row[0]: row[1] for row in session.execute(query.order_by(Agreement.id))}


def by_ids(session: Session, organisation_id: int, ids: Sequence[int]) -> Mapping[int, AgreementRow]:
    """Return agreements of one organisation by number; others are left out."""
    found: dict[int, AgreementRow] = {}
    for start in range(0, len(ids), CHUNK):
        query = _rows().where(Agreement.organisation_id == organisation_id, Agreement.id.in_(ids[start : start + CHUNK]))
        found |= {row[0]: AgreementRow(*row) for row in session.execute(query)}
    return found


def by_references(session: Session, organisation_id: int, references: Sequence[str]) -> Mapping[str, int]:
    """Return agreement numbers by the organisation's own reference; unknown references are left out.

    A reference in other capitals counts as meant where only one agreement can be.
    """
    found: dict[str, int] = {}
    for start in range(0, len(references), CHUNK):
        query = select(Agreement.reference, Agreement.id).where(
            Agreement.organisation_id == organisation_id, Agreement.reference.in_(references[start : start + CHUNK])
        )
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found | _in_other_capitals(session, organisation_id, [reference for reference in references if reference not in found])


def _in_other_capitals(session: Session, organisation_id: int, references: Sequence[str]) -> dict[str, int]:
    wanted = {reference.lower() for reference in references}
    alike: dict[str, list[int]] = {}
    for start in range(0, len(references), CHUNK):
        query = select(func.lower(Agreement.reference), Agreement.id).where(
            Agreement.organisation_id == organisation_id, func.lower(Agreement.reference).in_([one.lower() for one in references[start : start + CHUNK]])
        )
        for reference, agreement_id in session.execute(query):
            if reference in wanted:
                alike.setdefault(reference, []).append(agreement_id)
    once = {reference: ids[0] for reference, ids in alike.items() if len(set(ids)) == 1}
    return {reference: once[reference.lower()] for reference in references if reference.lower() in once}


def agreement(session: Session, scope: Scope, agreement_id: int) -> Agreement:
    """Return one agreement with versions and systems; raises `NotFound` outside the scope."""
    options = [
        selectinload(Agreement.versions), selectinload(Agreement.systems), selectinload(Agreement.activities),
        selectinload(Agreement.template).selectinload(Template.versions),
    ]  # fmt: skip
    row = session.get(Agreement, agreement_id, options=options) if agreement_id <= LARGEST else None
    if row is None or row.organisation_id not in scope:
        raise NotFound("There is no such agreement, or it is not yours to see.")
    return row


def by_reference(session: Session, scope: Scope, reference: str) -> Agreement:
    """Return the one agreement with this reference; raises `NotFound`, or `Invalid` when several organisations have one."""
    query = select(Agreement.id).where(Agreement.organisation_id.in_(scope.organisation_ids), Agreement.reference == reference)
    found = session.scalars(query.limit(2)).all()
    if not found:
        raise NotFound(f"There is no agreement {reference!r}; see the list of agreements for its reference.", field="reference")
    if len(found) > 1:
        raise Invalid(f"Several organisations have an agreement {reference!r}; name the organisation.", field="organisation")
    return agreement(session, scope, found[0])


def templates(session: Session, scope: Scope) -> Sequence[TemplateRow]:
    """Return the standard terms in scope by title, with the number of their agreements."""
    query = (
        select(Template.id, Template.organisation_id, Template.slug, Template.title, func.count(Agreement.id))
        .outerjoin(Agreement, Agreement.template_id == Template.id)
        .where(Template.organisation_id.in_(scope.organisation_ids))
        .group_by(Template.id, Template.organisation_id, Template.slug, Template.title)
        .order_by(Template.title, Template.id)
    )
    return [TemplateRow(*row) for row in session.execute(query)]


def template(session: Session, scope: Scope, template_id: int) -> Template:
    """Return one set of standard terms with its versions; raises `NotFound` outside the scope."""
    row = session.get(Template, template_id, options=[selectinload(Template.versions)]) if template_id <= LARGEST else None
    if row is None or row.organisation_id not in scope:
        raise NotFound("There are no such standard terms, or they are not yours to see.")
    return row


def template_by_slug(session: Session, scope: Scope, slug: str) -> Template:
    """Return standard terms by their short name; raises `NotFound`, or `Invalid` when several organisations have such."""
    query = select(Template).where(Template.organisation_id.in_(scope.organisation_ids)).options(selectinload(Template.versions))
    listed = session.scalars(query.order_by(Template.slug)).all()
    found = [row for row in listed if row.slug == slug]
    if not found:
        known = ", ".join(dict.fromkeys(row.slug for row in listed)) or "none yet"
        raise NotFound(f"There are no standard terms {slug!r}; there are: {known}.", field="slug")
    if len(found) > 1:
        raise Invalid(f"Several organisations have standard terms {slug!r}; name the organisation.", field="organisation")
    return found[0]


def agreements_on(session: Session, template_id: int) -> int:
    """Return how many agreements follow standard terms; the caller has checked the scope."""
    return session.scalar(select(func.count()).select_from(Agreement).where(Agreement.template_id == template_id)) or 0


def controller(session: Session, controller_id: int) -> Controller:
    """Return the customer of an agreement; the caller has checked the scope."""
    return session.get_one(Controller, controller_id)


def controller_by_reference(session: Session, organisation_id: int, reference: str) -> Controller:
    """Return a customer by the organisation's own number for it; raises `NotFound`."""
    query = select(Controller).where(Controller.organisation_id == organisation_id, Controller.reference == reference.strip())
    found = session.scalar(query)
    if found is None:
        raise NotFound("No customer has this reference; look it up in the list of customers, or add the customer first.", field="customer")
    return found


def decisions(session: Session, *, template_id: int, agreement_id: int | None = None) -> Sequence[ConflictDecision]:
    """Return what was decided about contradictions, for the template and for one agreement on it, oldest first."""
    wanted = ConflictDecision.template_id == template_id
    if agreement_id is not None:
        wanted = or_(wanted, ConflictDecision.agreement_id == agreement_id)
    return session.scalars(select(ConflictDecision).where(wanted).order_by(ConflictDecision.id)).all()


def draft(session: Session, person_id: int, scope: Scope, draft_id: int) -> ImportDraft:
    """Return an uploaded file of this very person; raises `NotFound` for everybody else's."""
    row = session.get(ImportDraft, draft_id) if draft_id <= LARGEST else None
    if row is None or row.person_id != person_id or row.organisation_id not in scope:
        raise NotFound("There is no such upload, or it is not yours. Upload the file again.")
    if row.confirmed_at is None and not row.rows:
        raise NotFound("A newer upload has replaced this one. Confirm that one, or upload the file again.")
    return row


def organisation(session: Session, organisation_id: int) -> Organisation:
    """Return an organisation; the caller has checked the scope."""
    return session.get_one(Organisation, organisation_id)


def names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return names of agreements for the trail page."""
    query = (
        select(Agreement.id, Agreement.reference, Controller.name)
        .join(Controller, Controller.id == Agreement.controller_id)
        .where(Agreement.id.in_(numbers(ids)))
    )
    return {str(key): f"{reference} with {name}" for key, reference, name in session.execute(query)}


def template_names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return titles of standard terms for the trail page."""
    query = select(Template.id, Template.title).where(Template.id.in_(numbers(ids)))
    return {str(key): title for key, title in session.execute(query)}
