"""Comparing a note that somebody kept with the checkpoint it is of: only then is it known that the copy outside is a copy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence.trail import keys, queries
from dpa.evidence.trail.models import TrailCheckpoint, TrailKey
from dpa.evidence.trail.nodes import stored_nodes
from dpa.evidence.trail.notes import NoteError, VerifierKey
from dpa.evidence.trail.signed import Signed, judged, pasted
from dpa.evidence.trail.tree import root_at
from dpa.problems import Invalid, Problem

KEPT_NOTE = "a note that was kept and shown here"
MOST = 100_000
"""Characters of a note that are looked at."""
SIGNATURE_LINE = "\n\n\u2014 ".encode()
"""How the signatures of a note begin (C2SP signed-note)."""
_MAILED = re.compile(r"-+ BEGIN CHECKPOINT -+\s*\n(.*?\n)-+ END CHECKPOINT -+", re.DOTALL)


class Contradiction(Problem):
    """A soundly signed note from outside and the trail of today cannot both be true."""

    def __init__(self, note: Signed) -> None:
        super().__init__(
            f"The note you kept is soundly signed over {note.size:,} events, and it is not the one of this page: the trail was changed after your note "
            "was signed. Keep the note safe and show it to nobody who could change it; this was recorded, and the whole trail verified.", field="note")
        self.note = note


def compare(session: Session, settings: Settings, row: TrailCheckpoint, text: str) -> None:
    """Return when the kept note is the signed note of this checkpoint, whoever signed it beside us.

    Raises `Contradiction` when it is soundly signed and of another trail's state, `Invalid` when it says nothing about this checkpoint.
    """
    one = _sound(session, settings, text)
    if one.size != row.size:
        raise Invalid(f"This is a note over {one.size:,} events, and this page is about {row.size:,}; open the page of that checkpoint.", field="note")
    if one.root.hex() != row.root:
        raise Contradiction(one)


@dataclass(frozen=True, slots=True)
class Kept:
    """A soundly signed note that somebody kept, beside the trail of today."""

    size: int
    """How many events it covers."""
    agrees: bool
    """Whether today's trail begins with exactly those events."""
    signed_at: datetime | None
    """When it was signed, as the checkpoint of the same size says; none where there is none."""


def is_note(content: bytes) -> bool:
    """Tell whether a file looks like a signed note rather than a document: a short text with a line of signature."""
    return len(content) <= MOST and not content.lstrip().startswith(b"%PDF") and SIGNATURE_LINE in content.replace(b"\r\n", b"\n")


def beside_trail(session: Session, settings: Settings, text: str) -> Kept:
    """Compare a note that anybody kept with the tree of today's trail, whatever checkpoints are stored now. Writes nothing.

    Raises `Invalid` when it is no note, or none that was signed here.
    """
    one = _sound(session, settings, text)
    row = session.get(TrailCheckpoint, one.size)
    here = one.size <= queries.size(session) and root_at(one.size, stored_nodes(session.connection())) == one.root
    return Kept(one.size, here, row.at if row is not None and row.root == one.root.hex() else None)


def _sound(session: Session, settings: Settings, text: str) -> Signed:
    """Read a note as it was kept or mailed. Raises `Invalid` unless it is soundly signed by a key of this installation."""
    mailed = _MAILED.search(text[:MOST].replace("\r\n", "\n"))
    try:
        one = pasted(mailed[1] if mailed else text[:MOST], KEPT_NOTE)
    except NoteError as error:
        raise Invalid(f"This is no signed checkpoint ({error}); give the note whole, from its first line to the signature.", field="note") from None
    sound, aside = judged((one,), known_keys(session, settings))
    if aside:
        raise Invalid(f"This note says nothing about this trail, because {aside[0].why.partition('; ')[0]}.", field="note")
    return sound[0]


def known_keys(session: Session, settings: Settings) -> tuple[VerifierKey, ...]:
    """Return every key that signed for this installation: those in the folder of keys, and those in the database."""
    found = list(keys.public_keys(settings))
    for vkey in session.scalars(select(TrailKey.vkey)):
        try:
            found.append(VerifierKey.parse(vkey))
        except NoteError:
            continue  # Verification tells of it.
    return tuple(dict.fromkeys(found))
