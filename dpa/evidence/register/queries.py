"""Reads of the register, within the organisations a person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session, joinedload, selectinload

from dpa.evidence.register.kinds import title_of
from dpa.evidence.register.models import (
    FAULTY,
    DocumentFile,
    DocumentState,
    DocumentWork,
    FileFault,
    FileRole,
    IssuedDocument,
)
from dpa.evidence.register.rules import plain_number
from dpa.evidence.seal.models import SealIdentity
from dpa.problems import NotFound
from dpa.web.identity import Scope
from dpa.web.paging import SIZE, Page


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the list of documents is narrowed to; empty values narrow nothing."""

    text: str = ""
    """Part of the number, the title or the addressee."""
    kind: str = ""
    state: str = ""
    """current, superseded or waiting."""
    subject: tuple[str, str] | None = None


def documents(session: Session, scope: Scope, narrowing: Narrowing, *, before_id: int | None, size: int = SIZE) -> Page[IssuedDocument]:
    """Return one page of documents, newest first."""
    wanted: list[ColumnElement[bool]] = [IssuedDocument.organisation_id.in_(scope.organisation_ids)]
    if narrowing.text:
        wanted.append(_matches(narrowing.text))
    if narrowing.kind:
        wanted.append(IssuedDocument.kind == narrowing.kind)
    if narrowing.subject:
        wanted += [IssuedDocument.subject_type == narrowing.subject[0], IssuedDocument.subject_id == narrowing.subject[1]]
    if narrowing.state == "waiting":
        wanted.append(IssuedDocument.state == DocumentState.ORDERED)
    elif narrowing.state == "superseded":
        wanted.append(IssuedDocument.superseded_by_id.is_not(None))
    elif narrowing.state == "current":
        wanted += [IssuedDocument.state == DocumentState.ISSUED, IssuedDocument.superseded_by_id.is_(None)]
    if before_id is not None:
        wanted.append(IssuedDocument.id < before_id)
    rows = session.scalars(select(IssuedDocument).where(*wanted).order_by(IssuedDocument.id.desc()).limit(size + 1)).all()
    return Page.cut(rows, lambda row: (row.id,), size)


def _matches(typed: str) -> ColumnElement[bool]:
    columns = (IssuedDocument.reference, IssuedDocument.title, IssuedDocument.addressee)
    found = [func.lower(column).like(_part(typed.lower()), escape="\\") for column in columns]
    # A number may come from a mail or a print, with other dashes and spaces in it.
    number = plain_number(typed)
    return or_(*found, IssuedDocument.reference.like(_part(number), escape="\\")) if number else or_(*found)


def _part(text: str) -> str:
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def document(session: Session, scope: Scope, document_id: int) -> IssuedDocument:
    """Return one document with its files; raises `NotFound` outside the scope."""
    row = session.get(IssuedDocument, document_id, options=[selectinload(IssuedDocument.files)])
    if row is None or row.organisation_id not in scope:
        raise NotFound("There is no such document, or it is not yours to see.")
    return row


def of_case(session: Session, scope: Scope, subject: tuple[str, int | str], *, limit: int = 20) -> Sequence[IssuedDocument]:
    """Return the documents of a case, newest first.

    A case belongs to one organisation, so its scope is looked at here: with it in the statement, SQLite reads all documents of the organisation.
    """
    kind, identifier = subject
    query = select(IssuedDocument).where(IssuedDocument.subject_type == kind, IssuedDocument.subject_id == str(identifier))
    return [row for row in session.scalars(query.order_by(IssuedDocument.id.desc()).limit(limit)) if row.organisation_id in scope]


def by_ids(session: Session, ids: Sequence[int]) -> Mapping[int, IssuedDocument]:
    """Return documents by number; no statement for none. The caller has checked the scope."""
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(IssuedDocument).where(IssuedDocument.id.in_(ids)))}


def newest_file(row: IssuedDocument) -> DocumentFile | None:
    """Return the file to hand out: the stamped one where there is one, else the one issued first; none before the issue."""
    found = [file for file in row.files if file.role is not FileRole.BUNDLE]
    return found[-1] if found else None


def bundle_file(row: IssuedDocument) -> DocumentFile | None:
    """Return the proof bundle beside a document, or none."""
    return next((file for file in row.files if file.role is FileRole.BUNDLE), None)


def work(session: Session, document_id: int) -> DocumentWork | None:
    """Return what an ordered document waits for; none once it is issued."""
    return session.get(DocumentWork, document_id)


def works(session: Session, ids: Sequence[int]) -> Mapping[int, DocumentWork]:
    """Return what several ordered documents wait for, by document; no statement for none. The caller has checked the scope."""
    if not ids:
        return {}
    return {row.document_id: row for row in session.scalars(select(DocumentWork).where(DocumentWork.document_id.in_(ids)))}


def newest_id(session: Session) -> int:
    """Return the row's number of the newest document of all, for `operations.once`; 0 before the first."""
    return session.scalar(select(func.max(IssuedDocument.id))) or 0


def faults(session: Session, ids: Sequence[int]) -> Mapping[int, Mapping[FileRole, FileFault]]:
    """Return what was wrong with the files of documents when they were read last, by document; no statement for none."""
    found: dict[int, dict[FileRole, FileFault]] = {}
    for file in session.scalars(select(DocumentFile).where(DocumentFile.document_id.in_(ids), text(FAULTY))) if ids else ():
        if file.fault is not None:
            found.setdefault(file.document_id, {})[file.role] = file.fault
    return found


def waiting_since(session: Session) -> datetime | None:
    """Return when the oldest document that is not issued yet was ordered; none when none waits."""
    query = select(func.min(IssuedDocument.ordered_at)).join(DocumentWork, DocumentWork.document_id == IssuedDocument.id)
    found: datetime | None = session.scalar(query)
    return found


def seal_of(session: Session, row: IssuedDocument) -> SealIdentity | None:
    """Return the identity a document was sealed with."""
    return session.get(SealIdentity, row.seal_id) if row.seal_id is not None else None


def file_with(session: Session, sha256: str) -> DocumentFile | None:
    """Return a file of the register by its digest, with its document. For verification, which asks for no scope."""
    return session.get(DocumentFile, sha256, options=[joinedload(DocumentFile.document)])


def names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """Return the numbers of documents for the trail page."""
    wanted = [int(key) for key in ids if key.isdecimal() and len(key) < 19]
    query = select(IssuedDocument.id, IssuedDocument.reference, IssuedDocument.kind).where(IssuedDocument.id.in_(wanted))
    return {str(key): f"document {reference} ({title_of(kind).lower()})" for key, reference, kind in session.execute(query)}
