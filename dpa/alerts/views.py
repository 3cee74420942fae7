"""The Outbox: what was sent, to whom, and what the server said."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.alerts import attachments, operations, presenting, queries
from dpa.alerts.forms import SetAsideForm
from dpa.alerts.queries import Filters
from dpa.alerts.rules import Category, State
from dpa.problems import Problem
from dpa.web import access, edge, identity

blueprint = Blueprint("alerts", __name__)
Page = str | Response | tuple[str, int]
READ, ACT = "outbox.read", "alerts.acknowledge"


@blueprint.get("/outbox")
@access.needs(READ)
def outbox() -> Page:
    """List messages, newest first."""
    wanted = Filters(
        state=State(state) if (state := request.args.get("state", "")) in set(State) else None,
        category=Category(category) if (category := request.args.get("category", "")) in set(Category) else None,
        words=edge.words("q"),
    )
    page = queries.page(edge.session(), edge.scope(READ), wanted, request.args.get("after"))
    zones = {org.id: org for org in identity.signed_in().organisations}
    lines = [presenting.line(row, zones[row.organisation_id or 0], edge.now()) for row in page.rows]
    kept: dict[str, Any] = {"state": wanted.state, "category": wanted.category, "q": wanted.words or None, "organisation": request.args.get("organisation")}
    return render_template(
        "alerts/outbox.html", lines=lines, filters=wanted, state_options=presenting.STATE_OPTIONS, category_options=presenting.CATEGORY_OPTIONS,
        next_url=url_for(".outbox", **kept, after=page.next_key) if page.next_key else None,
        first_url=url_for(".outbox", **kept) if request.args.get("after") else None,
    )


@blueprint.get("/outbox/<int:message_id>")
@access.needs(READ)
def message(message_id: int) -> Page:
    """Show one message with its delivery record."""
    return _message_page(message_id, SetAsideForm())


@blueprint.post("/outbox/<int:message_id>/retry")
@access.needs(ACT)
def retry(message_id: int) -> Page:
    """Send an undeliverable message on its way again."""
    with edge.transaction() as unit:
        operations.retry(unit, queries.message(unit.session, edge.scope(ACT), message_id))
    flash("The message is on its way again.", "success")
    return redirect(url_for(".message", message_id=message_id), 303)


@blueprint.post("/outbox/<int:message_id>/set-aside")
@access.needs(ACT)
def set_aside(message_id: int) -> Page:
    """Record how somebody was told whom the mail did not reach."""
    form = SetAsideForm()
    queries.message(edge.session(), edge.scope(ACT), message_id)
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.set_aside(unit, queries.message(unit.session, edge.scope(ACT), message_id), str(form.reason.data))
            flash("Recorded. The message is no longer counted as undeliverable.", "success")
            return redirect(url_for(".message", message_id=message_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    return _message_page(message_id, form), 422


def _message_page(message_id: int, form: SetAsideForm) -> str:
    row = queries.message(edge.session(), edge.scope(READ), message_id)
    person = identity.signed_in()
    organisation = next(org for org in person.organisations if org.id == row.organisation_id)
    record = queries.events(edge.session(), row.id)
    return render_template(
        "alerts/message.html", row=row, line=presenting.line(row, organisation, edge.now()), zone=organisation.zone,
        text=presenting.text(row), facts=presenting.facts(row, organisation), record=[presenting.event(one) for one in record],
        documents=attachments.of_message(edge.session(), row.id), may_read_documents=person.may("documents.read", row.organisation_id),
        may_act=row.state is State.DEAD and person.may(ACT, row.organisation_id), form=form,
    )

