"""The page of one agreement and the acts on it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from dpa.agreements import operations, queries, serving
from dpa.agreements.forms import (
    ActivitiesForm,
    DecisionForm,
    EndForm,
    HoursForm,
    SheetForm,
    SystemsForm,
    first_day,
)
from dpa.agreements.models import Agreement
from dpa.agreements.pages import agreement as pages
from dpa.agreements.pages import terms
from dpa.agreements.pages.agreement import TABS, AgreementPage
from dpa.agreements.terms import DeviationSheet, dump_sheet
from dpa.agreements.views import blueprint
from dpa.agreements.views.asking import Page, argument
from dpa.evidence.trail.queries import Reader
from dpa.problems import NotFound, Problem
from dpa.web import access, edge, identity


@blueprint.get("/agreements/<int:agreement_id>")
@access.needs("agreements.read")
def show(agreement_id: int) -> Page:
    """Show an agreement; the tab is part of the address."""
    return agreement_page(agreement_id, argument("tab"), {})


def agreement_page(agreement_id: int, tab: str, forms: dict[str, Any]) -> str:
    """Return the page of an agreement with the forms that were sent and refused, by name."""
    scope = edge.scope("agreements.read")
    page = pages.agreement_page(edge.session(), scope, agreement_id, edge.now())
    chosen = tab if tab in dict(TABS) else "terms"
    person = identity.signed_in()
    counts = page.counts()
    return render_template(
        "agreements/show.html",
        page=page,
        agreement=page.agreement,
        tab=chosen,
        tabs=[
            {"label": label, "url": url_for(".show", agreement_id=agreement_id, tab=name), "active": name == chosen, "count": counts[name]}
            for name, label in TABS
        ],
        view=_tab(page, chosen),
        form=next(iter(forms.values()), None),
        forms=_forms(page) | forms,
        may_edit=person.may("agreements.edit", page.agreement.organisation_id),
        may_read_trail=person.may("trail.read", page.agreement.organisation_id),
    )


def _tab(page: AgreementPage, tab: str) -> Any:
    match tab:
        case "gaps":
            return terms.gap_lines(page.answers.gaps)
        case "conflicts":
            return terms.conflict_lines(page.answers.resolutions, page.people)
        case "deviations":
            return terms.deviation_lines(page.stack, page.plain)
        case "clocks":
            return page.clocks
        case "defects":
            return terms.defect_groups(page.answers.defects)
        case "history":
            reader = Reader(edge.scope("agreements.read"), identity.signed_in().actor, installation=False)
            return pages.happenings(edge.session(), reader, "agreement", page.agreement.id, page.house.zone)
        case _:
            return terms.term_groups(page.stack)


def _forms(page: AgreementPage) -> dict[str, Any]:
    """Return the forms of the page, empty."""
    row = page.agreement
    day = first_day(row.versions[-1].valid_from, page.house.today)
    systems = SystemsForm(formdata=None, data={"systems": [system.id for system in row.systems]})
    systems.systems.offer(serving.systems(edge.session(), row.organisation_id))
    activities = ActivitiesForm(formdata=None, data={"activities": [activity.id for activity in row.activities]})
    activities.activities.offer(serving.activities(edge.session(), row.organisation_id))
    return {
        "end": EndForm(formdata=None, data={"ends_on": row.ends_on}),
        "hours": HoursForm(formdata=None, data={"hours_from": day}),
        "sheet": SheetForm(formdata=None, data={"valid_from": day}),
        "systems": systems,
        "activities": activities,
        "sheet_text": row.versions[-1].deviations or dump_sheet(DeviationSheet(template=row.template.slug)),
    }


def fresh(session: Any, agreement_id: int) -> Agreement:
    """Return an agreement the person may change, loaded inside the unit."""
    return queries.agreement(session, edge.scope("agreements.edit"), agreement_id)


@blueprint.post("/agreements/<int:agreement_id>/end")
@access.needs("agreements.edit")
def end(agreement_id: int) -> Page:
    """Set the last day."""
    fresh(edge.session(), agreement_id)
    form = EndForm()
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.end_agreement(unit, fresh(unit.session, agreement_id), form.ends_on.data)
            return _done(agreement_id, "history", "The last day was set. Clocks that run keep running.")
        except Problem as problem:
            form.show_problem(problem)
    return agreement_page(agreement_id, "terms", {"end": form}), 422


@blueprint.post("/agreements/<int:agreement_id>/systems")
@access.needs("agreements.edit")
def set_systems(agreement_id: int) -> Page:
    """Name the systems."""
    row = fresh(edge.session(), agreement_id)
    form = SystemsForm()
    form.systems.offer(serving.systems(edge.session(), row.organisation_id))
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                row = fresh(unit.session, agreement_id)
                operations.set_systems(unit, row, serving.systems_by_id(unit.session, row.organisation_id, form.systems.data or []))
            return _done(agreement_id, "terms", "The systems were saved.")
        except Problem as problem:
            form.show_problem(problem)
    return agreement_page(agreement_id, "terms", {"systems": form}), 422


@blueprint.post("/agreements/<int:agreement_id>/activities")
@access.needs("agreements.edit")
def set_activities(agreement_id: int) -> Page:
    """Name the processing activities."""
    row = fresh(edge.session(), agreement_id)
    form = ActivitiesForm()
    form.activities.offer(serving.activities(edge.session(), row.organisation_id))
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                row = fresh(unit.session, agreement_id)
                operations.set_activities(unit, row, serving.activities_by_id(unit.session, row.organisation_id, form.activities.data or []))
            return _done(agreement_id, "terms", "The processing activities were saved.")
        except Problem as problem:
            form.show_problem(problem)
    return agreement_page(agreement_id, "terms", {"activities": form}), 422


@blueprint.route("/agreements/<int:agreement_id>/conflicts/<string:group>", methods=["GET", "POST"])
@access.needs("agreements.edit")
def decide(agreement_id: int, group: str) -> Page:
    """Decide a contradiction for one agreement."""
    fresh(edge.session(), agreement_id)
    page = pages.agreement_page(edge.session(), edge.scope("agreements.edit"), agreement_id, edge.now())
    conflict = _conflict(terms.conflict_lines(page.answers.resolutions, page.people), group)
    form = DecisionForm()
    form.offer(conflict)
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                row = fresh(unit.session, agreement_id)
                operations.decide_conflict(unit, row, page.stack.template, group, form.option.data, form.reason.data)
            return _done(agreement_id, "conflicts", "The decision was recorded. Clocks that run keep the terms they started under.")
        except Problem as problem:
            form.show_problem(problem)
    back = url_for(".show", agreement_id=agreement_id, tab="conflicts")
    body = render_template(
        "agreements/decide.html", form=form, conflict=conflict, back=back, name=f"Agreement {page.agreement.reference}",
        action=url_for(".decide", agreement_id=agreement_id, group=group), zone=page.house.zone,
        whom="It holds for this agreement only.",
    )
    return body, 422 if form.is_submitted() else 200


def _conflict(found: tuple[terms.ConflictLine, ...], group: str) -> terms.ConflictLine:
    one = next((conflict for conflict in found if conflict.id == group), None)
    if one is None:
        raise NotFound("These terms do not contain that contradiction.")
    return one


def _done(agreement_id: int, tab: str, text: str) -> Response:
    flash(text, "success")
    return redirect(url_for(".show", agreement_id=agreement_id, tab=tab), 303)
