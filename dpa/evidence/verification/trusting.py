"""Whom to trust, and when: chains of certificates, lists of revoked ones, time-stamps, and validation after years.

Nothing is fetched: the contexts made here know only what they are given (`allow_fetching=False`, local revocation data only).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from asn1crypto import x509
from asn1crypto.crl import CertificateList
from cryptography.x509 import load_der_x509_certificate, load_der_x509_crl
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DSSCompareRule,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.validation import async_validate_pdf_timestamp
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import (
    extract_tst_data_iter,
    message_imprint_checker,
    validate_tst_signed_data,
)
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    REQUIRE_REVINFO,
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from dpa.evidence.verification.opening import printable
from dpa.evidence.verification.values import Trust

_LTA = ModificationLevel.LTA_UPDATES
STRICT_DIFF = StandardDiffPolicy(
    # The library's default policy without the rules that let /Info and XMP change: our writers leave both alone.
    global_rules=[
        CatalogModificationRule(),  # type: ignore[no-untyped-call]
        XrefStreamRule().as_qualified(_LTA),
        ObjectStreamRule().as_qualified(_LTA),
        DSSCompareRule().as_qualified(_LTA),
    ],
    form_rule=FormUpdatingRule(
        field_rules=[SigFieldCreationRule(), SigFieldModificationRule(), GenericFieldModificationRule()]  # type: ignore[no-untyped-call]
    ),
)
_IF_DECLARED = RevocationCheckingPolicy(RevocationCheckingRule.CHECK_IF_DECLARED_SOFT, RevocationCheckingRule.CHECK_IF_DECLARED_SOFT)


def certificates(ders: Iterable[bytes]) -> list[x509.Certificate]:
    """Return certificates for the library."""
    return [x509.Certificate.load(der) for der in ders]


def context(roots: Sequence[bytes], others: Sequence[bytes], moment: datetime) -> ValidationContext:
    """Return what the library may know when it looks at one chain at one moment.

    Revocation is not left to it: without a distribution point in the certificate it would not look at the lists it is given.
    `revocation` does that.
    """
    return ValidationContext(
        trust_manager=SimpleTrustManager.build(trust_roots=certificates(roots)),
        other_certs=certificates(others),
        moment=moment,
        allow_fetching=False,
        revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),
    )


def within(moment: datetime, certificate: x509.Certificate) -> datetime:
    """Return the moment, moved into the certificate's life: whom it leads to is one question, whether it has expired another."""
    moved: datetime = min(max(moment, certificate.not_valid_before), certificate.not_valid_after)
    return moved


async def chain(seal: EmbeddedPdfSignature, trust: Trust, moment: datetime) -> tuple[bytes, ...]:
    """Return the seal's chain of certificates, root first, DER; empty when it leads to none of the roots, or not at that moment."""
    validator = CertificateValidator(
        seal.signer_cert,
        intermediate_certs=seal.other_embedded_certs,
        validation_context=context(trust.roots, trust.certificates, moment),
    )
    try:
        path = await validator.async_validate_usage({"non_repudiation"})  # type: ignore[no-untyped-call]
    except (PathError, ValidationError):
        return ()
    return _ders(path)


def _ders(path: ValidationPath) -> tuple[bytes, ...]:
    return tuple(certificate.dump() for certificate in path.iter_certs(include_root=True))


@dataclass(frozen=True, slots=True)
class Stamp:
    """One time-stamp (RFC 3161) and what it is worth."""

    at: datetime
    intact: bool
    """Its own signature holds, and it is of these bytes."""
    known: bool
    """It leads to a root of a time-stamp authority that is known here."""
    revoked: bool
    """The authority's certificate, or one above it, stands in a list of revoked ones."""
    expired: bool
    """The authority's certificate had expired by the time that counts: now, or the instant of the next trusted time-stamp."""
    authority: str = ""
    """Name in its certificate; it proves nothing."""

    @property
    def proves(self) -> bool:
        """Whether it proves that what it covers existed at `at`."""
        return self.intact and self.known and not self.revoked and not self.expired


async def _weighed(validate: Callable[[datetime], Awaitable[Any]], moment: datetime, crls: Sequence[bytes]) -> Stamp:
    """Validate a token at a moment; if its certificate has expired by then, inside the certificate's life."""
    status = await validate(moment)
    inside = within(moment, status.signing_cert)
    if inside != moment:
        status = await validate(inside)
    known = status.validation_path is not None and status.trust_problem_indic is None
    revoked_at = revocation(_ders(status.validation_path), crls).revoked_at if known else None
    revoked = revoked_at is not None and revoked_at <= moment
    return Stamp(status.timestamp, status.intact and status.valid, known, revoked, inside < moment, named(status.signing_cert))


def named(certificate: x509.Certificate) -> str:
    """Return the common name in a certificate, or all of its name, fit for a sentence."""
    common = certificate.subject.native.get("common_name")
    return printable(common if isinstance(common, str) else certificate.subject.human_friendly)


async def archive_stamps(stamps: Sequence[EmbeddedPdfSignature], trust: Trust, now: datetime, skip_diff: bool) -> list[Stamp]:
    """Weigh the archive time-stamps, oldest first. Each is judged at the instant of the next one, the newest now."""
    weighed: list[Stamp] = []
    moment = now
    for signature in reversed(stamps):

        async def validate(at: datetime, signature: EmbeddedPdfSignature = signature) -> Any:
            known = context(trust.tsa_roots, (), at)
            return await async_validate_pdf_timestamp(signature, known, diff_policy=STRICT_DIFF, skip_diff=skip_diff)

        stamp = await _weighed(validate, moment, trust.crls)
        weighed.insert(0, stamp)
        moment = stamp.at if stamp.proves else moment
    return weighed


async def seal_stamps(seal: EmbeddedPdfSignature, trust: Trust, moment: datetime) -> list[Stamp]:
    """Weigh the time-stamps inside the seal (CAdES signature-time-stamp, ETSI EN 319 122-1, 5.3) at a moment."""
    weighed: list[Stamp] = []
    for token in extract_tst_data_iter(seal.signer_info, signed=False):

        async def validate(at: datetime, token: Any = token) -> Any:
            known = context(trust.tsa_roots, (), at)
            return TimestampSignatureStatus(**await validate_tst_signed_data(token, known, message_imprint_checker(seal.signer_info)))

        weighed.append(await _weighed(validate, moment, trust.crls))
    return weighed


def is_untouched(signature: EmbeddedPdfSignature) -> bool:
    """Tell whether only archive time-stamps and their proofs came after a signature that was validated."""
    found: Any = signature.diff_result
    return isinstance(found, DiffResult) and bool(found.modification_level <= _LTA)


def store(reader: PdfFileReader) -> tuple[bytes, ...]:
    """Return the lists of revoked certificates in the file's own store of proofs (DSS, ISO 32000-2, 12.8.4.3)."""
    try:
        found = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return ()
    return tuple(entry.get_object().read_data(DecodePurpose.CRL) for entry in found.crls)


@dataclass(frozen=True, slots=True)
class Revocation:
    """What the lists of revoked certificates say of a chain."""

    newest: datetime | None = None
    """When the newest list of the issuer of the chain's last certificate was made; none when there is no list."""
    revoked_at: datetime | None = None
    """From when the last certificate, or one above it, is revoked."""


def revocation(path: Sequence[bytes], lists: Iterable[bytes]) -> Revocation:
    """Look up each certificate of a chain (root first) in the lists that its issuer signed (RFC 5280, 5)."""
    loaded = [load_der_x509_crl(der) for der in dict.fromkeys(lists)]
    newest: list[datetime] = []
    revoked: list[datetime] = []
    for issuer_der, der in pairwise(path):
        issuer, certificate = load_der_x509_certificate(issuer_der), load_der_x509_certificate(der)
        signed = [crl for crl in loaded if crl.issuer == issuer.subject and crl.is_signature_valid(issuer.public_key())]  # type: ignore[arg-type]
        entries = [crl.get_revoked_certificate_by_serial_number(certificate.serial_number) for crl in signed]
        revoked += [entry.revocation_date_utc for entry in entries if entry is not None]
        newest = [crl.last_update_utc for crl in signed]
    return Revocation(max(newest, default=None), min(revoked, default=None))


async def proved_over_time(seal: EmbeddedPdfSignature, trust: Trust, now: datetime) -> bool:
    """Tell whether the seal is valid for its own time although its certificate is no longer (ETSI EN 319 102-1, 5.6.3).

    The classic validation says no for every seal whose certificate has expired; this one follows the archive time-stamps back.
    Call it only for a seal whose chain leads to its own roots (`chain`), and that an archive time-stamp covers: the library follows older
    time-stamps with the policy of the seal, so it must be given all roots at once, and what has no proof it dates by the machine's clock.
    """
    spec = SignatureValidationSpec(
        cert_validation_policy=_policy((*trust.roots, *trust.tsa_roots), REQUIRE_REVINFO),
        ts_cert_validation_policy=_policy(trust.tsa_roots, _IF_DECLARED),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
        local_knowledge=LocalKnowledge(known_crls=_containers(trust.crls), known_certs=certificates(trust.certificates)),
    )
    timing = ValidationTimingInfo(validation_time=now, best_signature_time=now, point_in_time_validation=True)
    result = await ades_lta_validation(seal, PdfSignatureValidationSpec(spec, diff_policy=STRICT_DIFF), timing_info=timing)
    return result.ades_subindic is AdESPassed.OK


async def proved_by_archive(seal: EmbeddedPdfSignature, trust: Trust, at: datetime, lists: Sequence[bytes]) -> bool:
    """Tell whether the seal was valid at the instant of the archive time-stamp that covers it, the first of an unbroken line.

    The standard takes such a time-stamp as proof that the seal existed, as it takes one inside the seal (ETSI EN 319 142-1, table 1; EN 319 102-1,
    5.6.2.3). The library's algorithm knows only the latter, and no chains with a certificate between root and seal.
    """
    path = await chain(seal, trust, at)
    found = revocation(path, lists)
    return bool(path) and found.newest is not None and (found.revoked_at is None or found.revoked_at > at)


def _policy(roots: Sequence[bytes], revocation_policy: RevocationCheckingPolicy) -> CertValidationPolicySpec:
    return CertValidationPolicySpec(SimpleTrustManager.build(trust_roots=certificates(roots)), CertRevTrustPolicy(revocation_policy))


def _containers(ders: Iterable[bytes]) -> list[CRLContainer]:
    return [CRLContainer(CertificateList.load(der)) for der in ders]
