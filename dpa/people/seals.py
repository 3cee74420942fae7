"""Every organisation has something to seal with: made by the worker soon after the organisation is added."""

from __future__ import annotations

from sqlalchemy import select

from dpa.evidence.seal import queries
from dpa.people.models import Organisation
from dpa.slice import Tick

EVERY_SECONDS = 60.0
ACTOR = "system:people"


def ensure(tick: Tick) -> str:
    """Make a sealing identity for each organisation that has none; returns how many. One at a time: each costs a second of work.

    An organisation whose identity was revoked gets none by itself: what follows a revocation is for people to decide.
    """
    from dpa.evidence.seal import operations

    known = {identity.organisation_id for identity in queries.identities(tick.session)}
    facts = [(row.id, row.name, row.country) for row in tick.session.scalars(select(Organisation).order_by(Organisation.id)) if row.id not in known]
    made = 0
    for number, name, country in facts:
        tick.session.rollback()  # Keys are made outside of any transaction.
        prepared = operations.prepare_builtin(tick.settings, number, name, country, tick.now)
        with tick.begin(ACTOR) as unit:
            if queries.identities(unit.session, number):
                continue  # Somebody was quicker; theirs is the identity then.
            operations.install(unit, prepared)
        made += 1
    return f"{made} seals made" if made else ""
