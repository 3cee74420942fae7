"""The systems and the processing activities of an organisation."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for

from dpa.agreements import operations, serving
from dpa.agreements.forms import ActivityForm, OperatorForm, SystemForm
from dpa.agreements.pages.systems import system_lines
from dpa.agreements.views import blueprint
from dpa.agreements.views.asking import Page, allowed, one_organisation, organisation_of
from dpa.problems import Problem
from dpa.web import access, edge, identity


@blueprint.route("/agreements/systems", methods=["GET", "POST"])
@access.needs("agreements.read")
def systems() -> Page:
    """List the systems with the agreements each serves and what its operator promised, and add one."""
    organisation = one_organisation("agreements.read")
    if organisation is None:
        return _choose("Systems", "agreements.systems")
    may_edit = identity.signed_in().may("agreements.edit", organisation.id)
    form = SystemForm()
    if form.is_submitted():
        identity.signed_in().scope("agreements.edit").require(organisation.id, "organisation")
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.add_system(unit, organisation.id, form.name.data, form.operator.data or "", form.operator_hours.data)
            flash(f"The system {form.name.data} was added. Name it on the agreements it serves.", "success")
            return redirect(url_for(".systems", organisation=organisation.slug), 303)
        except Problem as problem:
            form.show_problem(problem)
    lines = system_lines(edge.session(), organisation.id, edge.now())
    body = render_template("agreements/systems.html", lines=lines, form=form, organisation=organisation, may_edit=may_edit)
    return body, 422 if form.is_submitted() else 200


@blueprint.route("/agreements/systems/<int:system_id>", methods=["GET", "POST"])
@access.needs("agreements.edit")
def system(system_id: int) -> Page:
    """Say who runs a system, and within how many hours that subprocessor promised to tell of a breach."""
    scope = edge.scope("agreements.edit")
    row = serving.system(edge.session(), scope, system_id)
    organisation = organisation_of(row.organisation_id)
    form = OperatorForm(obj=row)
    back = url_for(".systems", organisation=organisation.slug)
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                fresh = serving.system(unit.session, scope, system_id)
                operations.set_operator(unit, fresh, form.operator.data or "", form.operator_hours.data)
            flash("The operator was saved. The list says what its promise means for customers.", "success")
            return redirect(back, 303)
        except Problem as problem:
            form.show_problem(problem)
    return render_template("agreements/system.html", form=form, row=row, organisation=organisation, back=back), 422 if form.is_submitted() else 200


@blueprint.route("/agreements/activities", methods=["GET", "POST"])
@access.needs("agreements.read")
def activities() -> Page:
    """List the processing activities with the agreements each is done for, and add one."""
    organisation = one_organisation("agreements.read")
    if organisation is None:
        return _choose("Processing activities", "agreements.activities")
    may_edit = identity.signed_in().may("agreements.edit", organisation.id)
    form = ActivityForm()
    if form.is_submitted():
        identity.signed_in().scope("agreements.edit").require(organisation.id, "organisation")
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.add_activity(unit, organisation.id, form.name.data)
            flash(f"The activity {form.name.data} was added. Name it on the agreements it is done for.", "success")
            return redirect(url_for(".activities", organisation=organisation.slug), 303)
        except Problem as problem:
            form.show_problem(problem)
    today = edge.now().astimezone(ZoneInfo(organisation.zone)).date()
    rows = serving.activities(edge.session(), organisation.id, today)
    body = render_template("agreements/activities.html", rows=rows, form=form, organisation=organisation, may_edit=may_edit)
    return body, 422 if form.is_submitted() else 200


def _choose(title: str, target: str) -> Page:
    return render_template("agreements/choose.html", title=title, lead="Of which organisation?", organisations=allowed("agreements.read"), target=target)
