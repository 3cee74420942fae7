"""Standard terms: list, page, first version, amendments with a preview, decisions for all agreements on them."""

from __future__ import annotations

from typing import Any

from flask import Response as Download
from flask import flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from dpa.agreements import operations, plain, queries
from dpa.agreements.book import load_houses
from dpa.agreements.forms import DecisionForm, PlainTermsForm, TermsForm, first_day
from dpa.agreements.models import Template
from dpa.agreements.pages import agreement as agreement_pages
from dpa.agreements.pages import template as pages
from dpa.agreements.pages import terms
from dpa.agreements.pages.template import TABS, TemplatePage
from dpa.agreements.terms import dump_terms
from dpa.agreements.views import blueprint
from dpa.agreements.views.amending import download
from dpa.agreements.views.asking import Page, allowed, argument, one_organisation
from dpa.problems import NotFound, Problem
from dpa.web import access, edge, identity
from dpa.web.identity import OrganisationRef


@blueprint.get("/agreements/templates")
@access.needs("agreements.read")
def templates() -> Page:
    """List the standard terms."""
    lines = pages.template_lines(edge.session(), edge.scope("agreements.read"), edge.now())
    person = identity.signed_in()
    return render_template(
        "agreements/templates.html", lines=lines, may_edit=person.may("agreements.edit"), several=len(person.organisations) > 1
    )


@blueprint.get("/agreements/templates/<int:template_id>")
@access.needs("agreements.read")
def template(template_id: int) -> Page:
    """Show standard terms; the tab is part of the address."""
    page = pages.template_page(edge.session(), edge.scope("agreements.read"), template_id, edge.now())
    tab = argument("tab") if argument("tab") in dict(TABS) else "terms"
    counts = page.counts()
    return render_template(
        "agreements/template.html",
        page=page,
        template=page.template,
        tab=tab,
        tabs=[
            {"label": label, "url": url_for(".template", template_id=template_id, tab=name), "active": name == tab, "count": counts[name]}
            for name, label in TABS
        ],
        view=_tab(page, tab),
        may_edit=identity.signed_in().may("agreements.edit", page.template.organisation_id),
    )


def _tab(page: TemplatePage, tab: str) -> Any:
    match tab:
        case "gaps":
            return terms.gap_lines(page.answers.gaps)
        case "conflicts":
            return terms.conflict_lines(page.answers.resolutions, page.people)
        case "defects":
            return terms.defect_groups(page.answers.defects)
        case "versions":
            return agreement_pages.template_versions(page.template.versions, page.people, page.house.today)
        case _:
            return terms.term_groups(page.stack)


@blueprint.get("/agreements/templates/<int:template_id>/terms.json")
@access.needs("agreements.read")
def download_terms(template_id: int) -> Download:
    """Download the latest version as canonical text."""
    row = queries.template(edge.session(), edge.scope("agreements.read"), template_id)
    return download(row.versions[-1].terms, f"{row.slug}.json", "application/json")


@blueprint.route("/agreements/templates/new", methods=["GET", "POST"])
@access.needs("agreements.edit")
def new_template() -> Page:
    """Add standard terms from their text."""
    organisation = one_organisation("agreements.edit")
    if organisation is None:
        title, lead = "Add standard terms", "For which organisation?"
        return render_template("agreements/choose.html", title=title, lead=lead, organisations=allowed("agreements.edit"), target="agreements.new_template")
    form = TermsForm()
    if form.validate_on_submit():
        try:
            document = pages.read_document(form.text(), "file")
            plain.check_adapted(document, "file")
            with edge.transaction() as unit:
                row = operations.add_template(unit, organisation.id, document, form.valid_from.data, form.note.data)
                target = url_for(".template", template_id=row.id)
            flash(f"The standard terms “{document.title}” were added.", "success")
            return redirect(target, 303)
        except Problem as problem:
            form.show_problem(_at_file(problem))
    return _first_version(form, organisation, filled=False), 422 if form.is_submitted() else 200


def _first_version(form: TermsForm, organisation: OrganisationRef, *, filled: bool) -> str:
    return render_template(
        "agreements/template_form.html", form=form, title="Add standard terms", back=("Standard terms", url_for(".templates")),
        lead=organisation.name, submit="Add the standard terms", action=url_for(".new_template", organisation=organisation.slug),
        first=organisation, filled=filled,
    )  # fmt: skip


@blueprint.get("/agreements/templates/sample.json")
@access.needs("agreements.read")
def sample_terms() -> Download:
    """Download a sample of standard terms, to be adapted before use."""
    return download(plain.sample_text(), plain.NAME, "application/json")


@blueprint.route("/agreements/templates/plain", methods=["GET", "POST"])
@access.needs("agreements.edit")
def plain_terms() -> Page:
    """Ask for the first promise and fill it into the text of standard terms; nothing is written."""
    organisation = one_organisation("agreements.edit")
    if organisation is None:
        title, lead = "Start from a plain form", "For which organisation?"
        return render_template("agreements/choose.html", title=title, lead=lead, organisations=allowed("agreements.edit"), target="agreements.plain_terms")
    form = PlainTermsForm()
    if form.validate_on_submit():
        try:
            document = plain.filled(form.title.data.strip(), organisation.name, form.hours.data, form.clause.data.strip())
            plain.check_adapted(document, "clause")
            return _first_version(TermsForm(formdata=None, data={"terms": dump_terms(document)}), organisation, filled=True)
        except Problem as problem:
            form.show_problem(problem)
    back = url_for(".new_template", organisation=organisation.slug)
    body = render_template("agreements/plain_terms.html", form=form, organisation=organisation, back=back)
    return body, 422 if form.is_submitted() else 200


@blueprint.route("/agreements/templates/<int:template_id>/amend", methods=["GET", "POST"])
@access.needs("agreements.edit")
def amend_template(template_id: int) -> Page:
    """Read the next version and show what it would change; nothing is written."""
    row = _own(edge.session(), template_id)
    today = load_houses(edge.session(), [row.organisation_id], edge.now())[row.organisation_id].today
    form = TermsForm(valid_from=first_day(row.versions[-1].valid_from, today))
    back = (row.title, url_for(".template", template_id=template_id, tab="versions"))
    if form.validate_on_submit():
        try:
            change = pages.amendment(row, form.text(), form.valid_from.data, "file")
            count = queries.agreements_on(edge.session(), template_id)
            return render_template(
                "agreements/amendment.html", change=change, template=row, note=form.note.data, back=back, agreements=count,
                action=url_for(".confirm_amendment", template_id=template_id), form=_plain(change, form.note.data),
            )
        except Problem as problem:
            form.show_problem(problem)
    body = render_template(
        "agreements/template_form.html", form=form, title="Amend the standard terms", back=back, lead=row.title, submit="See what would change",
        action=url_for(".amend_template", template_id=template_id),
    )
    return body, 422 if form.is_submitted() else 200


def _plain(change: pages.Amendment, note: str) -> TermsForm:
    """Return the form the preview carries along: the canonical text instead of the file."""
    return TermsForm(formdata=None, data={"terms": change.text, "valid_from": change.valid_from, "note": note})


@blueprint.post("/agreements/templates/<int:template_id>/amend/confirm")
@access.needs("agreements.edit")
def confirm_amendment(template_id: int) -> Page:
    """Make the next version, as previewed."""
    row = _own(edge.session(), template_id)
    form = TermsForm()
    back = (row.title, url_for(".template", template_id=template_id, tab="versions"))
    if form.validate_on_submit():
        try:
            document = pages.read_document(form.text(), "terms")
            with edge.transaction() as unit:
                fresh = _own(unit.session, template_id)
                number = operations.amend_template(unit, fresh, document, form.valid_from.data, form.note.data).number
            flash(f"Version {number} was recorded. Clocks that run keep the terms they started under.", "success")
            return redirect(url_for(".template", template_id=template_id, tab="versions"), 303)
        except Problem as problem:
            form.show_problem(problem)
    body = render_template(
        "agreements/template_form.html", form=form, title="Amend the standard terms", back=back, lead=row.title, submit="See what would change",
        action=url_for(".amend_template", template_id=template_id),
    )
    return body, 422


@blueprint.route("/agreements/templates/<int:template_id>/conflicts/<string:group>", methods=["GET", "POST"])
@access.needs("agreements.edit")
def decide_for_all(template_id: int, group: str) -> Page:
    """Decide a contradiction for every agreement on these terms."""
    page = pages.template_page(edge.session(), edge.scope("agreements.edit"), template_id, edge.now())
    found = terms.conflict_lines(page.answers.resolutions, page.people)
    conflict = next((one for one in found if one.id == group), None)
    if conflict is None:
        raise NotFound("These terms do not contain that contradiction.")
    form = DecisionForm()
    form.offer(conflict)
    if form.validate_on_submit():
        try:
            return _decide(template_id, page, group, form)
        except Problem as problem:
            form.show_problem(problem)
    back = url_for(".template", template_id=template_id, tab="conflicts")
    body = render_template(
        "agreements/decide.html", form=form, conflict=conflict, back=back, name=page.template.title, zone=page.house.zone,
        action=url_for(".decide_for_all", template_id=template_id, group=group),
        whom="It holds for every agreement on these standard terms that was not decided on its own.",
    )
    return body, 422 if form.is_submitted() else 200


def _decide(template_id: int, page: TemplatePage, group: str, form: Any) -> Response:
    with edge.transaction() as unit:
        row = _own(unit.session, template_id)
        operations.decide_conflict(unit, row, page.stack.template, group, form.option.data, form.reason.data)
    flash("The decision was recorded for all agreements on these terms. Clocks that run keep the terms they started under.", "success")
    return redirect(url_for(".template", template_id=template_id, tab="conflicts"), 303)


def _own(session: Session, template_id: int) -> Template:
    return queries.template(session, edge.scope("agreements.edit"), template_id)


def _at_file(problem: Problem) -> Problem:
    """Return a problem of the whole document at the field it was given in."""
    return type(problem)(problem.message, field="file") if problem.field == "slug" else problem
