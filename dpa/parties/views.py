"""Pages of customers, and of an organisation's closure days."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from dpa.alerts import addresses
from dpa.languages import NAMES
from dpa.parties import operations, queries, rules
from dpa.parties.forms import ClosureForm, ContactForm, ControllerForm
from dpa.parties.models import Controller
from dpa.parties.rules import NOTICE_ORDER
from dpa.people.models import Organisation
from dpa.problems import Problem
from dpa.web import access, edge, identity, paging
from dpa.web.preferences import safe_next

blueprint = Blueprint("parties", __name__)
Page = str | Response | tuple[str, int]


@blueprint.get("/customers")
@access.needs("parties.read")
def controllers() -> Page:
    """List the customers."""
    text = edge.words("q")
    after = paging.decode_key(request.args.get("after"), 2)
    page = queries.controllers(edge.session(), edge.scope("parties.read"), text=text, after=after)
    names = {org.id: org.name for org in identity.signed_in().organisations}
    person = identity.signed_in()
    own, refused = queries.own_mailboxes(edge.session(), page.rows), queries.refused(edge.session(), page.rows)
    lines = [(*_line(row, own), sum(one.id in refused and one.purpose in NOTICE_ORDER for one in row.contacts)) for row in page.rows]
    return render_template(
        "parties/controllers.html", page=page, lines=lines, q=text, organisations=names, several=len(names) > 1,
        may_edit=person.may("parties.edit"), may_import=person.may("agreements.import"),
    )


@blueprint.route("/customers/new", methods=["GET", "POST"])
@access.needs("parties.edit")
def add_controller() -> Page:
    """Add a customer."""
    chosen = edge.chosen_organisation()
    form = ControllerForm(organisation=chosen.id if chosen else None)
    person = identity.signed_in()
    form.organisation.choices = [SelectChoice(o.id, label=o.name) for o in person.organisations if person.may("parties.edit", o.id)]
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                row = operations.add_controller(unit, form.organisation.data, form.controller())
                target = url_for("parties.controller", controller_id=row.id)
            flash(f"{form.name.data} was added. Add a security or privacy contact next, so that notices have an addressee.", "success")
            return redirect(target, 303)
        except Problem as problem:
            form.show_problem(problem)
    return render_template("parties/controller_form.html", form=form, title="Add a customer", back=url_for("parties.controllers")), _status(form)


@blueprint.get("/customers/<int:controller_id>")
@access.needs("parties.read")
def controller(controller_id: int) -> Page:
    """Show a customer with its contacts."""
    row = queries.controller(edge.session(), edge.scope("parties.read"), controller_id)
    return _controller_page(row, ContactForm())


@blueprint.route("/customers/<int:controller_id>/edit", methods=["GET", "POST"])
@access.needs("parties.edit")
def change_controller(controller_id: int) -> Page:
    """Change a customer's details."""
    scope = edge.scope("parties.edit")
    row = queries.controller(edge.session(), scope, controller_id)
    form = ControllerForm(obj=row, data={"organisation": row.organisation_id}).keep(row.language)
    del form.organisation
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.change_controller(unit, queries.controller(unit.session, scope, controller_id), form.controller())
            flash("The customer's details were saved.", "success")
            return redirect(url_for("parties.controller", controller_id=controller_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    back = url_for("parties.controller", controller_id=controller_id)
    return render_template("parties/controller_form.html", form=form, title="Change the customer", back=back), _status(form)


@blueprint.post("/customers/<int:controller_id>/contacts")
@access.needs("parties.edit")
def add_contact(controller_id: int) -> Page:
    """Add a contact to a customer."""
    scope = edge.scope("parties.edit")
    form = ContactForm()
    queries.controller(edge.session(), scope, controller_id)
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                row = queries.controller(unit.session, scope, controller_id)
                operations.add_contact(unit, row, form.contact())
                domains = unit.session.get_one(Organisation, row.organisation_id).mail_domains
                blocked = rules.is_own_mailbox(form.contact().email, domains)
            if blocked:
                flash("The contact was added but is blocked: the address is one of the organisation's own, so no notice could reach the customer.", "warning")
            else:
                flash("The contact was added.", "success")
            back = safe_next(request.args.get("back"), "")
            here = url_for("parties.controller", controller_id=controller_id, back=back or None)
            # Whoever came to repair a contact goes back to where it was missed; a blocked one repaired nothing.
            return redirect(here if blocked or not back else back, 303)
        except Problem as problem:
            form.show_problem(problem)
    return _controller_page(queries.controller(edge.session(), scope, controller_id), form), 422


@blueprint.post("/customers/<int:controller_id>/contacts/<int:contact_id>/remove")
@access.needs("parties.edit")
def remove_contact(controller_id: int, contact_id: int) -> Page:
    """Remove a contact."""
    with edge.transaction() as unit:
        row = queries.controller(unit.session, edge.scope("parties.edit"), controller_id)
        operations.remove_contact(unit, row, queries.contact(row, contact_id))
    flash("The contact was removed. What was sent to it stays in the outbox.", "success")
    return redirect(url_for("parties.controller", controller_id=controller_id), 303)


@blueprint.route("/settings/<int:organisation_id>/calendar", methods=["GET", "POST"])
@access.needs("organisation.manage")
def calendar(organisation_id: int) -> Page:
    """Show and add closure days."""
    edge.scope("organisation.manage").require(organisation_id, "organisation")
    form = ClosureForm()
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.add_closure(unit, organisation_id, form.closure())
            flash("The closure day was added. Clocks that already run keep the calendar they started with.", "success")
            return redirect(url_for("parties.calendar", organisation_id=organisation_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    rows = queries.closures(edge.session(), organisation_id)
    return render_template("parties/calendar.html", form=form, rows=rows, organisation=_organisation(organisation_id)), _status(form)


@blueprint.post("/settings/<int:organisation_id>/calendar/<int:closure_id>/remove")
@access.needs("organisation.manage")
def remove_closure(organisation_id: int, closure_id: int) -> Page:
    """Remove a closure day."""
    with edge.transaction() as unit:
        row = queries.closure(unit.session, edge.scope("organisation.manage"), closure_id)
        operations.remove_closure(unit, row)
    flash("The closure day was removed.", "success")
    return redirect(url_for("parties.calendar", organisation_id=organisation_id), 303)


def _organisation(organisation_id: int) -> identity.OrganisationRef:
    return next(org for org in identity.signed_in().organisations if org.id == organisation_id)


def _line(row: Controller, own: frozenset[int]) -> tuple[Controller, int]:
    """Return a customer with the number of addresses that notices can go to."""
    return row, sum(contact.purpose in NOTICE_ORDER and contact.id not in own and addresses.fault(contact.email) is None for contact in row.contacts)


def _controller_page(row: Controller, form: ContactForm) -> str:
    person = identity.signed_in()
    organisation = _organisation(row.organisation_id)
    own = queries.own_mailboxes(edge.session(), [row])
    return render_template(
        "parties/controller.html", controller=row, form=form, own=own, refused=queries.refused(edge.session(), [row]), unmailable={one.id for one in row.contacts if addresses.fault(one.email)}, reachable=_line(row, own)[1] > 0, organisation=organisation,
        language=NAMES.get(row.language) or (f"{row.language} (no texts yet: the organisation’s own is used)" if row.language else "the organisation’s own language"),
        back=safe_next(request.args.get("back"), ""), may_edit=person.may("parties.edit", row.organisation_id),
        may_add=person.may("agreements.edit", row.organisation_id), may_outbox=person.may("outbox.read", row.organisation_id),
    )


def _status(form: ControllerForm | ClosureForm) -> int:
    return 422 if form.is_submitted() else 200
