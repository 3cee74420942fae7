"""Making or opening an identity before it is installed: slow work that stays outside of any transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from dpa.config import Settings
from dpa.evidence.seal import authority, certificates, keyfiles
from dpa.evidence.seal.authority import Revoked
from dpa.evidence.seal.certificates import der, fingerprint, ordered_chain
from dpa.evidence.seal.keyfiles import PrivateKey
from dpa.evidence.seal.models import Backend, SealIdentity
from dpa.evidence.seal.sealers import open_pkcs12
from dpa.evidence.seal.token import TokenKey, TokenPlace
from dpa.problems import Conflict, Invalid, Misconfigured


@dataclass(frozen=True, slots=True)
class Prepared:
    """An identity whose key exists and was tried, ready for `install`."""

    organisation_id: int
    backend: Backend
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    """Its issuers, the root last; empty where it is self-signed."""
    source: dict[str, Any] = field(default_factory=dict)
    """Where the key is; no secret."""
    crl: str = ""
    """List of revoked certificates of an own root, PEM."""
    crl_number: int = 0

    @property
    def root(self) -> x509.Certificate:
        """What others compare by its fingerprint."""
        return self.chain[-1] if self.chain else self.certificate

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, lower-case hexadecimal."""
        return fingerprint(der(self.certificate))

    @property
    def root_fingerprint(self) -> str:
        """SHA-256 of the root certificate, lower-case hexadecimal."""
        return fingerprint(der(self.root))


@dataclass(frozen=True, slots=True)
class Issuer:
    """An own root with its opened key, for a new leaf or a new list."""

    root: x509.Certificate
    key: PrivateKey = field(repr=False)

    def list_of(self, revoked: Iterable[Revoked], number: int, now: datetime) -> str:
        """Return a list of revoked certificates, PEM."""
        return authority.make_list(self.root, self.key, revoked, number, now).public_bytes(Encoding.PEM).decode("ascii")


def prepare_builtin(settings: Settings, organisation_id: int, name: str, country: str, now: datetime) -> Prepared:
    """Make an own root and a leaf for an organisation and write both keys, encrypted, into the key folder.

    Takes one to three seconds. Every call makes files of their own name, so that two processes cannot destroy each other's keys;
    what is never installed stays behind unused. `country` is an ISO 3166-1 code.
    """
    root_key = authority.new_key()
    root = authority.make_root(root_key, name, country, now)
    place = _write(settings, organisation_id, "root", root, root_key)
    issuer = Issuer(root, root_key)
    return _leaf(settings, organisation_id, issuer, place, (name, country), (), 1, now)


def prepare_rotation(settings: Settings, identity: SealIdentity, revoked: Iterable[Revoked], now: datetime) -> Prepared:
    """Make a new leaf under the root of a built-in identity, and a new list of what was revoked.

    Raises `Conflict` for an identity whose key is not ours to make, and `Misconfigured` when the root's key is not there any more.
    """
    if identity.backend is not Backend.BUILTIN:
        raise Conflict("This seal comes from elsewhere; get a new certificate from its issuer and install it with: dpa seal use-pkcs12 or use-pkcs11")
    issuer = issuer_for(settings, identity)
    if issuer is None:
        raise Misconfigured(
            f"The key of the root is not at {settings.key_folder / identity.source['root_key']}; put it back, or make a new root with: dpa seal create"
        )
    subject = x509.load_pem_x509_certificate(identity.certificate.encode()).subject
    words = (_attribute(subject, NameOID.ORGANIZATION_NAME), _attribute(subject, NameOID.COUNTRY_NAME))
    number = identity.crl_number + 1
    return _leaf(settings, identity.organisation_id, issuer, identity.source["root_key"], words, revoked, number, now)


def prepare_next(
    settings: Settings, former: Sequence[SealIdentity], revoked: Iterable[Revoked], organisation_id: int, name: str, country: str, now: datetime,
) -> Prepared:  # fmt: skip
    """Make an identity for an organisation that has none active: under its former root where it has one, so that nobody need learn a new fingerprint.

    `former` are its identities, the newest first (`queries.identities`); `revoked` is `revoked_under` the newest. Raises `Conflict` when
    the newest came from elsewhere, because a seal of our own must not silently stand in for a bought one.
    """
    if not former:
        return prepare_builtin(settings, organisation_id, name, country, now)
    return prepare_rotation(settings, former[0], revoked, now)


def issuer_for(settings: Settings, identity: SealIdentity) -> Issuer | None:
    """Open the root of a built-in identity; none where the root's key was taken away (kept offline) or is not ours.

    Takes about 0.2 s, for the passphrase is stretched. Raises `Misconfigured` when the file does not open.
    """
    if identity.backend is not Backend.BUILTIN:
        return None
    path = settings.key_folder / identity.source["root_key"]
    if not path.exists():
        return None
    root = x509.load_pem_x509_certificates(identity.chain.encode())[-1]
    return Issuer(root, keyfiles.decrypted(path, settings))


def prepare_pkcs12(settings: Settings, organisation_id: int, file: Path, passphrase_file: Path, now: datetime) -> Prepared:  # noqa: ARG001
    """Open a PKCS#12 file and check that its certificate may seal; the file stays where it is and is opened again on each start.

    Raises `Misconfigured` for a file that is missing, open to others or of another passphrase; `Invalid` for a certificate that is
    expired, does not allow nonRepudiation, lacks part of its chain, or has a key that verifiers do not know, such as Ed25519.
    """
    file, passphrase_file = file.expanduser().resolve(), passphrase_file.expanduser().resolve()
    key, certificate, others = open_pkcs12(file, passphrase_file)
    certificates.check_key(key.public_key())
    certificates.check(certificate, now)
    source = {"file": str(file), "passphrase_file": str(passphrase_file)}
    return Prepared(organisation_id, Backend.PKCS12, certificate, ordered_chain(certificate, others), source)


def prepare_pkcs11(
    settings: Settings,  # noqa: ARG001
    organisation_id: int,
    place: TokenPlace,
    now: datetime,
    *,
    certificate_file: Path | None = None,
    label: str | None = None,
) -> Prepared:
    """Log in to a token, check that its certificate may seal and that its key signs for it.

    The certificate comes from a PEM file with its chain, or from the token by its label (that of the key, unless given), with the
    chain among the token's other certificates. Raises `Misconfigured` and `Invalid` as `prepare_pkcs12` does.
    """
    token = TokenKey(place)
    token.open()
    if certificate_file is not None:
        certificate, others = _of_file(certificate_file)
    else:
        wanted = label or place.key
        found = token.certificates(wanted)
        if len(found) != 1:
            raise Invalid(f"The token {place.token} has {len(found) or 'no'} certificates with the label {wanted}; name a file with --certificate-file.")
        certificate, others = found[0], token.certificates()
    certificates.check(certificate, now)
    _try(token, certificate)
    source = {"library": place.library, "token": place.token, "key": place.key, "pin_file": place.pin_file}
    return Prepared(organisation_id, Backend.PKCS11, certificate, ordered_chain(certificate, others), source)


def _leaf(
    settings: Settings, organisation_id: int, issuer: Issuer, root_place: str, words: tuple[str, str],
    revoked: Iterable[Revoked], number: int, now: datetime,
) -> Prepared:  # fmt: skip
    key = authority.new_key()
    leaf = authority.make_leaf(key, issuer.root, issuer.key, *words, now)
    source = {"key": _write(settings, organisation_id, "leaf", leaf, key), "root_key": root_place}
    return Prepared(organisation_id, Backend.BUILTIN, leaf, (issuer.root,), source, issuer.list_of(revoked, number, now), number)


def _write(settings: Settings, organisation_id: int, kind: str, certificate: x509.Certificate, key: PrivateKey) -> str:
    """Write a key under the name of its certificate's fingerprint, which no other can have; return its place in the key folder."""
    path = keyfiles.seal_folder(settings, organisation_id) / f"{kind}-{fingerprint(der(certificate))[:16]}.pem"
    keyfiles.write_new(path, keyfiles.encrypted(key, keyfiles.passphrase(settings)))
    return path.relative_to(settings.key_folder).as_posix()


def _attribute(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(kind)
    return str(found[0].value) if found else ""


def _of_file(path: Path) -> tuple[x509.Certificate, list[x509.Certificate]]:
    try:
        first, *others = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Invalid(f"{path} holds no PEM certificates that can be read.") from error
    return first, others


def _try(token: TokenKey, certificate: x509.Certificate) -> None:
    """Sign something and verify it with the certificate, so that a wrong pair is found now and not in a document."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    data = b"Does this key belong to this certificate?"
    signature = token.sign(data)
    public = certificate.public_key()
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, data, padding.PKCS1v15(), SHA256())
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, data, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise Invalid("The key in the token does not belong to this certificate.") from None
