"""Access marks: every view carries one, and a view without one answers 403.

`@public` lets anybody in, `@anyone_signed_in` any signed-in person, `@needs("agreements.read")` people who hold the permission
in at least one organisation. Which organisation's rows they then see is decided by the query's `Scope`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from dpa.web import identity

View = TypeVar("View", bound=Callable[..., Any])
ATTRIBUTE = "access_mark"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Mark:
    """What a view demands of the person asking."""

    signed_in: bool
    permission: str | None = None


def public(view: View) -> View:
    """Mark a view that anybody may open."""
    return _marked(view, Mark(signed_in=False))


def anyone_signed_in(view: View) -> View:
    """Mark a view for every signed-in person."""
    return _marked(view, Mark(signed_in=True))


def needs(permission: str) -> Callable[[View], View]:
    """Mark a view for people who hold `permission` somewhere."""
    return lambda view: _marked(view, Mark(signed_in=True, permission=permission))


def mark_of(view: object) -> Mark | None:
    """Return the mark of a view function, if it has one."""
    mark: Mark | None = getattr(view, ATTRIBUTE, None)
    return mark


def _marked(view: View, mark: Mark) -> View:
    setattr(view, ATTRIBUTE, mark)
    return view


def enforce() -> Response | None:
    """Before each request: let it pass, send the stranger to sign in, or answer 403."""
    if request.endpoint is None or request.endpoint == "static":
        return None  # Unknown addresses become 404; vendored assets are no secret.
    if request.method not in SAFE and request.headers.get("Sec-Fetch-Site", "same-origin") not in OWN_SITES:
        abort(400)  # The browser itself says that another site made it send this (ASVS 5.0, 3.5.1).
    mark = mark_of(current_app.view_functions[request.endpoint])
    if mark is None:
        abort(403)
    if not mark.signed_in:
        return None
    person = identity.current()
    if person is None:
        return _send_to_sign_in()
    if mark.permission is not None and not person.may(mark.permission):
        abort(403)
    return None


def _send_to_sign_in() -> Response:
    if identity.session_was_refused() or request.method not in SAFE:
        abort(401)
    return redirect(url_for("people.sign_in", next=request.full_path.rstrip("?")))
