"""Erasing a personal part of an event: the text and its salt go, the event and every proof about it stay."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dpa.evidence.events import Event
from dpa.evidence.trail import append, bodies
from dpa.evidence.trail.models import TrailEvent, TrailPayload, table
from dpa.problems import Conflict, NotFound
from dpa.unit import Unit


def erase_payload(unit: Unit, event_idx: int, part: str, *, reason: str, basis: str) -> None:
    """Erase one personal part for a reason and on a legal basis (such as "Art. 17(1)(a) GDPR"), and record that.

    The reason is kept as a personal part of its own, since it may name somebody. Raises `NotFound` for an unknown
    part, `Conflict` for one erased before. On SQLite the freed pages are overwritten; on PostgreSQL the old row version
    goes with the next VACUUM.
    """
    found = unit.session.execute(
        select(TrailPayload.body, TrailEvent.organisation_id, TrailEvent.subject_type, TrailEvent.subject_id)
        .join(TrailEvent, TrailEvent.idx == TrailPayload.event_idx)
        .where(TrailPayload.event_idx == event_idx, TrailPayload.part == part)
    ).one_or_none()
    if found is None:
        raise NotFound(f"Event {event_idx} of the trail has no personal part called {part}.")
    if found.body is None or _is_queued(unit, event_idx, part):
        raise Conflict(f"The part {part} of event {event_idx} was erased before.")

    def erase(session: Session, index: int) -> None:
        target = table(TrailPayload)
        session.connection().execute(
            update(target)
            .where(target.c.event_idx == event_idx, target.c.part == part)
            .values(body=None, salt=bodies.ERASED_SALT, erased_by_idx=index)
        )

    append.add(unit, append.Pending(
        Event.PAYLOAD_ERASED, (found.subject_type, found.subject_id), found.organisation_id,
        bodies.restricted({"event": event_idx, "part": part, "basis": basis}),
        {"reason": bodies.canonical(bodies.restricted(reason, "reason", personal=True))},
        once_numbered=erase,
    ))


def _is_queued(unit: Unit, event_idx: int, part: str) -> bool:
    return any(
        waiting.action == Event.PAYLOAD_ERASED and waiting.data.get("event") == event_idx and waiting.data.get("part") == part
        for waiting in unit.pending
    )
