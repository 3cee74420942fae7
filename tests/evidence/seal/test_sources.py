"""Keys from elsewhere: PKCS#12 files and tokens, opened, checked, and refused with the reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from pyhanko.pdf_utils.reader import PdfFileReader

from dpa.config import Settings
from dpa.evidence.pdf import Text, render
from dpa.evidence.seal import certificates, issuer_lists, sealers
from dpa.evidence.seal.certificates import der, pem
from dpa.evidence.seal.models import Backend
from dpa.evidence.seal.preparing import Prepared, prepare_pkcs11, prepare_pkcs12
from dpa.evidence.seal.sealers import SealUnavailable, material_for_stamp, sealer_for
from dpa.evidence.seal.sealing import add_stamp, seal
from dpa.evidence.seal.token import TokenKey, TokenPlace
from dpa.evidence.verification.examination import examine
from dpa.evidence.verification.values import CheckName, Trust
from dpa.problems import Invalid, Misconfigured, Problem
from tests.evidence.pdf import samples
from tests.evidence.seal import outside
from tests.support.seals import AT, Issued, SealGround, certificate, identity_of, rsa_key

SECRET = "seven quiet seals"
PIN = "648219"


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    return render(samples.document(Text("A short document."))).content


@pytest.fixture(scope="module")
def authority() -> Issued:
    """Somebody else's authority: a root, and an intermediate under it."""
    key = rsa_key()
    return Issued(certificate(key, "Bought Root", None, ca=True), key)


@pytest.fixture(scope="module")
def intermediate(authority: Issued) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    return Issued(certificate(key, "Bought Issuing CA", authority, ca=True), key)  # type: ignore[arg-type]


@pytest.fixture
def bought(intermediate: Issued, authority: Issued, tmp_path: Path) -> Callable[..., Path]:
    """Write a PKCS#12 file as a customer would bring it."""

    def write(key: Any = None, *, chain: bool = True, **how: Any) -> Path:
        key = key or ec.generate_private_key(ec.SECP256R1())
        leaf = certificate(key, "Lumen Learning Seal", intermediate, **how)
        others = [intermediate.certificate, authority.certificate] if chain else None
        path = tmp_path / "seal.p12"
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, leaf, others, BestAvailableEncryption(SECRET.encode())))
        path.chmod(0o600)
        secret(tmp_path, SECRET)
        return path

    return write


def secret(folder: Path, text: str) -> Path:
    path = folder / "passphrase"
    path.write_text(f"{text}\n", "utf-8")
    path.chmod(0o600)
    return path


def prepared(path: Path, now: datetime = AT) -> Prepared:
    return prepare_pkcs12(Settings(instance=path.parent), 1, path, path.parent / "passphrase", now)


def agreed(prepared: Prepared, unsealed: bytes, folder: Path, number: int) -> None:
    """Seal with an identity and have OpenSSL check it."""
    sealer = sealer_for(identity_of(prepared, number), Settings(instance=folder))
    sealed = seal(unsealed, sealer, reason="Issued", at=AT, stamper=None)
    roots = folder / "root.pem"
    roots.write_text(pem([prepared.root]), "ascii")
    assert "CAdES Verification successful" in outside.openssl_cms(outside.parts(sealed.content)[0], roots, AT, folder)


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_a_pkcs12_file_seals(kind: str, bought: Callable[..., Path], authority: Issued, unsealed: bytes, tmp_path: Path) -> None:
    key: Any = {"rsa": lambda: authority.key, "p256": lambda: ec.generate_private_key(ec.SECP256R1()), "p384": lambda: ec.generate_private_key(ec.SECP384R1())}[kind]()
    found = prepared(bought(key))
    assert (found.backend, found.crl, [one.subject.rfc4514_string() for one in found.chain]) == (
        Backend.PKCS12, "", ["CN=Bought Issuing CA,C=FR", "CN=Bought Root,C=FR"],
    )  # fmt: skip
    assert set(found.source) == {"file", "passphrase_file"}
    agreed(found, unsealed, tmp_path, 100)


def test_with_a_bought_certificate_and_no_list_of_its_issuer_the_level_claims_less(bought: Callable[..., Path], seal_ground: SealGround, unsealed: bytes, tmp_path: Path) -> None:
    sealer = sealer_for(identity_of(prepared(bought()), 101), Settings(instance=tmp_path))
    assert seal(unsealed, sealer, reason="Issued", at=AT, stamper=seal_ground.stamper()).level == "B-T"


def issuers_lists(folder: Path, *issuers: Issued, revoked: x509.Certificate | None = None, at: datetime = AT - timedelta(hours=1), days: int = 7) -> Path:
    """The file of DPA_SEAL_LISTS: one list by each issuer, good for a week."""
    file = folder / "issuers.crl"
    texts = []
    for issuer in issuers:
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject).last_update(at).next_update(at + timedelta(days=days))
        # RFC 5280, 5.2.1 and 5.2.3, has every authority name its key and number its lists.
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False).add_extension(x509.CRLNumber(1), critical=False)
        if revoked is not None:
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(revoked.serial_number).revocation_date(at).build())
        texts.append(builder.sign(issuer.key, SHA256()).public_bytes(Encoding.PEM).decode("ascii"))
    file.write_text("".join(texts), "ascii")
    return file


def test_with_the_lists_of_its_issuers_a_bought_seal_reaches_the_highest_level(
    bought: Callable[..., Path], intermediate: Issued, authority: Issued, seal_ground: SealGround, unsealed: bytes, tmp_path: Path
) -> None:
    identity = identity_of(prepared(bought(valid=(AT - timedelta(days=1), AT + timedelta(days=700)))), 102)
    levels = {}
    for name, issuers in (("all", (intermediate, authority)), ("one is missing", (intermediate,)), ("strangers", (seal_ground.authority.root,))):
        settings = Settings(instance=tmp_path, seal_lists=issuers_lists(tmp_path, *issuers))
        sealed = seal(unsealed, sealer_for(identity, settings), reason="Issued", at=AT, stamper=seal_ground.stamper())
        levels[name] = sealed.level
        if name == "all":
            store = PdfFileReader(BytesIO(sealed.content)).root["/DSS"]
            assert len(store["/CRLs"]) == 3, "two of the seal's issuers, one of the authority"
            late = add_stamp(seal(unsealed, sealer_for(identity, settings), reason="Issued", at=AT, stamper=None).content, seal_ground.stamper(), material_for_stamp(identity, settings))
            assert late.level == "B-LTA"
            trust = Trust(roots=(der(authority.certificate),), certificates=(der(intermediate.certificate),), crls=issuer_lists.lists(settings), tsa_roots=seal_ground.stamper().trust().roots)
            later = examine(sealed.content, trust, identity.not_after + timedelta(days=1))
            assert (later.level, later.check(CheckName.VALIDITY).passed, later.check(CheckName.REVOCATION).passed) == ("B-LTA", True, True)  # type: ignore[union-attr]
    assert levels == {"all": "B-LTA", "one is missing": "B-T", "strangers": "B-T"}
    old = Settings(instance=tmp_path, seal_lists=issuers_lists(tmp_path, intermediate, authority, at=AT - timedelta(days=9)))
    assert seal(unsealed, sealer_for(identity, old), reason="Issued", at=AT, stamper=seal_ground.stamper()).level == "B-T", "a list of last week is good no more"


def test_a_bought_seal_that_its_issuer_calls_revoked_does_not_seal(bought: Callable[..., Path], intermediate: Issued, authority: Issued, tmp_path: Path) -> None:
    found = prepared(bought())
    settings = Settings(instance=tmp_path, seal_lists=issuers_lists(tmp_path, intermediate, authority, revoked=found.certificate))
    with pytest.raises(SealUnavailable, match="calls it revoked since 22 November 2026"):
        sealer_for(identity_of(found, 103), settings)


@pytest.mark.parametrize("content", [None, b"no list", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", bytes(issuer_lists.LARGEST + 1)],
                         ids=["absent", "words", "damaged", "too large"])  # fmt: skip
def test_lists_that_cannot_be_read_stop_no_sealing_and_are_said(
    content: bytes | None, bought: Callable[..., Path], seal_ground: SealGround, unsealed: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "issuers.crl"
    if content is not None:
        file.write_bytes(content)
    settings = Settings(instance=tmp_path, seal_lists=file)
    assert seal(unsealed, sealer_for(identity_of(prepared(bought()), 104), settings), reason="Issued", at=AT, stamper=seal_ground.stamper()).level == "B-T"
    with pytest.raises(Misconfigured, match="DPA_SEAL_LISTS"):
        issuer_lists.lists(settings)


def test_a_wrong_passphrase_is_said_plainly(bought: Callable[..., Path], tmp_path: Path) -> None:
    path = bought()
    secret(tmp_path, "not this one")
    with pytest.raises(Misconfigured, match=r"does not open: the passphrase in .* is wrong"):
        prepared(path)
    (tmp_path / "passphrase").write_text("", "ascii")
    with pytest.raises(Misconfigured, match="is empty"):
        prepared(path)


@pytest.mark.parametrize("name", ["seal.p12", "passphrase"])
def test_files_open_to_others_are_refused_with_the_cure(name: str, bought: Callable[..., Path], tmp_path: Path) -> None:
    path = bought()
    (tmp_path / name).chmod(0o640)
    with pytest.raises(Misconfigured, match=f"may be read by others; run: chmod 600 .*{name}"):
        prepared(path)
    (tmp_path / name).unlink()
    with pytest.raises(Misconfigured, match="cannot be read: no such file"):
        prepared(path)


REFUSED: dict[str, tuple[Callable[[], Any], dict[str, Any], str]] = {
    "expired": (lambda: None, {"valid": (AT - timedelta(days=400), AT - timedelta(days=1))}, "expired on 21 November 2026"),
    "not yet": (lambda: None, {"valid": (AT + timedelta(days=2), AT + timedelta(days=400))}, "is not valid before 24 November 2026"),
    "not binding": (lambda: None, {"binding": False}, "does not allow nonRepudiation"),
    "no usage": (lambda: None, {"usage": False}, "does not say what its key may be used for"),
    "ed25519": (ed25519.Ed25519PrivateKey.generate, {}, "Ed25519 or Ed448, which common verifiers"),
    "short rsa": (lambda: rsa.generate_private_key(65537, 1024), {}, "RSA with 1024 bits"),
    "p521": (lambda: ec.generate_private_key(ec.SECP521R1()), {}, "of a kind that common verifiers"),
    "no chain": (lambda: None, {"chain": False}, "is missing or did not sign"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_seal_is_refused_with_the_reason(case: str, bought: Callable[..., Path]) -> None:
    make, how, words = REFUSED[case]
    with pytest.raises(Invalid, match=words) as caught:
        prepared(bought(make(), **how))
    assert "\n" not in caught.value.message


def test_something_else_than_a_pkcs12_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "seal.p12"
    path.write_bytes(b"-----BEGIN CERTIFICATE-----")
    path.chmod(0o600)
    secret(tmp_path, SECRET)
    with pytest.raises(Misconfigured, match="or it is not a PKCS#12 file"):
        prepared(path)
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", None, None, [certificate(rsa_key(), "Alone", None, ca=True)], BestAvailableEncryption(SECRET.encode())))
    with pytest.raises(Misconfigured, match="lacks the private key"):
        prepared(path)


def test_a_false_issuer_of_the_same_name_is_no_chain(intermediate: Issued, authority: Issued) -> None:
    impostor = certificate(intermediate.key, "Bought Root", None, ca=True)
    with pytest.raises(Invalid, match="is missing or did not sign"):
        certificates.ordered_chain(intermediate.certificate, [impostor])
    assert certificates.ordered_chain(intermediate.certificate, [impostor, authority.certificate]) == (authority.certificate,)
    forged = certificate(ec.generate_private_key(ec.SECP256R1()), "Self", None, signer=authority.key)
    with pytest.raises(Invalid, match="claims to be its own issuer"):
        certificates.ordered_chain(forged, [])


def test_a_replaced_file_does_not_seal_for_the_old_certificate(bought: Callable[..., Path], tmp_path: Path) -> None:
    found = prepared(bought())
    bought()  # another key in the same place
    with pytest.raises(SealUnavailable, match="does not belong to its certificate"):
        sealer_for(identity_of(found, 102), Settings(instance=tmp_path))
    with pytest.raises(SealUnavailable, match="does not say where its key is"):
        sealer_for(identity_of(replace(found, source={}), 103), Settings(instance=tmp_path))


@pytest.fixture(scope="module")
def soft_token(tmp_path_factory: pytest.TempPathFactory, intermediate: Issued, authority: Issued) -> TokenPlace:
    """A token of SoftHSM with two keys: `seal` (RSA) and `curve` (P-256), each with its certificate, and a stray key without one."""
    library = outside.softhsm_library()
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", "ascii")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    outside.run("softhsm2-util", "--init-token", "--free", "--label", "Desk", "--pin", PIN, "--so-pin", "12345678")
    pin = folder / "pin"
    pin.write_text(f"{PIN}\n", "ascii")
    pin.chmod(0o600)
    keys = {"seal": authority.key, "curve": ec.generate_private_key(ec.SECP256R1()), "stray": ec.generate_private_key(ec.SECP256R1())}
    for number, (label, key) in enumerate(keys.items(), 1):
        file = folder / f"{label}.pem"
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        outside.run("softhsm2-util", "--import", file, "--token", "Desk", "--label", label, "--id", f"0{number}", "--pin", PIN)
        leaf = certificate(key, f"Token {label}", intermediate)
        (folder / f"{label}.crt").write_text(pem([leaf, intermediate.certificate, authority.certificate]), "ascii")
    place = TokenPlace(library, "Desk", "seal", str(pin))
    _put_certificates(place, folder, intermediate, authority)
    return place


def _put_certificates(place: TokenPlace, folder: Path, *issuers: Issued) -> None:
    import pkcs11
    from pkcs11 import Attribute, CertificateType, ObjectClass

    leaf = x509.load_pem_x509_certificates((folder / "seal.crt").read_bytes())[0]
    token = pkcs11.lib(place.library).get_token(token_label="Desk")
    with token.open(user_pin=PIN, rw=True) as session:
        for label, one in (("seal", leaf), *((f"issuer {number}", issuer.certificate) for number, issuer in enumerate(issuers))):
            session.create_object({
                Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509, Attribute.TOKEN: True, Attribute.LABEL: label,
                Attribute.SUBJECT: one.subject.public_bytes(), Attribute.VALUE: certificates.der(one),
            })  # fmt: skip


def of_token(place: TokenPlace, **how: Any) -> Prepared:
    return prepare_pkcs11(Settings(), 1, place, AT, **how)


def beside(place: TokenPlace, name: str) -> Path:
    return Path(place.pin_file).with_name(name)


def test_a_token_seals_with_the_certificate_in_it(soft_token: TokenPlace, unsealed: bytes, tmp_path: Path) -> None:
    found = of_token(soft_token)
    assert (found.backend, len(found.chain), found.source["pin_file"]) == (Backend.PKCS11, 2, soft_token.pin_file)
    assert PIN not in str(found.source)
    agreed(found, unsealed, tmp_path, 110)


def test_a_token_seals_with_a_curve_and_a_certificate_file(soft_token: TokenPlace, unsealed: bytes, tmp_path: Path) -> None:
    agreed(of_token(replace(soft_token, key="curve"), certificate_file=beside(soft_token, "curve.crt")), unsealed, tmp_path, 111)


def test_a_lost_session_is_opened_again(soft_token: TokenPlace, unsealed: bytes, tmp_path: Path) -> None:
    key = TokenKey(soft_token)
    key.open()
    first = key._session
    assert key.sign(b"one")
    key._session.close()
    assert key.sign(b"two")
    assert key._session is not first


def test_threads_share_a_token(soft_token: TokenPlace, unsealed: bytes, tmp_path: Path) -> None:
    sealer = sealer_for(identity_of(of_token(soft_token), 112), Settings())
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: seal(unsealed, sealer, reason="Issued", at=AT, stamper=None), range(6)))
    assert {sealed.level for sealed in made} == {"B-B"}


def test_what_is_wrong_with_a_token_is_said(soft_token: TokenPlace, tmp_path: Path) -> None:
    wrong_pin = tmp_path / "pin"
    wrong_pin.write_text("000000", "ascii")
    wrong_pin.chmod(0o600)
    cases: list[tuple[TokenPlace, dict[str, Any], str]] = [
        (replace(soft_token, pin_file=str(wrong_pin)), {}, "refuses the PIN"),
        (replace(soft_token, pin_file=str(tmp_path / "none")), {}, "cannot be read"),
        (replace(soft_token, library="/usr/lib/none.so"), {}, "There is no PKCS#11 library"),
        (replace(soft_token, token="Other"), {}, "no single token with the label Other; the library shows: Desk"),
        (replace(soft_token, key="none"), {}, "has no private key with the label none"),
        (replace(soft_token, key="stray"), {}, "no certificates with the label stray"),
        (replace(soft_token, key="stray"), {"certificate_file": beside(soft_token, "curve.crt")}, "does not belong to this certificate"),
        (replace(soft_token, key="seal"), {"certificate_file": beside(soft_token, "curve.crt")}, "does not belong to this certificate"),
        (soft_token, {"certificate_file": tmp_path / "none.crt"}, "holds no PEM certificates"),
    ]
    for place, how, words in cases:
        with pytest.raises(Problem, match=words) as caught:
            of_token(place, **how)
        assert PIN not in caught.value.message
    with pytest.raises(SealUnavailable, match="refuses the PIN"):
        sealer_for(identity_of(replace(of_token(soft_token), source={**of_token(soft_token).source, "pin_file": str(wrong_pin)}), 113), Settings())


def test_a_library_that_is_none_is_refused(soft_token: TokenPlace, tmp_path: Path) -> None:
    false = tmp_path / "false.so"
    false.write_bytes(b"not a library")
    with pytest.raises(Misconfigured, match="cannot be opened"):
        of_token(replace(soft_token, library=str(false)))


def test_opened_keys_are_kept_per_process(bought: Callable[..., Path], tmp_path: Path) -> None:
    identity = identity_of(prepared(bought()), 104)
    first = sealer_for(identity, Settings(instance=tmp_path))
    (tmp_path / "seal.p12").unlink()
    assert sealer_for(identity, Settings(instance=tmp_path)).sign is first.sign, "the key is held in memory; only the lists of today are read"
    sealers.forget()
    with pytest.raises(SealUnavailable, match="cannot be read"):
        sealer_for(identity, Settings(instance=tmp_path))
    assert repr(first).count("sign=") == 0
