"""Base modules: settings, clock, database hooks, unit of work."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401
from dpa import database as databases
from dpa import unit
from dpa.clock import FixedClock, SystemClock
from dpa.config import Settings, load_settings, secret_key
from dpa.database import make_engine
from dpa.problems import Misconfigured
from tests.support.databases import Database

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"DPA_SMPT_URL": "smtp://x"}, "did you mean DPA_SMTP_URL"),
        ({"DPA_NONSENSE": "1"}, "is not a setting"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "eighty"}, "PORT"),
        ({"DPA_BASE_URL": "http://desk.example.org"}, "https://"),
        ({"DPA_BASE_URL": "desk.example.org"}, "must be an address"),
        ({"DPA_SMTP_URL": "imap://x"}, "must be smtp://"),
        ({"DPA_LOG_LEVEL": "loud"}, "DPA_LOG_LEVEL"),
        ({"DPA_SESSION_HOURS": "48"}, "DPA_SESSION_HOURS"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_settings({"DPA_INSTANCE": str(tmp_path), **environ})
    assert words in caught.value.message
    assert "\n" not in caught.value.message


def test_settings_come_from_the_file_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("# mail\nDPA_MAIL_FROM='desk@example.org'\nPORT=8100\n", "utf-8")
    file.chmod(0o600)
    settings = load_settings({"DPA_INSTANCE": str(tmp_path), "PORT": "8200"})
    assert (settings.mail_from, settings.port) == ("desk@example.org", 8200)


def test_links_follow_the_port_unless_an_address_is_set(tmp_path: Path) -> None:
    environ = {"DPA_INSTANCE": str(tmp_path), "PORT": "8207"}
    assert load_settings(environ).base_url == "http://127.0.0.1:8207"
    assert load_settings(environ | {"DPA_BASE_URL": "https://desk.example.org"}).base_url == "https://desk.example.org"


@pytest.mark.parametrize(("content", "mode", "words"), [("PORT=1\n", 0o644 | stat.S_IWOTH, "chmod 600"), ("PORT 1\n", 0o600, "line 1")])
def test_a_bad_settings_file_is_refused(tmp_path: Path, content: str, mode: int, words: str) -> None:
    file = tmp_path / "settings.env"
    file.write_text(content, "utf-8")
    file.chmod(mode)
    with pytest.raises(Misconfigured, match=words):
        load_settings({"DPA_INSTANCE": str(tmp_path)})


def test_the_secret_key_is_made_once_and_must_stay_private(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    key = secret_key(settings)
    assert secret_key(settings) == key
    path = tmp_path / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        secret_key(settings)
    path.chmod(0o600)
    path.write_text("short", "ascii")
    with pytest.raises(Misconfigured, match="shorter"):
        secret_key(settings)
    assert {entry.name for entry in tmp_path.iterdir()} == {"secret.key"}


def test_clocks_give_aware_utc_and_the_fixed_one_stands_still() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
    clock = FixedClock(datetime(2026, 11, 22, 13, 0, tzinfo=timezone(timedelta(hours=1))))
    assert clock.now() == NOW
    assert clock.advance(timedelta(hours=1)) == NOW + timedelta(hours=1)
    assert clock.monotonic() == 3600.0
    clock.set(NOW)
    assert clock.monotonic() == 3600.0
    with pytest.raises(ValueError, match="aware"):
        FixedClock(datetime(2026, 11, 22))


def test_sqlite_is_durable_and_refuses_writes_outside_a_unit(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    with engine.connect() as connection:
        pragma = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")}
        assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
        with pytest.raises(DBAPIError, match="readonly"):
            connection.exec_driver_sql("CREATE TABLE t (x)")
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE t (x)")
    engine.dispose()


def test_only_web_processes_read_the_file_as_memory(tmp_path: Path) -> None:
    mapped, plain = (databases.make_engine(f"sqlite:///{tmp_path / 'mapped.sqlite3'}") for _ in range(2))
    databases.map_reads(mapped)
    for engine, most in ((mapped, databases.MAPPED_BYTES), (plain, 0)):
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA mmap_size").scalar() == most
        engine.dispose()


def test_a_unit_is_one_transaction_and_not_nested(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    settings = Settings(instance=tmp_path)
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE t (x)")
    with Session(engine) as session:
        with pytest.raises(DBAPIError, match="no such table"), unit.transaction(session, actor="system:test", now=NOW, settings=settings):
            insert_then_fail(session)
        assert session.execute(text("SELECT count(*) FROM t")).scalar() == 0
        with pytest.raises(ValueError, match="aware"), unit.transaction(session, actor="x", now=datetime(2026, 1, 1), settings=settings):
            pass
        with (
            pytest.raises(RuntimeError, match="already running"),
            unit.transaction(session, actor="system:test", now=NOW, settings=settings),
            unit.transaction(session, actor="system:test", now=NOW, settings=settings),
        ):
            pass
        assert session.info["unit"] is None
    engine.dispose()


def test_a_reader_sees_one_snapshot_and_a_writer_what_is_there_now(database: Database) -> None:
    engine, counted = database.engine, "SELECT count(*) FROM t"
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE t (x integer)")

    def add() -> None:
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            connection.exec_driver_sql("INSERT INTO t VALUES (1)")

    with engine.connect() as reader:
        with reader.begin():
            assert reader.exec_driver_sql(counted).scalar() == 0
            add()
            assert reader.exec_driver_sql(counted).scalar() == 0
        with reader.begin():
            assert reader.exec_driver_sql(counted).scalar() == 1
            with pytest.raises(DBAPIError):
                reader.exec_driver_sql("INSERT INTO t VALUES (1)")
    if database.kind == "postgres":
        with engine.connect().execution_options(write=True) as writer, writer.begin():
            assert writer.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"


def insert_then_fail(session: Session) -> None:
    session.execute(text("INSERT INTO t VALUES (1)"))
    session.execute(text("INSERT INTO missing VALUES (1)"))
