"""Answers that a browser saves as a file instead of showing them."""

from __future__ import annotations

from werkzeug.wrappers import Response


def attachment(content: bytes, name: str, mimetype: str) -> Response:
    """Return content to be saved under a name (RFC 6266); never shown in the page's own origin, never kept in a cache."""
    response = Response(content, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
