"""What the worker does for the register: issue what is ordered, and add the time-stamps that are missing."""

from __future__ import annotations

from dpa.evidence.register import issuing, stamping
from dpa.slice import Tick

ISSUE_SECONDS = 2.0
STAMP_SECONDS = 300.0


def issue(tick: Tick) -> str:
    """Issue every document that is due; see `dpa.evidence.register.issuing`."""
    return issuing.issue_due(tick)


def stamp(tick: Tick) -> str:
    """Add missing time-stamps; see `dpa.evidence.register.stamping`."""
    return stamping.add_stamps(tick)
