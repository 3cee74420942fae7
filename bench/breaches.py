"""Breaches at full size: one incident over 10,000 agreements, its notices leaving by mail, and the pages on all that.

`make bench BENCH=breaches`. Each part prints figures with the goals of the house and the run ends with exit code 1 when one was missed. Ratios
are taken against a bare counterpart in the same run, in turns, so that they mean something on a busy machine; seconds need an idle one.

Beside SQLite the incident is lived through on PostgreSQL where BENCH_POSTGRES_URL names an empty database. BENCH_NOTICES says how many documents
are made and mailed (each takes a twentieth of a second to seal, so 10,000 of them take minutes); the queue holds all 10,000 in any case.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import _breach_delivery as delivering
from bench import _breach_pages as paging
from bench._breach_house import CUSTOMERS, Bench, database
from bench._goals import Goals
from dpa.config import Settings

SECONDS, MEMORY, SHARE = 20.0, 400.0, 0.7
"""Goals of the incident (seconds, MiB) and of delivery (share of the bare loop's rate)."""
TIMES_BARE, P95 = 2.0, 100.0
"""Goals of a page: its median against the bare list's, and its 95th percentile in milliseconds."""
LISTS, BOARD = 8, 15
"""Goals of a page: statements of a list, and of the board or a case."""
NOTICES = 600


def live(goals: Goals, name: str, settings: Settings) -> None:
    """Fill a database, live through the incident in a process of its own, and print what it took."""
    bench = Bench(settings)
    bench.found()
    bench.engine.dispose()
    command = [sys.executable, "-m", "bench._breach_incident", str(settings.instance), settings.database]
    took = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    seconds = took["named"] + took["released"]
    print(f"{name}: {CUSTOMERS:,} agreements named {took['named']:.1f} s, notice released with documents ordered and mails stored {took['released']:.1f} s")
    print(f"  together {seconds:.1f} s, {goals.most(f'incident on {name}', seconds, SECONDS, ' s')}")
    print(f"  peak of memory {took['peak']:.0f} MiB (idle {took['idle']:.0f}), {goals.most(f'memory on {name}', took['peak'], MEMORY, ' MiB')}", flush=True)


def deliver(goals: Goals, settings: Settings) -> None:
    """Have documents made and mailed, and print the rates."""
    with delivering.mail_server() as port:
        bench = Bench(settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}"}))
        made, seconds = delivering.make_documents(bench, int(os.environ.get("BENCH_NOTICES", NOTICES)))
        print(f"{made:,} documents made and sealed by one worker: {made / seconds * 60:,.0f} a minute")
        found = delivering.deliver(bench, port, made)
        bench.engine.dispose()
    print(f"{found.mails:,} notices of {found.size / found.mails / 1000:,.0f} kB left, {found.mails / found.seconds:,.1f} a second, each recorded and its clock met")
    print(f"  a bare smtplib loop with the same bytes to the same server: {found.mails / found.bare_seconds:,.1f} a second")
    print(f"  processor time of the worker for each {found.processor / found.mails * 1000:.1f} ms; 10,000 would take {10_000 * found.seconds / found.mails / 60:,.1f} minutes")
    print(f"  ratio {found.ratio:.2f}, {goals.least('delivery against the bare loop', found.ratio, SHARE)}", flush=True)


def show(goals: Goals, settings: Settings) -> None:
    """Fill the rest, ask for each page, and print the times."""
    bench = Bench(settings)
    addresses = paging.fill(bench)
    figures = paging.measure(bench, addresses)
    bench.engine.dispose()
    bare = next(iter(figures.values())).median
    print(f"pages over the web server of `dpa serve`, {paging.CLIENTS} clients at once, {paging.EVENTS:,} trail events: median and p95 in ms")
    for name, one in figures.items():
        told = [goals.most(f"{name}, times bare", one.median / bare, TIMES_BARE), goals.most(f"{name}, p95", one.high, P95, " ms")] if name not in paging.FREE else []
        if name in paging.LISTS | paging.CASES:
            told.append(goals.most(f"{name}, statements", one.count, LISTS if name in paging.LISTS else BOARD))
        print(f"  {name:26} {one.median:7.1f} {one.high:7.1f}   {one.median / bare:5.2f} x bare   {one.count:2} statements   "
              f"{'; '.join(text for text in told if 'MISSED' in text) or ('no goal' if name in paging.FREE else 'all goals reached')}")


def main() -> None:
    goals = Goals()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = database(folder / "sqlite")
        live(goals, "SQLite", settings)
        shutil.copytree(folder / "sqlite", folder / "mailed")
        deliver(goals, Settings(instance=folder / "mailed"))
        shutil.rmtree(folder / "mailed")
        show(goals, settings)
        if url := os.environ.get("BENCH_POSTGRES_URL"):
            live(goals, "PostgreSQL", database(folder / "postgres", url))
    goals.settle()


if __name__ == "__main__":
    main()
