"""Awareness as a decision: when it was, on what basis, by whom; and what correcting it does to the clocks. Pure.

Sources: EDPB Guidelines 9/2022 v2.0, paras 31 to 34 (aware: a reasonable degree of certainty that a security incident compromised
personal data; a short investigation before that is allowed). A correction never undoes a deadline that was missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dpa.breaches.enough import too_little

REASON_MIN = 10
BASIS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Decision:
    """Since when the organisation was aware, and why just then."""

    detected_at: datetime
    """When anybody or anything first noticed, aware, in UTC."""
    aware_at: datetime
    """When there was reasonable certainty, aware, in UTC."""
    basis: str
    """What made it certain, or why awareness came later than the first sign."""
    person: str
    """Who was aware; a name or a function. Empty in a hurry."""


def errors(decision: Decision, now: datetime, *, first_told_at: datetime | None = None) -> dict[str, str]:
    """Return a sentence for each input that cannot stand, by field. `first_told_at` is when the first customer was told, if any was."""
    found: dict[str, str] = {}
    if decision.detected_at > now:
        found["detected_at"] = "The incident cannot have been noticed in the future; check the date and the time zone."
    if decision.aware_at > now:
        found["aware_at"] = "Awareness cannot lie in the future; check the date and the time zone."
    elif decision.aware_at < decision.detected_at:
        found["aware_at"] = "Nobody can be aware before the incident was noticed; correct one of the two times."
    elif first_told_at is not None and decision.aware_at > first_told_at:
        found["aware_at"] = "A customer was told before this time, so somebody was aware by then; enter an earlier one."
    elif decision.aware_at > decision.detected_at and (short := too_little(decision.basis, REASON_MIN, "Say why awareness came later than the first sign, in a sentence a regulator will understand.")):
        found["awareness_reason"] = short
    if len(decision.basis) > BASIS_MAX:
        found["awareness_reason"] = f"Shorten this to {BASIS_MAX:,} characters."
    return found


def why_later(reason: str, own_aware_at: datetime, incident_aware_at: datetime) -> str:
    """Return why a customer's own awareness came later than the incident's; nothing once a correction has brought the incident's to the same time."""
    return reason if own_aware_at > incident_aware_at else ""


def later_errors(incident_aware_at: datetime, since: datetime, basis: str, now: datetime) -> dict[str, str]:
    """Return a sentence for each input when awareness that just some customers are affected cannot have begun at `since`, by field.

    A later awareness needs its basis, as the incident's own does when it came after the first sign.
    """
    if not incident_aware_at <= since <= now:
        return {"aware_at": "Awareness that these customers are affected lies between awareness of the incident and now."}
    if since == incident_aware_at:
        return {}
    if short := too_little(basis, REASON_MIN, "Say in a sentence why you became aware later that these are affected; each of them reads it."):
        return {"aware_reason": short}
    return {"aware_reason": f"Shorten this to {BASIS_MAX:,} characters."} if len(basis) > BASIS_MAX else {}


@dataclass(frozen=True, slots=True)
class Known:
    """What is on record of an incident and cannot come before it was noticed, or before somebody was aware."""

    first_told_at: datetime | None = None
    """When the first customer was told."""
    upstream_told_at: datetime | None = None
    """When the subprocessor told of it."""
    own_aware_at: datetime | None = None
    """The earliest awareness that just some customers are affected, which was later than the incident's when it was decided."""


def correction_errors(old: Decision, new: Decision, reason: str, now: datetime, known: Known) -> dict[str, str]:
    """Return what keeps a correction from being made: the decision's own errors, what is on record, no reason, or nothing changed."""
    found = errors(new, now, first_told_at=known.first_told_at)
    if known.own_aware_at is not None and new.aware_at > known.own_aware_at and "aware_at" not in found:
        found["aware_at"] = "By this time you were aware that customers named later are affected, so you were aware of the incident; enter an earlier one."
    upstream_told_at = known.upstream_told_at
    if upstream_told_at is not None and upstream_told_at < new.detected_at and new.detected_at != old.detected_at:
        found["detected_at"] = "The subprocessor told you before this time, so it was noticed by then; enter an earlier one."
    if short := too_little(reason, REASON_MIN, "Say in a sentence why the decision is corrected; the earlier one stays on record."):
        found["reason"] = short
    if old == new:
        found["aware_at"] = "Nothing was changed; correct a time, the basis or the person, or go back."
    return found


class Effect(StrEnum):
    """What a correction does to one clock."""

    RECOUNT = "recount"
    """It is counted anew from the corrected times."""
    FROZEN = "frozen"
    """It was met or waived before: lateness stays as it was frozen."""
    MISSED = "missed"
    """Its time had passed: no later time makes it unmissed."""
    OWN = "own"
    """It runs from an awareness of its own."""
    SAME = "same"
    """What it is counted from was not moved."""


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """One customer's clock as far as a correction cares. What binds is what contract or law allow, else the house's target."""

    running: bool
    """Whether it is open or paused."""
    own: bool
    """Whether it runs from an awareness of its own, later than the incident's and decided for this customer."""
    due_at: datetime
    """The date in force that binds."""
    moved: bool
    """Whether the terms give other dates by the corrected times than by those it runs from."""
    before_at: datetime
    """The date that binds by the times it runs from, without what decisions or pauses did to it since."""
    after_at: datetime
    """The same by the corrected times."""


def effect(clock: ClockFacts, now: datetime) -> Effect:
    """Return what a correction does to a clock.

    A missed clock is counted anew only when it turns out to have ended earlier than it ran: then it was missed by even more, and that must show. Each
    clock is compared with the times it runs from itself: after a correction that left it missed, those are not the decision's before this one.
    """
    if not clock.running:
        return Effect.FROZEN
    if not clock.moved:
        return Effect.OWN if clock.own else Effect.SAME
    if clock.due_at <= now and clock.after_at > clock.before_at:
        return Effect.MISSED
    return Effect.RECOUNT
