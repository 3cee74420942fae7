"""Sealing a rendered file and stamping it with time: the only place that writes signatures into PDF (PAdES, ETSI EN 319 142-1).

The seal is a certification signature that permits no change (DocMDP 1, ISO 32000-1, 12.8.2.2). It fills the field that rendering
made, in one incremental revision that leaves metadata alone, so that the file stays PDF/A-3a and PDF/UA-1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import count

from asn1crypto import cms, crl, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, PdfTimeStamper
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, Signer
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import SignatureCoverageLevel
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko_certvalidator.registry import SimpleCertificateStore

from dpa.evidence.pdf.document import SEAL_FIELD
from dpa.evidence.pdf.fields import archive_field
from dpa.evidence.seal import loops
from dpa.evidence.seal.certificates import Material, lists_cover
from dpa.evidence.seal.sealer import Sealer, SealUnavailable
from dpa.evidence.seal.stamping import Stamp, Stamper, StampUnavailable
from dpa.problems import Problem

BASIC, TIMED, LASTING, ARCHIVED = "B-B", "B-T", "B-LT", "B-LTA"
"""The levels of PAdES (ETSI EN 319 142-1, 6): signed; with time-stamp; with what verifiers need; with a time-stamp over all that."""
_DIGEST = "sha256"


class BrokenSeal(RuntimeError):
    """What was just sealed does not pass its own check: a defect, and nothing is issued."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed file."""

    content: bytes
    level: str
    """B-B, B-T, B-LT or B-LTA. B-T instead of B-LT where no list of revoked certificates is held for the issuer."""
    stamp_problem: str = ""
    """Why a time-stamp that was wanted is missing, one sentence; empty when nothing is missing."""


class _QuietWriter(IncrementalPdfFileWriter):
    """Writes a revision without touching /Info and XMP, so that any later change of them is a forgery.

    The hook is private to pyHanko, but named by its maintainer for this (issue 223); a test compares the bytes.
    """

    def _update_meta(self) -> None:
        pass


class _KeySigner(Signer):
    """Signs with an opened key; pyHanko's own signer would parse the key again for each signature."""

    def __init__(self, sealer: Sealer) -> None:
        known = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        known.register_multiple(_certificates(sealer.chain))
        super().__init__(signing_cert=x509.Certificate.load(sealer.certificate), cert_registry=known)
        self._sealer = sealer

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if dry_run:
            return bytes(self._sealer.signature_bytes)
        if digest_algorithm.lower() != _DIGEST:
            raise BrokenSeal(f"a signature with {digest_algorithm} was asked for")
        return self._sealer.sign(data)


class _Authority(TimeStamper):
    """Lets pyHanko ask our stamper, which examines each answer."""

    def __init__(self, stamper: Stamper) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._stamper = stamper
        self.newest: Stamp | None = None

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        if md_algorithm.lower() != _DIGEST:
            raise BrokenSeal(f"a time-stamp over {md_algorithm} was asked for")
        # In a thread, because the examination runs a loop of its own.
        self.newest = await asyncio.to_thread(self._stamper.stamp, message_digest)
        return cms.ContentInfo.load(self.newest.token)

    async def async_dummy_response(self, md_algorithm: str) -> cms.ContentInfo:  # noqa: ARG002  always SHA-256
        sample = await asyncio.to_thread(self._stamper.sample)
        return cms.ContentInfo.load(sample.token)


def seal(unsealed: bytes, sealer: Sealer, *, reason: str, at: datetime, stamper: Stamper | None) -> Sealed:
    """Return the file sealed, with time-stamps where an authority is given.

    `reason` is printed by PDF readers and must hold no personal data; `at` is the time the seal asserts. Without an authority the
    level is B-B. With one, time-stamp and validation data go into the seal's own revision and a document time-stamp after it; whatever
    goes wrong with the authority, the file is issued as far as it came, and `stamp_problem` says why. Raises `SealUnavailable`
    when the certificate is not valid at that time or the key does not sign.
    """
    sealer.check(at)
    if stamper is None:
        return Sealed(_signed(unsealed, sealer, reason, at, None), BASIC)
    try:
        content = _signed(unsealed, sealer, reason, at, stamper)
    except StampUnavailable as problem:
        return Sealed(_signed(unsealed, sealer, reason, at, None), BASIC, problem.message)
    complete = lists_cover(sealer.material, at)
    try:
        return Sealed(_stamped(content, stamper, sealer.material)[0], ARCHIVED if complete else TIMED)
    except StampUnavailable as problem:
        return Sealed(content, LASTING if complete else TIMED, problem.message)


def add_stamp(content: bytes, stamper: Stamper, material: Material, *, level: str = BASIC) -> Sealed:
    """Return a sealed file with a document time-stamp in its next field, and with what verifiers need.

    The seal permits that. For files issued without a time-stamp, and to renew an old one. `material` is `sealers.material_of` the
    identity that sealed it; `level` is what the file has reached, because the lists that it holds already stay good for its own time. Raises
    `StampUnavailable` when the authority fails or when the file has no seal of ours; the given bytes are never changed, only added to.
    """
    stamped, at = _stamped(content, stamper, material)
    return Sealed(stamped, ARCHIVED if level in (LASTING, ARCHIVED) or lists_cover(material, at) else TIMED)


def _signed(unsealed: bytes, sealer: Sealer, reason: str, at: datetime, stamper: Stamper | None) -> bytes:
    writer = _writer(unsealed)
    authority = _Authority(stamper) if stamper else None
    if stamper:
        _embed(writer, sealer.material, stamper)
    metadata = PdfSignatureMetadata(
        field_name=SEAL_FIELD, md_algorithm=_DIGEST, subfilter=SigSeedSubFilter.PADES, certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES, reason=reason,
    )  # fmt: skip
    signer = PdfSigner(metadata, signer=_KeySigner(sealer), timestamper=authority)
    try:
        content = loops.run(_sign(signer, writer, at))
    except StampUnavailable:
        raise
    except Problem as problem:
        raise SealUnavailable(problem.message) from problem
    except (SigningError, PdfError) as error:
        raise BrokenSeal(f"the file could not be sealed: {error}") from error
    _check(content, SEAL_FIELD)
    return content


def _writer(content: bytes) -> _QuietWriter:
    try:
        return _QuietWriter(BytesIO(content), strict=True)
    except (PdfError, ValueError) as error:
        raise BrokenSeal(f"the file cannot be read: {error}") from error


async def _sign(signer: PdfSigner, writer: IncrementalPdfFileWriter, at: datetime) -> bytes:
    """Do what `PdfSigner.async_sign_pdf` does, with our time instead of the machine's."""
    session = signer.init_signing_session(writer, existing_fields_only=True)
    session.system_time = at
    reserved = await session.estimate_signature_container_size(None)
    document = session.prepare_tbs_document(None, reserved)
    output = BytesIO()
    digest, _ = document.digest_tbs_document(output=output)
    attributes = PdfCMSSignedAttributes(signing_time=at)
    await document.perform_signature(digest.document_digest, attributes)
    return output.getvalue()


def _stamped(content: bytes, stamper: Stamper, material: Material) -> tuple[bytes, datetime]:
    """Return the file with a document time-stamp, and its time."""
    writer = _writer(content)
    field = _next_field(content)
    _embed(writer, material, stamper)
    authority = _Authority(stamper)
    try:
        stamped: bytes = loops.run(PdfTimeStamper(authority, field_name=field).async_timestamp_pdf(writer, _DIGEST)).getvalue()
    except (SigningError, PdfError) as error:
        raise BrokenSeal(f"the file could not be stamped: {error}") from error
    _check(stamped, field)
    if authority.newest is None or not stamped.startswith(content):
        raise BrokenSeal("stamping changed bytes that were sealed")
    return stamped, authority.newest.at


def _next_field(content: bytes) -> str:
    reader = PdfFileReader(BytesIO(content), strict=True)
    filled = {name: value is not None for name, value, _ in enumerate_sig_fields(reader)}
    if not filled.get(SEAL_FIELD):
        raise StampUnavailable("The file carries no seal, so there is nothing to stamp.")
    # Rendering leaves two fields empty, tagged for screen readers. Renewals after decades make their own, which the certification permits.
    return next(name for number in count(1) if not filled.get(name := archive_field(number)))


def _embed(writer: IncrementalPdfFileWriter, material: Material, stamper: Stamper) -> None:
    """Put certificates and lists into the security store (ISO 32000-2, 12.8.4.3), in the revision that is signed next.

    Without entries per signature (VRI), which would have to follow the signature and stay outside of what it covers.
    """
    certificates = dict.fromkeys((material.certificate, *material.chain, *stamper.sample().chain))
    lists = dict.fromkeys((*material.crls, *stamper.trust().crls))
    DocumentSecurityStore.supply_dss_in_writer(
        writer, None, certs=_certificates(certificates), crls=[crl.CertificateList.load(one) for one in lists]
    )


def _certificates(found: Iterable[bytes]) -> list[x509.Certificate]:
    return [x509.Certificate.load(one) for one in found]


def _check(content: bytes, field: str) -> None:
    """Raise `BrokenSeal` unless the newest signature is in the field, covers the whole file and is over its bytes."""
    signatures = list(PdfFileReader(BytesIO(content), strict=True).embedded_signatures)
    newest = signatures[-1] if signatures else None
    if newest is None or newest.field_name != field:
        raise BrokenSeal(f"the field {field} was not filled")
    if newest.evaluate_signature_coverage() is not SignatureCoverageLevel.ENTIRE_FILE:
        raise BrokenSeal(f"the signature in {field} does not cover the whole file")
    digest = newest.compute_digest()
    if field == SEAL_FIELD:
        intact, valid = validate_sig_integrity(newest.signer_info, newest.signer_cert, expected_content_type="data", actual_digest=digest)
        sound = intact and valid
    else:  # The token's own signature was examined when it came.
        sound = newest.signed_data["encap_content_info"]["content"].parsed["message_imprint"]["hashed_message"].native == digest
    if not sound:
        raise BrokenSeal(f"the signature in {field} is not over the bytes of the file")
