"""Other clocks of single agreements: NIS2, DORA and others that a customer must keep, off until somebody turns them on."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for

from dpa.agreements import queries as agreements
from dpa.breaches.clock_forms import AgreementClocksForm, FindAgreementForm
from dpa.breaches.operations.agreement_clocks import change_agreement_clocks, profiles_of
from dpa.breaches.pages.regimes import agreements_with_clocks
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page, status
from dpa.problems import Invalid
from dpa.web import access, edge, identity


@blueprint.route("/settings/organisations/<int:organisation_id>/breaches/agreements", methods=["GET", "POST"])
@access.needs("organisation.manage")
def clocks_of_agreements(organisation_id: int) -> Page:
    """List the agreements that have other clocks of their own, and find another one by its reference."""
    edge.scope("organisation.manage").require(organisation_id, "organisation")
    form = FindAgreementForm()
    if form.validate_on_submit():
        wanted = (form.reference.data or "").strip()
        found = agreements.by_references(edge.session(), organisation_id, [wanted]).get(wanted)
        if found is not None:
            return redirect(url_for("breaches.clocks_of_agreement", agreement_id=found), 303)
        form.show_problem(Invalid(f"There is no agreement “{wanted}”; references are on the list of agreements.", field="reference"))
    organisation = next(one for one in identity.signed_in().organisations if one.id == organisation_id)
    return render_template(
        "breaches/agreements_clocks.html", form=form, organisation=organisation, lines=agreements_with_clocks(edge.session(), organisation_id)
    ), status(form)


@blueprint.route("/breaches/agreements/<int:agreement_id>/clocks", methods=["GET", "POST"])
@access.needs("organisation.manage")
def clocks_of_agreement(agreement_id: int) -> Page:
    """Show and change which other clocks one agreement starts."""
    row = agreements.agreement(edge.session(), edge.scope("organisation.manage"), agreement_id)
    form = AgreementClocksForm(data={"profiles": [one.value for one in profiles_of(edge.session(), agreement_id)]})
    if form.validate_on_submit():
        with edge.transaction() as unit:
            changed = change_agreement_clocks(unit, row.organisation_id, row.id, form.chosen())
        flash("The clocks of this agreement were saved. Open cases show them at once." if changed else "Nothing was changed.", "success")
        return redirect(url_for("breaches.clocks_of_agreements", organisation_id=row.organisation_id), 303)
    customer = agreements.controller(edge.session(), row.controller_id)
    return render_template("breaches/agreement_clocks.html", form=form, agreement=row, customer=customer), status(form)
