"""The list of incidents, and recording one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from dpa.agreements import serving
from dpa.breaches import list_queries, operations
from dpa.breaches.forms import IncidentForm
from dpa.breaches.list_queries import SHELVES, Shelf
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page, status
from dpa.breaches.views.times import say_repeated_hours
from dpa.people.models import Organisation
from dpa.problems import NotFound, Problem
from dpa.web import access, edge, identity, paging

WHOSE = "Choose whose incident it is; what you typed is kept."


@blueprint.get("/breaches")
@access.needs("breaches.read")
def index() -> Page:
    """List the incidents, newest awareness first; exercises have a shelf of their own."""
    text = edge.words("q")
    asked = request.args.get("state", "")
    shelf = Shelf(asked) if asked in set(Shelf) else Shelf.ALL
    scope = edge.scope("breaches.read")
    after = paging.decode_key(request.args.get("after"), 2)
    chosen = edge.chosen_organisation()
    kept: dict[str, Any] = {"q": text or None, "state": shelf.value or None, "organisation": chosen.slug if chosen else None}
    counts = list_queries.counts(edge.session(), scope)
    shelves = [
        {"label": title, "url": url_for(".index", **{**kept, "state": one.value or None}), "active": one is shelf, "count": counts[one]}
        for one, title in SHELVES.items()
    ]
    return render_template(
        "breaches/index.html", page=list_queries.incidents(edge.session(), scope, shelf=shelf, text=text, after=after), q=text, shelf=shelf.value,
        shelves=shelves, kept=kept, anything=any(counts.values()), organisations={org.id: org.name for org in identity.signed_in().organisations},
        may_record=identity.signed_in().may("breaches.record"),
    )  # fmt: skip


@blueprint.route("/breaches/new", methods=["GET", "POST"])
@access.needs("breaches.record")
def record() -> Page:
    """Record an incident."""
    person = identity.signed_in()
    allowed = [org for org in person.organisations if person.may("breaches.record", org.id)]
    form = IncidentForm()
    elsewhere = request.form.get("elsewhere")
    chosen = _recording_for(allowed, elsewhere or form.organisation.data)
    if chosen is None:
        return _whose(form, allowed)
    form.belong_to(chosen)
    # Another organisation was chosen: what was typed stays, and is read in its zone; nothing is recorded yet.
    if elsewhere is None and form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                organisation = unit.session.get_one(Organisation, chosen.id)
                breach_id = operations.record_incident(unit, organisation, form.incident()).id
            flash(_recorded(bool(form.drill.data)), "success")
            say_repeated_hours(form.times)
            return redirect(url_for("breaches.choose_affected", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    operators = [name for name, _ in serving.operators(edge.session(), chosen.id, edge.now().date())]
    body = render_template("breaches/record.html", form=form, chosen=chosen, choices=allowed if len(allowed) > 1 else [], operators=operators)
    return body, status(form) if elsewhere is None else 200


def _whose(form: IncidentForm, allowed: Sequence[identity.OrganisationRef]) -> Page:
    """Ask whose incident it is, before anything else; a form that was sent without the answer keeps what was typed and is asked for it."""
    if form.is_submitted():
        form.organisation.errors = [WHOSE]
    return render_template("breaches/record_whose.html", form=form, choices=allowed, typed=form.typed() if form.is_submitted() else ()), status(form)


def _recorded(drill: bool) -> str:
    if drill:
        return "The exercise is recorded: its mails stay inside. Now name who would be affected, so that the clocks start."
    return "The incident is recorded. Now name who is affected, so that their clocks start."


def _recording_for(allowed: Sequence[identity.OrganisationRef], posted: str | None) -> identity.OrganisationRef | None:
    """Return the organisation of a form that was sent, else the one chosen in the address, else the only one; none where a person must choose.

    Of several none is proposed: whoever is woken at night would record under the wrong company.
    """
    if posted:
        chosen = next((org for org in allowed if str(org.id) == posted), None)
        if chosen is None:
            raise NotFound("There is no such organisation, or you may not record incidents for it.")
        return chosen
    narrowed = edge.chosen_organisation()
    if narrowed is None:
        return allowed[0] if len(allowed) == 1 else None
    return next((org for org in allowed if org.id == narrowed.id), None)
