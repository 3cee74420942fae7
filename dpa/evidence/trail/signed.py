"""Signed checkpoints as values: where each comes from, and whether one that was handed in says anything about this trail. Reads no database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dpa.evidence.trail import keys
from dpa.evidence.trail.checkpoint_log import CheckpointLog, Damage
from dpa.evidence.trail.notes import Checkpoint, NoteError, VerifierKey, open_checkpoint, parse
from dpa.problems import Invalid

DATABASE, LOG = "the database", keys.LOG
"""The two sources inside the house; whoever holds the key can write both anew."""


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

    @property
    def is_outside(self) -> bool:
        """Tell whether somebody outside kept it."""
        return self.where not in {DATABASE, LOG}


@dataclass(frozen=True, slots=True)
class SetAside:
    """What was handed in and says nothing about this trail."""

    where: str
    why: str
    """Why not, as the end of a sentence."""
    count: int = 1
    """How many checkpoints of the same source this is about."""

    def text(self) -> str:
        """Return it as one sentence."""
        if self.count == 1:
            return f"{self.where} says nothing about this trail, because {self.why}."
        return f"{self.count} checkpoints in {self.where} say nothing about this trail; the first because {self.why}."


def signed(note: str, found: Checkpoint, at: datetime | None, where: str, *, firm: bool = True) -> Signed:
    """Return a checkpoint as it was read from its source."""
    return Signed(found.size, found.root, found.origin, at, note, where, firm)


def pasted(text: str, where: str) -> Signed:
    """Read a note as people hand it on: ends of lines and blank lines around it do not matter. Raises `NoteError`."""
    note = text.replace("\r\n", "\n").strip("\n") + "\n"
    return signed(note, Checkpoint.parse(parse(note)[0]), None, where)


def handed_in(path: Path) -> tuple[Signed, ...]:
    """Read a file with one signed checkpoint, or a log of them. Raises `Invalid` when it is neither.

    They are named by the file's own name, without its folder: what is found may be shown on pages.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from None
    try:
        if not content.startswith(b"# "):
            return (pasted(content.decode(), path.name),)
        found = []
        for entry in CheckpointLog(path).entries():
            if isinstance(entry, Damage):
                raise NoteError(f"byte {entry.offset}: {entry.why}")  # noqa: TRY301  told to the person like any other damage
            # A log that is handed in is somebody's copy, even under the name of our own.
            found.append(signed(entry.note, entry.checkpoint, entry.at, f"the copy {path.name}"))
        return tuple(sorted(found, key=lambda one: one.size))
    except (NoteError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} holds no signed checkpoint: {error}.") from None


def judged(notes: Sequence[Signed], known: Collection[VerifierKey]) -> tuple[tuple[Signed, ...], tuple[SetAside, ...]]:
    """Part what was handed in into checkpoints that this trail's keys signed, and what says nothing about it.

    Anybody can hand in anything. So a note that is not soundly signed is no finding about the trail: it is set aside, and told.
    """
    sound: list[Signed] = []
    aside: dict[str, SetAside] = {}
    for one in notes:
        try:
            found = open_checkpoint(one.note, known)
        except NoteError:
            former = aside.get(one.where)
            aside[one.where] = SetAside(one.where, _why(one, known)) if former is None else replace(former, count=former.count + 1)
        else:
            sound.append(replace(one, size=found.size, root=found.root, origin=found.origin))
    return tuple(sound), tuple(aside.values())


def _why(one: Signed, known: Collection[VerifierKey]) -> str:
    try:
        text, signatures = parse(one.note)
        origin = Checkpoint.parse(text).origin
    except NoteError as error:
        return f"it cannot be read: {error}"
    by_name = {(key.name, key.key_id) for key in known}
    if any((signature.name, signature.key_id) in by_name for signature in signatures):
        return "its signature does not belong to its text: one of the two was changed after it was signed"
    if not known:
        return "no key of this trail is known here; name the key it came with by --vkey KEY"
    if origin not in {key.name for key in known}:
        return f"it is a checkpoint of {origin}, and the keys known here are those of {' and '.join(dict.fromkeys(key.name for key in known))}"
    named = ", ".join(signature.key for signature in signatures[:3])
    return f"no key of this trail that is known here signed it (it names {named}); if you trust the key it came with, name it by --vkey KEY"
