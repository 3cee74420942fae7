"""A small world to attack: roots, certificates, a time-stamp authority, and documents sealed by the product in it.

Everything is made once a process and kept, because keys cost time. Instants are fixed; nothing reads the clock.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from dpa.evidence.pdf import Heading, Summary, render
from dpa.evidence.seal import authority
from dpa.evidence.seal.certificates import Material, der, fingerprint
from dpa.evidence.seal.models import Backend
from dpa.evidence.seal.sealers import Sealer, signing
from dpa.evidence.seal.sealing import Sealed, _KeySigner, add_stamp, seal
from dpa.evidence.seal.stamping import Stamper
from dpa.evidence.seal.tokens import Trust as StampTrust
from dpa.evidence.verification.values import Known, KnownDocument, KnownFile, KnownIdentity, Trust
from tests.evidence.pdf.samples import document

MADE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""When the certificates were made."""
SEALED = datetime(2026, 11, 22, 10, 4, tzinfo=UTC)
STAMPED = SEALED + timedelta(seconds=2)
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
"""When files are verified, unless a test says otherwise."""
NUMBER = "LL-S-2026-0001"
NAME = "Lumen Learning SAS"
REASON = "Document issued"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class House:
    """Somebody with a root and a sealing certificate."""

    root: x509.Certificate
    root_key: rsa.RSAPrivateKey
    leaf: x509.Certificate
    leaf_key: rsa.RSAPrivateKey
    crl: bytes

    @property
    def fingerprint(self) -> str:
        return fingerprint(der(self.leaf))

    @property
    def sealer(self) -> Sealer:
        material = Material(der(self.leaf), (der(self.root),), (self.crl,))
        return Sealer(
            1, 1, Backend.BUILTIN, self.fingerprint, fingerprint(der(self.root)), self.leaf.subject.rfc4514_string(),
            self.leaf.not_valid_before_utc, self.leaf.not_valid_after_utc, material, self.leaf_key.key_size // 8, signing(self.leaf_key),
        )  # fmt: skip

    def revoking(self, at: datetime) -> bytes:
        """A list that says the sealing certificate is revoked from then on."""
        entry = authority.Revoked(self.leaf.serial_number, at)
        return authority.make_list(self.root, self.root_key, [entry], 9, at + timedelta(minutes=1)).public_bytes(Encoding.DER)


def founded(name: str, *, made: datetime = MADE, leaf: x509.Certificate | None = None) -> House:
    """A house made by the product's own authority, with keys of the given name."""
    root_key, leaf_key = key(f"{name} root"), key(f"{name} leaf")
    root = authority.make_root(root_key, NAME, "FR", made)
    made_leaf = leaf or authority.make_leaf(leaf_key, root, root_key, NAME, "FR", made)
    crl = authority.make_list(root, root_key, [], 1, SEALED - timedelta(hours=1)).public_bytes(Encoding.DER)
    return House(root, root_key, made_leaf, leaf_key, crl)


@cache
def ours() -> House:
    return founded("ours")


@cache
def impostor() -> House:
    """Somebody else who gave root and certificate exactly our names."""
    return founded("impostor")


def leaf_for(house: House, *extensions: tuple[x509.ExtensionType, bool], days: int = 900) -> House:
    """The same house with another sealing certificate: shorter, or with additional extensions."""
    builder = (
        x509.CertificateBuilder().subject_name(house.leaf.subject).issuer_name(house.root.subject).public_key(house.leaf_key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(MADE).not_valid_after(MADE + timedelta(days=days))
    )  # fmt: skip
    standard = [(e.value, e.critical) for e in house.leaf.extensions]
    for value, critical in (*standard, *extensions):
        builder = builder.add_extension(value, critical)
    return replace(house, leaf=builder.sign(house.root_key, SHA256()))


@cache
def calling(port: int) -> House:
    """A sealing certificate that asks verifiers to fetch issuer, status and list from an address on this machine."""
    url = f"http://127.0.0.1:{port}"
    access = [
        x509.AccessDescription(x509.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(f"{url}/issuer")),
        x509.AccessDescription(x509.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{url}/ocsp")),
    ]
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{url}/list")], None, None, None)
    return leaf_for(ours(), (x509.AuthorityInformationAccess(access), False), (x509.CRLDistributionPoints([point]), False))


# --- the time-stamp authority ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clockwork:
    """A time-stamp authority in this process."""

    root: x509.Certificate
    root_key: rsa.RSAPrivateKey
    leaf: x509.Certificate
    leaf_key: rsa.RSAPrivateKey
    crl: bytes

    def revoking(self, at: datetime) -> bytes:
        entry = authority.Revoked(self.leaf.serial_number, at)
        return authority.make_list(self.root, self.root_key, [entry], 9, at + timedelta(minutes=1)).public_bytes(Encoding.DER)

    def stamper(self, at: datetime = STAMPED) -> Stamper:
        return _Stamper(self, at)


class _Stamper(Stamper):
    """The product's stamper, with an authority at the other end of no wire."""

    def __init__(self, tsa: Clockwork, at: datetime) -> None:
        super().__init__("http://127.0.0.1/tsa", Path("roots.pem"))
        self._trust = StampTrust((der(tsa.root),), (tsa.crl,))
        private = tsa.leaf_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        self._authority = DummyTimeStamper(
            asn1_x509.Certificate.load(der(tsa.leaf)), asn1_keys.PrivateKeyInfo.load(private),
            certs_to_embed=[asn1_x509.Certificate.load(der(tsa.root))], fixed_dt=at,  # type: ignore[arg-type]
        )

    def _exchange(self, body: bytes) -> bytes:
        reply: bytes = self._authority.request_tsa_response(tsp.TimeStampReq.load(body)).dump()
        return reply


def clockwork(name: str, days: int = 4000) -> Clockwork:
    root_key, leaf_key = key(f"{name} root"), key(f"{name} leaf")
    root = authority.make_root(root_key, f"{name} time", "FR", MADE)
    leaf = (
        x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} clock")])).issuer_name(root.subject)
        .public_key(leaf_key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(MADE).not_valid_after(MADE + timedelta(days=days))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(root_key, SHA256())
    )  # fmt: skip
    crl = authority.make_list(root, root_key, [], 1, SEALED - timedelta(hours=1)).public_bytes(Encoding.DER)
    return Clockwork(root, root_key, leaf, leaf_key, crl)


@cache
def tsa() -> Clockwork:
    return clockwork("tsa")


@cache
def stranger_tsa() -> Clockwork:
    return clockwork("stranger tsa")


# --- documents -------------------------------------------------------------------------------------------------


RECORD = json.dumps({"id": "7f" * 16, "number": NUMBER, "statement": "Nothing was deleted.", "v": 1}, separators=(",", ":")).encode()


@cache
def unsealed() -> bytes:
    """A small document, so that five hundred forgeries of it can be examined."""
    return render(document(Summary("Nothing was deleted."), Heading("Details"), record=RECORD)).content


@cache
def basic() -> bytes:
    """B-B: sealed without a time-stamp."""
    return sealed(ours()).content


@cache
def archived() -> bytes:
    """B-LTA: sealed with time-stamp and proofs, and an archive time-stamp over all that."""
    made = sealed(ours(), tsa().stamper())
    assert made.level == "B-LTA"
    assert not made.stamp_problem
    return made.content


@cache
def approved() -> bytes:
    """Signed with our own key, but by a plain signature that forbids nothing."""
    return _signed(certify=False)


@cache
def form_filling() -> bytes:
    """Signed with our own key, certified, but with form filling permitted (P=2)."""
    return _signed(certify=True, docmdp_permissions=MDPPerm.FILL_FORMS)


def sealed(house: House, stamper: Stamper | None = None, content: bytes | None = None) -> Sealed:
    """What the product issues."""
    return seal(content or unsealed(), house.sealer, reason=REASON, at=SEALED, stamper=stamper)


def sealed_late(house: House) -> bytes:
    """Sealed with a certificate that had ended, as the product refuses to."""
    metadata = PdfSignatureMetadata(field_name="Seal", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    return sign(unsealed(), metadata, house)


@cache
def old_format() -> bytes:
    """Certified with our own key, but not as PAdES."""
    return _signed(certify=True, docmdp_permissions=MDPPerm.NO_CHANGES, subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)


@cache
def weak() -> bytes:
    """As the product seals, but over SHA-1, for which two files with one digest can be made."""
    return _signed(certify=True, docmdp_permissions=MDPPerm.NO_CHANGES, md_algorithm="sha1")


def _signed(**changes: Any) -> bytes:
    fields = {"field_name": "Seal", "md_algorithm": "sha256", "subfilter": SigSeedSubFilter.PADES, "reason": REASON}
    return sign(unsealed(), PdfSignatureMetadata(**(fields | changes)), ours())


class _Careless(_KeySigner):
    """Signs with any digest."""

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if digest_algorithm == "sha1" and not dry_run:
            return ours().leaf_key.sign(data, PKCS1v15(), SHA1())
        return await super().async_sign_raw(data, digest_algorithm, dry_run)


class _Ruthless(PdfSigner):
    """Signs although the document's certification forbids it."""

    def _enforce_certification_constraints(self, reader: Any) -> None:
        pass


def sign(content: bytes, metadata: PdfSignatureMetadata, house: House) -> bytes:
    """Sign in other ways than the product does."""
    signer = _Ruthless(metadata, signer=_Careless(house.sealer))
    writer = IncrementalPdfFileWriter(BytesIO(content))
    session = signer.init_signing_session(writer, existing_fields_only=True)
    session.system_time = SEALED

    async def run() -> bytes:
        reserved = await session.estimate_signature_container_size(None)
        tbs = session.prepare_tbs_document(None, reserved)
        digest, output = tbs.digest_tbs_document()
        await tbs.perform_signature(digest.document_digest, None)
        return bytes(output.getbuffer())

    return asyncio.run(run())


def stamped_again(content: bytes, at: datetime, authority_: Clockwork | None = None) -> bytes:
    """The file with one more archive time-stamp."""
    return add_stamp(content, (authority_ or tsa()).stamper(at), ours().sealer.material).content


# --- what verification knows -----------------------------------------------------------------------------------


def trust(*houses: House, crls: tuple[bytes, ...] | None = None) -> Trust:
    """What the installation trusts: our root, its newest list, the authority's root."""
    chosen = houses or (ours(),)
    lists = tuple(house.crl for house in chosen) if crls is None else crls
    return Trust(roots=tuple(der(h.root) for h in chosen), tsa_roots=(der(tsa().root),), crls=(*lists, tsa().crl))


ISSUED: dict[Callable[[], bytes], str] = {basic: "B-B", archived: "B-LTA"}
"""The documents that the register lists, and their level."""


def known(content: bytes, house: House | None = None, *, superseded_by: str = "", level: str = "", listed: bool | None = None) -> Known:
    """What the register says of a file: the document is known, the file only if it is one of those issued."""
    issuer = house or ours()
    issued = {hashlib.sha256(make()).hexdigest(): level_ for make, level_ in ISSUED.items()}
    found = issued.get(hashlib.sha256(content).hexdigest()) if listed is None else (level or "B-B") if listed else None
    return Known(
        identities={issuer.fingerprint: KnownIdentity(NAME)},
        document=KnownDocument(NUMBER, SEALED, RECORD, issuer.fingerprint, level or "B-B", superseded_by),
        file=KnownFile(SEALED, found) if found else None,
    )
