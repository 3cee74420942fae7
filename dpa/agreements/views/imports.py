"""Importing customers and agreements: upload, preview, confirm, result."""

from __future__ import annotations

from flask import Response as Download
from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from dpa.agreements import queries
from dpa.agreements.forms import ImportForm
from dpa.agreements.imports import operations, reading
from dpa.agreements.models import ImportDraft
from dpa.agreements.pages import imports as pages
from dpa.agreements.views import blueprint
from dpa.agreements.views.amending import download
from dpa.agreements.views.asking import Page, allowed, argument, organisation_of
from dpa.problems import Conflict, Problem
from dpa.web import access, edge, identity
from dpa.web.numbers import row_number


@blueprint.route("/agreements/import", methods=["GET", "POST"])
@access.needs("agreements.import")
def imports() -> Page:
    """Take a file and check it; nothing but the upload itself is kept."""
    offered = allowed("agreements.import")
    chosen = edge.chosen_organisation()
    form = ImportForm(organisation=chosen.id if chosen else None)
    form.offer(offered)
    if form.validate_on_submit():
        try:
            return _keep(form)
        except Problem as problem:
            form.show_problem(problem)
    body = render_template(
        "agreements/import.html", form=form, several=len(offered) > 1, columns=pages.column_lines(), most=reading.MOST_ROWS
    )
    return body, 422 if form.is_submitted() else 200


def _keep(form: ImportForm) -> Response:
    text, name = form.content()
    rows = reading.read(text)
    with edge.transaction() as unit:
        draft = operations.keep(unit, form.organisation.data, identity.signed_in().user_id, name, rows)
        target = url_for(".import_preview", draft_id=draft.id)
    return redirect(target, 303)


@blueprint.get("/agreements/import/template.csv")
@access.needs("agreements.import")
def import_template() -> Download:
    """Download a file with the header and one example row."""
    return download(reading.template_text(), "agreements.csv", "text/csv")


@blueprint.get("/agreements/import/<int:draft_id>")
@access.needs("agreements.import")
def import_preview(draft_id: int) -> Page:
    """Show what a file would do, row by row, or what it did."""
    draft = _own(edge.session(), draft_id)
    organisation = organisation_of(draft.organisation_id)
    if draft.confirmed_at is not None:
        return render_template("agreements/import_result.html", draft=draft, view=pages.result(draft), organisation=organisation)
    view = pages.preview(draft, show=argument("show"), after=request.args.get("after", type=row_number))
    return render_template("agreements/import_preview.html", draft=draft, view=view, organisation=organisation)


@blueprint.post("/agreements/import/<int:draft_id>/confirm")
@access.needs("agreements.import")
def import_confirm(draft_id: int) -> Page:
    """Carry a file out, once."""
    try:
        with edge.transaction() as unit:
            done = operations.confirm(unit, _own(unit.session, draft_id))
        flash("The file was imported." if done else "The file had been imported already; nothing was done twice.", "success" if done else "info")
    except Conflict as problem:
        flash(problem.message, "error")
    return redirect(url_for(".import_preview", draft_id=draft_id), 303)


def _own(session: Session, draft_id: int) -> ImportDraft:
    return queries.draft(session, identity.signed_in().user_id, identity.signed_in().scope("agreements.import"), draft_id)
