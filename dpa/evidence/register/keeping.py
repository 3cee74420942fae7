"""Looking after stored files: each is read and compared with its digest once a day, and what is wrong is kept until it was put right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence import trail
from dpa.evidence.events import Event
from dpa.evidence.register import finding, store
from dpa.evidence.register.finding import Begin, Outcome
from dpa.evidence.register.models import DocumentCheck, DocumentFile, FileFault, FileRole, IssuedDocument
from dpa.unit import Unit

ACTOR = "system:evidence"
EVERY = timedelta(hours=24)
READ_AT_ONCE = 500
"""Names of files fetched with one statement; nothing is held open while they are read."""
FILE_WORDS: Mapping[FileRole, str] = {
    FileRole.SEALED: "the file as issued", FileRole.STAMPED: "the time-stamped file", FileRole.BUNDLE: "the proof bundle",
}  # fmt: skip
"""Which file, as the trail says it."""
FAULT_WORDS: Mapping[FileFault, str] = {FileFault.MISSING: "missing", FileFault.ALTERED: "altered"}


@dataclass(frozen=True, slots=True)
class Result:
    """What one reading of the store showed."""

    files: int
    faults: tuple[tuple[str, str, str], ...]
    """Number, which file and what is wrong with it, of each file that is not whole."""
    found: Outcome


def fault_of(folder: Path, sha256: str) -> FileFault | None:
    """Return what is wrong with a stored file at this moment; none when it is whole. What cannot be read counts as missing."""
    try:
        store.get(folder, sha256)
    except store.Altered:
        return FileFault.ALTERED
    except (store.Missing, OSError):
        return FileFault.MISSING
    return None


def check_all(session: Session, settings: Settings, now: datetime, begin: Begin, *, restored: bool = False) -> Result:
    """Read every file of the register, keep what is wrong, and list documents that the register lost (`finding`).

    Files are read outside any transaction. A fault that was seen before keeps its date.
    """
    found = finding.list_found(session, settings, now, begin, restored=restored)
    changed: list[tuple[str, FileFault | None]] = []
    count, faults = 0, []
    for file, reference in _files(session):
        count += 1
        fault = fault_of(settings.document_store, file.sha256)
        if fault is not None:
            faults.append((reference, FILE_WORDS[file.role], FAULT_WORDS[fault]))
        if fault is not file.fault:
            changed.append((file.sha256, fault))
    session.rollback()
    with begin(ACTOR) as unit:
        for sha256, fault in changed:
            note(unit, sha256, fault)
        unit.session.add(DocumentCheck(at=now, files=count, faults=len(faults)))
    return Result(count, tuple(faults), found)


def _files(session: Session) -> Iterator[tuple[DocumentFile, str]]:
    last = ""
    while True:
        query = select(DocumentFile, IssuedDocument.reference).join(IssuedDocument, IssuedDocument.id == DocumentFile.document_id)
        rows: Sequence[tuple[DocumentFile, str]] = [
            (file, reference)
            for file, reference in session.execute(query.where(DocumentFile.sha256 > last).order_by(DocumentFile.sha256).limit(READ_AT_ONCE))
        ]
        session.expunge_all()
        session.rollback()
        yield from rows
        if len(rows) < READ_AT_ONCE:
            return
        last = rows[-1][0].sha256


def note(unit: Unit, sha256: str, fault: FileFault | None) -> None:
    """Keep what was seen of a stored file, and record it when that is news."""
    file = unit.session.get_one(DocumentFile, sha256, with_for_update=True, populate_existing=True)
    if file.fault is fault:
        return
    file.fault, file.fault_since = fault, (file.fault_since or unit.now) if fault else None
    document = file.document
    words = {"fault": FAULT_WORDS[fault]} if fault else {}
    trail.record(
        unit, Event.FILE_FAULTY if fault else Event.FILE_WHOLE, subject=("document", document.id), organisation_id=document.organisation_id,
        covers=[file], data={"number": document.reference, "sha256": sha256, "what": FILE_WORDS[file.role], **words},
    )  # fmt: skip


def is_due(session: Session, now: datetime) -> bool:
    """Tell whether the last reading is a day old, or lies ahead after a clock was set back."""
    last = session.scalars(select(DocumentCheck.at).order_by(DocumentCheck.id.desc()).limit(1)).first()
    return last is None or not timedelta(0) <= now - last < EVERY
