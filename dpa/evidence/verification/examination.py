"""The strict examination of one file: all that can be told from the file alone, and from certificates that are trusted beforehand.

Importing this module loads pyHanko, which takes a quarter of a second: only the child process, tests and benchmarks do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyhanko.sign.validation import PdfSignatureStatus, async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from dpa.evidence.seal import loops
from dpa.evidence.seal.standing import Standing, standing
from dpa.evidence.verification import opening, trusting
from dpa.evidence.verification.opening import Opened, UnreadableError
from dpa.evidence.verification.trusting import Revocation, Stamp
from dpa.evidence.verification.values import (
    MOST_BYTES,
    SEAL_FIELD,
    Check,
    CheckName,
    Examination,
    Trust,
    shown,
    unreadable,
)

MOST_REVISIONS = 40
"""Times a file may have been saved. Ours are saved once by rendering, once by sealing, and once or twice by each archive time-stamp."""


def examine(data: bytes, trust: Trust, now: datetime) -> Examination:
    """Examine a file strictly. Never raises for anything in the file: what cannot be read is not verified.

    `now` decides which certificates have expired. Nothing is fetched. Use `sandbox.examine_apart` for a stranger's file.
    """
    digest = hashlib.sha256(data).hexdigest()
    if len(data) > MOST_BYTES:
        return unreadable(digest, TOO_LARGE)
    try:
        pdf = opening.opened(data)
        return loops.run(_examined(pdf, digest, trust, now))
    except UnreadableError as error:
        return unreadable(digest, str(error))
    except Exception:  # noqa: BLE001  a malformed file can make the libraries raise anything; whatever it is, the file is not verified
        return unreadable(digest, MALFORMED)


TOO_LARGE = f"The file is larger than {MOST_BYTES // 1_000_000} MB, which no document of ours is; it was not examined."
MALFORMED = "The file is not a PDF that a strict reader accepts, or a signature in it is malformed; nothing in it can be relied on."


async def _examined(pdf: Opened, digest: str, trust: Trust, now: datetime) -> Examination:
    checks = [Check(CheckName.READING, True, "The file is a PDF that a strict reader accepts."), opening.fields(pdf)]
    if pdf.seal is None:
        if SEAL_FIELD in pdf.filled:
            checks.append(opening.seal_format(pdf))
        return Examination(digest, tuple(checks))
    facts = await _gathered(pdf, pdf.seal, trust, now)
    attached, record = opening.attached(pdf.seal)
    checks += [
        opening.seal_format(pdf),
        _sealed_content(facts),
        _signer(pdf.seal, facts),
        _validity(pdf.seal, facts, now),
        _revocation(facts),
        opening.certification(pdf.seal),
        _additions(pdf, facts),
        opening.coverage(pdf),
        opening.container(pdf),
        _stamps(facts),
        _authority(facts),
        attached,
    ]
    return Examination(
        digest, tuple(checks), pdf.seal.signer_cert.sha256.hex(), trusting.named(pdf.seal.signer_cert),
        _level(facts), facts.stated_at, facts.proved_at, facts.revocation.revoked_at, record,
    )


@dataclass(frozen=True)
class _Facts:
    """What was found out about the seal and its time-stamps."""

    status: PdfSignatureStatus
    path: tuple[bytes, ...]
    archive: Sequence[Stamp]
    inside: Sequence[Stamp]
    revocation: Revocation
    complete: bool
    """The file's own store of proofs holds the list of revoked certificates that later verifiers need."""
    stated_at: datetime | None
    over_time: bool
    """The seal is proved valid for its own time although its certificate has expired since."""
    diffed: bool

    @property
    def stamps(self) -> list[Stamp]:
        """All time-stamps, the seal's own first."""
        return [*self.inside, *self.archive]

    @property
    def proved_at(self) -> datetime | None:
        """The oldest instant that a time-stamp proves."""
        return min((stamp.at for stamp in self.stamps if stamp.proves), default=None)


async def _gathered(pdf: Opened, seal: EmbeddedPdfSignature, trust: Trust, now: datetime) -> _Facts:
    diffed = pdf.reader.total_revisions <= MOST_REVISIONS
    archive = await trusting.archive_stamps(pdf.stamps, trust, now, skip_diff=not diffed)
    moment = next((stamp.at for stamp in archive if stamp.proves), now)
    inside = await trusting.seal_stamps(seal, trust, moment)
    context = trusting.context(trust.roots, trust.certificates, trusting.within(now, seal.signer_cert))
    status = await async_validate_pdf_signature(
        seal, context, trusting.context(trust.tsa_roots, (), moment), diff_policy=trusting.STRICT_DIFF, skip_diff=not diffed
    )
    path = await trusting.chain(seal, trust, trusting.within(now, seal.signer_cert))
    lists = trusting.store(pdf.reader)
    revocation = trusting.revocation(path, (*trust.crls, *lists))
    aged = bool(path) and now > seal.signer_cert.not_valid_after
    lasting = aged and diffed and bool(archive) and all(stamp.proves for stamp in archive)
    over_time = lasting and await _over_time(seal, trust, archive, inside, (*trust.crls, *lists), now)
    return _Facts(status, path, archive, inside, revocation, trusting.revocation(path, lists).newest is not None, seal.self_reported_timestamp, over_time, diffed)


async def _over_time(
    seal: EmbeddedPdfSignature, trust: Trust, archive: Sequence[Stamp], inside: Sequence[Stamp], lists: Sequence[bytes], now: datetime
) -> bool:
    if await trusting.proved_by_archive(seal, trust, archive[0].at, lists):
        return True
    if not inside:
        return False
    # Sealed and time-stamped in time, but the archive time-stamp came after the end of the certificate: what is inside has to carry it. The second archive time-stamp proves that seal and first one existed at its time, so that is when they are validated.
    return await trusting.proved_over_time(seal, trust, archive[1].at if len(archive) > 1 else now)


def _sealed_content(facts: _Facts) -> Check:
    status = facts.status
    if not status.intact:
        return Check(CheckName.SEAL, False, "The content was changed after it was sealed: its digest no longer matches the seal.")
    if not status.valid:
        return Check(CheckName.SEAL, False, "The seal itself was changed or made up: its signature does not fit its certificate.")
    if facts.path and status.trust_problem_indic is not None:
        return Check(CheckName.SEAL, False, "The seal was made in a way that is no longer considered safe, or with a certificate not meant for it.")
    return Check(CheckName.SEAL, True, "The sealed content is unchanged: its digest and the seal's signature hold.")


def _signer(seal: EmbeddedPdfSignature, facts: _Facts) -> Check:
    name = trusting.named(seal.signer_cert)
    if facts.path:
        return Check(CheckName.SIGNER, True, f"The certificate of the seal, “{name}”, leads to a root certificate trusted here.")
    return Check(
        CheckName.SIGNER, False,
        f"The certificate of the seal, “{name}”, leads to no root certificate trusted here. Whatever name it shows, anybody can have made it.",
    )


def _validity(seal: EmbeddedPdfSignature, facts: _Facts, now: datetime) -> Check:
    begins, ends = seal.signer_cert.not_valid_before, seal.signer_cert.not_valid_after
    stated = facts.stated_at
    if now < begins or (stated is not None and not begins <= stated <= ends):
        return Check(CheckName.VALIDITY, False, f"The certificate is valid from {shown(begins)} to {shown(ends)} only, and the seal states a time outside, or that time has not come.")
    if now <= ends:
        return Check(CheckName.VALIDITY, True, f"The certificate of the seal is valid until {shown(ends)}.")
    if facts.over_time and facts.proved_at is not None:
        return Check(CheckName.VALIDITY, True, f"The certificate expired on {shown(ends)}; a time-stamp proves that the seal existed before, on {shown(facts.proved_at)}.")
    return Check(
        CheckName.VALIDITY, None,
        f"The certificate expired on {shown(ends)}, and the file holds no lasting proof that the seal was made before. "
        "From the file alone it can no longer be told; only the register of issued files can vouch for it.",
    )


def _revocation(facts: _Facts) -> Check:
    found = facts.revocation
    if found.newest is None:
        return Check(CheckName.REVOCATION, None, "No list of revoked certificates of the seal's issuer is at hand.")
    if found.revoked_at is None:
        return Check(CheckName.REVOCATION, True, f"The certificate of the seal is not revoked; the newest list is of {shown(found.newest)}.")
    revoked = f"The certificate was revoked on {shown(found.revoked_at)}"
    how = standing(found.revoked_at, facts.stated_at, facts.proved_at)
    if how is Standing.BEFORE and facts.proved_at is not None:
        return Check(CheckName.REVOCATION, True, f"{revoked}; a time-stamp proves that the seal existed before, on {shown(facts.proved_at)}.")
    if how is Standing.AFTER and facts.stated_at is not None:
        return Check(CheckName.REVOCATION, False, f"{revoked}, and the seal states a later time, {shown(facts.stated_at)}: nobody was to seal with it then.")
    return Check(
        CheckName.REVOCATION, False,
        f"{revoked}, and no trusted time-stamp proves that the seal was made before: whoever has the key could have made it since.",
    )


def _additions(pdf: Opened, facts: _Facts) -> Check:
    if not facts.diffed:
        return Check(CheckName.ADDITIONS, False, f"The file was saved {pdf.reader.total_revisions} times; a document of ours is saved at most {MOST_REVISIONS} times.")
    if not all(trusting.is_untouched(signature) for signature in pdf.ours):
        return Check(CheckName.ADDITIONS, False, "After the seal something was changed or added that is not an archive time-stamp.")
    # Of what is appended only: whether the sealed part itself is unchanged is what the check of the seal tells.
    appended = "only archive time-stamps and the proofs they need were" if facts.archive else "nothing was"
    return Check(CheckName.ADDITIONS, True, f"Behind the sealed part {appended} appended.")


def _stamps(facts: _Facts) -> Check:
    if not facts.stamps:
        stated = f", {shown(facts.stated_at)}" if facts.stated_at else ""
        return Check(CheckName.STAMPS, None, f"The file carries no time-stamp of an authority: the time of sealing{stated}, is what the issuer states.")
    if not all(stamp.intact for stamp in facts.stamps):
        return Check(CheckName.STAMPS, False, "A time-stamp does not fit the file: the file was changed after it, or the time-stamp was.")
    return Check(CheckName.STAMPS, True, f"{_counted(facts)} intact; the oldest is of {shown(min(stamp.at for stamp in facts.stamps))}.")


def _counted(facts: _Facts) -> str:
    count = len(facts.stamps)
    return "The time-stamp is" if count == 1 else f"All {count} time-stamps are"


def _authority(facts: _Facts) -> Check:
    if not facts.stamps:
        return Check(CheckName.AUTHORITY, None, "There is no time-stamp whose authority could be checked.")
    if not all(stamp.intact for stamp in facts.stamps):
        return Check(CheckName.AUTHORITY, None, "A time-stamp does not fit the file, so it does not matter who made it.")
    stranger = next((stamp for stamp in facts.stamps if not stamp.known), None)
    if stranger is not None:
        return Check(
            CheckName.AUTHORITY, None,
            f"The time-stamp authority “{stranger.authority}” is not known here, so its time-stamp proves nothing here; that does not speak against the "
            "file. Its root certificate can be given in the setting DPA_TSA_ROOTS.",
        )
    if any(stamp.revoked for stamp in facts.stamps):
        return Check(CheckName.AUTHORITY, None, "The certificate of a time-stamp authority was revoked, so its time-stamps prove nothing.")
    if any(stamp.expired for stamp in facts.stamps):
        return Check(CheckName.AUTHORITY, None, "The certificate of a time-stamp authority has expired, and no newer time-stamp proves that its time-stamp is older.")
    return Check(CheckName.AUTHORITY, True, f"{_counted(facts)} from an authority trusted here.")


def _level(facts: _Facts) -> str:
    """Return the PAdES baseline level (ETSI EN 319 142-1, 6) by what the file holds, whoever made it."""
    if facts.archive and facts.complete:
        return "B-LTA"
    if facts.inside and facts.complete:
        return "B-LT"
    return "B-T" if facts.stamps else "B-B"
