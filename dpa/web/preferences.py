"""The colour theme: kept in a cookie so that a page is drawn right the first time, without script."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from dpa.web import access, edge

blueprint = Blueprint("preferences", __name__)
THEMES = ("auto", "light", "dark")
COOKIE = "theme"


def theme() -> str:
    """Return the theme the browser asked for."""
    chosen = request.cookies.get(COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def safe_next(target: str | None, fallback: str) -> str:
    """Return `target` if it is a path of this installation, else `fallback`; never another site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return fallback
    parts = urlsplit(target)
    return fallback if parts.scheme or parts.netloc or any(ord(sign) < 32 for sign in target) else target


@blueprint.post("/preferences/theme")
@access.public
def set_theme() -> Response:
    """Remember the theme and go back to the page it was chosen on."""
    chosen = request.form.get("theme", "auto")
    response = redirect(safe_next(request.form.get("next"), url_for("index")), code=303)
    if chosen in THEMES:
        response.set_cookie(COOKIE, chosen, max_age=365 * 86400, secure=edge.settings().secure, httponly=True, samesite="Lax")
    return response
