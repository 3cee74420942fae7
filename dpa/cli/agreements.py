"""`dpa agreements`: standard terms out of and into the database as canonical text, and gaps against Art. 28(3) GDPR."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.clock import SystemClock
from dpa.config import load_settings
from dpa.database import make_engine
from dpa.problems import Invalid, Misconfigured, NotFound
from dpa.web.identity import Scope

FOUND = 1
DAY = click.DateTime(formats=["%Y-%m-%d"])
ORGANISATION = click.option("--organisation", metavar="SLUG", help="Short name of the organisation; needed where several could be meant.")


@click.group()
def agreements() -> None:
    """Terms of agreements: export, import, and gaps against Art. 28(3) GDPR."""


@agreements.command()
@click.argument("slug", required=False)
@click.option("--agreement", "reference", metavar="REF", help="Write the deviation sheet of this agreement instead.")
@ORGANISATION
@click.option("--on", type=DAY, help="The version in force on this day; today by default.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of standard output.")
def export(slug: str | None, reference: str | None, organisation: str | None, on: datetime | None, output: Path | None) -> None:
    """Write the standard terms SLUG, or an agreement's deviation sheet, as canonical text.

    Importing the text and exporting again gives the same bytes. Decisions on contradictions are not part of it.
    """
    if (slug is None) == (reference is None):
        raise Invalid("Name standard terms, or an agreement with --agreement REF; one of the two.")
    with _session() as session:
        scope = _scope(session, organisation)
        text = _terms_text(session, scope, slug, on) if slug is not None else _sheet_text(session, scope, reference or "", on)
    if output is None:
        # Bytes, so that the locale of the terminal cannot change them.
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    try:
        output.write_bytes(text.encode())
    except OSError as error:
        raise Invalid(f"{output} cannot be written ({error.strerror}); choose another file.", field="output") from error


@agreements.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--organisation", metavar="SLUG", required=True, help="Short name of the organisation whose terms these are.")
@click.option("--valid-from", type=DAY, help="First day these terms are in force; today by default.")
@click.option("--note", default="Imported by command.", help="Why the version was made.")
def import_terms(file: IO[bytes], organisation: str, valid_from: datetime | None, note: str) -> None:
    """Add the standard terms in FILE, or amend those of the same short name.

    Terms equal to the latest version change nothing and exit 0. Clocks that run keep the terms they started under.
    """
    from dpa.agreements import operations, queries, uploads
    from dpa.agreements.terms import dump_terms, read_terms
    from dpa.people import queries as people

    document = read_terms(uploads.as_text(file.read(), field="file", what="terms as JSON"))
    settings, now = load_settings(), SystemClock().now()
    with _session() as session, units.transaction(session, actor="system:cli", now=now, settings=settings, auth="cli") as unit:
        place = people.organisation_by_slug(session, organisation)
        begin = valid_from.date() if valid_from else now.astimezone(ZoneInfo(place.zone)).date()
        try:
            template = queries.template_by_slug(session, Scope(frozenset({place.id})), document.slug)
        except NotFound:
            operations.add_template(unit, place.id, document, begin, note)
            said = f"Added the standard terms {document.slug}, in force from {begin}."
        else:
            if template.versions[-1].terms == dump_terms(document):
                said = f"The standard terms {document.slug} are the same already; nothing was done."
            else:
                number = operations.amend_template(unit, template, document, begin, note).number
                said = f"Amended the standard terms {document.slug}: version {number}, in force from {begin}."
    click.echo(said)


@agreements.command()
@ORGANISATION
@click.option("--agreement", "reference", metavar="REF", help="Only this agreement, even if it has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def gaps(organisation: str | None, reference: str | None, as_json: bool) -> None:
    """List, for each agreement that runs, the points of Art. 28(3) GDPR that are not covered.

    A point is missing, in a document that is not held (external), or weak. Exits 0 when nothing is missing, 1 when a point
    is missing somewhere, 2 for wrong use.
    """
    with _session() as session:
        found = list(_gap_lines(session, _scope(session, organisation), reference))
    if as_json:
        click.echo(json.dumps([line.to_json() for line in found], indent=2, ensure_ascii=False))
    else:
        for line in found:
            click.echo(line.text())
        missing = sum(line.missing > 0 for line in found)
        click.echo(f"{len(found):,} agreements, {missing:,} with missing points.")
    if any(line.missing for line in found):
        sys.exit(FOUND)


@dataclass(frozen=True, slots=True)
class _GapLine:
    """One agreement with its list."""

    organisation: str
    reference: str
    customer: str
    template: str
    points: tuple[Any, ...]

    @property
    def missing(self) -> int:
        """How many points nobody agreed on anywhere."""
        return sum(point.status.value == "missing" for point in self.points)

    def to_json(self) -> dict[str, Any]:
        """Return the agreement as JSON shows it; covered points included."""
        points = [
            {"id": point.id, "article": point.article, "title": point.title, "status": point.status.value, "clause": point.clause,
             "sentence": point.sentence}
            for point in self.points
        ]
        return {"organisation": self.organisation, "agreement": self.reference, "customer": self.customer, "template": self.template,
                "missing": self.missing, "points": points}

    def text(self) -> str:
        """Return the agreement and its open points as lines."""
        head = f"{self.reference} {self.customer} ({self.organisation}, {self.template})"
        rows = [f"  {point.status.value:<8}  {point.article}, {point.title}: {point.sentence}" for point in self.points
                if point.status.value != "covered"]
        return "\n".join((head, *(rows or ["  nothing open"])))


def _gap_lines(session: Session, scope: Scope, reference: str | None) -> Iterator[_GapLine]:
    from dpa.agreements import queries
    from dpa.agreements.book import open_book
    from dpa.agreements.queries import Narrowing

    book = open_book(session, scope.organisation_ids, SystemClock().now()).filled(session)
    wanted = queries.by_reference(session, scope, reference).id if reference is not None else None
    today = {key: house.today for key, house in book.houses.items()}
    for row, _ in queries.stream(session, scope, Narrowing(running=True if wanted is None else None, today=today)):
        if wanted is None or row.id == wanted:
            points = book.answers(row.id, row.template_id).gaps
            head = book.templates[row.template_id]
            yield _GapLine(book.houses[row.organisation_id].slug, row.reference, row.controller, head.slug, points)


def _terms_text(session: Session, scope: Scope, slug: str, on: datetime | None) -> str:
    from dpa.agreements import queries
    from dpa.agreements.stacks import in_force

    row = queries.template_by_slug(session, scope, slug)
    return in_force(row.versions, _day(session, row.organisation_id, on)).terms


def _sheet_text(session: Session, scope: Scope, reference: str, on: datetime | None) -> str:
    from dpa.agreements import queries
    from dpa.agreements.stacks import in_force
    from dpa.agreements.terms import DeviationSheet, dump_sheet

    row = queries.by_reference(session, scope, reference)
    version = in_force(row.versions, _day(session, row.organisation_id, on))
    return version.deviations or dump_sheet(DeviationSheet(template=row.template.slug))


def _day(session: Session, organisation_id: int, on: datetime | None) -> date:
    from dpa.agreements import queries

    if on is not None:
        return on.date()
    zone = queries.organisation(session, organisation_id).zone
    return SystemClock().now().astimezone(ZoneInfo(zone)).date()


def _scope(session: Session, slug: str | None) -> Scope:
    """Return the organisation named, or all: the operator of the installation sees every one."""
    from dpa.people import queries as people
    from dpa.people.models import Organisation

    if slug is not None:
        return Scope(frozenset({people.organisation_by_slug(session, slug).id}))
    return Scope(frozenset(session.scalars(select(Organisation.id))))


@contextmanager
def _session() -> Iterator[Session]:
    import dpa.slices  # noqa: F401  loads every table and installs the trail

    engine = make_engine(load_settings().database)
    try:
        with Session(engine) as session:
            yield session
    except (OperationalError, ProgrammingError) as error:
        raise Misconfigured("The database is missing, busy or of another version; run: dpa migrate") from error
    finally:
        engine.dispose()
