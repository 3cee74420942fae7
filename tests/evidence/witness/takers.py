"""Processes that act and take checkpoints, and are killed: `python -m tests.evidence.witness.takers crash|between|crowd URL FOLDER NUMBER`.

Like the writers of the trail's tests; each act is followed by a checkpoint, as the issue of a document is.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from dpa import unit
from dpa.config import Settings
from dpa.database import make_engine
from dpa.evidence import trail
from dpa.evidence.trail import checkpoints
from tests.evidence.ground import HAPPENED
from tests.evidence.writers import CRASHING, CROWD, NOW, wait_for_progress


def act(session: Session, settings: Settings) -> None:
    with unit.transaction(session, actor="u:7", now=NOW, settings=settings) as running:
        trail.record(running, HAPPENED, subject=("thing", 1), organisation_id=1)


def take(session: Session, settings: Settings, die: bool = False) -> None:
    signer = checkpoints.signer_for(settings)
    with unit.transaction(session, actor="system:test", now=NOW, settings=settings) as running:
        checkpoints.take(running, signer, "document")
        if die:
            os.kill(os.getpid(), signal.SIGKILL)


def spawn(url: str, folder: Path, rounds: int | None, die: bool = False) -> int:
    """Fork a process that acts and takes checkpoints; it leaves a file in the folder when anything goes wrong."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        acknowledged = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        engine = make_engine(url)
        settings = Settings(instance=folder)
        with Session(engine) as session:
            done = 0
            while rounds is None or done < rounds:
                act(session, settings)
                take(session, settings, die)
                os.write(acknowledged, b".")
                done += 1
        status = 0
    except Exception as error:  # noqa: BLE001  whatever a person would have seen
        (folder / f"error-{os.getpid()}").write_text(f"{type(error).__name__}: {error}")
    finally:
        os._exit(status)


def crash(url: str, folder: Path, kills: int) -> int:
    """Kill one after another in the middle of whatever it does."""
    chosen = random.Random(kills)
    running = [spawn(url, folder, None) for _ in range(CRASHING)]
    try:
        for _ in range(kills):
            if not wait_for_progress(folder):
                return 1
            time.sleep(chosen.uniform(0, 0.03))
            victim = running.pop(chosen.randrange(len(running)))
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            running.append(spawn(url, folder, None))
    finally:
        for child in running:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return 0


def between(url: str, folder: Path, kills: int) -> int:
    """Let each die after the log was written and before its commit."""
    ends = [os.waitpid(spawn(url, folder, 1, die=True), 0)[1] for _ in range(kills)]
    return sum(os.waitstatus_to_exitcode(end) != -signal.SIGKILL for end in ends)


def crowd(url: str, folder: Path, rounds: int) -> int:
    """Let eight act and take checkpoints at the same time; 0 when none saw an error."""
    children = [spawn(url, folder, rounds) for _ in range(CROWD)]
    return sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in children)


MODES: dict[str, Callable[[str, Path, int], int]] = {"crash": crash, "between": between, "crowd": crowd}

if __name__ == "__main__":
    make_engine(sys.argv[2])  # Loads the driver once, before anything is forked.
    sys.exit(MODES[sys.argv[1]](sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
