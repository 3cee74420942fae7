"""Copies of checkpoints outside the house, and the people who receive them.

Whoever holds the key and the database can rewrite the trail and sign it again; only a copy that lies elsewhere proves it. A controller's mail
server that accepted a document with the checkpoint in it, a witness to whom it was mailed, a person who keeps it: each is such a copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from dpa.evidence.events import Event
from dpa.evidence.trail import append, witnesses
from dpa.evidence.trail.checkpoints import insert_new
from dpa.evidence.trail.models import TrailAnchor, TrailCheckpoint, TrailEvent, table
from dpa.evidence.trail.signed import Signed
from dpa.problems import Conflict, NotFound
from dpa.unit import Unit
from dpa.web import words

WITNESS, DOCUMENT, STAMP, KEPT, CONTRARY = "witness", "document", "stamp", "kept", "contrary"
KINDS = (WITNESS, DOCUMENT, STAMP, KEPT, CONTRARY)
OUTSIDE = (WITNESS, DOCUMENT, KEPT)
"""Kinds of which somebody else holds the copy. A time-stamp only lies in our own table: it proves the date of a note, but whoever
rewrites the trail can throw it away unnoticed, so it does not count as held outside."""
PLACE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Outside:
    """The newest checkpoint of which somebody outside holds a copy."""

    at: datetime
    """When that checkpoint was taken: what happened later is not yet protected by it, however late the copy was delivered."""
    kind: str
    """How it left the house: witness, document or kept."""
    size: int
    """How many events it covers."""


def hold(unit: Unit, size: int, kind: str, reference: str, target: str, *, receipt: bytes | None = None) -> TrailAnchor:
    """Note that a copy of a checkpoint is held outside since now; a second call with the same kind, reference and size changes nothing.

    `reference` names what made it (`message:17`, `document:4`), `target` where it is: a witness by its number (`witness:3`), never by name or
    address, a person's place in words. `receipt` proves it (a time-stamp token, DER; a note that contradicts). The act behind it has an event of its own. Raises `NotFound` for a size without checkpoint.
    """
    hold_many(unit, kind, {reference: size}, target=target, receipt=receipt)
    return unit.session.scalars(_anchor(size, kind, reference)).one()


def hold_many(unit: Unit, kind: str, sizes: Mapping[str, int], *, target: str = "", receipt: bytes | None = None) -> None:
    """Note that copies of checkpoints are held outside since now, each given by its reference with its size; see `hold`."""
    assert kind in KINDS, kind
    known = set(unit.session.scalars(select(TrailCheckpoint.size).where(TrailCheckpoint.size.in_(set(sizes.values())))))
    for size in sizes.values():
        if size not in known:
            raise NotFound(f"There is no checkpoint over {size} events.")
    rows = [
        {"size": size, "kind": kind, "reference": reference, "target": target, "receipt": receipt, "at": unit.now}
        for reference, size in sizes.items()
    ]
    if rows:
        connection = unit.session.connection()
        connection.execute(insert_new(connection, table(TrailAnchor)), rows)


def newest_outside(session: Session) -> Outside | None:
    """Return the checkpoint over the most events that somebody outside holds; none before the first."""
    statement = (
        select(TrailCheckpoint.at, TrailAnchor.kind, TrailAnchor.size)
        .join(TrailCheckpoint, TrailCheckpoint.size == TrailAnchor.size)
        .where(TrailAnchor.kind.in_(OUTSIDE)).order_by(TrailAnchor.size.desc(), TrailAnchor.id).limit(1)
    )
    row = session.execute(statement).one_or_none()
    return Outside(row.at, row.kind, row.size) if row else None


def oldest_event_at(session: Session) -> datetime | None:
    """Return the instant of the first event, from which the clock runs before the first copy; none while the trail is empty."""
    return session.scalar(select(TrailEvent.at).where(TrailEvent.idx == 0))


def anchors_of(session: Session, size: int) -> Sequence[TrailAnchor]:
    """Return the copies of one checkpoint, oldest first."""
    return session.scalars(select(TrailAnchor).where(TrailAnchor.size == size).order_by(TrailAnchor.id)).all()


def keep(unit: Unit, size: int, where: str, *, compared: bool = False) -> TrailAnchor:
    """Record that the person who acts keeps a copy of the checkpoint outside, and where; the place may name somebody, so it can be erased.

    `compared` says whether the kept note was shown and is the same (`comparing.compare`). Raises `NotFound` for a size without checkpoint,
    `Invalid` without a place, `Conflict` when this person said so before.
    """
    place = witnesses.line(where, "where", "Say where the copy will be kept, such as “printed, safe of the auditor”.", PLACE_LENGTH)
    reference = keeper(unit.actor)
    if kept_by(unit.session, size, unit.actor) is not None:
        raise Conflict(f"You have already said where you keep the checkpoint over {size} events.")
    found = hold(unit, size, KEPT, reference, place)
    found.compared_at = unit.now if compared else None
    append.record(unit, Event.CHECKPOINT_KEPT, subject=("checkpoint", size), organisation_id=None, data={"size": size, "compared": compared},
                  personal={"where": place})
    return found


def note_compared(unit: Unit, anchor: TrailAnchor) -> None:
    """Record that the kept note was shown and is the same as the stored one."""
    anchor.compared_at = unit.now
    append.record(unit, Event.CHECKPOINT_COMPARED, subject=("checkpoint", anchor.size), organisation_id=None, data={"size": anchor.size})


def hold_contrary(unit: Unit, note: Signed) -> TrailAnchor:
    """Keep a note from outside that contradicts the trail, so that each verification from now on compares with it.

    It stays until a new line of checkpoints is begun for a reason. Does not count as held outside.
    """
    found = hold(unit, note.size, CONTRARY, keeper(unit.actor), "", receipt=note.note.encode())
    append.record(unit, Event.CHECKPOINT_CONTRADICTED, subject=("checkpoint", note.size), organisation_id=None, data={"size": note.size})
    return found


def keeper(actor: str) -> str:
    """Return how anchors name a person who keeps a copy."""
    return f"person:{actor.removeprefix('u:')}"


def kept_by(session: Session, size: int, actor: str) -> TrailAnchor | None:
    """Return the copy this person keeps of a checkpoint; none when they keep none."""
    return session.scalars(_anchor(size, KEPT, keeper(actor))).first()


def checkpoint_names(_session: Session, keys: Sequence[str]) -> dict[str, str]:
    """Return the names of checkpoints by size."""
    return {key: f"Checkpoint over {words.plural(int(key), 'event')}" for key in keys if key.isdigit()}


def _anchor(size: int, kind: str, reference: str) -> Select[TrailAnchor]:
    return select(TrailAnchor).where(TrailAnchor.size == size, TrailAnchor.kind == kind, TrailAnchor.reference == reference)

