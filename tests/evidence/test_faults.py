"""Writers that are killed leave no gap, no half act, and lose nothing they acknowledged; many writers do not disturb each other."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from tests.evidence.writers import CROWD, PER_ACT
from tests.support.databases import Database

ROOT = Path(__file__).resolve().parents[2]
KILLS = 15
ACTS = 12


def run(mode: str, database: Database, number: int) -> tuple[int, str]:
    database.engine.dispose()
    done = subprocess.run(
        [sys.executable, "-m", "tests.evidence.writers", mode, database.url, str(database.folder), str(number)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )
    errors = [file.read_text() for file in database.folder.glob("error-*")]
    return done.returncode, "\n".join([done.stderr, *errors])


def events_by_act(database: Database) -> Counter[str]:
    with database.engine.connect() as connection:
        return Counter(connection.execute(select(TrailEvent.request_id)).scalars())


@pytest.mark.faults
def test_killed_writers_lose_nothing(database: Database) -> None:
    status, words = run("crash", database, KILLS)
    assert status == 0, words
    assert "error-" not in words
    acknowledged = set((database.folder / "acknowledged").read_text().split())
    found = events_by_act(database)
    assert len(acknowledged) > KILLS // 2, "the writers must have got something done"
    assert acknowledged <= found.keys(), "an acknowledged act is missing"
    assert set(found.values()) == {PER_ACT}, "an act was written by half"
    result = verify_database(database.engine)
    assert result.ok, result.text()
    assert result.size == sum(found.values())


@pytest.mark.faults
def test_eight_writers_at_once(database: Database) -> None:
    status, words = run("crowd", database, ACTS)
    assert status == 0, words
    result = verify_database(database.engine)
    assert result.ok, result.text()
    assert result.size == CROWD * ACTS * PER_ACT
    assert len(events_by_act(database)) == CROWD * ACTS
