"""From what the file shows and what the register says to one verdict. Pure.

The seal answers whether the file is authentic and unchanged; the register of issued files answers whether it is, byte for byte,
one that was issued. Both are needed: a few bytes of every signed PDF can be changed without breaking the signature (the case of
hexadecimal digits, unsigned copies of certificates), and an archive time-stamp can be cut off.
"""

from __future__ import annotations

from collections.abc import Iterator

from dpa.evidence.verification.values import (
    Check,
    CheckName,
    Examination,
    Known,
    KnownIdentity,
    Report,
    Verdict,
    shown,
)

LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
"""PAdES baseline levels, each holding the one before (ETSI EN 319 142-1, 6)."""

_TRUST = frozenset({CheckName.SIGNER, CheckName.VALIDITY, CheckName.REVOCATION})
_INTEGRITY = frozenset({
    CheckName.FIELDS, CheckName.SEAL, CheckName.ADDITIONS, CheckName.COVERAGE, CheckName.CONTAINER, CheckName.STAMPS, CheckName.ATTACHED,
})  # fmt: skip
_FORM = frozenset({CheckName.FORMAT, CheckName.CERTIFICATION, CheckName.AUTHORITY})
_REGISTER = frozenset({CheckName.IDENTITY, CheckName.RECORD, CheckName.REGISTER, CheckName.LEVEL})
_TIME = frozenset({CheckName.VALIDITY, CheckName.AUTHORITY})
"""Checks that time alone can make undecidable; the register can vouch where they are."""

SUMMARIES = {
    Verdict.ISSUED: "This file is, byte for byte, an issued document, and it is unchanged.",
    Verdict.SUPERSEDED: "This file is an issued document and unchanged, but a newer document has replaced it.",
    Verdict.NOT_THE_ISSUED_FILE: "The seal on this file is genuine, but these bytes are not a file that was issued; ask the issuer for the issued one.",
    Verdict.ALTERED: "This file was changed, or something was added to it, after it was sealed; do not rely on it.",
    Verdict.NOT_OURS: "Nothing shows that this file was issued here; do not rely on it.",
    Verdict.UNREADABLE: "This file could not be examined, so nothing can be said for it; do not rely on it.",
}
"""Each verdict as one sentence."""


def judge(examination: Examination, known: Known | None) -> Report:
    """Return the verdict. Without a register (`known` is none) nothing can be called issued: at best it is authentic.

    A certificate that has merely expired, or a time-stamp authority's that has, makes the check undecidable. Then the register vouches:
    if it lists these very bytes, they were issued while the certificate was valid. A revoked certificate is different:
    unless a trusted time-stamp is older than the revocation, the file is rejected even if it is listed.
    """
    checks = (*examination.checks, *_register_checks(examination, known))
    document = known.document if known else None
    verdict = _verdict(checks, ours=known is None or _is_ours(examination, known), listed=bool(known and known.file and known.file.in_trail))
    return Report(
        verdict, SUMMARIES[verdict], checks, examination.sha256, document.reference if document else "",
        examination.level, examination.stated_at, examination.proved_at,
    )  # fmt: skip


def _verdict(checks: tuple[Check, ...], *, ours: bool, listed: bool) -> Verdict:
    failed = {check.name for check in checks if check.passed is False}
    undecided = {check.name for check in checks if check.passed is None}
    sealed = any(check.name is CheckName.SIGNER for check in checks)
    if CheckName.READING in failed:
        return Verdict.UNREADABLE
    if not sealed or not ours or failed & _TRUST:
        return Verdict.NOT_OURS
    if failed & _INTEGRITY:
        return Verdict.ALTERED
    # Without a time-stamp there is no authority to check; that is no doubt about time.
    timed = CheckName.STAMPS not in undecided
    doubtful = CheckName.VALIDITY in undecided or (timed and CheckName.AUTHORITY in undecided)
    if failed & _FORM or (doubtful and not listed):
        return Verdict.NOT_OURS
    if failed & _REGISTER or not listed:
        return Verdict.NOT_THE_ISSUED_FILE
    return Verdict.SUPERSEDED if CheckName.CURRENT in failed else Verdict.ISSUED


def _register_checks(examination: Examination, known: Known | None) -> Iterator[Check]:
    if known is None:
        yield Check(CheckName.REGISTER, None, "No register of issued files is at hand, so it cannot be told whether this is an issued file.")
        return
    if examination.fingerprint:
        yield _identity(examination, known)
    if examination.record is not None and (known.document or may_be_looked_up(examination, known)):
        yield _record(examination, known)
    yield _file(examination, known)
    if examination.level and known.document:
        yield _level(examination, known)
    if known.document:
        yield _current(known)


def may_be_looked_up(examination: Examination, known: Known) -> bool:
    """Tell whether the number in the attached record may be looked up: only if the seal over it is ours and holds.

    Otherwise anybody could learn from made-up files which numbers exist.
    """
    held = (examination.check(CheckName.SIGNER), examination.check(CheckName.SEAL))
    return examination.record is not None and _is_ours(examination, known) and all(check is not None and check.passed for check in held)


def _is_ours(examination: Examination, known: Known) -> bool:
    """Tell whether the seal was made with a certificate of this installation that still counts, whichever document it is for."""
    identity = known.identities.get(examination.fingerprint)
    return identity is not None and not _revoked(identity, examination)


def _identity(examination: Examination, known: Known) -> Check:
    identity = known.identities.get(examination.fingerprint)
    if identity is None:
        return Check(CheckName.IDENTITY, False, "The seal was not made with a sealing certificate of this installation.")
    if known.document and known.document.fingerprint != examination.fingerprint:
        return Check(
            CheckName.IDENTITY, False,
            f"The seal was made with another certificate than the one that the register names for {known.document.reference}.",
        )
    if _revoked(identity, examination):
        return Check(
            CheckName.IDENTITY, False,
            f"The register says that this sealing certificate is not to be trusted from {shown(identity.revoked_at)} on, "  # type: ignore[arg-type]
            "and no trusted time-stamp proves that the seal was made before.",
        )
    return Check(CheckName.IDENTITY, True, f"The seal was made with the sealing certificate “{identity.subject}”, which is registered here.")


def _revoked(identity: KnownIdentity, examination: Examination) -> bool:
    if identity.revoked_at is None:
        return False
    return examination.proved_at is None or examination.proved_at >= identity.revoked_at


def _record(examination: Examination, known: Known) -> Check:
    if known.document is None:
        return Check(CheckName.RECORD, False, "The register knows no issued document with the number in the attached record.")
    reference = known.document.reference
    if examination.record != known.document.record:
        return Check(CheckName.RECORD, False, f"The attached record is not the one that the register holds for {reference}.")
    return Check(CheckName.RECORD, True, f"The attached record is, byte for byte, the one that the register holds for {reference}.")


def _file(examination: Examination, known: Known) -> Check:
    start = examination.sha256[:16]
    if known.file is None:
        return Check(CheckName.REGISTER, False, f"The register of issued files does not list this file (SHA-256 {start}…).")
    if not known.file.in_trail:
        return Check(
            CheckName.REGISTER, False,
            f"A row of the register lists this file (SHA-256 {start}…), but no entry of the trail says that it was issued: the row was written past the product.",
        )
    return Check(CheckName.REGISTER, True, f"The register lists exactly this file (SHA-256 {start}…) as issued on {shown(known.file.at)}.")


def _level(examination: Examination, known: Known) -> Check:
    wanted = known.file.level if known.file else known.document.level if known.document else ""
    if _rank(examination.level) < _rank(wanted):
        return Check(
            CheckName.LEVEL, False,
            f"The file has less proof of time than it was issued with (PAdES {examination.level} instead of {wanted}): something was cut off, or it is an earlier state.",
        )
    return Check(CheckName.LEVEL, True, f"The file has the proof of time that it was issued with (PAdES {wanted}).")


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _current(known: Known) -> Check:
    document = known.document
    if document is not None and document.superseded_by:
        return Check(CheckName.CURRENT, False, f"{document.reference} has been replaced by {document.superseded_by}.")
    return Check(CheckName.CURRENT, True, f"{document.reference if document else 'The document'} has not been replaced.")
