"""Answers that a browser saves as a file instead of showing them."""

from __future__ import annotations

from collections.abc import Iterable

from werkzeug.wrappers import Response


def attachment(content: bytes | Iterable[bytes], name: str, mimetype: str) -> Response:
    """Return content to be saved under a name (RFC 6266); never shown in the page's own origin, never kept in a cache.

    Content may come in parts, which are handed out as they are made; what makes them must keep the request's context (`stream_with_context`).
    """
    response = Response(content, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
