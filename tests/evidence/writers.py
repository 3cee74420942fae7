"""Writers that are killed, and writers that crowd: `python -m tests.evidence.writers crash|crowd URL FOLDER NUMBER`.

A process of its own, without threads, so that it can fork writers without loading the product again for each.
Every act records three events; once it is committed its request id is written to `acknowledged` in the folder.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  installs the trail
from dpa import unit
from dpa.config import Settings
from dpa.database import make_engine
from dpa.evidence import trail
from tests.evidence.ground import HAPPENED

PER_ACT = 3
CRASHING = 3
CROWD = 8
NOW = datetime(2026, 11, 22, 11, tzinfo=UTC)


def act(session: Session, settings: Settings, acknowledged: int) -> None:
    request_id = unit.new_request_id()
    with unit.transaction(session, actor="u:7", now=NOW, settings=settings, request_id=request_id) as running:
        for number in range(PER_ACT):
            trail.record(running, HAPPENED, subject=("thing", number), organisation_id=1, personal={"name": "A. Person"})
    os.write(acknowledged, request_id.encode() + b"\n")


def spawn(url: str, folder: Path, acts: int | None) -> int:
    """Fork a writer; it acts without end, or `acts` times and then exits 0, or 1 after any error."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        acknowledged = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        engine = make_engine(url)
        with Session(engine) as session:
            done = 0
            while acts is None or done < acts:
                act(session, Settings(instance=folder), acknowledged)
                done += 1
        status = 0
    except Exception as error:  # noqa: BLE001  whatever a person would have seen
        (folder / f"error-{os.getpid()}").write_text(f"{type(error).__name__}: {error}")
    finally:
        os._exit(status)


def wait_for_progress(folder: Path, seconds: float = 30) -> bool:
    """Wait until another act was acknowledged, so that a slow machine does not kill writers before they begin.

    Returns whether one was; not when a writer ended with an error or nothing happened for long.
    """
    file = folder / "acknowledged"
    before = file.stat().st_size if file.exists() else 0
    for _ in range(int(seconds / 0.005)):
        if file.exists() and file.stat().st_size > before:
            return True
        if any(folder.glob("error-*")):
            return False
        time.sleep(0.005)
    return False


def crash(url: str, folder: Path, kills: int) -> int:
    """Keep writers running and kill one after another in the middle of whatever it does."""
    chosen = random.Random(kills)
    running = [spawn(url, folder, None) for _ in range(CRASHING)]
    try:
        for _ in range(kills):
            if not wait_for_progress(folder):
                return 1
            time.sleep(chosen.uniform(0, 0.04))
            victim = running.pop(chosen.randrange(len(running)))
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            running.append(spawn(url, folder, None))
    finally:
        for child in running:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return 0


def crowd(url: str, folder: Path, acts: int) -> int:
    """Let eight writers append at the same time; 0 when none saw an error."""
    children = [spawn(url, folder, acts) for _ in range(CROWD)]
    return sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)


MODES: dict[str, Callable[[str, Path, int], int]] = {"crash": crash, "crowd": crowd}

if __name__ == "__main__":
    make_engine(sys.argv[2])  # Loads the driver once, before the writers are forked.
    sys.exit(MODES[sys.argv[1]](sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
