"""Signing in: one message and one duration for everything that can be wrong, and a counter that several processes share.

The slow comparison of the password stands between two short units: the first counts the attempt, the second opens
the session or records the failure. So no lock is held while Argon2 works.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from dpa.evidence import trail
from dpa.people import links, passwords, queries, rules, sessions, throttle
from dpa.people.events import Event
from dpa.people.models import Auth, LinkPurpose, LoginSession, Person
from dpa.people.operations.guards import home_of
from dpa.people.rules import EndedBecause
from dpa.people.sessions import Origin
from dpa.problems import NotFound
from dpa.unit import Unit

WRONG_PASSWORD = "This is not your present password."  # noqa: S105 - a sentence, not a secret
WRONG = "The e-mail address or the password is not right. Check both and try again."
Begin = Callable[[str], AbstractContextManager[Unit]]
"""Opens a unit for an actor."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The door is open: the token belongs into the browser's cookie and nowhere else."""

    token: str
    person_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The door stays shut, with the sentence to show."""

    message: str
    wait: timedelta = timedelta(0)
    """How long further attempts are refused unseen; zero after a wrong password."""


def sign_in(
    begin: Begin, session: Session, email: str, password: str, origin: Origin, *, replaces: int | None = None
) -> SignedIn | Refused:
    """Try an address and a password. `replaces` is the session this browser already has, which ends."""
    with begin("system:people") as unit:
        account, network = throttle.account_key(unit, email), f"network:{origin.network}"
        wait = throttle.reserve(unit, (account, network))
    if wait > timedelta(0):
        return Refused(rules.wait_sentence(wait), wait)
    person = queries.person_by_email(session, email)
    person_id, seen_hash = (person.id, person.password_hash) if person else (None, None)
    session.rollback()  # No snapshot and no connection is held while Argon2 works.
    verdict = passwords.verify(seen_hash, password)
    if person_id is None or not verdict.matches:
        return _refuse(begin, account, person_id, origin)
    with begin(f"u:{person_id}") as unit:
        person = unit.session.get_one(Person, person_id)
        # Between looking and opening, the account may have been disabled or its password changed.
        if person.disabled_at is None and person.password_hash == seen_hash:
            throttle.forgive(unit, account, network)
            token = _open(unit, person, Auth.PASSWORD, origin, replaces=replaces, upgraded=verdict.upgraded)
            return SignedIn(token, person_id)
    return _refuse(begin, account, person_id, origin)


def prove(begin: Begin, session: Session, person_id: int, password: str, origin: Origin) -> Refused | None:
    """Check the password of somebody who is signed in; none means it is right. Wrong ones count like those at the door."""
    email = session.get_one(Person, person_id).email
    with begin(f"u:{person_id}") as unit:
        account, network = throttle.account_key(unit, email), f"network:{origin.network}"
        wait = throttle.reserve(unit, (account, network))
    if wait > timedelta(0):
        return Refused(rules.wait_sentence(wait), wait)
    seen_hash = session.get_one(Person, person_id).password_hash
    session.rollback()
    verdict = passwords.verify(seen_hash, password)
    if not verdict.matches:
        _refuse(begin, account, person_id, origin)
        return Refused(WRONG_PASSWORD)
    with begin(f"u:{person_id}") as unit:
        throttle.forgive(unit, account, network)
    return None


def sign_in_by_link(unit: Unit, link_token: str, origin: Origin, *, replaces: int | None = None) -> SignedIn:
    """Use a one-time sign-in link up; raises `NotFound` for one that no longer works."""
    link = links.use(unit, link_token, LinkPurpose.SIGN_IN)
    person = unit.session.get_one(Person, link.person_id)
    if person.disabled_at is not None:
        raise NotFound(links.REFUSED)
    unit.actor = f"u:{person.id}"
    return SignedIn(_open(unit, person, Auth.LINK, origin, replaces=replaces), person.id)


def sign_in_after_proof(unit: Unit, person: Person, origin: Origin, *, replaces: int | None = None) -> SignedIn:
    """Open a session for somebody who has just chosen a password by set-up or invitation."""
    return SignedIn(_open(unit, person, Auth.PASSWORD, origin, replaces=replaces), person.id)


def _open(
    unit: Unit, person: Person, auth: Auth, origin: Origin, *, replaces: int | None, upgraded: str | None = None
) -> str:
    unit.auth = auth.value
    if upgraded is not None:
        person.password_hash = upgraded
    earlier = unit.session.get(LoginSession, replaces) if replaces is not None else None
    if earlier is not None:
        sessions.end(unit, [earlier], EndedBecause.REPLACED)
    token = sessions.begin(unit, person, auth, origin)
    trail.record(
        unit,
        Event.SIGNED_IN,
        subject=("person", person.id),
        organisation_id=home_of(unit, person.id),
        covers=[person] if upgraded is not None else [],
        data={"auth": {Auth.PASSWORD: "password", Auth.LINK: "one-time link"}[auth]},
        personal={"origin": {"network": origin.network, "agent": origin.agent[: sessions.AGENT_LENGTH]}},
    )
    return token


def _refuse(begin: Begin, account: str, person_id: int | None, origin: Origin) -> Refused:
    with begin("system:people") as unit:
        known = person_id is not None
        # The keyed hash lets repeated attempts on one unknown address be recognised without naming it.
        subject: tuple[str, int | str] = ("person", person_id) if person_id is not None else ("account", account.partition(":")[2])
        trail.record(
            unit,
            Event.SIGN_IN_FAILED,
            subject=subject,
            organisation_id=home_of(unit, person_id) if person_id is not None else None,
            data={"reason": "not accepted" if known else "unknown account"},
            personal={"origin": {"network": origin.network, "agent": origin.agent[: sessions.AGENT_LENGTH]}},
        )
    return Refused(WRONG)
