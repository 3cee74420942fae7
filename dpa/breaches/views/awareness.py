"""Correcting when awareness began: first what it would do, then the decision. Both stay on record."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for

from dpa.breaches import awareness, corrected, operations, queries, recounting
from dpa.breaches.clocks import Starts
from dpa.breaches.closing import CaseState
from dpa.breaches.forms import AwarenessForm
from dpa.breaches.models import Breach
from dpa.breaches.operations.recording import decision_of
from dpa.breaches.pages import awareness as pages
from dpa.breaches.pages import report_effects
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page, status
from dpa.breaches.views.times import say_repeated_hours
from dpa.problems import Invalid, Problem
from dpa.web import access, edge, identity
from dpa.web.words import local_time, plural


@blueprint.route("/breaches/<int:breach_id>/awareness", methods=["GET", "POST"])
@access.needs("breaches.read")
def decide_awareness(breach_id: int) -> Page:
    """Show the decisions about awareness, and correct the one that stands: `preview` shows what would happen, `edit` goes back from there."""
    breach = queries.breach(edge.session(), edge.scope("breaches.read"), breach_id)
    may_record = identity.signed_in().may("breaches.record", breach.organisation_id)
    form = _form(breach)
    if form.is_submitted():
        identity.signed_in().scope("breaches.record").require(breach.organisation_id, "incident")
        if "edit" in request.form:
            return _show(breach, form, may_record), 200
    if form.validate_on_submit():
        try:
            if "preview" in request.form:
                return _preview(breach, form)
            moved = _correct(breach_id, form)
            flash(f"Awareness is corrected; {plural(moved, 'clock was', 'clocks were')} counted anew. The earlier decision stays on record.", "success")
            say_repeated_hours([form.detected_at, form.aware_at])
            return redirect(url_for("breaches.show", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    return _show(breach, form, may_record), status(form)


def _form(breach: Breach) -> AwarenessForm:
    standing = decision_of(breach)
    form = AwarenessForm(data={
        "detected_at": local_time(standing.detected_at, breach.zone).replace(tzinfo=None), "aware_at": local_time(standing.aware_at, breach.zone).replace(tzinfo=None),
        "awareness_reason": standing.basis, "person": standing.person,
    })  # fmt: skip
    form.tell_times_in(breach.zone)
    return form


def _show(breach: Breach, form: AwarenessForm, may_record: bool) -> str:
    return render_template(
        "breaches/awareness.html", form=form, breach=breach, history=pages.history(edge.session(), breach.decisions),
        may_correct=may_record and breach.state is CaseState.OPEN,
    )  # fmt: skip


def _preview(breach: Breach, form: AwarenessForm) -> str:
    session, old = edge.session(), decision_of(breach)
    new = form.decision(old)
    if errors := awareness.correction_errors(old, new, form.reason.data or "", edge.now(), recounting.known(session, breach)):
        raise Invalid("Awareness cannot be corrected like this.", fields=errors)
    carried = [(name, value) for name, value in request.form.items() if name not in {"csrf_token", "preview"}]
    return render_template(
        "breaches/awareness_preview.html", form=form, breach=breach, old=old, new=new, carried=carried,
        lines=pages.effects(session, breach, old, new, edge.now()), told_before=corrected.told_before(session, breach, Starts(new.aware_at, new.detected_at)),
        reports=report_effects.of_correction(session, breach, new.aware_at, edge.now()),
    )  # fmt: skip


def _correct(breach_id: int, form: AwarenessForm) -> int:
    with edge.transaction() as unit:
        fresh = queries.breach(unit.session, edge.scope("breaches.record"), breach_id)
        return operations.correct_awareness(unit, fresh, form.decision(decision_of(fresh)), form.reason.data or "")
