"""The list of agreements, and adding one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.agreements import operations, queries, serving
from dpa.agreements.forms import AgreementForm
from dpa.agreements.pages import listing
from dpa.agreements.pages.listing import STATES, STATUS, Asked
from dpa.agreements.pages.template import choices
from dpa.agreements.views import blueprint
from dpa.agreements.views.asking import Page, allowed, argument, one_organisation
from dpa.problems import Problem
from dpa.web import access, edge, identity, paging


@blueprint.get("/agreements")
@access.needs("agreements.read")
def index() -> Page:
    """List the agreements, by customer."""
    asked = Asked(argument("q"), argument("status"), argument("template"), argument("state"), argument("organisation") or None)
    after = paging.decode_key(request.args.get("after"), 2)
    view = listing.listing(edge.session(), edge.scope("agreements.read"), asked, after=after, now=edge.now())
    person = identity.signed_in()
    return render_template(
        "agreements/index.html", view=view, asked=asked,
        statuses=[("", "All"), *((value, words) for value, (words, _) in STATUS.items())],
        states=[("", "Running and ended"), *((value, words) for value, (words, _) in STATES.items())],
        several=len(person.organisations) > 1, may_edit=person.may("agreements.edit"), may_import=person.may("agreements.import"),
    )


@blueprint.route("/agreements/new", methods=["GET", "POST"])
@access.needs("agreements.edit")
def new() -> Page:
    """Add an agreement; where several organisations are possible, ask for one first."""
    organisation = one_organisation("agreements.edit")
    if organisation is None:
        title, lead = "Add an agreement", "For which organisation?"
        return render_template("agreements/choose.html", title=title, lead=lead, organisations=allowed("agreements.edit"), target="agreements.new")
    form = AgreementForm(customer=argument("customer"))
    scope = identity.signed_in().scope("agreements.edit").narrowed(organisation.id)
    form.offer(
        choices(queries.templates(edge.session(), scope)), serving.systems(edge.session(), organisation.id),
        serving.activities(edge.session(), organisation.id),
    )  # fmt: skip
    if form.validate_on_submit():
        try:
            return _add(form, scope)
        except Problem as problem:
            form.show_problem(problem)
    back = url_for(".index", organisation=argument("organisation") or None)
    page = render_template("agreements/new.html", form=form, organisation=organisation, back=back)
    return page, 422 if form.is_submitted() else 200


def _add(form: AgreementForm, scope: identity.Scope) -> Response:
    with edge.transaction() as unit:
        template = queries.template(unit.session, scope, form.template.data)
        customer = queries.controller_by_reference(unit.session, template.organisation_id, form.customer.data)
        systems = serving.systems_by_id(unit.session, template.organisation_id, form.systems.data or [])
        activities = serving.activities_by_id(unit.session, template.organisation_id, form.activities.data or [])
        row = operations.add_agreement(unit, customer.id, template, form.agreement(), systems=systems, activities=activities)
        target = url_for(".show", agreement_id=row.id)
    flash(f"The agreement {form.reference.data} was added.", "success")
    return redirect(target, 303)
