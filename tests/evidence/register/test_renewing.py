"""The proof of a document's time lasts: read from the file, renewed before it ends, told when it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence import concerns
from dpa.evidence.pages.document import file_name
from dpa.evidence.register import proofs, renewal, renewing, store
from dpa.evidence.register.models import FileRole
from dpa.evidence.register.proofs import DocumentProof
from dpa.evidence.seal import authorities, stamping
from dpa.evidence.seal import operations as seals
from dpa.evidence.seal.certificates import der, fingerprint
from dpa.evidence.seal.models import SealIdentity, StampRoot
from dpa.evidence.seal.standing import Standing
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.verification.checking import check_file, check_number
from dpa.evidence.verification.values import CheckName, Report, Verdict
from tests.evidence.pdf import verapdf
from tests.evidence.register.desk import NOW, Desk, desk_for
from tests.support import seals as ground_of
from tests.support.databases import Database
from tests.support.seals import Issued, SealGround

YEAR = timedelta(days=365)
FIRST_END = NOW + 2 * YEAR
SECOND_END = NOW + 6 * YEAR


@dataclass
class Clockmaker:
    """Lets the test authority sign with certificates that end."""

    ground: SealGround
    key: rsa.RSAPrivateKey

    def until(self, end: datetime) -> None:
        """From now on the authority signs with a certificate that ends then."""
        made = ground_of.certificate(
            self.key, "Test Time-Stamp Authority", self.ground.authority.root, purposes=[ExtendedKeyUsageOID.TIME_STAMPING], binding=False,
            valid=(datetime(2026, 1, 1, tzinfo=UTC), end),
        )
        self.ground.authority.leaf = Issued(made, self.key)
        stamping.forget()


@pytest.fixture
def clockmaker(seal_ground: SealGround) -> object:
    former = seal_ground.authority.leaf
    yield Clockmaker(seal_ground, former.key)
    seal_ground.authority.leaf = former


@pytest.fixture
def desk(database: Database, seal_ground: SealGround, clockmaker: Clockmaker) -> Desk:
    """An organisation whose documents are stamped by an authority whose certificate ends in two years, on each database."""
    clockmaker.until(FIRST_END)
    return desk_for(database, seal_ground, stamps=True)


@pytest.fixture
def sqlite_desk(sqlite_database: Database, seal_ground: SealGround, clockmaker: Clockmaker) -> Desk:
    clockmaker.until(FIRST_END)
    return desk_for(sqlite_database, seal_ground, stamps=True)


def issue(desk: Desk, ground: SealGround, text: str = "Everything was destroyed.") -> int:
    ground.authority.at = desk.clock.now()
    number = desk.order(text)
    desk.work()
    return number


def read(desk: Desk) -> str:
    with desk.tick() as tick:
        return renewing.read_proofs(tick)


def renew(desk: Desk, ground: SealGround) -> str:
    ground.authority.at = desk.clock.now()
    with desk.tick() as tick:
        return renewing.renew_stamps(tick)


def proof(desk: Desk, number: int) -> DocumentProof:
    with Session(desk.engine, expire_on_commit=False) as session:
        return proofs.of(session, [number])[number]


def files(desk: Desk, number: int) -> list[bytes]:
    return [store.get(desk.settings.document_store, file.sha256) for file in desk.document(number).files]


def checked(desk: Desk, content: bytes, **settings: object) -> Report:
    with Session(desk.engine) as session:
        return check_file(session, content, desk.settings.model_copy(update=settings), desk.clock.now(), apart=False)


def held(report: Report, name: CheckName) -> bool | None:
    return next(check.passed for check in report.checks if check.name is name)


def keys(desk: Desk, **settings: object) -> list[str]:
    with Session(desk.engine) as session:
        found = concerns.concerns(session, desk.clock.now(), desk.settings.model_copy(update=settings))
    return [one.key for one in found if one.key.startswith("stamp-renewal")]


def test_what_a_file_proves_is_read_from_it_once(desk: Desk, seal_ground: SealGround) -> None:
    number = issue(desk, seal_ground)
    assert read(desk) == "1 proofs of time read"
    found = proof(desk, number)
    assert (found.proved_at, found.stamped_at, found.ends_at, found.authority) == (NOW, NOW, FIRST_END, "Test Time-Stamp Authority")
    assert found.sha256 == desk.document(number).sha256
    assert read(desk) == ""


def test_a_damaged_file_does_not_keep_the_others_unread(sqlite_desk: Desk, seal_ground: SealGround) -> None:
    lost, kept = issue(sqlite_desk, seal_ground), issue(sqlite_desk, seal_ground, "Another.")
    path = store.path_of(sqlite_desk.settings.document_store, sqlite_desk.document(lost).sha256 or "")
    path.chmod(0o600)
    path.write_bytes(b"not what it was")
    assert read(sqlite_desk) == "1 proofs of time read"
    with Session(sqlite_desk.engine) as session:
        assert list(session.scalars(select(DocumentProof.document_id))) == [kept]


def test_a_time_stamp_is_renewed_before_its_certificate_ends(desk: Desk, seal_ground: SealGround, clockmaker: Clockmaker, tmp_path: Path) -> None:
    number = issue(desk, seal_ground)
    read(desk)
    clockmaker.until(SECOND_END)
    desk.clock.set(FIRST_END - renewal.RENEW_BEFORE - timedelta(days=1))
    assert renew(desk, seal_ground) == "", "not before its time"
    desk.pass_time(timedelta(days=2))
    assert renew(desk, seal_ground) == "1 of 1 time-stamps renewed"
    assert renew(desk, seal_ground) == "", "and once"
    row, found = desk.document(number), proof(desk, number)
    assert [file.role for file in row.files] == [FileRole.SEALED, FileRole.STAMPED]
    assert (row.level, row.files[1].level, found.sha256) == ("B-LTA", "B-LTA", row.files[1].sha256)
    assert (found.proved_at, found.stamped_at, found.ends_at) == (NOW, desk.clock.now(), SECOND_END), "the oldest proof stays"
    before, after = files(desk, number)
    assert after.startswith(before)
    for content in (before, after):
        report = checked(desk, content)
        assert (report.verdict, report.reference, report.failed) == (Verdict.ISSUED, row.reference, ()), report.failed
    file = tmp_path / "renewed.pdf"
    file.write_bytes(after)
    verapdf.assert_compliant([file])


def test_the_renewed_file_outlives_both_certificates_without_the_register(sqlite_desk: Desk, seal_ground: SealGround, clockmaker: Clockmaker) -> None:
    """The seal's certificate ended in its third year, the first authority's in its second; the newer time-stamp carries both, and a third one goes on."""
    number = issue(sqlite_desk, seal_ground)
    read(sqlite_desk)
    clockmaker.until(SECOND_END)
    sqlite_desk.clock.set(FIRST_END - timedelta(days=100))
    assert renew(sqlite_desk, seal_ground) == "1 of 1 time-stamps renewed"
    sqlite_desk.clock.set(NOW + 5 * YEAR)
    before, after = files(sqlite_desk, number)
    assert [held(checked(sqlite_desk, after), name) for name in (CheckName.VALIDITY, CheckName.AUTHORITY)] == [True, True]
    assert held(checked(sqlite_desk, before), CheckName.VALIDITY) is None, "the older file rests on the register by then"
    assert checked(sqlite_desk, before).verdict is Verdict.ISSUED
    clockmaker.until(NOW + 12 * YEAR)
    sqlite_desk.clock.set(SECOND_END - timedelta(days=10))
    assert renew(sqlite_desk, seal_ground) == "1 of 1 time-stamps renewed"
    sqlite_desk.clock.set(NOW + 9 * YEAR)
    newest = files(sqlite_desk, number)[-1]
    row = sqlite_desk.document(number)
    names = [file_name(row.reference, file, newest=file is row.files[-1]) for file in row.files]
    assert names == [f"{row.reference}-as-issued.pdf", f"{row.reference}-stamped-2028-08-13.pdf", f"{row.reference}.pdf"], "each file has a name of its own"
    report = checked(sqlite_desk, newest)
    assert (report.verdict, report.level, report.failed) == (Verdict.ISSUED, "B-LTA", ())
    assert (held(report, CheckName.VALIDITY), held(report, CheckName.AUTHORITY), report.proved_at) == (True, True, NOW)


def test_while_the_authority_signs_with_the_same_certificate_nothing_is_added(sqlite_desk: Desk, seal_ground: SealGround, clockmaker: Clockmaker) -> None:
    number = issue(sqlite_desk, seal_ground)
    read(sqlite_desk)
    sqlite_desk.clock.set(FIRST_END - timedelta(days=100))
    assert renew(sqlite_desk, seal_ground) == ""
    clockmaker.until(FIRST_END + renewal.LEAST_GAIN - timedelta(days=1))
    assert renew(sqlite_desk, seal_ground) == ""
    assert len(desk_files := sqlite_desk.document(number).files) == 1, desk_files


def test_an_authority_that_fails_or_is_gone_is_told_after_a_day(desk: Desk, seal_ground: SealGround) -> None:
    issue(desk, seal_ground)
    read(desk)
    begin = FIRST_END - renewal.RENEW_BEFORE
    seal_ground.authority.mode = "refused"
    desk.clock.set(begin + timedelta(hours=23))
    assert renew(desk, seal_ground) == ""
    assert keys(desk) == []
    desk.clock.set(begin + timedelta(hours=24))
    assert keys(desk) == [f"stamp-renewal:1:{FIRST_END:%Y%m%d}:soon"]
    with Session(desk.engine) as session:
        known, gone = (
            next(one for one in concerns.concerns(session, desk.clock.now(), settings) if one.key.startswith("stamp-renewal"))
            for settings in (desk.settings, desk.settings.model_copy(update={"tsa_url": "", "tsa_roots": None}))
        )
    assert known.text == "1 document of Lemon Learning has a time-stamp whose certificate ends on Tue 21 Nov 2028, and it could not be renewed."
    assert "does not answer, or signs with a certificate that ends no later" in known.advice
    assert "No time-stamp authority is set" in gone.advice
    desk.clock.set(FIRST_END - timedelta(days=29))
    assert keys(desk) == [f"stamp-renewal:1:{FIRST_END:%Y%m%d}:late"]


def test_one_document_that_cannot_be_renewed_does_not_keep_the_others_waiting(sqlite_desk: Desk, seal_ground: SealGround, clockmaker: Clockmaker) -> None:
    lost, kept = issue(sqlite_desk, seal_ground), issue(sqlite_desk, seal_ground, "Another.")
    read(sqlite_desk)
    store.path_of(sqlite_desk.settings.document_store, sqlite_desk.document(lost).sha256 or "").unlink()
    clockmaker.until(SECOND_END)
    sqlite_desk.clock.set(FIRST_END - timedelta(days=100))
    assert renew(sqlite_desk, seal_ground) == "1 of 2 time-stamps renewed"
    assert proof(sqlite_desk, kept).ends_at == SECOND_END


def test_a_stamp_that_came_late_is_read_at_once(sqlite_desk: Desk, seal_ground: SealGround) -> None:
    from dpa.evidence.register.stamping import add_stamps

    seal_ground.authority.mode = "refused"
    number = issue(sqlite_desk, seal_ground)
    assert read(sqlite_desk) == "", "there is nothing to read"
    seal_ground.authority.mode = "good"
    sqlite_desk.pass_time(timedelta(hours=2))
    seal_ground.authority.at = sqlite_desk.clock.now()
    with sqlite_desk.tick() as tick:
        assert add_stamps(tick) == "1 of 1 time-stamps added"
    assert proof(sqlite_desk, number).proved_at == sqlite_desk.clock.now()


# --- revocation, by number -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stamped", "expected", "words"), [
    (True, Standing.BEFORE, "a time-stamp proves that it was sealed before, so it stays good."),
    (False, Standing.UNTOLD, "it was issued before that, but no time-stamp proves it; ask the issuer whether it stands."),
])  # fmt: skip
def test_a_number_says_that_its_seal_was_revoked(desk: Desk, seal_ground: SealGround, stamped: bool, expected: Standing, words: str) -> None:
    seal_ground.authority.mode = "good" if stamped else "refused"
    number = issue(desk, seal_ground)
    read(desk)
    desk.pass_time(timedelta(minutes=30))
    with Session(desk.engine) as session, desk.begin(session) as unit:
        seals.revoke(unit, unit.session.scalars(select(SealIdentity)).one(), "The key was copied.", desk.settings)
    row = desk.document(number)
    with Session(desk.engine) as session:
        listed = check_number(session, row.reference, row.record_sha256 or "")
        revoked = proofs.revoked(session, [row])[number]
    assert listed is not None
    assert (listed.standing, listed.revoked_at, listed.zone) == (expected, desk.clock.now(), "Europe/Paris")
    assert f"Its seal was revoked on 22 November 2026, 12:30:00 UTC: {words}" in listed.sentence
    assert (revoked.standing, revoked.at) == (expected, desk.clock.now())


# --- the authority's root --------------------------------------------------------------------------------------


def test_the_root_of_the_authority_is_kept_with_an_entry_of_the_trail(desk: Desk, seal_ground: SealGround) -> None:
    issue(desk, seal_ground)
    read(desk)
    issue(desk, seal_ground, "Another.")
    read(desk)
    with Session(desk.engine) as session:
        [row] = authorities.rows(session)
        assert row.fingerprint == fingerprint(der(seal_ground.authority.root.certificate))
        assert list(session.scalars(select(TrailEvent.action).where(TrailEvent.subject_type == "authority"))) == ["evidence:authority:root_kept"]
        assert authorities.believed(session, ()) == (der(seal_ground.authority.root.certificate),)


def test_the_verdict_stays_when_the_setting_is_gone(desk: Desk, seal_ground: SealGround) -> None:
    number = issue(desk, seal_ground)
    [content] = files(desk, number)
    gone = {"tsa_url": "", "tsa_roots": None}
    unread = checked(desk, content, **gone)
    assert (unread.verdict, unread.proved_at, held(unread, CheckName.AUTHORITY)) == (Verdict.ISSUED, None, None), "unknown, but no forgery"
    read(desk)
    report = checked(desk, content, **gone)
    assert (report.verdict, report.failed, report.proved_at) == (Verdict.ISSUED, (), NOW)
    assert held(report, CheckName.AUTHORITY) is True


def test_a_root_that_was_written_past_the_product_or_is_believed_no_longer_makes_no_authority(desk: Desk, seal_ground: SealGround) -> None:
    number = issue(desk, seal_ground)
    read(desk)
    [content] = files(desk, number)
    gone = {"tsa_url": "", "tsa_roots": None}
    stranger = x509.load_der_x509_certificate(seal_ground.stranger.chain[-1])
    with desk.engine.connect().execution_options(write=True) as connection:
        from dpa.evidence.seal.certificates import pem

        connection.execute(StampRoot.__table__.insert().values(  # type: ignore[attr-defined]
            fingerprint=stranger.fingerprint(SHA256()).hex(), certificate=pem([stranger]), subject="CN=Other", kept_at=NOW, ended_because=""))
        connection.commit()
    with Session(desk.engine) as session:
        assert authorities.believed(session, ()) == (der(seal_ground.authority.root.certificate),)
    with Session(desk.engine) as session, desk.begin(session) as unit:
        authorities.end(unit, fingerprint(der(seal_ground.authority.root.certificate))[:12], "The authority lost its key.")
    for settings in (gone, {}):
        assert held(checked(desk, content, **settings), CheckName.AUTHORITY) is None
    read(desk)
    with Session(desk.engine) as session:
        assert authorities.believed(session, ()) == ()
