"""How an organisation handles breaches, and the other clocks of a case."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for

from dpa.breaches import operations, queries
from dpa.breaches.forms import SettingsForm
from dpa.breaches.pages.regimes import regimes_of, regimes_of_customers
from dpa.breaches.pages.upstream import upstream_of
from dpa.breaches.views import blueprint
from dpa.breaches.views.acts import RELEASE
from dpa.breaches.views.common import Page, status
from dpa.languages import Language
from dpa.problems import Problem
from dpa.web import access, edge, identity


@blueprint.route("/settings/organisations/<int:organisation_id>/breaches", methods=["GET", "POST"])
@access.needs("organisation.manage")
def settings(organisation_id: int) -> Page:
    """Show and change how an organisation handles breaches."""
    edge.scope("organisation.manage").require(organisation_id, "organisation")
    stored = operations.settings_of(edge.session(), organisation_id)
    form = SettingsForm(data={
        "four_eyes": stored.four_eyes, "acknowledge_hours": stored.acknowledge_hours, "profiles": stored.profiles, "language": stored.language,
        "tell_severity": stored.tell_severity,
    })
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.change_settings(
                    unit, organisation_id, four_eyes=bool(form.four_eyes.data), acknowledge_hours=form.acknowledge_hours.data, profiles=form.chosen(),
                    language=Language(form.language.data), tell_severity=bool(form.tell_severity.data),
                )  # fmt: skip
            flash("The settings were saved. They hold for what happens from now on.", "success")
            return redirect(url_for("people.organisation", organisation_id=organisation_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    organisation = next(one for one in identity.signed_in().organisations if one.id == organisation_id)
    return render_template("breaches/settings.html", form=form, organisation=organisation), status(form)


@blueprint.get("/breaches/<int:breach_id>/other-clocks")
@access.needs("breaches.read")
def other_clocks(breach_id: int) -> Page:
    """Show the clocks beside those of customers: owed to authorities, for information, and used up upstream."""
    breach = queries.breach(edge.session(), edge.scope("breaches.read"), breach_id)
    return render_template(
        "breaches/other_clocks.html", breach=breach, regimes=regimes_of(edge.session(), breach, edge.now()),
        customers=regimes_of_customers(edge.session(), breach, edge.now()), upstream=upstream_of(edge.session(), breach),
        may_release=identity.signed_in().may(RELEASE, breach.organisation_id), may_manage=identity.signed_in().may("organisation.manage", breach.organisation_id),
    )  # fmt: skip
