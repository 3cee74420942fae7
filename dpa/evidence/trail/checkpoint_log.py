"""`checkpoints.log`: every checkpoint that was signed, one note after another, readable by people, only ever added to.

It lies beside the key and outside the database, so that whoever rewrites the database, or brings back an old copy of it, is found out.
Each note stands under a line with its date and reason; a note that a crash cut off is marked as such and passed over.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from dpa.evidence.trail.notes import Checkpoint, NoteError, parse

CHUNK = 1 << 16
_HEADING = b"# "
_NEXT = b"\n#"
"""Where one record ends and the next begins: no line of a checkpoint begins with this sign."""
_CUT_OFF = b"# cut off by a crash: what stands above this line is no checkpoint\n\n"
_LINES_UNSIGNED = 5
"""Lines of a record up to the blank one above its signatures: heading, origin, size, root, and that one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One signed checkpoint of the log."""

    at: datetime
    """When it was signed, as the heading says (the heading itself is not signed)."""
    reason: str
    note: str
    """The signed note, byte for byte."""
    checkpoint: Checkpoint
    """What the note says; its signature is not checked by reading it."""
    offset: int
    """Where its heading begins in the file, in bytes."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A place of the log that is no checkpoint and was not cut off by a crash."""

    offset: int
    why: str


class CheckpointLog:
    """The file; it need not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def length(self) -> int:
        """Return how many bytes it has."""
        return self.path.stat().st_size if self.path.exists() else 0

    def entries(self, until: int | None = None) -> Iterator[Entry | Damage]:
        """Read it from the beginning, up to an offset; the memory needed does not grow with the file."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            waiting: Damage | None = None
            for offset, record in _forwards(file, self.length() if until is None else until):
                found = _read(offset, record)
                if waiting is not None and found is not None:
                    yield waiting
                waiting = found if isinstance(found, Damage) else None
                if isinstance(found, Entry):
                    yield found
            if waiting is not None and not _is_torn(record):
                yield waiting

    def newest_first(self) -> Iterator[Entry | Damage]:
        """Read it from its end, so that the newest checkpoints are found without reading all; a torn end is passed over."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            newest, marked = True, False
            for offset, record in _backwards(file):
                found = _read(offset, record)
                cut_off = isinstance(found, Damage) and (marked or (newest and _is_torn(record)))
                if found is not None and not cut_off:
                    yield found
                newest, marked = False, found is None

    @contextmanager
    def still(self) -> Iterator[None]:
        """Keep everybody from adding to it while it is compared with the database; needs no right to write."""
        if not self.path.exists():
            yield
            return
        with self.path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield

    @contextmanager
    def locked(self) -> Iterator[LockedLog]:
        """Hold the log alone among all processes; the only way to add to it."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            # Unbuffered: what a full disk did not take must not be written later, when the file is closed.
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                # While we waited the log may have been set aside under another name; then there is a new one.
                if self.path.exists() and os.path.samestat(os.fstat(descriptor), self.path.stat()):
                    yield LockedLog(self, file)
                    return


class LockedLog:
    """The log while nobody else can add to it."""

    def __init__(self, log: CheckpointLog, file: BinaryIO) -> None:
        self.log = log
        self._file = file

    def append(self, note: str, at: datetime, reason: str) -> None:
        """Add a note and return only when the disk has it. Raises OSError when it is full; what was written until then is passed over."""
        last = next(_backwards(self._file), None)
        begin = b""
        if last is not None and isinstance(_read(*last), Damage) and _is_torn(last[1]):
            # A note that lacks only its last newline was signed and is whole with it.
            begin = b"\n" if isinstance(_read(last[0], last[1] + b"\n"), Entry) else b"\n" + _CUT_OFF
        stamp = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        self._file.seek(0, os.SEEK_END)
        rest = memoryview(begin + f"# {stamp}Z {reason}\n{note}\n".encode())
        while rest:
            rest = rest[self._file.write(rest) :]
        os.fsync(self._file.fileno())
        if last is None:
            folder = os.open(self.log.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _read(offset: int, record: bytes) -> Entry | Damage | None:
    """Return what a record is: a checkpoint, damage, or none for the mark of a crash."""
    if record == _CUT_OFF:
        return None
    heading, _, body = record.partition(b"\n")
    when, _, reason = heading.removeprefix(_HEADING).decode(errors="replace").partition(" ")
    try:
        if not record.startswith(_HEADING) or not body.endswith(b"\n\n"):
            return Damage(offset, "a note ends before its time")
        note = body[:-1].decode()
        return Entry(datetime.fromisoformat(when).astimezone(UTC), reason, note, Checkpoint.parse(parse(note)[0]), offset)
    except (NoteError, ValueError) as error:
        return Damage(offset, str(error))


def _is_torn(record: bytes) -> bool:
    """Tell whether a record can be what a crash leaves: the beginning of one."""
    return not record.endswith(b"\n\n") or record.count(b"\n") <= _LINES_UNSIGNED


def _forwards(file: BinaryIO, until: int) -> Iterator[tuple[int, bytes]]:
    """Split the file at its headings."""
    offset, held, read = 0, b"", 0
    while read < until:
        chunk = file.read(min(CHUNK, until - read))
        if not chunk:
            break
        read += len(chunk)
        held += chunk
        while (cut := held.find(_NEXT)) >= 0:
            yield offset, held[: cut + 1]
            held, offset = held[cut + 1 :], offset + cut + 1
    if held:
        yield offset, held


def _backwards(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Split the file at its headings, last part first."""
    end = file.seek(0, os.SEEK_END)
    held = b""
    while end > 0:
        start = max(0, end - CHUNK)
        file.seek(start)
        held = file.read(end - start) + held
        end = start
        while (cut := held.rfind(_NEXT)) >= 0:
            yield start + cut + 1, held[cut + 1 :]
            held = held[: cut + 1]
    if held:
        yield 0, held
