"""`dpa trail`: verify that the log of acts has not been rewritten, sign checkpoints of it, and prove its events to others."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, OperationalError

from dpa.cli import trail_proofs
from dpa.clock import SystemClock
from dpa.config import Settings, load_settings
from dpa.evidence import checking
from dpa.evidence.trail.findings import Finding, Verification
from dpa.evidence.trail.notes import NoteError, VerifierKey
from dpa.evidence.trail.reading import read_only_engine
from dpa.evidence.trail.signed import LOG, handed_in
from dpa.evidence.trail.verify import verify_database
from dpa.evidence.trail.verify_checkpoints import Against, beside_the_key
from dpa.problems import Invalid, Misconfigured

TAMPERED, SAYS_NOTHING = 1, 2


@click.group()
def trail() -> None:
    """The tamper-evident log of every act."""


for _command in trail_proofs.COMMANDS:
    trail.add_command(_command)


@trail.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--columns/--no-columns", default=True, show_default=True, help="Compare the copies beside each event's text too.")
@click.option("--against", "notes", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="A signed checkpoint that was kept elsewhere, or a log of them; may be given several times.")
@click.option("--vkey", "vkeys", multiple=True, metavar="KEY",
              help="A public key you trust for what you hand in, as it stands in the mail to witnesses; may be given several times.")
@click.option("--log/--no-log", default=True, show_default=True,
              help="Compare with checkpoints.log beside the key; leave it out for an older copy of the database.")
@click.option("--record", is_flag=True, help="Keep the result in the database and record it as an event of the trail.")
def verify(as_json: bool, columns: bool, notes: tuple[Path, ...], vkeys: tuple[str, ...], log: bool, record: bool) -> None:
    """Compute the whole trail anew and compare it with what is stored and with every checkpoint that was signed.

    Only reads, so it also works on a read-only copy named in DATABASE_URL. Exits 0 when the trail is whole, 1 when it
    was tampered with (each finding names the event and what is wrong), 2 for wrong use and when a file given with
    --against says nothing about this trail, because no key of it signed it.
    """
    settings = load_settings()
    begun_at = SystemClock().now()
    found = tuple(one for path in notes for one in handed_in(path))
    against = beside_the_key(settings, found, log=log, vouched=tuple(map(_key, vkeys)))
    engine = read_only_engine(settings.database)
    try:
        result = _verify(engine, columns, against)
        if log:
            result = checking.signable(result, engine, settings)
    finally:
        engine.dispose()
    click.echo(json.dumps(result.to_json(), indent=2, ensure_ascii=False) if as_json else result.text())
    if not result.ok and not as_json and against.log is not None and LOG in result.text():
        click.echo(f"{LOG} is {against.log}")
    for one in result.set_aside:
        click.echo(one.text(), err=True)
    if record:
        _record(settings, result, begun_at)
    if not result.ok:
        sys.exit(TAMPERED)
    if result.set_aside:
        sys.exit(SAYS_NOTHING)


def _key(text: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text.strip())
    except NoteError as error:
        raise Invalid(f"--vkey {text} is no public key ({error}); it stands in the mail to witnesses, name+id+base64.") from None


def _verify(engine: Engine, columns: bool, against: Against) -> Verification:
    try:
        return verify_database(engine, columns=columns, against=against)
    except OperationalError as error:
        if engine.dialect.name != "sqlite":
            raise Misconfigured("The database cannot be reached; check DATABASE_URL and that the server runs.") from error
        raise Misconfigured(f"The database cannot be read: {error.orig}.") from error
    except DatabaseError as error:
        # The file itself is damaged, so no row can be named; that is a finding, not a wrong call.
        finding = Finding(None, None, f"the database itself is damaged: {error.orig}")
        return Verification(0, "", columns, 0, (finding,), 1)


def _record(settings: Settings, result: Verification, begun_at: datetime) -> None:
    from dpa.evidence import operations

    try:
        with trail_proofs.opened(settings) as desk, desk.begin(begun_at) as act:
            operations.keep_verification(act, result, begun_at)
    except DatabaseError as error:
        if result.ok:
            raise
        # What was found may be why; it is printed already, and its exit code must stand.
        click.echo(f"The result could not be recorded: {error.orig}.", err=True)
