"""The part of a dossier about the classification under DORA; for older records also what became of the initial notification. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dpa.breaches.evidence.wording import by_how_much
from dpa.evidence.pdf.blocks import Block, Column, Heading, Table, Text
from dpa.evidence.register.records import moment


def classified(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    """Return the decisions and the clock of the initial notification, as records tell them that were made before other reports were kept."""
    found = classifications(said, zone)
    return (*found, Text(_clock(said["dora_clock"], said["as_of"], zone))) if found and said["dora_clock"] else found


def classifications(said: Mapping[str, Any], zone: str) -> tuple[Block, ...]:
    """Return the decisions about DORA; nothing where nobody decided, and for records that were made before these were kept."""
    if not said.get("classifications"):
        return ()
    rows = tuple(
        (
            f"{one['number']}. {'major' if one['major'] else 'not major'}", f"{moment(one['decided_at'], zone)}\n{one['person']}",
            "\n".join(filter(None, (one["basis"], f"Corrected: {one['reason']}" if one["reason"] else ""))), f"{one['recorded_by']}, {moment(one['recorded_at'], zone)}",
        )
        for one in said["classifications"]
    )  # fmt: skip
    table = Table((Column("Decision", 1), Column("Classified", 2), Column("On what basis", 3), Column("Recorded", 2)), rows, row_header=True)
    return (Heading("Whether it was major (DORA Art. 18)"), table)


def _clock(clock: Mapping[str, Any], as_of: str, zone: str) -> str:
    head = f"The initial notification to the authority was due {moment(clock['due_at'], zone)} ({clock['basis']})."
    if clock["submitted_at"]:
        return f"{head} It was submitted {moment(clock['submitted_at'], zone)}, {by_how_much(clock, as_of)}."
    if clock["waived"]:
        return f"{head} It was waived: {clock['said']}"
    return f"{head} It was not recorded as submitted by then: {by_how_much(clock, as_of)}."
