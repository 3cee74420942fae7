"""The pages behind a notice's link. The address is the key: no page of them is kept in a cache, found by a search engine, or named in a log.

Opening a link shows who wrote to whom, and nothing else; only the button opens the notices and records that they were opened, because
scanners of mail servers open links, too. Whoever is signed in here sees that first page alone. How often a network may ask is counted in memory, so that strangers cannot make these pages write.
"""

from __future__ import annotations

import math
from datetime import timedelta

import structlog
from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.breaches.evidence import package
from dpa.breaches.links import PATH, REFUSED
from dpa.evidence.pages.document import file_name
from dpa.evidence.register import queries as register
from dpa.evidence.register import store
from dpa.languages import Wording
from dpa.portal import operations, queries, showing
from dpa.portal.forms import ConfirmForm, QuestionForm
from dpa.portal.queries import Holder
from dpa.problems import Conflict, NotFound, Problem
from dpa.web import access, downloads, edge, errors, identity, limits
from dpa.web.words import length, plural

blueprint = Blueprint("portal", __name__, url_prefix=PATH)
Answer = str | Response | tuple[str, int]
ASKS, WINDOW = 60, timedelta(minutes=1)
"""Pages a network may ask for within the window, by each web process: much for readers, nothing for guessing 256 bits."""
QUESTIONS, QUESTION_WINDOW = 10, timedelta(hours=1)
"""Questions a customer may ask within the window; each alerts people."""
log = structlog.get_logger()


@blueprint.before_request
def _limit() -> Answer | None:
    limit = limits.limit("portal", most=ASKS, window=WINDOW)
    wait = limit.take(limits.network_prefix(request.remote_addr), edge.now())
    return _later(wait) if wait else None


@blueprint.before_request
def _outsiders_only() -> Answer | None:
    """Lead whoever is signed in back to the cover: what is done behind it counts as the customer's own act, and is evidence."""
    if identity.current() is None or request.endpoint == f"{blueprint.name}.cover":
        return None
    return redirect(url_for(".cover", token=(request.view_args or {})["token"]), 303)


@blueprint.after_request
def _hide(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@blueprint.errorhandler(NotFound)
def _refused(problem: NotFound) -> Answer:
    """Say the same of links that never were, that have ended, and that were revoked."""
    edge.session().rollback()
    g.plain_page = True
    return render_template("portal/refused.html", title="This link does not work", message=problem.message), 404


@blueprint.get("/<string:token>")
@access.public
def cover(token: str) -> Answer:
    """Say who sent what kind of mail to whom, and offer to open it. Records nothing."""
    found = _holder(token)
    cover = showing.cover(edge.session(), found)
    return render_template("portal/cover.html", token=token, found=found, say=found.say, cover=cover, colleague=identity.current())


@blueprint.post("/<string:token>")
@access.public
def open_notices(token: str) -> Answer:
    """Open the notices, and record that they were."""
    with edge.transaction(operations.ACTOR) as unit:
        operations.open_notices(unit, token)
    return redirect(url_for(".notices", token=token), 303)


@blueprint.get("/<string:token>/notices")
@access.public
def notices(token: str) -> Answer:
    """Show every phase, the customer's own facts, and its questions."""
    return _page(token)


@blueprint.get("/<string:token>/confirm")
@blueprint.get("/<string:token>/questions", endpoint="questions_again")
@access.public
def again(token: str) -> Answer:
    """Lead whoever opens the address of a form back to the page it stands on."""
    return redirect(url_for(".notices", token=token))


@blueprint.post("/<string:token>/confirm")
@access.public
def confirm(token: str) -> Answer:
    """Record that the customer confirms having received its notices."""
    found = _holder(token)
    form = ConfirmForm().speak(found.say)
    if form.validate_on_submit():
        try:
            with edge.transaction(operations.ACTOR) as unit:
                fresh = operations.confirm(unit, token, str(form.name.data))
        except Conflict as problem:
            flash(found.say("portal.more_came") if problem.message == operations.MORE_CAME else problem.message, "warning")
            return redirect(url_for(".cover", token=token), 303)
        except Problem as problem:
            form.show_problem(problem)
        else:
            flash(found.say("portal.thanks", organisation=found.organisation) if fresh else found.say("portal.confirmed_before"), "success")
            return redirect(url_for(".notices", token=token), 303)
    return _page(token, confirm_form=form, status=422)


@blueprint.post("/<string:token>/questions")
@access.public
def ask(token: str) -> Answer:
    """Keep a question of the customer, and alert the organisation."""
    found = _holder(token)
    form = QuestionForm().speak(found.say)
    if not form.validate_on_submit():
        return _page(token, question_form=form, status=422)
    limit = limits.limit("portal-questions", most=QUESTIONS, window=QUESTION_WINDOW)
    if wait := limit.take(str(found.row.id), edge.now()):
        form.form_errors.append(found.say("portal.too_many", count=QUESTIONS, wait=_wait(wait, found.say)))
        return _page(token, question_form=form, status=429)
    try:
        with edge.transaction(operations.ACTOR) as unit:
            operations.ask(unit, token, str(form.name.data), str(form.reply_to.data), str(form.text.data))
    except Problem as problem:
        form.show_problem(problem)
        return _page(token, question_form=form, status=422)
    flash(found.say("portal.question_sent", organisation=found.organisation), "success")
    return redirect(url_for(".notices", token=token, _anchor="questions"), 303)


@blueprint.get("/<string:token>/documents/<int:document_id>.pdf")
@access.public
def document(token: str, document_id: int) -> Answer:
    """Hand out the sealed document of a phase, byte for byte."""
    found = _holder(token)
    if queries.unread(edge.session(), found.row.id):
        return redirect(url_for(".cover", token=token))
    paper = queries.paper(edge.session(), found.row.id, document_id)
    file = register.newest_file(paper)
    if file is None:
        words = found.say("portal.not_ready_text", document=paper.reference)
        return render_template("portal/refused.html", title=found.say("portal.not_ready"), message=words, tag=found.say.language.tag), 404
    try:
        content = store.get(edge.settings().document_store, file.sha256)
    except store.Missing:
        log.warning("document_missing", document=document_id, request_id=edge.request_id())
        return errors.page(500, f"The document cannot be handed out at this moment. Ask {found.organisation} for it; its number is {paper.reference}.")
    return downloads.attachment(content, file_name(paper.reference, file, newest=True), "application/pdf")


@blueprint.get("/<string:token>/facts.json")
@access.public
def facts(token: str) -> Answer:
    """Hand out the facts for the customer's own notification, as of the newest phase it was given. As with the document, opening the notices is what is recorded."""
    found, session = _holder(token), edge.session()
    if queries.unread(session, found.row.id):
        return redirect(url_for(".cover", token=token))
    made = package.told_package(session, found.breach, found.row, found.organisation, demonstration=not edge.settings().smtp_url)
    if made is None:
        raise NotFound(REFUSED)
    content, name = made
    return downloads.attachment(package.text(content), name, "application/json")


def _holder(token: str) -> Holder:
    return queries.holder(edge.session(), token, edge.now())


def _page(token: str, *, confirm_form: ConfirmForm | None = None, question_form: QuestionForm | None = None, status: int = 200) -> Answer:
    """Return the page of the notices; while one of them is unopened, lead to the cover, whose button records the opening.

    A form that is shown again with its errors stays, with what was typed: then the unopened notice is left out and pointed at.
    """
    found = _holder(token)
    view = showing.view(edge.session(), found, token, edge.now())
    if view.unread and status == 200:
        return redirect(url_for(".cover", token=token))
    page = render_template(
        "portal/notices.html", token=token, found=found, view=view, say=found.say, when=showing.when,
        confirm_form=confirm_form or ConfirmForm(formdata=None).speak(found.say), question_form=question_form or QuestionForm(formdata=None).speak(found.say),
    )  # fmt: skip
    return page, status


def _wait(wait: timedelta, say: Wording) -> str:
    return say("portal.seconds", count=max(1, math.ceil(wait.total_seconds()))) if wait < timedelta(minutes=1) else say.length(wait)


def _words(wait: timedelta) -> str:
    seconds = max(1, math.ceil(wait.total_seconds()))
    return f"{seconds} s" if seconds < 60 else length(seconds)


def _later(wait: timedelta) -> Response:
    g.plain_page = True
    message = f"Your network has asked for {plural(ASKS, 'page')} within a minute, the most that is allowed. Try again in {_words(wait)}; nothing was lost."
    response = make_response(render_template("portal/refused.html", title="Try again in a moment", message=message), 429)
    response.headers["Retry-After"] = str(max(1, math.ceil(wait.total_seconds())))
    return response
