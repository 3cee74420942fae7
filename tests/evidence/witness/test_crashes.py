"""Processes that die while they sign, and many that sign at once: no checkpoint is lost, none contradicts another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from dpa.evidence.trail import checkpoints
from dpa.evidence.trail.checkpoint_log import Entry
from dpa.evidence.trail.models import TrailCheckpoint
from dpa.evidence.trail.verify import verify_database
from dpa.evidence.trail.verify_checkpoints import beside_the_key
from tests.evidence.ground import Ground
from tests.evidence.witness.signing import take
from tests.evidence.writers import CROWD
from tests.support.databases import Database

ROOT = Path(__file__).resolve().parents[3]


def run(mode: str, database: Database, number: int) -> None:
    database.engine.dispose()
    done = subprocess.run(
        [sys.executable, "-m", "tests.evidence.witness.takers", mode, database.url, str(database.folder), str(number)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )
    errors = [file.read_text() for file in database.folder.glob("error-*")]
    assert (done.returncode, errors) == (0, []), done.stderr


def sizes(ground: Ground) -> tuple[list[int], list[int]]:
    """Sizes in the table and, in order, in the log."""
    log = checkpoints.signer_for(ground.settings).log
    with Session(ground.engine) as session:
        rows = [row.size for row in session.query(TrailCheckpoint).order_by(TrailCheckpoint.size)]
    return rows, [entry.checkpoint.size for entry in log.entries() if isinstance(entry, Entry)]


def all_is_well(ground: Ground, acts: int) -> list[int]:
    """Whatever was lost is put back by the next checkpoint, and everything agrees."""
    before = verify_database(ground.engine, against=beside_the_key(ground.settings))
    assert before.ok, before.text()
    assert take(ground).size == before.size >= acts
    rows, logged = sizes(ground)
    assert logged == sorted(logged), "each continues the one before it"
    assert rows == sorted(set(logged))
    after = verify_database(ground.engine, against=beside_the_key(ground.settings))
    assert (after.ok, after.checkpoints) == (True, len(rows)), after.text()
    return rows


@pytest.mark.faults
def test_killed_at_any_moment(ground: Ground, database: Database) -> None:
    run("crash", database, 10)
    all_is_well(ground, len((database.folder / "acknowledged").read_bytes()))


@pytest.mark.faults
def test_killed_between_the_log_and_the_commit(ground: Ground, database: Database) -> None:
    run("between", database, 4)
    rows, logged = sizes(ground)
    assert (rows, logged) == ([], [1, 2, 3, 4])
    assert all_is_well(ground, 4) == [1, 2, 3, 4]


@pytest.mark.faults
def test_eight_processes_sign_at_once(ground: Ground, database: Database) -> None:
    run("crowd", database, 6)
    assert len(all_is_well(ground, CROWD * 6)) > 6
