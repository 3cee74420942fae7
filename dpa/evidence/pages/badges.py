"""States, levels and roles in the words and tints of the components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dpa.evidence.register import rules
from dpa.evidence.register.models import DocumentState, DocumentWork, FileRole, IssuedDocument

PROVED = ("B-T", "B-LT", "B-LTA")
"""Levels with a time-stamp (ETSI EN 319 142-1, 6)."""
LEVEL_WORDS: Mapping[str, str] = {
    "B-B": "time asserted by the issuer", "B-T": "time proved by an authority", "B-LT": "time proved by an authority, with what later checks need",
    "B-LTA": "time proved by an authority, with what later checks need and an archive time-stamp over all of it",
}  # fmt: skip
FILE_WORDS: Mapping[FileRole, str] = {
    FileRole.SEALED: "The document as it was issued", FileRole.STAMPED: "The same with an archive time-stamp", FileRole.BUNDLE: "Proof bundle",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with tint and icon."""

    text: str
    tint: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of facts, as components/key_facts.html takes it."""

    label: str
    value: str | None
    hint: str | None = None
    url: str | None = None
    """Page that the value leads to."""
    copies: str | None = None
    """What the copy button copies, where the value is something to compare or to paste."""


def state_badge(row: IssuedDocument, work: DocumentWork | None, newer: str | None) -> Badge:
    """Return how far a document is; `newer` is the number of the one that replaced it."""
    if row.state is DocumentState.ORDERED:
        failures = work.failures if work else 0
        if failures >= rules.FAILING:
            return Badge("failing", "late", "file-alert")
        return Badge("tried again soon", "soon", "refresh") if failures else Badge("being made", "running", "hourglass")
    if newer:
        return Badge(f"superseded by {newer}", "off", "history")
    if row.found_at is not None:
        return Badge("listed again after a restore", "soon", "history")
    if row.stamp_wanted_since is not None:
        return Badge("sealed, time-stamp to follow", "soon", "clock-pause")
    return Badge("sealed and time-stamped", "met", "certificate") if row.level in PROVED else Badge("sealed", "met", "certificate")


def level_fact(level: str) -> Fact:
    """Return what a PAdES level says about the time, in words."""
    return Fact("Level", f"PAdES {level}", LEVEL_WORDS.get(level, "a level this version does not know"))


def grouped(digest: str) -> str:
    """Return a digest in groups of four, as people compare it."""
    return rules.spaced(digest)


def fingerprint_fact(label: str, digest: str, hint: str | None = None) -> Fact:
    """Return a fingerprint as people compare it; the copy button gives it without the spaces."""
    return Fact(label, grouped(digest), hint, copies=digest)
