"""What tests of sealed documents share: a ready seal with its keys, and a time-stamp authority on this machine.

    from tests.support.seals import SealGround, seal_ground          # the fixture is known everywhere; keys are made once per process

    def test_x(seal_ground: SealGround, database: Database) -> None:
        sealed = seal(unsealed, seal_ground.sealer, reason="...", at=seal_ground.at, stamper=seal_ground.stamper())   # B-LTA
        sealed = seal(unsealed, seal_ground.sealer, reason="...", at=seal_ground.at, stamper=None)                    # B-B
        settings = database.settings(**seal_ground.settings(stamps=True))      # keys, DPA_TSA_URL and DPA_TSA_ROOTS of this ground
        identity = install(unit, seal_ground.prepared_for(organisation_id))    # no keys are made: quick

`seal_ground.authority.mode = "slow"` (see MODES) makes the authority misbehave; the fixture puts it right before each use.
`seal_ground.stranger` is a sealer under a root of its own with the same names.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dpa.config import Settings
from dpa.evidence.seal import stamping
from dpa.evidence.seal.certificates import der, pem
from dpa.evidence.seal.models import IdentityState, SealIdentity
from dpa.evidence.seal.preparing import Prepared, prepare_builtin
from dpa.evidence.seal.sealers import Sealer, sealer_for
from dpa.evidence.seal.stamping import Stamper

AT = datetime(2026, 11, 22, 10, 4, tzinfo=UTC)
"""When the shared seal was made, and the time of the authority's clock."""
MODES = ("good", "refused", "garbage", "empty", "wrong-nonce", "wrong-imprint", "untrusted", "not-for-stamping", "also-for-code", "expired", "forged", "slow", "drip", "huge", "error", "redirect", "html", "needs-password")
NAME = "Lumen Learning SAS"
_YEARS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC))


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


@dataclass
class Issued:
    """A certificate of the test authority with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def asn1(self) -> asn1.Certificate:
        return asn1.Certificate.load(der(self.certificate))


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def certificate(
    key: Any, common: str, issuer: Issued | None, *, purposes: list[x509.ObjectIdentifier] | None = None, ca: bool = False,
    usage: bool = True, binding: bool = True, valid: tuple[datetime, datetime] = _YEARS, signer: Any = None,
) -> x509.Certificate:
    """Make a certificate; without an issuer it signs itself. `binding` is nonRepudiation."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common)).issuer_name(issuer.certificate.subject if issuer else name(common))
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(valid[0]).not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    if usage:
        builder = builder.add_extension(x509.KeyUsage(not ca, binding and not ca, False, False, False, ca, ca, False, False), critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=True)
    signing = signer or (issuer.key if issuer else key)
    return builder.sign(signing, SHA256() if hasattr(signing, "curve") or isinstance(signing, rsa.RSAPrivateKey) else None)


class Authority:
    """A time-stamp authority (RFC 3161) on a free port of this machine, with roots of its own."""

    def __init__(self, folder: Path) -> None:
        keys = [rsa_key() for _ in range(2)]  # One for all roots, one for all leaves: keys are what costs time.
        self.root = Issued(certificate(keys[0], "Test Time-Stamp Root", None, ca=True), keys[0])
        only = [ExtendedKeyUsageOID.TIME_STAMPING]
        self.leaf = Issued(certificate(keys[1], "Test Time-Stamp Authority", self.root, purposes=only, binding=False), keys[1])
        strange = Issued(certificate(keys[1], "Other Time-Stamp Root", None, ca=True), keys[1])
        self._others = {
            "untrusted": Issued(certificate(keys[1], "Test Time-Stamp Authority", strange, purposes=only), keys[1]),
            "not-for-stamping": Issued(certificate(keys[1], "Test Time-Stamp Authority", self.root, purposes=[ExtendedKeyUsageOID.CODE_SIGNING]), keys[1]),
            "also-for-code": Issued(certificate(keys[1], "Test Time-Stamp Authority", self.root, purposes=[*only, ExtendedKeyUsageOID.CODE_SIGNING]), keys[1]),
            "expired": Issued(certificate(keys[1], "Test Time-Stamp Authority", self.root, purposes=only, valid=(_YEARS[0], AT - timedelta(days=1))), keys[1]),
        }
        self.crl = self._list()
        self.roots = folder / "tsa-roots.pem"
        self.roots.write_text(pem([self.root.certificate]) + self.crl.public_bytes(Encoding.PEM).decode("ascii"), "ascii")
        self.mode = "good"
        self.at = AT
        """The time it states."""
        self.requests = 0
        self.release = threading.Event()
        """Lets slow answers end, so that nothing waits after a test."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def _list(self, *revoked: x509.Certificate) -> x509.CertificateRevocationList:
        builder = (
            x509.CertificateRevocationListBuilder().issuer_name(self.root.certificate.subject).last_update(_YEARS[0]).next_update(_YEARS[1])
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.root.key.public_key()), critical=False)
        )  # fmt: skip
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number).revocation_date(_YEARS[0])
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.root.key, SHA256())

    def roots_with_revoked(self) -> str:
        """The roots file as it would be with the authority's certificate revoked."""
        return pem([self.root.certificate]) + self._list(self.leaf.certificate).public_bytes(Encoding.PEM).decode("ascii")

    def write_for_openssl(self, folder: Path) -> None:
        """Write what `openssl ts -reply -config tsa.cnf` needs to answer as this authority."""
        (folder / "tsa.pem").write_text(pem([self.leaf.certificate]), "ascii")
        (folder / "tsa.key").write_bytes(self.leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "serial").write_text("01", "ascii")
        (folder / "tsa.cnf").write_text(
            "[tsa]\ndefault_tsa=ours\n[ours]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\nsigner_digest=sha256\n"
            "default_policy=1.3.6.1.4.1.99999.1\ndigests=sha256\ness_cert_id_alg=sha256\n", "ascii",
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/tsa"

    def stamper(self, timeout: float = 5.0) -> Stamper:
        """A fresh client that trusts this authority."""
        return Stamper(self.url, self.roots, timeout=timeout)

    def reset(self) -> None:
        self.mode, self.at, self.requests = "good", AT, 0
        self.release.clear()

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, body: bytes) -> bytes:
        """Answer a request as the mode has it."""
        request = tsp.TimeStampReq.load(body)
        if self.mode == "refused":
            return bytes.fromhex("3005300302 0102")  # TimeStampResp with the status rejection and no token
        if self.mode == "garbage":
            return b"\x30\x82\x01\x00" + bytes(range(256))
        if self.mode == "empty":
            return b""
        signer = self._others.get(self.mode, self.leaf)
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": self._token(request, signer)}).dump()

    def _token(self, request: tsp.TimeStampReq, signer: Issued) -> cms.ContentInfo:
        imprint = request["message_imprint"]
        if self.mode == "wrong-imprint":
            imprint = tsp.MessageImprint({"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)})
        info = tsp.TSTInfo({
            "version": "v1", "policy": "1.3.6.1.4.1.99999.1", "message_imprint": imprint, "serial_number": self.requests + 1,
            "gen_time": self.at, "nonce": request["nonce"].native + (self.mode == "wrong-nonce"),
        }).dump()  # fmt: skip
        essid = tsp.SigningCertificateV2({"certs": [{"cert_hash": signer.certificate.fingerprint(SHA256())}]})
        digest = sha256(info)
        attributes = cms.CMSAttributes([
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [digest if self.mode != "forged" else bytes(32)]},
            {"type": "signing_certificate_v2", "values": [essid]},
        ])
        signature = signer.key.sign(attributes.dump(), PKCS1v15(), SHA256())
        algorithm = {"algorithm": "sha256"}
        sid = {"issuer": signer.asn1.issuer, "serial_number": signer.certificate.serial_number}
        return cms.ContentInfo({
            "content_type": "signed_data",
            "content": cms.SignedData({
                "version": "v3", "digest_algorithms": [algorithm],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
                "certificates": [cms.CertificateChoices("certificate", signer.asn1)],
                "signer_infos": [{
                    "version": "v1", "sid": cms.SignerIdentifier("issuer_and_serial_number", sid), "digest_algorithm": algorithm,
                    "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"}, "signed_attrs": attributes, "signature": signature,
                }],
            }),
        })  # fmt: skip

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                authority.requests += 1
                try:
                    answer(self, authority, body)
                except OSError:
                    return  # The client gave up, as it should.

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def answer(handler: BaseHTTPRequestHandler, authority: Authority, body: bytes) -> None:
    mode = authority.mode
    if mode == "slow":
        authority.release.wait(20)
        return
    if mode == "needs-password" and handler.headers["Authorization"] != "Basic ZGVzazpzIGVjcmV0":
        handler.send_error(401)
        return
    content = b"x" * (1024 * 1024) if mode == "huge" else authority.reply(body)
    handler.send_response({"error": 503, "redirect": 302}.get(mode, 200))
    if mode == "redirect":
        handler.send_header("Location", authority.url)
    handler.send_header("Content-Type", "text/html" if mode == "html" else "application/timestamp-reply")
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    if mode != "drip":
        handler.wfile.write(content)
        return
    for byte in content:  # Each byte comes before a timeout of the socket could strike.
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        if authority.release.wait(0.05):
            return


@dataclass
class SealGround:
    """A seal that is ready, and an authority."""

    keys: Path
    """Key folder: `Settings(keys=...)`."""
    prepared: Prepared
    """The identity of organisation 1, made by the product itself."""
    sealer: Sealer
    stranger: Sealer
    """Somebody else's seal with the same names under another root."""
    authority: Authority
    at: datetime = AT

    def stamper(self, timeout: float = 5.0) -> Stamper:
        return self.authority.stamper(timeout)

    def settings(self, *, stamps: bool = False) -> dict[str, Any]:
        """Fields of `Settings` with which an application uses this ground."""
        wanted: dict[str, Any] = {"tsa_url": self.authority.url, "tsa_roots": self.authority.roots} if stamps else {}
        return {"keys": self.keys, **wanted}

    def prepared_for(self, organisation_id: int) -> Prepared:
        """The same identity for another organisation."""
        return replace(self.prepared, organisation_id=organisation_id)


def identity_of(prepared: Prepared, number: int = 1) -> SealIdentity:
    """A row as `install` would store it, outside of any database."""
    return SealIdentity(
        id=number, organisation_id=prepared.organisation_id, backend=prepared.backend, state=IdentityState.ACTIVE,
        certificate=pem([prepared.certificate]), chain=pem(prepared.chain), fingerprint=prepared.fingerprint,
        root_fingerprint=prepared.root_fingerprint, subject=prepared.certificate.subject.rfc4514_string(),
        not_before=prepared.certificate.not_valid_before_utc, not_after=prepared.certificate.not_valid_after_utc,
        source=prepared.source, crl=prepared.crl, crl_number=prepared.crl_number, created_at=AT, created_by="system:test", ended_because="",
    )  # fmt: skip


@pytest.fixture(scope="session")
def _seal_ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealGround]:
    folder = tmp_path_factory.mktemp("seals")
    settings = Settings(instance=folder)
    prepared, strange = (prepare_builtin(settings, number, NAME, "FR", AT) for number in (1, 2))
    authority = Authority(folder)
    sealers = [sealer_for(identity_of(one, number), settings) for number, one in ((1, prepared), (2, strange))]
    yield SealGround(settings.key_folder, prepared, sealers[0], sealers[1], authority)
    authority.close()


@pytest.fixture
def seal_ground(_seal_ground: SealGround) -> SealGround:
    """A ready seal and a time-stamp authority that behaves until told otherwise."""
    _seal_ground.authority.reset()
    stamping.forget()
    return _seal_ground
