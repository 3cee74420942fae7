"""A worker killed at each point of issuing leaves no half-issued document and loses no number."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence.register import rules, store
from dpa.evidence.register.models import DocumentFile, DocumentState, DocumentWork, IssuedDocument
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from tests.evidence.register.desk import Desk, desk_for
from tests.faults.issue_nursery import POINTS
from tests.support.databases import ROOT, Database
from tests.support.seals import SealGround


@pytest.mark.faults
def test_a_worker_killed_anywhere_loses_nothing(database: Database, seal_ground: SealGround) -> None:
    desk = desk_for(database, seal_ground)
    numbers = [desk.order(f"Certificate {n}") for n in (1, 2)]
    for point in POINTS:
        run(desk, point)
        check(desk, numbers, done=1 if point == "committed" else 0)
        desk.pass_time(rules.LEASE + timedelta(seconds=1))
    assert desk.work() == "1 documents issued", "what was listed before the end stays listed; the other one follows"
    numbers.append(desk.order("Certificate 3"))
    assert desk.work() == "1 documents issued"
    check(desk, numbers, done=3)
    assert desk.references() == ["LL-TC-2026-0001", "LL-TC-2026-0002", "LL-TC-2026-0003"]


def run(desk: Desk, point: str) -> None:
    arguments = [point, desk.engine.url.render_as_string(hide_password=False), str(desk.settings.instance), desk.clock.now().isoformat()]
    done = subprocess.run([sys.executable, "-m", "tests.faults.issue_nursery", *arguments], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def check(desk: Desk, numbers: list[int], *, done: int) -> None:
    """The first `done` documents are issued, each with its one file, the others ordered and waiting; the trail agrees."""
    with Session(desk.engine) as session:
        rows = session.scalars(select(IssuedDocument).order_by(IssuedDocument.id)).all()
        waiting = set(session.scalars(select(DocumentWork.document_id)))
        files = session.scalars(select(DocumentFile)).all()
        issued = session.scalars(select(TrailEvent).where(TrailEvent.action == "evidence:document:issued")).all()
        assert [row.id for row in rows] == numbers
        assert [row.number for row in rows] == list(range(1, len(numbers) + 1))
        for position, row in enumerate(rows):
            if position < done:
                assert (row.state, row.id in waiting) == (DocumentState.ISSUED, False)
                assert store.get(desk.settings.document_store, row.sha256 or "")
            else:
                assert (row.state, row.record, row.sha256, row.id in waiting) == (DocumentState.ORDERED, None, None, True)
        assert len(files) == len(issued) == done
    assert verify_database(desk.engine).ok
