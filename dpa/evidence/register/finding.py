"""Documents that left the house although the register does not know them: an older copy of the database was restored.

Their files still lie in the store. Each carries its record, so it can be read which number it took, and its seal tells whether it is ours.
What is genuine is listed again under its number; the numbers of all are not given out a second time. An order that waits under such a
number gets a new one before anything is sealed with it.

A worker that ends between storing and listing leaves a file behind, too. Its order is still in the register, so it is left alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.columns import Base
from dpa.config import Settings
from dpa.evidence import trail
from dpa.evidence.events import Event
from dpa.evidence.pdf.reading import reread
from dpa.evidence.register import operations, records, store
from dpa.evidence.register.models import (
    DocumentFile,
    DocumentSeries,
    DocumentState,
    DocumentWork,
    FileRole,
    IssuedDocument,
)
from dpa.evidence.seal.models import SealIdentity
from dpa.evidence.trail.models import TrailCheckpoint
from dpa.unit import Unit

ACTOR = "system:evidence"
NUMBER = re.compile(r"(?P<letters>[0-9A-Z]{1,12})-(?P<code>[A-Z]{1,6})-(?P<year>\d{4})-(?P<number>\d{4,7})\Z")
Begin = Callable[[str], AbstractContextManager[Unit]]


@dataclass(frozen=True, slots=True)
class Stray:
    """A stored PDF with a record of ours that no row of the register names."""

    content: bytes
    sha256: str
    text: str
    """Its record, byte for byte."""
    record: Mapping[str, Any]
    organisation_id: int
    year: int
    number: int
    pages: int
    level: str
    """PAdES level; empty when it is not genuine."""

    @property
    def kind(self) -> str:
        """Return the name of its kind."""
        return str(self.record["type"])

    @property
    def reference(self) -> str:
        """Return its number as people write it."""
        return str(self.record["number"])

    @property
    def genuine(self) -> bool:
        """Tell whether it bears a seal of this installation that holds, so that only the register is lacking."""
        return bool(self.level)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found, as numbers of documents."""

    listed: tuple[str, ...] = ()
    """Listed again."""
    twice: tuple[str, ...] = ()
    """Of those, the ones whose number had been given to another document meanwhile."""
    doubtful: tuple[str, ...] = ()
    """Not listed, because no seal known here holds on them; their numbers are not given out again."""
    renumbered: tuple[tuple[str, str], ...] = ()
    """Orders that waited under such a number: the old one and the new one."""

    def lines(self) -> list[str]:
        """Return what a person must know, a sentence a line; none when nothing was found."""
        found = [f"{number}: issued before an older database was restored; its file was in the store, and it is listed again." for number in self.listed]
        found += [f"{number}: was given to another document meanwhile, so two documents bear it; tell whoever holds them." for number in self.twice]
        found += [f"{number}: a file in the store bears this number, but no seal known here; it is not listed, and the number is not given out again."
                  for number in self.doubtful]
        return found + [f"{old}: the order that waited under this number is now {new}." for old, new in self.renumbered]


def list_found(session: Session, settings: Settings, now: datetime, begin: Begin, *, restored: bool = False) -> Outcome:
    """Look through the store and list what the register lost; reads outside any transaction, then writes in one.

    `restored` says that a new line of checkpoints begins: then a stored file of an order that still waits left the house, too, before the
    restore, while otherwise it is what a crash left behind. What is damaged in the store is passed over.
    """
    strays = [*_strays(session, settings, now, restored=restored)]
    session.rollback()
    if not strays:
        return Outcome()
    with begin(ACTOR) as unit:
        return _list(unit, strays)


def _strays(session: Session, settings: Settings, now: datetime, *, restored: bool) -> Iterator[Stray]:
    known = set(session.scalars(select(DocumentFile.sha256)))
    organisations = Base.metadata.tables["organisation"]
    houses = {slug: key for key, slug in session.execute(select(organisations.c.id, organisations.c.slug))}
    for sha256 in store.digests(settings.document_store):
        if sha256 in known or not store.begins(settings.document_store, sha256, b"%PDF-"):
            continue
        read = _read(settings.document_store, sha256)
        if read is None:
            continue
        content, text, pages = read
        record = _record(text)
        numbered = NUMBER.match(str(record.get("number")))
        house = houses.get(str(_part(record, "issuer").get("slug")))
        if numbered is None or house is None or not isinstance(record.get("type"), str) or _is_left_behind(session, record, house, restored=restored):
            continue
        level = _level(session, content, settings, now)
        yield Stray(content, sha256, text, record, house, int(numbered["year"]), int(numbered["number"]), pages, level)


def _read(folder: Path, sha256: str) -> tuple[bytes, str, int] | None:
    """Return a stored PDF with its record and number of pages; none when it has no record or cannot be read."""
    try:
        content = store.get(folder, sha256)
    except (store.Missing, OSError):
        return None
    found = reread(content)
    return (content, found.record, found.pages) if found else None


def _record(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}


def _is_left_behind(session: Session, record: Mapping[str, Any], house: int, *, restored: bool) -> bool:
    """Tell whether the order of this file is still in the register, so that the file is what a crash or a repeated attempt left."""
    rows = session.scalars(select(IssuedDocument).where(IssuedDocument.reference == record["number"], IssuedDocument.organisation_id == house))
    return any(
        records.read(row.content)["id"] == record.get("id") and not (restored and row.state is DocumentState.ORDERED)
        for row in rows
    )  # fmt: skip


def _level(session: Session, content: bytes, settings: Settings, now: datetime) -> str:
    """Return the PAdES level of a file on which everything holds but its place in the register; empty for any other."""
    from dpa.evidence.verification.checking import check_file
    from dpa.evidence.verification.values import Verdict

    report = check_file(session, content, settings, now)
    return report.level if report.verdict is Verdict.NOT_THE_ISSUED_FILE and report.level else ""


def _list(unit: Unit, strays: Sequence[Stray]) -> Outcome:
    _count_on(unit, strays)
    renumbered = [moved for stray in _firsts(strays) if (moved := _renumber(unit, stray)) is not None]
    listed, twice = [], []
    for group in _documents([stray for stray in strays if stray.genuine]):
        if _again(unit, group):
            twice.append(group[0].reference)
        listed.append(group[0].reference)
    doubtful = tuple(sorted({stray.reference for stray in strays if not stray.genuine}))
    return Outcome(tuple(listed), tuple(twice), doubtful, tuple(renumbered))


def _firsts(strays: Sequence[Stray]) -> list[Stray]:
    """Return one stray for each number."""
    return list({(stray.organisation_id, stray.kind, stray.year, stray.number): stray for stray in strays}.values())


def _documents(strays: Sequence[Stray]) -> list[list[Stray]]:
    """Group files by their record: a document, and copies of it with later time-stamps, which only add to it. Oldest document first."""
    found: dict[str, list[Stray]] = {}
    for stray in sorted(strays, key=lambda one: (str(one.record["issued_at"]), one.number, len(one.content))):
        found.setdefault(stray.text, []).append(stray)
    return list(found.values())


def _count_on(unit: Unit, strays: Sequence[Stray]) -> None:
    """Let each series go on after the highest number that is in the store, and record which numbers are passed over."""
    highest: dict[tuple[int, str, int], Stray] = {}
    for stray in strays:
        key = (stray.organisation_id, stray.kind, stray.year)
        if key not in highest or highest[key].number < stray.number:
            highest[key] = stray
    for key, stray in highest.items():
        series = unit.session.get(DocumentSeries, key, with_for_update=True, populate_existing=True)
        if series is None:
            series = DocumentSeries(organisation_id=key[0], kind=key[1], year=key[2], last=0)
            unit.session.add(series)
        if series.last >= stray.number:
            continue
        trail.record(
            unit, Event.NUMBERS_PASSED_OVER, subject=("trail", 1), organisation_id=stray.organisation_id,
            data={"kind": stray.kind, "year": stray.year, "first": series.last + 1, "last": stray.number, "sha256": stray.sha256},
        )  # fmt: skip
        series.last = stray.number
    unit.session.flush()


def _renumber(unit: Unit, stray: Stray) -> tuple[str, str] | None:
    """Give an order that waits under the number of a document which left the house another one; whoever is making it makes it in vain."""
    wanted = (
        IssuedDocument.organisation_id == stray.organisation_id, IssuedDocument.kind == stray.kind, IssuedDocument.year == stray.year,
        IssuedDocument.number == stray.number, IssuedDocument.state == DocumentState.ORDERED,
    )  # fmt: skip
    row = unit.session.scalars(select(IssuedDocument).where(*wanted).with_for_update()).first()
    if row is None:
        return None
    old = row.reference
    row.number = operations.next_number(unit.session, row.organisation_id, row.kind, row.year)
    row.reference = f"{old.rpartition('-')[0]}-{row.number:04d}"
    row.content = records.canonical({**records.read(row.content), "number": row.reference, "id": secrets.token_hex(16)})
    work = unit.session.get_one(DocumentWork, row.id, with_for_update=True)
    work.claim, work.next_at = work.claim + 1, unit.now
    trail.record(
        unit, Event.DOCUMENT_RENUMBERED, subject=("document", row.id), organisation_id=row.organisation_id, covers=[row],
        data={"number": row.reference, "former": old, "order_sha256": records.digest(row.content)},
    )  # fmt: skip
    return old, row.reference


def _again(unit: Unit, group: Sequence[Stray]) -> bool:
    """List a document again with its files; tells whether another one has its number already."""
    first = group[0]
    same = (
        IssuedDocument.organisation_id == first.organisation_id, IssuedDocument.kind == first.kind, IssuedDocument.year == first.year,
        IssuedDocument.number == first.number,
    )  # fmt: skip
    twice = unit.session.scalar(select(IssuedDocument.id).where(*same).limit(1)) is not None
    row = _row(unit, first, group[-1].level)
    unit.session.add(row)
    unit.session.flush()
    covers: list[Base] = [row, *_superseded(unit, row, first)]
    for stray in group:
        role = FileRole.SEALED if stray is first else FileRole.STAMPED
        at = row.issued_at if stray is first else unit.now
        file = DocumentFile(sha256=stray.sha256, document_id=row.id, role=role, level=stray.level, size=len(stray.content), at=at)
        unit.session.add(file)
        unit.session.flush()
        trail.record(
            unit, Event.DOCUMENT_FOUND, subject=("document", row.id), organisation_id=row.organisation_id, covers=[*covers, file],
            data={"number": row.reference, "sha256": stray.sha256, "record_sha256": row.record_sha256, "level": stray.level, "twice": twice},
        )  # fmt: skip
        covers = []
    return twice


def _row(unit: Unit, stray: Stray, level: str) -> IssuedDocument:
    record, seal = stray.record, _part(stray.record, "seal")
    issued_at = records.instant(record["issued_at"])
    identity = unit.session.scalars(
        select(SealIdentity).where(SealIdentity.fingerprint == seal.get("fingerprint"))
        .order_by(SealIdentity.organisation_id != stray.organisation_id, SealIdentity.id)
    ).first()
    checkpoint = unit.session.scalars(select(TrailCheckpoint.size).where(TrailCheckpoint.note == record["checkpoint"])).first()
    return IssuedDocument(
        organisation_id=stray.organisation_id, kind=stray.kind, year=stray.year, number=stray.number, reference=stray.reference,
        title=str(record["title"])[:300], addressee=str(_part(record, "addressee").get("name", ""))[:200], controller_id=None,
        subject_type="trail", subject_id="1", state=DocumentState.ISSUED, content=records.canonical(records.order_of(record)),
        ordered_at=issued_at, ordered_by=ACTOR, record=stray.text, issued_at=issued_at, found_at=unit.now,
        sha256=stray.sha256, record_sha256=hashlib.sha256(stray.text.encode()).hexdigest(), size=len(stray.content), pages=stray.pages, level=level,
        seal_id=identity.id if identity else None, checkpoint_size=checkpoint,
    )  # fmt: skip


def _superseded(unit: Unit, row: IssuedDocument, stray: Stray) -> list[IssuedDocument]:
    """Link the document that this one replaced, where the register has it, so that nobody is told to rely on it."""
    sha256 = _part(stray.record, "supersedes").get("sha256")
    older = unit.session.scalars(select(IssuedDocument).where(IssuedDocument.sha256 == sha256)).first() if sha256 else None
    if older is None:
        return []
    row.supersedes_id, row.supersede_reason = older.id, str(_part(stray.record, "supersedes").get("reason", ""))
    if older.superseded_by_id is not None:
        return []
    older.superseded_by_id = row.id
    unit.session.flush()
    return [older]
