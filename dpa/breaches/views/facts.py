"""The fact sheet of a case: each save is a version, nothing is required, and nothing waits for it."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for

from dpa.breaches import facts, notices, operations, queries
from dpa.breaches.closing import CaseState
from dpa.breaches.facts import FactSheet
from dpa.breaches.facts_form import FactsForm, values
from dpa.breaches.models import Breach, BreachFacts
from dpa.breaches.pages import facts as pages
from dpa.breaches.pages import writing
from dpa.breaches.pages.awareness import people
from dpa.breaches.phases import Phase
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page, status
from dpa.breaches.views.times import say_repeated_hours
from dpa.problems import Conflict, Problem
from dpa.web import access, edge, identity
from dpa.web.numbers import row_number
from dpa.web.words import plural


@blueprint.route("/breaches/<int:breach_id>/facts", methods=["GET", "POST"])
@access.needs("breaches.read")
def fact_sheet(breach_id: int) -> Page:
    """Show the fact sheet and keep a version of it."""
    breach = queries.breach(edge.session(), edge.scope("breaches.read"), breach_id)
    newest = queries.newest_facts(edge.session(), breach.id)
    standing = facts.read(newest.sheet) if newest else pages.start(breach)
    form = FactsForm(data={**values(standing, breach.zone), "version": str(newest.number if newest else 0)})
    form.tell_times_in(breach.zone)
    if form.is_submitted():
        identity.signed_in().scope("breaches.record").require(breach.organisation_id, "incident")
    if form.validate_on_submit():
        try:
            _meanwhile(breach, form, newest)
            flash(_save(breach_id, form.sheet(standing), newest), "success")
            say_repeated_hours(form.times)
            return redirect(url_for(".fact_sheet", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    return _show(breach, form, newest), status(form)


def _show(breach: Breach, form: FactsForm, newest: BreachFacts | None) -> str:
    view = pages.page(edge.session(), breach, newest, before=request.args.get("before", type=row_number))
    person = identity.signed_in()
    return render_template(
        "breaches/facts.html", form=form, breach=breach, view=view, folds=pages.folds(view.sheet, list(form.errors)), hints=pages.HINTS,
        only_with=pages.ONLY_WITH, rows=facts.rows(view.sheet, breach.zone),
        may_record=person.may("breaches.record", breach.organisation_id) and breach.state is CaseState.OPEN,
    )  # fmt: skip


def _meanwhile(breach: Breach, form: FactsForm, newest: BreachFacts | None) -> None:
    """Raise `Conflict` when a colleague saved a version since the page was opened; saving again then keeps what was typed over it."""
    seen, number = form.version.data or "", newest.number if newest else 0
    if newest is None or not seen.isdigit() or int(seen) == number:
        return
    try:
        before: FactSheet = pages.version(edge.session(), breach, int(seen))[1] if int(seen) else FactSheet()
    except Problem:
        before = FactSheet()
    changed = [change.sentence for change in facts.changes(before, facts.read(newest.sheet), breach.zone)]
    form.version.data = str(number)
    form.version.raw_data = None
    told = " ".join(changed[:5]) + (f" And {plural(len(changed) - 5, 'further change')}." if len(changed) > 5 else "")
    raise Conflict(f"Version {number} was saved by somebody meanwhile. {told} What you typed stands below; save again to keep it as a version over theirs.")


def _save(breach_id: int, sheet: FactSheet, newest: BreachFacts | None) -> str:
    if newest is not None and newest.sheet == sheet.canonical():
        return f"Nothing has changed since version {newest.number}."
    with edge.transaction() as unit:
        fresh = queries.breach(unit.session, edge.scope("breaches.record"), breach_id)
        number = operations.save_facts(unit, fresh, sheet.canonical()).number
    return f"Version {number} of the facts is saved. Nothing has left the house by it."


@blueprint.get("/breaches/<int:breach_id>/facts/<int:number>")
@access.needs("breaches.read")
def facts_version(breach_id: int, number: int) -> Page:
    """Show the facts as they were known at one moment."""
    breach = queries.breach(edge.session(), edge.scope("breaches.read"), breach_id)
    row, sheet = pages.version(edge.session(), breach, number)
    return render_template(
        "breaches/facts_version.html", breach=breach, row=row, rows=facts.rows(sheet, breach.zone), who=people(edge.session(), {row.by})[row.by]
    )


@blueprint.post("/breaches/<int:breach_id>/facts/notice")
@access.needs("breaches.record")
def facts_into_notice(breach_id: int) -> Page:
    """Put what the sheet says into the notice being written, because somebody asked for it."""
    scope = edge.scope("breaches.record")
    with edge.transaction() as unit:
        breach = queries.breach(unit.session, scope, breach_id)
        newest = queries.newest_facts(unit.session, breach.id)
        if newest is None:
            raise Conflict("There is no fact sheet yet; save one first.")
        sheet = facts.read(newest.sheet)
        draft = breach.draft
        ends = draft is not None and (draft.phase is Phase.FINAL or draft.withdraws)
        word = None if ends else writing.promise(sheet, unit.now) or (draft.next_word_at if draft else None)
        standing = draft or breach.newest_released
        text = pages.merged(facts.matters(sheet, breach.zone, numbers=False), notices.draft_of(standing) if standing else None)
        # A notice that ends the matter leaves nothing open; what the sheet still does not know is said to whoever writes it.
        left_out = ends and bool(text.unknown)
        operations.save_draft(unit, breach, replace(text, unknown="") if ends else text, None, word)
    flash("The facts stand in the notice's draft. Read it before it is released; nothing has left yet.", "success")
    if left_out:
        flash("What the sheet says is not known yet was left out: this notice tells customers that nothing further is open. Answer it in the sheet, or say in the text what could not be determined.", "warning")
    return redirect(url_for("breaches.write_notice", breach_id=breach_id), 303)
