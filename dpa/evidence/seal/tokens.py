"""Time-stamp tokens (RFC 3161): the request, and the examination of what comes back. No network, no database."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from asn1crypto import algos, cms, core, crl, pem, tsp, x509
from cryptography.x509 import load_der_x509_certificate, load_der_x509_crl
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from dpa.evidence.seal import loops
from dpa.evidence.seal.stamping import Stamp

# What these libraries find comes back as a value; their logs would repeat it with tracebacks.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
_GRANTED = ("granted", "granted_with_mods")
_STAMPING = "1.3.6.1.5.5.7.3.8"


class Unbelievable(Exception):
    """Why an answer is not accepted, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What an authority must lead to."""

    roots: tuple[bytes, ...]
    """Root certificates, DER."""
    crls: tuple[bytes, ...]
    """Lists of revoked certificates, DER; may be empty."""

    @classmethod
    def of(cls, content: bytes) -> Trust:
        """Read PEM certificates and lists; raises ValueError where there is no certificate or something is damaged."""
        blocks = [(kind, der) for kind, _, der in pem.unarmor(content, multiple=True)]
        roots = tuple(der for kind, der in blocks if kind == "CERTIFICATE")
        crls = tuple(der for kind, der in blocks if kind == "X509 CRL")
        if not roots:
            msg = "no certificate"
            raise ValueError(msg)
        for der in roots:
            x509.Certificate.load(der, strict=True).public_key  # noqa: B018  reading it is the check
        for der in crls:
            crl.CertificateList.load(der, strict=True).issuer  # noqa: B018
        return cls(roots, crls)


def request(digest: bytes, nonce: int) -> bytes:
    """Return a request for a time-stamp over a SHA-256 digest, asking for the authority's certificates."""
    if len(digest) != 32:
        msg = "a time-stamp is asked for over a SHA-256 digest of 32 bytes"
        raise ValueError(msg)
    imprint = tsp.MessageImprint({"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": digest})
    encoded: bytes = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True}).dump()
    return encoded


def examined(reply: bytes, digest: bytes, nonce: int, trust: Trust) -> Stamp:
    """Return the time-stamp in a reply after checking all of it; raises `Unbelievable` with the reason."""
    try:
        return _examined(reply, digest, nonce, trust)
    except Unbelievable:
        raise
    except Exception as error:  # Whatever bytes from outside make the libraries say, they are no time-stamp.
        raise Unbelievable("its answer cannot be read as a time-stamp") from error


def _examined(reply: bytes, digest: bytes, nonce: int, trust: Trust) -> Stamp:
    status = tsp.PKIStatusInfo.load(core.Sequence.load(reply, strict=True)[0].dump())["status"].native
    if status not in _GRANTED:
        raise Unbelievable(f"it refused the request ({status})")
    token = tsp.TimeStampResp.load(reply, strict=True)["time_stamp_token"]
    content = token["content"]["encap_content_info"]
    if token["content_type"].native != "signed_data" or content["content_type"].native != "tst_info":
        raise Unbelievable("its answer is not a time-stamp")
    info = content["content"].parsed
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256" or imprint["hashed_message"].native != digest:
        raise Unbelievable("its time-stamp is over something else than was sent")
    if info["nonce"].native != nonce:
        raise Unbelievable("its answer belongs to another request (nonce)")
    at = info["gen_time"].native
    return Stamp(token.dump(), at, _trusted(token["content"], digest, at, trust))


def _trusted(signed: cms.SignedData, digest: bytes, at: datetime, trust: Trust) -> tuple[bytes, ...]:
    """Check signature, chain and purpose as of the stated time, and return the chain."""
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(der) for der in trust.roots],
        moment=at, allow_fetching=False, revocation_mode="soft-fail",
    )
    found = loops.run(validate_tst_signed_data(signed, context, lambda _algorithm: digest))
    status = TimestampSignatureStatus(**found)
    if not (status.intact and status.valid):
        raise Unbelievable("its signature is not correct")
    if not status.trusted or status.validation_path is None:
        raise Unbelievable("its certificate does not lead to a root in DPA_TSA_ROOTS, or was not valid at that time")
    path = tuple(one.dump() for one in status.validation_path.iter_certs(include_root=True))
    if _revoked(path, at, trust.crls):
        raise Unbelievable("its certificate stands in a list of revoked ones in DPA_TSA_ROOTS")
    if not _only_stamps(status.signing_cert):
        raise Unbelievable("its certificate is not made for time-stamping alone")
    return path


def root_of(token: bytes, trust: Trust) -> bytes | None:
    """Return the root (DER) that a time-stamp of one of our files leads to; none where it leads to none of those trusted."""
    signed = cms.ContentInfo.load(token)["content"]
    info = signed["encap_content_info"]["content"].parsed
    try:
        return _trusted(signed, info["message_imprint"]["hashed_message"].native, info["gen_time"].native, trust)[0]
    except Unbelievable:
        return None


def signer(token: bytes) -> bytes:
    """Return what names the certificate that signed a time-stamp (its issuer and serial number), DER."""
    named: bytes = cms.ContentInfo.load(token)["content"]["signer_infos"][0]["sid"].chosen.dump()
    return named


def _revoked(path: Sequence[bytes], at: datetime, lists: Sequence[bytes]) -> bool:
    """Look each certificate up in the lists its issuer signed; libraries do so only where a certificate names a list's address."""
    loaded = [load_der_x509_crl(der) for der in lists]
    for issuer, certificate in pairwise(load_der_x509_certificate(der) for der in path):
        for one in loaded:
            if one.issuer != issuer.subject or not one.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
                continue
            entry = one.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is not None and entry.revocation_date_utc <= at:
                return True
    return False


def _only_stamps(certificate: x509.Certificate) -> bool:
    """RFC 3161, 2.3: one extended key usage, and critical."""
    purposes = [one.dotted for one in certificate.extended_key_usage_value or ()]
    return purposes == [_STAMPING] and "extended_key_usage" in certificate.critical_extensions
