"""Proof files: that one event is in the trail a checkpoint speaks of (C2SP tlog-proof), and that one checkpoint continues another.

Reading and checking is pure; `prove` and `connect` read the stored tree. For consistency C2SP has no file format, so ours follows the same
pattern: a first line that names the format, two sizes, and one hash in base64 per line (RFC 9162 section 2.1.4).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dpa.evidence.trail.notes import Checkpoint, NoteError, VerifierKey, open_checkpoint
from dpa.evidence.trail.tree import (
    HASH_BYTES,
    BadProof,
    Nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

INCLUSION = "c2sp.org/tlog-proof@v1"
CONSISTENCY = "dpa-desk/trail-consistency@v1"
MAX_HASHES = 64
"""A tree of 2**63 leaves is 63 high; a longer list is no proof."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That event `index` is in the trail of the checkpoint."""

    index: int
    path: tuple[bytes, ...]
    """Hashes from the leaf's sibling up to the root's child (RFC 6962 section 2.1.1)."""
    note: str
    """The signed checkpoint, byte for byte."""

    def text(self) -> str:
        """Return the file (C2SP tlog-proof, without extra data)."""
        return "\n".join([INCLUSION, f"index {self.index}", *map(_base64, self.path), "", self.note])

    @classmethod
    def parse(cls, text: str) -> Inclusion:
        """Read a proof file; extra data is passed over, since nothing signs it. Raises `NoteError`."""
        head, blank, note = text.partition("\n\n")
        lines = head.split("\n")
        if lines[0] != INCLUSION or not blank:
            raise NoteError(f"a proof file begins with {INCLUSION}, and a blank line stands before its checkpoint")
        del lines[0]
        if lines and lines[0].startswith("extra "):
            del lines[0]
        if not lines or not lines[0].startswith("index "):
            raise NoteError("a proof file names the index of its event")
        return cls(_number(lines[0].removeprefix("index ")), _hashes(lines[1:]), note)

    def verify(self, event: bytes, keys: Collection[VerifierKey]) -> Checkpoint:
        """Return the checkpoint after checking its signature and the proof for these exact bytes. Raises `NoteError` or `BadProof`."""
        found = open_checkpoint(self.note, keys)
        verify_inclusion(self.index, found.size, leaf_hash(event), self.path, found.root)
        return found


@dataclass(frozen=True, slots=True)
class Consistency:
    """That the first `old` of `new` events are the same as they were."""

    old: int
    new: int
    path: tuple[bytes, ...]

    def text(self) -> str:
        """Return the file."""
        return "\n".join([CONSISTENCY, f"old {self.old}", f"new {self.new}", *map(_base64, self.path), ""])

    @classmethod
    def parse(cls, text: str) -> Consistency:
        """Read a proof file. Raises `NoteError`."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[0] != CONSISTENCY or lines[-1] or not lines[1].startswith("old ") or not lines[2].startswith("new "):
            raise NoteError(f"a consistency proof begins with {CONSISTENCY} and the two sizes")
        return cls(_number(lines[1].removeprefix("old ")), _number(lines[2].removeprefix("new ")), _hashes(lines[3:-1]))

    def verify(self, old_note: str, new_note: str, keys: Collection[VerifierKey]) -> tuple[Checkpoint, Checkpoint]:
        """Return both checkpoints after checking that the newer one continues the older. Raises `NoteError` or `BadProof`."""
        old, new = open_checkpoint(old_note, keys), open_checkpoint(new_note, keys)
        if (old.origin, old.size, new.size) != (new.origin, self.old, self.new):
            raise BadProof("the proof is about other checkpoints")
        verify_consistency(old.size, new.size, self.path, old.root, new.root)
        return old, new


def prove(nodes: Nodes, index: int, checkpoint: Checkpoint, note: str) -> Inclusion:
    """Return the proof that event `index` is in the trail of the checkpoint; `TreeError` for an event it does not cover."""
    return Inclusion(index, tuple(inclusion_proof(index, checkpoint.size, nodes)), note)


def connect(nodes: Nodes, old: int, new: int) -> Consistency:
    """Return the proof that the trail of `old` events is the beginning of that of `new`; `TreeError` for impossible sizes."""
    return Consistency(old, new, tuple(consistency_proof(old, new, nodes)))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or (text[0] == "0" and text != "0"):
        raise NoteError("a number in a proof file is a plain decimal number")
    return int(text)


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > MAX_HASHES:
        raise NoteError(f"a proof has at most {MAX_HASHES} hashes")
    return tuple(_hash(line) for line in lines)


def _hash(line: str) -> bytes:
    try:
        found = base64.b64decode(line, validate=True)
    except (ValueError, binascii.Error):
        found = b""
    if len(found) != HASH_BYTES or _base64(found) != line:
        raise NoteError(f"each hash of a proof is {HASH_BYTES} bytes in base64, on a line of its own")
    return found


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
