"""Phases of a notice: which may follow which, what a release demands, and when the next word is late. Pure.

Source: GDPR Art. 33(4): information may be provided in phases without undue further delay. A released phase is never changed; what
turns out to be wrong is corrected by a phase of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dpa.breaches.enough import too_little

REASON_MIN = 10


class Phase(StrEnum):
    """What a notice is to those before it."""

    INITIAL = "initial"
    SUPPLEMENT = "supplement"
    CORRECTION = "correction"
    FINAL = "final"


TITLES: dict[Phase, str] = {
    Phase.INITIAL: "Initial notice",
    Phase.SUPPLEMENT: "Supplement",
    Phase.CORRECTION: "Correction",
    Phase.FINAL: "Final notice",
}
WITHDRAWAL = "withdrawal"
"""What a correction is called in texts that takes everything back: there was no breach."""
WITHDRAWAL_TITLE = "Correction: there was no breach"
MEANINGS: dict[Phase, str] = {
    Phase.SUPPLEMENT: "New information, as it was announced.",
    Phase.CORRECTION: "Something that was told before was wrong.",
    Phase.FINAL: "The examination has ended; nothing further is open.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One phase as far as rules care."""

    phase: Phase
    released_at: datetime | None
    """None while it is a draft."""
    next_word_at: datetime | None
    """When the next word was promised for; none when no further word was."""
    withdraws: bool = False
    """Whether it took everything back: there was no breach."""


def next_phases(phases: Sequence[Told]) -> tuple[Phase, ...]:
    """Return what a new draft may be, in the order offered; empty while a draft is open.

    Before anything was told only an initial notice; after the final one only a correction of it.
    """
    if any(one.released_at is None for one in phases):
        return ()
    if not phases:
        return (Phase.INITIAL,)
    if phases[-1].phase is Phase.FINAL or (phases[-1].phase is Phase.CORRECTION and any(one.phase is Phase.FINAL for one in phases)):
        return (Phase.CORRECTION,)
    return (Phase.SUPPLEMENT, Phase.CORRECTION, Phase.FINAL)


def promised_word(phases: Sequence[Told]) -> datetime | None:
    """Return when the next word is owed: what the newest released phase promised, unless it was the final one."""
    released = [one for one in phases if one.released_at is not None]
    if not released or released[-1].phase is Phase.FINAL:
        return None
    return released[-1].next_word_at


def more_announced(phases: Sequence[Told]) -> bool:
    """Return whether customers still expect to hear more: every phase but the final one says that further information follows (Art. 33(4))."""
    released = [one for one in phases if one.released_at is not None]
    return bool(released) and not any(one.phase is Phase.FINAL for one in released) and not released[-1].withdraws


def title_of(phase: Phase, *, withdraws: bool) -> str:
    """Return what a phase is called inside the house."""
    return WITHDRAWAL_TITLE if withdraws else TITLES[phase]


def telling(phase: Phase, *, withdraws: bool) -> str:
    """Return by which name a phase's words are looked up: its own, or that of a correction that takes everything back."""
    return WITHDRAWAL if withdraws else phase.value


def must_say_something(phase: Phase, *, withdraws: bool) -> bool:
    """Tell whether a phase has to differ from the one before: a final notice says that nothing follows, a withdrawal that there was no breach, even with the same text."""
    return phase in {Phase.SUPPLEMENT, Phase.CORRECTION} and not withdraws


def repeats(phase: Phase) -> dict[str, str]:
    """Return what is said of a phase that repeats the one before, by field of its text."""
    what = "what was wrong and what is right" if phase is Phase.CORRECTION else "what is new, or promise the next word for another time"
    end = "" if phase is Phase.CORRECTION else " A notice that only ends the matter is a final one."
    return {"nature": f"This {phase.value} repeats what customers were told last, and no fact was saved since. Say {what}; or discard it.{end}"}


def late_by(phases: Sequence[Told], now: datetime) -> timedelta | None:
    """Return how late the next word would be if it were released now; none when it is in time or none was promised."""
    promised = promised_word(phases)
    return now - promised if promised is not None and now > promised else None


@dataclass(frozen=True, slots=True)
class Release:
    """What a person brings to a release."""

    actor: str
    late_reason: str = ""
    emergency_reason: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is known of a draft when it is to be released."""

    phase: Phase
    next_word_at: datetime | None
    approved_by: str | None
    """Who has read and approved it; none while nobody has."""
    four_eyes: bool
    """Whether the house asks for a second person."""
    late: timedelta | None
    """How late the promised word is."""


def release_errors(draft: Readiness, release: Release, now: datetime) -> dict[str, str]:
    """Return what keeps a draft from being released, by field. An emergency with its reason replaces the second person, nothing else."""
    errors: dict[str, str] = {}
    if draft.four_eyes and not release.emergency_reason.strip() and draft.approved_by in {None, release.actor}:
        errors["approval"] = (
            "A second person must read and approve the notice first; in an emergency, release it alone and say why."
            if draft.approved_by is None
            else "Whoever approved the notice cannot also release it; ask a colleague, or release it alone in an emergency and say why."
        )
    if release.emergency_reason.strip() and (short := too_little(release.emergency_reason, REASON_MIN, "Say in a sentence why nobody else could approve it in time.")):
        errors["emergency_reason"] = short
    if draft.late is not None and (short := too_little(release.late_reason, REASON_MIN, "The next word was promised for an earlier time; say in a sentence why it comes late.")):
        errors["late_reason"] = short
    return errors | word_errors(draft.phase, draft.next_word_at, now)


def word_errors(phase: Phase, next_word_at: datetime | None, now: datetime) -> dict[str, str]:
    """Return what is wrong with the promise of a next word, by field; empty for none promised."""
    if next_word_at is None:
        return {}
    if phase is Phase.FINAL:
        return {"next_word_at": "A final notice promises no further word; take the time out, or send a supplement instead."}
    if next_word_at <= now:
        return {"next_word_at": "The next word cannot be promised for a time that has passed; correct it, or take it out."}
    return {}
