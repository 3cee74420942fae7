"""Naming who is affected: first what a choice would start, then the clocks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from dpa.agreements import queries as agreements
from dpa.agreements import serving
from dpa.breaches import awareness, operations, queries, references
from dpa.breaches.counting import legal_day
from dpa.breaches.forms import AffectedForm
from dpa.breaches.models import Breach
from dpa.breaches.operations.guards import must_be_open
from dpa.breaches.pages import affecting as pages
from dpa.breaches.rules import Selection
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page, status
from dpa.breaches.views.times import say_repeated_hours
from dpa.problems import Invalid, Problem
from dpa.web import access, edge, identity
from dpa.web.words import day, plural

OFFERED = 300
"""Customers offered while somebody types a name; beyond that the name is looked for all the same."""
SHOWN = 5
"""Customers named where a name fits several."""


@blueprint.route("/breaches/<int:breach_id>/affected", methods=["GET", "POST"])
@access.needs("breaches.record")
def choose_affected(breach_id: int) -> Page:
    """Name the agreements an incident touches: `preview` shows what a choice means, `edit` goes back from there, anything else starts the clocks."""
    scope = edge.scope("breaches.record")
    breach = queries.breach(edge.session(), scope, breach_id)
    must_be_open(breach)
    named = queries.affected_ids(edge.session(), breach.id)
    choices = pages.choices(edge.session(), breach)
    form = _form(breach, choices)
    if "edit" in request.form:
        return _show(breach, form, choices, named), 200
    if form.validate_on_submit():
        try:
            selection = Selection(form.selection.data)
            chosen = _chosen(breach, form, selection)
            since = _since(breach, form, named)
            if "preview" in request.form:
                return _preview(breach, form, chosen, named, since, _found_by(form, selection, choices))
            count = _start(breach_id, chosen, selection, since, form.why())
            flash(f"{plural(count, 'clock')} started, each from its own agreement.", "success")
            say_repeated_hours([form.aware_at])
            return redirect(url_for("breaches.show", breach_id=breach_id), 303)
        except Problem as problem:
            form.show_problem(problem)
    return _show(breach, form, choices, named), status(form)


def _form(breach: Breach, choices: pages.Choices) -> AffectedForm:
    upstream = next((name for name, _ in choices.operators if name.lower() == breach.upstream.lower()), None)
    start = {"selection": Selection.BY_SUBPROCESSOR.value, "operator": upstream} if upstream else {}
    form = AffectedForm(data={**start, "aware_at": None})
    form.offer(choices)
    form.aware_at.zone = breach.zone
    return form


def _show(breach: Breach, form: AffectedForm, choices: pages.Choices, named: Collection[int]) -> str:
    session = edge.session()
    first = pages.promised(session, breach, edge.now()) if not named else ()
    offered = agreements.running(session, breach.organisation_id, legal_day(breach, breach.aware_at), limit=OFFERED)
    return render_template(
        "breaches/affected.html", form=form, breach=breach, running=choices.running, ended=choices.ended, tail=pages.tail(legal_day(breach, breach.aware_at)), examples=offered[:3], offered=offered, named=len(named), first=first,
        **_ways_to_agreements(breach),
    )


def _ways_to_agreements(breach: Breach) -> dict[str, object]:
    """Return what the page offers where no agreement runs: what this person may add."""
    person, here = identity.signed_in(), breach.organisation_id
    slug = next((one.slug for one in person.organisations if one.id == here), None)
    return {
        "slug": slug, "may_edit_agreements": person.may("agreements.edit", here), "may_edit_customers": person.may("parties.edit", here),
    }


def _found_by(form: AffectedForm, selection: Selection, choices: pages.Choices) -> list[str]:
    """Return the subprocessors that the choice is made by: the one named, or those that run the ticked systems."""
    if selection is Selection.BY_SUBPROCESSOR:
        return [form.operator.data or ""]
    ticked = set(form.systems.data or []) if selection is Selection.BY_SYSTEM else set()
    return [one.operator for one in choices.systems if one.id in ticked and one.operator]


def _preview(breach: Breach, form: AffectedForm, chosen: Sequence[int], named: Collection[int], since: datetime, by: Collection[str]) -> str:
    view = pages.preview(edge.session(), breach, chosen, named, since, by)
    if not view.starting:
        raise Invalid("No clock would start: these agreements were named before, or their terms say that the duty does not apply.", field="selection")
    return render_template("breaches/affected_preview.html", form=form, breach=breach, view=view, since=since, carried=_carried(form))


def _carried(form: AffectedForm) -> list[tuple[str, str]]:
    """Return what the form says, for the preview to send on; a file's references travel as text."""
    sent: MultiDict[str, str] = request.form
    left_out = {"csrf_token", "preview", "references"}
    fields = [(name, value) for name, value in sent.items(multi=True) if name not in left_out]
    return [*fields, ("references", form.references.data or "")]


def _start(breach_id: int, chosen: Sequence[int], selection: Selection, since: datetime, why: str) -> int:
    with edge.transaction() as unit:
        fresh = queries.breach(unit.session, edge.scope("breaches.record"), breach_id)
        later = None if since == fresh.aware_at else since
        return len(operations.add_affected(unit, fresh, chosen, selection, identity.signed_in().user_id, aware_at=later, aware_reason=why))


def _since(breach: Breach, form: AffectedForm, named: Collection[int]) -> datetime:
    """Return the awareness the new clocks run from: a later one of their own may be given once others run."""
    typed = form.aware_at.instant() if named else None
    if typed is None or typed == breach.aware_at.replace(second=0, microsecond=0):
        return breach.aware_at
    if errors := awareness.later_errors(breach.aware_at, typed, form.why(), edge.now()):
        raise Invalid(next(iter(errors.values())), field=next(iter(errors)))
    return typed


def _chosen(breach: Breach, form: AffectedForm, selection: Selection) -> Sequence[int]:
    """Return the agreements the form chose; raises `Invalid` naming references that do not exist."""
    if selection is Selection.BY_LIST:
        return _listed(breach, form)
    session, here, on = edge.session(), breach.organisation_id, legal_day(breach, breach.aware_at)
    since = _ended_since(form, on)
    match selection:
        case Selection.BY_SYSTEM:
            found = serving.served_by(session, here, form.systems.data or [], on, since)
        case Selection.BY_ACTIVITY:
            found = serving.served_by_activity(session, here, form.activities.data or [], on, since)
        case Selection.BY_SUBPROCESSOR:
            found = serving.by_operator(session, here, form.operator.data or "", on, since)
        case _:
            found = list(agreements.running_ids(session, here, on, since))
    if not found:
        also = f" or ended since {day(since)}" if since else ""
        raise Invalid(f"No agreement chosen like this ran on {day(on)}, the day of awareness{also}; choose another way.", field="selection")
    return found


def _ended_since(form: AffectedForm, on: date) -> date | None:
    """Return since when agreements may have ended that are meant as well; none where only running ones are."""
    return pages.tail(on) if form.ended.data else None


def _listed(breach: Breach, form: AffectedForm) -> Sequence[int]:
    listed = form.listed()
    found = agreements.by_references(edge.session(), breach.organisation_id, [one.reference for one in listed])
    if error := references.unknown_sentence(listed, found):
        raise Invalid(error, field="references")
    first = [_called(breach, form, name)] if (name := form.named()) else []
    return list(dict.fromkeys([*first, *(found[one.reference] for one in listed)]))


def _called(breach: Breach, form: AffectedForm, name: str) -> int:
    """Return the agreement that a name or reference means, a running one unless ended ones are meant as well; raises `Invalid` where it means none, or several."""
    on = legal_day(breach, breach.aware_at)
    found = serving.called(edge.session(), breach.organisation_id, name, on, SHOWN + 1, _ended_since(form, on))
    if not found and not form.ended.data and serving.called(edge.session(), breach.organisation_id, name, on, 1, pages.tail(on)):
        raise Invalid(f"The agreement with “{name[:60]}” ended before {day(on)}, the day of awareness. Tick “{form.ended.label.text}” if it is meant.", field="one")
    if not found:
        raise Invalid(f"No agreement that ran on {day(on)} has “{name[:60]}” in its reference or its customer's name; look it up under Agreements.", field="one")
    if len(found) > 1:
        shown = ", ".join(f"{customer} ({reference})" for _, customer, reference in found[:SHOWN])
        raise Invalid(f"“{name[:60]}” fits {'several' if len(found) > SHOWN else len(found)}: {shown}{' and more' if len(found) > SHOWN else ''}. Write one of them.", field="one")
    return found[0][0]
