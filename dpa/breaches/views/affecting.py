"""Naming who is affected."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for

from dpa.agreements import queries as agreements
from dpa.agreements import serving
from dpa.breaches import operations, queries
from dpa.breaches.forms import AffectedForm
from dpa.breaches.models import Breach
from dpa.breaches.rules import Selection
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page, status
from dpa.problems import Invalid, Problem
from dpa.web import access, edge, identity
from dpa.web.words import day


@blueprint.route("/breaches/<int:breach_id>/affected", methods=["GET", "POST"])
@access.needs("breaches.record")
def choose_affected(breach_id: int) -> Page:
    """Name the agreements an incident touches."""
    scope = edge.scope("breaches.record")
    breach = queries.breach(edge.session(), scope, breach_id)
    form = AffectedForm()
    form.offer(serving.systems(edge.session(), breach.organisation_id))
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                fresh = queries.breach(unit.session, scope, breach_id)
                selection = Selection(form.selection.data)
                owner = identity.signed_in().user_id
                added = operations.add_affected(unit, fresh, _chosen(fresh, form, selection), selection, owner)
                count = len(added)
            flash(f"{count} clock{'' if count == 1 else 's'} started, each from its own agreement.", "success")
            return redirect(url_for("breaches.show", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    on = breach.aware_at.astimezone(ZoneInfo(breach.zone)).date()
    running = agreements.running(edge.session(), breach.organisation_id, on)
    return render_template("breaches/affected.html", form=form, breach=breach, running=len(running), examples=running[:3]), status(form)


def _chosen(breach: Breach, form: AffectedForm, selection: Selection) -> Sequence[int]:
    """Return the agreements the form chose; raises `Invalid` naming references that do not exist."""
    session, on = edge.session(), breach.aware_at.astimezone(ZoneInfo(breach.zone)).date()
    if selection is not Selection.BY_LIST:
        found_ids: Sequence[int] = (
            [row.id for row in agreements.running(session, breach.organisation_id, on)]
            if selection is Selection.ALL
            else serving.served_by(session, breach.organisation_id, form.systems.data or [], on)
        )
        if not found_ids:
            raise Invalid(f"No agreement chosen like this ran on {day(on)}, the day of awareness; choose another way.", field="selection")
        return found_ids
    listed = form.listed()
    found = agreements.by_references(session, breach.organisation_id, listed)
    missing = [reference for reference in listed if reference not in found]
    if missing:
        shown = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise Invalid(f"These agreements are not on file: {shown}. Correct them or take them out.", field="references")
    return [found[reference] for reference in listed]
