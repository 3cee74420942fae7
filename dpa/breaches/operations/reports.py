"""Reports to authorities under NIS2 and DORA: their clocks start, move and end with what was decided, and recording a submission meets them.

The rules are those of `dpa.breaches.reports`.
"""

from __future__ import annotations

from collections.abc import Mapping

from dpa.breaches import report_queries as queries
from dpa.breaches import reports
from dpa.breaches.events import Event
from dpa.breaches.models import Breach
from dpa.breaches.operations.guards import must_be_open, one_at_a_time
from dpa.breaches.regimes import Law
from dpa.breaches.report_models import BreachReport
from dpa.breaches.reports import RUNNING, Duty, Effect, Foreseen, Report, Submission
from dpa.deadlines import Deadline
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.docket.operations import Opening
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit
from dpa.web.words import instant_text

NOT_OWED = {Law.NIS2: "Not significant", Law.DORA: "Not major"}
"""How the reason begins with which a clock is waived whose report is not owed after all."""
ADJECTIVES = {Law.NIS2: "significant", Law.DORA: "major"}
"""What an incident must be decided to be before the reports of a law are owed."""


def settle(unit: Unit, breach: Breach, duty: Duty, reason: str, *, restart: bool) -> tuple[Foreseen, ...]:
    """Bring the clocks of a law's reports to what is owed now; returns what became of each, in the order of the reports.

    `restart` for a decision, which begins a clock anew that was waived; a corrected time or a submission does not.
    """
    on_record = queries.on_record(unit.session, breach.id)
    found = queries.foreseen(unit.session, breach, duty, on_record, unit.now, restart=restart)
    for one in found:
        _apply(unit, breach, duty, one, on_record.clocks.get(one.report.name), reason)
    return found


def _apply(unit: Unit, breach: Breach, duty: Duty, one: Foreseen, clock: DocketEntry | None, reason: str) -> None:
    if one.effect is Effect.STARTED and one.owed is not None:
        docket.open_entry(unit, _opening(breach, duty, one.report, one.owed))
    elif one.effect is Effect.RECOUNTED and one.owed is not None and clock is not None:
        docket.supersede(unit, clock, _opening(breach, duty, one.report, one.owed), reason)
    elif one.effect is Effect.ENDED and clock is not None:
        docket.waive(unit, clock, f"{NOT_OWED[duty.law]}: {reason}"[:2000])


def recount(unit: Unit, breach: Breach, reason: str) -> None:
    """Count the clocks anew after awareness was corrected; what somebody waived by hand is not begun again."""
    for law in Law:
        settle(unit, breach, queries.duty_of(unit.session, breach, law), reason, restart=False)


def refusal(report: Report, clocks: Mapping[str, DocketEntry]) -> str:
    """Return why a report, or its update, cannot be recorded as submitted; empty where it can."""
    clock = clocks.get(report.name)
    if clock is None and report.after:
        first = reports.BY_NAME[report.after].plain
        return f"The {report.words} is counted from the {first}; record first when that was submitted."
    if clock is None or clock.state.value not in {*RUNNING, "met"}:
        return f"No {report.words} is owed: {'its clock was waived' if clock is not None else f'nobody decided that the incident is {ADJECTIVES[report.law]}'}."
    if clock.met_at is None:
        return ""
    if not report.updated:
        return f"The {report.words} was recorded before, as submitted {instant_text(clock.met_at, clock.zone)}. What was submitted is never changed."
    following = next(one for one in reports.REPORTS if one.after == report.name)
    last = clocks.get(following.name)
    return f"The {following.words} was submitted; nothing is updated after it." if last is not None and last.met_at is not None else ""


def submit(unit: Unit, breach: Breach, name: str, given: Submission) -> BreachReport:
    """Record when a report was submitted, how, and what shows it: that meets its clock, freezes its lateness and starts the clock of what follows it.

    Where it was submitted before and may be updated, this is an update: what follows is counted from it anew. Raises `Conflict` where the report is not
    owed, `Invalid` by field.
    """
    one_at_a_time(unit, breach)
    must_be_open(breach)
    report, found = reports.BY_NAME[name], queries.on_record(unit.session, breach.id)
    if problem := refusal(report, found.clocks):
        raise Conflict(problem)
    clock = found.clocks[name]
    update = clock.met_at is not None
    if errors := _errors(unit, breach, report, found.clocks, given):
        raise Invalid(f"The {report.plain} cannot be recorded like this.", fields=errors)
    if not update:
        docket.meet(unit, clock, given.at, by=f"submitted: {given.how.strip()}; {given.proof.strip()}"[:2000], record=False)
    before = found.of(name)
    if before and (before[-1].submitted_at, before[-1].how, before[-1].proof) == (given.at, given.how.strip(), given.proof.strip()):
        return before[-1]  # The button was pressed twice.
    row = BreachReport(
        # One submitted before its how and proof were kept has no row, and is the first all the same.
        breach_id=breach.id, name=name, number=max(len(before) + 1, 2 if update else 1), submitted_at=given.at, how=given.how.strip(), proof=given.proof.strip(),
        late_reason=given.late_reason.strip() if not update and (clock.late_s or 0) > 0 else "", recorded_at=unit.now, recorded_by=unit.actor,
    )  # fmt: skip
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit, Event.REPORT_UPDATED if update else Event.REPORT_SUBMITTED, subject=("breach", breach.id), organisation_id=breach.organisation_id,
        covers=[row] if update else [row, clock], data={"report": name, "at": given.at.isoformat(), "late_s": None if update else clock.late_s},
        personal={"submission": {"how": row.how, "proof": row.proof, "late_reason": row.late_reason}},
    )  # fmt: skip
    what = f"{'An update of the' if update else 'The'} {report.plain} was submitted {instant_text(given.at, clock.zone)}"
    settle(unit, breach, queries.duty_of(unit.session, breach, report.law), what, restart=False)
    return row


def _errors(unit: Unit, breach: Breach, report: Report, clocks: Mapping[str, DocketEntry], given: Submission) -> dict[str, str]:
    clock = clocks[report.name]
    first = clock if clock.met_at is not None else clocks.get(report.after)
    since, after = (
        (first.met_at, f"the {reports.BY_KIND[first.kind].plain}") if first is not None and first.met_at is not None else (breach.detected_at, "the incident was first noticed")
    )
    return reports.submission_errors(given, due_at=queries.due_of(clock) if clock.met_at is None else None, not_before=since, after=after, now=unit.now)


def _opening(breach: Breach, duty: Duty, report: Report, deadline: Deadline) -> Opening:
    title = f"Submit the {report.plain} of {breach.reference} under {report.law.short}"
    return Opening(
        kind=report.kind, organisation_id=breach.organisation_id, subject=("breach", breach.id), subject_label=breach.reference,
        title=f"Exercise: {title}" if breach.drill else title, basis=reports.basis(report, duty, deadline), origin="statute", target=deadline, latest=deadline,
        started_at=deadline.start,
    )  # fmt: skip
