"""What was read is kept while nothing happens and no longer: any event, of whatever it tells, has it read again."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.database import make_engine
from dpa.evidence import trail
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.unchanged import Unchanged, frontier
from dpa.people.models import Organisation
from tests.evidence.ground import HAPPENED, Ground, organisation


class Reader:
    """Reads the organisations' names, and counts how often it did."""

    def __init__(self, most: int = 8) -> None:
        self.kept: Unchanged[list[str]] = Unchanged(most)
        self.times = 0

    def names(self, session: Session, key: str = "all") -> list[str]:
        at = session.scalar(select(frontier()))
        assert at is not None
        return self.kept.at(session, at, key, lambda: self._read(session))

    def _read(self, session: Session) -> list[str]:
        self.times += 1
        return list(session.scalars(select(Organisation.name).order_by(Organisation.id)))


def copy(file: str, to: Path) -> None:
    with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(to)) as new:
        old.backup(new)


def add(ground: Ground, session: Session, name: str) -> None:
    with ground.begin(session) as unit:
        row = organisation(name, name)
        unit.session.add(row)
        unit.session.flush()
        trail.record(unit, HAPPENED, subject=("organisation", row.id), organisation_id=row.id, covers=[row])


def test_it_is_read_once_while_nothing_happens_and_anew_after_any_event(ground: Ground) -> None:
    reader = Reader()
    with Session(ground.engine) as session:
        add(ground, session, "first")
        assert [len(reader.names(session)) for _ in range(3)] == [1, 1, 1]
        assert reader.times == 1
        add(ground, session, "second")
        assert [len(reader.names(session)) for _ in range(2)] == [2, 2]
        assert reader.times == 2


def test_an_event_about_something_else_has_it_read_again_too(ground: Ground) -> None:
    reader = Reader()
    with Session(ground.engine) as session:
        add(ground, session, "first")
        reader.names(session)
        with ground.begin(session) as unit:
            trail.record(unit, HAPPENED, subject=("message", 7), organisation_id=None)
        reader.names(session)
    assert reader.times == 2


def test_a_unit_reads_its_own_changes_and_leaves_nothing_of_them_behind(ground: Ground) -> None:
    reader = Reader()
    with Session(ground.engine) as session:
        add(ground, session, "first")
        reader.names(session)
        with ground.begin(session) as unit:
            row = organisation("second", "second")
            unit.session.add(row)
            unit.session.flush()
            assert len(reader.names(session)) == 2
            trail.record(unit, HAPPENED, subject=("organisation", row.id), organisation_id=row.id, covers=[row])
            unit.session.rollback()
            unit.pending.clear()
        assert len(reader.names(session)) == 1


def test_a_snapshot_that_is_older_is_never_told_what_came_later(ground: Ground) -> None:
    reader = Reader()
    with Session(ground.engine) as old, Session(ground.engine) as new:
        add(ground, new, "first")
        old.scalar(select(func.count()).select_from(TrailEvent))  # The snapshot begins with the first read.
        add(ground, new, "second")
        assert len(reader.names(new)) == 2
        assert len(reader.names(old)) == 1
        assert len(reader.names(new)) == 2


def test_a_trail_that_was_restored_and_grew_as_long_again_is_another_one(sqlite_ground: Ground, tmp_path: Path) -> None:
    reader, file, backup = Reader(), str(sqlite_ground.engine.url.database), tmp_path / "backup"
    with Session(sqlite_ground.engine) as session:
        add(sqlite_ground, session, "first")
        copy(file, backup)
        add(sqlite_ground, session, "second")
        assert reader.names(session) == ["first", "second"]
    sqlite_ground.engine.dispose()
    for rest in ("-wal", "-shm"):
        Path(file + rest).unlink(missing_ok=True)
    shutil.copyfile(backup, file)
    with Session(sqlite_ground.engine) as session:
        add(sqlite_ground, session, "other")
        assert reader.names(session) == ["first", "other"]


def test_each_installation_has_its_own(sqlite_ground: Ground, tmp_path: Path) -> None:
    reader = Reader()
    with Session(sqlite_ground.engine) as session:
        add(sqlite_ground, session, "first")
        copy(str(sqlite_ground.engine.url.database), tmp_path / "copy.sqlite3")
        reader.names(session)
        with Session(make_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")) as other:
            reader.names(other)
    assert reader.times == 2


def test_the_oldest_make_room(ground: Ground) -> None:
    reader = Reader(most=2)
    with Session(ground.engine) as session:
        add(ground, session, "first")
        for key in ("a", "b", "a", "c", "a", "b"):
            reader.names(session, key)
    assert reader.times == 4, "b made room for c, a was asked for in between"
