"""`dpa trail verify`: exit 0 whole, 1 tampered naming the row, 2 wrong use; also on a read-only copy."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy.orm import Session

from dpa.cli import main
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.queries import last_verification
from dpa.evidence.trail.verify import verify_database
from tests.evidence.ground import Ground, disarm
from tests.support.databases import Database

ROOT = Path(__file__).resolve().parents[2]
PAGE = 4096
INTERIOR = 5
"""The size of a page of SQLite in bytes, and the first byte of one that only points to others."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command answered."""

    returncode: int
    stdout: str
    stderr: str


class Command(Protocol):
    def __call__(self, *words: str, **surroundings: str) -> Done: ...


@pytest.fixture
def dpa(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command, in this process: starting one for each case would cost seconds."""

    def call(*words: str, **surroundings: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["dpa", *words])
        for name, value in surroundings.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        status: str | int | None = 0
        try:
            main()
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        return Done(int(status or 0), out, err)

    return call


def surroundings(database: Database) -> dict[str, str]:
    return {"DPA_INSTANCE": str(database.folder), "DATABASE_URL": database.url}


def test_a_whole_trail_and_then_one_edited_row(ground: Ground, database: Database, dpa: Command) -> None:
    ground.happen(300, personal_every=10)
    done = dpa("trail", "verify", **surroundings(database))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The trail is whole: 300 events, root ")
    with ground.writing() as connection:
        disarm(connection)
        connection.exec_driver_sql("UPDATE trail_event SET body = replace(body, '\"count\":123', '\"count\":124') WHERE idx = 123")
        connection.commit()
    with Session(ground.engine) as session:
        event_id = session.get_one(TrailEvent, 123).event_id
    done = dpa("trail", "verify", **surroundings(database))
    assert done.returncode == 1
    assert f"- event 123 ({event_id}): its text does not match its leaf hash" in done.stdout
    done = dpa("trail", "verify", "--json", "--no-columns", **surroundings(database))
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"], said["finding_count"], said["findings"][0]["idx"]) == (1, False, 1, 123)


def test_verifying_writes_nothing_unless_asked_to(ground: Ground, database: Database, dpa: Command) -> None:
    ground.happen(3)
    assert dpa("trail", "verify", **surroundings(database)).returncode == 0
    assert verify_database(ground.engine).size == 3
    assert dpa("trail", "verify", "--record", **surroundings(database)).returncode == 0
    with Session(ground.engine) as session:
        last = last_verification(session)
        assert last is not None
        assert (last.size, last.ok) == (3, True)
    result = verify_database(ground.engine)
    assert result.ok
    # The clock of this test stands in the past, so the real one does not step back.
    assert result.size == 4


@pytest.mark.parametrize(("words", "sentence"), [
    (("trail", "verify", "--colums"), "No such option"),
    (("trail", "prove-nothing"), "No such command"),
])
def test_wrong_words_are_wrong_use(words: tuple[str, ...], sentence: str, tmp_path: Path, dpa: Command) -> None:
    done = dpa(*words, DPA_INSTANCE=str(tmp_path))
    assert done.returncode == 2
    assert sentence in done.stderr


def test_what_is_no_trail_is_wrong_use_in_one_sentence(tmp_path: Path, dpa: Command) -> None:
    (tmp_path / "notes.sqlite3").write_bytes(b"this is no database at all, only some words that fill a page" * 90)
    (tmp_path / "empty.sqlite3").write_bytes(b"")
    for url, sentence in [
        (f"sqlite:///{tmp_path / 'absent.sqlite3'}", "There is no database file at"),
        (f"sqlite:///{tmp_path / 'notes.sqlite3'}", "is not a database that can be read"),
        (f"sqlite:///{tmp_path / 'empty.sqlite3'}", "holds no trail"),
        ("nonsense", "is not an address"),
        (f"postgresql+psycopg://nobody@/none?host={tmp_path}", "cannot be reached"),
    ]:
        done = dpa("trail", "verify", DPA_INSTANCE=str(tmp_path), DATABASE_URL=url)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert sentence in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "absent.sqlite3").exists()


def test_a_read_only_copy_can_be_verified(sqlite_ground: Ground, sqlite_database: Database, tmp_path: Path, dpa: Command) -> None:
    sqlite_ground.happen(5)
    sqlite_ground.engine.dispose()
    folder = tmp_path / "medium"
    folder.mkdir()
    copy = folder / "copy.sqlite3"
    shutil.copyfile(sqlite_database.folder / "dpa.sqlite3", copy)
    copy.chmod(0o400)
    folder.chmod(0o500)
    try:
        done = dpa("trail", "verify", DPA_INSTANCE=str(tmp_path), DATABASE_URL=f"sqlite:///{copy}")
    finally:
        folder.chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert "5 events" in done.stdout


def test_damaged_rows_are_a_finding(sqlite_ground: Ground, sqlite_database: Database, dpa: Command) -> None:
    path = sqlite_database.folder / "dpa.sqlite3"
    sqlite_ground.engine.dispose()
    before = path.stat().st_size // PAGE
    sqlite_ground.happen(2000)
    sqlite_ground.engine.dispose()
    damage(path, range(before, path.stat().st_size // PAGE, 3))  # Only pages of events: where the tables are listed moves with every migration.
    done = dpa("trail", "verify", **surroundings(sqlite_database))
    assert (done.returncode, done.stderr) == (1, ""), done
    assert "the database itself is damaged: database disk image is malformed" in done.stdout


def test_a_damaged_list_of_tables_is_a_finding(sqlite_ground: Ground, sqlite_database: Database, dpa: Command) -> None:
    sqlite_ground.happen(3)
    sqlite_ground.engine.dispose()
    path = sqlite_database.folder / "dpa.sqlite3"
    content = path.read_bytes()
    assert content[100] == INTERIOR, "the first page is the root of the list, and the list is longer than a page"
    damage(path, [int.from_bytes(content[108:112], "big") - 1])  # The last page of the list.
    done = dpa("trail", "verify", **surroundings(sqlite_database))
    assert (done.returncode, done.stderr) == (1, ""), done
    assert "the database itself is damaged: database disk image is malformed" in done.stdout
    done = dpa("trail", "verify", "--record", **surroundings(sqlite_database))
    assert (done.returncode, done.stderr) == (1, "The result could not be recorded: database disk image is malformed.\n"), done
    assert "the database itself is damaged" in done.stdout


def damage(path: Path, pages: Iterable[int]) -> None:
    """Overwrite the head of each page, counted from 0."""
    content = bytearray(path.read_bytes())
    for page in pages:
        content[page * PAGE : page * PAGE + 64] = b"\xff" * 64
    path.write_bytes(bytes(content))


def test_the_installed_command_exits_with_the_same_numbers(sqlite_ground: Ground, sqlite_database: Database) -> None:
    sqlite_ground.happen(1)
    code = "from dpa.cli import main; main()"
    command = [sys.executable, "-W", "error", "-c", code, "trail", "verify"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, env={"PATH": "", **surroundings(sqlite_database)})
    assert (done.returncode, done.stderr) == (0, "")
    with sqlite_ground.writing() as connection:
        disarm(connection)
        connection.exec_driver_sql("DELETE FROM trail_event")
        connection.commit()
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False, env={"PATH": "", **surroundings(sqlite_database)})
    assert (done.returncode, "event 0: it is missing" in done.stdout) == (1, True)
