"""The own account: password, where one is signed in, and proving again who one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.people import operations, passwords, rules, sessions, sign_in
from dpa.people.forms import ChangePasswordForm, NewPasswordForm, PasswordForm
from dpa.people.models import LoginSession, Person
from dpa.people.rules import FRESH_TO_SEND
from dpa.people.views import blueprint, doors, visitor
from dpa.problems import Problem
from dpa.web import access, edge, identity, preferences
from dpa.web.words import plural

Page = str | Response | tuple[str, int]
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS"), ("Linux", "Linux"))


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session as its owner sees it."""

    id: int
    browser: str
    network: str
    how: str
    created_at: datetime
    last_seen_at: datetime
    here: bool


def browser_name(agent: str) -> str:
    """Return a browser's everyday name, such as `Firefox on Linux`."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "Unknown browser")
    system = next((name for sign, name in SYSTEMS if sign in agent), None)
    return f"{browser} on {system}" if system else browser


@blueprint.get("/account")
@access.anyone_signed_in
def account() -> Page:
    """Show the own account."""
    return _account_page(_password_form())


@blueprint.post("/account/password")
@access.anyone_signed_in
def change_password() -> Page:
    """Set another password, or a first one; ends the other sessions."""
    me = identity.signed_in()
    form = _password_form()
    if not form.validate_on_submit():
        return _account_page(form), 422
    if isinstance(form, ChangePasswordForm):
        refused = sign_in.prove(edge.transaction, edge.session(), me.user_id, form.current.data or "", visitor.origin())
        if refused is not None:
            form.current.errors = [*form.current.errors, refused.message]
            return doors.refusal(refused, _account_page(form))
    elif edge.now() - visitor.visit().confirmed_at >= FRESH_TO_SEND:
        form.form_errors.append("You signed in by a link too long ago. Ask for a new link, then set a password at once.")
        return _account_page(form), 422
    try:
        names = [organisation.name for organisation in me.organisations]
        chosen = passwords.choose(form.password.data or "", context=(me.name, me.email, *names))
    except Problem as problem:
        form.show_problem(problem)
        return _account_page(form), 422
    with edge.transaction() as unit:
        ended = operations.change_password(unit, me.user_id, chosen, keep_session=me.session_id)
    flash("Your password was changed." + (f" Ended: {plural(ended, 'other session')}." if ended else ""), "success")
    return redirect(url_for("people.account"), 303)


@blueprint.post("/account/sessions/<int:session_id>/end")
@access.anyone_signed_in
def end_session(session_id: int) -> Page:
    """End one of the own sessions."""
    me = identity.signed_in()
    if session_id == me.session_id:
        return doors.sign_out()
    with edge.transaction() as unit:
        operations.end_session(unit, me.user_id, session_id)
    flash("That session was ended.", "success")
    return redirect(url_for("people.account"), 303)


@blueprint.post("/account/sessions/end-others")
@access.anyone_signed_in
def end_other_sessions() -> Page:
    """End all own sessions but this one."""
    me = identity.signed_in()
    with edge.transaction() as unit:
        ended = operations.end_other_sessions(unit, me.user_id, me.session_id)
    flash(f"Ended: {plural(ended, 'other session')}." if ended else "There were no other sessions.", "success")
    return redirect(url_for("people.account"), 303)


@blueprint.route("/confirm", methods=["GET", "POST"])
@access.anyone_signed_in
def confirm() -> Page:
    """Ask for the password again before people are managed."""
    me = identity.signed_in()
    form = PasswordForm()
    target = preferences.safe_next(request.values.get("next"), url_for("people.settings"))
    form.next.data = target
    if form.validate_on_submit():
        refused = sign_in.prove(edge.transaction, edge.session(), me.user_id, form.password.data or "", visitor.origin())
        if refused is None:
            with edge.transaction() as unit:
                operations.confirm(unit, me.session_id)
            return redirect(target, 303)
        form.password.errors = [*form.password.errors, refused.message]
        return doors.refusal(refused, _confirm_page(form))
    return _confirm_page(form), 422 if form.errors else 200


def _confirm_page(form: PasswordForm) -> str:
    return render_template("people/confirm.html", form=form, has_password=_has_password(),
                           minutes=int(rules.FRESH_TO_OPEN.total_seconds() // 60))


def _has_password() -> bool:
    return edge.session().get_one(Person, identity.signed_in().user_id).password_hash is not None


def _password_form() -> NewPasswordForm:
    return ChangePasswordForm() if _has_password() else NewPasswordForm()


def _account_page(form: NewPasswordForm) -> str:
    me = identity.signed_in()
    rows = sessions.live(edge.session(), me.user_id, edge.now(), edge.settings())
    lines = _lines(rows, me.session_id)
    return render_template("people/account.html", form=form, sessions=lines, others=sum(not line.here for line in lines),
                           zone=me.organisations[0].zone if me.organisations else "UTC")


def _lines(rows: Sequence[LoginSession], present: int) -> list[SessionLine]:
    how = {"pwd": "password", "link": "one-time link"}
    return [
        SessionLine(row.id, browser_name(row.agent), row.ip_prefix, how[row.auth.value], row.created_at, row.last_seen_at, row.id == present)
        for row in rows
    ]
