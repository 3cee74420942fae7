"""`dpa trail`: verify that the log of acts has not been rewritten."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import click
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, OperationalError

from dpa.clock import SystemClock
from dpa.config import Settings, load_settings
from dpa.evidence.trail.findings import Finding, Verification
from dpa.evidence.trail.reading import read_only_engine
from dpa.evidence.trail.verify import verify_database
from dpa.problems import Misconfigured

TAMPERED = 1


@click.group()
def trail() -> None:
    """The tamper-evident log of every act."""


@trail.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--columns/--no-columns", default=True, show_default=True, help="Compare the copies beside each event's text too.")
@click.option("--record", is_flag=True, help="Keep the result in the database and record it as an event of the trail.")
def verify(as_json: bool, columns: bool, record: bool) -> None:
    """Compute the whole trail anew and compare it with what is stored.

    Only reads, so it also works on a read-only copy named in DATABASE_URL. Exits 0 when the trail is whole, 1 when it
    was tampered with (each finding names the event and what is wrong), 2 for wrong use.
    """
    settings = load_settings()
    begun_at = SystemClock().now()
    engine = read_only_engine(settings.database)
    try:
        result = _verify(engine, columns)
    finally:
        engine.dispose()
    click.echo(json.dumps(result.to_json(), indent=2, ensure_ascii=False) if as_json else result.text())
    if record:
        _record(settings, result, begun_at)
    if not result.ok:
        sys.exit(TAMPERED)


def _verify(engine: Engine, columns: bool) -> Verification:
    try:
        return verify_database(engine, columns=columns)
    except OperationalError as error:
        if engine.dialect.name != "sqlite":
            raise Misconfigured("The database cannot be reached; check DATABASE_URL and that the server runs.") from error
        raise Misconfigured(f"The database cannot be read: {error.orig}.") from error
    except DatabaseError as error:
        # The file itself is damaged, so no row can be named; that is a finding, not a wrong call.
        finding = Finding(None, None, f"the database itself is damaged: {error.orig}")
        return Verification(0, "", columns, 0, (finding,), 1)


def _record(settings: Settings, result: Verification, begun_at: datetime) -> None:
    from sqlalchemy.orm import Session

    import dpa.slices  # noqa: F401  installs the trail
    from dpa import database, unit
    from dpa.evidence import operations

    engine = database.make_engine(settings.database)
    with Session(engine) as session, unit.transaction(session, actor="system:cli", now=begun_at, settings=settings, auth="cli") as act:
        operations.keep_verification(act, result, begun_at)
    engine.dispose()
