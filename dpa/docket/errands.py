"""What waits for the person looking at the board, beside the deadlines: acts that only some may do, such as approving a text.

An errand is no clock: nothing is late by it. It says what waits, and by when it is wanted where a deadline stands behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from dpa.web.identity import Scope

MOST = 10
"""Errands of one kind that the board names."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing that waits for the person."""

    title: str
    """What to do: `Approve the initial notice of LL-2026-001`."""
    detail: str
    """Whose and what, in a line."""
    path: str
    """Page of the act, from the root."""
    act: str
    """Words of its button."""
    wanted_at: datetime | None = None
    """The deadline behind it; none where none runs."""
    zone: str = "UTC"
    wanted_word: str = "First customer due"
    """What stands before that deadline."""


Find = Callable[[Session, Scope, str], Sequence[Errand]]
"""Given the organisations in which the person holds the permission, and the person as an actor. One statement."""


@dataclass(frozen=True, slots=True)
class Errands:
    """A workflow's declaration: what waits, and for whom."""

    permission: str
    """Nobody else is asked."""
    find: Find


_sources: Final[list[Errands]] = []


def register(*declared: object) -> None:
    """Add sources; `dpa.slices` does so for every slice."""
    for one in declared:
        if not isinstance(one, Errands):
            raise TypeError(f"a slice declares errands as Errands, not {type(one).__name__}")
        if one not in _sources:
            _sources.append(one)


def waiting(session: Session, scope_of: Callable[[str], Scope], actor: str) -> tuple[Errand, ...]:
    """Return what waits for a person, the soonest wanted first; `scope_of` gives the organisations by permission. A statement for each source that may concern them."""
    scopes = [(one, scope_of(one.permission)) for one in _sources]
    found = [errand for one, scope in scopes if scope.organisation_ids for errand in one.find(session, scope, actor)]
    return tuple(sorted(found, key=lambda one: (one.wanted_at is None, one.wanted_at.timestamp() if one.wanted_at else 0.0, one.title)))
