"""From what the file shows and what the register says to one verdict. Pure.

The seal answers whether the file is authentic and unchanged; the register of issued files answers whether it is, byte for byte,
one that was issued. Both are needed: a few bytes of every signed PDF can be changed without breaking the signature (the case of
hexadecimal digits, unsigned copies of certificates), and an archive time-stamp can be cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from dpa.evidence.seal.standing import Standing, standing
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

_TRUST = frozenset({CheckName.SIGNER, CheckName.VALIDITY})
_INTEGRITY = frozenset({
    CheckName.FIELDS, CheckName.SEAL, CheckName.ADDITIONS, CheckName.COVERAGE, CheckName.CONTAINER, CheckName.STAMPS, CheckName.ATTACHED,
})  # fmt: skip
_FORM = frozenset({CheckName.FORMAT, CheckName.CERTIFICATION})
_REGISTER = frozenset({CheckName.IDENTITY, CheckName.RECORD, CheckName.REGISTER, CheckName.LEVEL})
_REJECTED = (Standing.UNTOLD, Standing.AFTER)

SUMMARIES = {
    Verdict.ISSUED: "This file is, byte for byte, an issued document, and it is unchanged.",
    Verdict.SUPERSEDED: "This file is an issued document and unchanged, but a newer document has replaced it.",
    Verdict.NOT_THE_ISSUED_FILE: "The seal on this file is genuine, but these bytes are not a file that was issued; ask the issuer for the issued one.",
    Verdict.ALTERED: "This file was changed, or something was added to it, after it was sealed; do not rely on it.",
    Verdict.REVOKED: "The certificate that sealed this file was revoked, and nothing proves that it was sealed before; ask the issuer.",
    Verdict.NOT_OURS: "Nothing shows that this file was issued here; do not rely on it.",
    Verdict.UNREADABLE: "This file could not be examined, so nothing can be said for it; do not rely on it.",
}
"""Each verdict as one sentence."""


def judge(examination: Examination, known: Known | None) -> Report:
    """Return the verdict. Without a register (`known` is none) nothing can be called issued: at best it is authentic.

    A certificate that has merely expired makes its check undecidable where no lasting time-stamp stands by it. Then the register vouches:
    if it lists these very bytes, they were issued while the certificate was valid. A time-stamp whose authority is not known here, has expired or
    was revoked counts as none. A revoked certificate of the seal is different: unless a trusted time-stamp is older than the
    revocation, the file is not called issued even if it is listed, and the summary says what can be said.
    """
    checks = (*examination.checks, *_register_checks(examination, known))
    document = known.document if known else None
    listed_at = known.file.at if known and known.file and known.file.in_trail else None
    revoked_at = _revoked_at(examination, known.identities.get(examination.fingerprint) if known else None)
    how = standing(revoked_at, examination.stated_at, examination.proved_at)
    ours = known is None or examination.fingerprint in known.identities
    verdict = _verdict(checks, ours=ours, listed=listed_at is not None, how=how)
    return Report(
        verdict, _summary(verdict, how, revoked_at, listed_at), checks, examination.sha256, document.reference if document else "",
        examination.level, examination.stated_at, examination.proved_at, how, revoked_at, listed_at,
    )  # fmt: skip


def _revoked_at(examination: Examination, identity: KnownIdentity | None) -> datetime | None:
    """Return from when the certificate of the seal is revoked, by its issuer's list or by the register, whichever is earlier."""
    found = (examination.revoked_at, identity.revoked_at if identity else None)
    return min((at for at in found if at is not None), default=None)


def _summary(verdict: Verdict, how: Standing, revoked_at: datetime | None, listed_at: datetime | None) -> str:
    plain = SUMMARIES[verdict]
    if revoked_at is None or (verdict is not Verdict.REVOKED and how is not Standing.BEFORE):
        return plain
    when = f"on {shown(revoked_at)}"
    if how is Standing.BEFORE:
        return f"{plain} Its seal was revoked later, {when}; a time-stamp proves that it was sealed before, so that does it no harm."
    if how is Standing.AFTER:
        return f"The certificate that sealed this file was revoked {when}, and the seal states a later time; do not rely on it, and tell the issuer."
    register = "The register does not list this file; do not rely on it, and ask the issuer." if listed_at is None else \
        f"The register says that exactly this file was issued on {shown(listed_at)}; ask the issuer whether it stands."
    return f"The certificate that sealed this file was revoked {when}, and no time-stamp proves that it was sealed before: the file alone cannot tell. {register}"


def _verdict(checks: tuple[Check, ...], *, ours: bool, listed: bool, how: Standing) -> Verdict:
    failed = {check.name for check in checks if check.passed is False}
    undecided = {check.name for check in checks if check.passed is None}
    sealed = any(check.name is CheckName.SIGNER for check in checks)
    if CheckName.READING in failed:
        return Verdict.UNREADABLE
    if not sealed or not ours or failed & _TRUST:
        return Verdict.NOT_OURS
    if failed & _INTEGRITY:
        return Verdict.ALTERED
    if failed & _FORM:
        return Verdict.NOT_OURS
    if how in _REJECTED:
        return Verdict.REVOKED
    if CheckName.VALIDITY in undecided and not listed:
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
    return identity is not None and standing(_revoked_at(examination, identity), examination.stated_at, examination.proved_at) not in _REJECTED


def _identity(examination: Examination, known: Known) -> Check:
    identity = known.identities.get(examination.fingerprint)
    if identity is None:
        return Check(CheckName.IDENTITY, False, "The seal was not made with a sealing certificate of this installation.")
    if known.document and known.document.fingerprint != examination.fingerprint:
        return Check(
            CheckName.IDENTITY, False,
            f"The seal was made with another certificate than the one that the register names for {known.document.reference}.",
        )
    if standing(identity.revoked_at, examination.stated_at, examination.proved_at) in _REJECTED:
        return Check(
            CheckName.IDENTITY, False,
            f"The register says that this sealing certificate is not to be trusted from {shown(identity.revoked_at)} on, "  # type: ignore[arg-type]
            "and no trusted time-stamp proves that the seal was made before.",
        )
    return Check(CheckName.IDENTITY, True, f"The seal was made with the sealing certificate “{identity.subject}”, which is registered here.")


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
    again = (
        f" It was listed again on {shown(known.file.found_at)}: its file was in the store, and an older copy of the database had been restored."
        if known.file.found_at else ""
    )  # fmt: skip
    return Check(CheckName.REGISTER, True, f"The register lists exactly this file (SHA-256 {start}…) as issued on {shown(known.file.at)}.{again}")


def _level(examination: Examination, known: Known) -> Check:
    wanted = known.file.level if known.file else known.document.level if known.document else ""
    if _rank(examination.level) < _rank(wanted):
        return Check(
            CheckName.LEVEL, False,
            f"The file has less proof of time than it was issued with (PAdES {examination.level} instead of {wanted}): something was cut off, or it is an earlier state.",
        )
    if wanted == LEVELS[0]:
        return Check(CheckName.LEVEL, True, f"The file was issued without a time-stamp, and is as it was issued (PAdES {wanted}).")
    return Check(CheckName.LEVEL, True, f"The file has the proof of time that it was issued with (PAdES {wanted}).")


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _current(known: Known) -> Check:
    document = known.document
    if document is not None and document.superseded_by:
        return Check(CheckName.CURRENT, False, f"{document.reference} has been replaced by {document.superseded_by}.")
    return Check(CheckName.CURRENT, True, f"{document.reference if document else 'The document'} has not been replaced.")
