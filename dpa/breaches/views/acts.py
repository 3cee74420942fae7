"""What the pages of acts on a running case share: loading it, showing a form with the facts beside it, doing the act once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from dpa.breaches import queries
from dpa.breaches.models import Affected, Breach
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.views.common import Page
from dpa.problems import Conflict, Problem
from dpa.unit import Unit
from dpa.web import edge
from dpa.web.forms import Form

RECORD, RELEASE, READ = "breaches.record", "breaches.release", "breaches.read"


@dataclass(frozen=True, slots=True)
class ActPage:
    """The words of an act's page."""

    permission: str
    title: str
    lead: str
    submit: str
    done: str
    """What is said once it is done."""
    kind: str = "primary"
    consequence: str = ""
    """What happens when the button is pressed; empty where it goes without saying."""
    closed_too: bool = False
    """Whether it may be done in a closed case."""


def found(breach_id: int, page: ActPage) -> Breach:
    """Return the case of an act; raises `NotFound` outside the scope, `Conflict` when it is closed."""
    breach = queries.breach(edge.session(), edge.scope(page.permission), breach_id)
    if not page.closed_too:
        must_be_open(breach)
    return breach


def customer(breach: Breach, affected_id: int) -> Affected:
    """Return one customer of a case; raises `NotFound` for those of other cases."""
    return queries.affected_row(edge.session(), breach, affected_id)


def case_url(breach: Breach) -> str:
    """Return the page of a case."""
    return url_for("breaches.show", breach_id=breach.id)


def customer_url(breach: Breach, affected_id: int) -> str:
    """Return the page of one of its customers."""
    return url_for("breaches.customer", breach_id=breach.id, affected_id=affected_id)


Do = Callable[[Unit, Breach], object]


def perform(
    page: ActPage, form: Form, breach_id: int, do: Do, *, back: tuple[str, str], facts: Sequence[Mapping[str, Any]] = (), template: str = "breaches/act.html", **more: Any
) -> Page:
    """Show an act's page, or do the act and go back; what was typed is kept when it is refused.

    `do` gets the unit and the case loaded in it. `back` is label and address of the page the act belongs to; `facts` stand beside the form.
    """
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            try:
                with edge.transaction() as unit:
                    do(unit, queries.breach(unit.session, edge.scope(page.permission), breach_id))
            except Problem as problem:
                form.show_problem(problem)
                status = 409 if isinstance(problem, Conflict) else 422
            else:
                flash(page.done, "success")
                return redirect(back[1], 303)
    return render_template(template, page=page, form=form, back=back, facts=facts, **more), status
