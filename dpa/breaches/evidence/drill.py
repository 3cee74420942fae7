"""The report of an exercise: what was achieved against each promise, how long each step took, and what would have gone wrong.

In an exercise every mail stays inside, so nothing shows whether the customers' real addresses work: they are checked here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dpa.breaches import recipients
from dpa.breaches.evidence.case_file import CaseFile
from dpa.breaches.evidence.customer_file import CustomerFile
from dpa.breaches.evidence.drill_pages import build
from dpa.evidence.register.kinds import DocumentKind
from dpa.evidence.register.records import instant
from dpa.evidence.trail.bodies import timestamp
from dpa.people.models import Organisation

KIND = "drill-report"
APPROVED = "Approved by a second person"
FORMAT = 1


def content(session: Session, case: CaseFile, customers: Sequence[CustomerFile], organisation: Organisation) -> dict[str, Any]:
    """Return what the record of a report holds."""
    real = recipients.addressees(session, organisation, [one.row for one in customers], case.as_of)
    return {
        "format": FORMAT, **{key: case.said[key] for key in ("as_of", "breach", "incident", "known", "detected_at", "aware_at", "state", "reports")},
        "steps": steps(case, customers),
        "promises": [
            {
                "controller": one.agreement.controller, "agreement": one.agreement.reference, "promise": one.said["promise"],
                "due_at": one.said["clock"]["due_at"], "told_at": one.said["told_at"], "late_s": one.said["clock"]["late_s"],
                "outcome": one.said["outcome"], "corrected": one.said["corrected"], "reason": one.said["late_reason"]["text"] if one.said["late_reason"] else "",
                "is_target": one.said["clock"]["is_target"],
            }
            for one in customers
        ],
        "unreachable": [
            {"controller": one.agreement.controller, "agreement": one.agreement.reference, "problem": problem}
            for one in customers if (problem := real[one.row.id].problem)
        ],
        "undelivered": [one.agreement.controller for one in customers if one.said["deliveries"] and not one.told_at],
        "unacknowledged": sum(one.told_at is not None and not any(given["acknowledged_at"] for given in one.said["deliveries"]) for one in customers),
        "late_words": [{"phase": one["number"], "reason": one["late_reason"]} for one in case.said["phases"] if one["late_reason"]],
        "emergencies": [{"phase": one["number"], "reason": one["emergency_reason"]} for one in case.said["phases"] if one["emergency_reason"]],
    }  # fmt: skip


def steps(case: CaseFile, customers: Sequence[CustomerFile]) -> list[dict[str, Any]]:
    """Return the steps of the exercise in their order, each with its first and last instant; steps that were not taken have none."""
    given = [one for customer in customers for one in customer.said["deliveries"] if not one["returned"]]
    phases = case.phases
    found: tuple[tuple[str, list[datetime | None]], ...] = (
        ("First noticed", [case.detected_at]), ("Aware", [case.aware_at]), ("Incident recorded", [case.breach.recorded_at]),
        ("Customers named", [one.row.added_at for one in customers]), ("Notice written", [one.drafted_at for one in phases]),
        (APPROVED, [one.approved_at for one in phases]), ("Notice released", [one.released_at for one in phases]),
        ("Delivered", _instants(given, "given_at")), ("Opened by the customer's link", _instants(given, "read_at")),
        ("Acknowledged", _instants(given, "acknowledged_at")), *_reports(case), ("Exercise closed", [case.state.at]),
    )  # fmt: skip
    # An exercise asks for no second person: where nobody approved, the step was not part of it.
    asked = ((name, instants) for name, instants in found if name != APPROVED or any(instants))
    return [_step(name, [at for at in instants if at is not None], case.aware_at) for name, instants in asked]


def _reports(case: CaseFile) -> tuple[tuple[str, list[datetime | None]], ...]:
    return tuple((f"{one['title']} under {one['law']} submitted", [instant(one["submitted_at"])] if one["submitted_at"] else []) for one in case.said["reports"])


def _instants(given: Sequence[Mapping[str, Any]], key: str) -> list[datetime | None]:
    return [instant(one[key]) if one[key] else None for one in given]


def _step(name: str, instants: Sequence[datetime], aware_at: datetime) -> dict[str, Any]:
    if not instants:
        return {"step": name, "first_at": None, "last_at": None, "after_s": None}
    first, last = min(instants), max(instants)
    return {"step": name, "first_at": timestamp(first), "last_at": timestamp(last), "after_s": int((first - aware_at).total_seconds())}


REPORT = DocumentKind(
    name=KIND,
    code="DR",
    title="Report of an exercise",
    plural="Reports of exercises",
    classification="Exercise",
    reason="Report of an exercise; nothing happened",
    build=build,
)
