"""What the worker does for the register: issue what is ordered, add the time-stamps that are missing, read all stored files once a day."""

from __future__ import annotations

from dpa.evidence.register import issuing, keeping, renewing, stamping
from dpa.slice import Tick

ISSUE_SECONDS = 2.0
STAMP_SECONDS = 300.0
PROOF_SECONDS = 60.0
LOOK_SECONDS = 900.0
"""How often the worker looks whether a day has passed since all files were read."""


def issue(tick: Tick) -> str:
    """Issue every document that is due; see `dpa.evidence.register.issuing`."""
    return issuing.issue_due(tick)


def stamp(tick: Tick) -> str:
    """Add missing time-stamps; see `dpa.evidence.register.stamping`."""
    return stamping.add_stamps(tick)


def check_files(tick: Tick) -> str:
    """Read all stored files once a day; see `dpa.evidence.register.keeping`."""
    if not keeping.is_due(tick.session, tick.now):
        return ""
    result = keeping.check_all(tick.session, tick.settings, tick.now, tick.begin)
    again = f", {len(result.found.listed)} documents listed again" if result.found.listed else ""
    return f"{result.files} stored files read, {len(result.faults)} of them missing or altered{again}"


def read_proofs(tick: Tick) -> str:
    """Read what the time-stamps of documents prove, and until when; see `dpa.evidence.register.renewing`."""
    return renewing.read_proofs(tick)


def renew(tick: Tick) -> str:
    """Put newer time-stamps over those that end; see `dpa.evidence.register.renewing`."""
    return renewing.renew_stamps(tick)
