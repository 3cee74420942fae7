"""The part of verification that compares the trail with what was signed: checkpoints in the table, in the log beside the key, and handed in.

While the tree is built anew, its root is compared at the size of each checkpoint. Somebody who edits an old event and then computes
leaves, nodes and head anew is found here, by any checkpoint younger than the event that he could not change too.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from dpa.config import Settings
from dpa.evidence.trail import keys
from dpa.evidence.trail.checkpoint_log import CheckpointLog, Damage
from dpa.evidence.trail.findings import Findings
from dpa.evidence.trail.models import TrailCheckpoint, TrailKey, table
from dpa.evidence.trail.notes import Checkpoint, NoteError, VerifierKey, open_checkpoint, parse
from dpa.evidence.trail.tree import Frontier
from dpa.problems import Invalid

PAGE = 500
DATABASE, LOG = "the database", keys.LOG
_CHECKPOINT, _KEY = table(TrailCheckpoint), table(TrailKey)


@dataclass(frozen=True, slots=True)
class Signed:
    """One signed checkpoint from one source."""

    size: int
    root: bytes
    origin: str
    at: datetime | None
    """When it was signed, as its source says; none for a note handed in."""
    note: str
    where: str
    """Its source, in words."""
    firm: bool = True
    """Whether it was there before the trail was read; a younger one may cover more events than were read."""


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


NOTHING = Against()


def beside_the_key(settings: Settings, notes: tuple[Signed, ...] = (), *, log: bool = True) -> Against:
    """Return what this installation has to compare with; makes nothing. Call it before the database is read."""
    folder = keys.folder_of(settings)
    if not log:
        return Against(notes=notes)
    if not (folder / keys.CURRENT).exists():
        # Whoever rewrites the trail must not get rid of the log by taking the key away: what it holds was signed, by whatever key.
        lone = CheckpointLog(folder / keys.LOG)
        return Against(lone.path, lone.length(), keys.retired(folder), notes) if lone.length() else Against(notes=notes)
    signer = keys.load(folder)
    coming = (signer.next_key.verifier,) if signer.next_key else ()
    return Against(signer.log.path, signer.log.length(), (*signer.known, *coming), notes)


def handed_in(path: Path) -> tuple[Signed, ...]:
    """Read a file with one signed checkpoint, or a log of them. Raises `Invalid` when it is neither."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from None
    try:
        if not content.startswith(b"# "):
            note = content.decode().replace("\r\n", "\n").rstrip("\n") + "\n"
            return (_signed(note, Checkpoint.parse(parse(note)[0]), None, str(path)),)
        found = []
        for entry in CheckpointLog(path).entries():
            if isinstance(entry, Damage):
                raise NoteError(f"byte {entry.offset}: {entry.why}")  # noqa: TRY301  told to the person like any other damage
            found.append(_signed(entry.note, entry.checkpoint, entry.at, str(path)))
        return tuple(sorted(found, key=_size))
    except (NoteError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} holds no signed checkpoint: {error}.") from None


class CheckpointCheck:
    """Compares the tree with one checkpoint after another while it grows."""

    def __init__(self, connection: Connection, findings: Findings, against: Against, tables: Collection[str]) -> None:
        self.connection = connection
        self.findings = findings
        self.against = against
        self.compared = 0
        """How many checkpoints agreed."""
        self._agreed = 0
        """Size of the last one that agreed: what changed lies behind it."""
        self._stored = {_CHECKPOINT.name, _KEY.name} <= set(tables)
        self._keys = (*against.keys, *self._registered())
        self._newest_row = self._last_size()
        self._groups = groupby(heapq.merge(self._rows(), self._log(), sorted(against.notes, key=_size), key=_size), key=_size)
        self.wanted = -1
        """Size at which the tree is to be compared next; -1 when there is none."""
        self._waiting: list[Signed] = []
        self._advance()

    def reach(self, frontier: Frontier) -> None:
        """Compare everything signed at this size."""
        root = frontier.root()
        for same in self._by_root():
            named = _named(same)
            self._check_signatures(same, named)
            if same[0].root == root:
                self.compared += 1
                continue
            first, last = min(self._agreed, frontier.size - 1), frontier.size - 1
            self.findings.add(None, None, f"the first {frontier.size} events are not those of {named}: something among the events {first} to "
                                          f"{last} was changed after it was signed", events=(first, last))
        self._check_sources()
        if all(item.root == root for item in self._waiting):
            self._agreed = frontier.size
        self._advance()

    def finish(self, size: int) -> None:
        """After the last event: what covers more events than there are shows that some were removed."""
        while self.wanted >= 0:
            if self.wanted > size:
                for same in self._by_root():
                    if any(item.firm for item in same):
                        named = _named(same)
                        self._check_signatures(same, named)
                        self.findings.add(None, None, f"the trail holds {size} events, but {named} covers {self.wanted}: the newest were removed, "
                                                      "or this is an older copy of the database", events=(size, self.wanted - 1))
            self._advance()

    def _advance(self) -> None:
        size, group = next(self._groups, (-1, iter(())))
        while size == 0:  # The empty trail is the beginning of every trail.
            size, group = next(self._groups, (-1, iter(())))
        self.wanted, self._waiting = size, list(group)

    def _by_root(self) -> list[list[Signed]]:
        roots = dict.fromkeys(item.root for item in self._waiting)
        return [[item for item in self._waiting if item.root == root] for root in roots]

    def _check_signatures(self, same: list[Signed], named: str) -> None:
        for note in dict.fromkeys(item.note for item in same):
            try:
                found = open_checkpoint(note, self._keys)
            except NoteError as error:
                self.findings.add(None, None, f"{named} is not soundly signed: {error}")
            else:
                if (found.size, found.root) != (same[0].size, same[0].root):
                    self.findings.add(None, None, f"the row of {named} says something else than its note")

    def _check_sources(self) -> None:
        """Each checkpoint is in the log before it is in the table, and in the table before the next one is."""
        if self.against.log is None:
            return
        rows, logged = ([item for item in self._waiting if item.where == where] for where in (DATABASE, LOG))
        ours = self.against.keys[0].name if self.against.keys else ""
        if not logged and any(item.origin == ours for item in rows):
            self.findings.add(None, None, f"{_named(rows)} is not in {self.against.log}, where each is written first")
        if logged and not rows and self.wanted < self._newest_row:
            self.findings.add(None, None, f"{_named(logged)} was removed from the database")

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
                self.findings.add(None, None, f"{self.against.log} is damaged at byte {entry.offset}: {entry.why}")
            elif entry.checkpoint.size < before:
                self.findings.add(None, None, f"{self.against.log} steps back from {before} to {entry.checkpoint.size} events at byte {entry.offset}")
            else:
                before = entry.checkpoint.size
                yield _signed(entry.note, entry.checkpoint, entry.at, LOG, firm=entry.offset < self.against.until)


def _signed(note: str, found: Checkpoint, at: datetime | None, where: str, *, firm: bool = True) -> Signed:
    return Signed(found.size, found.root, found.origin, at, note, where, firm)


def _size(item: Signed) -> int:
    return item.size


def _named(same: list[Signed]) -> str:
    at = next((item.at for item in same if item.at is not None), None)
    when = f" of {at:%Y-%m-%d %H:%M} UTC" if at else ""
    return f"the checkpoint{when} over {same[0].size} events in {' and '.join(dict.fromkeys(item.where for item in same))}"
