"""The systems of an organisation."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for

from dpa.agreements import operations, queries
from dpa.agreements.forms import SystemForm
from dpa.agreements.views import blueprint
from dpa.agreements.views.asking import Page, allowed, one_organisation
from dpa.problems import Problem
from dpa.web import access, edge, identity


@blueprint.route("/agreements/systems", methods=["GET", "POST"])
@access.needs("agreements.read")
def systems() -> Page:
    """List the systems with the agreements each serves, and add one."""
    organisation = one_organisation("agreements.read")
    if organisation is None:
        title, lead = "Systems", "Of which organisation?"
        return render_template("agreements/choose.html", title=title, lead=lead, organisations=allowed("agreements.read"), target="agreements.systems")
    may_edit = identity.signed_in().may("agreements.edit", organisation.id)
    form = SystemForm()
    if form.is_submitted():
        identity.signed_in().scope("agreements.edit").require(organisation.id, "organisation")
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.add_system(unit, organisation.id, form.name.data)
            flash(f"The system {form.name.data} was added. Name it on the agreements it serves.", "success")
            return redirect(url_for(".systems", organisation=organisation.slug), 303)
        except Problem as problem:
            form.show_problem(problem)
    rows = queries.systems(edge.session(), organisation.id)
    body = render_template("agreements/systems.html", rows=rows, form=form, organisation=organisation, may_edit=may_edit)
    return body, 422 if form.is_submitted() else 200
