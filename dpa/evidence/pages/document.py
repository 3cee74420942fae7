"""One document: what it is, how it is sealed, where it went, and every file of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dpa.evidence.pages import faults as fault_words
from dpa.evidence.pages import sealing
from dpa.evidence.pages.badges import (
    FILE_WORDS,
    Badge,
    Fact,
    fingerprint_fact,
    grouped,
    level_fact,
    state_badge,
)
from dpa.evidence.pages.listing import case_name
from dpa.evidence.pages.seal import serial
from dpa.evidence.register import journeys, kinds, proofs, queries, records, rules
from dpa.evidence.register.models import (
    DocumentFile,
    DocumentState,
    DocumentWork,
    FileFault,
    FileRole,
    IssuedDocument,
)
from dpa.evidence.trail import registry
from dpa.slice import Journey
from dpa.web.identity import OrganisationRef
from dpa.web.words import file_size, instant_text, plural

EXTENSIONS: Mapping[FileRole, tuple[str, str]] = {
    FileRole.SEALED: ("pdf", "application/pdf"), FileRole.STAMPED: ("pdf", "application/pdf"), FileRole.BUNDLE: ("zip", "application/zip"),
}  # fmt: skip
EVENT_WORDS: Mapping[FileRole, str] = {
    FileRole.SEALED: "the file as issued", FileRole.STAMPED: "the time-stamped file", FileRole.BUNDLE: "the proof bundle",
}  # fmt: skip
"""What was downloaded, as the trail says it."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a document."""

    words: str
    level: str
    size: str
    at: datetime
    sha256: str
    shown: str
    """The digest in groups of four."""
    name: str
    """Name under which it is saved."""
    extension: str
    newest: bool
    fault: Badge | None
    """What is wrong with it in the store; none when it is whole and can be handed out."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One way the document took."""

    journey: Journey
    badge: Badge
    file: str
    """Which file left, in words."""


@dataclass(frozen=True, slots=True)
class Making:
    """What an ordered document waits for."""

    tint: str
    symbol: str
    title: str
    text: str
    reason: str
    """Why it failed last; empty when it did not."""
    taken: bool
    """Whether a worker has it in hands at this moment."""


@dataclass(frozen=True, slots=True)
class View:
    """The page of a document."""

    id: int
    reference: str
    title: str
    kind: str
    lead: str
    zone: str
    badge: Badge
    revoked: Badge | None
    """What a revocation of its seal does to it; none without one."""
    revocation: tuple[str, str] | None
    """The same as a banner: kind and sentence."""
    fault: Badge | None
    """What is wrong with a file of it in the store; none when all are whole."""
    trouble: str
    """The same as a sentence with what to do; empty when all are whole."""
    facts: tuple[Fact, ...]
    seal: tuple[Fact, ...]
    digests: tuple[Fact, ...]
    files: tuple[File, ...]
    sent: tuple[Sent, ...]
    making: Making | None
    newest: File | None
    """The file to hand out."""
    replaced_by: tuple[str, int] | None
    """Number and row of the document that replaces it."""
    organisation_id: int


def view(
    session: Session, row: IssuedDocument, house: OrganisationRef, now: datetime, faults: Mapping[str, FileFault], *, sees_trail: bool
) -> View:
    """Return the page of a document, given what is wrong with its files by digest; the number of statements does not depend on the document."""
    related = queries.by_ids(session, [number for number in (row.supersedes_id, row.superseded_by_id) if number is not None])
    newer = related.get(row.superseded_by_id) if row.superseded_by_id is not None else None
    work = queries.work(session, row.id) if row.state is DocumentState.ORDERED else None
    record = records.read(row.record or row.content)
    files = _files(row, faults)
    broken = {file.role: faults[file.sha256] for file in row.files if file.sha256 in faults}
    revoked, proof = proofs.revoked(session, [row]).get(row.id), proofs.of(session, [row.id]).get(row.id)
    return View(
        id=row.id, reference=row.reference, title=row.title, kind=kinds.title_of(row.kind),
        lead=" · ".join(filter(None, (f"{kinds.title_of(row.kind)} {row.reference}", row.addressee))), zone=house.zone,
        badge=state_badge(row, work, newer.reference if newer else None),
        revoked=sealing.badge(revoked), revocation=sealing.banner(revoked, house.zone),
        fault=fault_words.worst(broken), trouble=fault_words.sentence(broken),
        facts=_facts(session, row, record, house, related), seal=_seal(session, row, sealing.facts(proof, revoked, house.zone, now), sees_trail=sees_trail), digests=_digests(row),
        files=files, sent=_sent(session, row, files), making=_making(row, work, house.zone, now),
        newest=next((file for file in files if file.newest), None), replaced_by=(newer.reference, newer.id) if newer else None,
        organisation_id=row.organisation_id,
    )  # fmt: skip


def _facts(
    session: Session, row: IssuedDocument, record: Mapping[str, Any], house: OrganisationRef, related: Mapping[int, IssuedDocument]
) -> tuple[Fact, ...]:
    cases = registry.names_of(session, [(row.subject_type, row.subject_id)])
    found = [
        Fact("Number", row.reference, copies=row.reference), Fact("Kind", kinds.title_of(row.kind)), Fact("Issued by", record["issuer"]["name"]),
        Fact("For", row.addressee or "the house itself"),
        Fact("Case", case_name(cases, row), url=registry.path_of(row.subject_type, row.subject_id)),
        Fact("Ordered", instant_text(row.ordered_at, house.zone)),
        Fact("Issued", instant_text(row.issued_at, house.zone) if row.issued_at else "not yet"),
        *_again(row, house.zone),
    ]  # fmt: skip
    found += [_approval(approval, house.zone) for approval in record["approvals"]]
    if row.pages is not None and row.size is not None:
        found.append(Fact("Extent", f"{plural(row.pages, 'page')}, {file_size(row.size)}"))
    if older := related.get(row.supersedes_id or 0):
        found.append(Fact("Replaces", older.reference, row.supersede_reason or None, url=f"/documents/{older.id}"))
    if newer := related.get(row.superseded_by_id or 0):
        found.append(Fact("Replaced by", newer.reference, newer.supersede_reason or None, url=f"/documents/{newer.id}"))
    return tuple(found)


def _again(row: IssuedDocument, zone: str) -> list[Fact]:
    if row.found_at is None:
        return []
    return [Fact(
        "Listed again", instant_text(row.found_at, zone),
        "An older copy of the database had been restored, which did not know this document; its file was in the store. Its case and where it was sent are not known any more.",
    )]  # fmt: skip


def _approval(approval: Mapping[str, Any], zone: str) -> Fact:
    at = instant_text(records.instant(approval["at"]), zone)
    return Fact("Approved by", f"{approval['person']}, {approval['role']}", f"{approval['act']}, {at}, signed in by {approval['signed_in_by']}")


def _seal(session: Session, row: IssuedDocument, times: tuple[Fact, ...], *, sees_trail: bool) -> tuple[Fact, ...]:
    identity = queries.seal_of(session, row)
    if identity is None or row.level is None:
        return ()
    number = serial(identity)
    return (
        Fact("Sealed as", identity.subject),
        level_fact(row.level),
        *times,
        fingerprint_fact("Root certificate", identity.root_fingerprint, "SHA-256; compare it with the one you were given in another way"),
        fingerprint_fact("Sealing certificate", identity.fingerprint),
        Fact("Serial number", number, "as openssl x509 -serial prints it", copies=number),
        _checkpoint(row, sees_trail=sees_trail),
    )  # fmt: skip


def _checkpoint(row: IssuedDocument, *, sees_trail: bool) -> Fact:
    if row.checkpoint_size is None:
        return Fact("Checkpoint printed in it", "not known here", "It was signed after the copy of the database that was restored; the log beside the key may hold it.")
    return Fact(
        "Checkpoint printed in it", f"over {plural(row.checkpoint_size, 'event')} of the trail",
        url=f"/checkpoints/{row.checkpoint_size}" if sees_trail else None,
    )  # fmt: skip


def _digests(row: IssuedDocument) -> tuple[Fact, ...]:
    if row.sha256 is None or row.record_sha256 is None:
        return ()
    code = rules.check_code(row.record_sha256)
    return (
        Fact("Check code", rules.spaced(code), "printed at the foot of each page", copies=code),
        fingerprint_fact("SHA-256 of the file as issued", row.sha256),
        fingerprint_fact("SHA-256 of the record", row.record_sha256),
    )


def _files(row: IssuedDocument, faults: Mapping[str, FileFault]) -> tuple[File, ...]:
    newest = queries.newest_file(row)
    return tuple(_file(row, file, faults.get(file.sha256), newest=file is newest) for file in reversed(row.files))


def _file(row: IssuedDocument, file: DocumentFile, fault: FileFault | None, *, newest: bool) -> File:
    extension, _ = EXTENSIONS[file.role]
    return File(
        words=FILE_WORDS[file.role], level=file.level, size=file_size(file.size), at=file.at, sha256=file.sha256, shown=grouped(file.sha256),
        name=file_name(row.reference, file, newest=newest), extension=extension, newest=newest,
        fault=fault_words.BADGES[fault] if fault else None,
    )  # fmt: skip


def file_name(reference: str, file: DocumentFile, *, newest: bool) -> str:
    """Return the name under which a file is saved: the number, and what sets it apart from the other files of its document."""
    if file.role is FileRole.BUNDLE:
        return f"{reference}-proof.zip"
    if newest:
        return f"{reference}.pdf"
    # A document whose time-stamp was renewed has more than one stamped file.
    return f"{reference}-as-issued.pdf" if file.role is FileRole.SEALED else f"{reference}-stamped-{file.at:%Y-%m-%d}.pdf"


def _sent(session: Session, row: IssuedDocument, files: tuple[File, ...]) -> tuple[Sent, ...]:
    known = {file.sha256: file.words for file in files}
    return tuple(
        Sent(one, Badge(one.words, one.tint, _SYMBOLS.get(one.tint, "circle-minus")), known.get(one.sha256 or "", ""))
        for one in journeys.of(session, row.id)
    )


_SYMBOLS = {"met": "mail-check", "late": "mail-x", "soon": "hourglass", "running": "send", "off": "ban"}


def _making(row: IssuedDocument, work: DocumentWork | None, zone: str, now: datetime) -> Making | None:
    if row.state is not DocumentState.ORDERED:
        return None
    since = f"Ordered {instant_text(row.ordered_at, zone)}; its number and content are fixed."
    failures = work.failures if work else 0
    taken = work is not None and work.claim > failures and work.next_at > now
    if taken:
        return Making("running", "hourglass", "A worker is making this document", since, "", taken=True)
    if work is None or not failures:
        return Making("running", "hourglass", "This document is being made", f"{since} The worker takes it within seconds.", "", taken=False)
    again = f"Tried {plural(failures, 'time')}, next {instant_text(max(work.next_at, now), zone)}."
    tint = "late" if failures >= rules.FAILING else "soon"
    return Making(tint, "file-alert", "This document could not be made yet", f"{since} {again}", work.last_error, taken=False)
