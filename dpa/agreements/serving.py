"""Which systems and processing activities serve which agreements: an incident is often known by one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from dpa.agreements.models import Activity, Agreement, AgreementActivity, AgreementSystem, System
from dpa.parties.models import Controller
from dpa.parties.queries import contains
from dpa.problems import NotFound
from dpa.web.identity import Scope

CHUNK = 500
"""Keys per statement: below the databases' limits of bound values."""
LARGEST = 2**63 - 1
"""Largest number a key can have; larger ones in an address name nothing."""


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A system with the number of agreements it serves."""

    id: int
    name: str
    agreements: int
    operator: str = ""
    """The subprocessor that runs it; empty when the organisation does."""
    operator_hours: int | None = None


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """A processing activity with the number of agreements it is done for."""

    id: int
    name: str
    agreements: int


def running_on(query: Select[*tuple[Any, ...]], on: date, ended_since: date | None = None) -> Select[Any]:
    """Narrow a query to agreements that run on a legal day; with `ended_since`, also to those that ended on that day or later."""
    return query.where(runs_on(on, ended_since))


def systems(session: Session, organisation_id: int, on: date | None = None) -> Sequence[SystemRow]:
    """Return the systems of an organisation with the number of agreements each serves; with `on`, of those that run on that legal day."""
    query = (
        select(System.id, System.name, func.count(Agreement.id), System.operator, System.operator_hours)
        .outerjoin(AgreementSystem, AgreementSystem.system_id == System.id)
        .outerjoin(Agreement, and_(Agreement.id == AgreementSystem.agreement_id, runs_on(on)))
        .where(System.organisation_id == organisation_id)
        .group_by(System.id, System.name, System.operator, System.operator_hours)
        .order_by(System.name)
    )
    return [SystemRow(*row) for row in session.execute(query)]


def activities(session: Session, organisation_id: int, on: date | None = None) -> Sequence[ActivityRow]:
    """Return the processing activities of an organisation with the number of agreements each is done for, as `systems` does."""
    query = (
        select(Activity.id, Activity.name, func.count(Agreement.id))
        .outerjoin(AgreementActivity, AgreementActivity.activity_id == Activity.id)
        .outerjoin(Agreement, and_(Agreement.id == AgreementActivity.agreement_id, runs_on(on)))
        .where(Activity.organisation_id == organisation_id)
        .group_by(Activity.id, Activity.name)
        .order_by(Activity.name)
    )
    return [ActivityRow(*row) for row in session.execute(query)]


def operators(session: Session, organisation_id: int, on: date) -> Sequence[tuple[str, int]]:
    """Return the subprocessors that run systems, by name, with the number of agreements running on a legal day that they serve."""
    query = (
        select(System.operator, func.count(Agreement.id.distinct()))
        .outerjoin(AgreementSystem, AgreementSystem.system_id == System.id)
        .outerjoin(Agreement, and_(Agreement.id == AgreementSystem.agreement_id, runs_on(on)))
        .where(System.organisation_id == organisation_id, System.operator != "")
        .group_by(System.operator)
        .order_by(System.operator)
    )
    return [(name, count) for name, count in session.execute(query)]


def served_by_operators(session: Session, organisation_id: int, on: date) -> Sequence[tuple[int, int, int]]:
    """Return (system, agreement, standard terms) for the running agreements that systems run by subprocessors serve."""
    query = (
        running_on(select(System.id, Agreement.id, Agreement.template_id), on)
        .join(AgreementSystem, AgreementSystem.system_id == System.id)
        .join(Agreement, Agreement.id == AgreementSystem.agreement_id)
        .where(System.organisation_id == organisation_id, System.operator != "")
        .order_by(System.id, Agreement.id)
    )
    return [(system_id, agreement_id, template_id) for system_id, agreement_id, template_id in session.execute(query)]


def operators_of(session: Session, agreement_ids: Sequence[int]) -> Mapping[int, Mapping[str, int | None]]:
    """Return for agreements which subprocessors run systems that serve them, each with the hours in which it promised to tell of a breach.

    Where several of its systems serve an agreement the longest counts, and no number where one of them has none.
    """
    found: dict[int, dict[str, int | None]] = {}
    for start in range(0, len(agreement_ids), CHUNK):
        query = (
            select(AgreementSystem.agreement_id, System.operator, System.operator_hours)
            .join(System, System.id == AgreementSystem.system_id)
            .where(AgreementSystem.agreement_id.in_(agreement_ids[start : start + CHUNK]), System.operator != "")
            .order_by(AgreementSystem.agreement_id, System.operator)
        )
        for agreement_id, operator, hours in session.execute(query):
            known = found.setdefault(agreement_id, {})
            before = known.get(operator, hours)
            known[operator] = None if before is None or hours is None else max(before, hours)
    return found


def served_by_operator(agreement_id: ColumnElement[int] | InstrumentedAttribute[int], operator: str) -> ColumnElement[bool]:
    """Say in SQL whether a system of a subprocessor, named in whatever case, serves an agreement."""
    return (
        select(AgreementSystem.agreement_id)
        .join(System, System.id == AgreementSystem.system_id)
        .where(AgreementSystem.agreement_id == agreement_id, func.lower(System.operator) == operator.lower())
        .exists()
    )


def count_running(session: Session, organisation_id: int, on: date) -> int:
    """Return how many agreements of an organisation run on a legal day."""
    return session.scalar(running_on(select(func.count(Agreement.id)).where(Agreement.organisation_id == organisation_id), on)) or 0


def customers_of(session: Session, agreement_ids: Sequence[int]) -> Mapping[int, str]:
    """Return customer and reference of each agreement, as one line of text; for as many as a page shows."""
    query = select(Agreement.id, Controller.name, Agreement.reference).join(Controller, Controller.id == Agreement.controller_id)
    return {key: f"{name} ({reference})" for key, name, reference in session.execute(query.where(Agreement.id.in_(agreement_ids)))}


def called(session: Session, organisation_id: int, text: str, on: date, most: int, ended_since: date | None = None) -> Sequence[tuple[int, str, str]]:
    """Return running agreements (with `ended_since` as `running_on`) by reference or customer, as number, customer and reference: those called just this, else those that hold it; at most `most`."""
    query = running_on(
        select(Agreement.id, Controller.name, Agreement.reference)
        .join(Controller, Controller.id == Agreement.controller_id)
        .where(Agreement.organisation_id == organisation_id),
        on,
        ended_since,
    ).order_by(Controller.name, Agreement.id).limit(most)  # fmt: skip
    named = (Agreement.reference, Controller.name, Controller.name + " (" + Agreement.reference + ")")
    exact = session.execute(query.where(or_(*(func.lower(one) == text.lower() for one in named)))).all()
    found = exact or session.execute(query.where(or_(contains(Agreement.reference, text), contains(Controller.name, text)))).all()
    return [(row[0], row[1], row[2]) for row in found]


def runs_on(on: date | None, ended_since: date | None = None) -> ColumnElement[bool]:
    """Return the condition that an agreement runs on a legal day, or ended on `ended_since` or later; true for no day."""
    if on is None:
        return true()
    return and_(Agreement.starts_on <= on, or_(Agreement.ends_on.is_(None), Agreement.ends_on >= (ended_since or on)))


def ended(session: Session, organisation_id: int, since: date, on: date) -> int:
    """Return how many agreements of an organisation ended between two legal days, the last one left out."""
    return session.scalar(select(func.count(Agreement.id)).where(Agreement.organisation_id == organisation_id, Agreement.ends_on >= since, Agreement.ends_on < on)) or 0


def ended_before(session: Session, agreement_ids: Sequence[int], on: date, most: int) -> tuple[int, Sequence[tuple[str, date]]]:
    """Return how many of these agreements had ended before a legal day, and customer and last day of the first `most`, those that ended last first."""
    found: list[tuple[str, date]] = []
    for start in range(0, len(agreement_ids), CHUNK):
        query = select(Controller.name, Agreement.reference, Agreement.ends_on).join(Controller, Controller.id == Agreement.controller_id)
        rows = session.execute(query.where(Agreement.id.in_(agreement_ids[start : start + CHUNK]), Agreement.ends_on < on))
        found += [(f"{name} ({reference})", last) for name, reference, last in rows if last is not None]
    return len(found), sorted(found, key=lambda one: (one[1], one[0]), reverse=True)[:most]


def served_by(session: Session, organisation_id: int, system_ids: Sequence[int], on: date, ended_since: date | None = None) -> Sequence[int]:
    """Return the running agreements that any of the systems serves; with `ended_since` as `running_on`."""
    query = (
        running_on(select(Agreement.id).distinct(), on, ended_since)
        .join(AgreementSystem, AgreementSystem.agreement_id == Agreement.id)
        .join(System, System.id == AgreementSystem.system_id)
        .where(Agreement.organisation_id == organisation_id, System.organisation_id == organisation_id, System.id.in_(list(system_ids)))
        .order_by(Agreement.id)
    )
    return session.scalars(query).all()


def served_by_activity(session: Session, organisation_id: int, activity_ids: Sequence[int], on: date, ended_since: date | None = None) -> Sequence[int]:
    """Return the running agreements for which any of the activities is done; with `ended_since` as `running_on`."""
    query = (
        running_on(select(Agreement.id).distinct(), on, ended_since)
        .join(AgreementActivity, AgreementActivity.agreement_id == Agreement.id)
        .join(Activity, Activity.id == AgreementActivity.activity_id)
        .where(Agreement.organisation_id == organisation_id, Activity.organisation_id == organisation_id, Activity.id.in_(list(activity_ids)))
        .order_by(Agreement.id)
    )
    return session.scalars(query).all()


def by_operator(session: Session, organisation_id: int, operator: str, on: date, ended_since: date | None = None) -> Sequence[int]:
    """Return the running agreements that any system of a subprocessor serves; with `ended_since` as `running_on`."""
    query = select(System.id).where(System.organisation_id == organisation_id, System.operator == operator, System.operator != "")
    return served_by(session, organisation_id, session.scalars(query).all(), on, ended_since)


def systems_by_id(session: Session, organisation_id: int, ids: Sequence[int]) -> list[System]:
    """Return systems of one organisation by number; others are left out."""
    query = select(System).where(System.organisation_id == organisation_id, System.id.in_([key for key in ids if key <= LARGEST]))
    return list(session.scalars(query.order_by(System.name)))


def activities_by_id(session: Session, organisation_id: int, ids: Sequence[int]) -> list[Activity]:
    """Return processing activities of one organisation by number; others are left out."""
    query = select(Activity).where(Activity.organisation_id == organisation_id, Activity.id.in_([key for key in ids if key <= LARGEST]))
    return list(session.scalars(query.order_by(Activity.name)))


def system(session: Session, scope: Scope, system_id: int) -> System:
    """Return one system; raises `NotFound` outside the scope."""
    row = session.get(System, system_id) if system_id <= LARGEST else None
    if row is None or row.organisation_id not in scope:
        raise NotFound("There is no such system, or it is not yours to see.")
    return row


def system_names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return names of systems for the trail page."""
    found = numbers(ids)
    if not found:
        return {}  # Where the product itself acted, a part of it is named and no system.
    query = select(System.id, System.name).where(System.id.in_(found))
    return {str(key): name for key, name in session.execute(query)}


def activity_names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return names of processing activities for the trail page."""
    query = select(Activity.id, Activity.name).where(Activity.id.in_(numbers(ids)))
    return {str(key): name for key, name in session.execute(query)}


def numbers(ids: Sequence[str]) -> list[int]:
    """Return those references that can be keys, as numbers."""
    return [int(key) for key in ids if key.isascii() and key.isdigit() and len(key) < 19]
