"""Questions the operations ask before they change who may do what."""

from __future__ import annotations

from sqlalchemy import select

from dpa.people.models import Membership, Person
from dpa.people.roles import Role
from dpa.problems import Conflict, NotFound
from dpa.unit import Unit
from dpa.web.identity import Scope


def organisations_of(unit: Unit, person_id: int, role: Role | None = None) -> list[int]:
    """Return the organisations a person belongs to, in the given role if one is named."""
    query = select(Membership.organisation_id).where(Membership.person_id == person_id).order_by(Membership.organisation_id)
    return list(unit.session.scalars(query if role is None else query.where(Membership.role == role)))


def home_of(unit: Unit, person_id: int) -> int | None:
    """Return the organisation whose trail a person's own events belong to: their only one, else none."""
    found = organisations_of(unit, person_id)
    return found[0] if len(found) == 1 else None


def membership_of(unit: Unit, organisation_id: int, person_id: int) -> Membership:
    """Return a membership, locked; raises `NotFound`."""
    found = unit.session.scalars(
        select(Membership)
        .where(Membership.organisation_id == organisation_id, Membership.person_id == person_id)
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such person in this organisation.")
    return found


def require_other_administrator(unit: Unit, organisation_id: int, person_id: int) -> None:
    """Raise `Conflict` when the organisation would be left without an active administrator."""
    # Both rows are locked, so that two administrators cannot step down in the same moment.
    others = unit.session.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.organisation_id == organisation_id, Membership.role == Role.ADMINISTRATOR)
        .with_for_update()
    ).all()
    if not any(person.id != person_id and person.disabled_at is None for _, person in others):
        raise Conflict("This is the organisation's last administrator; make somebody else administrator first.", field="role")


def require_within(unit: Unit, person_id: int, visible: Scope | None) -> None:
    """Raise `Conflict` unless every organisation of the person is one the acting person manages."""
    if visible is not None and not set(organisations_of(unit, person_id)) <= visible.organisation_ids:
        raise Conflict("This person also works for an organisation you do not manage; here you can only end the membership.")


def require_alone(unit: Unit, person: Person, organisation_id: int) -> None:
    """Raise `Conflict` when a link would open another organisation too."""
    if organisations_of(unit, person.id) != [organisation_id]:
        raise Conflict(f"This account belongs to several organisations; the operator can make a link: dpa user link {person.email}", field="email")
