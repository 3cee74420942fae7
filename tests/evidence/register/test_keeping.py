"""Stored files that were altered or lost: seen once a day, told, and no longer told once they were put right."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence.register import jobs, keeping, store
from dpa.evidence.register.models import DocumentCheck, FileFault
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from tests.evidence.register.desk import NOW, Desk
from tests.evidence.register.test_finding import command, events


def check(desk: Desk) -> str:
    with desk.tick() as tick:
        return jobs.check_files(tick)


def faults(desk: Desk, number: int) -> list[tuple[FileFault | None, object]]:
    return [(file.fault, file.fault_since) for file in desk.document(number).files]


def test_what_was_altered_or_lost_is_kept_until_it_is_put_right(desk: Desk) -> None:
    whole, altered, missing = (desk.order(text) for text in ("one", "two", "three"))
    desk.work()
    contents = {}
    for number in (altered, missing):
        path = store.path_of(desk.settings.document_store, desk.document(number).sha256 or "")
        contents[path] = path.read_bytes()
        path.unlink()
        if number == altered:
            path.write_bytes(contents[path] + b"\n")
    assert check(desk) == "3 stored files read, 2 of them missing or altered"
    assert (faults(desk, whole), faults(desk, altered), faults(desk, missing)) == (
        [(None, None)], [(FileFault.ALTERED, NOW)], [(FileFault.MISSING, NOW)],
    )  # fmt: skip
    assert sorted((str(one["number"]), one["fault"]) for one in events(desk, "evidence:file:faulty")) == [("LL-TC-2026-0002", "altered"), ("LL-TC-2026-0003", "missing")]
    assert check(desk) == "", "once a day"
    desk.pass_time(timedelta(hours=24))
    assert check(desk) == "3 stored files read, 2 of them missing or altered"
    assert len(events(desk, "evidence:file:faulty")) == 2, "what was told is not told again"
    assert faults(desk, altered) == [(FileFault.ALTERED, NOW)], "it is dated when it was seen first"
    for path, content in contents.items():
        path.unlink(missing_ok=True)
        path.write_bytes(content)
    desk.pass_time(timedelta(hours=24))
    assert check(desk) == "3 stored files read, 0 of them missing or altered"
    assert faults(desk, altered) == faults(desk, missing) == [(None, None)]
    assert len(events(desk, "evidence:file:whole")) == 2
    with Session(desk.engine) as session:
        assert [(row.files, row.faults) for row in session.scalars(select(DocumentCheck).order_by(DocumentCheck.id))] == [(3, 2), (3, 2), (3, 0)]
    assert verify_database(desk.engine).ok


def test_a_clock_that_was_set_back_does_not_stop_the_readings(sqlite_desk: Desk) -> None:
    sqlite_desk.pass_time(timedelta(days=3))
    assert check(sqlite_desk) == "0 stored files read, 0 of them missing or altered"
    sqlite_desk.clock.set(NOW)
    assert check(sqlite_desk) == "0 stored files read, 0 of them missing or altered"


def test_many_files_are_read_piece_by_piece(sqlite_desk: Desk) -> None:
    for _ in range(5):
        sqlite_desk.order()
    sqlite_desk.work()
    before = keeping.READ_AT_ONCE
    try:
        for size in (1, 2, 5, 6):
            keeping.READ_AT_ONCE = size
            sqlite_desk.pass_time(timedelta(days=1))
            assert check(sqlite_desk) == "5 stored files read, 0 of them missing or altered"
    finally:
        keeping.READ_AT_ONCE = before


def test_the_command_names_each_file_and_says_what_to_do(sqlite_desk: Desk) -> None:
    number = sqlite_desk.order()
    sqlite_desk.work()
    store.path_of(sqlite_desk.settings.document_store, sqlite_desk.document(number).sha256 or "").unlink()
    code, out = command(sqlite_desk)("documents", "check")
    assert (code, out) == (
        1, ("1 stored files read, 1 of them missing or altered.\n"
        "LL-TC-2026-0001: the file as issued is missing; restore it from a backup of the folder of documents.\n"),
    )  # fmt: skip
    with Session(sqlite_desk.engine) as session:
        newest = session.scalars(select(TrailEvent).order_by(TrailEvent.idx.desc()).limit(1)).one()
    assert newest.action == "evidence:file:faulty"
