"""Evidence: the page of a case, the incident register, and what can be issued or downloaded from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from flask import flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response

from dpa.breaches import queries
from dpa.breaches.evidence import asking, package, packages, pages, reading, tables
from dpa.breaches.evidence.asking import Asked
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.customer_file import customer_files
from dpa.breaches.evidence.lines import Line, lines
from dpa.breaches.models import Breach
from dpa.breaches.operations import documenting
from dpa.breaches.views import blueprint
from dpa.breaches.views.common import Page, own
from dpa.evidence.register import issuing
from dpa.evidence.register import operations as ordering
from dpa.evidence.trail import registry
from dpa.people.models import Organisation
from dpa.problems import Invalid, NotFound
from dpa.web import access, downloads, edge, identity, paging
from dpa.web.numbers import row_number

T = TypeVar("T")
READ, ISSUE = "documents.read", "documents.issue"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WHICH = ("organisation", "list")
"""Which register an address means."""
NARROWED = ("from", "to", "as_of", "state")
"""What it is narrowed to."""


@dataclass(frozen=True, slots=True)
class Problems:
    """What an address asked for and cannot mean; nothing where all is well."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """Each wrong field with its sentence."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """What was typed, which is kept."""

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Return the summary: the field to go to, and the sentence."""
        return [(f"filter-{name}", text) for name, text in self.fields.items()]


@blueprint.get("/breaches/<int:breach_id>/evidence")
@access.needs(READ)
def evidence(breach_id: int) -> Page:
    """Show what can be issued or downloaded of a case, and what exists already."""
    return _evidence(queries.breach(edge.session(), edge.scope(READ), breach_id))


def _evidence(breach: Breach) -> Page:
    """Return the page of a case's evidence; where its address asks for what cannot be meant, with the sentence beside the field."""
    as_of, problems = _asked(lambda: _as_of(breach), edge.now)
    after = paging.decode_key(request.args.get("after"), 1)
    view = pages.evidence(edge.session(), breach, own(breach), as_of, after)
    return render_template(
        "breaches/evidence.html", breach=breach, view=view, asked="" if problems.lines else request.args.get("as_of", ""), as_of=as_of, problems=problems,
        may_issue=identity.signed_in().may(ISSUE, breach.organisation_id),
    ), 422 if problems.lines else 200  # fmt: skip


@blueprint.post("/breaches/<int:breach_id>/evidence/dossiers")
@access.needs(ISSUE)
def order_dossiers(breach_id: int) -> Page:
    """Order the dossier of one customer and have it made at once, or those of all customers, which the worker makes."""
    breach = queries.breach(edge.session(), edge.scope(ISSUE), breach_id)
    try:
        as_of, chosen = _as_of(breach), request.form.get("customer", type=row_number)
    except Invalid:
        return _evidence(breach)
    if chosen is not None:
        queries.affected_row(edge.session(), breach, chosen)
    wanted = [chosen] if chosen is not None else [row.id for row in reading.affected(edge.session(), [breach_id], as_of)]
    ordered = [number for part in reading.chunks(wanted) for number in _order(breach_id, part, as_of)] or _order(breach_id, [], as_of)
    if chosen is not None:
        issuing.issue_now(edge.tick(), ordered[0])  # Should it fail, the worker makes it; the document's page says so.
        return redirect(registry.path_of("document", str(ordered[0])) or "/documents", 303)
    flash(f"{len(ordered):,} dossier{' is' if len(ordered) == 1 else 's are'} ordered. Each is listed here as soon as it is sealed.", "success")
    return redirect(url_for("breaches.evidence", breach_id=breach_id), 303)


def _order(breach_id: int, affected_ids: Sequence[int], as_of: datetime) -> list[int]:
    with edge.transaction() as unit:
        breach = queries.breach(unit.session, edge.scope(ISSUE), breach_id)
        rows = reading.customers(unit.session, breach_id, affected_ids)
        papers = documenting.order_dossiers(unit, breach, own(breach), rows, as_of)
        ordering.once(unit, papers, request.form.get("seen", type=row_number))
        return [paper.id for paper in papers]


@blueprint.post("/breaches/<int:breach_id>/evidence/report")
@access.needs(ISSUE)
def order_report(breach_id: int) -> Page:
    """Order the report of a closed exercise and have it made at once."""
    try:
        as_of = _as_of(queries.breach(edge.session(), edge.scope(ISSUE), breach_id))
    except Invalid:
        return _evidence(queries.breach(edge.session(), edge.scope(ISSUE), breach_id))
    with edge.transaction() as unit:
        breach = queries.breach(unit.session, edge.scope(ISSUE), breach_id)
        paper = documenting.order_drill_report(unit, breach, own(breach), as_of)
        ordering.once(unit, [paper], request.form.get("seen", type=row_number))
        number = paper.id
    return _made_at_once(number)


@blueprint.get("/breaches/<int:breach_id>/evidence/<int:affected_id>.json")
@access.needs(READ)
def download_package(breach_id: int, affected_id: int) -> Page:
    """Hand out the facts for one controller's own notification, in the structure of the EDPB's template, and record that it was."""
    session = edge.session()
    breach = queries.breach(session, edge.scope(READ), breach_id)
    row = queries.affected_row(session, breach, affected_id)
    try:
        as_of = _as_of(breach)
    except Invalid:
        return _evidence(breach)
    case = case_file(session, breach, as_of)
    found = customer_files(session, case, [row])
    if not found:
        raise NotFound("This customer was not named as affected by then; choose a later time.")
    made = package.package(case, found[0], own(breach).name, demonstration=not edge.settings().smtp_url)
    content, name = package.text(made), package.file_name(case, found[0])
    if request.method != "HEAD":
        with edge.transaction() as unit:
            documenting.note_package_download(unit, breach, row, as_of)
    return downloads.attachment(content, name, "application/json")


@blueprint.get("/breaches/<int:breach_id>/evidence/facts.zip")
@access.needs(READ)
def download_packages(breach_id: int) -> Page:
    """Hand out the facts for each controller's own notification in one archive, as it is made, and record that it was."""
    breach = queries.breach(edge.session(), edge.scope(READ), breach_id)
    try:
        as_of = _as_of(breach)
    except Invalid:
        return _evidence(breach)
    count, processor, name = reading.named(edge.session(), breach_id, as_of), own(breach).name, f"{breach.reference}-edpb.zip"
    if not count:
        raise NotFound("Nobody was named as affected by then; choose a later time.")
    if request.method == "HEAD":
        return downloads.attachment(b"", name, "application/zip")
    with edge.transaction() as unit:
        documenting.note_packages_download(unit, queries.breach(unit.session, edge.scope(READ), breach_id), count, as_of)
    made = packages.archive(edge.session(), breach_id, as_of, processor, demonstration=not edge.settings().smtp_url)
    return downloads.attachment(stream_with_context(made), name, "application/zip")


@blueprint.get("/breaches/register")
@access.needs(READ)
def register() -> Page:
    """Show the incident register over a period, as of an instant; or the list of exercises."""
    return _register_page(_whose())


def _register_page(organisation: identity.OrganisationRef) -> Page:
    """Return the page of the register; where its address asks for what cannot be meant, with the sentence beside the field."""
    zone, whole = organisation.zone, {"list": request.args.get("list", "")}
    asked, problems = _asked(lambda: asking.period(request.args, zone, edge.now()), lambda: asking.period(whole, zone, edge.now()))
    given = _given(*(WHICH if problems.lines else (*WHICH, *NARROWED)))
    found = lines(edge.session(), organisation.id, asked)
    person = identity.signed_in()
    view = pages.register(found, page=max(request.args.get("page", 1, type=row_number), 1))
    reports = pages.reports(edge.session(), [row.line.id for row in view.rows]) if asked.exercises else {}
    return render_template(
        "breaches/register.html", view=view, asked=asked, organisation=organisation, given=given, choices=_readable(), problems=problems,
        may_issue=person.may(ISSUE, organisation.id), papers=pages.registers(edge.session(), organisation.id), reports=reports,
    ), 422 if problems.lines else 200  # fmt: skip


@blueprint.get("/breaches/register.csv")
@access.needs(READ)
def register_csv() -> Page:
    """Hand out the register as CSV, narrowed as the page is, and record that it was."""
    return _file("CSV", "text/csv", lambda _organisation, _asked, found: tables.as_csv(found))


@blueprint.get("/breaches/register.xlsx")
@access.needs(READ)
def register_xlsx() -> Page:
    """Hand out the register as a workbook, narrowed as the page is, and record that it was."""
    return _file("XLSX", XLSX, lambda organisation, asked, found: tables.as_xlsx(found, asked, organisation.name, organisation.zone))


@blueprint.post("/breaches/register")
@access.needs(ISSUE)
def order_register() -> Page:
    """Order the register as a sealed document, narrowed as the page is, and have it made at once."""
    try:
        organisation, asked = _register(ISSUE)
    except Invalid:
        return _register_page(_whose(ISSUE))
    with edge.transaction() as unit:
        paper = documenting.order_register(unit, unit.session.get_one(Organisation, organisation.id), asked)
        ordering.once(unit, [paper], request.form.get("seen", type=row_number))
        number = paper.id
    return _made_at_once(number)


def _made_at_once(number: int) -> Response:
    issuing.issue_now(edge.tick(), number)  # Should it fail, the worker makes it; the document's page says so.
    return redirect(registry.path_of("document", str(number)) or "/documents", 303)


def _as_of(breach: Breach) -> datetime:
    return asking.as_of(request.values.get("as_of", ""), breach.zone, edge.now())


def _readable(permission: str = READ) -> list[identity.OrganisationRef]:
    person = identity.signed_in()
    return [one for one in person.organisations if person.may(permission, one.id)]


def _register(permission: str = READ) -> tuple[identity.OrganisationRef, Asked]:
    """Return whose register is asked for, and what it is narrowed to."""
    organisation = _whose(permission)
    return organisation, asking.period(request.args, organisation.zone, edge.now())


def _asked(read: Callable[[], T], instead: Callable[[], T]) -> tuple[T, Problems]:
    """Return what the address asks for; where it cannot be meant, what is shown instead and why, so that the page stays and can be put right."""
    try:
        return read(), Problems()
    except Invalid as problem:
        return instead(), Problems(problem.fields, {name: request.values.get(name, "") for name in NARROWED})


def _whose(permission: str = READ) -> identity.OrganisationRef:
    """Return whose register is asked for: the chosen organisation's or the first one's."""
    chosen = edge.chosen_organisation()
    allowed = [one for one in _readable(permission) if chosen is None or one.id == chosen.id]
    if not allowed:
        raise NotFound("There is no such organisation, or its register is not yours to see.")
    return allowed[0]


def _given(*names: str) -> dict[str, str]:
    """Return what narrows the page, to hand it on to every export."""
    return {name: request.args[name] for name in names if request.args.get(name)}


def _file(form: str, mimetype: str, made: Callable[[identity.OrganisationRef, Asked, Sequence[Line]], bytes]) -> Page:
    """Hand out the register as a file; what cannot be meant is answered with the page, where it can be put right."""
    try:
        organisation, asked = _register()
    except Invalid:
        return _register_page(_whose())
    found = lines(edge.session(), organisation.id, asked)
    content = made(organisation, asked, found)
    if request.method != "HEAD":
        with edge.transaction() as unit:
            documenting.note_register_download(unit, organisation.id, asked, form, len(found))
    kind = "exercises" if asked.exercises else "incidents"
    return downloads.attachment(content, f"{organisation.slug}-{kind}-{asked.first}-{asked.last}.{form.lower()}", mimetype)
