"""Lists of revoked certificates that the issuers of bought seals publish, as the operator put them into the file of `DPA_SEAL_LISTS`.

With them in the document, a seal that somebody else issued reaches the levels that our own reach (B-LT, B-LTA). They come as a file, because
nothing of ours visits an address that stands in a certificate; how they are fetched, and how often, is the operator's (a line of cron).
"""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from dpa.config import Settings
from dpa.evidence.seal.certificates import Material
from dpa.problems import Misconfigured

LARGEST = 1_000_000
"""Bytes of all lists together: each document carries those of its seal, and no document may pass ten megabytes."""
_PEM = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)
_read: dict[tuple[Path, int, int], tuple[bytes, ...]] = {}
_lock = threading.Lock()


def lists(settings: Settings) -> tuple[bytes, ...]:
    """Return the lists in the file, DER; none where no file is set. Read again when the file changes; raises `Misconfigured` with the reason."""
    path = settings.seal_lists
    if path is None:
        return ()
    try:
        found = path.stat()
        if found.st_size > LARGEST:
            raise Misconfigured(f"{path}, which DPA_SEAL_LISTS names, is larger than {LARGEST // 1_000_000} MB; keep only the lists of your seals' issuers in it.")
        place = (path, found.st_mtime_ns, found.st_size)
        with _lock:
            if place not in _read:
                _read.clear()
                _read[place] = _parsed(path.read_bytes())
            return _read[place]
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path}, which DPA_SEAL_LISTS names, cannot be read as lists of revoked certificates (PEM or DER).") from error


def _parsed(content: bytes) -> tuple[bytes, ...]:
    if blocks := _PEM.findall(content):
        return tuple(x509.load_pem_x509_crl(block).public_bytes(Encoding.DER) for block in blocks)
    return (x509.load_der_x509_crl(content).public_bytes(Encoding.DER),)


def completed(material: Material, settings: Settings) -> Material:
    """Return what verifiers need of a seal, with the lists that its issuers signed; as it was where there are none or they cannot be read.

    A file that cannot be read must not stop a notice that is due; the seal's page says what is wrong.
    """
    try:
        held = lists(settings)
    except Misconfigured:
        return material
    chain = [x509.load_der_x509_certificate(one) for one in (material.certificate, *material.chain)]
    fitting = [one for one in held if any(_signed(x509.load_der_x509_crl(one), issuer) for issuer in chain[1:])]
    return replace(material, crls=tuple(dict.fromkeys((*material.crls, *fitting))))


def _signed(one: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    return one.issuer == issuer.subject and one.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]


def revoked_at(material: Material) -> datetime | None:
    """Return from when a list in the material calls the seal, or a certificate above it, revoked; none when none does."""
    chain = [x509.load_der_x509_certificate(one) for one in (material.certificate, *material.chain)]
    found = [
        entry.revocation_date_utc
        for one in (x509.load_der_x509_crl(der) for der in material.crls)
        for certificate, issuer in pairwise(chain)
        if _signed(one, issuer) and (entry := one.get_revoked_certificate_by_serial_number(certificate.serial_number)) is not None
    ]
    return min(found, default=None)
