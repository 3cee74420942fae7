"""What concerns each customer: the list, a table for many, a page for one; and the text of a phase in further languages."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for

from dpa.breaches import operations, queries
from dpa.breaches.facts import words
from dpa.breaches.facts.listing import TableProblem
from dpa.breaches.models import Breach
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.pages import parts as pages
from dpa.breaches.parts_form import PartForm, TableForm, TextForm
from dpa.breaches.versions import part_rows
from dpa.breaches.views import blueprint
from dpa.breaches.views.acts import READ, RECORD
from dpa.breaches.views.common import Page, saved, status
from dpa.languages import ENGLISH, NAMES, Language, offered
from dpa.problems import Conflict, NotFound, Problem
from dpa.web import access, edge, identity
from dpa.web.numbers import row_number
from dpa.web.words import plural

CATEGORIES = {
    "Categories of people": tuple(one for one in words.SubjectCategory if not one.is_open),
    "Kinds of data": tuple(one for one in words.DataType if not one.is_open),
}


@blueprint.get("/breaches/<int:breach_id>/parts")
@access.needs(READ)
def parts(breach_id: int) -> Page:
    """Show what each customer would be told of its own part."""
    breach = queries.breach(edge.session(), edge.scope(READ), breach_id)
    return _parts(breach, TableForm(formdata=None))


@blueprint.post("/breaches/<int:breach_id>/parts")
@access.needs(RECORD)
def save_parts(breach_id: int) -> Page:
    """Take a table of what concerns customers, whole or not at all."""
    scope, form = edge.scope(RECORD), TableForm()
    breach = queries.breach(edge.session(), scope, breach_id)
    must_be_open(breach)
    if form.validate_on_submit():
        try:
            lines = form.lines()
            with edge.transaction() as unit:
                fresh = queries.breach(unit.session, scope, breach_id)
                count = operations.save_shares(unit, fresh, pages.matched(unit.session, fresh, lines), adding=True)
        except Conflict:
            raise
        except TableProblem as problem:
            form.show_problem(pages.whole_problem(edge.session(), breach, problem))
        except Problem as problem:
            form.show_problem(problem)
        else:
            flash(f"{plural(len(lines), 'line')} read; it is news for {plural(count, 'customer')}. The next notice tells it.", "success")
            return redirect(url_for("breaches.parts", breach_id=breach_id), 303)
    return _parts(breach, form), status(form)


def _parts(breach: Breach, form: TableForm) -> str:
    text, after = edge.words("q"), request.args.get("after", 0, type=row_number)
    view = pages.view(edge.session(), breach, text=text, after=after)
    may = identity.signed_in().may(RECORD, breach.organisation_id) and breach.closed_at is None
    return render_template("breaches/parts.html", breach=breach, view=view, form=form, q=text, after=after, may_record=may, categories=CATEGORIES)


@blueprint.route("/breaches/<int:breach_id>/customers/<int:affected_id>/part", methods=["GET", "POST"])
@access.needs(RECORD)
def part(breach_id: int, affected_id: int) -> Page:
    """Say what concerns one customer."""
    scope = edge.scope(RECORD)
    breach = queries.breach(edge.session(), scope, breach_id)
    must_be_open(breach)
    one, share, told = pages.own_part(edge.session(), breach, affected_id)
    form = PartForm.of(share)
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                fresh = queries.breach(unit.session, scope, breach_id)
                queries.affected_row(unit.session, fresh, affected_id)
                operations.save_shares(unit, fresh, {affected_id: form.share()})
            flash(f"Saved. The next notice tells {one.controller} so.", "success")
            return redirect(url_for("breaches.parts", breach_id=breach_id, _anchor=f"customer-{affected_id}"), 303)
        except Conflict:
            raise
        except Problem as problem:
            form.show_problem(problem)
    rows = [{"label": label, "value": text} for label, text in part_rows(told.facts(), ENGLISH)]
    return render_template("breaches/part.html", breach=breach, one=one, form=form, rows=rows), status(form)


@blueprint.route("/breaches/<int:breach_id>/notice/text/<string:language>", methods=["GET", "POST"])
@access.needs(RECORD)
def write_text(breach_id: int, language: str) -> Page:
    """Write the text of the phase in a further language, beside the main text."""
    scope, wanted = edge.scope(RECORD), _language(language)
    breach = queries.breach(edge.session(), scope, breach_id)
    must_be_open(breach)
    notice = breach.draft
    if notice is None or notice.language == wanted.value:
        raise Conflict("Write the main text of a notice first; a further language stands beside it.")
    before = [text for one in breach.notices for text in one.texts if text.language == wanted.value]
    form = TextForm(obj=before[-1] if before else None)
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.save_text(unit, queries.breach(unit.session, scope, breach_id), wanted, form.draft())
            return saved(breach, f"The text in {NAMES[wanted.value]} is saved.")
        except Conflict:
            raise
        except Problem as problem:
            form.show_problem(problem)
    own = next((text for text in notice.texts if text.language == wanted.value), None)
    page = render_template(
        "breaches/notice_text.html", breach=breach, form=form, notice=notice, own=own, name=NAMES[wanted.value], language=wanted, main=NAMES[notice.language],
        told_before=bool(before) and own is None, stale=own is not None and own.saved_at < notice.drafted_at,
    )  # fmt: skip
    return page, status(form)


@blueprint.post("/breaches/<int:breach_id>/notice/text/<string:language>/remove")
@access.needs(RECORD)
def remove_text(breach_id: int, language: str) -> Page:
    """Take the text in a further language away."""
    wanted = _language(language)
    with edge.transaction() as unit:
        operations.remove_text(unit, queries.breach(unit.session, edge.scope(RECORD), breach_id), wanted)
    breach = queries.breach(edge.session(), edge.scope(RECORD), breach_id)
    return saved(breach, f"The text in {NAMES[wanted.value]} was taken away. Its customers get the main text.")


def _language(code: str) -> Language:
    found = offered(code)
    if found is None:
        raise NotFound("There is no such language here.")
    return found
