"""Managing the people of an organisation: invite, roles, ending access. Each page asks for a recent proof of who acts."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from dpa.people import operations, queries
from dpa.people.forms import InviteForm, RoleForm
from dpa.people.queries import MemberLine
from dpa.people.roles import MEANINGS, TITLES
from dpa.people.views import blueprint, visitor
from dpa.problems import Problem
from dpa.unit import Unit
from dpa.web import access, edge, identity
from dpa.web.identity import Scope

Page = str | Response | tuple[str, int]
PLACE = "/settings/organisations/<int:organisation_id>/people"
ROLE_HINTS = {role.value: text for role, text in MEANINGS.items()}


@blueprint.route(f"{PLACE}/invite", methods=["GET", "POST"])
@access.needs("people.manage")
@visitor.freshly
def invite(organisation_id: int) -> Page:
    """Invite somebody; the link is shown once, because nobody else may mail it yet."""
    scope = _scope()
    row = queries.organisation(edge.session(), scope, organisation_id)
    name = row.name
    form = InviteForm()
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                row = queries.organisation(unit.session, scope, organisation_id)
                invited = operations.invite(unit, row, form.person(), form.chosen_role(), visible=scope)
                address, link = invited.person.email, invited.link
            return render_template("people/invited.html", link=link, email=address, organisation_id=organisation_id, organisation_name=name)
        except Problem as problem:
            form.show_problem(problem)
    return render_template("people/invite.html", form=form, organisation_id=organisation_id, organisation_name=name,
                           role_hints=ROLE_HINTS), 422 if form.errors else 200


@blueprint.get(f"{PLACE}/<int:person_id>")
@access.needs("people.manage")
@visitor.freshly
def member(organisation_id: int, person_id: int) -> Page:
    """Show a colleague and what can be done about their access."""
    return _member_page(organisation_id, person_id, None)


@blueprint.post(f"{PLACE}/<int:person_id>/role")
@access.needs("people.manage")
@visitor.freshly
def change_role(organisation_id: int, person_id: int) -> Page:
    """Give a colleague another role."""
    line = _line(organisation_id, person_id)
    form = RoleForm()
    if form.validate_on_submit():
        try:
            with edge.transaction() as unit:
                operations.change_role(unit, organisation_id, person_id, form.chosen_role())
            flash(f"{line.name} is now {TITLES[form.chosen_role()]}.", "success")
            return _back(organisation_id, person_id)
        except Problem as problem:
            form.show_problem(problem)
    return _member_page(organisation_id, person_id, form), 422


@blueprint.post(f"{PLACE}/<int:person_id>/link")
@access.needs("people.manage")
@visitor.freshly
def invite_again(organisation_id: int, person_id: int) -> Page:
    """Make a new invitation link and show it once."""
    line = _line(organisation_id, person_id)
    name = queries.organisation(edge.session(), _scope(), organisation_id).name
    with edge.transaction() as unit:
        link = operations.invite_again(unit, organisation_id, person_id)
    return render_template("people/invited.html", link=link, email=line.email, organisation_id=organisation_id, organisation_name=name)


@blueprint.post(f"{PLACE}/<int:person_id>/remove")
@access.needs("people.manage")
@visitor.freshly
def end_membership(organisation_id: int, person_id: int) -> Page:
    """Take a colleague out of this organisation."""
    return _act(organisation_id, person_id, "{name} no longer belongs to this organisation.",
                lambda unit, _scope: operations.end_membership(unit, organisation_id, person_id))


@blueprint.post(f"{PLACE}/<int:person_id>/disable")
@access.needs("people.manage")
@visitor.freshly
def disable(organisation_id: int, person_id: int) -> Page:
    """Disable a colleague's account."""
    return _act(organisation_id, person_id, "The account of {name} is disabled and signed out everywhere.",
                lambda unit, scope: operations.disable_person(unit, person_id, visible=scope))


@blueprint.post(f"{PLACE}/<int:person_id>/enable")
@access.needs("people.manage")
@visitor.freshly
def enable(organisation_id: int, person_id: int) -> Page:
    """Let a disabled account in again."""
    return _act(organisation_id, person_id, "{name} can sign in again.",
                lambda unit, scope: operations.enable_person(unit, person_id, visible=scope))


@blueprint.post(f"{PLACE}/<int:person_id>/end-sessions")
@access.needs("people.manage")
@visitor.freshly
def end_sessions(organisation_id: int, person_id: int) -> Page:
    """Sign a colleague out everywhere."""
    return _act(organisation_id, person_id, "{name} is signed out everywhere.",
                lambda unit, scope: operations.end_sessions_of(unit, person_id, visible=scope))


def _scope() -> Scope:
    return edge.scope("people.manage")


def _line(organisation_id: int, person_id: int) -> MemberLine:
    return queries.member_line(edge.session(), _scope(), organisation_id, person_id)


def _back(organisation_id: int, person_id: int) -> Response:
    # Whoever changed their own access may not see the organisation any more.
    if person_id == identity.signed_in().user_id:
        return redirect(url_for("index"), 303)
    return redirect(url_for("people.organisation", organisation_id=organisation_id), 303)


def _act(organisation_id: int, person_id: int, done: str, verb: Callable[[Unit, Scope], object]) -> Page:
    line, scope = _line(organisation_id, person_id), _scope()
    try:
        with edge.transaction() as unit:
            verb(unit, scope)
    except Problem as problem:
        flash(problem.message, "danger")
        return redirect(url_for("people.member", organisation_id=organisation_id, person_id=person_id), 303)
    flash(done.format(name=line.name), "success")
    return _back(organisation_id, person_id)


def _member_page(organisation_id: int, person_id: int, form: RoleForm | None) -> str:
    line = _line(organisation_id, person_id)
    row = queries.organisation(edge.session(), _scope(), organisation_id)
    return render_template("people/member.html", form=form or RoleForm(data={"role": line.role.value}), line=line, organisation=row,
                           role_hints=ROLE_HINTS, titles=TITLES, here=person_id == identity.signed_in().user_id)
