"""Trail: how fast acts are recorded, and how fast the whole trail is verified and proved.

`python -m bench.trail [EVENTS]` uses a database of its own in a temporary folder (100,000 events unless said).
Prints figures; there is no pass or fail.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

import dpa.evidence.slice
from bench._memory import peak
from dpa import database, unit
from dpa.columns import Base
from dpa.config import Settings
from dpa.evidence import trail
from dpa.evidence.trail import models, nodes, registry, tree, verify

EVENT = "bench:thing:happened"
START = datetime(2026, 1, 1, tzinfo=UTC)
LATER = START + timedelta(days=1)
TRAIL = [models.table(m) for m in (models.TrailEvent, models.TrailPayload, models.TrailNode, models.TrailHead,
                                   models.TrailKey, models.TrailCheckpoint, models.TrailAnchor)]


def make(folder: Path) -> Engine:
    registry.install([dpa.evidence.slice.SLICE])
    trail.register_events({EVENT: "Something happened"})
    engine = database.make_engine(f"sqlite:///{folder / 'trail.sqlite3'}")
    with engine.connect().execution_options(write=True) as connection:
        Base.metadata.create_all(connection, tables=TRAIL)
        connection.commit()
    return engine


def append(engine: Engine, settings: Settings, units: int, per_unit: int, start: datetime = START) -> float:
    """Append units * per_unit events and return events per second; one in ten carries a personal part."""
    begun = time.perf_counter()
    with Session(engine) as session:
        for number in range(units):
            now = start + timedelta(seconds=number)
            with unit.transaction(session, actor=f"u:{number % 20}", now=now, settings=settings, auth="pwd") as act:
                for at in range(per_unit):
                    trail.record(
                        act, EVENT, subject=("thing", at), organisation_id=1 + at % 5,
                        data={"before": "2026-11-22T11:00:00Z", "after": "2026-11-23T11:00:00Z", "reason": "extended", "count": at},
                        personal={"name": "A. Person"} if at % 10 == 9 else None,
                    )
    return units * per_unit / (time.perf_counter() - begun)


def verify_in_child(url: str, *options: str) -> str:
    """Verify in a fresh process, so that its memory can be told apart."""
    code = "import sys; from bench.trail import verify_here; verify_here(*sys.argv[1:])"
    return subprocess.run([sys.executable, "-c", code, url, *options], check=True, capture_output=True, text=True).stdout.strip()


def verify_here(url: str, columns: str = "columns") -> None:
    engine = database.make_engine(url)
    begun = time.perf_counter()
    found = verify.verify_database(engine, columns=columns == "columns")
    seconds = time.perf_counter() - begun
    memory = peak()
    assert found.ok, found.text()
    print(f"{found.size / seconds:,.0f} events/s ({seconds:.1f} s for {found.size:,}), {memory:.0f} MiB")


def proofs(engine: Engine, size: int, rounds: int = 300) -> tuple[list[float], list[float]]:
    """Return sorted milliseconds of inclusion and consistency proofs at random places, each verified."""
    inclusion, consistency = [], []
    chosen = random.Random(1)
    with engine.connect() as connection:
        root = tree.root_at(size, nodes.stored_nodes(connection))
        for _ in range(rounds):
            index, old = chosen.randrange(size), chosen.randrange(1, size)
            begun = time.perf_counter()
            read = nodes.stored_nodes(connection)
            path = tree.inclusion_proof(index, size, read)
            inclusion.append((time.perf_counter() - begun) * 1000)
            tree.verify_inclusion(index, size, read(0, index), path, root)
            begun = time.perf_counter()
            read = nodes.stored_nodes(connection)
            path = tree.consistency_proof(old, size, read)
            consistency.append((time.perf_counter() - begun) * 1000)
            tree.verify_consistency(old, size, path, tree.root_at(old, read), root)
    return sorted(inclusion), sorted(consistency)


def main(size: int = 100_000) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(instance=folder)
        engine = make(folder)
        print(f"trail: append, 1 event per act (durable): {append(engine, settings, 1000, 1):,.0f} events/s")
        print(f"trail: append, 1000 events per act: {append(engine, settings, max(1, (size - 1000) // 1000), 1000, LATER):,.0f} events/s")
        url = str(engine.url)
        print(f"trail: verify with columns: {verify_in_child(url)}")
        print(f"trail: verify texts and hashes only: {verify_in_child(url, 'texts')}")
        inclusion, consistency = proofs(engine, max(2000, size // 1000 * 1000))
        for what, times in (("inclusion", inclusion), ("consistency", consistency)):
            print(f"trail: {what} proof: p50 {times[len(times) // 2]:.2f} ms, p99 {times[int(len(times) * 0.99)]:.2f} ms")
        engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
