"""A worker with every job of the product, on a clock of its own: `python -m tests.faults.release_nursery URL INSTANCE SMTP OFFSET_SECONDS`.

The clock is the machine's, moved by the offset, so that a test can let hours pass between the death of one worker and the start of the
next. Waits between tries and between runs are short; everything else is what `dpa worker` runs.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dpa import logs
from dpa.alerts import rules
from dpa.alerts.worker import Worker
from dpa.clock import SystemClock
from dpa.config import Settings
from dpa.database import make_engine
from dpa.slices import SLICES

SHORT = (timedelta(seconds=0.3), timedelta(seconds=0.6))
QUICK = {"alerts:dispatch": 0.3, "evidence:issue": 0.3, "alerts:sweep": 1.0}
"""Jobs the test waits for; the others keep their pace."""


class MovedClock(SystemClock):
    """The machine's clock, moved by so much."""

    def __init__(self, offset: timedelta) -> None:
        self.offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


def main(url: str, folder: str, smtp_url: str, seconds: str) -> None:
    settings = Settings(instance=folder, database_url=url, smtp_url=smtp_url, log_level="error")
    logs.configure(settings)
    rules.RETRY_AFTER, rules.RECONNECT_AFTER = SHORT, SHORT[0]
    jobs = [replace(job, every_seconds=QUICK.get(job.name, job.every_seconds)) for part in SLICES for job in part.jobs]
    Worker(settings, make_engine(url), jobs, MovedClock(timedelta(seconds=float(seconds)))).run()


if __name__ == "__main__":
    main(*sys.argv[1:5])
