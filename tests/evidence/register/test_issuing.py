"""From an order to a listed file: numbers without gaps, immutable files, and what a failure leaves behind."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence.register import issuing, making, operations, records, rules, store
from dpa.evidence.register.models import DocumentFile, DocumentState, DocumentWork, FileRole, IssuedDocument
from dpa.evidence.seal import operations as seals
from dpa.evidence.trail.models import TrailCheckpoint, TrailEvent
from dpa.evidence.trail.verify import verify_database
from dpa.problems import Conflict, Invalid
from tests.evidence.register.desk import BROKEN, KIND, NOW, Desk, desk_for, second_organisation
from tests.support.databases import Database
from tests.support.seals import SealGround


def actions(desk: Desk) -> list[str]:
    with Session(desk.engine) as session:
        return [row.action for row in session.scalars(select(TrailEvent).order_by(TrailEvent.idx)) if row.subject_type == "document"]


def stored(desk: Desk) -> list[str]:
    return sorted(path.name for path in desk.settings.document_store.rglob("*") if path.is_file())


def attached(content: bytes) -> bytes:
    with pikepdf.open(BytesIO(content)) as pdf:
        return bytes(pdf.attachments["record.json"].get_file().read_bytes())


def test_an_order_becomes_a_sealed_listed_file(desk: Desk) -> None:
    number = desk.order()
    ordered = desk.document(number)
    assert (ordered.state, ordered.reference, ordered.record, ordered.files) == (DocumentState.ORDERED, "LL-TC-2026-0001", None, [])
    assert desk.work() == "1 documents issued"
    row = desk.document(number)
    assert row.state is DocumentState.ISSUED
    assert (row.level, row.issued_at, row.stamp_wanted_since) == ("B-B", NOW, None)
    content = store.get(desk.settings.document_store, row.sha256 or "")
    assert hashlib.sha256(content).hexdigest() == row.sha256 == row.files[0].sha256
    assert (row.size, row.files[0].role, row.pages) == (len(content), FileRole.SEALED, 3)
    assert row.record is not None
    assert attached(content) == row.record.encode()
    assert hashlib.sha256(row.record.encode()).hexdigest() == row.record_sha256
    assert actions(desk) == ["evidence:document:ordered", "evidence:document:issued"]
    assert desk.work() == ""


def test_the_record_holds_the_order_the_seal_and_the_checkpoint(desk: Desk, seal_ground: SealGround) -> None:
    number = desk.order("Ἀλήθεια <b>not bold</b>")
    desk.work()
    row = desk.document(number)
    record = records.read(row.record or "")
    assert records.canonical(records.order_of(record)) == row.content
    assert record["content"] == {"text": "Ἀλήθεια <b>not bold</b>"}
    assert record["seal"]["fingerprint"] == seal_ground.prepared.fingerprint
    assert record["approvals"][0] == {
        "person": "Ana Duarte", "role": "DPO", "act": "approved the certificate", "at": "2026-11-22T12:00:00.000000Z", "signed_in_by": "password",
    }
    with Session(desk.engine) as session:
        checkpoint = session.get_one(TrailCheckpoint, row.checkpoint_size)
        event = session.scalars(select(TrailEvent).where(TrailEvent.action == "evidence:document:ordered")).one()
    assert record["checkpoint"] == checkpoint.note
    assert event.idx < checkpoint.size, "the printed checkpoint covers the order"
    assert json.loads(event.body)["data"]["order_sha256"] == records.digest(row.content)


def test_rendering_the_record_again_gives_the_same_bytes(sqlite_desk: Desk) -> None:
    number = sqlite_desk.order()
    sqlite_desk.work()
    row = sqlite_desk.document(number)
    again = making.again(row.record or "", sqlite_desk.settings)
    assert hashlib.sha256(again).hexdigest() == row.unsealed_sha256
    content = store.get(sqlite_desk.settings.document_store, row.sha256 or "")
    assert content.startswith(again), "the seal only adds to the rendered file"


def order_and_roll_back(desk: Desk) -> None:
    with Session(desk.engine) as session, desk.begin(session) as unit:
        operations.order(unit, desk.wanted())
        raise RuntimeError("rolled back")


def test_numbers_run_without_gaps_per_organisation_kind_and_year(desk: Desk) -> None:
    other = second_organisation(desk)
    for changes in ({}, {"kind": "test-other"}, {}, {"organisation_id": other, "issuer": records.Issuer("Light", "light-company", "Europe/Copenhagen", "DK")}):
        desk.order(**changes)
    with pytest.raises(RuntimeError, match="rolled back"):
        order_and_roll_back(desk)
    desk.order()
    desk.clock.set(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))  # Already 2027 in Paris.
    desk.order()
    assert desk.references() == ["LL-TC-2026-0001", "LL-TO-2026-0001", "LL-TC-2026-0002", "LC-TC-2026-0001", "LL-TC-2026-0003", "LL-TC-2027-0001"]


def test_many_are_ordered_and_issued_in_one_go(desk: Desk) -> None:
    with Session(desk.engine) as session, desk.begin(session) as unit:
        rows = operations.order_many(unit, [desk.wanted(f"Certificate {n}") for n in range(12)])
        assert [row.number for row in rows] == list(range(1, 13))
    assert desk.work() == "12 documents issued"
    with Session(desk.engine) as session:
        issued = session.scalars(select(IssuedDocument)).all()
        assert len({row.sha256 for row in issued}) == 12
        assert len({row.checkpoint_size for row in issued}) == 2, "a chunk of ten shares its checkpoint"
        assert session.scalars(select(DocumentWork)).all() == []
    assert verify_database(desk.engine).ok


def test_one_document_that_cannot_be_made_does_not_stop_the_others(desk: Desk) -> None:
    bad, good = desk.order(BROKEN), desk.order()
    assert desk.work() == "1 documents issued, 1 failed"
    assert desk.document(good).state is DocumentState.ISSUED
    with Session(desk.engine) as session:
        work = session.get_one(DocumentWork, bad)
        assert (work.failures, work.last_error) == (1, "The document could not be made (KeyError); the worker's log names the place.")
        assert work.next_at == NOW + rules.wait_after(1)
    assert desk.work() == "", "it waits"
    desk.pass_time(timedelta(minutes=1))
    assert desk.work() == "1 failed"


def test_nothing_is_issued_that_verification_would_not_read(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A genuine document with a record or file above 10 MB would be called altered, or not be read at all."""
    from dpa.evidence.verification.values import MOST_BYTES

    assert rules.MOST_ORDERED < rules.MOST_FILE < MOST_BYTES - 100_000
    with pytest.raises(Invalid, match="more than one document can hold"):
        sqlite_desk.order("é" * (rules.MOST_ORDERED // 2))
    number = sqlite_desk.order()
    assert sqlite_desk.document(number).number == 1, "what was refused took no number"
    monkeypatch.setattr(rules, "MOST_FILE", 10_000)
    assert sqlite_desk.work() == "1 failed"
    with Session(sqlite_desk.engine) as session:
        assert "more than can be checked" in session.get_one(DocumentWork, number).last_error
    assert stored(sqlite_desk) == []


def test_a_full_disk_leaves_the_order_as_it_was(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = sqlite_desk.order()

    def full(_folder: Path, _content: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(issuing.store, "put", full)
    assert sqlite_desk.work() == "1 failed"
    with Session(sqlite_desk.engine) as session:
        assert "No space left on device" in session.get_one(DocumentWork, number).last_error
    assert sqlite_desk.document(number).state is DocumentState.ORDERED
    monkeypatch.undo()
    sqlite_desk.pass_time(timedelta(minutes=1))
    assert sqlite_desk.work() == "1 documents issued"
    assert sqlite_desk.document(number).reference == "LL-TC-2026-0001"


def test_a_worker_that_comes_back_late_issues_nothing(desk: Desk) -> None:
    number = desk.order()
    with desk.tick() as slow:
        claimed = issuing.claim(slow)
        assert claimed is not None
        desk.pass_time(rules.LEASE + timedelta(seconds=1))
        assert desk.work() == "1 documents issued", "the lease has ended, another worker took it"
        first = desk.document(number)
        assert issuing._issue(slow, claimed[1], claimed[0]) == (0, 0)
    row = desk.document(number)
    assert (row.sha256, row.issued_at) == (first.sha256, first.issued_at)
    assert actions(desk).count("evidence:document:issued") == 1
    with Session(desk.engine) as session:
        assert len(session.scalars(select(DocumentFile)).all()) == 1


def test_a_clock_that_was_set_back_leaves_no_document_waiting(desk: Desk) -> None:
    desk.pass_time(timedelta(days=1))
    number = desk.order()
    desk.clock.set(NOW)
    assert desk.work() == "1 documents issued"
    assert desk.document(number).issued_at == NOW


def test_a_leased_document_is_left_alone(desk: Desk) -> None:
    number = desk.order()
    with desk.tick() as tick:
        assert issuing.claim(tick) is not None
    assert desk.work() == ""
    with desk.tick() as tick:
        assert not issuing.issue_now(tick, number)


def test_somebody_who_waits_gets_the_document_at_once(desk: Desk) -> None:
    number, other = desk.order(), desk.order()
    with desk.tick() as tick:
        assert issuing.issue_now(tick, number)
    assert (desk.document(number).state, desk.document(other).state) == (DocumentState.ISSUED, DocumentState.ORDERED)


def test_a_newer_document_replaces_an_older_one_and_both_stay(desk: Desk) -> None:
    old = desk.order("wrong amount")
    with pytest.raises(Conflict, match="not issued yet"):
        desk.order("right amount", supersedes_id=old, supersede_reason="The amount was mistyped.")
    desk.work()
    before = desk.document(old)
    with pytest.raises(Invalid, match="why the document is replaced"):
        desk.order("right amount", supersedes_id=old, supersede_reason="typo")
    new = desk.order("right amount", supersedes_id=old, supersede_reason="The amount was mistyped.")
    assert desk.document(old).superseded_by_id is None, "until the new one is issued the old one stands"
    with pytest.raises(Conflict, match="was replaced by LL-TC-2026-0002"):
        desk.order("third", supersedes_id=old, supersede_reason="Another attempt at it.")
    desk.work()
    older, newer = desk.document(old), desk.document(new)
    assert (older.superseded_by_id, newer.supersedes_id) == (new, old)
    assert (older.sha256, older.record) == (before.sha256, before.record)
    assert records.read(newer.record or "")["supersedes"] == {"number": older.reference, "sha256": older.sha256, "reason": "The amount was mistyped."}
    assert len(stored(desk)) == 2


def test_a_document_of_another_kind_or_organisation_cannot_be_replaced(desk: Desk) -> None:
    old = desk.order()
    desk.work()
    with pytest.raises(Conflict, match="not one of this kind"):
        desk.order(kind="test-other", supersedes_id=old, supersede_reason="The amount was mistyped.")


def test_a_trail_that_was_rewritten_stops_every_issue(sqlite_desk: Desk) -> None:
    """A checkpoint that contradicts an earlier one is never signed, so nothing can be issued over a rewritten trail."""
    from tests.evidence.ground import disarm

    sqlite_desk.order()
    sqlite_desk.work()
    number = sqlite_desk.order("after the rewrite")
    with sqlite_desk.engine.connect().execution_options(write=True) as connection:
        disarm(connection)
        connection.exec_driver_sql("UPDATE trail_event SET leaf_hash = zeroblob(32) WHERE idx = 0")
        connection.commit()
    assert sqlite_desk.work() == "1 failed"
    with Session(sqlite_desk.engine) as session:
        assert "nothing is signed" in session.get_one(DocumentWork, number).last_error
    assert sqlite_desk.document(number).state is DocumentState.ORDERED


def test_an_organisation_without_a_seal_gets_its_own_on_first_use(sqlite_desk: Desk) -> None:
    other = second_organisation(sqlite_desk)
    number = sqlite_desk.order(organisation_id=other, issuer=records.Issuer("Light Company", "light-company", "Europe/Copenhagen", "DK"))
    assert sqlite_desk.work() == "1 documents issued"
    row = sqlite_desk.document(number)
    assert "Light Company" in records.read(row.record or "")["seal"]["subject"]
    first = row.seal_id
    again = sqlite_desk.order(organisation_id=other, issuer=records.Issuer("Light Company", "light-company", "Europe/Copenhagen", "DK"))
    sqlite_desk.work()
    assert sqlite_desk.document(again).seal_id == first


def test_with_an_authority_a_document_is_stamped_at_once(sqlite_database: Database, seal_ground: SealGround) -> None:
    desk = desk_for(sqlite_database, seal_ground, stamps=True)
    number = desk.order()
    desk.work()
    row = desk.document(number)
    assert (row.level, row.stamp_wanted_since, len(row.files)) == ("B-LTA", None, 1)


def test_an_authority_that_is_down_does_not_stop_the_issue(database: Database, seal_ground: SealGround) -> None:
    from dpa.evidence.register.stamping import add_stamps

    desk = desk_for(database, seal_ground, stamps=True)
    seal_ground.authority.mode = "error"
    number = desk.order()
    assert desk.work() == "1 documents issued"
    first = desk.document(number)
    assert (first.level, first.stamp_wanted_since) == ("B-B", NOW)
    with desk.tick() as tick:
        assert add_stamps(tick) == ""
    seal_ground.authority.mode = "good"
    desk.pass_time(timedelta(minutes=5))
    with desk.tick() as tick:
        assert add_stamps(tick) == "1 of 1 time-stamps added"
    row = desk.document(number)
    assert (row.level, row.stamp_wanted_since, row.sha256) == ("B-LTA", None, first.sha256)
    assert [file.role for file in row.files] == [FileRole.SEALED, FileRole.STAMPED]
    sealed, stamped = (store.get(desk.settings.document_store, file.sha256) for file in row.files)
    assert stamped.startswith(sealed)
    assert actions(desk)[-1] == "evidence:document:stamped"
    with desk.tick() as tick:
        assert add_stamps(tick) == ""


def test_a_document_that_cannot_be_stamped_does_not_keep_the_others_waiting(sqlite_database: Database, seal_ground: SealGround) -> None:
    from dpa.evidence.register.stamping import add_stamps

    desk = desk_for(sqlite_database, seal_ground, stamps=True)
    seal_ground.authority.mode = "error"
    lost = desk.order()
    desk.work()
    desk.pass_time(timedelta(minutes=1))
    waiting = desk.order()
    desk.work()
    store.path_of(desk.settings.document_store, desk.document(lost).sha256 or "").unlink()
    seal_ground.authority.mode = "good"
    with desk.tick() as tick:
        assert add_stamps(tick) == "1 of 2 time-stamps added"
    assert desk.document(waiting).level == "B-LTA"
    assert desk.document(lost).stamp_wanted_since is not None


def test_the_kind_of_the_tests_is_known() -> None:
    from dpa.evidence.register import kinds

    assert kinds.kind_named(KIND).code == "TC"
    with pytest.raises(ValueError, match="share a name or a code"):
        kinds.register(kinds.DocumentKind("another", "TC", "A", "As", "Internal", "r", lambda _: None))  # type: ignore[arg-type, return-value]


def test_what_was_sealed_while_its_seal_was_revoked_is_not_issued(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is opened before the pages are made; a revocation that comes between them must still hold."""
    number = desk.order()
    make = issuing.make

    def overtaken(*made: object) -> making.Made:
        finished = make(*made)  # type: ignore[arg-type]
        with Session(desk.engine) as session, desk.begin(session) as unit:
            identity = seals.queries.active(unit.session, desk.organisation_id)
            assert identity is not None
            seals.revoke(unit, identity, "The key was copied.", desk.settings)
        return finished

    monkeypatch.setattr(issuing, "make", overtaken)
    assert desk.work() == "1 failed"
    row = desk.document(number)
    assert (row.state, row.files) == (DocumentState.ORDERED, [])
    with Session(desk.engine) as session:
        assert session.get_one(DocumentWork, number).last_error == issuing.NO_SEAL.message
    assert verify_database(desk.engine).ok


def test_after_a_revocation_nothing_is_sealed_until_somebody_decides(sqlite_desk: Desk) -> None:
    other = second_organisation(sqlite_desk)
    with Session(sqlite_desk.engine) as session, sqlite_desk.begin(session) as unit:
        identity = seals.queries.active(unit.session, sqlite_desk.organisation_id)
        assert identity is not None
        seals.revoke(unit, identity, "The key was copied.", sqlite_desk.settings)
    stopped = sqlite_desk.order()
    going = sqlite_desk.order(organisation_id=other, issuer=records.Issuer("Light", "light-company", "Europe/Copenhagen", "DK"))
    assert sqlite_desk.work() == "1 documents issued, 1 failed"
    assert sqlite_desk.document(going).state is DocumentState.ISSUED
    with Session(sqlite_desk.engine) as session:
        assert session.get_one(DocumentWork, stopped).last_error == issuing.NO_SEAL.message
