"""Checkpoints of the trail: what was signed, where copies lie, who receives them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.evidence import checking
from dpa.evidence.forms import KeepForm, NoteForm, RemoveWitnessForm, WitnessForm
from dpa.evidence.pages import checkpoints as pages
from dpa.evidence.trail import anchoring, checkpoints, comparing, witnesses
from dpa.evidence.trail.models import TrailCheckpoint
from dpa.problems import Invalid, NotFound, Problem
from dpa.web import access, downloads, edge, identity, paging

blueprint = Blueprint("checkpoints", __name__)
Answer = str | Response | tuple[str, int]
READ, ACT = "trail.read", "trail.witness"


@blueprint.get("/checkpoints")
@access.needs(READ)
def index() -> Answer:
    """List the checkpoints, and how old the newest copy outside is."""
    return _index_page(_witness_form())


@blueprint.post("/checkpoints/take")
@access.needs(ACT)
def take() -> Answer:
    """Sign the trail as it stands now."""
    try:
        signer = checkpoints.signer_for(edge.settings())
        with checking.told(edge.session(), edge.settings(), edge.transaction), edge.transaction() as unit:
            size = checkpoints.take(unit, signer, "request").size
    except Problem as problem:
        edge.session().rollback()
        return _index_page(_witness_form(), refused=problem.message), 409
    flash("The trail is signed as it stands now. Keep a copy of the checkpoint outside.", "success")
    return redirect(url_for(".show", size=size), 303)


@blueprint.post("/checkpoints/witnesses")
@access.needs(ACT)
def add_witness() -> Answer:
    """Name somebody outside to whom checkpoints are mailed."""
    form = _witness_form()
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                witnesses.add(unit, int(form.organisation.data), str(form.who.data), str(form.address.data))
            flash("The witness is named. The next checkpoint is mailed within minutes, and then every day.", "success")
            return redirect(url_for(".index", organisation=request.args.get("organisation") or None), 303)
        except Problem as problem:
            form.show_problem(problem)
    return _index_page(form), 422


@blueprint.get("/checkpoints/witnesses/<int:witness_id>/remove")
@access.needs(ACT)
def confirm_removal(witness_id: int) -> Answer:
    """Show what removing a witness does, before it is done."""
    return _removal_page(witness_id, RemoveWitnessForm())


@blueprint.post("/checkpoints/witnesses/<int:witness_id>/remove")
@access.needs(ACT)
def remove_witness(witness_id: int) -> Answer:
    """Mail no more checkpoints to somebody, and erase who they were."""
    form = RemoveWitnessForm()
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                witnesses.remove(unit, identity.signed_in().scope(ACT).organisation_ids, witness_id, str(form.reason.data))
            flash("The witness is removed, and name and address are erased. What was mailed before stays with them and goes on counting.", "success")
            return redirect(url_for(".index"), 303)
        except Invalid as problem:
            form.show_problem(problem)
    return _removal_page(witness_id, form), 422


@blueprint.get("/checkpoints/<int:size>")
@access.needs(READ)
def show(size: int) -> Answer:
    """Show one checkpoint: the signed note, the keys to check it with, and where copies lie."""
    row = _row(size)
    mine = anchoring.kept_by(edge.session(), size, identity.signed_in().actor)
    return _page(row, KeepForm() if mine is None else NoteForm())


@blueprint.get("/checkpoints/<int:size>/note.txt")
@access.needs(READ)
def note(size: int) -> Answer:
    """Hand out the signed note, byte for byte. That alone is no copy kept outside; whoever keeps it says so on the page."""
    row = _row(size)
    return downloads.attachment(row.note.encode(), f"checkpoint-{row.size}.txt", "text/plain")


@blueprint.post("/checkpoints/<int:size>/keep")
@access.needs(ACT)
def keep(size: int) -> Answer:
    """Record that the person keeps a copy outside, where, and whether the copy was shown and is one."""
    form = KeepForm()
    row = _row(size)
    if form.validate_on_submit():
        given = form.text()
        try:
            _compare(row, given)
            with edge.transaction() as unit:
                anchoring.keep(unit, size, str(form.where.data), compared=bool(given))
            flash("Recorded: a copy is kept outside from now on." if given else
                  "Recorded on your word: a copy is kept outside from now on. Compare it when you have it at hand.", "success")
            return redirect(url_for(".show", size=size), 303)
        except Problem as problem:
            form.show_problem(problem)
            row = _row(size)
    return _page(row, form), 422


@blueprint.post("/checkpoints/<int:size>/compare")
@access.needs(ACT)
def compare(size: int) -> Answer:
    """Compare the note that the person kept with the stored one."""
    form = NoteForm()
    row = _row(size)
    if form.validate_on_submit():
        given = form.text()
        try:
            if given:
                _compare(row, given)
                with edge.transaction() as unit:
                    mine = anchoring.kept_by(unit.session, size, unit.actor)
                    if mine is not None:
                        anchoring.note_compared(unit, mine)
                flash("The note you kept is the same as the one on this page, and soundly signed.", "success")
                return redirect(url_for(".show", size=size), 303)
            form.show_missing()
        except Problem as problem:
            form.show_problem(problem)
            row = _row(size)
    return _page(row, form), 422


def _compare(row: TrailCheckpoint, given: str) -> None:
    """Compare a kept note where one was given; one that contradicts the trail is kept, and the whole trail verified, before it is told."""
    if not given:
        return
    try:
        comparing.compare(edge.session(), edge.settings(), row, given)
    except comparing.Contradiction as found:
        checking.contradicted(edge.session(), edge.settings(), edge.transaction, found.note)
        raise


def _index_page(form: WitnessForm, *, refused: str = "") -> str:
    person, scope = identity.signed_in(), edge.scope(READ)
    after = paging.decode_key(request.args.get("after"), 1)
    before_size = paging.number_of(after[0]) if after else None
    view = pages.index(edge.session(), scope, person.scope(ACT), person.organisations, edge.zone(), edge.now(), before_size=before_size)
    organisation = request.args.get("organisation") or None
    return render_template(
        "evidence/checkpoints.html", view=view, form=form, refused=refused, may_act=person.may(ACT),
        several=len(scope.organisation_ids) > 1, organisation=organisation,
        next_url=url_for(".index", after=view.next_key, organisation=organisation) if view.next_key else None,
        first_url=url_for(".index", organisation=organisation) if before_size is not None else None,
    )  # fmt: skip


def _page(row: TrailCheckpoint, form: NoteForm) -> str:
    person = identity.signed_in()
    view = pages.view(edge.session(), row, person.scope(READ), person.actor, edge.zone())
    return render_template("evidence/checkpoint.html", view=view, form=form, may_act=person.may(ACT))


def _removal_page(witness_id: int, form: RemoveWitnessForm) -> str:
    person = identity.signed_in()
    row = witnesses.mine(edge.session(), person.scope(ACT).organisation_ids, witness_id)
    house = next(one for one in person.organisations if one.id == row.organisation_id)
    return render_template("evidence/witness_remove.html", witness=row, house=house, form=form)


def _row(size: int) -> TrailCheckpoint:
    found = checkpoints.checkpoint(edge.session(), size)
    if found is None:
        raise NotFound(f"There is no checkpoint over {size:,} events.")
    return found


def _witness_form() -> WitnessForm:
    form = WitnessForm()
    allowed = edge.scope(ACT)
    form.offer([one for one in identity.signed_in().organisations if one.id in allowed])
    return form

