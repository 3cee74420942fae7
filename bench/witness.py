"""Witnesses: how long a checkpoint takes, verification against many of them, proof bundles, and the offline verifier.

`python -m bench.witness [EVENTS]` uses a database of its own in a temporary folder (100,000 events unless said). Prints figures; there is
no pass or fail.
"""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bench.trail import LATER, append, make
from dpa import unit
from dpa.config import Settings
from dpa.evidence import trail
from dpa.evidence.trail import bundles, checkpoints, verify, verify_checkpoints

T = TypeVar("T")
CHECKPOINTS = 2_000
"""Five years of daily ones, or a few hundred documents more."""
VERIFIER = Path(bundles.__file__).parent / "offline" / bundles.VERIFIER


def timed(work: Callable[[], T]) -> tuple[T, float]:
    begun = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begun


def sign_many(engine: Engine, settings: Settings, number: int, now: datetime) -> list[float]:
    """Record one event and take one checkpoint, again and again; return the sorted milliseconds of the latter."""
    times = []
    signer = checkpoints.signer_for(settings)
    with Session(engine) as session:
        for at in range(number):
            instant = now + timedelta(seconds=at)
            with unit.transaction(session, actor="u:1", now=instant, settings=settings) as act:
                trail.record(act, "bench:thing:happened", subject=("thing", at), organisation_id=1)
            with unit.transaction(session, actor="system:bench", now=instant, settings=settings) as act:
                times.append(timed(lambda act=act: checkpoints.take(act, signer, "document"))[1] * 1000)
    return sorted(times)


def judge(python: str, path: Path, vkey: str) -> float:
    done, seconds = timed(lambda: subprocess.run([python, "-I", "-S", str(VERIFIER), "verify", str(path), "--vkey", vkey],
                                                 capture_output=True, text=True, check=False))
    assert done.returncode == 0, done.stdout
    return seconds


def main(size: int = 100_000) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(instance=folder)
        engine = make(folder)
        append(engine, settings, size // 1000, 1000)
        times = sign_many(engine, settings, CHECKPOINTS, LATER)
        print(f"witness: a checkpoint over {size:,} events: p50 {times[len(times) // 2]:.1f} ms, p99 {times[int(len(times) * 0.99)]:.1f} ms (durable)")
        result, seconds = timed(lambda: verify.verify_database(engine, against=verify_checkpoints.beside_the_key(settings)))
        assert result.ok
        assert result.checkpoints == CHECKPOINTS
        print(f"witness: verify {result.size:,} events against {result.checkpoints:,} checkpoints in table and log: {seconds:.1f} s")
        vkey = checkpoints.signer_for(settings).vkey
        with Session(engine) as session:
            newest = checkpoints.newest(session)
            assert newest is not None
            chosen = random.Random(1).sample(range(size), 1000)
            content, seconds = timed(lambda: bundles.bundle(session, chosen, newest, personal=True))
            print(f"witness: bundle of 1,000 events at random places: {seconds:.2f} s, {len(content) / 1e6:.1f} MB")
            (folder / "some.zip").write_bytes(content)
            content, seconds = timed(lambda: bundles.bundle(session, range(size), newest, personal=True))
            print(f"witness: bundle of {size:,} events: {seconds:.1f} s, {len(content) / 1e6:.0f} MB")
            (folder / "all.zip").write_bytes(content)
            target = io.BytesIO()
            _, seconds = timed(lambda: bundles.export(session, 0, size - 1, newest, target, personal=True))
            print(f"witness: export of {size:,} events: {seconds:.1f} s, {len(target.getvalue()) / 1e6:.0f} MB")
            (folder / "export.zip").write_bytes(target.getvalue())
        for python in filter(None, [sys.executable, shutil.which("pypy3")]):
            figures = [f"{path} {judge(python, folder / path, vkey):.2f} s" for path in ("some.zip", "all.zip", "export.zip")]
            print(f"witness: offline verifier ({Path(python).name}): {', '.join(figures)}")
        engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
