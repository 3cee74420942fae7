"""Settings: the organisations a person belongs to, and their facts."""

from __future__ import annotations

from flask import Response as Download
from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from dpa.evidence.register import printing
from dpa.people import operations, queries
from dpa.people.forms import LogoForm, OrganisationForm
from dpa.people.models import Person
from dpa.people.roles import TITLES
from dpa.people.views import blueprint
from dpa.problems import Problem
from dpa.web import access, edge, identity
from dpa.web.identity import Scope

Page = str | Response | tuple[str, int]


@blueprint.get("/settings")
@access.needs("settings.read")
def settings() -> Page:
    """Show the chosen organisation, or the list when there are several."""
    scope = edge.scope("settings.read")
    if len(scope.organisation_ids) == 1:
        return _organisation_page(next(iter(scope.organisation_ids)), scope)
    rows = queries.organisations(edge.session(), scope)
    counts = {row.id: len(queries.members(edge.session(), row.id)) for row in rows}
    return render_template("people/organisations.html", rows=rows, counts=counts,
                           may_add=identity.signed_in().may("organisation.manage"))


@blueprint.get("/settings/organisations/<int:organisation_id>")
@access.needs("settings.read")
def organisation(organisation_id: int) -> Page:
    """Show an organisation's facts and people."""
    return _organisation_page(organisation_id, edge.scope("settings.read"))


def _organisation_page(organisation_id: int, scope: Scope, logo_form: LogoForm | None = None) -> str:
    me = identity.signed_in()
    row = queries.organisation(edge.session(), scope, organisation_id)
    return render_template(
        "people/organisation.html",
        organisation=row,
        lines=queries.member_lines(edge.session(), scope, organisation_id),
        titles=TITLES,
        logo_form=logo_form or LogoForm(),
        may_change=me.may("organisation.manage", organisation_id),
        may_manage_people=me.may("people.manage", organisation_id),
        several=len(me.organisations) > 1,
    )


@blueprint.route("/settings/organisations/<int:organisation_id>/facts", methods=["GET", "POST"])
@access.needs("organisation.manage")
def change_organisation(organisation_id: int) -> Page:
    """Change an organisation's facts."""
    scope = edge.scope("organisation.manage")
    row = queries.organisation(edge.session(), scope, organisation_id)
    form = OrganisationForm.showing(operations.facts_of(row))
    name = row.name
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                row = queries.organisation(unit.session, scope, organisation_id)
                operations.change_organisation(unit, row, form.facts())
            flash("The organisation's facts were saved. Clocks that run keep the rules they started with.", "success")
            _announce_unprintable(row.name, row.address)
            return redirect(url_for("people.organisation", organisation_id=organisation_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    back = url_for("people.organisation", organisation_id=organisation_id)
    return render_template("people/organisation_form.html", form=form, title="Change the organisation", back=back, back_label=name,
                           action=url_for("people.change_organisation", organisation_id=organisation_id)), 422 if form.errors else 200


@blueprint.get("/settings/organisations/<int:organisation_id>/logo")
@access.needs("settings.read")
def logo(organisation_id: int) -> Response:
    """Answer with the organisation's logo, as a picture for its pages and never as a page of its own."""
    row = queries.organisation(edge.session(), edge.scope("settings.read"), organisation_id)
    return Download(
        operations.logo_of(edge.settings(), row), mimetype="image/png",
        headers={"Content-Disposition": f'attachment; filename="{row.slug}.png"', "Content-Security-Policy": "default-src 'none'; sandbox"},
    )


@blueprint.post("/settings/organisations/<int:organisation_id>/logo")
@access.needs("organisation.manage")
def change_logo(organisation_id: int) -> Page:
    """Put an uploaded picture into the organisation's letterhead."""
    scope = edge.scope("organisation.manage")
    scope.require(organisation_id, "organisation")
    form = LogoForm()
    if form.validate_on_submit():
        try:
            sha256 = operations.store_logo(edge.settings(), form.png())
            with edge.transaction() as unit:
                operations.change_logo(unit, queries.organisation(unit.session, scope, organisation_id), sha256)
            flash("The logo was saved. Documents issued from now on carry it.", "success")
            return _back(organisation_id)
        except Problem as problem:
            form.show_problem(problem)
    return _organisation_page(organisation_id, scope, form), 422


@blueprint.post("/settings/organisations/<int:organisation_id>/logo/remove")
@access.needs("organisation.manage")
def remove_logo(organisation_id: int) -> Page:
    """Take the logo out of the organisation's letterhead."""
    scope = edge.scope("organisation.manage")
    with edge.transaction() as unit:
        operations.change_logo(unit, queries.organisation(unit.session, scope, organisation_id), None)
    flash("Documents issued from now on carry no logo; those issued before keep theirs.", "success")
    return _back(organisation_id)


def _announce_unprintable(name: str, address: str) -> None:
    """Say which characters of the letterhead documents cannot show, before the first of them is issued."""
    if words := printing.warning(name, address):
        flash(f"In the letterhead, {words[0].lower()}{words[1:]}", "warning")


def _back(organisation_id: int) -> Response:
    return redirect(url_for("people.organisation", organisation_id=organisation_id, _anchor="letterhead"), 303)


@blueprint.route("/settings/organisations/new", methods=["GET", "POST"])
@access.needs("organisation.manage")
def add_organisation() -> Page:
    """Add an organisation; who adds it becomes its administrator."""
    form = OrganisationForm.showing(None)
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                me = unit.session.get_one(Person, identity.signed_in().user_id)
                added = operations.add_organisation(unit, form.facts(), first=me)
                target, name, address = url_for("people.organisation", organisation_id=added.id), added.name, added.address
            flash("The organisation was added; you are its administrator.", "success")
            _announce_unprintable(name, address)
            return redirect(target, 303)
        except Problem as problem:
            form.show_problem(problem)
    return render_template("people/organisation_form.html", form=form, title="Add an organisation", back=url_for("people.settings"),
                           back_label="Settings", action=url_for("people.add_organisation")), 422 if form.errors else 200
