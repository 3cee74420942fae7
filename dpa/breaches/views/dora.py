"""DORA: recording and correcting when an incident was classified as major."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for

from dpa.breaches import queries, report_queries
from dpa.breaches.closing import CaseState
from dpa.breaches.dora import Classification
from dpa.breaches.dora_forms import ClassificationForm
from dpa.breaches.models import Breach
from dpa.breaches.operations import dora
from dpa.breaches.pages import dora as pages
from dpa.breaches.pages import report_effects
from dpa.breaches.regimes import Law
from dpa.breaches.reports import Effect
from dpa.breaches.views import blueprint
from dpa.breaches.views.acts import RELEASE
from dpa.breaches.views.common import Page, status
from dpa.breaches.views.reports import became
from dpa.breaches.views.times import say_repeated_hours
from dpa.people import roles
from dpa.problems import Problem
from dpa.web import access, edge, identity

MANAGE = "organisation.manage"


@blueprint.route("/breaches/<int:breach_id>/classification", methods=["GET", "POST"])
@access.needs("breaches.read")
def classify(breach_id: int) -> Page:
    """Show whether the incident was classified as major, and record or correct it: `preview` shows what would happen, `edit` goes back from there."""
    breach = queries.breach(edge.session(), edge.scope("breaches.read"), breach_id)
    found = report_queries.classification(edge.session(), breach.id)
    standing = dora.decision_of(found) if found else None
    form = ClassificationForm()
    form.begin(breach.zone, standing)
    if form.is_submitted():
        identity.signed_in().scope(RELEASE).require(breach.organisation_id, "incident")
        if "edit" in request.form:
            return _show(breach, form), 200
    if form.validate_on_submit():
        try:
            if "preview" in request.form:
                return _preview(breach, form, standing)
            with edge.transaction() as unit:
                fresh = queries.breach(unit.session, edge.scope(RELEASE), breach_id)
                foreseen = dora.classify(unit, fresh, form.decision(standing), form.correction())
            missed = any(one.effect is Effect.MISSED for one in foreseen)
            flash(f"The classification is on record. {became(edge.session(), breach, foreseen)}".strip(), "warning" if missed else "success")
            say_repeated_hours([form.decided_at])
            return redirect(url_for("breaches.other_clocks", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    return _show(breach, form), status(form)


def _show(breach: Breach, form: ClassificationForm) -> str:
    person, turned_on = (identity.signed_in(), bool(report_queries.profiles_of(edge.session(), breach.organisation_id, Law.DORA)))
    managers = [roles.TITLES[role] for role in roles.Role if roles.may(role, MANAGE)]
    return render_template(
        "breaches/classification.html", form=form, breach=breach, history=pages.history(edge.session(), breach.id), turned_on=turned_on,
        may_decide=person.may(RELEASE, breach.organisation_id) and breach.state is CaseState.OPEN and turned_on,
        may_manage=person.may(MANAGE, breach.organisation_id), managers=managers,
    )  # fmt: skip


def _preview(breach: Breach, form: ClassificationForm, standing: Classification | None) -> str:
    session, new = edge.session(), form.decision(standing)
    dora.check(session, breach, new, form.correction(), edge.now())
    organisation = next(one for one in identity.signed_in().organisations if one.id == breach.organisation_id)
    carried = [(name, value) for name, value in request.form.items() if name not in {"csrf_token", "preview"}]
    return render_template(
        "breaches/classification_preview.html", form=form, breach=breach, old=standing, new=new, reason=form.correction(), carried=carried,
        lines=report_effects.effects(session, breach, dora.duty(breach, new), edge.now()), organisation=organisation,
        profiles=[profile.short for profile in report_queries.profiles_of(session, breach.organisation_id, Law.DORA)],
    )  # fmt: skip
