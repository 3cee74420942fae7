"""DORA: recording and correcting when an incident was classified as major, and that the initial notification was submitted."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for

from dpa.breaches import queries
from dpa.breaches.closing import CaseState
from dpa.breaches.dora import Effect
from dpa.breaches.dora_forms import ClassificationForm, SubmissionForm
from dpa.breaches.models import Breach
from dpa.breaches.operations import dora
from dpa.breaches.pages.dora import history
from dpa.breaches.views import acts, blueprint
from dpa.breaches.views.acts import RELEASE, ActPage, perform
from dpa.breaches.views.common import Page, status
from dpa.breaches.views.times import say_repeated_hours
from dpa.problems import Problem
from dpa.web import access, edge, identity
from dpa.web.words import instant_text

SAID = {
    Effect.STARTED: "The initial notification is due {due}.", Effect.RECOUNTED: "The clock was counted anew: the initial notification is due {due}.",
    Effect.MISSED: "The initial notification was due {due} and stays missed.", Effect.FROZEN: "The initial notification was submitted before; its clock stays as it was.",
    Effect.ENDED: "The clock of the initial notification is waived.", Effect.SAME: "",
}  # fmt: skip
SUBMITTED = ActPage(
    RELEASE, "The initial notification was submitted", "To the competent authority, under DORA Art. 19(4).", "Record it", "The initial notification is on record; its clock is met.",
    "primary", "This meets the clock; how early or late it was is frozen with it.",
)  # fmt: skip


@blueprint.route("/breaches/<int:breach_id>/classification", methods=["GET", "POST"])
@access.needs("breaches.read")
def classify(breach_id: int) -> Page:
    """Show whether the incident was classified as major, and record or correct it."""
    breach = queries.breach(edge.session(), edge.scope("breaches.read"), breach_id)
    found = dora.newest(edge.session(), breach.id)
    standing = dora.decision_of(found) if found else None
    form = ClassificationForm()
    form.begin(breach.zone, standing)
    if form.is_submitted():
        identity.signed_in().scope(RELEASE).require(breach.organisation_id, "incident")
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                fresh = queries.breach(unit.session, edge.scope(RELEASE), breach_id)
                effect = dora.classify(unit, fresh, form.decision(standing), form.correction())
            flash(f"The classification is on record. {_said(effect, breach)}".strip(), "warning" if effect is Effect.MISSED else "success")
            say_repeated_hours([form.decided_at])
            return redirect(url_for("breaches.other_clocks", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    turned_on = bool(dora.profiles_of(edge.session(), breach.organisation_id))
    may_decide = identity.signed_in().may(RELEASE, breach.organisation_id) and breach.state is CaseState.OPEN and turned_on
    return render_template(
        "breaches/classification.html", form=form, breach=breach, history=history(edge.session(), breach.id), may_decide=may_decide, turned_on=turned_on,
    ), status(form)  # fmt: skip


def _said(effect: Effect, breach: Breach) -> str:
    clock = dora.clock_of(edge.session(), breach.id)
    return SAID[effect].format(due=instant_text(clock.target_at, breach.zone) if clock else "")


@blueprint.route("/breaches/<int:breach_id>/dora-submitted", methods=["GET", "POST"])
@access.needs(RELEASE)
def dora_submitted(breach_id: int) -> Page:
    """Record when the initial notification was submitted to the authority."""
    breach = acts.found(breach_id, SUBMITTED)
    form = SubmissionForm()
    form.at.zone = breach.zone
    clock = dora.clock_of(edge.session(), breach.id)
    facts: list[dict[str, Any]] = [{"label": "Breach", "value": breach.reference, "hint": breach.title}]
    if clock is not None:
        facts.append({"label": "Due", "value": instant_text(clock.target_at, breach.zone), "hint": clock.basis})
    return perform(
        SUBMITTED, form, breach_id, lambda unit, fresh: dora.submitted(unit, fresh, form.submitted_at(), form.note.data or ""),
        back=("Other clocks", url_for("breaches.other_clocks", breach_id=breach.id)), facts=facts,
    )  # fmt: skip
