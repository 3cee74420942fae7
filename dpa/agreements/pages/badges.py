"""Origins, states and traps in the words and tints of the components."""

from __future__ import annotations

from dataclasses import dataclass

from dpa.agreements.book import Answers
from dpa.agreements.terms import DefectKind, Effective, Flag, GapStatus, Layer, Origin, State
from dpa.web.words import plural

ORIGIN_BADGE: dict[Origin, str] = {
    Origin.CONTRACT: "contract", Origin.STATUTE: "statute", Origin.HOUSE_POLICY: "policy", Origin.EXTERNAL_DOC: "external",
    Origin.DECISION: "decision",
}
"""Badge of templates/components/badge.html by origin."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with tint and icon."""

    text: str
    tint: str
    symbol: str


@dataclass(frozen=True, slots=True)
class OriginBadge:
    """On whose word a value rests, by the name of its badge."""

    name: str
    text: str | None = None
    """Words that replace the badge's own."""


GAP_BADGE: dict[GapStatus, Badge] = {
    GapStatus.COVERED: Badge("covered", "met", "circle-check"),
    GapStatus.WEAK: Badge("weak", "soon", "alert-triangle"),
    GapStatus.EXTERNAL: Badge("in a document not held", "soon", "file-symlink"),
    GapStatus.MISSING: Badge("missing", "late", "file-off"),
}
NO_DPA = Badge("no DPA on file", "late", "file-off")
DPA_NOT_HELD = Badge("DPA not held", "soon", "file-symlink")
PARTS_MISSING = Badge("parts missing", "soon", "file-alert")
FLAG_BADGE: dict[Flag, Badge] = {
    Flag.OWN_MAILBOX: Badge("vendor's own mailbox", "soon", "mail-x"),
    Flag.AMBIGUOUS_DATE: Badge("date in doubt", "soon", "calendar-off"),
    Flag.FIXED_OFFSET: Badge("fixed offset", "soon", "clock-exclamation"),
}
"""Traps named in lists; the page of the agreement names all."""


def origin_badge(found: Effective) -> OriginBadge:
    """Return the badge of an answer: its origin, or why there is no value."""
    if found.state is State.NOT_APPLICABLE:
        return OriginBadge("none_applies", "not applicable")
    if found.origin is None:
        return OriginBadge("external", "not held") if found.awaiting else OriginBadge("absent", "not stated")
    if found.looks and found.looks[-1].layer is Layer.AGREEMENT:
        return OriginBadge("contract", "deviation")
    if found.resolution is not None and found.resolution.decided:
        return OriginBadge("decision")
    return OriginBadge(ORIGIN_BADGE[found.origin])


def where(clause: str | None) -> str | None:
    """Return a clause as a person says it: numbers are called clauses, articles and headings name themselves."""
    return f"clause {clause}" if clause and clause[0].isdigit() else clause


def traps(answers: Answers) -> tuple[Badge, ...]:
    """Return the traps of an agreement that a list must show, the gravest first."""
    found: list[Badge] = []
    if answers.dpa == "none":
        found.append(NO_DPA)
    elif answers.dpa == "external":
        found.append(DPA_NOT_HELD)
    if any(defect.kind is DefectKind.MISSING_PART for defect in answers.defects):
        found.append(PARTS_MISSING)
    flags = {defect.flag for defect in answers.defects}
    return (*found, *(badge for flag, badge in FLAG_BADGE.items() if flag in flags))


def gaps_badge(answers: Answers) -> Badge:
    """Return how an agreement stands against Art. 28(3) GDPR, in a few words."""
    counts = answers.gap_counts
    words = {GapStatus.MISSING: "missing", GapStatus.EXTERNAL: "not held", GapStatus.WEAK: "weak"}
    parts = [f"{counts[status]} {word}" for status, word in words.items() if counts[status]]
    if not parts:
        return Badge("none", "met", "circle-check")
    tint = "late" if counts[GapStatus.MISSING] else "soon"
    return Badge(", ".join(parts), tint, "list-check")


def undecided_badge(answers: Answers) -> Badge | None:
    """Return how many contradictions wait for a decision; none when there are none."""
    return Badge(plural(answers.undecided, "undecided", "undecided"), "soon", "git-compare") if answers.undecided else None
