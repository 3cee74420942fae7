"""Ordering documents: number and content are fixed in the act they belong to; rendering and sealing follow outside it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from dpa.evidence import trail
from dpa.evidence.events import Event
from dpa.evidence.register import kinds, records, rules
from dpa.evidence.register.models import DocumentSeries, DocumentState, DocumentWork, IssuedDocument
from dpa.evidence.register.records import Approval, Issuer
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit

VERIFY_PATH = "/verify"
REASON_MIN = 10


@dataclass(frozen=True, slots=True)
class Order:
    """What a workflow wants to have issued."""

    kind: str
    organisation_id: int
    issuer: Issuer
    title: str
    content: Mapping[str, Any]
    """Everything the kind's builder needs; keys of lower case letters, digits and underscore, no fractions."""
    subject: tuple[str, int | str]
    """The case it belongs to, such as ("breach", 7)."""
    addressee: str = ""
    """Whom it is for, for lists."""
    addressee_facts: Mapping[str, Any] = field(default_factory=dict)
    """What the record says of the addressee beside the name."""
    controller_id: int | None = None
    approvals: tuple[Approval, ...] = ()
    language: str = "en-GB"
    """Of its texts, as a BCP 47 tag."""
    supersedes_id: int | None = None
    """The issued document it replaces."""
    supersede_reason: str = ""


def order(unit: Unit, wanted: Order) -> IssuedDocument:
    """Order one document; see `order_many`."""
    return order_many(unit, (wanted,))[0]


def order_many(unit: Unit, wanted: Sequence[Order]) -> list[IssuedDocument]:
    """Give each document its number, fix what it states, and put it where a worker finds it; in the order given.

    Numbers have no gaps: a rolled-back act gives its numbers back. Raises `Conflict` when a document that is to be replaced is not
    issued yet or was replaced before, `Invalid` when the reason is missing or the content too large, KeyError for an undeclared kind.
    """
    numbers = _numbers(unit, wanted)
    rows = [_row(unit, one, next(numbers[_series(unit, one)])) for one in wanted]
    unit.session.add_all(rows)
    unit.session.flush()
    unit.session.add_all(DocumentWork(document_id=row.id, next_at=unit.now) for row in rows)
    for row in rows:
        trail.record(
            unit, Event.DOCUMENT_ORDERED, subject=("document", row.id), organisation_id=row.organisation_id, covers=[row],
            data={"number": row.reference, "kind": row.kind, "order_sha256": records.digest(row.content), "about": f"{row.subject_type}:{row.subject_id}"},
        )  # fmt: skip
    unit.session.flush()
    return rows


def _series(unit: Unit, wanted: Order) -> tuple[int, str, int]:
    """Return what a document is counted in: organisation, kind and year in the issuer's zone."""
    return wanted.organisation_id, kinds.kind_named(wanted.kind).name, unit.now.astimezone(ZoneInfo(wanted.issuer.zone)).year


def _numbers(unit: Unit, wanted: Sequence[Order]) -> dict[tuple[int, str, int], Iterator[int]]:
    """Take the numbers of all documents, with one statement for each series; always in the same order, so that no two acts wait for each other."""
    counts = Counter(_series(unit, one) for one in wanted)
    return {series: iter(_take(unit.session, *series, count=count)) for series, count in sorted(counts.items())}


class AlreadyOrdered(Conflict):
    """The same form was sent before; nothing was ordered a second time."""

    def __init__(self, document_id: int, reference: str) -> None:
        super().__init__(f"{reference} was ordered since this form was shown, so nothing was ordered a second time. For another one open the page anew.")
        self.document_id = document_id


def once(unit: Unit, rows: Sequence[IssuedDocument], seen: int | None) -> None:
    """Let a form that is sent twice order once: belongs after the order, in the same act.

    `seen` is the newest document there was when the form was shown (`queries.newest_id`); none skips the check. Raises `AlreadyOrdered` when
    one of the same kind, case and customer was ordered since. The series' lock makes two sendings at the same moment wait for one another.
    """
    if seen is None or not rows:
        return
    mine, first = {row.id for row in rows}, rows[0]
    since = unit.session.scalars(
        select(IssuedDocument)
        .where(
            IssuedDocument.id > seen, IssuedDocument.id.not_in(mine), IssuedDocument.organisation_id == first.organisation_id,
            IssuedDocument.kind == first.kind, IssuedDocument.subject_type == first.subject_type, IssuedDocument.subject_id == first.subject_id,
            IssuedDocument.controller_id.is_not_distinct_from(first.controller_id), IssuedDocument.found_at.is_(None),
        )
        .order_by(IssuedDocument.id)
    ).first()  # fmt: skip
    if since is not None:
        raise AlreadyOrdered(since.id, since.reference)


def _row(unit: Unit, wanted: Order, number: int) -> IssuedDocument:
    kind = kinds.kind_named(wanted.kind)
    year = _series(unit, wanted)[2]
    older = _older(unit.session, wanted)
    reference = rules.reference(wanted.issuer.letters or rules.letters(wanted.issuer.slug), kind.code, year, number)
    content = records.ordered(
        identifier=secrets.token_hex(16), kind=kind.name, number=reference, title=wanted.title, issuer=wanted.issuer,
        demonstration=not unit.settings.smtp_url,
        addressee={"name": wanted.addressee, **wanted.addressee_facts} if wanted.addressee else None, approvals=wanted.approvals,
        supersedes={"number": older.reference, "sha256": older.sha256, "reason": wanted.supersede_reason.strip()} if older else None,
        content=wanted.content, verify_at=unit.settings.base_url + VERIFY_PATH, language=wanted.language,
    )  # fmt: skip
    text = records.canonical(content)
    if len(text.encode()) > rules.MOST_ORDERED:
        raise Invalid("That is more than one document can hold and still be checked; choose less, or leave the personal parts out.")
    subject_type, subject_id = wanted.subject
    return IssuedDocument(
        organisation_id=wanted.organisation_id, kind=kind.name, year=year, number=number, reference=reference, title=wanted.title[:300],
        addressee=wanted.addressee[:200], controller_id=wanted.controller_id, subject_type=subject_type, subject_id=str(subject_id),
        state=DocumentState.ORDERED, content=text, ordered_at=unit.now, ordered_by=unit.actor,
        supersedes_id=older.id if older else None, supersede_reason=wanted.supersede_reason.strip(),
    )  # fmt: skip


def _older(session: Session, wanted: Order) -> IssuedDocument | None:
    """Return the document to be replaced, locked, after checking that it can be."""
    if wanted.supersedes_id is None:
        return None
    older = session.get(IssuedDocument, wanted.supersedes_id, with_for_update=True, populate_existing=True)
    if older is None or older.organisation_id != wanted.organisation_id or older.kind != wanted.kind:
        raise Conflict("The document to be replaced is not one of this kind and organisation.")
    if older.state is not DocumentState.ISSUED:
        raise Conflict(f"{older.reference} is not issued yet; wait until it is, then replace it.")
    replaced = select(IssuedDocument.reference).where(IssuedDocument.supersedes_id == older.id)
    if newer := session.scalar(replaced):
        raise Conflict(f"{older.reference} was replaced by {newer} before; replace that one instead.")
    if len(wanted.supersede_reason.strip()) < REASON_MIN:
        raise Invalid("Say in a sentence why the document is replaced; the new one prints it.", field="reason")
    return older


def next_number(session: Session, organisation_id: int, kind: str, year: int) -> int:
    """Return the next number of a series; its row stays locked until the act ends, so that a rolled-back number is given out again."""
    return _take(session, organisation_id, kind, year, count=1)[0]


def _take(session: Session, organisation_id: int, kind: str, year: int, *, count: int) -> range:
    table = DocumentSeries.__table__
    assert isinstance(table, Table)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    fresh = insert(table).values(organisation_id=organisation_id, kind=kind, year=year, last=count)
    statement = fresh.on_conflict_do_update(
        index_elements=["organisation_id", "kind", "year"], set_={"last": table.c.last + count}
    ).returning(table.c.last)
    last = int(session.execute(statement).scalar_one())
    return range(last - count + 1, last + 1)
