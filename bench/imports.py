"""Importing 10,000 rows as the pages do it: read and check, keep, preview, confirm; then the list and the matrix on them.

Prints seconds and rows per second on a SQLite file with its durable settings. Half of the customers are there already.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  loads every table and installs the trail
from dpa import unit as units
from dpa.agreements import operations as agreements
from dpa.agreements.imports import operations, reading
from dpa.agreements.models import ImportDraft
from dpa.agreements.pages import imports as pages
from dpa.agreements.pages import listing, matrix
from dpa.agreements.terms import shipped_contract
from dpa.columns import Base
from dpa.config import Settings
from dpa.database import make_engine
from dpa.evidence.trail.verify import verify_database
from dpa.people.models import Organisation
from dpa.people.operations import NewPerson, OrganisationFacts, add_organisation, invite
from dpa.people.roles import Role
from dpa.web.identity import Scope

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ROWS = 10_000
Result = TypeVar("Result")


def text(rows: int, first: int = 0) -> str:
    """Return a file with one agreement per customer, two contacts and two systems each."""
    lines = [
        f"C-{first + i},Customer {first + i:06},FR,fr,{'A' if first == 0 else 'B'}-{i},{slug},2026-01-01,,Reporting {i % 40};Mail relay,"
        f"dpo{i}@customer.example,security{i}@customer.example,"
        for i, slug in ((i, ("lemon-learning", "light-company")[i % 2]) for i in range(rows))
    ]
    return "\n".join((",".join(reading.COLUMNS), *lines))


def timed(what: str, act: Callable[[], Result], rows: int | None = None) -> Result:
    """Run something, print its seconds and rate, and return its result."""
    began = time.perf_counter()
    found = act()
    seconds = time.perf_counter() - began
    rate = f"  {rows / seconds:>9,.0f} rows/s" if rows else ""
    print(f"{what:<52}{seconds:>8.3f} s{rate}", flush=True)
    return found


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else ROWS
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(instance=Path(folder))
        engine = make_engine(settings.database)
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            Base.metadata.create_all(connection)
        with Session(engine) as session:
            _run(session, settings, rows)
        engine.dispose()


def _run(session: Session, settings: Settings, rows: int) -> None:
    with units.transaction(session, actor="system:bench", now=NOW, settings=settings) as unit:
        place = add_organisation(unit, OrganisationFacts("Bench", "Europe/Paris", "FR", "FR")).id
        for slug in ("lemon-learning", "light-company"):
            agreements.add_template(unit, place, shipped_contract(slug), date(2025, 1, 1))
        organisation = session.get_one(Organisation, place)
        person_id = invite(unit, organisation, NewPerson("bench@example.org", "Bench"), Role.DPO).person.id
    _whole(session, settings, place, person_id, text(rows), rows)
    print("-- again, half of the customers there already")
    total = _whole(session, settings, place, person_id, text(rows, rows // 2), rows)
    print(f"{'read, check, preview and confirm together':<52}{total:>8.3f} s  (goal: within 60 s)")
    scope = Scope(frozenset({place}))
    _pages(session, scope)
    verdict = timed("trail verified", lambda: verify_database(session.get_bind()))  # type: ignore[arg-type]
    print(f"trail whole: {verdict.ok}")


def _whole(session: Session, settings: Settings, place: int, person_id: int, content: str, rows: int) -> float:
    began = time.perf_counter()
    raw = timed(f"read {rows:,} rows", lambda: reading.read(content), rows)

    def keep() -> int:
        with units.transaction(session, actor="u:1", now=NOW, settings=settings) as unit:
            return operations.keep(unit, place, person_id, "bench.csv", raw).id

    draft_id = timed("check and keep", keep, rows)
    draft = session.get_one(ImportDraft, draft_id)
    timed("preview, first page", lambda: pages.preview(draft, show="", after=None))

    def confirm() -> None:
        with units.transaction(session, actor="u:1", now=NOW, settings=settings) as unit:
            assert operations.confirm(unit, session.get_one(ImportDraft, draft_id))

    timed("confirm, one transaction with one event", confirm, rows)
    return time.perf_counter() - began


def _pages(session: Session, scope: Scope) -> None:
    counted = 0

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal counted
        counted += not statement.startswith(("PRAGMA", "BEGIN"))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    for what, act in (
        ("list, first page", lambda: listing.listing(session, scope, listing.Asked(), after=None, now=NOW)),
        ("list, DPA not held", lambda: listing.listing(session, scope, listing.Asked(status="external"), after=None, now=NOW)),
        ("matrix, first page", lambda: matrix.matrix(session, scope, matrix.Asked(), after=None, now=NOW)),
        ("matrix, breach within 24 h by contract",
         lambda: matrix.matrix(session, scope, matrix.Asked(within="24", origin="contract"), after=None, now=NOW)),
        ("matrix as CSV, every agreement", lambda: sum(1 for _ in matrix.csv_lines(session, scope, matrix.Asked(), NOW))),
    ):
        session.rollback()
        before = counted
        timed(what, act)
        print(f"{'':<52}{counted - before:>8} statements")
    event.remove(session.get_bind(), "before_cursor_execute", note)


if __name__ == "__main__":
    main()
