"""The doors: sign-in, sign-out, and the three kinds of one-time link."""

from __future__ import annotations

import math

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.people import links, operations, passwords, rules
from dpa.people import sign_in as entry
from dpa.people.forms import NewPasswordForm, SetUpForm, SignInForm
from dpa.people.models import LinkPurpose, Person
from dpa.people.sign_in import Refused, SignedIn
from dpa.people.views import blueprint, visitor
from dpa.problems import Invalid, Problem
from dpa.web import access, edge, identity, preferences

Page = str | Response | tuple[str, int]


def refusal(outcome: Refused, page: str) -> Response:
    """Return a page that was refused for a wrong password (422) or for too many of them (429, with Retry-After)."""
    response = make_response(page, 429 if outcome.wait else 422)
    if outcome.wait:
        response.headers["Retry-After"] = str(math.ceil(outcome.wait.total_seconds()))
    return response


@blueprint.route("/sign-in", methods=["GET", "POST"])
@access.public
def sign_in() -> Page:
    """Sign in with address and password."""
    target = preferences.safe_next(request.values.get("next"), url_for("index"))
    if request.method != "POST" and identity.current() is not None:
        return redirect(target)
    form = SignInForm()
    form.next.data = target
    if form.validate_on_submit():
        outcome = entry.sign_in(
            edge.transaction, edge.session(), form.email.data or "", form.password.data or "", visitor.origin(),
            replaces=visitor.present_session(),
        )
        if isinstance(outcome, SignedIn):
            return visitor.enter(outcome.token, target)
        form.form_errors.append(outcome.message)
        return refusal(outcome, _sign_in_page(form))
    return _sign_in_page(form), 422 if form.errors else 200


def _sign_in_page(form: SignInForm) -> str:
    return render_template("people/sign_in.html", form=form, signed_out="signed_out" in request.args)


@blueprint.post("/sign-out")
@access.public
def sign_out() -> Page:
    """End this session, here and on the server."""
    person = identity.current()
    if person is not None:
        with edge.transaction() as unit:
            operations.sign_out(unit, person.session_id)
    visitor.leave()
    response = redirect(url_for("people.sign_in", signed_out=1), 303)
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'
    return response


@blueprint.route("/set-up/<string:token>", methods=["GET", "POST"])
@access.public
def set_up(token: str) -> Page:
    """Make the first administrator and the first organisation."""
    links.find(edge.session(), token, LinkPurpose.SETUP, edge.now())
    form = SetUpForm()
    form.offer()
    if form.validate_on_submit():
        try:
            chosen = _checked_set_up(form)
            person, facts = form.person(), form.facts()
            with edge.transaction("system:people") as unit:
                account = operations.set_up(unit, token, person, chosen, facts)
                opened = entry.sign_in_after_proof(unit, account, visitor.origin(), replaces=visitor.present_session())
            return visitor.enter(opened.token, url_for("index"))
        except Problem as problem:
            form.show_problem(problem)
    return render_template("people/set_up.html", form=form, token=token), 422 if form.errors else 200


def _checked_set_up(form: SetUpForm) -> str:
    """Return the password's hash; raises `Invalid` with everything that is wrong at once."""
    person, facts = form.person(), form.facts()
    wrong: dict[str, str] = {}
    try:
        operations.check_facts(facts)
    except Invalid as problem:
        wrong |= problem.fields
    try:
        chosen = passwords.choose(form.password.data or "", context=(person.name, person.email, facts.name))
    except Invalid as problem:
        wrong |= problem.fields
    if fault := rules.email_fault(person.email):
        wrong["email"] = fault
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)
    return chosen


@blueprint.route("/link/<string:token>", methods=["GET", "POST"])
@access.public
def link(token: str) -> Page:
    """Sign in once by a link; opening it changes nothing, the button does."""
    found = links.find(edge.session(), token, LinkPurpose.SIGN_IN, edge.now())
    person = edge.session().get_one(Person, found.person_id)
    if request.method != "POST":
        return render_template("people/link.html", token=token, holder=person)
    with edge.transaction("system:people") as unit:
        opened = entry.sign_in_by_link(unit, token, visitor.origin(), replaces=visitor.present_session())
    return visitor.enter(opened.token, url_for("index"))


@blueprint.route("/invitation/<string:token>", methods=["GET", "POST"])
@access.public
def invitation(token: str) -> Page:
    """Accept an invitation by choosing a password."""
    found = links.find(edge.session(), token, LinkPurpose.INVITE, edge.now())
    person = edge.session().get_one(Person, found.person_id)
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            chosen = passwords.choose(form.password.data or "", context=(person.name, person.email))
            with edge.transaction("system:people") as unit:
                account = operations.accept_invitation(unit, token, chosen)
                opened = entry.sign_in_after_proof(unit, account, visitor.origin(), replaces=visitor.present_session())
            return visitor.enter(opened.token, url_for("index"))
        except Problem as problem:
            form.show_problem(problem)
            person = edge.session().get_one(Person, found.person_id)
    return render_template("people/invitation.html", form=form, token=token, holder=person), 422 if form.errors else 200
