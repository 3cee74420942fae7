"""DORA: recording and correcting when an incident was classified as major, and that the initial notification was submitted."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from dpa.breaches import queries
from dpa.breaches.closing import CaseState
from dpa.breaches.dora import Classification, Effect
from dpa.breaches.dora_forms import ClassificationForm, SubmissionForm
from dpa.breaches.models import Breach
from dpa.breaches.operations import dora
from dpa.breaches.pages import dora as pages
from dpa.breaches.views import acts, blueprint
from dpa.breaches.views.acts import RELEASE, ActPage, perform
from dpa.breaches.views.common import Page, status
from dpa.breaches.views.times import say_repeated_hours
from dpa.people import roles
from dpa.problems import Problem
from dpa.web import access, edge, identity
from dpa.web.words import instant_text

MANAGE = "organisation.manage"
SAID = {
    Effect.STARTED: "The initial notification is due {due}.", Effect.RECOUNTED: "The clock was counted anew: the initial notification is due {due}.",
    Effect.MISSED: "The initial notification was due {due} and stays missed.", Effect.FROZEN: "The initial notification was submitted before; its clock stays as it was.",
    Effect.ENDED: "The clock of the initial notification is waived.", Effect.SAME: "",
}  # fmt: skip
SUBMITTED = ActPage(
    RELEASE, "The initial notification was submitted", "To the competent authority, under DORA Art. 19(4).", "Record it", "The initial notification is on record; its clock is met.",
    "primary", "This meets the clock; how early or late it was is frozen with it.",
)  # fmt: skip


@blueprint.route("/breaches/<int:breach_id>/classification", methods=["GET", "POST"])
@access.needs("breaches.read")
def classify(breach_id: int) -> Page:
    """Show whether the incident was classified as major, and record or correct it: `preview` shows what would happen, `edit` goes back from there."""
    breach = queries.breach(edge.session(), edge.scope("breaches.read"), breach_id)
    found = dora.newest(edge.session(), breach.id)
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
                effect = dora.classify(unit, fresh, form.decision(standing), form.correction())
            flash(f"The classification is on record. {_said(effect, breach)}".strip(), "warning" if effect is Effect.MISSED else "success")
            say_repeated_hours([form.decided_at])
            return redirect(url_for("breaches.other_clocks", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    return _show(breach, form), status(form)


def _show(breach: Breach, form: ClassificationForm) -> str:
    person, turned_on = identity.signed_in(), bool(dora.profiles_of(edge.session(), breach.organisation_id))
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
        lines=pages.effects(session, breach, new, edge.now()), organisation=organisation,
        profiles=[profile.short for profile in dora.profiles_of(session, breach.organisation_id)],
    )  # fmt: skip


def _said(effect: Effect, breach: Breach) -> str:
    clock = dora.clock_of(edge.session(), breach.id)
    return SAID[effect].format(due=instant_text(clock.target_at, breach.zone) if clock else "")


@blueprint.route("/breaches/<int:breach_id>/dora-submitted", methods=["GET", "POST"])
@access.needs(RELEASE)
def dora_submitted(breach_id: int) -> Page:
    """Record when the initial notification was submitted to the authority."""
    breach = acts.found(breach_id, SUBMITTED)
    form = SubmissionForm()
    form.at.zone = breach.zone
    clock = dora.clock_of(edge.session(), breach.id)
    facts: list[dict[str, Any]] = [{"label": "Breach", "value": breach.reference, "hint": breach.title}]
    if clock is not None:
        facts.append({"label": "Due", "value": instant_text(clock.target_at, breach.zone), "hint": clock.basis})
    return perform(
        SUBMITTED, form, breach_id, lambda unit, fresh: dora.submitted(unit, fresh, form.submitted_at(), form.note.data or ""),
        back=("Other clocks", url_for("breaches.other_clocks", breach_id=breach.id)), facts=facts,
    )  # fmt: skip
