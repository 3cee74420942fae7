"""The worker's signs of life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from dpa import __version__
from dpa.alerts.models import WorkerHeartbeat
from dpa.unit import Unit

KEPT = timedelta(days=7)
"""How long the last sign of life of a gone worker is kept."""


@dataclass(frozen=True, slots=True)
class Self:
    """Who a worker is."""

    worker_id: str
    host: str
    pid: int
    started_at: datetime


def beat(unit: Unit, me: Self, failing_jobs: Sequence[str] = (), *, stopped: bool = False) -> None:
    """Write a sign of life, and forget workers that have been gone for a week."""
    row = unit.session.get(WorkerHeartbeat, me.worker_id)
    if row is None:
        row = WorkerHeartbeat(
            worker_id=me.worker_id, host=me.host, pid=me.pid, version=__version__, started_at=me.started_at, seen_at=unit.now,
            failing_jobs=[],
        )
        unit.session.add(row)
        unit.session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.seen_at < unit.now - KEPT))
    row.seen_at = unit.now
    row.failing_jobs = list(failing_jobs)
    row.stopped_at = unit.now if stopped else None
