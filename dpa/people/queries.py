"""Reads about people and organisations. What belongs to a tenant takes a scope or the organisation itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from dpa.people import rules
from dpa.people.models import Membership, Organisation, Person
from dpa.people.roles import GRANTS, Role
from dpa.problems import NotFound
from dpa.web.identity import OrganisationRef, Scope

RANK = {role: place for place, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Member:
    """An active person of an organisation, as lists, owners and alerts need them."""

    person_id: int
    name: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A person as the settings page lists them, disabled and invited ones included."""

    person_id: int
    name: str
    email: str
    role: Role
    disabled_at: datetime | None
    invited: bool
    """Whether they have not yet set a password."""


def is_insider(session: Session, address: str) -> bool:
    """Tell whether a mail address is that of anybody with an account here, or lies at a mail domain of any organisation of this installation."""
    if session.scalar(select(exists().where(func.lower(Person.email) == address.casefold()))):
        return True
    domain = address.rpartition("@")[2].casefold()
    own = {one.casefold() for domains in session.scalars(select(Organisation.mail_domains)) for one in domains}
    return any(domain == one or domain.endswith(f".{one}") for one in own)


def members(session: Session, organisation_id: int, permission: str | None = None) -> list[Member]:
    """Return the active people of an organisation who hold a permission, DPO first, then by name."""
    roles = [role for role in Role if permission is None or permission in GRANTS[role]]
    rows = session.execute(
        select(Person.id, Person.name, Person.email, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id, Membership.role.in_(roles), Person.disabled_at.is_(None))
        .order_by(case(RANK, value=Membership.role, else_=len(RANK)), func.lower(Person.name), Person.id)
    )
    return [Member(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who holds a permission, and one organisation they hold it in."""

    member: Member
    organisation_id: int
    organisation: str
    zone: str


def holders(session: Session, permission: str, organisation_id: int | None = None) -> list[Holder]:
    """Return the active people who hold a permission in an organisation, or anywhere if none is named; each once, in one statement."""
    roles = [role for role in Role if permission in GRANTS[role]]
    statement = (
        select(Person.id, Person.name, Person.email, Membership.role, Organisation.id, Organisation.name, Organisation.zone)
        .join(Membership, Membership.person_id == Person.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.role.in_(roles), Person.disabled_at.is_(None))
        .order_by(Organisation.id, case(RANK, value=Membership.role, else_=len(RANK)), func.lower(Person.name), Person.id)
    )
    if organisation_id is not None:
        statement = statement.where(Membership.organisation_id == organisation_id)
    found: dict[int, Holder] = {}
    for row in session.execute(statement):
        found.setdefault(row[0], Holder(Member(*row[:4]), *row[4:]))
    return list(found.values())


def member_lines(session: Session, scope: Scope, organisation_id: int) -> list[MemberLine]:
    """Return everybody of an organisation, whatever their state; raises `NotFound` outside the scope."""
    scope.require(organisation_id, "organisation")
    rows = session.execute(
        select(Person, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id)
        .order_by(case(RANK, value=Membership.role, else_=len(RANK)), func.lower(Person.name), Person.id)
    )
    return [
        MemberLine(person.id, person.name, person.email, role, person.disabled_at, person.password_hash is None)
        for person, role in rows
    ]


def member_line(session: Session, scope: Scope, organisation_id: int, person_id: int) -> MemberLine:
    """Return one person of an organisation; raises `NotFound` for foreign and absent ones alike."""
    for line in member_lines(session, scope, organisation_id):
        if line.person_id == person_id:
            return line
    raise NotFound("There is no such person in this organisation.")


def organisation(session: Session, scope: Scope, organisation_id: int) -> Organisation:
    """Return an organisation inside the scope; raises `NotFound` otherwise."""
    scope.require(organisation_id, "organisation")
    return session.get_one(Organisation, organisation_id)


def organisations(session: Session, scope: Scope) -> list[Organisation]:
    """Return the organisations inside the scope, by name."""
    return list(
        session.scalars(
            select(Organisation).where(Organisation.id.in_(scope.organisation_ids)).order_by(func.lower(Organisation.name), Organisation.id)
        )
    )


def organisation_by_slug(session: Session, slug: str) -> Organisation:
    """Return an organisation by the name commands use; raises `NotFound`. For the operator, who sees all."""
    found = session.scalars(select(Organisation).where(Organisation.slug == slug)).one_or_none()
    if found is None:
        known = ", ".join(session.scalars(select(Organisation.slug).order_by(Organisation.slug).limit(20)))
        raise NotFound(f"There is no organisation {slug!r}; there are: {known or 'none yet'}.", field="organisation")
    return found


def person_by_email(session: Session, email: str) -> Person | None:
    """Return the account of an address, or none; text that is no address is not even looked for."""
    if rules.email_fault(email):
        return None
    return session.scalars(select(Person).where(Person.email == rules.normalise_email(email))).one_or_none()


def grants(session: Session, person_id: int) -> tuple[dict[int, frozenset[str]], tuple[OrganisationRef, ...]]:
    """Return a person's permissions by organisation and those organisations by name, in one statement."""
    rows = session.execute(
        select(Organisation.id, Organisation.slug, Organisation.name, Organisation.zone, Organisation.mail_domains, Membership.role)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.person_id == person_id)
        .order_by(func.lower(Organisation.name), Organisation.id)
    ).all()
    return {row.id: GRANTS[row.role] for row in rows}, tuple(
        OrganisationRef(row.id, row.slug, row.name, row.zone, tuple(row.mail_domains)) for row in rows
    )


def role_in(session: Session, person_id: int, organisation_id: int) -> Role | None:
    """Return a person's role in an organisation, or none."""
    return session.scalars(
        select(Membership.role).where(Membership.person_id == person_id, Membership.organisation_id == organisation_id)
    ).one_or_none()


def anybody(session: Session) -> bool:
    """Tell whether the installation has been set up: whether there is any account."""
    return bool(session.scalar(select(exists().where(Person.id.is_not(None)))))


def first_dpo(session: Session) -> int | None:
    """Return the active DPO of most organisations, the oldest account first; the demonstration's host. None if there is none."""
    return session.scalar(
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.role == Role.DPO, Person.disabled_at.is_(None))
        .group_by(Person.id)
        .order_by(func.count().desc(), Person.id)
        .limit(1)
    )


def person_names(session: Session, keys: Sequence[str]) -> Mapping[str, str]:
    """Return the names behind the trail's `u:17` references, by the part after the colon; unknown ones are left out."""
    return _names(session, Person, keys)


def organisation_names(session: Session, keys: Sequence[str]) -> Mapping[str, str]:
    """Return organisation names by number as text; unknown ones are left out."""
    return _names(session, Organisation, keys)


def _names(session: Session, table: type[Person | Organisation], keys: Sequence[str]) -> dict[str, str]:
    wanted = {int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19}
    if not wanted:
        return {}
    return {str(number): name for number, name in session.execute(select(table.id, table.name).where(table.id.in_(wanted)))}
