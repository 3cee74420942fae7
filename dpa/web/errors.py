"""Errors speak: each becomes a page (or one line for htmx and health checks) that says what to do."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from flask import Flask, g, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

from dpa.extensions import db
from dpa.problems import Conflict, Invalid, NotAllowed, NotFound, Problem
from dpa.web import edge, identity

log = structlog.get_logger()

STATUS: dict[type[Problem], int] = {Invalid: 422, NotFound: 404, NotAllowed: 403, Conflict: 409}
WORDS: dict[int, tuple[str, str]] = {
    400: ("That request could not be read", "Go back, reload the page and try again."),
    401: ("You are signed out", "Your session has ended. Sign in again; what you had typed is kept by your browser if you go back."),
    403: ("Not allowed", "Your role does not include this. Ask an administrator of the organisation."),
    404: ("Nothing here", "The address is wrong, or it leads to something that is not yours to see."),
    405: ("Not that way", "This address does not accept that kind of request."),
    409: ("Already changed", "Somebody else, or you in another window, was quicker. Reload the page and look again."),
    413: ("Too large", "The file or form is larger than this installation accepts."),
    422: ("Please correct this", "Something in the form cannot be accepted."),
    429: ("Too many attempts", "Wait a little, then try again."),
    500: ("Something broke", "The fault is ours and has been recorded. Nothing was half-written. Try again; if it stays, give your operator the number below."),
    503: ("Busy", "The database is busy or out of space. Nothing was written. Try again in a minute."),
}


def page(status: int, message: str | None = None, links: Sequence[tuple[str, str]] = ()) -> tuple[str, int]:
    """Return the page for a status, with the sentence of the problem where there is one; `links` (words and address) lead on from there."""
    g.plain_page = True
    title, advice = WORDS.get(status, WORDS[500])
    body = render_template("errors/error.html", status=status, title=title, message=message or advice,
                           reference=edge.request_id() if status >= 500 else None, links=links, stranger=identity.current() is None)
    return body, status


def install(app: Flask) -> None:
    """Register the handlers."""
    # Flask writes the address of a page that failed as it is, and some addresses are keys; `on_defect` writes the same through the masks.
    app.log_exception = lambda exc_info: None  # type: ignore[method-assign] # noqa: ARG005

    @app.errorhandler(Problem)
    def on_problem(problem: Problem) -> tuple[str, int]:
        db.session.rollback()
        return page(next((code for kind, code in STATUS.items() if isinstance(problem, kind)), 422), problem.message)

    @app.errorhandler(CSRFError)
    def on_csrf(error: CSRFError) -> tuple[str, int]:  # noqa: ARG001
        return page(400, "This form was open for too long or came from another site. Go back, reload the page and send it again.")

    @app.errorhandler(RequestEntityTooLarge)
    def on_large(error: RequestEntityTooLarge) -> tuple[str, int]:  # noqa: ARG001
        limit = (app.config["MAX_CONTENT_LENGTH"] or 0) // 1024 // 1024
        return page(413, f"The file or form is larger than {limit} MB, the most this installation accepts.")

    @app.errorhandler(DBAPIError)
    def on_database(error: DBAPIError) -> tuple[str, int]:
        db.session.rollback()
        log.error("database_error", kind=type(error.orig).__name__, path=request.path, request_id=edge.request_id())
        return page(503 if _is_passing(error) else 500)

    @app.errorhandler(HTTPException)
    def on_http(error: HTTPException) -> tuple[str, int]:
        return page(error.code or 500)

    @app.errorhandler(InternalServerError)
    def on_defect(error: InternalServerError) -> tuple[str, int]:
        db.session.rollback()
        cause = error.original_exception
        log.error("defect", kind=type(cause).__name__, path=request.path, request_id=edge.request_id(), exc_info=cause)
        return page(500)


def _is_passing(error: DBAPIError) -> bool:
    text = str(error.orig).lower()
    return any(words in text for words in ("locked", "disk is full", "disk full", "connection", "too many clients"))
