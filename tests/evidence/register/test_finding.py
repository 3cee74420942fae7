"""After an older database was restored: what left the house before keeps its numbers, and is listed again."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence.register import finding, issuing, records, rules, store
from dpa.evidence.register.finding import Outcome
from dpa.evidence.register.models import DocumentFile, DocumentState, FileRole, IssuedDocument
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from dpa.evidence.verification.checking import check_file, check_number
from dpa.evidence.verification.values import CheckName, Verdict
from tests.evidence.register.desk import NOW, Desk, desk_for
from tests.support.databases import ROOT, Database
from tests.support.seals import SealGround

LATER = NOW + timedelta(days=2)


@pytest.fixture
def before(sqlite_template: Path, tmp_path: Path, seal_ground: SealGround) -> Desk:
    """The house as it was until an older copy of its database was restored: same organisation, same seal, a database of its own."""
    return elsewhere(sqlite_template, tmp_path / "before", seal_ground)


def elsewhere(template: Path, folder: Path, seal_ground: SealGround, *, stamps: bool = False) -> Desk:
    from dpa.database import make_engine

    folder.mkdir()
    shutil.copyfile(template, folder / "dpa.sqlite3")
    url = f"sqlite:///{folder / 'dpa.sqlite3'}"
    return desk_for(Database("sqlite", url, make_engine(url, durable=False), folder), seal_ground, stamps=stamps)


def keep_files(before: Desk, desk: Desk) -> None:
    """The folder of documents survives, the rows do not."""
    shutil.copytree(before.settings.document_store, desk.settings.document_store, dirs_exist_ok=True)


def found(desk: Desk, *, restored: bool = False) -> Outcome:
    with desk.tick() as tick:
        return finding.list_found(tick.session, tick.settings, tick.now, tick.begin, restored=restored)


def events(desk: Desk, action: str) -> list[dict[str, object]]:
    with Session(desk.engine) as session:
        return [json.loads(row.body)["data"] for row in session.scalars(select(TrailEvent).where(TrailEvent.action == action).order_by(TrailEvent.idx))]


def test_numbers_that_left_the_house_are_not_given_out_again(desk: Desk, before: Desk) -> None:
    numbers = [before.order(f"Certificate {n}") for n in (1, 2, 3)]
    before.work()
    keep_files(before, desk)
    store.path_of(desk.settings.document_store, before.document(numbers[1]).sha256 or "").unlink()
    desk.clock.set(LATER)
    assert found(desk).listed == ("LL-TC-2026-0001", "LL-TC-2026-0003")
    assert desk.document(desk.order()).reference == "LL-TC-2026-0004"
    assert desk.document(desk.order(kind="test-other")).reference == "LL-TO-2026-0001", "other series count as before"
    assert [(one["first"], one["last"], one["year"]) for one in events(desk, "evidence:numbers:passed_over")] == [(1, 3, 2026)]
    assert desk.work() == "2 documents issued"
    assert found(desk) == Outcome(), "nothing is found twice"
    assert verify_database(desk.engine).ok


def test_what_is_listed_again_verifies_as_issued_and_says_since_when(desk: Desk, before: Desk) -> None:
    original = before.document(number) if (number := before.order()) and before.work() else None
    assert original is not None
    keep_files(before, desk)
    desk.clock.set(LATER)
    found(desk)
    row = desk.document(1)
    assert (row.reference, row.record, row.sha256, row.issued_at, row.found_at) == (original.reference, original.record, original.sha256, NOW, LATER)
    assert (row.title, row.addressee, row.pages, row.level, row.content) == (original.title, original.addressee, original.pages, "B-B", original.content)
    assert [one["sha256"] for one in events(desk, "evidence:document:found")] == [row.sha256]
    with Session(desk.engine) as session:
        report = check_file(session, store.get(desk.settings.document_store, row.sha256 or ""), desk.settings, LATER)
        listed = check_number(session, row.reference, rules.check_code(row.record_sha256 or ""))
    assert report.verdict is Verdict.ISSUED
    assert "listed again on 24 November 2026" in next(check.sentence for check in report.checks if check.name is CheckName.REGISTER)
    assert listed is not None


def test_a_row_written_past_the_product_is_not_listed_again(sqlite_desk: Desk, before: Desk) -> None:
    """Only the entry of the trail makes a found document an issued one."""
    before.order()
    before.work()
    keep_files(before, sqlite_desk)
    found(sqlite_desk)
    from tests.evidence.ground import disarm

    with sqlite_desk.engine.connect().execution_options(write=True) as connection:
        disarm(connection)
        connection.exec_driver_sql("UPDATE trail_event SET action = 'evidence:document:looked_at' WHERE action = 'evidence:document:found'")
        connection.commit()
    with Session(sqlite_desk.engine) as session:
        content = store.get(sqlite_desk.settings.document_store, sqlite_desk.document(1).sha256 or "")
        assert check_file(session, content, sqlite_desk.settings, NOW, apart=False).verdict is Verdict.NOT_THE_ISSUED_FILE


def test_an_order_that_waits_under_such_a_number_gets_another(desk: Desk, before: Desk) -> None:
    before.order("The first one")
    before.work()
    keep_files(before, desk)
    waiting = desk.order("Ordered after the restore")
    with desk.tick() as slow:
        claimed = issuing.claim(slow)
        assert claimed is not None
        outcome = found(desk)
        assert outcome.renumbered == (("LL-TC-2026-0001", "LL-TC-2026-0002"),)
        issuing._issue(slow, claimed[1], claimed[0])
        assert desk.document(waiting).state is DocumentState.ORDERED, "who was making it under its old number made it in vain"
    assert desk.work() == "1 documents issued"
    row = desk.document(waiting)
    assert (row.reference, row.number, records.read(row.record or "")["number"]) == ("LL-TC-2026-0002", 2, "LL-TC-2026-0002")
    moved = events(desk, "evidence:document:renumbered")
    assert [(one["former"], one["number"], one["order_sha256"]) for one in moved] == [("LL-TC-2026-0001", "LL-TC-2026-0002", records.digest(row.content))]
    assert sorted(desk.references()) == ["LL-TC-2026-0001", "LL-TC-2026-0002"]


def test_a_number_that_was_given_out_twice_is_told(desk: Desk, before: Desk) -> None:
    before.order("The first one")
    before.work()
    second = desk.order("The second one")
    desk.work()
    keep_files(before, desk)
    outcome = found(desk)
    assert (outcome.listed, outcome.twice) == (("LL-TC-2026-0001",), ("LL-TC-2026-0001",))
    assert "two documents bear it" in " ".join(outcome.lines())
    with Session(desk.engine) as session:
        rows = session.scalars(select(IssuedDocument).order_by(IssuedDocument.id)).all()
        assert [(row.reference, row.found_at is None) for row in rows] == [("LL-TC-2026-0001", True), ("LL-TC-2026-0001", False)]
        for row in rows:
            content = store.get(desk.settings.document_store, row.sha256 or "")
            assert check_file(session, content, desk.settings, NOW, apart=False).verdict is Verdict.ISSUED
            listed = check_number(session, row.reference, rules.check_code(row.record_sha256 or ""))
            assert listed is not None
    assert desk.document(second).found_at is None


def test_what_a_crash_left_behind_is_left_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = desk.order()
    monkeypatch.setattr(issuing, "_list_one", lambda *_: False)
    desk.work()
    monkeypatch.undo()
    assert len(list(store.digests(desk.settings.document_store))) == 1
    assert found(desk) == Outcome()
    desk.pass_time(rules.LEASE + timedelta(minutes=30))
    assert desk.work() == "1 documents issued"
    assert found(desk) == Outcome()
    assert desk.document(number).reference == "LL-TC-2026-0001"


def test_when_a_line_begins_the_file_of_a_waiting_order_counts_as_gone_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy that was restored is of the moment between order and issue: its document left the house all the same."""
    number = desk.order()
    monkeypatch.setattr(issuing, "_list_one", lambda *_: False)
    desk.work()
    monkeypatch.undo()
    outcome = found(desk, restored=True)
    assert (outcome.listed, outcome.renumbered) == (("LL-TC-2026-0001",), (("LL-TC-2026-0001", "LL-TC-2026-0002"),))
    desk.pass_time(timedelta(minutes=30))
    assert desk.work() == "1 documents issued"
    assert desk.document(number).reference == "LL-TC-2026-0002"
    assert found(desk, restored=True) == Outcome()


def test_a_file_without_a_seal_of_ours_only_keeps_its_number(sqlite_desk: Desk, before: Desk) -> None:
    number = before.order()
    before.work()
    keep_files(before, sqlite_desk)
    path = store.path_of(sqlite_desk.settings.document_store, before.document(number).sha256 or "")
    with pikepdf.open(path) as pdf:
        pdf.save(path.with_name("resaved"))  # Loses its seal.
    store.put(sqlite_desk.settings.document_store, path.with_name("resaved").read_bytes())
    path.unlink()
    store.put(sqlite_desk.settings.document_store, b"%PDF-1.7 nothing of ours")
    store.put(sqlite_desk.settings.document_store, b"\x89PNG a logo")
    outcome = found(sqlite_desk)
    assert (outcome.listed, outcome.doubtful) == ((), ("LL-TC-2026-0001",))
    assert sqlite_desk.document(sqlite_desk.order()).reference == "LL-TC-2026-0002"
    assert events(sqlite_desk, "evidence:document:found") == []


def test_a_replaced_document_stays_replaced(desk: Desk, before: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    old = before.order("wrong amount")
    before.work()
    before.pass_time(timedelta(minutes=1))
    before.order("right amount", supersedes_id=old, supersede_reason="The amount was mistyped.")
    before.work()
    keep_files(before, desk)
    assert found(desk).listed == ("LL-TC-2026-0001", "LL-TC-2026-0002")
    older, newer = desk.document(1), desk.document(2)
    assert (older.superseded_by_id, newer.supersedes_id, newer.supersede_reason) == (newer.id, older.id, "The amount was mistyped.")
    with Session(desk.engine) as session:
        content = store.get(desk.settings.document_store, older.sha256 or "")
        assert check_file(session, content, desk.settings, NOW, apart=False).verdict is Verdict.SUPERSEDED


def test_a_later_time_stamp_is_a_file_of_the_same_document(sqlite_database: Database, sqlite_template: Path, tmp_path: Path, seal_ground: SealGround) -> None:
    from dpa.evidence.register.stamping import add_stamps

    desk = desk_for(sqlite_database, seal_ground, stamps=True)
    before = elsewhere(sqlite_template, tmp_path / "before", seal_ground, stamps=True)
    seal_ground.authority.mode = "error"
    before.order()
    before.work()
    seal_ground.authority.mode = "good"
    with before.tick() as tick:
        add_stamps(tick)
    keep_files(before, desk)
    assert found(desk).listed == ("LL-TC-2026-0001",)
    row = desk.document(1)
    assert (row.level, {file.role: file.level for file in row.files}) == ("B-LTA", {FileRole.SEALED: "B-B", FileRole.STAMPED: "B-LTA"})
    with Session(desk.engine) as session:
        for file in session.scalars(select(DocumentFile)):
            report = check_file(session, store.get(desk.settings.document_store, file.sha256), desk.settings, NOW, apart=False)
            assert report.verdict is Verdict.ISSUED


def command(desk: Desk) -> Callable[..., tuple[int, str]]:
    def run(*arguments: str) -> tuple[int, str]:
        surroundings = {
            **os.environ, "DATABASE_URL": desk.engine.url.render_as_string(hide_password=False), "DPA_INSTANCE": str(desk.settings.instance),
        }  # fmt: skip
        done = subprocess.run([sys.executable, "-c", "from dpa.cli import main; main()", *arguments], cwd=ROOT, env=surroundings, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def test_restoring_a_backup_from_its_beginning_to_its_end(sqlite_desk: Desk) -> None:
    """As an operator lives through it: a backup, two more documents, the disaster, the restore, and the command that begins anew."""
    dpa, live = command(sqlite_desk), Path(sqlite_desk.engine.url.database or "")
    sqlite_desk.order("Before the backup")
    sqlite_desk.work()
    with sqlite3.connect(live) as source, sqlite3.connect(live.with_name("backup.sqlite3")) as target:
        source.backup(target)
    for text in ("After the backup", "Also after it"):
        sqlite_desk.order(text)
    sqlite_desk.work()
    sqlite_desk.engine.dispose()
    with sqlite3.connect(live.with_name("backup.sqlite3")) as source, sqlite3.connect(live) as target:
        source.backup(target)
    waiting = sqlite_desk.order("Ordered before anybody noticed")
    assert sqlite_desk.document(waiting).reference == "LL-TC-2026-0002", "that number left the house before"
    assert sqlite_desk.work() == "1 failed", "nothing is sealed against the log of checkpoints"
    code, out = dpa("trail", "rotate-key", "--anew", "--reason", "restored the backup of this morning")
    assert code == 0, out
    for line in (
        "LL-TC-2026-0002: issued before an older database was restored; its file was in the store, and it is listed again.",
        "LL-TC-2026-0003: issued before an older database was restored; its file was in the store, and it is listed again.",
        "LL-TC-2026-0002: the order that waited under this number is now LL-TC-2026-0004.",
    ):
        assert line in out
    sqlite_desk.clock.set(NOW + timedelta(minutes=30))
    assert sqlite_desk.work() == "1 documents issued"
    assert sqlite_desk.document(waiting).reference == "LL-TC-2026-0004"
    assert dpa("documents", "check") == (0, "4 stored files read, 0 of them missing or altered.\n")
    assert dpa("trail", "verify")[0] == 0
