"""House targets: an organisation's own numbers for words such as "without undue delay"."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for

from dpa.agreements import operations
from dpa.agreements.book import load_houses
from dpa.agreements.forms import TargetForm
from dpa.agreements.pages.targets import target_lines
from dpa.agreements.views import blueprint
from dpa.agreements.views.asking import Page, organisation_of
from dpa.problems import Problem
from dpa.web import access, edge


@blueprint.route("/agreements/targets/<int:organisation_id>", methods=["GET", "POST"])
@access.needs("organisation.manage")
def targets(organisation_id: int) -> Page:
    """Show and set the house targets of an organisation."""
    edge.scope("organisation.manage").require(organisation_id, "organisation")
    form = TargetForm()
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.set_target(unit, organisation_id, *form.target())
            flash("The house target was saved. Clocks that run keep the target they started with.", "success")
            return redirect(url_for(".targets", organisation_id=organisation_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    policy = load_houses(edge.session(), [organisation_id], edge.now())[organisation_id].policy
    body = render_template(
        "agreements/targets.html", form=form, rows=target_lines(policy), organisation=organisation_of(organisation_id)
    )
    return body, 422 if form.is_submitted() else 200
