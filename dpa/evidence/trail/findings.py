"""What a verification found, as values: nothing here reads the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dpa.evidence.trail.signed import SetAside

KEPT = 100
"""Findings kept in full; more are only counted, so that a wholly rewritten trail does not fill the memory."""
KEEP = "What to do: keep a copy of the database and of the folder of keys as they are, and call your operator."
COMPARE = "Then compare with a checkpoint that somebody outside holds: dpa trail verify --against FILE"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    idx: int | None
    """Index of the event it concerns; none for the head or the stored nodes as a whole."""
    event_id: str | None
    """The event's random number, where a row was there to read it from."""
    what: str
    """What is wrong, as a sentence without full stop."""
    events: tuple[int, int] | None = None
    """First and last index of the events among which the wrong one is, where no single one can be named."""

    def text(self) -> str:
        """Return the finding as one line."""
        if self.idx is None:
            return self.what
        return f"event {self.idx}" + (f" ({self.event_id})" if self.event_id else "") + f": {self.what}"

    def to_json(self) -> dict[str, Any]:
        """Return the finding for machines."""
        return {"idx": self.idx, "event_id": self.event_id, "what": self.what, "events": list(self.events) if self.events else None}


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of verifying a trail as one snapshot of the database."""

    size: int
    """Number of events the head claims."""
    root: str
    """Root of the tree computed anew from the stored texts, hexadecimal; empty when rows are missing."""
    columns: bool
    """Whether the copies beside the texts were compared too."""
    erased: int
    """How many personal parts were erased, each by a recorded act."""
    findings: tuple[Finding, ...]
    """The first `KEPT` things that are wrong, lowest index first; empty when all is well."""
    finding_count: int
    """How many things are wrong in all."""
    checkpoints: int = 0
    """How many signed checkpoints the trail agrees with."""
    set_aside: tuple[SetAside, ...] = ()
    """What was handed in and says nothing about this trail; no fault of it."""
    outside: bool = False
    """Whether a checkpoint that somebody outside kept was compared with."""

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong."""
        return self.finding_count == 0

    def text(self) -> str:
        """Return the result for a person: one line when all is well, else each finding on its own line."""
        erased = f", {self.erased} personal part(s) erased by recorded acts" if self.erased else ""
        if self.ok:
            checked = "" if self.columns else " (texts and hashes only; the columns beside them were not compared)"
            signed = f"; it agrees with {self.checkpoints} signed checkpoint{'' if self.checkpoints == 1 else 's'}" if self.checkpoints else ""
            return f"The trail is whole: {self.size} events{erased}, root {self.root}{signed}{checked}"
        lines = [f"The trail was tampered with: {self.finding_count} finding(s) in {self.size} events{erased}"]
        lines += [f"- {finding.text()}" for finding in self.findings]
        if self.finding_count > len(self.findings):
            lines.append(f"- and {self.finding_count - len(self.findings)} more")
        lines.append(KEEP if self.outside else f"{KEEP} {COMPARE}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the result for machines."""
        return {
            "ok": self.ok, "size": self.size, "root": self.root, "columns": self.columns, "erased": self.erased,
            "checkpoints": self.checkpoints, "finding_count": self.finding_count, "findings": [finding.to_json() for finding in self.findings],
            "set_aside": [{"where": one.where, "count": one.count, "why": one.why} for one in self.set_aside],
        }


class Findings:
    """Collects findings while rows stream by, keeping the ones with the lowest index."""

    def __init__(self) -> None:
        self.count = 0
        self._kept: list[Finding] = []

    def add(self, idx: int | None, event_id: str | None, what: str, *, events: tuple[int, int] | None = None) -> None:
        """Note one thing that is wrong."""
        self.count += 1
        if len(self._kept) < KEPT:
            self._kept.append(Finding(idx, event_id, what, events))

    def __bool__(self) -> bool:
        """Tell whether anything was wrong so far."""
        return self.count > 0

    def sorted(self) -> tuple[Finding, ...]:
        """Return the kept findings, lowest index first, those about no single event last."""
        return tuple(sorted(self._kept, key=lambda finding: (finding.idx is None, finding.idx or 0)))
