"""Reports to authorities: recording that one was submitted, and deciding whether any is owed under NIS2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import flash, url_for
from sqlalchemy.orm import Session

from dpa.breaches import report_queries, reports
from dpa.breaches.act_forms import SignificanceForm
from dpa.breaches.models import Breach
from dpa.breaches.operations import reports as operations
from dpa.breaches.operations import significance
from dpa.breaches.report_forms import SubmissionForm
from dpa.breaches.reports import Effect, Foreseen
from dpa.breaches.views import acts, blueprint
from dpa.breaches.views.acts import RELEASE, ActPage, perform
from dpa.breaches.views.common import Page
from dpa.docket.models import DocketEntry
from dpa.problems import Conflict, NotFound
from dpa.web import access, edge
from dpa.web.words import instant_text

SLUGS = {report.slug: report for report in reports.REPORTS}
SAID = {
    Effect.STARTED: "The {report} is due {due}.", Effect.RECOUNTED: "The clock was counted anew: the {report} is due {due}.",
    Effect.MISSED: "The {report} was due {due} and stays missed.", Effect.FROZEN: "The {report} was submitted before; its clock stays as it was.",
    Effect.ENDED: "The clock of the {report} is waived.",
}  # fmt: skip
SUBMITTED = ActPage(
    RELEASE, "", "Record it once it has left; nothing is sent from here.", "Record it", "", "primary", "This meets the clock; how early or late it was is frozen with it.",
)  # fmt: skip
SIGNIFICANT = ActPage(
    RELEASE, "Is the incident significant?", "Only a significant incident must be reported under NIS2 (Art. 23(3)).", "Record the decision",
    "The decision is on record.", "primary", "“Yes” starts the clocks of early warning and notification; they stand on the board until you record that they were submitted.",
)  # fmt: skip


def became(session: Session, breach: Breach, foreseen: Sequence[Foreseen]) -> str:
    """Say what became of the clocks of reports; nothing of those that run on."""
    clocks = report_queries.on_record(session, breach.id).clocks
    said = [(SAID[one.effect], one.report, clocks.get(one.report.name)) for one in foreseen if one.effect in SAID]
    return " ".join(words.format(report=report.plain, due=instant_text(report_queries.due_of(clock), breach.zone) if clock else "") for words, report, clock in said)


@blueprint.route("/breaches/<int:breach_id>/reports/<string:slug>", methods=["GET", "POST"])
@access.needs(RELEASE)
def submit_report(breach_id: int, slug: str) -> Page:
    """Record when a report was submitted to the authority, or that it was updated."""
    breach = acts.found(breach_id, SUBMITTED)
    report = SLUGS.get(slug)
    if report is None:
        raise NotFound("There is no such report.")
    clocks = report_queries.on_record(edge.session(), breach.id).clocks
    if problem := operations.refusal(report, clocks):
        raise Conflict(problem)
    clock = clocks[report.name]
    update, form = clock.met_at is not None, SubmissionForm()
    # No law sets a date for an update, and before its date has passed nothing can have come late.
    form.begin(breach.zone, may_be_late=not update and report_queries.due_of(clock) < edge.now())
    facts: list[dict[str, Any]] = [{"label": "Breach", "value": breach.reference, "hint": breach.title}, *_due(clock, update=update)]
    if report.ongoing:
        facts.append({"label": "The incident goes on?", "value": "Not this report yet", "hint": f"{report.ongoing}."})
    after = next((one for one in reports.REPORTS if one.after == report.name), None)
    if after is not None:
        facts.append(
            {"label": "Comes after it", "value": after.title, "hint": f"{after.article}: {after.since}; its clock {'is counted anew' if update else 'starts when you record this'}"}
        )
    return perform(
        _page(report, breach, update=update), form, breach_id, lambda unit, fresh: operations.submit(unit, fresh, report.name, form.submission()),
        back=("Other clocks", url_for("breaches.other_clocks", breach_id=breach.id)), facts=facts,
    )  # fmt: skip


def _due(clock: DocketEntry, *, update: bool) -> list[dict[str, Any]]:
    if update and clock.met_at is not None:
        return [{"label": "Submitted", "value": instant_text(clock.met_at, clock.zone), "hint": "It stays as it was recorded"}]
    otherwise = "Not owed after all? A decision ends it, or waive its clock on the deadline’s page"
    return [{"label": "Due", "value": instant_text(report_queries.due_of(clock), clock.zone), "hint": f"{clock.basis}. {otherwise}.", "url": url_for("docket.entry", entry_id=clock.id)}]


def _page(report: reports.Report, breach: Breach, *, update: bool) -> ActPage:
    """Return the words of the page about one report; in an exercise nothing leaves the house."""
    title = f"The {report.plain} was {'updated' if update else 'submitted'}"
    lead = (
        "This is an exercise: say when you would have submitted it, and how. Nothing goes to an authority."
        if breach.drill
        else f"To the authority, under {report.law.short}. {SUBMITTED.lead}"
    )
    consequence = "What follows is counted from the update; the report itself and its lateness stay as they are." if update else SUBMITTED.consequence
    done = f"The update of the {report.plain} is on record." if update else f"The {report.plain} is on record; its clock is met."
    return replace(SUBMITTED, title=title, lead=lead, consequence=consequence, done=done)


@blueprint.route("/breaches/<int:breach_id>/significance", methods=["GET", "POST"])
@access.needs(RELEASE)
def decide_significance(breach_id: int) -> Page:
    """Record whether the incident is significant in the sense of NIS2; beside the form stands by when which report would be due."""
    breach = acts.found(breach_id, SIGNIFICANT)
    form = SignificanceForm()
    back = ("Other clocks", url_for("breaches.other_clocks", breach_id=breach.id))
    found: list[Foreseen] = []
    answer = perform(
        SIGNIFICANT, form, breach_id,
        lambda unit, fresh: found.extend(significance.decide(unit, fresh, significant=form.significant.data == "yes", reason=form.reason.data or "")),
        back=back, facts=_if_significant(breach),
    )  # fmt: skip
    if said := became(edge.session(), breach, found):
        flash(said, "warning" if any(one.effect is Effect.MISSED for one in found) else "success")
    return answer


def _if_significant(breach: Breach) -> list[dict[str, Any]]:
    """Say by when each report would be due were the incident significant, and what became of those on record."""
    session = edge.session()
    found = report_queries.on_record(session, breach.id)
    foreseen = report_queries.foreseen(session, breach, significance.duty(breach, significant=True), found, edge.now())
    facts: list[dict[str, Any]] = [{"label": "Breach", "value": breach.reference, "hint": breach.title}]
    for one in foreseen:
        clock = found.clocks.get(one.report.name)
        if clock is not None and clock.met_at is not None:
            facts.append({"label": one.report.title, "value": f"submitted {instant_text(clock.met_at, clock.zone)}", "hint": "No decision undoes that"})
        elif one.deadline is not None:
            when = "at the latest; counted from the notification once that was submitted" if one.expected else reports.basis(one.report, significance.duty(breach, significant=True), one.deadline)
            facts.append({"label": f"{one.report.title}, if significant", "value": instant_text(one.deadline.due, breach.zone), "hint": when})
    return facts
