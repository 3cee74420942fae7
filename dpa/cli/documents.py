"""`dpa documents`: read the stored files of issued documents, and list again what the register lost."""

from __future__ import annotations

import sys

import click

from dpa.clock import SystemClock
from dpa.config import load_settings

FAULTY = 1


@click.group()
def documents() -> None:
    """The register of issued documents and its stored files."""


@documents.command()
def check() -> None:
    """Read every stored file and compare it with its digest; list documents whose files lie in the store but in no row of the register.

    Exits 0 when all files are whole, 1 when one is missing or altered: restore it from a backup of the folder of documents. What is found
    is recorded in the trail. The worker does the same once a day.
    """
    from dpa.cli.trail_proofs import opened
    from dpa.evidence.register import keeping

    with opened(load_settings()) as desk:
        result = keeping.check_all(desk.session, desk.settings, SystemClock().now(), lambda _: desk.begin(SystemClock().now()))
    click.echo(f"{result.files} stored files read, {len(result.faults)} of them missing or altered.")
    for number, what, fault in result.faults:
        click.echo(f"{number}: {what} is {fault}; restore it from a backup of the folder of documents.")
    for line in result.found.lines():
        click.echo(line)
    if result.faults:
        sys.exit(FAULTY)
