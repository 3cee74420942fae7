"""Files and numbers against a register that the product filled: real documents, real rows."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from dpa.cli import main
from dpa.config import Settings
from dpa.evidence import trail
from dpa.evidence.events import Event
from dpa.evidence.pdf import Text, render
from dpa.evidence.register import store
from dpa.evidence.register.models import DocumentFile, FileRole, IssuedDocument
from dpa.evidence.register.records import Issuer
from dpa.evidence.register.rules import check_code, spaced
from dpa.evidence.seal import operations as seals
from dpa.evidence.seal.models import SealIdentity
from dpa.evidence.seal.sealing import seal
from dpa.evidence.seal.standing import Standing
from dpa.evidence.verification import checking
from dpa.evidence.verification.checking import check_file, check_number
from dpa.evidence.verification.values import CheckName, Report, Verdict
from dpa.problems import Misconfigured
from tests.evidence.pdf import samples
from tests.evidence.register.desk import NOW, Desk, desk_for, second_organisation
from tests.evidence.verification import forging
from tests.support.databases import Database
from tests.support.seals import SealGround

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def desk(database: Database, seal_ground: SealGround) -> Desk:
    """A register without a time-stamp authority, on each database."""
    return desk_for(database, seal_ground)


@pytest.fixture
def stamping_desk(sqlite_database: Database, seal_ground: SealGround) -> Desk:
    """A register whose documents are stamped."""
    return desk_for(sqlite_database, seal_ground, stamps=True)


def issued(desk: Desk, text: str = "Everything was destroyed.", **changes: object) -> tuple[IssuedDocument, bytes]:
    number = desk.order(text, **changes)
    desk.work()
    row = desk.document(number)
    return row, store.get(desk.settings.document_store, row.sha256 or "")


def checked(desk: Desk, content: bytes, *, apart: bool = False, settings: Settings | None = None) -> Report:
    with Session(desk.engine) as session:
        return check_file(session, content, settings or desk.settings, LATER, apart=apart)


def failed(report: Report) -> list[CheckName]:
    return [check.name for check in report.failed]


def test_an_issued_document_is_issued_and_intact(desk: Desk) -> None:
    row, content = issued(desk)
    report = checked(desk, content)
    assert (report.verdict, report.reference, failed(report)) == (Verdict.ISSUED, row.reference, []), report.failed
    assert checked(desk, content, apart=True) == report


def test_a_stamped_document_and_the_same_without_its_stamp(stamping_desk: Desk) -> None:
    row, content = issued(stamping_desk)
    assert row.level == "B-LTA"
    report = checked(stamping_desk, content, apart=True)
    assert (report.verdict, report.level, failed(report)) == (Verdict.ISSUED, "B-LTA", []), report.failed
    cut = checked(stamping_desk, forging.stamp_cut(content))
    assert (cut.verdict, cut.reference) == (Verdict.NOT_THE_ISSUED_FILE, row.reference)
    assert failed(cut) == [CheckName.REGISTER, CheckName.LEVEL]
    flipped = checked(stamping_desk, forging.stream_flipped(content))
    assert (flipped.verdict, flipped.reference) == (Verdict.ALTERED, ""), "the number of a broken file is not looked up"


def test_a_stamp_that_was_added_later_leaves_both_files_issued(stamping_desk: Desk, seal_ground: SealGround) -> None:
    """Without the authority the file is issued at once; the stamped one is listed beside it."""
    from dpa.evidence.seal.sealing import add_stamp

    seal_ground.authority.mode = "refused"
    row, content = issued(stamping_desk)
    assert row.level == "B-B"
    seal_ground.authority.mode = "good"
    later = add_stamp(content, seal_ground.stamper(), seal_ground.sealer.material)
    stamped = later.content
    unlisted = checked(stamping_desk, stamped)
    assert (unlisted.verdict, failed(unlisted)) == (Verdict.NOT_THE_ISSUED_FILE, [CheckName.REGISTER])
    _list_file(stamping_desk, row, stamped, FileRole.STAMPED, later.level)
    for file in (content, stamped):
        assert checked(stamping_desk, file).verdict is Verdict.ISSUED


def _list_file(desk: Desk, row: IssuedDocument, content: bytes, role: FileRole, level: str) -> None:
    with Session(desk.engine) as session, desk.begin(session) as unit:
        file = DocumentFile(sha256=hashlib.sha256(content).hexdigest(), document_id=row.id, role=role, level=level, size=len(content), at=LATER)
        session.add(file)
        session.flush()
        trail.record(
            unit, Event.DOCUMENT_STAMPED, subject=("document", row.id), organisation_id=row.organisation_id, covers=[file],
            data={"number": row.reference, "sha256": file.sha256, "level": level},
        )  # fmt: skip


def test_a_bundle_is_no_issued_document(stamping_desk: Desk) -> None:
    row, _ = issued(stamping_desk)
    bundle = b"PK\x03\x04 a proof bundle"
    _list_file(stamping_desk, row, bundle, FileRole.BUNDLE, "")
    report = checked(stamping_desk, bundle)
    assert report.verdict is Verdict.UNREADABLE
    assert CheckName.REGISTER in failed(report)


def test_a_row_that_the_trail_knows_nothing_of_lists_no_file(stamping_desk: Desk) -> None:
    """The owner of the database lists an older state of a document, whose archive time-stamp was cut off, as one that was issued."""
    row, content = issued(stamping_desk)
    cut = forging.stamp_cut(content)
    with stamping_desk.engine.connect().execution_options(write=True) as connection:
        values = {"sha256": hashlib.sha256(cut).hexdigest(), "size": len(cut), "id": row.id}
        connection.execute(text(
            "INSERT INTO document_file (sha256, document_id, role, level, size, at) "
            "SELECT :sha256, document_id, role, 'B-LT', :size, at FROM document_file WHERE document_id = :id"
        ), values)  # fmt: skip
        connection.commit()
    report = checked(stamping_desk, cut)
    assert (report.verdict, failed(report)) == (Verdict.NOT_THE_ISSUED_FILE, [CheckName.REGISTER])
    assert "no entry of the trail" in report.failed[0].sentence


def test_a_revocation_counts_for_everybody_who_uses_the_certificate(desk: Desk) -> None:
    other = second_organisation(desk)
    with Session(desk.engine) as session, desk.begin(session) as unit:
        own = seals.queries.active(unit.session, desk.organisation_id)
        assert own is not None
        columns = {column.key: getattr(own, column.key) for column in SealIdentity.__table__.columns if column.key not in {"id", "organisation_id"}}
        twin = SealIdentity(organisation_id=other, **columns)
        unit.session.add(twin)
        unit.session.flush()
        trail.record(unit, Event.SEAL_INSTALLED, subject=("seal", twin.id), organisation_id=other, covers=[twin],
                     data={"backend": "builtin", "fingerprint": twin.fingerprint, "root": twin.root_fingerprint, "until": "2029-01-01"})  # fmt: skip
    _, content = issued(desk)
    assert checked(desk, content).verdict is Verdict.ISSUED
    with Session(desk.engine) as session, desk.begin(session) as unit:
        own = seals.queries.active(unit.session, desk.organisation_id)
        assert own is not None
        fingerprint = own.fingerprint
        seals.revoke(unit, own, "The key was copied.", desk.settings)
    with Session(desk.engine) as session:
        identities = list(session.scalars(select(SealIdentity)))
        for order in (identities, identities[::-1]):
            assert checking._identities(order)[fingerprint].revoked_at == NOW


def test_whoever_seals_for_one_organisation_learns_no_numbers_of_another(desk: Desk, seal_ground: SealGround) -> None:
    other = second_organisation(desk)
    theirs, _ = issued(desk, organisation_id=other, issuer=Issuer("Light", "light-company", "Europe/Copenhagen", "DK"))
    forged = seal(
        render(replace(samples.document(Text("x")), record=json.dumps({"number": theirs.reference}).encode())).content,
        seal_ground.sealer, reason="Forged", at=NOW, stamper=None,
    ).content  # fmt: skip
    report = checked(desk, forged)
    assert (report.verdict, report.reference) == (Verdict.NOT_THE_ISSUED_FILE, "")
    assert theirs.reference not in " ".join(check.sentence for check in report.checks)


def test_a_superseded_document_names_the_newer_one(desk: Desk) -> None:
    row, content = issued(desk)
    newer, fresh = issued(desk, "Everything but one backup was destroyed.", supersedes_id=row.id, supersede_reason="A backup was found.")
    report = checked(desk, content)
    assert (report.verdict, failed(report)) == (Verdict.SUPERSEDED, [CheckName.CURRENT])
    assert newer.reference in report.failed[0].sentence
    assert checked(desk, fresh).verdict is Verdict.ISSUED


def test_a_document_that_the_register_lost_is_authentic_only(desk: Desk) -> None:
    """The seal alone does not make an issued document: whoever has the key could have sealed anything."""
    row, content = issued(desk)
    with desk.engine.connect().execution_options(write=True) as connection:
        connection.exec_driver_sql("DELETE FROM document_file")
        connection.exec_driver_sql(f"UPDATE issued_document SET reference = 'LL-TC-2026-0099', sha256 = NULL WHERE id = {row.id}")
        connection.commit()
    report = checked(desk, content)
    assert (report.verdict, report.reference) == (Verdict.NOT_THE_ISSUED_FILE, "")
    assert failed(report) == [CheckName.RECORD, CheckName.REGISTER]


def test_a_seal_that_was_revoked_since_is_rejected_even_if_listed(desk: Desk) -> None:
    _, content = issued(desk)
    desk.pass_time(timedelta(minutes=30))
    with Session(desk.engine) as session, desk.begin(session) as unit:
        seals.revoke(unit, session.scalars(select(SealIdentity)).one(), "The key was copied.", desk.settings)
    report = checked(desk, content)
    assert (report.verdict, report.standing, failed(report)) == (Verdict.REVOKED, Standing.UNTOLD, [CheckName.REVOCATION, CheckName.IDENTITY])
    assert "could have made it since" in report.failed[0].sentence
    assert "The register says that exactly this file was issued on" in report.summary


def test_a_file_of_strangers_names_no_document_of_ours(desk: Desk, seal_ground: SealGround) -> None:
    from dpa.evidence.seal.sealing import seal
    from tests.evidence.verification import lab

    row, _ = issued(desk)
    foreign = seal(lab.unsealed(), seal_ground.stranger, reason="Document issued", at=seal_ground.at, stamper=None).content
    report = checked(desk, foreign)
    assert (report.verdict, report.reference) == (Verdict.NOT_OURS, "")
    assert row.reference not in json.dumps(report.to_json())
    assert CheckName.SIGNER in failed(report)


def test_roots_that_cannot_be_read_are_a_problem_not_a_verdict(stamping_desk: Desk, tmp_path: Path) -> None:
    _, content = issued(stamping_desk)
    for path, written in ((tmp_path / "absent.pem", None), (tmp_path / "words.pem", "no certificates")):
        if written:
            path.write_text(written)
        with pytest.raises(Misconfigured, match="DPA_TSA_ROOTS"):
            checked(stamping_desk, content, settings=stamping_desk.settings.model_copy(update={"tsa_roots": path}))


# --- numbers ---------------------------------------------------------------------------------------------------


def test_a_number_needs_the_code_of_its_page(desk: Desk) -> None:
    row, _ = issued(desk)
    digest = row.record_sha256 or ""
    with Session(desk.engine) as session:
        for code in (check_code(digest), spaced(check_code(digest)), spaced(check_code(digest)).upper() + " …", digest):
            listed = check_number(session, f" {row.reference.lower()} ", code)
            assert listed is not None
            assert (listed.reference, listed.kind, listed.issued_at, listed.superseded) == (row.reference, row.kind, row.issued_at, False)
            assert "Only the file can show that the page is unchanged" in listed.sentence
            assert "destroyed" not in listed.sentence
        wrong = ("0" if digest[15] != "0" else "1").join((digest[:15], ""))
        for reference, code in ((row.reference, wrong), (row.reference, digest[:15]), (row.reference, ""), (row.reference, "x" * 16), ("LL-TC-2026-0002", digest), ("", digest), ("%", digest)):
            assert check_number(session, reference, code) is None


def test_a_number_says_when_it_is_superseded(desk: Desk) -> None:
    row, _ = issued(desk)
    newer, _ = issued(desk, "Another.", supersedes_id=row.id, supersede_reason="A correction.")
    with Session(desk.engine) as session:
        listed = check_number(session, row.reference, row.record_sha256 or "")
    assert listed is not None
    assert listed.superseded
    assert newer.reference not in listed.sentence


def test_an_order_that_is_not_issued_has_no_number_to_check(desk: Desk) -> None:
    row = desk.document(desk.order())
    with Session(desk.engine) as session:
        assert check_number(session, row.reference, "0" * 16) is None


# --- the command -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


class Command(Protocol):
    def __call__(self, *words: str, **surroundings: str) -> Done: ...


@pytest.fixture
def dpa(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command in this process."""

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


def surroundings(desk: Desk) -> dict[str, str]:
    return {"DPA_INSTANCE": str(desk.settings.instance), "DATABASE_URL": desk.settings.database_url}


def test_the_command_tells_the_verdict(desk: Desk, tmp_path: Path, dpa: Command) -> None:
    row, content = issued(desk)
    file = tmp_path / "notice.pdf"
    file.write_bytes(content)
    done = dpa("verify", str(file), **surroundings(desk))
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.startswith(f"issued and intact: {row.reference}\n")
    assert len(done.stdout.strip().splitlines()) == 3 + len(CheckName)
    said = json.loads(dpa("verify", str(file), "--json", **surroundings(desk)).stdout)
    assert (said["verdict"], said["reference"], len(said["checks"])) == ("issued and intact", row.reference, len(CheckName))
    file.write_bytes(content + b"%")
    done = dpa("verify", str(file), **surroundings(desk))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("altered")
    assert "NO  coverage" in done.stdout


def test_the_command_reads_a_read_only_copy(stamping_desk: Desk, tmp_path: Path, dpa: Command) -> None:
    _, content = issued(stamping_desk)
    stamping_desk.engine.dispose()
    medium = tmp_path / "medium"
    medium.mkdir()
    shutil.copyfile(stamping_desk.settings.instance / "dpa.sqlite3", medium / "copy.sqlite3")
    (medium / "notice.pdf").write_bytes(content)
    for path in (medium / "copy.sqlite3", medium / "notice.pdf"):
        path.chmod(0o400)
    medium.chmod(0o500)
    try:
        done = dpa("verify", str(medium / "notice.pdf"), DPA_INSTANCE=str(tmp_path / "nowhere"), DATABASE_URL=f"sqlite:///{medium / 'copy.sqlite3'}", DPA_TSA_ROOTS=str(stamping_desk.settings.tsa_roots))
    finally:
        medium.chmod(0o700)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert not (tmp_path / "nowhere").exists()


def test_wrong_use_is_one_sentence(sqlite_database: Database, tmp_path: Path, dpa: Command) -> None:
    good = {"DPA_INSTANCE": str(sqlite_database.folder), "DATABASE_URL": sqlite_database.url}
    large, small, empty = tmp_path / "large.pdf", tmp_path / "small.pdf", tmp_path / "empty.sqlite3"
    small.write_bytes(b"%PDF-1.7")
    empty.write_bytes(b"")
    with large.open("wb") as file:
        os.truncate(file.fileno(), 10_000_001)
    for words, url, sentence in [
        ((str(tmp_path / "absent.pdf"),), sqlite_database.url, "cannot be read: No such file"),
        ((str(tmp_path),), sqlite_database.url, "cannot be read: Is a directory"),
        ((str(large),), sqlite_database.url, "larger than 10 MB"),
        ((str(small),), f"sqlite:///{tmp_path / 'absent.sqlite3'}", "There is no database file"),
        ((str(small),), f"sqlite:///{empty}", "no register of issued files"),
        ((), sqlite_database.url, "Missing argument"),
        ((str(small), "--jso"), sqlite_database.url, "No such option"),
    ]:
        done = dpa("verify", *words, **good | {"DATABASE_URL": url})
        assert (done.returncode, done.stdout) == (2, ""), done
        assert sentence in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    done = dpa("verify", str(small), **good)
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "cannot be read")
