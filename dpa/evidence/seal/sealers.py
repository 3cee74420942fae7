"""Opening keys: from an identity's row to a `Sealer`.

Opening takes up to half a second (a passphrase is stretched, a token logs in), so sealers are kept for the life of the process.
"""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs12

from dpa.config import Settings
from dpa.evidence.seal import issuer_lists
from dpa.evidence.seal.certificates import Material, der
from dpa.evidence.seal.keyfiles import PrivateKey, decrypted, read_private, read_secret
from dpa.evidence.seal.models import Backend, IdentityState, SealIdentity
from dpa.evidence.seal.sealer import Sealer, SealUnavailable, Sign
from dpa.evidence.seal.token import TokenKey, TokenPlace
from dpa.problems import Misconfigured, Problem

__all__ = ["SealUnavailable", "Sealer", "forget", "material_for_stamp", "material_of", "open_pkcs12", "sealer_for", "signing"]

_open: dict[tuple[int, int, str], tuple[int, Sealer]] = {}
_lock = threading.Lock()


def sealer_for(identity: SealIdentity, settings: Settings) -> Sealer:
    """Open the identity's key, or return it opened before; a newer list of revoked certificates is taken along.

    A bought seal carries the lists of its issuer that `DPA_SEAL_LISTS` holds. Raises `SealUnavailable` for an identity that may no longer seal, a key file that is missing, open to others or of another
    passphrase, and a token that cannot be reached.
    """
    if identity.state is not IdentityState.ACTIVE:
        raise SealUnavailable(f"The seal {identity.fingerprint[:16]} is {identity.state}; only the active one may seal.")
    place = (os.getpid(), identity.id, identity.fingerprint)  # A token's session does not survive a fork.
    with _lock:
        known = _open.get(place)
        if known is None or known[0] != identity.crl_number:
            known = (identity.crl_number, _made(identity, known[1].sign if known else _key_of(identity, settings)))
            _open[place] = known
    return known[1] if identity.backend is Backend.BUILTIN else _with_lists(known[1], settings)


def _with_lists(sealer: Sealer, settings: Settings) -> Sealer:
    """Take the issuer's lists of today along; a seal that they call revoked does not seal."""
    material = issuer_lists.completed(sealer.material, settings)
    revoked_at = issuer_lists.revoked_at(material)
    if revoked_at is not None:
        raise SealUnavailable(f"The issuer of the seal {sealer.fingerprint[:16]} calls it revoked since {revoked_at:%d %B %Y %H:%M} UTC (DPA_SEAL_LISTS); install another one.")
    return replace(sealer, material=material)


def forget() -> None:
    """Close the book of opened keys, so that the next use opens them anew."""
    with _lock:
        _open.clear()


def material_for_stamp(identity: SealIdentity, settings: Settings) -> Material:
    """Return what a time-stamp that is added later takes along: what stands in the row, and the issuer's lists of today for a bought seal."""
    material = material_of(identity)
    return material if identity.backend is Backend.BUILTIN else issuer_lists.completed(material, settings)


def material_of(identity: SealIdentity) -> Material:
    """Return what stands in the row for verifiers; needs no key, so it serves for retired identities too."""
    chain = tuple(der(one) for one in x509.load_pem_x509_certificates(identity.chain.encode())) if identity.chain.strip() else ()
    certificate = der(x509.load_pem_x509_certificate(identity.certificate.encode()))
    lists = (x509.load_pem_x509_crl(identity.crl.encode()).public_bytes(Encoding.DER),) if identity.crl.strip() else ()
    return Material(certificate, chain, lists)


def _made(identity: SealIdentity, sign: Sign) -> Sealer:
    material = material_of(identity)
    public: Any = x509.load_der_x509_certificate(material.certificate).public_key()
    curve = isinstance(public, ec.EllipticCurvePublicKey)
    return Sealer(
        identity.id, identity.organisation_id, identity.backend, identity.fingerprint, identity.root_fingerprint, identity.subject,
        identity.not_before, identity.not_after, material,
        # A DER-encoded ECDSA signature is two integers with at most nine octets of frame.
        signature_bytes=2 * ((public.key_size + 7) // 8) + 9 if curve else (public.key_size + 7) // 8,
        sign=sign,
    )  # fmt: skip


def _key_of(identity: SealIdentity, settings: Settings) -> Sign:
    source = identity.source
    try:
        if identity.backend is Backend.PKCS11:
            token = TokenKey(TokenPlace(source["library"], source["token"], source["key"], source["pin_file"]))
            token.open()
            return token.sign
        if identity.backend is Backend.PKCS12:
            key, _, _ = open_pkcs12(Path(source["file"]), Path(source["passphrase_file"]))
        else:
            key = decrypted(settings.key_folder / source["key"], settings)
    except Problem as problem:
        raise SealUnavailable(problem.message) from problem
    except KeyError as error:
        raise SealUnavailable(f"The seal {identity.fingerprint[:16]} does not say where its key is ({error}); install it again.") from error
    expected = x509.load_pem_x509_certificate(identity.certificate.encode()).public_key()
    if _public(key.public_key()) != _public(expected):
        raise SealUnavailable(f"The key of the seal {identity.fingerprint[:16]} does not belong to its certificate; was its file replaced?")
    return signing(key)


def _public(key: Any) -> bytes:
    encoded: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return encoded


def signing(key: PrivateKey) -> Sign:
    """Return the function that signs with a key held in memory: RSA by PKCS#1 v1.5, which every verifier knows; curves by ECDSA."""

    def sign(data: bytes) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, PKCS1v15(), SHA256())
        return key.sign(data, ec.ECDSA(SHA256()))

    return sign


def open_pkcs12(file: Path, passphrase_file: Path) -> tuple[PrivateKey, x509.Certificate, tuple[x509.Certificate, ...]]:
    """Open a PKCS#12 file (RFC 7292) and return key, certificate and the other certificates in it; raises `Misconfigured`."""
    content = read_private(file)
    secret = read_secret(passphrase_file)
    try:
        found = pkcs12.load_pkcs12(content, secret.encode())
    except ValueError as error:
        raise Misconfigured(f"{file} does not open: the passphrase in {passphrase_file} is wrong, or it is not a PKCS#12 file.") from error
    if found.key is None or found.cert is None:
        raise Misconfigured(f"{file} lacks the private key or its certificate; export both together.")
    others = tuple(one.certificate for one in found.additional_certs)
    return found.key, found.cert.certificate, others  # type: ignore[return-value]  # the caller checks the kind of key
