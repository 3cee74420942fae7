"""One-time links: to set the installation up, to sign in once, to accept an invitation.

A link works once and for a limited time; the database keeps its hash. Opening one shows a page with a button, and only
the button uses it up, so that mail scanners and prefetching browsers do no harm.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.clock import Clock, SystemClock
from dpa.config import Settings
from dpa.database import make_engine
from dpa.people import queries, tokens
from dpa.people.models import LinkPurpose, OneTimeLink, Person
from dpa.problems import Misconfigured, NotFound
from dpa.unit import Unit

LIFETIME = {
    LinkPurpose.SETUP: timedelta(hours=24),
    LinkPurpose.SIGN_IN: timedelta(hours=24),
    LinkPurpose.INVITE: timedelta(days=7),
}
PATHS = {LinkPurpose.SETUP: "set-up", LinkPurpose.SIGN_IN: "link", LinkPurpose.INVITE: "invitation"}
REFUSED = "This link has been used, withdrawn or is too old. Ask for a new one."


def make(unit: Unit, purpose: LinkPurpose, person: Person | None = None) -> str:
    """Make a link and return its full address, the only time it is known. Earlier ones of the same kind are withdrawn."""
    withdraw(unit, purpose, person)
    token = tokens.new_token()
    unit.session.add(
        OneTimeLink(
            token_hash=tokens.digest(token),
            purpose=purpose,
            person_id=person.id if person else None,
            created_at=unit.now,
            expires_at=unit.now + LIFETIME[purpose],
        )
    )
    unit.session.flush()
    return f"{unit.settings.base_url}/{PATHS[purpose]}/{token}"


def withdraw(unit: Unit, purpose: LinkPurpose, person: Person | None) -> None:
    """Make earlier unused links of a kind useless."""
    whose = OneTimeLink.person_id == person.id if person else OneTimeLink.person_id.is_(None)
    for row in unit.session.scalars(
        select(OneTimeLink).where(OneTimeLink.purpose == purpose, whose, OneTimeLink.used_at.is_(None))
    ):
        row.used_at = unit.now


def withdraw_all(unit: Unit, person: Person) -> None:
    """Make every unused link of a person useless, whatever it was for."""
    for purpose in LinkPurpose:
        withdraw(unit, purpose, person)


def sign_in_link(unit: Unit, person: Person) -> str:
    """Return a one-time address that signs the person in; for the operator's eyes only. The caller records its event."""
    return make(unit, LinkPurpose.SIGN_IN, person)


def find(session: Session, token: str, purpose: LinkPurpose, now: datetime) -> OneTimeLink:
    """Return a link that still works; raises `NotFound` with one sentence for every other."""
    row = session.scalars(
        select(OneTimeLink).where(OneTimeLink.token_hash == tokens.digest(token), OneTimeLink.purpose == purpose)
    ).one_or_none()
    if row is None or row.used_at is not None or now >= row.expires_at:
        raise NotFound(REFUSED)
    return row


def use(unit: Unit, token: str, purpose: LinkPurpose) -> OneTimeLink:
    """Use a link up; of two at the same time one gets `NotFound`."""
    row = find(unit.session, token, purpose, unit.now)
    unit.session.refresh(row, with_for_update=True)
    if row.used_at is not None:
        raise NotFound(REFUSED)
    row.used_at = unit.now
    return row


def first_link(settings: Settings, clock: Clock | None = None, *, demonstration: bool = False) -> str | None:
    """Return the address to print when the web server starts: set-up while there is nobody, else none.

    With `demonstration` it is a one-time sign-in link of the demonstration's DPO, made anew at each start. Opens its
    own connection, so it runs without the web application; the caller has imported `dpa.slices`.
    """
    engine = make_engine(settings.database)
    try:
        return _first_link(engine, settings, (clock or SystemClock()).now(), demonstration=demonstration)
    except (OperationalError, ProgrammingError) as error:
        raise Misconfigured("The database is not ready for people to sign in; run: dpa migrate") from error
    finally:
        engine.dispose()


def _first_link(engine: Engine, settings: Settings, now: datetime, *, demonstration: bool) -> str | None:
    from dpa.people import operations  # it makes links too

    with Session(engine) as session:
        if not queries.anybody(session):
            with units.transaction(session, actor="system:people", now=now, settings=settings, auth="system") as unit:
                return make(unit, LinkPurpose.SETUP)
        person_id = queries.first_dpo(session) if demonstration else None
        if person_id is None:
            return None
        with units.transaction(session, actor="system:people", now=now, settings=settings, auth="system") as unit:
            return operations.link_person(unit, person_id)
