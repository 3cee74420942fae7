"""The register of issued documents: list, document, its files, its check, and making one that waits at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dpa.evidence import operations
from dpa.evidence.pages import document as pages
from dpa.evidence.pages import verdicts
from dpa.evidence.pages.listing import Asked, listing
from dpa.evidence.pages.verdicts import Shown
from dpa.evidence.register import issuing, keeping, kinds, queries, store
from dpa.evidence.register import operations as operations_of
from dpa.evidence.register.models import DocumentFile, FileRole, IssuedDocument
from dpa.problems import NotAllowed, NotFound
from dpa.slice import Tick
from dpa.web import access, downloads, edge, identity, limits, paging

blueprint = Blueprint("documents", __name__)
Answer = str | Response | tuple[str, int]
READ, ISSUE = "documents.read", "documents.issue"
CHECKS, CHECK_WINDOW, CHECKS_AT_ONCE = 6, timedelta(minutes=1), 2
"""A check starts a process of its own and reads the whole file; a person may ask for so many a minute."""
log = structlog.get_logger()


@blueprint.app_context_processor
def _once() -> dict[str, Any]:
    """Give templates what a form carries so that sending it twice orders one document: `documents_seen()`."""
    return {"documents_seen": lambda: queries.newest_id(edge.session())}


@blueprint.app_errorhandler(operations_of.AlreadyOrdered)
def ordered_before(problem: operations_of.AlreadyOrdered) -> Response:
    """Show the document that was ordered already, instead of ordering it a second time."""
    edge.session().rollback()
    flash(problem.message, "info")
    return redirect(url_for("documents.show", document_id=problem.document_id), 303)


@blueprint.get("/documents")
@access.needs(READ)
def index() -> Answer:
    """List the documents, newest first."""
    text, kind, state = (edge.words(name) for name in ("q", "kind", "state"))
    asked = Asked(text, kind, state, request.args.get("organisation") or None)
    after = paging.decode_key(request.args.get("after"), 1)
    before_id = paging.number_of(after[0]) if after else None
    view = listing(edge.session(), edge.scope(READ), asked, identity.signed_in().organisations, before_id=before_id)
    return render_template(
        "evidence/documents.html", view=view, asked=asked, clear_url=url_for(".index", organisation=asked.organisation) if asked.is_narrowed else None,
        next_url=url_for(".index", **asked.address(), after=view.next_key) if view.next_key else None,
        first_url=url_for(".index", **asked.address()) if before_id is not None else None,
    )  # fmt: skip


@blueprint.get("/documents/<int:document_id>")
@access.needs(READ)
def show(document_id: int) -> Answer:
    """Show one document."""
    return _page(_row(document_id))


@blueprint.get("/documents/<int:document_id>/files/<string:sha256>.<string:extension>")
@access.needs(READ)
def file(document_id: int, sha256: str, extension: str) -> Answer:
    """Hand out one file of a document, byte for byte, and record that it was."""
    row = _readable(document_id)
    found = next((one for one in row.files if one.sha256 == sha256 and pages.EXTENSIONS[one.role][0] == extension), None)
    if found is None:
        raise NotFound("There is no such file of this document.")
    name = pages.file_name(row.reference, found, newest=found is queries.newest_file(row))
    mimetype, what = pages.EXTENSIONS[found.role][1], pages.EVENT_WORDS[found.role]
    try:
        content = _content(row, found)
    except store.Missing:
        return _page(_row(document_id)), 409
    _note_download(row, what)
    return downloads.attachment(content, name, mimetype)


@blueprint.get("/documents/<int:document_id>/record.json")
@access.needs(READ)
def record(document_id: int) -> Answer:
    """Hand out the record that is attached to the document, byte for byte, and record that it was."""
    row = _readable(document_id)
    if row.record is None:
        raise NotFound("This document has no record yet; it gets one when it is issued.")
    content, name = row.record.encode(), f"{row.reference}.json"
    _note_download(row, "the record")
    return downloads.attachment(content, name, "application/json")


@blueprint.post("/documents/<int:document_id>/check")
@access.needs(READ)
def check(document_id: int) -> Answer:
    """Examine the stored file as a stranger's would be, and show each check."""
    row = _row(document_id)
    newest = queries.newest_file(row)
    if newest is None:
        raise NotFound("This document has no file yet; it can be checked once it is issued.")
    limit = limits.limit("documents-check", most=CHECKS, window=CHECK_WINDOW, at_once=CHECKS_AT_ONCE)
    wait = limit.take(identity.signed_in().actor, edge.now())
    with limit.place() as free:
        if wait or not free:
            return _later(row, int((wait or timedelta(seconds=5)).total_seconds()) + 1)
        try:
            content = _content(row, newest)
        except store.Missing:
            return _page(_row(document_id)), 409
        from dpa.evidence.verification.checking import check_file
        from dpa.evidence.verification.sandbox import NotExamined

        try:
            report = check_file(edge.session(), content, edge.settings(), edge.now())
        except NotExamined:
            return _later(row, 5)
    return _page(_row(document_id), verdicts.of_report(edge.session(), report))


@blueprint.post("/documents/<int:document_id>/make")
@access.needs(ISSUE)
def make(document_id: int) -> Answer:
    """Make a document that waits at once, instead of when the worker comes to it."""
    row = queries.document(edge.session(), identity.signed_in().scope(ISSUE), document_id)
    if row.record is None:
        tick = Tick(edge.session(), edge.now(), edge.settings(), edge.transaction, worker="web")
        edge.session().rollback()  # Making takes its time; no snapshot may be held meanwhile.
        if issuing.issue_now(tick, document_id):
            flash("The document is issued.", "success")
        else:
            flash("The document is not issued yet: a worker has it in hands, or something stands in the way, which is said below.", "warning")
    return redirect(url_for(".show", document_id=document_id), 303)


def _row(document_id: int) -> IssuedDocument:
    return queries.document(edge.session(), identity.signed_in().scope(READ), document_id)


def _readable(document_id: int) -> IssuedDocument:
    row = _row(document_id)
    if not _may_read(row):
        raise NotAllowed("This document holds entries of the trail, which your role does not read; ask somebody of your organisation whose role does.")
    return row


def _may_read(row: IssuedDocument) -> bool:
    return identity.signed_in().may(kinds.reading_of(row.kind), row.organisation_id)


def _page(row: IssuedDocument, checked: Shown | None = None) -> str:
    person = identity.signed_in()
    house = next(one for one in person.organisations if one.id == row.organisation_id)
    folder = edge.settings().document_store
    faults = {file.sha256: fault for file in row.files if (fault := keeping.fault_of(folder, file.sha256)) is not None}
    return render_template(
        "evidence/document.html", checked=checked,
        view=pages.view(edge.session(), row, house, edge.now(), faults, sees_trail=person.may("trail.read")),
        may_issue=person.may(ISSUE, row.organisation_id), may_read=_may_read(row), sees_trail=person.may("trail.read"), sees_outbox=person.may("outbox.read"),
    )  # fmt: skip


def _later(row: IssuedDocument, seconds: int) -> Response:
    flash(f"Checking takes its time, so only a few checks run at once; try again in {seconds} s.", "warning")
    response = make_response(_page(row), 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _content(row: IssuedDocument, wanted: DocumentFile) -> bytes:
    """Return a stored file; what is wrong with it is kept before the error goes on, so that everybody is told at once."""
    folder, sha256 = edge.settings().document_store, wanted.sha256
    try:
        return store.get(folder, sha256)
    except store.Missing:
        log.error("document_file_missing", document=row.id, role=str(FileRole(wanted.role)))  # noqa: TRY400 - the sentence says all there is
        fault = keeping.fault_of(folder, sha256)
        with edge.transaction() as unit:
            keeping.note(unit, sha256, fault)
        raise


def _note_download(row: IssuedDocument, what: str) -> None:
    if request.method == "HEAD":
        return  # Nothing was handed out.
    number, organisation_id, reference = row.id, row.organisation_id, row.reference
    with edge.transaction() as unit:
        operations.note_download(unit, number, organisation_id, reference, what)
