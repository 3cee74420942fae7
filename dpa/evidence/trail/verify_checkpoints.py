"""The part of verification that compares the trail with what was signed: checkpoints in the table, in the log beside the key, and handed in.

While the tree is built anew, its root is compared at the size of each checkpoint. Somebody who edits an old event and then computes
leaves, nodes and head anew is found here, by any checkpoint younger than the event that he could not change too.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from dpa.config import Settings
from dpa.evidence.trail import keys
from dpa.evidence.trail.checkpoint_log import CheckpointLog, Damage
from dpa.evidence.trail.disagreements import Disagreements
from dpa.evidence.trail.findings import Findings
from dpa.evidence.trail.models import TrailAnchor, TrailCheckpoint, TrailKey, table
from dpa.evidence.trail.notes import Checkpoint, NoteError, VerifierKey, open_checkpoint, parse
from dpa.evidence.trail.signed import DATABASE, LOG, Signed, judged, pasted, signed
from dpa.evidence.trail.tree import Frontier

PAGE = 500
_ANCHOR, _CHECKPOINT, _KEY = table(TrailAnchor), table(TrailCheckpoint), table(TrailKey)


@dataclass(frozen=True, slots=True)
class Against:
    """What lies outside the database and is compared with it."""

    log: Path | None = None
    """The log of checkpoints; none to do without."""
    until: int = 0
    """How long the log was before the trail was read, in bytes."""
    keys: tuple[VerifierKey, ...] = ()
    """Keys whose signatures count beside those in the database, current one first."""
    notes: tuple[Signed, ...] = ()
    """Checkpoints handed in."""
    vouched: tuple[VerifierKey, ...] = ()
    """Keys for the checkpoints handed in that whoever asks trusts, whatever this installation knows of them."""


NOTHING = Against()


def beside_the_key(
    settings: Settings, notes: tuple[Signed, ...] = (), *, log: bool = True, vouched: tuple[VerifierKey, ...] = ()
) -> Against:
    """Return what this installation has to compare with; makes nothing. Call it before the database is read."""
    folder = keys.folder_of(settings)
    if not log:
        return Against(notes=notes, vouched=vouched)
    if not (folder / keys.CURRENT).exists():
        # Whoever rewrites the trail must not get rid of the log by taking the key away: what it holds was signed, by whatever key.
        lone = CheckpointLog(folder / keys.LOG)
        if lone.length():
            return Against(lone.path, lone.length(), keys.retired(folder), notes, vouched)
        return Against(notes=notes, vouched=vouched)
    signer = keys.load(folder)
    coming = (signer.next_key.verifier,) if signer.next_key else ()
    return Against(signer.log.path, signer.log.length(), (*signer.known, *coming), notes, vouched)


class CheckpointCheck:
    """Compares the tree with one checkpoint after another while it grows."""

    def __init__(self, connection: Connection, findings: Findings, against: Against, tables: Collection[str]) -> None:
        self.connection = connection
        self.findings = findings
        self.against = against
        self.said = Disagreements()
        """What the checkpoints say, told when all were compared."""
        self._stored = {_CHECKPOINT.name, _KEY.name} <= set(tables)
        self._keys = (*against.keys, *self._registered())
        known = (*self._keys, *against.vouched)
        notes, self.set_aside = judged(against.notes, known)
        if _ANCHOR.name in tables:
            notes += judged(self._contrary(), known)[0]
        self._newest_row = self._last_size()
        self._groups = groupby(heapq.merge(self._rows(), self._log(), sorted(notes, key=_size), key=_size), key=_size)
        self.wanted = -1
        """Size at which the tree is to be compared next; -1 when there is none."""
        self._waiting: list[Signed] = []
        self._advance()

    def reach(self, frontier: Frontier) -> None:
        """Compare everything signed at this size."""
        root = frontier.root()
        # What disagrees comes first: whether the others were signed anew is seen by it.
        for same in sorted(self._by_root(), key=lambda same: same[0].root == root):
            sound = self._sound(same)
            if sound and same[0].root == root:
                self.said.agree(sound)
            elif sound:
                self.said.disagree(sound)
        self._check_sources()
        self._advance()

    def finish(self, size: int) -> None:
        """After the last event: what covers more events than there are shows that some were removed. Tells everything."""
        while self.wanted >= 0:
            if self.wanted > size:
                for same in self._by_root():
                    sound = self._sound(same) if any(item.firm for item in same) else []
                    if sound:
                        self.said.beyond(sound)
            self._advance()
        self.said.tell(self.findings, size, self._newest_row)

    def _advance(self) -> None:
        size, group = next(self._groups, (-1, iter(())))
        while size == 0:  # The empty trail is the beginning of every trail.
            size, group = next(self._groups, (-1, iter(())))
        self.wanted, self._waiting = size, list(group)

    def _by_root(self) -> list[list[Signed]]:
        roots = dict.fromkeys(item.root for item in self._waiting)
        return [[item for item in self._waiting if item.root == root] for root in roots]

    def _sound(self, same: list[Signed]) -> list[Signed]:
        """Return those that are soundly signed; only they say anything about the trail."""
        sound = []
        for note in dict.fromkeys(item.note for item in same):
            having = [item for item in same if item.note == note]
            if any(item.is_outside for item in having):  # Judged when it was handed in.
                sound += having
                continue
            try:
                found = open_checkpoint(note, self._keys)
            except NoteError as error:
                self.said.unsigned.add(having, str(error))
                continue
            if (found.size, found.root) != (same[0].size, same[0].root):
                self.said.differing.add(having)
                continue
            sound += having
        return sound

    def _check_sources(self) -> None:
        """Each checkpoint is in the log before it is in the table, and in the table before the next one is."""
        if self.against.log is None:
            return
        rows, logged = ([item for item in self._waiting if item.where == where] for where in (DATABASE, LOG))
        ours = self.against.keys[0].name if self.against.keys else ""
        if not logged and any(item.origin == ours for item in rows):
            self.said.unlogged.add(rows)
        if logged and not rows and self.wanted < self._newest_row:
            self.said.removed.add(logged)

    def _registered(self) -> tuple[VerifierKey, ...]:
        if not self._stored:
            return ()
        found = []
        ours = {key.name for key in self.against.keys[:1]}
        for row in self.connection.execute(select(_KEY.c.key_id, _KEY.c.vkey).order_by(_KEY.c.key_id)):
            try:
                key = VerifierKey.parse(row.vkey)
            except NoteError as error:
                self.findings.add(None, None, f"the signing key {row.key_id} in the database is no key: {error}")
                continue
            if key.name in ours and key not in self.against.keys:
                self.findings.add(None, None, f"the signing key {row.key_id} in the database is not among the keys in the folder of keys")
                continue
            found.append(key)
        return tuple(found)

    def _contrary(self) -> tuple[Signed, ...]:
        """Return the notes from outside that were shown here and contradicted: what contradicts once contradicts until somebody begins anew."""
        found = []
        for row in self.connection.execute(select(_ANCHOR.c.receipt).where(_ANCHOR.c.kind == "contrary")):
            with suppress(NoteError):
                found.append(pasted(bytes(row.receipt or b"").decode(errors="replace"), "a note that was kept and shown here"))
        return tuple(found)

    def _last_size(self) -> int:
        newest = select(_CHECKPOINT.c.size).order_by(_CHECKPOINT.c.size.desc()).limit(1)
        return (self.connection.execute(newest).scalar() or 0) if self._stored else 0

    def _rows(self) -> Iterator[Signed]:
        last, more = -1, self._stored
        while more:
            page = select(_CHECKPOINT).where(_CHECKPOINT.c.size > last).order_by(_CHECKPOINT.c.size).limit(PAGE)
            rows = self.connection.execute(page).all()
            for row in rows:
                found = self._row(row)
                if found is not None:
                    yield found
            more = len(rows) == PAGE
            last = rows[-1].size if rows else last

    def _row(self, row: Any) -> Signed | None:
        try:
            return Signed(row.size, bytes.fromhex(row.root), Checkpoint.parse(parse(row.note)[0]).origin, row.at, row.note, DATABASE)
        except (NoteError, ValueError) as error:
            self.findings.add(None, None, f"the checkpoint over {row.size} events in the database is no signed note: {error}")
            return None

    def _log(self) -> Iterator[Signed]:
        if self.against.log is None:
            return
        before = 0
        for entry in CheckpointLog(self.against.log).entries():
            if isinstance(entry, Damage):
                self.findings.add(None, None, f"{LOG} is damaged at byte {entry.offset}: {entry.why}")
            elif entry.checkpoint.size < before:
                self.findings.add(None, None, f"{LOG} steps back from {before} to {entry.checkpoint.size} events at byte {entry.offset}")
            else:
                before = entry.checkpoint.size
                yield signed(entry.note, entry.checkpoint, entry.at, LOG, firm=entry.offset < self.against.until)


def _size(item: Signed) -> int:
    return item.size
