"""What checkpoints say against the trail, gathered while the tree grows and told as one finding each.

One change disagrees with every checkpoint after it; told one by one they would bury what matters: which range, since when, how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dpa.evidence.trail.findings import Findings
from dpa.evidence.trail.signed import DATABASE, LOG, Signed


@dataclass(slots=True)
class Fold:
    """Many checkpoints of which the same is said: how many, from which to which."""

    count: int = 0
    first: str = ""
    """The one over the fewest events, in words."""
    sizes: tuple[int, int] = (0, 0)
    """Fewest and most events covered."""
    why: str = ""
    """What is wrong with the first, where that differs from one to the other."""

    def add(self, same: Sequence[Signed], why: str = "") -> None:
        """Take one more; they come in the order of their sizes."""
        size = same[0].size
        if not self.count:
            self.first, self.sizes, self.why = named(same), (size, size), why
        self.count, self.sizes = self.count + 1, (self.sizes[0], size)

    def text(self, one: str, many: str) -> str:
        """Return the sentence: `one` follows the checkpoint's name, `many` their number."""
        why = f": {self.why}" if self.why else ""
        if self.count == 1:
            return f"{self.first} {one}{why}"
        return f"{self.count} checkpoints, over {self.sizes[0]} to {self.sizes[1]} events, {many}; the first is {self.first}{why}"


@dataclass(slots=True)
class _Side:
    """What one kind of source says: everything, or only what was kept outside."""

    agreed: int = 0
    """Size of the largest that agreed before the first that did not: what changed lies behind it."""
    agreed_at: datetime | None = None
    against: Fold = field(default_factory=Fold)
    beyond: Fold = field(default_factory=Fold)
    """Those that cover more events than there are."""

    def agree(self, size: int, at: datetime | None) -> None:
        if not self.against.count:
            self.agreed, self.agreed_at = size, at


@dataclass(slots=True)
class Disagreements:
    """Gathers what the checkpoints say; `tell` turns it into findings."""

    compared: int = 0
    """How many agreed."""
    all: _Side = field(default_factory=_Side)
    outside: _Side = field(default_factory=_Side)
    resigned: bool = False
    """Whether something in the house agrees with a trail that a copy outside of no more events contradicts."""
    stored_against: bool = False
    """Whether a checkpoint in the database disagrees; an older copy of the database agrees with all it holds."""
    unsigned: Fold = field(default_factory=Fold)
    differing: Fold = field(default_factory=Fold)
    unlogged: Fold = field(default_factory=Fold)
    removed: Fold = field(default_factory=Fold)

    def agree(self, same: Sequence[Signed]) -> None:
        """Soundly signed checkpoints of one size and root have the root of the trail."""
        self.compared += 1
        at = _date(same)
        if not self.all.against.count:
            self.all.agree(same[0].size, at)
        if any(one.is_outside for one in same):
            self.outside.agree(same[0].size, at)
        if self.outside.against.count and not all(one.is_outside for one in same):
            self.resigned = True

    def disagree(self, same: Sequence[Signed]) -> None:
        """Soundly signed checkpoints of one size and root have another root than the trail."""
        self.all.against.add(same)
        kept = [one for one in same if one.is_outside]
        if kept:
            self.outside.against.add(kept)
        self.stored_against |= any(one.where == DATABASE for one in same)

    def beyond(self, same: Sequence[Signed]) -> None:
        """Soundly signed checkpoints of one size and root cover more events than the trail has."""
        self.all.beyond.add(same)

    def tell(self, findings: Findings, size: int, newest_row: int) -> None:
        """Add one finding for each thing that is wrong. `newest_row` is the size of the newest checkpoint in the database, 0 without any."""
        self._tell_changed(findings, newest_row)
        if self.all.beyond.count:
            most = self.all.beyond.sizes[1]
            which = f"{self.all.beyond.first} covers {most}" if self.all.beyond.count == 1 else \
                f"{self.all.beyond.count} checkpoints cover more, up to {most}; the first is {self.all.beyond.first}"
            findings.add(None, None, f"the trail holds {size} events, but {which}: the newest events were removed, or this is an older copy of the "
                                     "database", events=(size, most - 1))
        for fold, one, many in (
            (self.unsigned, "is not soundly signed", "are not soundly signed"),
            (self.differing, "has a row in the database that says something else than its note", "have rows in the database that say something else than their notes"),
            (self.unlogged, f"is not in {LOG}, where each is written first", f"are not in {LOG}, where each is written first"),
            (self.removed, "was removed from the database", "were removed from the database"),
        ):
            if fold.count:
                findings.add(None, None, fold.text(one, many))

    def _tell_changed(self, findings: Findings, newest_row: int) -> None:
        if not self.all.against.count:
            return
        # Whoever holds the key signs what lies in the house anew; once a copy from outside disagrees, only such copies can narrow it down.
        by_outside = self.outside.against.count > 0
        side = self.outside if by_outside else self.all
        count, covered = side.against.count, side.against.sizes[0]
        first, last = min(side.agreed, covered - 1), covered - 1
        which = f"the first {covered} events are not those of {side.against.first}" if count == 1 else \
            f"{count} checkpoints disagree, over {covered} to {side.against.sizes[1]} events; the first {covered} events are not those of {side.against.first}"
        newest = f"the newest before it that agrees covers {side.agreed} events{_of(side.agreed_at)}" if side.agreed else "none before it agrees"
        words = f"something among the events {first} to {last} was changed after it was signed: {which}; {newest}"
        if by_outside:
            words += "; counted from the copies kept outside alone, since what lies in the house can be signed anew by whoever holds the key"
        if by_outside and self.resigned:
            words += ", and it was: checkpoints in the house agree with the changed trail"
        elif not self.stored_against and newest_row < covered:
            words += "; or this is an older copy of the database to which acts were added since"
        findings.add(None, None, words, events=(first, last))


def named(same: Sequence[Signed]) -> str:
    """Return what names checkpoints of one size and root in a sentence."""
    return f"the checkpoint{_of(_date(same))} over {same[0].size} events in {' and '.join(dict.fromkeys(item.where for item in same))}"


def _date(same: Sequence[Signed]) -> datetime | None:
    return next((item.at for item in same if item.at is not None), None)


def _of(at: datetime | None) -> str:
    return f" of {at:%Y-%m-%d %H:%M} UTC" if at else ""
