"""What the pages of evidence show, put together from reads; templates decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.agreements.models import Agreement
from dpa.breaches import tally
from dpa.breaches.closing import CaseState
from dpa.breaches.corrected import concerns, of_entries
from dpa.breaches.evidence import dossier, drill, reading
from dpa.breaches.evidence import register as documents
from dpa.breaches.evidence.case_file import CaseFile, case_file
from dpa.breaches.evidence.customer_file import told
from dpa.breaches.evidence.lines import Line, stale
from dpa.breaches.evidence.moments import Promise, by, in_mailbox, promise
from dpa.breaches.evidence.wording import MAILBOX_MISSED, OUTCOMES, STATES
from dpa.breaches.models import Affected, Breach
from dpa.breaches.queries import newest_facts
from dpa.evidence.register.models import IssuedDocument
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from dpa.web.paging import Page, number_of
from dpa.web.words import length

SIZE = 50
PAPERS = 12
TINTS: Mapping[Promise, tuple[str, str]] = {
    Promise.KEPT: ("met", "circle-check"), Promise.LATE: ("late", "clock-exclamation"), Promise.CORRECTED: ("late", "clock-exclamation"), Promise.OVERDUE: ("late", "clock-exclamation"),
    Promise.RUNNING: ("running", "clock-play"), Promise.NOT_OWED: ("off", "ban"), Promise.WAIVED: ("off", "ban"),
    Promise.DEMONSTRATION: ("off", "inbox"),
}  # fmt: skip
CASES: Mapping[CaseState, tuple[str, str]] = {
    CaseState.OPEN: ("running", "clock-play"), CaseState.CLOSED: ("met", "circle-check"), CaseState.NO_BREACH: ("off", "circle-minus"),
}


@dataclass(frozen=True, slots=True)
class Tag:
    """A state in words with its look."""

    text: str
    tint: str
    symbol: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer of the case with what became of the promise, and its newest dossier."""

    id: int
    controller: str
    agreement: str
    told_at: datetime | None
    tag: Tag
    dossier: IssuedDocument | None


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """The evidence page of a case."""

    case: CaseFile
    state: Tag
    rows: Page[CustomerRow]
    total: int
    dossiers: int
    """How many dossiers were ordered so far."""
    papers: tuple[IssuedDocument, ...]
    """Documents of the case as a whole and the newest of its customers."""
    closed: bool
    stale: str
    """Why the fact sheet should be brought up to date before anything is made from it; empty for no reason."""


def evidence(session: Session, breach: Breach, organisation: Organisation, as_of: datetime, after: Sequence[Any] | None) -> EvidenceView:
    """Return the evidence page of a case as of an instant; the number of statements does not depend on its customers."""
    case = case_file(session, breach, as_of)
    page = _customers(session, case, after)
    mine = select(IssuedDocument).where(
        IssuedDocument.organisation_id == organisation.id, IssuedDocument.subject_type == "breach", IssuedDocument.subject_id == str(breach.id),
    )
    dossiers = select(func.count()).select_from(mine.where(IssuedDocument.kind == dossier.KIND).subquery())
    whole = mine.where(IssuedDocument.controller_id.is_(None)).order_by(IssuedDocument.id.desc()).limit(PAPERS)
    tint, symbol = CASES[case.state.state]
    return EvidenceView(
        case, Tag(STATES[case.state.state], tint, symbol), page, case.customers, session.scalar(dossiers) or 0, tuple(session.scalars(whole)),
        breach.state is not CaseState.OPEN, stale(newest_facts(session, breach.id), breach.notices, breach.zone) if breach.state is CaseState.OPEN else "",
    )


def _customers(session: Session, case: CaseFile, after: Sequence[Any] | None) -> Page[CustomerRow]:
    query = (
        select(Affected, Controller.name, Agreement.reference)
        .join(Controller, Controller.id == Affected.controller_id).join(Agreement, Agreement.id == Affected.agreement_id)
        .where(Affected.breach_id == case.breach.id, Affected.added_at <= case.as_of).order_by(Affected.id).limit(SIZE + 1)
    )  # fmt: skip
    if after:
        query = query.where(Affected.id > number_of(after[0]))
    found = list(session.execute(query))
    clocks = reading.clocks(session, [case.breach.id], case.as_of, [row.agreement_id for row, _, _ in found])
    newest = _newest_dossiers(session, case, [row.controller_id for row, _, _ in found])
    ran = [(row, clocks[case.breach.id, row.agreement_id]) for row, _, _ in found]
    anew = of_entries(session, {clock.id: case.held for row, clock in ran if concerns(clock, case.held, row.aware_reason)})
    rows = []
    for row, controller, agreement in found:
        clock = clocks[case.breach.id, row.agreement_id]
        outcome = promise(clock, not_owed=by(row.not_required_at, case.as_of), as_of=case.as_of, late_anew=clock.id in anew and anew[clock.id].late)
        told_at = told(row, clock, case.as_of)
        if row.kept and told_at:
            outcome = in_mailbox(clock, until=case.until or told_at)
        tint, symbol = TINTS[outcome]
        tag = Tag(OUTCOMES[outcome] + (" by both awarenesses" if outcome is Promise.KEPT and clock.id in anew else ""), tint, symbol)
        tag = Tag(MAILBOX_MISSED, tint, symbol) if row.kept and told_at and outcome is Promise.OVERDUE else tag
        tag = Tag("not told, clock paused", "off", "player-pause") if clock.state == "paused" and outcome is Promise.RUNNING else tag
        rows.append(CustomerRow(row.id, controller, agreement, None if row.kept else told_at, tag, newest.get(row.controller_id)))
    return Page.cut(rows, lambda row: (row.id,), SIZE)


def _newest_dossiers(session: Session, case: CaseFile, controller_ids: Sequence[int]) -> Mapping[int, IssuedDocument]:
    query = select(IssuedDocument).where(
        IssuedDocument.subject_type == "breach", IssuedDocument.subject_id == str(case.breach.id), IssuedDocument.kind == dossier.KIND,
        IssuedDocument.organisation_id == case.breach.organisation_id, IssuedDocument.controller_id.in_(controller_ids),
    )  # fmt: skip
    return {row.controller_id or 0: row for row in session.scalars(query.order_by(IssuedDocument.id))}


def reports(session: Session, breach_ids: Sequence[int]) -> Mapping[int, IssuedDocument]:
    """Return the newest report of each exercise that has one. The caller has checked the scope."""
    query = select(IssuedDocument).where(
        IssuedDocument.subject_type == "breach", IssuedDocument.subject_id.in_([str(key) for key in breach_ids]), IssuedDocument.kind == drill.KIND,
    )
    return {int(row.subject_id): row for row in session.scalars(query.order_by(IssuedDocument.id))}


def registers(session: Session, organisation_id: int) -> tuple[IssuedDocument, ...]:
    """Return the newest registers issued for an organisation. The caller has checked the scope."""
    query = select(IssuedDocument).where(IssuedDocument.organisation_id == organisation_id, IssuedDocument.kind == documents.KIND)
    return tuple(session.scalars(query.order_by(IssuedDocument.id.desc()).limit(PAPERS)))


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One incident as the register's page shows it."""

    line: Line
    tag: Tag
    told: str
    missed: int
    to_notice: timedelta | None
    bar: int
    """Length of its bar in per cent of the longest shown."""
    time: str


@dataclass(frozen=True, slots=True)
class RegisterView:
    """The page of the register."""

    rows: tuple[RegisterRow, ...]
    total: int
    page: int
    pages: int
    told: int
    affected: int
    missed: int
    kept: int
    """Beside those told: whose notice was only kept in the file mailbox."""

    @property
    def mailbox(self) -> str:
        """What the file mailbox kept, in words; empty for nothing."""
        return tally.mailbox(self.kept, self.told)


def register(lines: Sequence[Line], *, page: int) -> RegisterView:
    """Return one page of the register. It is computed whole, as its exports are, and shown in parts."""
    pages = max(-(-len(lines) // SIZE), 1)
    page = min(page, pages)
    shown = lines[(page - 1) * SIZE : page * SIZE]
    longest = max((line.to_notice for line in shown if line.to_notice), default=timedelta(1))
    return RegisterView(
        tuple(_row(line, longest) for line in shown), len(lines), page, pages, sum(line.told for line in lines),
        sum(line.affected for line in lines), sum(line.missed for line in lines), sum(line.demonstration for line in lines),
    )


def _row(line: Line, longest: timedelta) -> RegisterRow:
    tint, symbol = CASES[line.state]
    taken = line.to_notice
    bar = round(100 * (taken / longest)) if taken is not None else 0
    told_words = tally.told(line.told, line.affected, line.demonstration, word="") if line.affected else "nobody named"
    return RegisterRow(line, Tag(STATES[line.state], tint, symbol), told_words, line.missed, taken, bar, length(taken) if taken is not None else "")
