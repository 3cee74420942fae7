"""Who belongs to an organisation, and as what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dpa.evidence import trail
from dpa.people import links, queries, sessions
from dpa.people.events import Event
from dpa.people.models import LinkPurpose, Membership, Organisation, Person
from dpa.people.operations.accounts import NewPerson, new_person, record_link, who
from dpa.people.operations.guards import (
    membership_of,
    organisations_of,
    require_alone,
    require_other_administrator,
)
from dpa.people.roles import Role
from dpa.people.rules import EndedBecause
from dpa.problems import Conflict
from dpa.unit import Unit
from dpa.web.identity import Scope


@dataclass(frozen=True, slots=True)
class Invited:
    """What came of an invitation."""

    person: Person
    link: str | None
    """The one-time address to hand over; none for somebody who already has a password."""


def invite(unit: Unit, organisation: Organisation, newcomer: NewPerson, role: Role, *, visible: Scope | None = None) -> Invited:
    """Give a person a role in an organisation, making the account if there is none, and return the link to hand over.

    An account known elsewhere only is not joined from a page: that would tell who uses this installation, and its
    owner is not proven to this organisation. The operator can do it at the command line.
    """
    person = queries.person_by_email(unit.session, newcomer.email)
    made = person is None
    if person is None:
        person = new_person(unit, newcomer)
    else:
        made = _require_joinable(unit, person, organisation, visible)
    join(unit, person, organisation.id, role, changed=[person] if made else [])
    link = links.make(unit, LinkPurpose.INVITE, person) if person.password_hash is None else None
    return Invited(person, link)


def invite_again(unit: Unit, organisation_id: int, person_id: int) -> str:
    """Return a new invitation link, withdrawing the earlier; only for somebody without password, of this organisation alone."""
    membership_of(unit, organisation_id, person_id)
    person = unit.session.get_one(Person, person_id)
    if person.password_hash is not None:
        raise Conflict("This person has accepted already; they can sign in.")
    if person.disabled_at is not None:
        raise Conflict("This account is disabled; enable it first.")
    require_alone(unit, person, organisation_id)
    record_link(unit, person, LinkPurpose.INVITE, organisation_id)
    return links.make(unit, LinkPurpose.INVITE, person)


def join(unit: Unit, person: Person, organisation_id: int, role: Role, changed: Iterable[Person] = ()) -> Membership:
    """Add a membership with its event, which also covers a `changed` account."""
    membership = Membership(person_id=person.id, organisation_id=organisation_id, role=role, created_at=unit.now)
    unit.session.add(membership)
    unit.session.flush()
    trail.record(
        unit,
        Event.INVITED,
        subject=("person", person.id),
        organisation_id=organisation_id,
        covers=[membership, *changed],
        data={"role": role.value},
        personal=who(person),
    )
    return membership


def change_role(unit: Unit, organisation_id: int, person_id: int, role: Role) -> None:
    """Give a member another role. An organisation keeps at least one active administrator."""
    membership = membership_of(unit, organisation_id, person_id)
    before = membership.role
    if before is role:
        return
    if before is Role.ADMINISTRATOR:
        require_other_administrator(unit, organisation_id, person_id)
    membership.role = role
    trail.record(
        unit,
        Event.ROLE_CHANGED,
        subject=("person", person_id),
        organisation_id=organisation_id,
        covers=[membership],
        data={"before": before.value, "after": role.value},
    )


def end_membership(unit: Unit, organisation_id: int, person_id: int) -> None:
    """Take a person out of an organisation; the account and other memberships stay."""
    membership = membership_of(unit, organisation_id, person_id)
    if membership.role is Role.ADMINISTRATOR:
        require_other_administrator(unit, organisation_id, person_id)
    unit.session.delete(membership)
    trail.record(
        unit,
        Event.REMOVED,
        subject=("person", person_id),
        organisation_id=organisation_id,
        covers=[membership],
        data={"role": membership.role.value},
    )


def _require_joinable(unit: Unit, person: Person, organisation: Organisation, visible: Scope | None) -> bool:
    """Refuse accounts that cannot be added; returns whether the account was changed to be added."""
    belongs_to = set(organisations_of(unit, person.id))
    if organisation.id in belongs_to:
        raise Conflict("This person is a member already; change their role instead.", field="email")
    if visible is not None and belongs_to and not belongs_to & visible.organisation_ids:
        raise Conflict(
            "This address already has an account in this installation. Its operator can add it: "
            f"dpa user add {person.email} --organisation {organisation.slug} --role ROLE",
            field="email",
        )
    if person.disabled_at is not None:
        raise Conflict("This account is disabled; enable it first.", field="email")
    if visible is not None and belongs_to and person.password_hash is None:
        raise Conflict("This person has not accepted their first invitation yet; add them once they have.", field="email")
    if belongs_to or person.password_hash is None:
        return False
    # Nobody vouches for an account that belongs nowhere: whoever once held it must accept anew, by the new link.
    person.password_hash = None
    sessions.end_all(unit, person.id, EndedBecause.DISABLED)
    return True
