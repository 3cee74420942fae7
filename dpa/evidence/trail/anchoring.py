"""Copies of checkpoints outside the house, and the people who receive them.

Whoever holds the key and the database can rewrite the trail and sign it again; only a copy that lies elsewhere proves it. A controller's mail
server that accepted a document with the checkpoint in it, a witness to whom it was mailed, a person who keeps it: each is such a copy.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from dpa.evidence.events import Event
from dpa.evidence.trail import append, bodies
from dpa.evidence.trail.checkpoints import insert_new
from dpa.evidence.trail.models import TrailAnchor, TrailCheckpoint, TrailEvent, TrailWitness, table
from dpa.problems import Conflict, Invalid, NotFound
from dpa.unit import Unit
from dpa.web import words

WITNESS, DOCUMENT, STAMP, KEPT = "witness", "document", "stamp", "kept"
KINDS = (WITNESS, DOCUMENT, STAMP, KEPT)
OUTSIDE = (WITNESS, DOCUMENT, KEPT)
"""Kinds of which somebody else holds the copy. A time-stamp only lies in our own table: it proves the date of a note, but whoever
rewrites the trail can throw it away unnoticed, so it does not count as held outside."""
NAME_LENGTH, ADDRESS_LENGTH, PLACE_LENGTH = 200, 254, 500


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

    `reference` names what made it (`message:17`, `document:4`), `target` says in words where it is, `receipt` proves it (a
    time-stamp token, DER). The act behind it has an event of its own. Raises `NotFound` for a size without checkpoint.
    """
    assert kind in KINDS, kind
    if unit.session.get(TrailCheckpoint, size) is None:
        raise NotFound(f"There is no checkpoint over {size} events.")
    row = {"size": size, "kind": kind, "reference": reference, "target": target, "receipt": receipt, "at": unit.now}
    connection = unit.session.connection()
    connection.execute(insert_new(connection, table(TrailAnchor)), [row])
    return unit.session.scalars(_anchor(size, kind, reference)).one()


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


def keep(unit: Unit, size: int, where: str) -> TrailAnchor:
    """Record that the person who acts keeps a copy of the checkpoint outside, and where; the place may name somebody, so it can be erased.

    Raises `NotFound` for a size without checkpoint, `Invalid` without a place, `Conflict` when this person said so before.
    """
    place = _line(where, "where", "Say where the copy will be kept, such as “printed, safe of the auditor”.", PLACE_LENGTH)
    reference = f"person:{unit.actor.removeprefix('u:')}"
    if unit.session.scalars(_anchor(size, KEPT, reference)).first() is not None:
        raise Conflict(f"You have already said where you keep the checkpoint over {size} events.")
    found = hold(unit, size, KEPT, reference, place)
    append.record(unit, Event.CHECKPOINT_KEPT, subject=("checkpoint", size), organisation_id=None, data={"size": size},
                  personal={"where": place})
    return found


def add_witness(unit: Unit, organisation_id: int, name: str, address: str, own_domains: Collection[str] = ()) -> TrailWitness:
    """Name somebody outside to whom the checkpoint is mailed every day. Raises `Invalid` or, for an address named before, `Conflict`.

    An address at one of the organisation's own mail domains is refused: such a copy would not be outside.
    """
    title = _line(name, "name", "Say who reads there.", NAME_LENGTH)
    found = _line(address, "address", "Give the mail address of somebody outside your organisation.", ADDRESS_LENGTH)
    if not bodies.MAIL_ADDRESS.fullmatch(found):
        raise Invalid("A mail address looks like auditor@example.org.", field="address")
    _must_be_mailable(found)
    domain = found.rpartition("@")[2].casefold()
    if any(domain == own.casefold() or domain.endswith(f".{own.casefold()}") for own in own_domains):
        raise Invalid(f"{domain} is one of your own mail domains; a witness must be outside your organisation.", field="address")
    if any(row.address.casefold() == found.casefold() for row in witnesses(unit.session, [organisation_id])):
        raise Conflict(f"{found} already receives the checkpoints.", field="address")
    row = TrailWitness(organisation_id=organisation_id, name=title, address=found, added_at=unit.now, added_by=unit.actor)
    unit.session.add(row)
    unit.session.flush()
    append.record(unit, Event.WITNESS_ADDED, subject=("witness", row.id), organisation_id=organisation_id, covers=[row],
                  personal={"name": title, "address": found})
    return row


def _must_be_mailable(address: str) -> None:
    """Raise `Invalid` for an address the mail server could never be told: it would be mailed nothing, and nobody would notice."""
    local, _, domain = address.rpartition("@")
    try:
        domain.encode("idna")
    except UnicodeError:
        raise Invalid(f"{domain} is not a domain mail can go to; look for a dot too many.", field="address") from None
    if not local.isascii():
        raise Invalid("Mail cannot go to this address: the part before the @ must be plain letters.", field="address")


def remove_witness(unit: Unit, organisation_ids: Collection[int], witness_id: int) -> TrailWitness:
    """Mail no more checkpoints to a witness. Raises `NotFound` for one of another organisation or one removed before."""
    row = unit.session.get(TrailWitness, witness_id)
    if row is None or row.organisation_id not in organisation_ids or row.removed_at is not None:
        raise NotFound("There is no such witness.")
    row.removed_at = unit.now
    append.record(unit, Event.WITNESS_REMOVED, subject=("witness", row.id), organisation_id=row.organisation_id, covers=[row])
    return row


def witnesses(session: Session, organisation_ids: Collection[int]) -> Sequence[TrailWitness]:
    """Return whom these organisations have named and not removed, oldest first."""
    wanted = TrailWitness.organisation_id.in_(organisation_ids), TrailWitness.removed_at.is_(None)
    return session.scalars(select(TrailWitness).where(*wanted).order_by(TrailWitness.id)).all()


def witness_names(session: Session, keys: Sequence[str]) -> dict[str, str]:
    """Return the names of witnesses by number, also of removed ones, for the trail's page."""
    numbers = [int(key) for key in keys if key.isdigit()]
    rows = session.execute(select(TrailWitness.id, TrailWitness.name).where(TrailWitness.id.in_(numbers)))
    return {str(row.id): f"Witness {row.name}" for row in rows}


def checkpoint_names(_session: Session, keys: Sequence[str]) -> dict[str, str]:
    """Return the names of checkpoints by size."""
    return {key: f"Checkpoint over {words.plural(int(key), 'event')}" for key in keys if key.isdigit()}


def _anchor(size: int, kind: str, reference: str) -> Select[TrailAnchor]:
    return select(TrailAnchor).where(TrailAnchor.size == size, TrailAnchor.kind == kind, TrailAnchor.reference == reference)


def _line(text: str, field: str, sentence: str, most: int) -> str:
    found = " ".join(text.split())
    if not found or not found.isprintable():
        raise Invalid(sentence, field=field)
    if len(found) > most:
        raise Invalid(f"Use at most {most} characters.", field=field)
    return found
