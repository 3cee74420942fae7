"""Workers are killed at random while the mail server refuses a quarter of the mails: nothing is lost, copies are known as copies."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  installs the trail
from dpa import unit as units
from dpa.alerts import operations, post
from dpa.alerts.messages import Message
from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.rules import EventKind, State
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from tests.support.databases import Database
from tests.support.mail import Answer, MailServer, Received

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = 150
WORKERS = 3
KILLS = 20
LIMIT_SECONDS = 90.0
SERVER_SECONDS = 0.02
CONTEXT = {"subject": "Breach LL-2026-007", "recipient": "Carla", "is_notice": True, "answer": "none", "message_path": "/outbox/1"}


class Nursery:
    """Starts workers and ends them without warning."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.workers: list[int] = []
        self.kills = 0

    def answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def spawn(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("spawn\n")
        self._process.stdin.flush()
        self.workers.append(int(self.answer()))

    def kill_one(self, chance: random.Random) -> None:
        victim = self.workers.pop(chance.randrange(len(self.workers)))
        os.kill(victim, signal.SIGKILL)
        self.kills += 1


@contextmanager
def nursery(database: Database, server: MailServer) -> Iterator[Nursery]:
    command = [sys.executable, "-m", "tests.faults.worker_nursery", database.url, str(database.folder), server.url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        found = Nursery(process)
        assert found.answer() == "ready"
        try:
            yield found
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(20)


def unsent(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).where(OutboxMessage.state != State.SENT)) or 0


def enqueue(session: Session, database: Database) -> None:
    with units.transaction(session, actor="system:test", now=datetime.now(UTC), settings=database.settings()) as unit:
        operations.enqueue_many(unit, [
            Message("alerts/dead", None, f"r{number}@customer.example", "Carla", f"k{number}", CONTEXT) for number in range(MESSAGES)
        ])


@pytest.mark.faults
def test_killed_workers_lose_nothing_and_every_copy_has_the_same_identifier(database: Database, mail_server: MailServer) -> None:
    chance = random.Random(20261122)
    refusals = 0

    def plan(_message: Received) -> Answer:
        nonlocal refusals
        time.sleep(SERVER_SECONDS)  # A server takes a moment, so that a kill can fall between its answer and our note of it.
        if chance.random() < 0.25:
            refusals += 1
            return Answer.REFUSE_FOR_NOW
        return Answer.ACCEPT

    mail_server.plan = plan
    with Session(database.engine) as session:
        enqueue(session, database)
        with nursery(database, mail_server) as workers:
            for _ in range(WORKERS):
                workers.spawn()
            end = time.monotonic() + LIMIT_SECONDS
            while unsent(session) and time.monotonic() < end:
                time.sleep(chance.uniform(0.05, 0.4))
                if workers.kills < KILLS:
                    workers.kill_one(chance)
                    workers.spawn()
            kills = workers.kills
        check(session, mail_server, kills, refusals)
    assert verify_database(database.engine).ok


def check(session: Session, server: MailServer, kills: int, refusals: int) -> None:
    session.rollback()
    rows = session.scalars(select(OutboxMessage)).all()
    assert [row.state for row in rows] == [State.SENT] * MESSAGES
    copies = Counter((got.recipients[0], got.message_id) for got in server.received)
    assert set(copies) == {(row.to_address, f"<{row.message_id}>") for row in rows}, "a mail was lost, or a copy has another Message-ID"
    duplicates = len(server.received) - MESSAGES
    # No more mails can be accepted and not yet written down than a worker has in hand.
    assert duplicates <= kills * post.AHEAD_SECONDS / SERVER_SECONDS
    assert all(copies[row.to_address, f"<{row.message_id}>"] <= 1 + row.uncertain for row in rows), "a copy nobody was warned of"
    assert kills >= 5
    assert refusals >= MESSAGES / 8
    accepted = session.scalar(select(func.count()).where(DeliveryEvent.kind == EventKind.ACCEPTED))
    told = session.scalar(select(func.count()).where(TrailEvent.action == "alerts:message:accepted"))
    assert accepted == told == MESSAGES
