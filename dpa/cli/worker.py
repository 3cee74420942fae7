"""`dpa worker`: the process that raises alerts, sends mail and repeats every other background job."""

from __future__ import annotations

import sys

import click

from dpa import logs
from dpa.clock import SystemClock
from dpa.config import load_settings
from dpa.database import make_engine


@click.command()
@click.option("--once", is_flag=True, help="Run every job once and exit: 0 when all went well, 1 when one failed.")
def worker(once: bool) -> None:
    """Raise alerts, send mail and repeat every other background job.

    Any number of workers may run. Stop one with SIGTERM: it finishes what it is doing. Exit code 75 asks the supervisor to
    start it again.
    """
    from dpa.alerts.worker import Worker
    from dpa.slices import SLICES

    settings = load_settings()
    logs.configure(settings)
    engine = make_engine(settings.database)
    try:
        process = Worker(settings, engine, [job for part in SLICES for job in part.jobs], SystemClock())
        process.check()
        if once:
            failed = process.once()
            if failed:
                click.echo(f"dpa: {failed} of {len(process.jobs)} jobs failed; the log above names them.", err=True)
                sys.exit(1)
            return
        process.run()
    finally:
        engine.dispose()
