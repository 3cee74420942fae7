"""Pages of the breach workflow: record, name the affected, write, review, release, watch."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.agreements import queries as agreements
from dpa.breaches import case, operations, queries
from dpa.breaches.forms import AffectedForm, DraftForm, IncidentForm, ReleaseForm, StatementForm
from dpa.breaches.models import Breach
from dpa.breaches.rules import Selection
from dpa.evidence.register import issuing
from dpa.evidence.register import queries as register
from dpa.evidence.trail import registry
from dpa.evidence.trail.queries import Reader
from dpa.people.models import Organisation
from dpa.problems import Invalid, NotFound, Problem
from dpa.web import access, edge, identity, paging
from dpa.web.words import day

blueprint = Blueprint("breaches", __name__)
Page = str | Response | tuple[str, int]


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
    return render_template("breaches/record.html", form=form, chosen=chosen, choices=allowed if len(allowed) > 1 else []), _status(form)


@blueprint.get("/breaches/<int:breach_id>")
@access.needs("breaches.read")
def show(breach_id: int) -> Page:
    """Show a case: what must happen next, who is affected, what happened."""
    scope = edge.scope("breaches.read")
    breach = queries.breach(edge.session(), scope, breach_id)
    person = identity.signed_in()
    after = paging.decode_key(request.args.get("after"), 2)
    reader = Reader(scope, person.actor, installation=False)
    view = case.view(edge.session(), breach, _own(breach), now=edge.now(), reader=reader, after=after)
    return render_template(
        "breaches/case.html",
        case=view,
        breach=breach,
        documents=register.of_case(edge.session(), scope, ("breach", breach_id)),
        statement_form=StatementForm() if person.may("documents.issue", breach.organisation_id) else None,
        may_record=person.may("breaches.record", breach.organisation_id),
        may_release=person.may("breaches.release", breach.organisation_id),
    )


@blueprint.route("/breaches/<int:breach_id>/affected", methods=["GET", "POST"])
@access.needs("breaches.record")
def choose_affected(breach_id: int) -> Page:
    """Name the agreements an incident touches."""
    scope = edge.scope("breaches.record")
    breach = queries.breach(edge.session(), scope, breach_id)
    form = AffectedForm()
    form.offer(agreements.systems(edge.session(), breach.organisation_id))
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
    return render_template("breaches/affected.html", form=form, breach=breach, running=len(running), examples=running[:3]), _status(form)


@blueprint.route("/breaches/<int:breach_id>/notice", methods=["GET", "POST"])
@access.needs("breaches.record")
def write_notice(breach_id: int) -> Page:
    """Write the text of the notice, once for all customers."""
    scope = edge.scope("breaches.record")
    breach = queries.breach(edge.session(), scope, breach_id)
    newest = breach.draft or breach.newest_released
    form = DraftForm(obj=newest, data=None if newest else {"nature": breach.known})
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.save_draft(unit, queries.breach(unit.session, scope, breach_id), form.draft())
            flash("The text is saved. Nothing has left yet.", "success")
            return redirect(url_for("breaches.review", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    return render_template("breaches/notice.html", form=form, breach=breach), _status(form)


@blueprint.get("/breaches/<int:breach_id>/release")
@access.needs("breaches.release")
def review(breach_id: int) -> Page:
    """Review the notice: the text, whom it goes to, what differs, who cannot be reached."""
    breach = queries.breach(edge.session(), edge.scope("breaches.release"), breach_id)
    if breach.draft is None and breach.newest_released is None:
        return redirect(url_for("breaches.write_notice", breach_id=breach_id), 303)
    organisation = agreements.organisation(edge.session(), breach.organisation_id)
    view = case.review(edge.session(), breach, organisation, settings=edge.settings(), customer=request.args.get("customer", type=int), now=edge.now())
    return render_template("breaches/release.html", review=view, breach=breach, form=ReleaseForm())


@blueprint.post("/breaches/<int:breach_id>/release")
@access.needs("breaches.release")
def release(breach_id: int) -> Page:
    """Release the notice."""
    scope = edge.scope("breaches.release")
    with edge.transaction() as unit:
        breach = queries.breach(unit.session, scope, breach_id)
        organisation = agreements.organisation(unit.session, breach.organisation_id)
        count = operations.release_notice(unit, breach, organisation)
    flash(f"The notice is released to {count} customer{'' if count == 1 else 's'}. Each clock is met when the customer's mail server accepts it.", "success")
    return redirect(url_for("breaches.show", breach_id=breach_id), 303)


@blueprint.post("/breaches/<int:breach_id>/statement")
@access.needs("documents.issue")
def order_statement(breach_id: int) -> Page:
    """Order the history of the case as a sealed document with its proof bundle, and have it made at once."""
    scope = edge.scope("documents.issue")
    form = StatementForm()
    with edge.transaction() as unit:
        breach = queries.breach(unit.session, scope, breach_id)
        number = operations.order_statement(unit, breach, _own(breach), personal=bool(form.personal.data)).id
    issuing.issue_now(edge.tick(), number)  # Should it fail, the worker makes it; the document's page says so.
    return redirect(registry.path_of("document", str(number)) or "/documents", 303)


def _chosen(breach: Breach, form: AffectedForm, selection: Selection) -> Sequence[int]:
    """Return the agreements the form chose; raises `Invalid` naming references that do not exist."""
    session, on = edge.session(), breach.aware_at.astimezone(ZoneInfo(breach.zone)).date()
    if selection is not Selection.BY_LIST:
        found_ids: Sequence[int] = (
            [row.id for row in agreements.running(session, breach.organisation_id, on)]
            if selection is Selection.ALL
            else agreements.served_by(session, breach.organisation_id, form.systems.data or [], on)
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


def _recording_for(allowed: Sequence[identity.OrganisationRef], posted: str | None) -> identity.OrganisationRef:
    """Return the organisation of a form that was sent, else the one chosen in the address, else the first."""
    if posted:
        chosen = next((org for org in allowed if str(org.id) == posted), None)
        if chosen is None:
            raise NotFound("There is no such organisation, or you may not record incidents for it.")
        return chosen
    narrowed = edge.chosen_organisation()
    return next((org for org in allowed if narrowed and org.id == narrowed.id), allowed[0])


def _own(breach: Breach) -> Organisation:
    return agreements.organisation(edge.session(), breach.organisation_id)


def _status(form: IncidentForm | AffectedForm | DraftForm) -> int:
    return 422 if form.is_submitted() else 200


