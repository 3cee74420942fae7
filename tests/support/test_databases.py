"""The databases that tests get: real, fresh, separate, and gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import inspect, text

from dpa.columns import Base
from tests.support import postgres
from tests.support.databases import ROOT, Database

START_SERVER = """
import sys, time
from tests.support import postgres
server = postgres.Server(postgres.find())
server.start()
print(server.folder, server.store, server._process.pid, flush=True)
time.sleep(60)
"""


def test_a_fresh_database_has_every_table(database: Database) -> None:
    found = set(inspect(database.engine).get_table_names())
    assert set(Base.metadata.tables) <= found
    assert Base.metadata.tables


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_writes_the_next_does_not_see(database: Database, turn: int) -> None:
    with database.engine.connect().execution_options(write=True) as connection:
        assert "left_behind" not in inspect(connection).get_table_names(), f"turn {turn}"
        connection.rollback()
        with connection.begin():
            connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))
    assert "left_behind" in inspect(database.engine).get_table_names()


def test_settings_point_to_the_database(database: Database) -> None:
    settings = database.settings(port=8123)
    assert (settings.database, settings.instance, settings.port) == (database.url, database.folder, 8123)


def test_the_server_has_no_open_port(postgres_server: str) -> None:
    with psycopg.connect(postgres_server.replace("+psycopg", "", 1)) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_a_server_starts_stops_and_leaves_nothing() -> None:
    server = postgres.Server(postgres.find())
    began = time.monotonic()
    server.start()
    assert time.monotonic() - began < postgres.START_SECONDS
    assert postgres.version(server.url)[:2].isdigit()
    owner = server.folder.stat().st_uid
    assert owner == (postgres.NOBODY if os.geteuid() == 0 else os.geteuid())
    server.stop()
    assert not server.folder.exists()
    assert not server.store.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child that its parent is gone")
@pytest.mark.faults
def test_a_killed_test_run_takes_its_server_along() -> None:
    with subprocess.Popen([sys.executable, "-c", START_SERVER], stdout=subprocess.PIPE, text=True, cwd=ROOT) as run:
        assert run.stdout is not None
        folder, store, pid = run.stdout.readline().split()
        run.kill()
    try:
        assert _gone(int(pid))
    finally:
        subprocess.run(["rm", "-rf", folder], check=True)
    if store != folder:
        server = postgres.Server(postgres.find())  # The next run takes away what was left in memory.
        server.stop()
        assert not Path(store).exists()


def test_a_server_in_memory_leaves_another_alone(postgres_server: str) -> None:
    server = postgres.Server(postgres.find())
    server.stop()
    assert postgres.version(postgres_server)[:2].isdigit()


@pytest.mark.parametrize("place", ["nowhere", "short"])
def test_where_memory_is_missing_or_short_the_disk_serves(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "MEMORY", tmp_path / "nowhere" if place == "nowhere" else tmp_path)
    monkeypatch.setattr(postgres, "MEMORY_WANTED", 2**60)
    server = postgres.Server(postgres.find())
    assert server.store == server.folder
    server.stop()
    assert not server.folder.exists()


def _gone(pid: int, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    os.kill(pid, signal.SIGINT)
    return False


def test_the_newest_debian_server_is_chosen(tmp_path: Path) -> None:
    for number in ("9", "15", "18"):
        (tmp_path / number / "bin").mkdir(parents=True)
        (tmp_path / number / "bin" / "postgres").touch()
    (tmp_path / "common").mkdir()
    assert postgres.from_debian(tmp_path) == postgres.Binaries(tmp_path / "18")
    assert postgres.from_debian(tmp_path / "15") is None


def test_without_any_server_the_reason_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "from_wheel", lambda: None)
    monkeypatch.setattr(postgres, "from_debian", lambda: None)
    with pytest.raises(postgres.Unavailable, match=r"package postgresql.*TEST_POSTGRES_URL"):
        postgres.find()
