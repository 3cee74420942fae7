"""What a decision, or a corrected awareness, would do to the clocks of reports to authorities, before it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.breaches import report_queries, reports
from dpa.breaches.models import Breach
from dpa.breaches.operations.reports import ADJECTIVES
from dpa.breaches.pages.reports import why
from dpa.breaches.regimes import Law
from dpa.breaches.reports import KEPT, RUNNING, Duty, Effect, Foreseen
from dpa.docket.explaining import Explanation
from dpa.docket.models import DocketEntry
from dpa.people.models import Organisation

WORDS: Mapping[Effect, tuple[str, str, str, str]] = {
    Effect.STARTED: ("starts", "running", "clock-play", "It stands on the board and alerts until you record that it was submitted."),
    Effect.RECOUNTED: ("counted anew", "running", "refresh", "It ends as the corrected decision says."),
    Effect.MISSED: ("stays missed", "late", "clock-exclamation", "Its time had passed; no other decision makes it unmissed."),
    Effect.FROZEN: ("frozen", "met", "lock", "It was submitted before; its lateness stays as it was frozen."),
    Effect.ENDED: ("waived", "off", "ban", "Nothing is owed for an incident that is not {adjective}."),
    Effect.SAME: ("runs on", "off", "clock", "Its time is not moved."),
}
"""Effect on the clock of a report: word, tint, icon, what it means."""
NO_CLOCK = ("no clock", "off", "circle-minus", "Nothing is owed for an incident that is not {adjective}.")
EXPECTED = ("expected", "off", "hourglass", "At the latest. Its clock starts when the submission of the report before it is recorded, and is counted from that.")


@dataclass(frozen=True, slots=True)
class EffectLine:
    """What becomes of one report."""

    name: str
    title: str
    article: str
    words: str
    tint: str
    symbol: str
    meaning: str
    old_due_at: datetime | None
    """When it is due as its clock stands; none where none runs."""
    new_due_at: datetime | None
    """When it would be due; none where it is not owed, and where nothing changes."""
    instead: str
    """What is said where it has no new time."""
    zone: str
    why: Explanation


def of_correction(session: Session, breach: Breach, aware_at: datetime, now: datetime) -> tuple[EffectLine, ...]:
    """Return what a corrected awareness would do to the clocks of reports that run or were met; nothing where there are none."""
    found = report_queries.on_record(session, breach.id)
    laws = [law for law in Law if any(reports.BY_NAME[name].law is law for name in found.clocks)]
    duties = [replace(report_queries.duty_of(session, breach, law), aware_at=aware_at) for law in laws]
    return tuple(line for duty in duties for line in effects(session, breach, duty, now, restart=False) if line.old_due_at is not None)


def effects(session: Session, breach: Breach, duty: Duty, now: datetime, *, restart: bool = True) -> tuple[EffectLine, ...]:
    """Return what a decision would do to the clocks of the reports that its law asks for; changes nothing.

    A report that is neither owed nor expected nor on record is left out, but for the first. The caller has checked that the decision can be recorded.
    """
    zone, found = (session.get_one(Organisation, breach.organisation_id).zone, report_queries.on_record(session, breach.id))
    first = reports.OF_LAW[duty.law][0].name
    foreseen = report_queries.foreseen(session, breach, duty, found, now, restart=restart)
    return tuple(
        _line(one, duty, found.clocks.get(one.report.name), zone) for one in foreseen if one.deadline is not None or one.report.name in found.clocks or one.report.name == first
    )


def _line(one: Foreseen, duty: Duty, clock: DocketEntry | None, zone: str) -> EffectLine:
    stands = clock is not None and (clock.state.value in RUNNING or one.effect is Effect.FROZEN)
    kept = one.effect in KEPT and not (one.expected and one.deadline is not None)
    deadline = None if kept else one.deadline
    words = EXPECTED if one.expected and deadline is not None else NO_CLOCK if one.effect is Effect.SAME and not stands else WORDS[one.effect]
    basis = reports.basis(one.report, duty, deadline) if deadline is not None else clock.basis if clock is not None and stands else one.report.article
    return EffectLine(
        one.report.name, f"{one.report.title} under {one.report.law.short}", basis, *words[:3], words[3].format(adjective=ADJECTIVES[duty.law]),
        report_queries.due_of(clock) if clock is not None and stands else None, deadline.due if deadline is not None else None,
        "the same" if stands and kept else "not owed", zone, why(one, duty) if deadline is not None else Explanation((), ()),
    )  # fmt: skip
