"""`dpa verify`: tell whether a PDF is a document that this installation issued, unchanged."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from dpa.clock import SystemClock
from dpa.config import Settings, load_settings
from dpa.evidence.trail.reading import read_only_engine
from dpa.evidence.verification.checking import check_file
from dpa.evidence.verification.values import MOST_BYTES, Report, Verdict
from dpa.problems import Invalid, Misconfigured

OTHER_VERDICT = 1
_MARKS = {True: "yes", False: "NO ", None: "-  "}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(file: Path, as_json: bool) -> None:
    """Check a document against this installation's register of issued files.

    Prints the verdict and one line a check. Only reads, so it also works on a read-only copy of the database named in DATABASE_URL.
    Exits 0 for "issued and intact" only, 1 for every other verdict, 2 for wrong use.
    """
    data = _content(file)
    report = _report(data, load_settings())
    click.echo(json.dumps(report.to_json(), indent=2, ensure_ascii=False) if as_json else text(report))
    if report.verdict is not Verdict.ISSUED:
        sys.exit(OTHER_VERDICT)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}.") from None
    if len(data) > MOST_BYTES:
        raise Invalid(f"{file} is larger than {MOST_BYTES // 1_000_000} MB, which no document of ours is.")
    return data


def _report(data: bytes, settings: Settings) -> Report:
    engine = read_only_engine(settings.database)
    try:
        with Session(engine) as session:
            return check_file(session, data, settings, SystemClock().now())
    except DatabaseError as error:
        raise Misconfigured(
            f"The database holds no register of issued files that can be read: {error.orig}. This command asks the register of an installation: run it in its "
            "folder, or name the folder with DPA_INSTANCE or the database with DATABASE_URL. Without the installation, check the file on its page /verify."
        ) from error
    finally:
        engine.dispose()


def text(report: Report) -> str:
    """Return the report for people."""
    head = f"{report.verdict}{f': {report.reference}' if report.reference else ''}"
    width = max(len(check.name) for check in report.checks)
    lines = [f"  {_MARKS[check.passed]} {check.name:<{width}}  {check.sentence}" for check in report.checks]
    return "\n".join((head, report.summary, "", *lines))
