"""Whether a certificate may seal: its chain, its purpose, its key, its time. Pure; the answers are sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from dpa.problems import Invalid

FEWEST_RSA_BITS = 2048
_CURVES = ("secp256r1", "secp384r1")


@dataclass(frozen=True, slots=True)
class Material:
    """What a verifier needs beside the signature, all DER; embedded in each document."""

    certificate: bytes
    """The sealing certificate."""
    chain: tuple[bytes, ...]
    """Its issuers, the root last; empty where it is self-signed."""
    crls: tuple[bytes, ...] = ()
    """Lists of revoked certificates that we hold; empty where the issuer is not ours."""

    @property
    def root(self) -> bytes:
        """The certificate that others compare by its fingerprint."""
        return self.chain[-1] if self.chain else self.certificate


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate, lower-case hexadecimal."""
    return hashlib.sha256(der).hexdigest()


def serial(certificate_pem: str) -> str:
    """Return the serial number of a certificate as `openssl x509 -serial` and the lists of `openssl crl -text` print it: whole octets, capitals."""
    digits = f"{x509.load_pem_x509_certificate(certificate_pem.encode()).serial_number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def pem(certificates: Iterable[x509.Certificate]) -> str:
    """Return certificates as PEM, one after the other."""
    return "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in certificates)


def der(certificate: x509.Certificate) -> bytes:
    """Return a certificate as DER."""
    return certificate.public_bytes(Encoding.DER)


def check(certificate: x509.Certificate, now: datetime) -> None:
    """Raise Invalid with the reason unless the certificate may seal a document now."""
    check_key(certificate.public_key())
    _check_usage(certificate)
    if certificate.not_valid_after_utc <= now:
        raise Invalid(f"The certificate expired on {certificate.not_valid_after_utc:%d %B %Y}; a seal made with it would not be trusted.")
    if certificate.not_valid_before_utc > now:
        raise Invalid(f"The certificate is not valid before {certificate.not_valid_before_utc:%d %B %Y}.")


def check_key(key: object) -> None:
    """Raise Invalid unless verifiers in use understand the kind of key: RSA from 2048 bits, P-256 or P-384."""
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        raise Invalid(
            "The key is Ed25519 or Ed448, which common verifiers of PDF signatures (Poppler, MuPDF, `openssl cms` of OpenSSL 3.0) "
            "cannot check; use RSA-3072, or P-256."
        )
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < FEWEST_RSA_BITS:
            raise Invalid(f"The key is RSA with {key.key_size} bits; at least {FEWEST_RSA_BITS} are needed, better 3072.")
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _CURVES:
        raise Invalid("The key is of a kind that common verifiers of PDF signatures do not know; use RSA-3072, or P-256.")


def _check_usage(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise Invalid("The certificate does not say what its key may be used for; it must allow nonRepudiation (content commitment).") from None
    if not usage.content_commitment:
        raise Invalid("The certificate does not allow nonRepudiation (content commitment), which a seal on a document needs.")


def ordered_chain(certificate: x509.Certificate, others: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return the issuers of a certificate from its own to the root, each signature checked.

    Raises Invalid when one is missing or did not sign. A self-signed certificate has no issuers.
    """
    found: list[x509.Certificate] = []
    current = certificate
    while current.subject != current.issuer:
        issuer = next((one for one in others if one.subject == current.issuer and one not in found and _signed(current, one)), None)
        if issuer is None:
            raise Invalid(
                f"The certificate of the issuer “{current.issuer.rfc4514_string()}” is missing or did not sign; "
                "put the whole chain up to the root beside the sealing certificate."
            )
        found.append(issuer)
        current = issuer
    if not _signed(current, current):
        raise Invalid(f"The certificate “{current.subject.rfc4514_string()}” claims to be its own issuer, but its signature is of another key.")
    return tuple(found)


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def lists_cover(material: Material, at: datetime) -> bool:
    """Tell whether, for every certificate below the root, a list of its issuer is held that is good at the instant."""
    chain = [x509.load_der_x509_certificate(one) for one in (material.certificate, *material.chain)]
    lists = [x509.load_der_x509_crl(one) for one in material.crls]
    good = {one.issuer for one in lists if one.next_update_utc is not None and one.last_update_utc <= at <= one.next_update_utc}
    return len(chain) > 1 and all(one.issuer in good for one in chain[:-1])
