"""The outbox: how fast notices are stored, and how fast they leave against a bare smtplib loop to the same mail server.

The database is a SQLite file as an installation has it: every accepted mail is one durable transaction with its trail event, so
the ratio is the price of never losing a mail. The mail server runs in a process of its own.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import smtplib
import tempfile
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  loads every table and installs the trail
from dpa import unit as units
from dpa.alerts import delivery, mail, operations
from dpa.alerts.messages import Message
from dpa.alerts.rules import Category
from dpa.alerts.transports import transport_for
from dpa.columns import Base
from dpa.config import Settings
from dpa.database import make_engine
from dpa.slice import Tick
from dpa.unit import Unit

STORED = 10_000
SENT = 500
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def serve(pipe: Connection) -> None:
    """Be a mail server that accepts everything at once; tells its port, ends with the pipe."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        replies = {b"EHLO": b"250 hello\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
        while line := await reader.readline():
            writer.write(replies.get(line[:4].upper(), b"250 OK\r\n"))
            if line[:4].upper() == b"DATA":
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 OK queued as 4F00\r\n")
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**20)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().run_in_executor(None, pipe.poll, None)

    asyncio.run(run())


def messages(count: int, start: int = 0) -> list[Message]:
    """Return notices to as many customers."""
    context = {"subject": "Breach LL-2026-007", "recipient": "Carla", "is_notice": True, "answer": "none", "message_path": "/outbox/1"}
    return [
        Message("alerts/dead", None, f"r{number}@customer.example", "Carla Customer", f"k{number}", context, category="notice")
        for number in range(start, start + count)
    ]


def letter() -> bytes:
    """Return one mail as the bare loop sends it."""
    return mail.build(mail.Letter(
        category=Category.NOTICE, from_name="DPA Desk", from_address="desk@example.org", to_name="Carla", to_address="r@customer.example",
        reply_to=None, subject="Breach", text="Hello\n" * 20, html="<p>Hello</p>\n" * 20, message_id="0" * 32 + "@localhost", created_at=NOW,
    ))


def bare(port: int, count: int) -> float:
    """Return mails per second of smtplib alone, over one connection."""
    data = letter()
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, "localhost") as client:
        for number in range(count):
            client.sendmail("desk@example.org", f"r{number}@customer.example", data)
    return count / (time.perf_counter() - began)


def measure(folder: Path, port: int) -> None:
    """Store, send, print."""
    settings = Settings(instance=folder, smtp_url=f"smtp://127.0.0.1:{port}")
    engine = make_engine(settings.database)
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        Base.metadata.create_all(connection)

    with Session(engine) as session:

        def begin(actor: str) -> AbstractContextManager[Unit]:
            return units.transaction(session, actor=actor, now=NOW, settings=settings)

        began = time.perf_counter()
        with begin("system:bench") as unit:
            operations.enqueue_many(unit, messages(SENT))
            unit.session.flush()
        with begin("system:bench") as unit:
            operations.enqueue_many(unit, messages(STORED - SENT, SENT))
        took = time.perf_counter() - began
        print(f"store {STORED:,} rendered notices in two acts   {took:6.2f} s   {STORED / took:8,.0f} a second")

        tick: Any = Tick(session, NOW, settings, begin, "bench:1:a")
        plain = bare(port, SENT)
        began, worked = time.perf_counter(), time.process_time()
        sent = _send(tick)
        rate, work = sent / (time.perf_counter() - began), (time.process_time() - worked) / sent * 1000
        print(f"bare smtplib loop, {SENT:,} mails               {plain:19,.0f} a second")
        print(f"outbox to the same server, {sent:,} mails      {rate:19,.0f} a second")
        print(f"ratio outbox to bare loop                  {rate / plain:19.2f}")
        print(f"processor time for each mail               {work:16.1f} ms   the rest is waiting for disk, server and other processes")
        print(f"10,000 mails would leave in                {10_000 / rate:19,.0f} s with one worker")
    engine.dispose()


def _send(tick: Tick) -> int:
    """Send as many as the bare loop did; the limit stands in for a longer run."""
    transport = transport_for(tick.settings)
    sent = 0
    with transport.connect() as carrier:
        sender = mail.sender(tick.settings)
        claimed = delivery.first(tick, sender)
        while claimed is not None and sent < SENT:
            claimed = delivery.settle(tick, sender, claimed, *delivery.hand_over(carrier, claimed, tick.settings.document_store))
            sent += 1
    return sent


def main() -> None:
    """Start the mail server, measure, stop it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), ours.recv())
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
