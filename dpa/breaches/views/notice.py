"""Writing a phase, reviewing and releasing it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for

from dpa.agreements import queries as agreements
from dpa.breaches import case, operations, queries
from dpa.breaches.forms import DraftForm, ReleaseForm
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page, status
from dpa.problems import Problem
from dpa.web import access, edge


@blueprint.route("/breaches/<int:breach_id>/notice", methods=["GET", "POST"])
@access.needs("breaches.record")
def write_notice(breach_id: int) -> Page:
    """Write the text of the notice, once for all customers."""
    scope = edge.scope("breaches.record")
    breach = queries.breach(edge.session(), scope, breach_id)
    newest = breach.draft or breach.newest_released
    form = DraftForm(obj=newest, data=None if newest else {"nature": breach.known})
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.save_draft(unit, queries.breach(unit.session, scope, breach_id), form.draft())
            flash("The text is saved. Nothing has left yet.", "success")
            return redirect(url_for("breaches.review", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    return render_template("breaches/notice.html", form=form, breach=breach), status(form)


@blueprint.get("/breaches/<int:breach_id>/release")
@access.needs("breaches.release")
def review(breach_id: int) -> Page:
    """Review the notice: the text, whom it goes to, what differs, who cannot be reached."""
    breach = queries.breach(edge.session(), edge.scope("breaches.release"), breach_id)
    if breach.draft is None and breach.newest_released is None:
        return redirect(url_for("breaches.write_notice", breach_id=breach_id), 303)
    organisation = agreements.organisation(edge.session(), breach.organisation_id)
    view = case.review(edge.session(), breach, organisation, settings=edge.settings(), customer=request.args.get("customer", type=int), now=edge.now())
    return render_template("breaches/release.html", review=view, breach=breach, form=ReleaseForm())


@blueprint.post("/breaches/<int:breach_id>/release")
@access.needs("breaches.release")
def release(breach_id: int) -> Page:
    """Release the notice."""
    scope = edge.scope("breaches.release")
    with edge.transaction() as unit:
        breach = queries.breach(unit.session, scope, breach_id)
        organisation = agreements.organisation(unit.session, breach.organisation_id)
        count = operations.release_notice(unit, breach, organisation)
    flash(f"The notice is released to {count} customer{'' if count == 1 else 's'}. Each clock is met when the customer's mail server accepts it.", "success")
    return redirect(url_for("breaches.show", breach_id=breach_id), 303)
