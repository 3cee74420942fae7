"""The case page, and the case's history as a document."""

from __future__ import annotations

from flask import flash, redirect, render_template, request

from dpa.breaches import authorised, case, case_queries, operations, queries
from dpa.breaches.case_customers import Narrowing, Only
from dpa.breaches.forms import StatementForm
from dpa.breaches.pages import reports
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page, own
from dpa.evidence.register import issuing, printing
from dpa.evidence.register import operations as ordering
from dpa.evidence.register import queries as register
from dpa.evidence.trail import registry
from dpa.evidence.trail.queries import Reader
from dpa.web import access, edge, identity, paging
from dpa.web.numbers import row_number


@blueprint.get("/breaches/<int:breach_id>")
@access.needs("breaches.read")
def show(breach_id: int) -> Page:
    """Show a case: what must happen next, who is affected, what happened."""
    scope = edge.scope("breaches.read")
    opened = case_queries.opened(edge.session(), scope, breach_id)
    breach, organisation = opened.breach, opened.organisation
    person = identity.signed_in()
    after = paging.decode_key(request.args.get("after"), 3)
    reader = Reader(scope, person.actor, installation=False)
    text, only = edge.words("q"), request.args.get("show", "")
    chosen = Only(only) if only in set(Only) else None
    view = case.view(edge.session(), opened, now=edge.now(), reader=reader, after=after, narrowing=Narrowing(text, chosen))
    return render_template(
        "breaches/case.html",
        case=view,
        breach=breach,
        organisation=organisation.name,
        classified=opened.classified,
        undecided=reports.undecided(breach, opened.profiles or (), significant=opened.significant, classified=opened.classified is not None),
        not_authorised=authorised.warnings(edge.session(), breach) if view.open else (),
        q=text,
        chosen=chosen.value if chosen else "",
        documents=register.of_case(edge.session(), scope, ("breach", breach_id)),
        statement_form=StatementForm() if person.may("documents.issue", breach.organisation_id) else None,
        may_record=person.may("breaches.record", breach.organisation_id),
        may_release=person.may("breaches.release", breach.organisation_id),
        may_trail=person.may("trail.read", breach.organisation_id),
        events_most=paging.SIZE,
    )


@blueprint.post("/breaches/<int:breach_id>/statement")
@access.needs("documents.issue")
def order_statement(breach_id: int) -> Page:
    """Order the history of the case as a sealed document with its proof bundle, and have it made at once."""
    scope = edge.scope("documents.issue")
    form = StatementForm()
    with edge.transaction() as unit:
        breach = queries.breach(unit.session, scope, breach_id)
        paper = operations.order_statement(unit, breach, own(breach), personal=bool(form.personal.data))
        ordering.once(unit, [paper], request.form.get("seen", type=row_number))
        number, unprintable = paper.id, printing.warning_of(paper.content)
    if unprintable:
        flash(unprintable, "warning")
    issuing.issue_now(edge.tick(), number)  # Should it fail, the worker makes it; the document's page says so.
    return redirect(registry.path_of("document", str(number)) or "/documents", 303)
