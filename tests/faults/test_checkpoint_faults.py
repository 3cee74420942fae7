"""Checkpoints while the database is torn away or a disk is full: no size is signed with two roots, and log and database agree afterwards."""

from __future__ import annotations

import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.database import make_engine
from dpa.evidence.trail import checkpoints
from dpa.evidence.trail.checkpoint_log import Entry
from dpa.evidence.trail.checkpoints import NothingToSign
from dpa.evidence.trail.verify import verify_database
from dpa.evidence.trail.verify_checkpoints import beside_the_key
from tests.evidence.conftest import ground, sqlite_ground
from tests.evidence.ground import Ground
from tests.evidence.witness import takers
from tests.evidence.witness.signing import take
from tests.evidence.witness.test_crashes import all_is_well
from tests.support import databases, postgres

__all__ = ["ground", "sqlite_ground"]  # Fixtures.
STOPS, WRITERS = 3, 3


class Durable(postgres.Server):
    """A server with the durability of a real one: what it acknowledged is on the disk."""

    QUICK = ("autovacuum=off", "listen_addresses=")

    def stop_immediately(self) -> None:
        """As `pg_ctl stop -m immediate` does: no checkpoint, connections are cut, the journal is replayed at the next start."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def start_again(self) -> None:
        self._launch()
        self._wait()


@pytest.fixture
def durable() -> Iterator[Durable]:
    try:
        server = Durable(postgres.find())
    except postgres.Unavailable as missing:
        pytest.skip(str(missing))
    server.start()
    yield server
    server.stop()


def agree(settings: Settings, url: str) -> set[int]:
    """Everything signed agrees with the trail, and no size was signed with two roots."""
    engine = make_engine(url)
    try:
        result = verify_database(engine, against=beside_the_key(settings))
        assert result.ok, result.text()
        checkpoints.examine(engine, settings)
    finally:
        engine.dispose()
    roots: dict[int, bytes] = {}
    for entry in checkpoints.signer_for(settings).log.entries():
        assert isinstance(entry, Entry), entry
        assert roots.setdefault(entry.checkpoint.size, entry.checkpoint.root) == entry.checkpoint.root
    return set(roots)


@pytest.mark.faults
@pytest.mark.postgres
def test_postgresql_stopped_immediately_while_checkpoints_are_taken(durable: Durable, tmp_path: Path) -> None:
    with psycopg.connect(host=str(durable.folder), user="postgres", dbname="postgres", autocommit=True) as admin:
        admin.execute("CREATE DATABASE trail TEMPLATE template0 ENCODING 'UTF8'")
    url = make_url(durable.url).set(database="trail").render_as_string(hide_password=False)
    databases.build(url)
    settings = Settings(instance=tmp_path, database_url=url)
    checkpoints.signer_for(settings)
    signed: set[int] = set()
    for _ in range(STOPS):
        done, torn, odd = work_until_torn(settings, url, durable)
        assert odd == [], odd
        assert (len(torn), done > 0) == (WRITERS, True), "each writer got something done and was then cut off"
        durable.start_again()
        now = agree(settings, url)
        assert signed < now, "what was signed stays signed, and more came to it"
        signed = now
    engine = make_engine(url)
    try:
        ground = Ground(engine, settings)
        assert set(all_is_well(ground, 1)) >= signed, "what only the log knew is in the database again"
    finally:
        engine.dispose()


def work_until_torn(settings: Settings, url: str, server: Durable) -> tuple[int, list[str], list[str]]:
    """Act and sign from several sides until the server is gone; how many checkpoints, what ended each writer, what should not have."""
    done, torn, odd = [0], [], []

    def write() -> None:
        engine = make_engine(url)
        try:
            with Session(engine) as session:
                while True:
                    takers.act(session, settings)
                    takers.take(session, settings)
                    done[0] += 1
        except DBAPIError as error:
            torn.append(type(error).__name__)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells
            odd.append(repr(error))
        finally:
            engine.dispose()

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 30
    while done[0] < WRITERS * 3 and time.monotonic() < end and len(torn) + len(odd) < WRITERS:
        time.sleep(0.01)
    server.stop_immediately()
    for thread in threads:
        thread.join(60)
    return done[0], torn, odd


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as a full disk would: a write is cut short there, the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.faults
@pytest.mark.parametrize("room", [0, 1, 30, 90, 200])
def test_a_disk_that_fills_up_under_the_log(ground: Ground, room: int) -> None:
    ground.happen(2)
    take(ground)
    log = checkpoints.signer_for(ground.settings).log
    before = log.path.read_bytes()
    ground.happen(1)
    for _ in range(2):
        with full_at(len(before) + room), pytest.raises(NothingToSign, match=r"could not be written to checkpoints\.log .* see that the disk has room"):
            take(ground)
    assert log.path.read_bytes().startswith(before)
    assert len(log.path.read_bytes()) == len(before) + room, "the disk took what it could"
    ground.happen(1)  # Acts go on; what happened meanwhile is under the next checkpoint.
    assert all_is_well(ground, 4) == [2, 4]


@pytest.mark.faults
def test_a_disk_that_fills_up_under_the_database(sqlite_ground: Ground) -> None:
    """SQLite is refused more pages after the log was written: the line in the log is put back by a later checkpoint."""
    ground, failed = sqlite_ground, 0
    signer = checkpoints.signer_for(ground.settings)
    for _ in range(30):
        ground.happen(1)
        with Session(ground.engine) as session:
            try:
                with ground.begin(session) as unit:
                    pages = session.execute(text("PRAGMA page_count")).scalar_one()
                    session.execute(text(f"PRAGMA max_page_count = {pages}"))
                    checkpoints.take(unit, signer, "document")
            except DBAPIError as error:
                failed += "full" in str(error.orig)
        ground.engine.dispose()  # The limit belongs to the connection.
    assert failed > 2, "the disk was full more than once"
    agree(ground.settings, ground.engine.url.render_as_string(hide_password=False))
    assert len(all_is_well(ground, 30)) == 30, "nothing that was signed is lost"
