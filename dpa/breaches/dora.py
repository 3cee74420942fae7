"""Classification as a major incident under DORA: a decision with its instant, and what keeps one from being recorded. Pure.

Source: Regulation (EU) 2022/2554 Art. 18 (what is major). What it does to the clocks of reports is in `dpa.breaches.reports`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dpa.breaches.enough import too_little

REASON_MIN = 10
BASIS_MAX = 2_000
PERSON_MAX = 200


@dataclass(frozen=True, slots=True)
class Classification:
    """What somebody decided about an incident, and when."""

    major: bool
    """Whether it is major; only then are the reports of DORA owed."""
    decided_at: datetime
    """When it was classified, aware, in UTC; not when that was recorded."""
    person: str
    """Who classified it; a name or a function."""
    basis: str
    """Which criteria were met, or not."""


def errors(decision: Classification, *, detected_at: datetime, now: datetime) -> dict[str, str]:
    """Return a sentence for each input that cannot stand, by field."""
    found: dict[str, str] = {}
    if decision.decided_at > now:
        found["decided_at"] = "The classification cannot lie in the future; check the date and the time zone."
    elif decision.decided_at < detected_at:
        found["decided_at"] = "Nobody can have classified the incident before it was first noticed; check the date."
    if not decision.person.strip():
        found["person"] = "Say who classified it: a name, or a function."
    elif len(decision.person) > PERSON_MAX:
        found["person"] = f"Shorten this to {PERSON_MAX} characters."
    if short := too_little(decision.basis, REASON_MIN, "Say in a sentence which criteria were met, or why it is not major; an authority may ask you."):
        found["basis"] = short
    elif len(decision.basis) > BASIS_MAX:
        found["basis"] = f"Shorten this to {BASIS_MAX:,} characters."
    return found


def correction_errors(old: Classification, new: Classification, reason: str, *, detected_at: datetime, now: datetime) -> dict[str, str]:
    """Return what keeps a correction from being made: the decision's own errors, no reason, or nothing changed."""
    found = errors(new, detected_at=detected_at, now=now)
    if short := too_little(reason, REASON_MIN, "Say in a sentence why the classification is corrected; the earlier one stays on record."):
        found["reason"] = short
    if old == new:
        found["decided_at"] = "Nothing was changed; correct the decision, its time, the person or the basis, or go back."
    return found
