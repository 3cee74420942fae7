"""What sealing gives at each level: PAdES as ordered, PDF/A and PDF/UA kept, metadata untouched, and outsiders who agree."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms, x509
from cryptography import x509 as certificates
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate, AdESPassed
from pyhanko.sign.validation import SignatureCoverageLevel
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from dpa.config import Settings
from dpa.evidence.pdf import render
from dpa.evidence.seal.certificates import pem
from dpa.evidence.seal.preparing import Prepared, prepare_builtin
from dpa.evidence.seal.sealers import Sealer, SealUnavailable, sealer_for
from dpa.evidence.seal.sealing import Sealed, add_stamp, seal
from dpa.evidence.seal.stamping import Stamp, Stamper, StampUnavailable
from tests.evidence.pdf import samples, verapdf
from tests.evidence.seal import outside
from tests.support.seals import AT, NAME, SealGround, identity_of

REASON = "Notice of a personal data breach issued"


class OnceStamper(Stamper):
    """An authority that goes down after the seal's own time-stamp."""

    def stamp(self, digest: bytes) -> Stamp:
        if self.asked >= 2:  # the sample, and the time-stamp of the seal
            raise StampUnavailable("The time-stamp authority cannot be reached.")
        self.asked += 1
        return super().stamp(digest)

    asked = 0


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    return render(samples.breach_notice()).content


@pytest.fixture
def levels(seal_ground: SealGround, unsealed: bytes) -> dict[str, Sealed]:
    """One file of each level, as the product comes to them."""
    basic = seal(unsealed, seal_ground.sealer, reason=REASON, at=AT, stamper=None)
    lasting = seal(unsealed, seal_ground.sealer, reason=REASON, at=AT, stamper=OnceStamper(seal_ground.authority.url, seal_ground.authority.roots))
    archived = seal(unsealed, seal_ground.sealer, reason=REASON, at=AT, stamper=seal_ground.stamper())
    later = add_stamp(basic.content, seal_ground.stamper(), seal_ground.sealer.material)
    twice = add_stamp(archived.content, seal_ground.stamper(), seal_ground.sealer.material)
    return {"basic": basic, "lasting": lasting, "archived": archived, "later": later, "twice": twice}


def reader(content: bytes) -> PdfFileReader:
    return PdfFileReader(BytesIO(content), strict=True)


def test_the_levels_are_as_ordered(levels: dict[str, Sealed]) -> None:
    assert {name: one.level for name, one in levels.items()} == {"basic": "B-B", "lasting": "B-LT", "archived": "B-LTA", "later": "B-LTA", "twice": "B-LTA"}
    assert {name for name, one in levels.items() if one.stamp_problem} == {"lasting"}
    fields = {name: [one.field_name for one in reader(sealed.content).embedded_signatures] for name, sealed in levels.items()}
    assert fields == {
        "basic": ["Seal"], "lasting": ["Seal"], "archived": ["Seal", "ArchiveTS1"], "later": ["Seal", "ArchiveTS1"],
        "twice": ["Seal", "ArchiveTS1", "ArchiveTS2"],
    }  # fmt: skip


def test_the_seal_certifies_permits_no_change_and_covers_everything(levels: dict[str, Sealed]) -> None:
    for sealed in levels.values():
        first, *stamps = reader(sealed.content).embedded_signatures
        assert first.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
        assert first.sig_object["/Reason"] == REASON
        assert first.self_reported_timestamp == AT
        assert first.docmdp_level is not None
        assert first.docmdp_level.name == "NO_CHANGES"
        assert "/Perms" in reader(sealed.content).root
        newest = [first, *stamps][-1]
        assert newest.evaluate_signature_coverage() is SignatureCoverageLevel.ENTIRE_FILE
        signed = {one["type"].native for one in first.signer_info["signed_attrs"]}
        assert signed == {"content_type", "message_digest", "signing_certificate_v2"}, "PAdES keeps the claimed time out of the attributes"
        assert first.signer_info["signature_algorithm"].signature_algo == "rsassa_pkcs1v15"
        assert first.signer_info["digest_algorithm"]["algorithm"].native == "sha256"


def test_what_was_there_before_stays_byte_for_byte(levels: dict[str, Sealed], unsealed: bytes) -> None:
    before = reader(unsealed)
    packet = before.root["/Metadata"].data
    for sealed in levels.values():
        assert sealed.content.startswith(unsealed)
        assert sealed.content.count(b"<?xpacket begin") == 1, "no revision writes metadata of its own"
        after = reader(sealed.content)
        assert after.root["/Metadata"].data == packet
        assert dict(after.trailer["/Info"]) == dict(before.trailer["/Info"])
    assert levels["later"].content.startswith(levels["basic"].content)
    assert levels["twice"].content.startswith(levels["archived"].content)


def test_the_store_of_validation_data_stands_in_the_signed_revision(levels: dict[str, Sealed], seal_ground: SealGround) -> None:
    for name in ("lasting", "archived"):
        sealed = levels[name].content
        revision = sealed[: outside.parts(sealed)[0].end]
        store = reader(revision).root["/DSS"]
        kept = {one.get_object().data for one in store["/Certs"]}
        assert {seal_ground.sealer.certificate, *seal_ground.sealer.chain} <= kept
        assert {one.get_object().data for one in store["/CRLs"]} == {seal_ground.sealer.crl, *seal_ground.stamper().trust().crls}
        assert "/VRI" not in store
    assert "/DSS" not in reader(levels["basic"].content).root
    later = levels["later"].content
    assert "/DSS" in reader(later).root
    assert outside.parts(later)[-1].end == len(later), "the store is under the time-stamp, not behind it"


def test_sealed_and_stamped_files_stay_archivable_and_accessible(levels: dict[str, Sealed], tmp_path: Path) -> None:
    files = []
    for name, sealed in levels.items():
        files.append(tmp_path / f"{name}.pdf")
        files[-1].write_bytes(sealed.content)
    verapdf.assert_compliant(files)


def test_a_long_document_with_packed_objects_is_sealed_as_well(seal_ground: SealGround) -> None:
    unsealed = render(samples.dossier(700))
    assert unsealed.pages >= 20
    sealed = seal(unsealed.content, seal_ground.sealer, reason=REASON, at=AT, stamper=seal_ground.stamper())
    assert sealed.level == "B-LTA"


def test_openssl_agrees_with_every_signature_and_time_stamp(levels: dict[str, Sealed], seal_ground: SealGround, tmp_path: Path) -> None:
    roots = tmp_path / "root.pem"
    roots.write_text(pem([seal_ground.prepared.root]), "ascii")
    for name, sealed in levels.items():
        first, *stamps = outside.parts(sealed.content)
        assert "CAdES Verification successful" in outside.openssl_cms(first, roots, AT, tmp_path), name
        for stamp in stamps:
            assert "Verification: OK" in outside.openssl_ts(stamp.der, stamp.covered, seal_ground.authority.roots, AT, tmp_path), name
        if name in {"lasting", "archived", "twice"}:
            info = cms.ContentInfo.load(first.der)["content"]["signer_infos"][0]
            [token] = [one["values"][0].dump() for one in info["unsigned_attrs"] if one["type"].native == "signature_time_stamp_token"]
            assert "Verification: OK" in outside.openssl_ts(token, info["signature"].native, seal_ground.authority.roots, AT, tmp_path)


def test_openssl_refuses_a_changed_byte_and_a_strange_root(levels: dict[str, Sealed], seal_ground: SealGround, tmp_path: Path) -> None:
    roots, strange = tmp_path / "root.pem", tmp_path / "strange.pem"
    roots.write_text(pem([seal_ground.prepared.root]), "ascii")
    strange.write_text(pem([root_of(seal_ground.stranger)]), "ascii")
    first = outside.parts(levels["basic"].content)[0]
    changed = outside.Part(first.der, first.covered.replace(b"%PDF-1.7", b"%PDF-1.6", 1), first.end)
    assert "successful" not in outside.openssl_cms(changed, roots, AT, tmp_path)
    assert "successful" not in outside.openssl_cms(first, strange, AT, tmp_path)


def root_of(sealer: Sealer) -> certificates.Certificate:
    return certificates.load_der_x509_certificate(sealer.chain[-1])


def test_pdfsig_finds_the_seal_valid(levels: dict[str, Sealed], seal_ground: SealGround, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_text(pem([seal_ground.prepared.root]), "ascii")
    for name, sealed in levels.items():
        file = tmp_path / f"{name}.pdf"
        file.write_bytes(sealed.content)
        said = outside.pdfsig(file, root, tmp_path)
        assert "Signature is Valid." in said, said
        assert f"CN={NAME} seal" in said
        assert "ETSI.CAdES.detached" in said
        # Poppler checks no RFC 3161 tokens; it only tells that the newest one reaches to the end.
        assert "- Total document signed" in said


@pytest.fixture(scope="module")
def prepared_now(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Prepared]:
    """A seal for the machine's own time, because pdfsig asks no other clock."""
    settings = Settings(instance=tmp_path_factory.mktemp("now"))
    return settings, prepare_builtin(settings, 1, NAME, "FR", datetime.now(UTC))


def test_pdfsig_trusts_the_certificate_under_our_root_only(prepared_now: tuple[Settings, Prepared], seal_ground: SealGround, unsealed: bytes, tmp_path: Path) -> None:
    settings, prepared = prepared_now
    sealed = seal(unsealed, sealer_for(identity_of(prepared, 77), settings), reason=REASON, at=datetime.now(UTC), stamper=None)
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed.content)
    for name, root, words in (("ours", prepared.root, "Certificate is Trusted."), ("strange", root_of(seal_ground.stranger), "Certificate issuer isn't Trusted.")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "root.pem").write_text(pem([root]), "ascii")
        assert words in outside.pdfsig(file, folder / "root.pem", folder)


def years_later(content: bytes, seal_ground: SealGround, days: int) -> object:
    """What the validation algorithm of ETSI EN 319 102-1 says of a seal after some days, with nothing but the file and the roots."""
    roots = [x509.Certificate.load(one) for one in (seal_ground.sealer.chain[-1], *seal_ground.stamper().trust().roots)]
    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(SimpleTrustManager.build(roots), CertRevTrustPolicy(REQUIRE_REVINFO)),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
        )
    )
    then = AT + timedelta(days=days)
    timing = ValidationTimingInfo(validation_time=then, best_signature_time=then, point_in_time_validation=True)
    return asyncio.run(ades_lta_validation(reader(content).embedded_signatures[0], spec, timing_info=timing)).ades_subindic


def test_only_the_archive_level_outlives_the_certificate(levels: dict[str, Sealed], seal_ground: SealGround) -> None:
    assert years_later(levels["archived"].content, seal_ground, 4 * 365) is AdESPassed.OK
    # pyHanko's engine only knows time-stamps inside the seal as proof of its time; for a file stamped later, the standard also accepts
    # the document time-stamp (EN 319 142-1, table 1), so that one has to be judged at its time.
    assert years_later(levels["later"].content, seal_ground, 4 * 365) is AdESIndeterminate.SIG_CONSTRAINTS_FAILURE
    assert years_later(levels["basic"].content, seal_ground, 4 * 365) is not AdESPassed.OK


def test_four_threads_seal_at_once(seal_ground: SealGround, unsealed: bytes) -> None:
    def one(number: int) -> Sealed:
        return seal(unsealed, seal_ground.sealer, reason=f"{REASON} {number}", at=AT + timedelta(minutes=number), stamper=None)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(one, range(12)))
    assert len({hashlib.sha256(sealed.content).hexdigest() for sealed in made}) == 12
    for number, sealed in enumerate(made):
        assert reader(sealed.content).embedded_signatures[0].self_reported_timestamp == AT + timedelta(minutes=number)


def test_a_certificate_seals_only_in_its_time(seal_ground: SealGround, unsealed: bytes) -> None:
    for at, words in ((AT + timedelta(days=1096), "expired on"), (AT - timedelta(days=1), "not valid before")):
        with pytest.raises(SealUnavailable, match=words):
            seal(unsealed, seal_ground.sealer, reason=REASON, at=at, stamper=None)
