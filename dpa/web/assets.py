"""Addresses of our own files: each carries a digest of its content, so a browser may keep a copy for ever.

Technical source: Subresource Integrity (W3C) for `integrity`; the digests of vendored files stand in static/vendor/vendor.lock
and are recomputed by a test.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

STATIC = Path(__file__).resolve().parents[2] / "static"
PREFIX = "/static/"


def asset_path(path: str) -> str:
    """Return the plain address of a file whose folder already names its version (fonts that a style sheet refers to)."""
    _file(path)
    return PREFIX + path


def asset_url(path: str) -> str:
    """Return the address of a file under static/, with the first 16 hexadecimal digits of its SHA-384 as `v`.

    Raises FileNotFoundError for a file that does not exist: a page without its style is a defect, not a state.
    """
    return f"{PREFIX}{path}?v={sha384(path).hex()[:16]}"


def integrity(path: str) -> str:
    """Return the value of the `integrity` attribute of a file under static/."""
    return "sha384-" + b64encode(sha384(path)).decode()


def stylesheet(path: str, media: str | None = None) -> Markup:
    """Return the <link> of a style sheet, with digest and integrity; `media` such as 'print'."""
    for_media = Markup(' media="{}"').format(media) if media else Markup("")
    return Markup('<link rel="stylesheet" href="{}" integrity="{}"{}>').format(asset_url(path), integrity(path), for_media)


def script(path: str, early: bool = False) -> Markup:
    """Return the <script> of a file; deferred, unless it must run before the page is drawn (`early`)."""
    moment = Markup("") if early else Markup(" defer")
    return Markup('<script src="{}" integrity="{}"{}></script>').format(asset_url(path), integrity(path), moment)


def sha384(path: str) -> bytes:
    """Return the digest of a file under static/; read again only when the file has changed."""
    file = _file(path)
    try:
        state = file.stat()
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file static/{path}.") from None
    return _digest(file, state.st_mtime_ns, state.st_size)


# Kept: a page names two dozen files, and to see that a path stays inside the folder asks the disk for each part of it.
@lru_cache(maxsize=256)
def _file(path: str) -> Path:
    file = STATIC / path
    if not file.is_file() or not file.resolve().is_relative_to(STATIC):
        raise FileNotFoundError(f"There is no file static/{path}.")
    return file


@lru_cache(maxsize=256)
def _digest(file: Path, changed_ns: int, size: int) -> bytes:  # noqa: ARG001 - the state of the file is part of the key
    return hashlib.sha384(file.read_bytes()).digest()
