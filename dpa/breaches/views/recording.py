"""The list of incidents, and recording one."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for

from dpa.breaches import operations, queries
from dpa.breaches.forms import IncidentForm
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page, status
from dpa.people.models import Organisation
from dpa.problems import NotFound, Problem
from dpa.web import access, edge, identity, paging


@blueprint.get("/breaches")
@access.needs("breaches.read")
def index() -> Page:
    """List the incidents, newest first."""
    text = request.args.get("q", "").strip()[:100]
    page = queries.breaches(edge.session(), edge.scope("breaches.read"), text=text, after=paging.decode_key(request.args.get("after"), 2))
    names = {org.id: org.name for org in identity.signed_in().organisations}
    return render_template("breaches/index.html", page=page, q=text, organisations=names, may_record=identity.signed_in().may("breaches.record"))


@blueprint.route("/breaches/new", methods=["GET", "POST"])
@access.needs("breaches.record")
def record() -> Page:
    """Record an incident."""
    person = identity.signed_in()
    allowed = [org for org in person.organisations if person.may("breaches.record", org.id)]
    form = IncidentForm()
    chosen = _recording_for(allowed, form.organisation.data)
    form.belong_to(chosen)
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                organisation = unit.session.get_one(Organisation, chosen.id)
                breach_id = operations.record_incident(unit, organisation, form.incident()).id
            flash("The incident is recorded. Now name who is affected, so that their clocks start.", "success")
            return redirect(url_for("breaches.choose_affected", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    return render_template("breaches/record.html", form=form, chosen=chosen, choices=allowed if len(allowed) > 1 else []), status(form)


def _recording_for(allowed: Sequence[identity.OrganisationRef], posted: str | None) -> identity.OrganisationRef:
    """Return the organisation of a form that was sent, else the one chosen in the address, else the first."""
    if posted:
        chosen = next((org for org in allowed if str(org.id) == posted), None)
        if chosen is None:
            raise NotFound("There is no such organisation, or you may not record incidents for it.")
        return chosen
    narrowed = edge.chosen_organisation()
    return next((org for org in allowed if narrowed and org.id == narrowed.id), allowed[0])
