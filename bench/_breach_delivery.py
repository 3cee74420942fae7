"""Delivery: the worker's own code hands notices with their documents to a mail server, and a bare smtplib loop hands it the same bytes.

The server is aiosmtpd in a process of its own: it reads and answers as RFC 5321 asks, and keeps nothing. Both sides take turns in rounds, so
that what else the machine does meets both alike. Documents are made first, by the worker's code too; only what is made can leave.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench._breach_house import Bench
from dpa.alerts import delivery
from dpa.alerts.models import OutboxMessage
from dpa.alerts.rules import Answer, State
from dpa.alerts.smtp import SmtpTransport
from dpa.breaches.models import Affected
from dpa.evidence.register import issuing
from dpa.evidence.register.models import DocumentState, IssuedDocument
from dpa.garbage import collect_rarely


def serve(pipe: Connection) -> None:
    """Be a mail server that accepts everything and keeps nothing; tells its port, ends with the pipe."""
    from aiosmtpd.smtp import SMTP

    class Sink:
        async def handle_DATA(self, *_: Any) -> str:  # noqa: N802  the name aiosmtpd asks for
            return "250 OK queued as 4F00"

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Sink(), hostname="localhost", loop=loop), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await loop.run_in_executor(None, pipe.poll, None)

    asyncio.run(run())


@contextmanager
def mail_server() -> Iterator[int]:
    """Give the port of a mail server that runs in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        yield ours.recv()
    finally:
        server.terminate()
        server.join()


@dataclass
class Keeping:
    """The product's own way to the server, which keeps what it handed over so that the bare loop can send the same."""

    inner: SmtpTransport
    kept: list[tuple[str, str, bytes]] = field(default_factory=list)

    @contextmanager
    def connect(self) -> Iterator[Any]:
        with self.inner.connect() as carrier:
            yield _Carrier(carrier, self)


class _Carrier:
    def __init__(self, carrier: Any, owner: Keeping) -> None:
        self.carrier, self.owner = carrier, owner

    def send(self, sender: str, recipient: str, data: bytes) -> Answer:
        answer: Answer = self.carrier.send(sender, recipient, data)
        self.owner.kept.append((sender, recipient, data))
        return answer


def make_documents(bench: Bench, wanted: int) -> tuple[int, float]:
    """Have the worker make documents until at least so many are listed; returns how many, and the seconds it took."""
    began = time.perf_counter()
    while True:
        with bench.tick() as tick:
            issuing.issue_due(tick)
        with Session(bench.engine) as session:
            made = session.scalar(select(func.count()).where(IssuedDocument.state == DocumentState.ISSUED)) or 0
        if made >= wanted:
            return made, time.perf_counter() - began


def bare(port: int, mails: list[tuple[str, str, bytes]]) -> float:
    """Hand mails over with smtplib alone, over one connection; returns the seconds it took."""
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, "localhost") as client:
        for sender, recipient, data in mails:
            client.sendmail(sender, recipient, data)
    return time.perf_counter() - began


@dataclass
class Rates:
    """What was sent, and how long each side took."""

    mails: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    bare_seconds: float = 0.0
    size: int = 0

    @property
    def ratio(self) -> float:
        """The worker's rate as a share of the bare loop's."""
        return self.bare_seconds / self.seconds


def deliver(bench: Bench, port: int, made: int) -> Rates:
    """Send what is ready, in rounds, each followed by the bare loop with the same bytes."""
    found = Rates()
    collect_rarely()  # As the process of the worker does.
    transport = Keeping(SmtpTransport("127.0.0.1", port))
    while found.mails < made:
        transport.kept.clear()
        began, worked = time.perf_counter(), time.process_time()
        with bench.tick() as tick:
            delivery.dispatch(tick, transport)
        found.seconds += time.perf_counter() - began
        found.processor += time.process_time() - worked
        assert transport.kept, "nothing was ready to be sent"
        found.bare_seconds += bare(port, transport.kept)
        found.mails += len(transport.kept)
        found.size += sum(len(data) for _, _, data in transport.kept)
    with Session(bench.engine) as session:
        # Sent means more than handed over: each mail is recorded and has met its customer's clock.
        told = session.scalar(select(func.count()).where(Affected.sent_at.is_not(None)))
        sent = session.scalar(select(func.count()).where(OutboxMessage.state == State.SENT, OutboxMessage.category == "notice"))
        assert told == sent == found.mails, (told, sent, found.mails)
    return found
