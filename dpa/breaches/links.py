"""A customer's own link to a case: unguessable, expiring, revocable. Only its digest is kept; the mail alone holds the whole."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach, CaseLink
from dpa.evidence import trail
from dpa.problems import Conflict, NotFound
from dpa.unit import Unit

LIFE = timedelta(days=400)
"""A year and a little: what a controller needs while its own authority may still ask."""
PAUSE = timedelta(seconds=5)
"""Two links for one customer within this time are one button pressed twice."""
PATH = "/n"
REFUSED = "This link does not work any more. Ask whoever sent it to you for a new one."


def digest(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def make_many(unit: Unit, breach: Breach, affected_ids: Sequence[int]) -> dict[int, str]:
    """Make a fresh link for each customer; returns the addresses. Links made before keep working: each mail has its own."""
    found: dict[int, str] = {}
    rows = []
    for affected_id in affected_ids:
        token = secrets.token_urlsafe(32)
        rows.append({"affected_id": affected_id, "token_hash": digest(token), "created_at": unit.now, "expires_at": unit.now + LIFE})
        found[affected_id] = f"{unit.settings.base_url}{PATH}/{token}"
    trail.insert_many(unit, Event.LINKS_MADE, CaseLink, rows, subject=("breach", breach.id), organisation_id=breach.organisation_id)
    return found


def make_one(unit: Unit, breach: Breach, row: Affected) -> str:
    """Make a further link for one customer, to be handed over by a person; returns its address, which is shown once.

    Raises `Conflict` when one was made a moment ago: a button pressed twice makes one link.
    """
    newest = unit.session.scalar(select(func.max(CaseLink.created_at)).where(CaseLink.affected_id == row.id, CaseLink.revoked_at.is_(None)))
    if newest is not None and unit.now - newest < PAUSE:
        raise Conflict("A link was made for this customer a moment ago. Wait a few seconds if you need another one.")
    return make_many(unit, breach, [row.id])[row.id]


def by_token(session: Session, token: str, now: datetime) -> tuple[Affected, Breach]:
    """Return whose link this is; raises `NotFound` for unknown, expired and revoked ones alike."""
    query = (
        select(Affected, Breach)
        .join(CaseLink, CaseLink.affected_id == Affected.id)
        .join(Breach, Breach.id == Affected.breach_id)
        .where(CaseLink.token_hash == digest(token), CaseLink.expires_at > now, CaseLink.revoked_at.is_(None))
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound(REFUSED)
    return found[0], found[1]


def revoke_all(unit: Unit, breach: Breach, row: Affected) -> int:
    """Refuse every link of a customer to a case from now on; returns how many there were."""
    return trail.update_many(
        unit, Event.LINKS_REVOKED, CaseLink, and_(CaseLink.affected_id == row.id, CaseLink.revoked_at.is_(None)),
        {"revoked_at": unit.now, "revoked_by": unit.actor}, subject=("breach", breach.id), organisation_id=breach.organisation_id,
        data={"agreement": row.agreement_id},
    )  # fmt: skip
