"""The built-in certificate authority: an own root, the leaf that seals, and the list of what was revoked (RFC 5280).

Everything is RSA-3072, the root too: several verifiers in use know no elliptic curves, and whoever can check the seal can then check
the root. The leaf names no address of a revocation list, because a verifier that cannot reach one distrusts the seal; the list is
embedded in the documents instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from dpa.evidence.seal.keyfiles import PrivateKey
from dpa.problems import Invalid

KEY_BITS = 3072
ROOT_YEARS = 20
LEAF_DAYS = 3 * 365
"""Not more than three years, and never beyond the root."""
LIST_DAYS = 10
"""How long a list of revoked certificates is good; a new one is signed daily, so a worker may stand still for a week."""
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""Extended key usage of RFC 9336."""
_CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate that is no longer trusted."""

    serial: int
    at: datetime
    """From when."""


def new_key() -> rsa.RSAPrivateKey:
    """Make a key; takes 0.2 to 1 s."""
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _name(organisation: str, common: str, country: str) -> x509.Name:
    # X.520 bounds these to 64 characters; a longer name is cut, since its full form stands in the document itself.
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]), x509.NameAttribute(NameOID.COMMON_NAME, common[:64])]
    if len(country) == 2 and country.isascii() and country.isalpha():
        parts.insert(0, x509.NameAttribute(NameOID.COUNTRY_NAME, country.upper()))
    return x509.Name(parts)


def _usage(*, signs_documents: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs_documents, content_commitment=signs_documents, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=not signs_documents, crl_sign=not signs_documents, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def make_root(key: rsa.RSAPrivateKey, name: str, country: str, now: datetime) -> x509.Certificate:
    """Return a self-signed root for twenty years that may only issue end certificates (path length 0)."""
    if not name.strip():
        raise Invalid("The organisation has no name to put into its certificate.", field="name")
    subject = _name(name, f"{name[:40].strip()} document root {now.year}", country)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_TOLERANCE)
        .not_valid_after(now + timedelta(days=365 * ROOT_YEARS + 5))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_documents=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def make_leaf(key: rsa.RSAPrivateKey, root: x509.Certificate, root_key: PrivateKey, name: str, country: str, now: datetime) -> x509.Certificate:
    """Return the certificate that seals: at most three years, for signatures that are meant to bind (nonRepudiation)."""
    until = min(now + timedelta(days=LEAF_DAYS), root.not_valid_after_utc)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name, f"{name[:50].strip()} seal", country))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_TOLERANCE)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_documents=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)  # type: ignore[arg-type]
        .sign(root_key, SHA256())
    )


def make_list(root: x509.Certificate, root_key: PrivateKey, revoked: Iterable[Revoked], number: int, now: datetime) -> x509.CertificateRevocationList:
    """Return the root's list of revoked certificates, good for ten days."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(now)
        .next_update(now + timedelta(days=LIST_DAYS))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)  # type: ignore[arg-type]
    )
    for entry in sorted(revoked, key=lambda one: one.serial):
        builder = builder.add_revoked_certificate(
            # Without a reason code: RFC 5280, 5.3.1, wants none rather than "unspecified".
            x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.at).build()
        )
    return builder.sign(root_key, SHA256())
