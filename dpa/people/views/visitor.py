"""Recognising who sends a request: the cookie holds a random token, the table of sessions says whether it still counts.

Runs before the access check. It takes two statements for a signed-in person and none for strangers, static files and
health checks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import structlog
from flask import g, redirect, request, session, url_for
from flask_login import UserMixin, current_user, login_user, logout_user
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from dpa.extensions import login_manager
from dpa.people import queries, rules, sessions, throttle
from dpa.people.sessions import Origin, Recognised
from dpa.people.views import blueprint
from dpa.web import edge
from dpa.web.identity import Identity

log = structlog.get_logger()
View = TypeVar("View", bound=Callable[..., Any])
TOKEN = "_user_id"  # noqa: S105 - the key under which Flask-Login keeps what get_id() returns


class Visitor(UserMixin):  # type: ignore[misc]
    """What Flask-Login holds: the token, and the session found for it."""

    def __init__(self, token: str, found: Recognised | None = None) -> None:
        self.token = token
        self.found = found

    def get_id(self) -> str:
        """Return what the cookie keeps."""
        return self.token


@login_manager.user_loader  # type: ignore[untyped-decorator]
def find_visitor(token: str) -> Visitor | None:
    """Look the token up; a token that no longer counts is remembered as refused, so that the answer is 401."""
    found = sessions.recognise(edge.session(), str(token), edge.now(), edge.settings())
    if found is None:
        g.session_refused = True
        return None
    return Visitor(token, found)


@blueprint.before_app_request
def recognise() -> None:
    """Set `g.identity` for a signed-in person."""
    if request.endpoint == "static" or request.path.startswith("/health/"):
        return
    if not current_user.is_authenticated:
        # The browser forgets a refused token; whoever replays a copy of it is refused again.
        session.pop(TOKEN, None)
        return
    found: Recognised = current_user.found
    grants, organisations = queries.grants(edge.session(), found.person_id)
    g.visit = found
    g.identity = Identity(
        user_id=found.person_id,
        name=found.name,
        email=found.email,
        session_id=found.session_id,
        auth=found.auth,
        grants=grants,
        organisations=organisations,
    )
    if found.touch_due:
        _touch(found.session_id)


def _touch(session_id: int) -> None:
    try:
        with edge.transaction() as unit:
            sessions.touch(unit, session_id)
    except OperationalError as error:
        # A busy or full database must not take reading away; the session merely looks older than it is.
        log.warning("session_not_touched", kind=type(error.orig).__name__)


def visit() -> Recognised:
    """Return the session of this request; only for views that demand a signed-in person."""
    return cast("Recognised", g.visit)


def present_session() -> int | None:
    """Return the number of the session this browser already has, or none."""
    found: Recognised | None = g.get("visit")
    return found.session_id if found else None


def origin() -> Origin:
    """Return as much of where the request came from as is kept."""
    agent = "".join(sign for sign in request.headers.get("User-Agent", "") if sign.isprintable())
    return Origin(throttle.network_prefix(request.remote_addr), agent[: sessions.AGENT_LENGTH])


def enter(token: str, target: str) -> Response:
    """Give the browser its new token, and nothing of what it had before, and lead on."""
    session.clear()
    login_user(Visitor(token))
    return redirect(target, 303)


def leave() -> None:
    """Take the token from the browser."""
    logout_user()
    session.clear()


def freshly(view: View) -> View:
    """Have a view ask for the password again unless it was given lately (ASVS 7.5.1). Stands below the access mark."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        sending = request.method == "POST"
        limit = rules.FRESH_TO_SEND if sending else rules.FRESH_TO_OPEN
        if edge.now() - visit().confirmed_at < limit:
            return view(*args, **kwargs)
        back = url_for("people.settings") if sending else request.full_path.rstrip("?")
        return redirect(url_for("people.confirm", next=back), 303)

    return cast("View", guarded)
