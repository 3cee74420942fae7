"""What documents say of reports to authorities: one report in a line, the tables of a dossier and of an exercise. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dpa.breaches.evidence.dossier_dora import classifications, classified
from dpa.breaches.evidence.wording import by_how_much
from dpa.evidence.pdf.blocks import Block, Column, Heading, Table, Text
from dpa.evidence.register.records import instant, moment

Said = Mapping[str, Any]


def named(one: Said) -> str:
    """Return what a report is called with its law."""
    return f"{one['title']} under {one['law']}"


def missed(one: Said, as_of: str) -> bool:
    """Tell whether a report came late, or had not come when its time was over; one that was waived is none."""
    if one["submitted_at"]:
        return (one["late_s"] or 0) > 0
    return not one["waived"] and not one["paused"] and instant(one["due_at"]) < instant(as_of)


def became(one: Said, as_of: str, zone: str) -> str:
    """Return what became of a report by then."""
    if one["submitted_at"]:
        return f"submitted {moment(one['submitted_at'], zone)}, {by_how_much(one, as_of)}"
    if one["waived"]:
        return f"waived: {one['waived']}"
    if one["paused"]:
        return "paused, not submitted by then"
    return f"not recorded as submitted by then: {by_how_much(one, as_of)}"


def shown_by(one: Said, zone: str) -> str:
    """Return how a report was submitted and updated, and why it came late."""
    lines = []
    for row in one["submissions"]:
        updated = f"Updated {moment(row['at'], zone)}: " if row["number"] > 1 else ""
        lines += [f"{updated}{row['how']}; {row['proof']}", *([f"Late because: {row['late_reason']}"] if row["late_reason"] else [])]
    return "\n".join(lines)


def line(one: Said, as_of: str, zone: str) -> str:
    """Return one report in a line, for the register."""
    return f"{named(one)}: due {moment(one['due_at'], zone)}; {became(one, as_of, zone)}{''.join(f'; {text}' for text in shown_by(one, zone).splitlines())}"


def table(reports: Sequence[Said], as_of: str, zone: str) -> Table:
    """Return the reports with when each was owed, what became of it, and what shows that."""
    rows = tuple((named(one), f"{moment(one['due_at'], zone)}\n{one['basis']}", became(one, as_of, zone), shown_by(one, zone)) for one in reports)
    return Table((Column("Report", 1.5), Column("Due", 2.4), Column("What became of it", 2), Column("How, and what shows it", 2.1)), rows, row_header=True)


def dossier(said: Said, zone: str) -> tuple[Block, ...]:
    """Return a dossier's part about reports to authorities; nothing where nobody decided anything about them."""
    if "reports" not in said:
        return classified(said, zone)  # A record made before other reports than the initial notification were kept.
    found: list[Block] = [*_significances(said, zone), *classifications(said, zone)]
    if said["reports"]:
        found += [Heading("Reports to authorities"), Text("Each is owed to an authority, not to a customer. What follows another is counted from its submission."), table(said["reports"], said["as_of"], zone)]
    return tuple(found)


def _significances(said: Said, zone: str) -> tuple[Block, ...]:
    if not said["significances"]:
        return ()
    rows = tuple(
        (f"{one['number']}. {'significant' if one['significant'] else 'not significant'}", one["reason"], f"{one['decided_by']}, {moment(one['decided_at'], zone)}")
        for one in said["significances"]
    )
    return (Heading("Whether it was significant (NIS2 Art. 23(3))"), Table((Column("Decision", 1.2), Column("Why", 4), Column("Decided", 2)), rows, row_header=True))
