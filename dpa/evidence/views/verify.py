"""The public check of a document: by its file, or by the number and check code on a printed page; and of a checkpoint that came with one.
Nobody signs in, nothing is kept.

Reading the page touches no database. A file that is checked is held in memory, examined in a process of its own and forgotten: it is
neither stored nor named in a log. How often a network may ask is counted in memory, so that strangers cannot make this page write.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import structlog
from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from dpa.evidence.forms import NumberForm, UploadForm
from dpa.evidence.pages import kept_note, means, verdicts
from dpa.evidence.seal import queries as seals
from dpa.evidence.trail import comparing
from dpa.evidence.verification.values import MOST_BYTES
from dpa.problems import Invalid, NotFound
from dpa.web import access, downloads, edge, limits
from dpa.web.words import file_size, length, plural

blueprint = Blueprint("verify", __name__)
Answer = str | Response | tuple[str, int]
ENVELOPE = 64 * 1024
"""Bytes of a form beside the file in it."""
FILES, NUMBERS, WINDOW, AT_ONCE = 10, 30, timedelta(minutes=1), 2
"""Files and numbers a network may ask for within the window, and files examined at once: by each web process."""
BUSY = timedelta(seconds=5)
log = structlog.get_logger()
FINGERPRINT = re.compile(r"[0-9a-f]{64}\Z")
TOO_LARGE = f"The file is larger than {file_size(MOST_BYTES)}, the most that is examined here. Documents issued here are far smaller, so look whether it is the right file."


@blueprint.url_value_preprocessor
def _accept_little(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Bound what is read, before anything reads it, and keep it in memory: a large upload would otherwise lie in a temporary file."""
    request.max_content_length = MOST_BYTES + ENVELOPE
    request._get_file_stream = lambda *_, **__: BytesIO()  # type: ignore[method-assign] # noqa: SLF001 - the way Werkzeug documents


@blueprint.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> tuple[str, int]:
    return render_template("public/verify_refused.html", title="Too large", message=TOO_LARGE), 413


@blueprint.get("/verify")
@access.public
def form() -> Answer:
    """Show what can be checked here, and how."""
    return _form_page(UploadForm(), NumberForm())


@blueprint.get("/verify/file")
@blueprint.get("/verify/number", endpoint="number_again")
@access.public
def again() -> Answer:
    """Lead whoever opens the address of a result back to the form: results are not kept."""
    return redirect(url_for(".form"))


@blueprint.post("/verify/file")
@access.public
def check_file() -> Answer:
    """Examine a file."""
    typed = UploadForm()
    limit = limits.limit("verify-file", most=FILES, window=WINDOW, at_once=AT_ONCE)
    if wait := limit.take(limits.network_prefix(request.remote_addr), edge.now()):
        return _later(429, wait, f"Your network has asked for {plural(FILES, 'check')} within a minute, the most that is allowed.")
    if not typed.validate_on_submit():
        return _form_page(typed, NumberForm()), 422
    content: bytes = typed.file.data.stream.read()
    if len(content) > MOST_BYTES:
        return _too_large(RequestEntityTooLarge())
    if not content:
        typed.file.errors = ["The file is empty. Choose the PDF as you received it."]
        return _form_page(typed, NumberForm()), 422
    if comparing.is_note(content):
        return _note_page(content)
    with limit.place() as free:
        if not free:
            return _later(503, BUSY, "Other files are being examined at this moment.")
        from dpa.evidence.verification.checking import check_file as examine
        from dpa.evidence.verification.sandbox import NotExamined

        try:
            report = examine(edge.session(), content, edge.settings(), edge.now())
        except NotExamined:
            return _later(503, BUSY, "Other files are being examined at this moment.")
    shown = verdicts.of_report(edge.session(), report)
    return render_template("public/verify_result.html", shown=shown, by_file=True, files_at=means.address_for(edge.session(), report))


def _note_page(content: bytes) -> str:
    """Compare a kept checkpoint with the trail. Nothing is written: a contradiction is told to whoever holds it, and named in the log."""
    try:
        kept = comparing.beside_trail(edge.session(), edge.settings(), content.decode("utf-8", "replace"))
    except Invalid as problem:
        return render_template("public/verify_result.html", shown=kept_note.of_stranger(problem.message), by_file=True)
    if not kept.agrees:
        log.error("checkpoint_contradicted", size=kept.size, request_id=edge.request_id())
    return render_template("public/verify_result.html", shown=kept_note.of_kept(kept), by_file=True)


@blueprint.post("/verify/number")
@access.public
def check_number() -> Answer:
    """Look up the number and check code of a printed page."""
    typed = NumberForm()
    limit = limits.limit("verify-number", most=NUMBERS, window=WINDOW)
    if wait := limit.take(limits.network_prefix(request.remote_addr), edge.now()):
        return _later(429, wait, f"Your network has asked for {plural(NUMBERS, 'number')} within a minute, the most that is allowed.")
    if not typed.validate_on_submit():
        return _form_page(UploadForm(), typed), 422
    from dpa.evidence.verification import checking

    found = checking.check_number(edge.session(), str(typed.number.data), str(typed.code.data))
    return render_template("public/verify_result.html", shown=verdicts.of_listed(found), by_file=False)


@blueprint.get("/verify/roots/<string:fingerprint>.pem")
@access.public
def root(fingerprint: str) -> Answer:
    """Hand out a root certificate by its fingerprint; whoever knows the one may have the other."""
    found = seals.root_certificate(edge.session(), fingerprint) if FINGERPRINT.match(fingerprint) else None
    if found is None:
        raise NotFound("No root certificate with this fingerprint is known here.")
    return downloads.attachment(found.encode(), f"root-{fingerprint[:16]}.pem", "application/x-pem-file")


def _form_page(upload: UploadForm, number: NumberForm) -> str:
    return render_template("public/verify.html", upload=upload, number=number, limit=MOST_BYTES, too_large=TOO_LARGE)


def _later(status: int, wait: timedelta, message: str) -> Response:
    seconds = max(1, math.ceil(wait.total_seconds()))
    words = f"{seconds} s" if seconds < 60 else length(seconds)
    page = render_template("public/verify_refused.html", title="Try again in a moment", message=f"{message} Try again in {words}; nothing was examined.")
    response = make_response(page, status)
    response.headers["Retry-After"] = str(seconds)
    return response
