"""Makes worker processes quickly, so that a test can kill many: everything is loaded once, then each worker is a fork.

Reads lines from standard input: `spawn` starts a worker and answers with its process number; end of input ends everything.
Arguments: database address, instance folder, address of the mail server.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta

import dpa.slices  # noqa: F401  installs the trail
from dpa import logs
from dpa.alerts import jobs, rules
from dpa.alerts.worker import Worker
from dpa.clock import SystemClock
from dpa.config import Settings
from dpa.database import make_engine
from dpa.slice import Job

SHORT = (timedelta(seconds=0.2), timedelta(seconds=0.5))


def work(settings: Settings) -> None:
    """Be a worker until killed: the product's own, with shorter waits."""
    rules.RETRY_AFTER = SHORT
    rules.RECONNECT_AFTER = SHORT[0]
    engine = make_engine(settings.database)
    Worker(settings, engine, [Job("alerts:dispatch", 0.1, jobs.dispatch), Job("alerts:sweep", 0.5, jobs.sweep)], SystemClock()).run()


def say(word: str) -> None:
    """Answer the test."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Fork workers on demand."""
    url, folder, smtp_url = sys.argv[1:]
    settings = Settings(instance=folder, database_url=url, smtp_url=smtp_url, log_level="error")
    logs.configure(settings)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # The system buries the killed ones; nobody waits for them.
    say("ready")
    children = []
    for _line in sys.stdin:
        number = os.fork()
        if number == 0:
            work(settings)
            os._exit(0)
        children.append(number)
        say(str(number))
    for number in children:
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
