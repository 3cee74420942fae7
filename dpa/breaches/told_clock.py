"""What a customer is told of its clock: what contract and law ask, never the house's own target or the gaps of our file. Pure but for the row it reads.

Where neither names a number, no instant is told at all: the house's target is a plan of its own, which may move, and nobody promised it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from dpa.docket.explaining import Explanation
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import explanation


@dataclass(frozen=True, slots=True)
class ToldClock:
    """A customer's clock, as far as it is the customer's."""

    due_at: datetime | None
    """The latest that contract or law allow; none where neither names a number."""
    basis: str
    why: Explanation
    """How that instant was counted; nothing where there is none."""


def told_clock(entry: DocketEntry) -> ToldClock:
    """Return what the customer of a clock is told of it."""
    basis = told_basis(entry.basis)
    if entry.due_at is None:
        return ToldClock(None, basis, Explanation((), ()))
    found = explanation(entry)
    # "Target" is the house's own earlier date, which explains our alerts and no promise.
    steps = tuple(replace(step, basis=told_basis(step.basis) if step.basis else step.basis) for step in found.steps if step.label != "Target")
    return ToldClock(entry.due_at, basis, replace(found, steps=steps))


def told_basis(basis: str) -> str:
    """Return where a promise is written, without what `clocks.basis` adds for the house alone."""
    return "; ".join(part for part in basis.split("; ") if not (part.startswith("house target ") or part.endswith(" not on file") or part == "no DPA on file"))
