"""What concerns each customer: numbers and categories of its own, each save a version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, replace

from dpa.breaches.events import Event
from dpa.breaches.facts import Share
from dpa.breaches.facts.shares import share_text
from dpa.breaches.models import Breach, BreachShare
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.versions import own_shares
from dpa.evidence import trail
from dpa.evidence.trail import bodies
from dpa.unit import Unit


def save_shares(unit: Unit, breach: Breach, shares: Mapping[int, Share], *, adding: bool = False) -> int:
    """Keep what concerns customers of a case, by the number of their row; returns for how many it is news.

    With `adding`, what a share leaves out stays as it was said before; without, it takes the place of everything said before. The same once
    more makes no version. What was told before stays what was told; the next phase tells what is new. The caller has checked that the rows
    are the case's own.
    """
    must_be_open(breach)
    before = own_shares(unit.session, list(shares))
    found: list[BreachShare] = []
    for affected_id, share in shares.items():
        last, row = before.get(affected_id, (Share(), None))
        text = share_text(_added(last, share) if adding else share)
        if text != (row.share if row else share_text(Share())):
            found.append(BreachShare(affected_id=affected_id, number=row.number + 1 if row else 1, share=text, at=unit.now, by=unit.actor))
    if not found:
        return 0
    unit.session.add_all(found)
    unit.session.flush()
    said = bodies.canonical([[row.affected_id, row.share] for row in found])
    trail.covering_many(
        unit, Event.PARTS_SAVED, rows=found, subject=("breach", breach.id), organisation_id=breach.organisation_id,
        data={"customers": len(found), "shares_sha256": hashlib.sha256(said.encode()).hexdigest()},
    )  # fmt: skip
    return len(found)


def _added(last: Share, share: Share) -> Share:
    return replace(last, **{one.name: value for one in fields(share) if (value := getattr(share, one.name)) is not None})
