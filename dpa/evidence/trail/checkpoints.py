"""Signed checkpoints: taking them, never against an earlier one, and finding them again.

The note goes into `checkpoints.log` beside the key first and into the table second, so that a crash between the two leaves a line
that the next checkpoint puts back. C2SP tlog-checkpoint: a log must not sign a checkpoint that is inconsistent with one it signed.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence.events import Event
from dpa.evidence.trail import append, bodies, keys
from dpa.evidence.trail.checkpoint_log import Damage, Entry, LockedLog
from dpa.evidence.trail.keys import Signer, signer_for
from dpa.evidence.trail.models import TrailAnchor, TrailCheckpoint, TrailHead, TrailKey, table
from dpa.evidence.trail.nodes import stored_nodes
from dpa.evidence.trail.notes import Checkpoint, NoteError, SigningKey, open_checkpoint, parse, sign
from dpa.evidence.trail.tree import Frontier, Nodes, TreeError, root_at
from dpa.problems import Problem
from dpa.unit import Unit

__all__ = [
    "CheckpointRefused", "NothingToSign", "Signer", "begin_anew", "checkpoint", "covering", "examine", "newest", "repair", "rotate",
    "signer_for", "take",
]

DAILY, DOCUMENT, REQUEST, KEY, COMMAND = "daily", "document", "request", "key", "command"
"""Reasons for which checkpoints are made."""

_ANCHOR, _CHECKPOINT, _HEAD, _KEY = table(TrailAnchor), table(TrailCheckpoint), table(TrailHead), table(TrailKey)


class CheckpointRefused(Problem):
    """Nothing was signed, because the trail contradicts a checkpoint that was signed before, or there is nothing to sign."""


class NothingToSign(CheckpointRefused):
    """Nothing was signed, and nothing is wrong with the trail either."""


def take(unit: Unit, signer: Signer, reason: str) -> TrailCheckpoint:
    """Return a signed checkpoint of the trail as it was committed last; the newest one when the trail has not grown since.

    Belongs at the beginning of a unit: what the unit itself records is not part of it. Records no event of its own. Raises
    `CheckpointRefused` when the trail is empty, shorter than what was signed before, or another trail.
    """
    connection = unit.session.connection()
    repair(connection, signer.folder)
    with signer.log.locked() as log:
        signer = _current(signer)
        # The head is read under the lock: whoever signed more before us had it committed.
        size, nodes = _head(connection), stored_nodes(connection)
        entries, logged = _agree(connection, signer, size, nodes)
        successor = _successor(connection, signer)
        if logged != size or successor is not None:
            entries.append(_sign(unit, signer, successor, log, Checkpoint(signer.origin, size, root_at(size, nodes)), reason))
    # Outside the lock, since it may wait for somebody else who is storing the same row.
    _store(connection, entries)
    signer = _current(signer)
    _register(connection, (signer.key, signer.next_key) if signer.next_key else (signer.key,), size, unit.now)
    found = unit.session.get(TrailCheckpoint, size, populate_existing=True)
    assert found is not None
    return found


def rotate(unit: Unit, settings: Settings) -> SigningKey:
    """Make the key that signs from the next checkpoint on, and record it; returns that key.

    The next checkpoint covers this event and carries the signatures of both keys, so whoever trusts the former key can follow to the
    new one; then only the public half of the former is kept. Take one right after this unit. Raises `CheckpointRefused` as `take` does.
    """
    connection = unit.session.connection()
    signer = signer_for(settings)
    with signer.log.locked():
        signer = _current(signer)
        size = _head(connection)
        _agree(connection, signer, size, stored_nodes(connection))
        if _successor(connection, signer) is not None:
            raise NothingToSign("A new key was made already and waits for its first checkpoint; run `dpa trail checkpoint`.")
        fresh = SigningKey(signer.origin, secrets.token_bytes(bodies.SALT_BYTES))
        (signer.folder / keys.NEXT).unlink(missing_ok=True)
        keys.write_once(signer.folder / keys.NEXT, fresh)
    enrol(connection, fresh, size, unit.now)
    append.record(unit, Event.KEY_ROTATED, subject=("trail", 1), organisation_id=None,
                  data={"old": signer.key.verifier.key_id.hex(), "new": fresh.verifier.key_id.hex(), "vkey": fresh.verifier.encode()})
    return fresh


def examine(engine: Engine, settings: Settings) -> None:
    """Compare the trail with its head, its newest checkpoint and the end of the log, as before signing, and sign nothing.

    Cheap, so it runs whenever a process starts. Raises `CheckpointRefused`, also when the database holds checkpoints and the folder of
    keys no key; `NothingToSign` for an empty trail.
    """
    folder = keys.folder_of(settings)
    if not (folder / keys.CURRENT).exists():
        with engine.connect() as connection:
            if connection.execute(select(_CHECKPOINT.c.size).limit(1)).first() is not None:
                raise CheckpointRefused("The database holds checkpoints, but the folder of keys holds no key that signed them; restore the folder "
                                        "from its backup, or, if it is lost, begin anew with `dpa trail rotate-key --anew`.")
        return
    signer = keys.load(folder)
    with signer.log.still(), engine.connect() as connection:
        _agree(connection, _current(signer), _head(connection), stored_nodes(connection))


def begin_anew(unit: Unit, settings: Settings, reason: str) -> SigningKey:
    """Begin a new line of checkpoints under a new name: after the key was lost or told, or an older database was restored.

    Returns the key, which signs from the commit on: call `repair` then; where a crash keeps it from being called, the next start or
    checkpoint does. The former log is set aside under the name of its origin, so that nothing signed before is lost, and the reason is
    recorded (as a personal part, since it may name somebody). Verification goes on comparing with every checkpoint in the database.
    """
    connection = unit.session.connection()
    # Whoever begins anew at the same time waits here, and finds our key in its place.
    connection.execute(select(_HEAD.c.id).with_for_update()).all()
    repair(connection, keys.folder_of(settings))
    fresh = keys.prepare_anew(settings)
    _register(connection, (fresh,), _head(connection), unit.now)
    # Whoever begins anew has looked at what contradicted and gives the reason; otherwise a finding would stand for ever.
    connection.execute(delete(_ANCHOR).where(_ANCHOR.c.kind == "contrary"))
    append.record(unit, Event.KEY_BEGUN_ANEW, subject=("trail", 1), organisation_id=None,
                  data={"new": fresh.verifier.key_id.hex(), "vkey": fresh.verifier.encode()}, personal={"reason": reason})
    return fresh


def repair(connection: Connection, folder: Path) -> None:
    """Put the key of a line begun anew into its place, once its act is committed; one whose act was rolled back takes over nothing."""
    waiting = keys.waiting_anew(folder)
    if waiting is not None and _is_registered(connection, waiting):
        keys.put_in_place(folder)


def newest(session: Session) -> TrailCheckpoint | None:
    """Return the checkpoint over the most events; none before the first."""
    return session.scalars(select(TrailCheckpoint).order_by(TrailCheckpoint.size.desc()).limit(1)).first()


def checkpoint(session: Session, size: int) -> TrailCheckpoint | None:
    """Return the checkpoint of this size, or none."""
    return session.get(TrailCheckpoint, size)


def covering(session: Session, idx: int) -> TrailCheckpoint | None:
    """Return the first checkpoint that covers an event; none while it is younger than the newest."""
    return session.scalars(select(TrailCheckpoint).where(TrailCheckpoint.size > idx).order_by(TrailCheckpoint.size).limit(1)).first()


def _current(signer: Signer) -> Signer:
    """Return the signer as it is on the disk now; somebody may have changed the key since it was loaded."""
    return keys.load(signer.folder)


def _head(connection: Connection) -> int:
    head = connection.execute(select(_HEAD.c.size).where(_HEAD.c.id == 1)).scalar_one_or_none()
    if not head:
        raise NothingToSign("The trail has no events yet, so there is nothing to sign; act first, then take a checkpoint.")
    return int(head)


def _agree(connection: Connection, signer: Signer, size: int, nodes: Nodes) -> tuple[list[Entry], int]:
    """Refuse unless the trail agrees with its head and everything signed.

    Returns the entries of the log that the table lacks, and the size of the log's last one (0 without any).
    """
    head = connection.execute(select(_HEAD.c.size, _HEAD.c.frontier).where(_HEAD.c.id == 1)).one()
    try:
        if head.size == size and Frontier.from_bytes(size, head.frontier).root() != root_at(size, nodes):
            raise CheckpointRefused("The trail's head does not match its events, so nothing is signed; run `dpa trail verify` and keep a "
                                    "copy of the database as it is.")
    except (TreeError, TypeError, IndexError) as error:
        raise CheckpointRefused(f"The stored tree of the trail is damaged ({error}), so nothing is signed; run `dpa trail verify` and keep "
                                "a copy of the database as it is.") from None
    newest_row = _agrees_with_newest_row(connection, signer, size, nodes)
    missing: list[Entry] = []
    logged = 0
    for entry in signer.log.newest_first():
        if isinstance(entry, Damage):
            raise CheckpointRefused(f"{keys.LOG} is damaged at byte {entry.offset} ({entry.why}), so nothing is signed; restore the file from "
                                    "its backup.")
        known = connection.execute(select(_CHECKPOINT.c.size).where(_CHECKPOINT.c.size == entry.checkpoint.size)).first() is not None
        if not logged or not known:
            _agrees_with_entry(signer, entry, size, nodes, newest_row)
        logged = logged or entry.checkpoint.size
        if known:
            break
        missing.append(entry)
    return missing, logged


def _agrees_with_newest_row(connection: Connection, signer: Signer, size: int, nodes: Nodes) -> int:
    """Refuse unless the trail agrees with the newest checkpoint in the database; returns its size, 0 without any."""
    row = connection.execute(select(_CHECKPOINT).order_by(_CHECKPOINT.c.size.desc()).limit(1)).one_or_none()
    if row is None:
        return 0
    try:
        signed = Checkpoint.parse(parse(row.note)[0])
    except NoteError as error:
        raise CheckpointRefused(f"The newest checkpoint in the database, over {row.size} events, is no signed note ({error}), so nothing "
                                "is signed; run `dpa trail verify`.") from None
    if signed.origin != signer.origin and not _is_registered(connection, signer.key):
        raise CheckpointRefused(
            f"The checkpoints in the database were signed for {signed.origin}, but the folder of keys holds the key of {signer.origin}; restore "
            "the folder from its backup, or, if it is lost, begin anew with `dpa trail rotate-key --anew`.")
    if signed.origin == signer.origin:
        _compare(Checkpoint(signed.origin, row.size, bytes.fromhex(row.root)), row.at, "the database", size, nodes, row.size)
    return int(row.size)


def _agrees_with_entry(signer: Signer, entry: Entry, size: int, nodes: Nodes, newest_row: int) -> None:
    where = keys.LOG
    if entry.checkpoint.origin != signer.origin:
        raise CheckpointRefused(f"{where} was written for {entry.checkpoint.origin}, not for {signer.origin}, so nothing is signed; restore "
                                "the folder from its backup.")
    try:
        open_checkpoint(entry.note, signer.known)
    except NoteError as error:
        raise CheckpointRefused(f"The checkpoint over {entry.checkpoint.size} events in {where} is not sound ({error}), so nothing is "
                                "signed; restore the file from its backup.") from None
    _compare(entry.checkpoint, entry.at, where, size, nodes, newest_row)


def _compare(signed: Checkpoint, at: datetime, where: str, size: int, nodes: Nodes, newest_row: int) -> None:
    named = f"the checkpoint of {at:%Y-%m-%d %H:%M} UTC in {where}"
    if signed.size > size:
        raise CheckpointRefused(
            f"The trail holds {size} events, but {named} covers {signed.size}, so nothing is signed: events were removed, or an older copy of "
            "the database was restored; find out which, and only after a restore begin anew with `dpa trail rotate-key --anew`.")
    if root_at(signed.size, nodes) != signed.root:
        # An older copy agrees with all that it holds itself; only what was signed since knows more.
        older = ", or an older copy of the database was restored and acts were added since" if newest_row < signed.size else ""
        raise CheckpointRefused(
            f"The first {signed.size} events are not those of {named}, so nothing is signed: they were changed after it{older}; run "
            "`dpa trail verify` and keep a copy of the database as it is.")


def _successor(connection: Connection, signer: Signer) -> SigningKey | None:
    """Return the next key once the event of its rotation is committed; one whose unit was rolled back takes over nothing."""
    return signer.next_key if signer.next_key is not None and _is_registered(connection, signer.next_key) else None


def _sign(unit: Unit, signer: Signer, successor: SigningKey | None, log: LockedLog, signed: Checkpoint, reason: str) -> Entry:
    # With both signatures over a trail that names the successor, the former key vouches for it.
    note = sign(signed.text(), [signer.key, successor] if successor else [signer.key])
    try:
        log.append(note, unit.now, reason)
    except OSError as error:
        raise NothingToSign(f"The checkpoint could not be written to {keys.LOG} ({error.strerror}), so it does not count as signed; see that the disk has "
                            "room and the folder of keys can be written. The next checkpoint is tried as usual.") from None
    if successor:
        keys.promote(signer)
    return Entry(unit.now, reason, note, signed, 0)


def _store(connection: Connection, entries: list[Entry]) -> None:
    rows = [{"size": entry.checkpoint.size, "root": entry.checkpoint.root.hex(), "note": entry.note, "reason": entry.reason[:40], "at": entry.at}
            for entry in sorted(entries, key=lambda entry: entry.checkpoint.size)]
    if rows:
        # Somebody else may be storing the same checkpoints at this moment, and in the same order, so that nobody waits in a circle.
        connection.execute(insert_new(connection, _CHECKPOINT), rows)


def _is_registered(connection: Connection, key: SigningKey) -> bool:
    return connection.execute(select(_KEY.c.key_id).where(_KEY.c.key_id == key.verifier.key_id.hex())).first() is not None


def _register(connection: Connection, signing: Sequence[SigningKey], size: int, now: datetime) -> None:
    """Make the first of these keys known on its first use, and close all that sign no more."""
    enrol(connection, signing[0], size, now)
    named = [key.verifier.key_id.hex() for key in signing]
    connection.execute(update(_KEY).where(_KEY.c.valid_to_size.is_(None), _KEY.c.key_id.not_in(named)).values(valid_to_size=size))


def enrol(connection: Connection, key: SigningKey, size: int, now: datetime) -> None:
    """Keep the public half of a key in the table, once."""
    row = {"key_id": key.verifier.key_id.hex(), "vkey": key.verifier.encode(), "valid_from_size": size, "created_at": now}
    connection.execute(insert_new(connection, _KEY), [row])


def insert_new(connection: Connection, target: Table) -> Any:
    """Return an insert that leaves rows alone that are there already."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(target).on_conflict_do_nothing()

