"""The board, the page of one deadline, and what can be done to it there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.docket import errands, filters, kinds, operations, queries, quiet, rules
from dpa.docket.board import BoardView
from dpa.docket.filters import MINE, NOBODY, Filters
from dpa.docket.forms import ExtendForm, MomentForm, OwnerForm, ReasonForm, typed
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import ORIGINS
from dpa.docket.rules import Act, State
from dpa.people import queries as people
from dpa.problems import Conflict, Problem
from dpa.unit import Unit
from dpa.web import access, edge, identity
from dpa.web.forms import Form

blueprint = Blueprint("docket", __name__)
Page = str | Response | tuple[str, int]
READ = "board.read"
OFFERED = (Act.ACKNOWLEDGE, Act.ASSIGN, Act.EXTEND, Act.PAUSE, Act.RESUME, Act.WAIVE)
"""Acts on a deadline's page, in the order of their buttons."""


@blueprint.get("/board")
@access.needs(READ)
def board() -> Page:
    """Show what is due, soonest first."""
    person, now = identity.signed_in(), edge.now()
    session, scope, zone = edge.session(), edge.scope(READ), _zone()
    view = queries.board(session, scope, now, filters.read(request.args), person_id=person.user_id, zone=zone, grants=person.grants)
    may_read_trail = person.may("trail.read")
    return render_template(
        "docket/board.html",
        view=view,
        zone=zone,
        act=_act_next(view),
        errands=errands.waiting(session, edge.scope, person.actor),
        may_acknowledge=view.act_next is not None and person.may("alerts.acknowledge"),
        chips=_chips(view),
        address=_address,
        owners=[("", "Everybody"), (MINE, "Mine"), (NOBODY, "Nobody yet")],
        origins=[("", "All"), *((name, word) for name, (_, word) in ORIGINS.items())],
        begin=[kind.begin for kind in kinds.registered() if kind.begin and person.may(kind.begin.permission)],
        systems=quiet.systems(session, scope, now, mail_server=bool(edge.settings().smtp_url)),
        news=quiet.news(session, edge.scope("trail.read"), person.actor, now, zone) if may_read_trail else None,
    )


@blueprint.get("/docket/<int:entry_id>")
@access.needs(READ)
def entry(entry_id: int) -> Page:
    """Show one deadline: how its date came about, what happened to it, what can be done."""
    scope = edge.scope(READ)
    view = queries.entry_view(edge.session(), scope, entry_id, edge.now())
    held = _held(view.entry)
    acts = [act for act in OFFERED if rules.may(State(view.entry.state), act, held)]
    if view.row.acknowledged and Act.ACKNOWLEDGE in acts:
        acts.remove(Act.ACKNOWLEDGE)
    kind = kinds.kind_or_plain(view.entry.kind)
    way = kind.way(view.entry.subject_id, runs=view.entry.state not in rules.CLOSED, held=held) if kind.path else ("", view.row.entry_url)
    return render_template("docket/entry.html", view=view, acts=acts, held=held, way=way)


@blueprint.post("/docket/<int:entry_id>/acknowledge")
@access.needs(rules.PERMISSION[Act.ACKNOWLEDGE])
def acknowledge(entry_id: int) -> Page:
    """Say that one is on it, for all open deadlines of the case and kind: they are alerted together, too."""
    scope = edge.scope(rules.PERMISSION[Act.ACKNOWLEDGE])
    with edge.transaction() as unit:
        found = queries.entry(unit.session, scope, entry_id)
        count = operations.acknowledge(unit, queries.open_in_group(unit.session, found))
    flash(f"Acknowledged{f', {count} deadlines' if count > 1 else ''}. Colleagues are not asked any more; alerts at the target still come.", "success")
    return redirect(url_for(".entry", entry_id=entry_id), 303)


@dataclass(frozen=True, slots=True)
class _ActPage:
    """The words of an act's page."""

    act: Act
    title: str
    lead: str
    submit: str
    done: str
    kind: str = "primary"


EXTEND = _ActPage(Act.EXTEND, "Extend the deadline", "Set later dates, with the reason that allows it. The computed date is kept in the history.", "Extend", "Extended. Alerts follow the new date.")
PAUSE = _ActPage(Act.PAUSE, "Pause the clock", "No alerts come while it is paused. Nothing pauses by itself: say what allows it.", "Pause", "Paused. Resume it when the reason has ended.")
RESUME = _ActPage(Act.RESUME, "Resume the clock", "Hours move by the whole pause, days by the whole days inside it.", "Resume", "Resumed. The date was moved by the pause.")
WAIVE = _ActPage(Act.WAIVE, "Waive the deadline", "It is closed without having been met. This cannot be undone.", "Waive for good", "Waived, with its reason.", "danger")
ASSIGN = _ActPage(Act.ASSIGN, "Choose the owner", "The owner answers for the deadline and is alerted first.", "Save", "The owner was changed.")


@blueprint.route("/docket/<int:entry_id>/extend", methods=["GET", "POST"])
@access.needs(rules.PERMISSION[Act.EXTEND])
def extend(entry_id: int) -> Page:
    """Move a deadline's dates later."""
    found = _entry(entry_id, Act.EXTEND)
    due = typed(found.due_at, found.zone) if found.due_at else None
    form = ExtendForm(target_at=typed(found.target_at, found.zone), due_at=due)
    form.place(found)

    def do(unit: Unit, one: DocketEntry) -> None:
        target, latest = form.changed(one)
        operations.extend(unit, one, target=target, latest=latest, reason=str(form.reason.data))

    return _act(found, EXTEND, form, do)


@blueprint.route("/docket/<int:entry_id>/pause", methods=["GET", "POST"])
@access.needs(rules.PERMISSION[Act.PAUSE])
def pause(entry_id: int) -> Page:
    """Stop a deadline's clock."""
    found = _entry(entry_id, Act.PAUSE)
    form = _moment_form(found, "Paused since")
    return _act(found, PAUSE, form, lambda unit, one: operations.pause(unit, one, form.moment(), str(form.reason.data)))


@blueprint.route("/docket/<int:entry_id>/resume", methods=["GET", "POST"])
@access.needs(rules.PERMISSION[Act.RESUME])
def resume(entry_id: int) -> Page:
    """Let a deadline's clock run again."""
    found = _entry(entry_id, Act.RESUME)
    form = _moment_form(found, "Running again since")
    return _act(found, RESUME, form, lambda unit, one: operations.resume(unit, one, form.moment(), str(form.reason.data)))


@blueprint.route("/docket/<int:entry_id>/waive", methods=["GET", "POST"])
@access.needs(rules.PERMISSION[Act.WAIVE])
def waive(entry_id: int) -> Page:
    """Close a deadline that need not be met."""
    found = _entry(entry_id, Act.WAIVE)
    form = ReasonForm()
    return _act(found, WAIVE, form, lambda unit, one: operations.waive(unit, one, str(form.reason.data)))


@blueprint.route("/docket/<int:entry_id>/owner", methods=["GET", "POST"])
@access.needs(rules.PERMISSION[Act.ASSIGN])
def assign(entry_id: int) -> Page:
    """Give a deadline to another owner."""
    found = _entry(entry_id, Act.ASSIGN)
    form = OwnerForm(owner=str(found.owner_id or ""))
    form.offer(people.members(edge.session(), found.organisation_id, "docket.act"))
    return _act(found, ASSIGN, form, lambda unit, one: operations.assign(unit, one, form.person_id()))


def _act(found: DocketEntry, page: _ActPage, form: Form, do: Callable[[Unit, DocketEntry], object]) -> Page:
    """Show an act's page, or do the act and go back to the deadline; what was typed is kept when it is refused."""
    status = 200
    entry_id = found.id
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            try:
                with edge.transaction() as unit:
                    do(unit, queries.entry(unit.session, edge.scope(rules.PERMISSION[page.act]), entry_id))
            except Problem as problem:
                form.show_problem(problem)
                status = 409 if isinstance(problem, Conflict) else 422
            else:
                flash(page.done, "success")
                return redirect(url_for(".entry", entry_id=entry_id), 303)
    row = queries.entry_view(edge.session(), edge.scope(READ), entry_id, edge.now()).row
    warning = rules.target_warning(page.act, found.origin, found.basis, found.due_at)
    return render_template("docket/act.html", page=page, form=form, row=row, warning=warning), status


def _entry(entry_id: int, act: Act) -> DocketEntry:
    """Load a deadline the person may act on; raises `NotFound`, or `Conflict` when the act does not fit its state."""
    found = queries.entry(edge.session(), edge.scope(rules.PERMISSION[act]), entry_id)
    rules.next_state(State(found.state), act)
    return found


def _moment_form(found: DocketEntry, label: str) -> MomentForm:
    form = MomentForm(at=typed(edge.now(), found.zone))
    form.at.zone, form.at.label.text = found.zone, label
    return form


def _held(found: DocketEntry) -> frozenset[str]:
    return identity.signed_in().grants.get(found.organisation_id, frozenset())


def _zone() -> str:
    """Return the zone in which the board's days begin: the chosen organisation's, else the person's first one's."""
    chosen = edge.chosen_organisation()
    organisations = identity.signed_in().organisations
    return chosen.zone if chosen else organisations[0].zone if organisations else "UTC"


def _address(view_filters: Filters, **changes: str) -> str:
    slug = request.args.get("organisation")
    values: dict[str, Any] = ({"organisation": slug} if slug else {}) | view_filters.address(**changes)
    return url_for(".board", **values)


def _chips(view: BoardView) -> list[dict[str, Any]]:
    chosen = view.filters
    found: list[dict[str, Any]] = []
    for chip in view.chips:
        changes = {"all": {"kind": "", "owner": ""}, "mine": {"kind": "", "owner": MINE}}.get(chip.name, {"kind": chip.name, "owner": ""})
        active = (chosen.kind, chosen.owner) == (changes["kind"], changes["owner"])
        found.append({"label": chip.title, "url": _address(chosen, **changes), "count": chip.count, "active": active})
    return found


def _act_next(view: BoardView) -> dict[str, Any] | None:
    """Return the soonest line as the card that stands above all others."""
    row = view.act_next
    if row is None:
        return None
    target = "" if row.target_at is None else " The house's own target comes first."
    return {
        "label": "Act next" if view.total.number < 2 else f"Act next, 1 of {view.total}",
        "title": row.title,
        "text": f"{row.basis}.{target}",
        "started_at": row.started_at,
        "start_word": row.start_word,
        "due_at": row.due_at,
        "target_at": row.target_at,
        "met_at": None,
        "zone": row.zone,
        "state": row.state,
    }
