"""Amending an agreement: the commonest deviation by a form, all others by a deviation sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import Response as Download
from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from dpa.agreements import deviations, operations, queries
from dpa.agreements.forms import HoursForm, SheetForm
from dpa.agreements.stacks import parsed_sheet
from dpa.agreements.terms import DeviationSheet, Term, dump_sheet
from dpa.agreements.views import blueprint
from dpa.agreements.views.agreement import agreement_page, fresh
from dpa.agreements.views.asking import Page
from dpa.problems import Invalid, Problem
from dpa.web import access, edge


@blueprint.post("/agreements/<int:agreement_id>/breach-hours")
@access.needs("agreements.edit")
def set_breach_hours(agreement_id: int) -> Page:
    """Agree on other hours for telling of a breach."""
    row = fresh(edge.session(), agreement_id)
    form = HoursForm()
    if form.validate_on_submit():
        try:
            latest = row.versions[-1].deviations
            current = parsed_sheet(latest).deviations if latest else ()
            terms = deviations.with_breach_hours(current, form.hours.data, form.clause.data)
            return _amend(agreement_id, terms, form.hours_from.data, form.hours_note.data)
        except Problem as problem:
            form.show_problem(_renamed(problem))
    return agreement_page(agreement_id, "deviations", {"hours": form}), 422


@blueprint.post("/agreements/<int:agreement_id>/deviations")
@access.needs("agreements.edit")
def set_deviations(agreement_id: int) -> Page:
    """Replace all deviations by those of a sheet."""
    row = fresh(edge.session(), agreement_id)
    form = SheetForm()
    if form.validate_on_submit():
        try:
            terms = deviations.read_sheet(form.text(), row.template.slug)
            return _amend(agreement_id, terms, form.valid_from.data, form.note.data)
        except Problem as problem:
            form.show_problem(problem)
    return agreement_page(agreement_id, "deviations", {"sheet": form}), 422


@blueprint.get("/agreements/<int:agreement_id>/deviations.json")
@access.needs("agreements.read")
def download_deviations(agreement_id: int) -> Download:
    """Download the latest deviation sheet; one without deviations when there is none."""
    row = queries.agreement(edge.session(), edge.scope("agreements.read"), agreement_id)
    text = row.versions[-1].deviations or dump_sheet(DeviationSheet(template=row.template.slug))
    return download(text, f"deviations-{row.id}.json", "application/json")


def download(text: str, name: str, mimetype: str) -> Download:
    """Return a file to be saved, in UTF-8."""
    return Download(text, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _amend(agreement_id: int, terms: Sequence[Term], valid_from: date, note: str) -> Response:
    with edge.transaction() as unit:
        version = operations.amend_agreement(unit, fresh(unit.session, agreement_id), terms, valid_from, note)
        number = version.number
    flash(f"Version {number} of the agreement was recorded. Clocks that run keep the terms they started under.", "success")
    return redirect(url_for(".show", agreement_id=agreement_id, tab="deviations"), 303)


def _renamed(problem: Problem) -> Problem:
    """Return the problem at the fields of the hours form, which share the page with the sheet form."""
    names = {"valid_from": "hours_from", "note": "hours_note"}
    if isinstance(problem, Invalid):
        return Invalid(problem.message, fields={names.get(name, name): text for name, text in problem.fields.items()})
    return problem
