"""Reports to authorities as of an instant, for dossiers, the register and reports of exercises: when each was owed, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches import reports
from dpa.breaches.evidence import reading
from dpa.breaches.evidence.moments import Clock, by, clock_at
from dpa.breaches.models import BreachSignificance
from dpa.breaches.report_models import BreachReport
from dpa.breaches.reports import BY_KIND, Report
from dpa.docket.models import DocketEntry
from dpa.evidence.trail.bodies import timestamp


@dataclass(frozen=True, slots=True)
class ReportAt:
    """One report of an incident as of an instant."""

    report: Report
    clock: Clock
    waived: str
    """Why its clock was waived by then; empty where it was not."""
    rows: Sequence[BreachReport]
    """How it was submitted, and its updates, recorded by then."""

    def said(self, names: reading.Names) -> dict[str, Any]:
        """Return what a record holds of it."""
        return {
            "name": self.report.name, "title": self.report.title, "law": self.report.law.short, "basis": self.clock.basis, "started_at": timestamp(self.clock.started_at),
            "due_at": timestamp(self.clock.binding), "submitted_at": timestamp(self.clock.met_at) if self.clock.met_at else None, "late_s": self.clock.late_s,
            "paused": self.clock.state == "paused", "waived": self.waived,
            "submissions": [
                {
                    "number": row.number, "at": timestamp(row.submitted_at), "how": row.how, "proof": row.proof, "late_reason": row.late_reason,
                    "recorded_at": timestamp(row.recorded_at), "recorded_by": reading.name_of(row.recorded_by, names),
                }
                for row in self.rows
            ],
        }  # fmt: skip


def reports_at(session: Session, breach_ids: Sequence[int], as_of: datetime) -> Mapping[int, list[ReportAt]]:
    """Return the reports of incidents that were owed or submitted by then, in the order in which the laws ask for them."""
    clocks: dict[tuple[int, str], tuple[Clock, datetime | None, str]] = {}
    rows: dict[tuple[int, str], list[BreachReport]] = defaultdict(list)
    for part in reading.chunks(breach_ids):
        query = select(DocketEntry).where(
            DocketEntry.subject_type == "breach", DocketEntry.subject_id.in_(part), DocketEntry.kind.in_(reports.KINDS), DocketEntry.created_at <= as_of,
        )  # fmt: skip
        # Later rows replace earlier ones: a clock counted anew supersedes the one before.
        for entry in session.scalars(query.order_by(DocketEntry.id)):
            clocks[entry.subject_id, entry.kind] = (_clock(entry), entry.closed_at, entry.closed_reason or "")
    for part in reading.chunks(sorted({breach_id for breach_id, _ in clocks})):
        for row in session.scalars(select(BreachReport).where(BreachReport.breach_id.in_(part), BreachReport.recorded_at <= as_of).order_by(BreachReport.id)):
            rows[row.breach_id, row.name].append(row)
    moves = reading.moves(session, [clock.id for clock, _, _ in clocks.values()])
    found: dict[int, list[ReportAt]] = defaultdict(list)
    for kind, report in BY_KIND.items():
        for breach_id in breach_ids:
            if (breach_id, kind) in clocks:
                clock, closed_at, why = clocks[breach_id, kind]
                waived = why if by(closed_at, as_of) and clock.met_at is None else ""
                found[breach_id].append(ReportAt(report, clock_at(clock, closed_at, moves.get(clock.id, ()), as_of), waived, rows[breach_id, report.name]))
    return found


def _clock(entry: DocketEntry) -> Clock:
    return Clock(entry.id, entry.started_at, entry.target_at, entry.due_at, entry.state.value, entry.met_at, entry.late_s, entry.zone, entry.origin, entry.basis)


def significances(session: Session, breach_id: int, as_of: datetime) -> Sequence[BreachSignificance]:
    """Return the decisions about NIS2 made by then, oldest first."""
    query = select(BreachSignificance).where(BreachSignificance.breach_id == breach_id, BreachSignificance.decided_at <= as_of)
    return session.scalars(query.order_by(BreachSignificance.number)).all()
