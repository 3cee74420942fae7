"""Signed-in browsers as rows: opening, recognising, touching and ending them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.people import rules, tokens
from dpa.people.models import Auth, LoginSession, Person
from dpa.people.rules import EndedBecause
from dpa.unit import Unit

TOUCH_EVERY = timedelta(minutes=1)
AGENT_LENGTH = 200
KEEP_ENDED = timedelta(days=90)
"""Ended sessions stay this long for the person's own list and for enquiries, then their network and browser are deleted."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, as much of it as is kept."""

    network: str = "unknown"
    """Network prefix, see `throttle.network_prefix`."""
    agent: str = ""
    """What the browser calls itself."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A live session and its person, read in one statement."""

    session_id: int
    person_id: int
    name: str
    email: str
    auth: str
    confirmed_at: datetime
    touch_due: bool
    """Whether `last_seen_at` is more than a minute old."""


def begin(unit: Unit, person: Person, auth: Auth, origin: Origin) -> str:
    """Open a session with a token of its own and return the token; only its hash is stored."""
    token = tokens.new_token()
    unit.session.add(
        LoginSession(
            token_hash=tokens.digest(token),
            person_id=person.id,
            auth=auth,
            created_at=unit.now,
            confirmed_at=unit.now,
            last_seen_at=unit.now,
            expires_at=unit.now + timedelta(hours=unit.settings.session_hours),
            ip_prefix=origin.network,
            agent=origin.agent[:AGENT_LENGTH],
        )
    )
    unit.session.flush()
    return token


def recognise(session: Session, token: str, now: datetime, settings: Settings) -> Recognised | None:
    """Return the live session of a token, or none when it is unknown, ended, run out or its person disabled."""
    found = session.execute(
        select(LoginSession, Person)
        .join(Person, Person.id == LoginSession.person_id)
        .where(LoginSession.token_hash == tokens.digest(token))
    ).one_or_none()
    if found is None:
        return None
    row, person = found
    if row.ended_at is not None or person.disabled_at is not None or has_run_out(row, now, settings):
        return None
    return Recognised(
        row.id, person.id, person.name, person.email, row.auth.value, row.confirmed_at, now - row.last_seen_at >= TOUCH_EVERY
    )


def has_run_out(row: LoginSession, now: datetime, settings: Settings) -> bool:
    """Tell whether a session is over by its own limits; a shorter limit set later holds for running sessions too."""
    allowed = min(timedelta(hours=settings.session_hours), row.expires_at - row.created_at)
    idle = timedelta(minutes=settings.session_idle_minutes)
    return (
        rules.why_ended(created_at=row.created_at, last_seen_at=row.last_seen_at, now=now, idle=idle, absolute=allowed) is not None
    )


def touch(unit: Unit, session_id: int) -> None:
    """Note that the session was just used."""
    row = unit.session.get(LoginSession, session_id)
    if row is not None and row.ended_at is None and row.last_seen_at < unit.now:
        row.last_seen_at = unit.now


def confirm(unit: Unit, session_id: int) -> None:
    """Note that the person has just proved again who they are."""
    row = unit.session.get_one(LoginSession, session_id)
    row.confirmed_at = row.last_seen_at = unit.now


def live(session: Session, person_id: int, now: datetime, settings: Settings) -> list[LoginSession]:
    """Return a person's sessions that would still be let in, newest first."""
    rows = session.scalars(
        select(LoginSession)
        .where(LoginSession.person_id == person_id, LoginSession.ended_at.is_(None), LoginSession.expires_at > now)
        .order_by(LoginSession.created_at.desc(), LoginSession.id.desc())
    )
    return [row for row in rows if not has_run_out(row, now, settings)]


def end(unit: Unit, rows: Iterable[LoginSession], because: EndedBecause) -> int:
    """End sessions now; their tokens are refused from the next request on. Returns how many were still live."""
    count = 0
    for row in rows:
        if row.ended_at is None:
            row.ended_at, row.ended_because = unit.now, because
            count += 1
    return count


def end_all(unit: Unit, person_id: int, because: EndedBecause, *, but: int | None = None) -> int:
    """End every session of a person that has not been ended, except one if named; returns how many."""
    rows = unit.session.scalars(
        select(LoginSession).where(LoginSession.person_id == person_id, LoginSession.ended_at.is_(None))
    )
    return end(unit, [row for row in rows if row.id != but], because)
