"""Identities in the database: one is active, old ones stay readable, revocation is final, and the worker keeps them fresh."""

from __future__ import annotations

import stat
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.config import Settings
from dpa.evidence.pdf import Text, render
from dpa.evidence.seal import jobs, operations, queries, rules
from dpa.evidence.seal.authority import DOCUMENT_SIGNING
from dpa.evidence.seal.certificates import der, fingerprint
from dpa.evidence.seal.models import Backend, IdentityState, SealIdentity
from dpa.evidence.seal.preparing import Prepared
from dpa.evidence.seal.sealers import SealUnavailable, material_of, sealer_for
from dpa.evidence.seal.sealing import seal
from dpa.evidence.trail.models import TrailPayload
from dpa.evidence.trail.verify import verify_database
from dpa.problems import Conflict, Invalid, Misconfigured
from tests.evidence.pdf import samples
from tests.evidence.seal.conftest import House
from tests.support.seals import AT, NAME, SealGround, identity_of


def serials(identity: SealIdentity) -> set[int]:
    return {entry.serial_number for entry in x509.load_pem_x509_crl(identity.crl.encode())}


def serial(identity: SealIdentity) -> int:
    return x509.load_pem_x509_certificate(identity.certificate.encode()).serial_number


@pytest.fixture(scope="module")
def successor(_seal_ground: SealGround) -> Prepared:
    """A second leaf under the shared root; making one takes a while, so one serves all."""
    return operations.prepare_rotation(Settings(keys=_seal_ground.keys), identity_of(_seal_ground.prepared), (), AT)


def test_the_built_in_certificates_are_as_verifiers_want_them(seal_ground: SealGround) -> None:
    leaf, root = seal_ground.prepared.certificate, seal_ground.prepared.root
    leaf.verify_directly_issued_by(root)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert not usage.value.key_cert_sign
    assert set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == {DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION}
    identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == identifier
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    basic = root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    assert leaf.not_valid_after_utc - AT <= timedelta(days=3 * 365)
    assert timedelta(days=20 * 365) <= root.not_valid_after_utc - AT <= timedelta(days=20 * 366)
    assert (leaf.public_key().key_size, root.public_key().key_size) == (3072, 3072)  # type: ignore[union-attr]
    assert leaf.subject.rfc4514_string() == f"CN={NAME} seal,O={NAME},C=FR"


def test_a_long_or_strange_name_still_makes_a_certificate(seal_ground: SealGround) -> None:
    from dpa.evidence.seal import authority

    key = seal_ground.authority.root.key
    root = authority.make_root(key, "Société européenne d’apprentissage, de formation et d’évaluation à distance SAS", "??", AT)
    assert "C=" not in root.subject.rfc4514_string()
    with pytest.raises(Invalid, match="no name"):
        authority.make_root(key, "  ", "FR", AT)


def test_installing_keeps_one_active_and_retires_the_one_before(house: House, successor: Prepared) -> None:
    first = house.install()
    assert (first.state, first.backend, first.created_by) == (IdentityState.ACTIVE, Backend.BUILTIN, "u:7")
    assert first.fingerprint == fingerprint(der(house.ground.prepared.certificate))
    assert first.root_fingerprint == fingerprint(der(house.ground.prepared.root))
    assert operations.revoked_under(house.session, first) == []
    house.now += timedelta(minutes=1)
    with house.begin() as act:
        operations.install(act, replace(successor, organisation_id=house.organisations[0]), "half-time")
    old, new = queries.identities(house.session, house.organisations[0])[::-1]
    assert (old.state, old.ended_at, old.ended_because) == (IdentityState.RETIRED, house.now, "half-time")
    assert new.state is IdentityState.ACTIVE
    assert new.root_fingerprint == old.root_fingerprint
    assert new.fingerprint != old.fingerprint
    assert new.crl_number == old.crl_number + 1
    assert new.subject == old.subject
    assert house.events() == ["evidence:seal:installed", "evidence:seal:retired", "evidence:seal:installed"]
    assert verify_database(house.session.get_bind()).finding_count == 0  # type: ignore[arg-type]


def test_a_reason_is_kept_where_it_can_be_erased(sqlite_house: House) -> None:
    sqlite_house.install(reason="asked for by Ana Duarte")
    parts = sqlite_house.session.scalars(select(TrailPayload.body).where(TrailPayload.part == "reason")).all()
    assert parts == ['"asked for by Ana Duarte"']


def test_installing_twice_is_refused_and_a_retired_one_can_come_back(sqlite_house: House) -> None:
    house = sqlite_house
    identity = house.install()
    with pytest.raises(Conflict, match="in use already"):
        house.install()
    other = replace(house.ground.prepared_for(house.organisations[0]), certificate=stranger(house), chain=(), backend=Backend.PKCS12)
    with house.begin() as act:
        operations.install(act, other)
    house.install()
    assert house.active().id == identity.id
    assert (house.active().ended_at, house.active().ended_because) == (None, "")


def stranger(house: House) -> x509.Certificate:
    return x509.load_der_x509_certificate(house.ground.stranger.certificate)


def test_two_at_the_same_moment_leave_one_active(house: House) -> None:
    """Two processes that both found no seal: one wins, the other is told, and nothing is half done."""
    number = house.organisations[0]
    barrier, outcomes = threading.Barrier(2), []

    def one(certificate: x509.Certificate) -> None:
        prepared = replace(house.ground.prepared_for(number), certificate=certificate)
        with Session(house.session.get_bind()) as session:
            barrier.wait()
            try:
                with units.transaction(session, actor="u:7", now=house.now, settings=house.settings) as act:
                    operations.install(act, prepared)
                outcomes.append("installed")
            except Conflict as conflict:
                outcomes.append(conflict.message)

    house.session.rollback()
    threads = [threading.Thread(target=one, args=(certificate,)) for certificate in (house.ground.prepared.certificate, stranger(house))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "installed" in outcomes
    assert all(word == "installed" or "at the same moment" in word for word in outcomes)
    active = select(func.count()).select_from(SealIdentity).where(SealIdentity.state == IdentityState.ACTIVE)
    assert house.session.scalar(active) == 1


def test_two_preparing_at_once_do_not_touch_each_others_keys(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    made = []
    threads = [threading.Thread(target=lambda: made.append(operations.prepare_builtin(settings, 1, NAME, "FR", AT))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.source["key"] for one in made}) == 2
    for number, one in enumerate(made):
        assert sealer_for(identity_of(one, 900 + number), settings).fingerprint == one.fingerprint
    files = sorted(path for path in settings.key_folder.rglob("*") if path.is_file())
    assert len(files) == 5, "two roots, two leaves, one wrapping key, and no remains"
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in settings.key_folder.rglob("*") if path.is_dir()} == {0o700}
    assert not any(b"PRIVATE KEY" in path.read_bytes() and b"ENCRYPTED PRIVATE KEY" not in path.read_bytes() for path in files)


def test_revocation_is_final_and_listed_for_every_later_document(house: House, successor: Prepared) -> None:
    first = house.install()
    with house.begin() as act:
        operations.install(act, replace(successor, organisation_id=house.organisations[0]))
    house.now += timedelta(hours=2)
    with house.begin() as act:
        old = act.session.get_one(SealIdentity, first.id)
        operations.revoke(act, old, "the laptop was lost", house.settings)
    old, new = house.session.get_one(SealIdentity, first.id), house.active()
    assert (old.state, old.ended_at, old.ended_because) == (IdentityState.REVOKED, house.now, "the laptop was lost")
    assert new.crl == old.crl
    assert new.crl_number == old.crl_number == 3
    assert serials(new) == {serial(old)}
    [entry] = x509.load_pem_x509_crl(new.crl.encode())
    assert entry.revocation_date_utc == house.now.replace(microsecond=0)
    x509.load_pem_x509_crl(new.crl.encode()).is_signature_valid(house.ground.prepared.root.public_key())  # type: ignore[arg-type]
    with pytest.raises(SealUnavailable, match="only the active one"):
        sealer_for(old, house.settings)
    house.session.rollback()
    with pytest.raises(Conflict, match="revoked already"), house.begin() as act:
        operations.revoke(act, act.session.get_one(SealIdentity, first.id), "again", house.settings)
    with pytest.raises(Conflict, match="revoked"), house.begin() as act:
        operations.install(act, house.ground.prepared_for(house.organisations[0]))
    with pytest.raises(Invalid, match="Say why"), house.begin() as act:
        operations.revoke(act, act.session.get_one(SealIdentity, new.id), " ", house.settings)
    roots = queries.trusted_roots(house.session)
    assert [root.crl_number for root in roots.roots] == [3]
    assert roots.certificates == (der(house.ground.prepared.root),)
    assert len(roots.crls) == 1
    assert house.events()[-2:] == ["evidence:seal:revoked", "evidence:seal:list_signed"]


def test_a_revocation_between_preparing_and_installing_is_not_forgotten(house: House, successor: Prepared) -> None:
    """The list that came with the prepared certificate was signed before the revocation, under the number of the one that names it."""
    first = house.install()
    with house.begin() as act:
        operations.revoke(act, act.session.get_one(SealIdentity, first.id), "the laptop was lost", house.settings)
    with pytest.raises(Conflict, match="revoked at the same moment"), house.begin() as act:
        operations.install(act, replace(successor, organisation_id=house.organisations[0]))
    assert serials(house.session.get_one(SealIdentity, first.id)) == {serial(house.session.get_one(SealIdentity, first.id))}
    assert queries.active(house.session, house.organisations[0]) is None


def test_a_new_list_reaches_the_opened_key(sqlite_house: House) -> None:
    house = sqlite_house
    house.install()
    before = sealer_for(house.active(), house.settings)
    assert sealer_for(house.active(), house.settings) is before
    assert house.tick(jobs.refresh_lists) == ""
    assert house.tick(jobs.refresh_lists, days=1) == "1 of 1 lists signed"
    after = sealer_for(house.active(), house.settings)
    assert after.crl != before.crl
    assert after.sign is before.sign, "the key is not opened again"
    assert x509.load_der_x509_crl(after.crl or b"").last_update_utc == house.now


def test_the_list_stays_as_it_is_where_the_roots_key_was_taken_away(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    identity = own_seal(house, tmp_path)
    (house.settings.key_folder / identity.source["root_key"]).unlink()
    assert house.tick(jobs.refresh_lists, days=2) == "0 of 1 lists signed"
    assert house.active().crl_number == 1
    house.session.rollback()
    with pytest.raises(Misconfigured, match="key of the root is not at"):
        operations.prepare_rotation(house.settings, identity, (), house.now)
    with house.begin() as act:
        operations.revoke(act, act.session.get_one(SealIdentity, identity.id), "lost", house.settings)
    assert queries.active(house.session, house.organisations[0]) is None


def own_seal(house: House, folder: Path) -> SealIdentity:
    """Install a seal whose files this test may destroy."""
    house.settings = house.settings.model_copy(update={"keys": folder / "keys"})
    prepared = operations.prepare_builtin(house.settings, house.organisations[0], NAME, "FR", house.now)
    with house.begin() as act:
        operations.install(act, prepared)
    identity = house.active()
    house.session.expunge(identity)
    house.session.rollback()
    return identity


def test_the_worker_rotates_thirty_days_before_the_end(house: House) -> None:
    first = house.install()
    until = first.not_after
    house.now = until - timedelta(days=31)
    assert house.tick(jobs.rotate) == ""
    assert house.tick(jobs.rotate, days=1) == "1 of 1 rotated"
    assert house.tick(jobs.rotate) == ""
    new = house.active()
    assert new.id != first.id
    assert new.not_after > until + timedelta(days=1000)
    assert new.root_fingerprint == first.root_fingerprint
    assert house.events() == ["evidence:seal:installed", "evidence:seal:retired", "evidence:seal:installed"]
    sealed = seal(render(samples.document(Text("After rotation."))).content, sealer_for(new, house.settings), reason="Issued", at=house.now, stamper=None)
    assert sealed.level == "B-B"


def test_the_worker_does_not_rotate_into_a_root_that_ends(sqlite_house: House) -> None:
    house = sqlite_house
    root = house.ground.prepared.root
    house.install()
    with house.begin() as act:
        row = house.active()
        row.not_after = root.not_valid_after_utc
        from dpa.evidence import trail
        from tests.evidence.ground import CHANGED

        trail.record(act, CHANGED, subject=("seal", row.id), organisation_id=row.organisation_id, covers=[row])
    house.now = root.not_valid_after_utc - timedelta(days=10)
    assert house.tick(jobs.rotate) == ""


def test_one_organisations_trouble_does_not_stop_the_others(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    other = house.found("citrus")
    house.install()
    bad = replace(house.ground.prepared_for(other), source={"key": "seal/none.pem", "root_key": house.ground.prepared.source["root_key"]})
    with house.begin() as act:
        operations.install(act, bad)
    damaged = house.settings.key_folder / "damaged.pem"
    damaged.write_bytes(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
    damaged.chmod(0o600)
    with house.begin() as act:
        row = queries.active(act.session, house.organisations[0])
        assert row is not None
        row.source = {**row.source, "root_key": "damaged.pem"}
        from dpa.evidence import trail
        from tests.evidence.ground import CHANGED

        trail.record(act, CHANGED, subject=("seal", row.id), organisation_id=row.organisation_id, covers=[row])
    assert house.tick(jobs.refresh_lists, days=1) == "1 of 2 lists signed"
    damaged.unlink()
    with pytest.raises(SealUnavailable, match=r"none\.pem cannot be read"):
        sealer_for(house.active(other), house.settings)


@pytest.mark.parametrize(("days", "warning"), [(400, None), (61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (1, 7), (0, 0), (-3, 0)])
def test_warnings_come_sixty_thirty_and_seven_days_before(days: int, warning: int | None, seal_ground: SealGround) -> None:
    identity = identity_of(seal_ground.prepared)
    now = identity.not_after - timedelta(days=days)
    assert rules.expiry_warning(identity, now) == warning
    if days in (60, 30, 7):
        assert rules.expiry_warning(identity, now - timedelta(seconds=1)) != warning
    identity.state = IdentityState.RETIRED
    assert rules.expiry_warning(identity, now) is None
    assert not rules.rotation_due(identity, now)


def test_an_organisation_that_lost_its_seal_gets_the_next_under_the_same_root(sqlite_house: House) -> None:
    house = sqlite_house
    first = house.install()
    with house.begin() as act:
        operations.revoke(act, act.session.get_one(SealIdentity, first.id), "lost", house.settings)
    former = queries.identities(house.session, house.organisations[0])
    revoked = operations.revoked_under(house.session, former[0])
    prepared = operations.prepare_next(house.settings, former, revoked, house.organisations[0], NAME, "FR", house.now)
    assert prepared.root_fingerprint == first.root_fingerprint
    assert {entry.serial_number for entry in x509.load_pem_x509_crl(prepared.crl.encode())} == {serial(former[0])}
    former[0].backend = Backend.PKCS12
    with pytest.raises(Conflict, match="comes from elsewhere"):
        operations.prepare_next(house.settings, former, (), house.organisations[0], NAME, "FR", house.now)
    house.session.rollback()


def test_what_verifiers_need_is_read_without_the_key(sqlite_house: House) -> None:
    identity = sqlite_house.install()
    material = material_of(identity)
    assert fingerprint(material.root) == identity.root_fingerprint
    assert fingerprint(material.certificate) == identity.fingerprint
    assert queries.names(sqlite_house.session, [str(identity.id), "x"]) == {str(identity.id): f"Seal {identity.fingerprint[:16]}"}
    assert queries.identities(sqlite_house.session) == [identity]
    assert queries.every_active(sqlite_house.session) == [identity]
