"""A person's account: invitation accepted, password, sessions, disabled and enabled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from dpa.evidence import trail
from dpa.people import links, rules, sessions
from dpa.people.events import Event
from dpa.people.models import LinkPurpose, LoginSession, Person
from dpa.people.operations.guards import (
    home_of,
    organisations_of,
    require_other_administrator,
    require_within,
)
from dpa.people.roles import Role
from dpa.people.rules import EndedBecause
from dpa.problems import Conflict, Invalid, NotFound
from dpa.unit import Unit
from dpa.web.identity import Scope


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Who somebody is."""

    email: str
    name: str


def new_person(unit: Unit, newcomer: NewPerson) -> Person:
    """Add an account without password; the caller's event covers it. Raises `Invalid` for `email` and `person_name`."""
    wrong: dict[str, str] = {}
    if fault := rules.email_fault(newcomer.email):
        wrong["email"] = fault
    if fault := rules.name_fault(newcomer.name, "the person's name"):
        wrong["person_name"] = fault
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)
    person = Person(email=rules.normalise_email(newcomer.email), name=newcomer.name.strip(), created_at=unit.now)
    unit.session.add(person)
    unit.session.flush()
    return person


def who(person: Person) -> dict[str, dict[str, str]]:
    """Return the erasable personal part of an event about somebody."""
    return {"person": {"email": person.email, "name": person.name}}


def record_link(unit: Unit, person: Person, purpose: LinkPurpose, organisation_id: int | None) -> None:
    """Record that somebody made a link that opens a person's account."""
    trail.record(
        unit, Event.LINKED, subject=("person", person.id), organisation_id=organisation_id, data={"purpose": purpose.value}
    )


def link_person(unit: Unit, person_id: int) -> str:
    """Return a one-time sign-in link for an active person; for the operator at the command line only."""
    person = unit.session.get_one(Person, person_id)
    if person.disabled_at is not None:
        raise Conflict("This account is disabled; enable it first.")
    record_link(unit, person, LinkPurpose.SIGN_IN, home_of(unit, person_id))
    return links.sign_in_link(unit, person)


def accept_invitation(unit: Unit, token: str, password_hash: str) -> Person:
    """Use an invitation: store the chosen password. Raises `NotFound` for a link that no longer works."""
    link = links.use(unit, token, LinkPurpose.INVITE)
    person = unit.session.get_one(Person, link.person_id)
    if person.disabled_at is not None or person.password_hash is not None:
        raise NotFound(links.REFUSED)
    person.password_hash = password_hash
    unit.actor = f"u:{person.id}"
    _record(unit, Event.ACCEPTED, person)
    return person


def change_password(unit: Unit, person_id: int, password_hash: str, *, keep_session: int | None = None) -> int:
    """Store a new password, end the person's other sessions and unused links; returns how many sessions were ended."""
    person = unit.session.get_one(Person, person_id)
    person.password_hash = password_hash
    links.withdraw_all(unit, person)
    ended = sessions.end_all(unit, person_id, EndedBecause.PASSWORD_CHANGED, but=keep_session)
    if keep_session is not None:
        sessions.confirm(unit, keep_session)
    _record(unit, Event.PASSWORD_CHANGED, person, {"sessions": ended})
    return ended


def confirm(unit: Unit, session_id: int) -> None:
    """Note that the person at a session has just given their password again."""
    sessions.confirm(unit, session_id)
    person = unit.session.get_one(Person, unit.session.get_one(LoginSession, session_id).person_id)
    trail.record(
        unit,
        Event.CONFIRMED,
        subject=("person", person.id),
        organisation_id=home_of(unit, person.id),
        data={"session": session_id},
    )


def sign_out(unit: Unit, session_id: int) -> None:
    """End the session of the person asking."""
    row = unit.session.get(LoginSession, session_id)
    if row is not None and sessions.end(unit, [row], EndedBecause.SIGNED_OUT):
        _record_ended(unit, row.person_id, 1, EndedBecause.SIGNED_OUT)


def end_session(unit: Unit, person_id: int, session_id: int) -> None:
    """End one of a person's own sessions; raises `NotFound` for anybody else's."""
    row = unit.session.scalars(
        select(LoginSession).where(LoginSession.id == session_id, LoginSession.person_id == person_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such session, or it is not yours.")
    if sessions.end(unit, [row], EndedBecause.ENDED_BY_PERSON):
        _record_ended(unit, person_id, 1, EndedBecause.ENDED_BY_PERSON)


def end_other_sessions(unit: Unit, person_id: int, keep_session: int) -> int:
    """End a person's own sessions but the one they ask from; returns how many."""
    return _end_all(unit, person_id, EndedBecause.ENDED_BY_PERSON, keep_session)


def end_sessions_of(unit: Unit, person_id: int, *, visible: Scope | None = None) -> int:
    """End every session of another person; returns how many."""
    require_within(unit, person_id, visible)
    return _end_all(unit, person_id, EndedBecause.ENDED_BY_ADMINISTRATOR, None)


def disable_person(unit: Unit, person_id: int, *, visible: Scope | None = None) -> int:
    """Disable an account everywhere, ending its sessions and links; returns how many sessions were ended."""
    person = unit.session.get_one(Person, person_id)
    if unit.actor == f"u:{person_id}":
        raise Conflict("You cannot disable your own account; ask another administrator.")
    require_within(unit, person_id, visible)
    if person.disabled_at is not None:
        return 0
    for organisation_id in organisations_of(unit, person_id, Role.ADMINISTRATOR):
        require_other_administrator(unit, organisation_id, person_id)
    person.disabled_at = unit.now
    links.withdraw_all(unit, person)
    ended = sessions.end_all(unit, person_id, EndedBecause.DISABLED)
    _record(unit, Event.DISABLED, person, {"sessions": ended})
    return ended


def enable_person(unit: Unit, person_id: int, *, visible: Scope | None = None) -> None:
    """Let a disabled account in again; its earlier sessions stay ended."""
    person = unit.session.get_one(Person, person_id)
    require_within(unit, person_id, visible)
    if person.disabled_at is not None:
        person.disabled_at = None
        _record(unit, Event.ENABLED, person)


def _end_all(unit: Unit, person_id: int, because: EndedBecause, but: int | None) -> int:
    ended = sessions.end_all(unit, person_id, because, but=but)
    if ended:
        _record_ended(unit, person_id, ended, because)
    return ended


def _record_ended(unit: Unit, person_id: int, count: int, because: EndedBecause) -> None:
    trail.record(
        unit,
        Event.ENDED,
        subject=("person", person_id),
        organisation_id=home_of(unit, person_id),
        data={"sessions": count, "because": because.value.replace("_", " ")},
    )


def _record(unit: Unit, event: Event, person: Person, data: Mapping[str, int | str] | None = None) -> None:
    unit.session.flush()
    trail.record(
        unit,
        event,
        subject=("person", person.id),
        organisation_id=home_of(unit, person.id),
        covers=[person],
        data=data or {},
    )
