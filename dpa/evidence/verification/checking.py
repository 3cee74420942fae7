"""Checking a file, or a number on a printed page, against this installation's register."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence.events import Event
from dpa.evidence.register import proofs
from dpa.evidence.register.models import DocumentFile, DocumentState, FileRole, IssuedDocument
from dpa.evidence.register.rules import CODE_DIGITS, plain_number
from dpa.evidence.seal import authorities
from dpa.evidence.seal.models import IdentityState, SealIdentity
from dpa.evidence.seal.standing import Standing
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.tree import leaf_hash
from dpa.evidence.verification.judging import judge, may_be_looked_up
from dpa.evidence.verification.sandbox import examine_apart
from dpa.evidence.verification.values import (
    Examination,
    Known,
    KnownDocument,
    KnownFile,
    KnownIdentity,
    Listed,
    Report,
    Trust,
    shown,
)
from dpa.problems import Misconfigured

_ISSUED_ROLES = (FileRole.SEALED, FileRole.STAMPED)
_CODE = re.compile(rf"[0-9a-f]{{{CODE_DIGITS},64}}")
_STANDINGS = {
    Standing.BEFORE: "a time-stamp proves that it was sealed before, so it stays good.",
    Standing.UNTOLD: "it was issued before that, but no time-stamp proves it; ask the issuer whether it stands.",
    Standing.AFTER: "it was issued after that; ask the issuer.",
}
_PEM_LIST = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)


def check_file(session: Session, data: bytes, settings: Settings, now: datetime, *, apart: bool = True) -> Report:
    """Examine a file and judge it by the register; reads only.

    `apart` examines in a process of its own, as must be for files of strangers. A document is looked up by the file's digest; by the
    number in its record only if the seal on it is ours and holds, so that nobody learns from a made-up file which numbers exist.
    Raises `Misconfigured` when the roots of the time-stamp authority or the lists of issuers cannot be read, `sandbox.NotExamined` when the machine has no room for it.
    """
    identities = list(session.scalars(select(SealIdentity)))
    trust = trust_in(session, identities, settings)
    if apart:
        examination = examine_apart(data, trust, now)
    else:
        from dpa.evidence.verification.examination import examine

        examination = examine(data, trust, now)
    return judge(examination, _known(session, examination, identities))


def check_number(session: Session, reference: str, code: str) -> Listed | None:
    """Look up a printed page by its number and the first sixteen or more digits of its record's SHA-256; none for anything wrong.

    Tells only what whoever holds the page can read on it, and whether it has been replaced. It does not tell that the page is
    unchanged: only the file can show that.
    """
    number, digits = plain_number(reference), re.sub(r"[\s.-]", "", plain_number(code)).lower()
    if not _CODE.fullmatch(digits):
        return None
    issued = select(IssuedDocument).where(IssuedDocument.reference == number, IssuedDocument.state == DocumentState.ISSUED)
    for document in session.scalars(issued):
        if document.issued_at and hmac.compare_digest((document.record_sha256 or "")[: len(digits)], digits):
            return _listed(document, document.issued_at, proofs.revoked(session, [document]).get(document.id))
    return None


def _listed(document: IssuedDocument, issued_at: datetime, revoked: proofs.Revoked | None) -> Listed:
    superseded = document.superseded_by_id is not None
    state = "It has been replaced by a newer document." if superseded else "It has not been replaced."
    if revoked is not None:
        state += f" Its seal was revoked on {shown(revoked.at)}: {_STANDINGS[revoked.standing]}"
    sentence = f"The register lists {document.reference}, issued on {shown(issued_at)}, with this record. {state} Only the file can show that the page is unchanged."
    record = json.loads(document.record or document.content)
    return Listed(
        document.reference, document.kind, issued_at, superseded, sentence, str(record["zone"]),
        revoked.standing if revoked else Standing.SOUND, revoked.at if revoked else None, bool(record.get("demonstration")),
    )  # fmt: skip


def trust_in(session: Session, identities: list[SealIdentity], settings: Settings) -> Trust:
    """Return whom an examination may trust: the roots of all sealing identities, ended ones too, and of time-stamp authorities, kept ones too."""
    from dpa.evidence.seal import issuer_lists
    from dpa.evidence.seal.sealers import material_of

    materials = [material_of(identity) for identity in identities]
    tsa_roots, tsa_crls = _authority(settings)
    return Trust(
        roots=tuple(dict.fromkeys(material.root for material in materials)),
        certificates=tuple(dict.fromkeys(der for material in materials for der in material.chain[:-1])),
        tsa_roots=authorities.believed(session, tsa_roots),
        crls=tuple(dict.fromkeys((*(der for material in materials for der in material.crls), *issuer_lists.lists(settings), *tsa_crls))),
    )


def _authority(settings: Settings) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the root certificates in `DPA_TSA_ROOTS` and the lists of revoked certificates beside them."""
    if settings.tsa_roots is None:
        return (), ()
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        content = settings.tsa_roots.read_bytes()
        roots = tuple(root.public_bytes(Encoding.DER) for root in x509.load_pem_x509_certificates(content))
        lists = tuple(x509.load_pem_x509_crl(pem).public_bytes(Encoding.DER) for pem in _PEM_LIST.findall(content))
    except (OSError, ValueError) as error:
        # Without them an issued file would be called not ours, which is worse than no answer.
        raise Misconfigured("The file that DPA_TSA_ROOTS names cannot be read as PEM certificates; put the roots of the time-stamp authority there.") from error
    return roots, lists


def _known(session: Session, examination: Examination, identities: list[SealIdentity]) -> Known:
    ours = _identities(identities)
    fingerprints = {identity.id: identity.fingerprint for identity in identities}
    file = session.get(DocumentFile, examination.sha256)
    if file is not None and file.role in _ISSUED_ROLES:
        return Known(ours, _document(session, file.document, fingerprints), KnownFile(file.at, file.level, _is_in_trail(session, file), file.document.found_at))
    sealers = {identity.organisation_id for identity in identities if identity.fingerprint == examination.fingerprint}
    found = _by_number(session, examination, sealers) if may_be_looked_up(examination, Known(ours)) else None
    return Known(ours, _document(session, found, fingerprints) if found else None)


def _identities(identities: list[SealIdentity]) -> dict[str, KnownIdentity]:
    """Return the sealing certificates by fingerprint. Where two organisations use one certificate, a revocation by either counts: it is one key."""
    found: dict[str, KnownIdentity] = {}
    for identity in identities:
        ends = [identity.ended_at] if identity.state is IdentityState.REVOKED else []
        before = found.get(identity.fingerprint)
        ends += [before.revoked_at] if before else []
        found[identity.fingerprint] = KnownIdentity(identity.subject, min((end for end in ends if end is not None), default=None))
    return found


def _is_in_trail(session: Session, file: DocumentFile) -> bool:
    """Tell whether an entry of the trail, with its text as it was hashed, says that the document was issued or stamped as this very file."""
    entries = select(TrailEvent.body, TrailEvent.leaf_hash).where(
        TrailEvent.subject_type == "document", TrailEvent.subject_id == str(file.document_id),
        TrailEvent.action.in_((Event.DOCUMENT_ISSUED, Event.DOCUMENT_STAMPED, Event.DOCUMENT_FOUND)),
    )  # fmt: skip
    return any(
        leaf_hash(entry.body.encode()) == entry.leaf_hash and json.loads(entry.body)["data"].get("sha256") == file.sha256
        for entry in session.execute(entries)
    )


def _by_number(session: Session, examination: Examination, sealers: set[int]) -> IssuedDocument | None:
    """Return the issued document whose number stands in the record, of an organisation that seals with this certificate.

    Only of those: else whoever seals for one organisation could ask which numbers another one has. The one with this very record where
    several share a number.
    """
    record: Any = json.loads(examination.record or b"{}")
    number = record.get("number")
    if not isinstance(number, str):
        return None
    digest = hashlib.sha256(examination.record or b"").hexdigest()
    wanted = IssuedDocument.reference == number, IssuedDocument.state == DocumentState.ISSUED, IssuedDocument.organisation_id.in_(sealers)
    found = list(session.scalars(select(IssuedDocument).where(*wanted)))
    return min(found, key=lambda document: (document.record_sha256 != digest, document.id), default=None)


def _document(session: Session, document: IssuedDocument, fingerprints: dict[int, str]) -> KnownDocument:
    newer = session.get(IssuedDocument, document.superseded_by_id) if document.superseded_by_id is not None else None
    return KnownDocument(
        reference=document.reference,
        issued_at=document.issued_at or document.ordered_at,
        record=(document.record or "").encode(),
        fingerprint=fingerprints.get(document.seal_id or 0, ""),
        level=document.level or "",
        superseded_by=newer.reference if newer else "",
    )
