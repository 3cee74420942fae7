"""Words and pieces that the documents of this package share. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dpa.breaches.closing import CaseState
from dpa.breaches.corrected import margin
from dpa.breaches.evidence.moments import Promise
from dpa.evidence.pdf.blocks import Tone
from dpa.evidence.register.records import instant, moment
from dpa.web.words import length

STATES: Mapping[str, str] = {CaseState.OPEN: "open", CaseState.CLOSED: "closed", CaseState.NO_BREACH: "closed as no breach"}
OUTCOMES: Mapping[str, str] = {
    Promise.KEPT: "kept", Promise.LATE: "missed", Promise.CORRECTED: "missed by the corrected awareness", Promise.RUNNING: "running", Promise.OVERDUE: "missed, not told yet",
    Promise.NOT_OWED: "no notice owed, by decision", Promise.WAIVED: "waived",
    Promise.DEMONSTRATION: "demonstration, nobody told",
}  # fmt: skip
TONES: Mapping[str, Tone] = {
    Promise.KEPT: Tone.DONE, Promise.LATE: Tone.LATE, Promise.CORRECTED: Tone.LATE, Promise.OVERDUE: Tone.LATE, Promise.RUNNING: Tone.INFO,
    Promise.NOT_OWED: Tone.NEUTRAL, Promise.WAIVED: Tone.NEUTRAL,
    Promise.DEMONSTRATION: Tone.NEUTRAL,
}  # fmt: skip
ACTS: Mapping[str, str] = {
    "extend": "Extended", "pause": "Paused", "resume": "Resumed", "waive": "Waived", "supersede": "Counted anew",
}  # fmt: skip
"""What people do to a clock, in words."""
MAILBOX_MISSED = "missed, only in the file mailbox"
"""What became of a promise whose notice only the file mailbox kept, once its time has passed."""
NOBODY_TOLD = "demonstration: kept in the file mailbox, nobody was told"
"""Said wherever a notice was taken by no mail server."""
NOT_YET = "not yet"
NOBODY = "nobody by then"
BY_LINK = "link"
"""How a confirmation on the customer's own pages is stored."""


def when(text: str | None, zone: str) -> str:
    """Return an instant of a record in words, or that there is none yet."""
    return moment(text, zone) if text else NOT_YET


def how_acknowledged(delivery: Mapping[str, Any]) -> str:
    """Return how a customer confirmed a notice, in words."""
    return "through its link" if delivery["acknowledged_how"] == BY_LINK else str(delivery["acknowledged_how"])


def by_how_much(clock: Mapping[str, Any], as_of: str) -> str:
    """Return how far from its date a promise was kept, or is: the length with early, late or left."""
    if clock["late_s"] is not None:
        return f"{length(abs(clock['late_s']))} {'late' if clock['late_s'] > 0 else 'early'}"
    return _left(clock, as_of)


def _left(clock: Mapping[str, Any], as_of: str) -> str:
    left = int((instant(clock["due_at"]) - instant(as_of)).total_seconds())
    return f"{length(abs(left))} {'left' if left >= 0 else 'late'}"


def outcome_text(said: Mapping[str, Any]) -> str:
    """Return what became of the promise of a dossier's record in words, with how far from its date."""
    outcome, clock, as_of, corrected = said["outcome"], said["clock"], said["as_of"], said.get("corrected")
    words = OUTCOMES[outcome]
    if corrected:
        held = "in time" if clock["late_s"] <= 0 else by_how_much(clock, as_of)
        return f"{words}: {held} by the awareness held then, {margin(corrected['late_s'])} counted from the corrected one"
    if outcome in {Promise.NOT_OWED, Promise.WAIVED}:
        return words
    if said.get("demonstration") and outcome == Promise.OVERDUE:
        return MAILBOX_MISSED
    if outcome == Promise.DEMONSTRATION:
        # Where the case ended as no breach, nothing is left and nothing late.
        return f"{words}, {_left(clock, as_of)}" if clock["due_at"] > as_of else words
    return f"{words}, {by_how_much(clock, as_of)}"
