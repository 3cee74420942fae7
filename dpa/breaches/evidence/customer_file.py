"""What a dossier says of one customer: promise, clock, deliveries, questions, reasons, documents, as of an instant; in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.agreements import queries as agreements
from dpa.agreements.queries import AgreementRow
from dpa.agreements.terms.words import Event
from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.presenting import EVENTS
from dpa.alerts.rules import EventKind
from dpa.breaches import counting, queries
from dpa.breaches.agreed import Counted, Wanted, caveat
from dpa.breaches.channels import TITLES, before_text
from dpa.breaches.corrected import Corrected, concerns, made
from dpa.breaches.evidence import reading
from dpa.breaches.evidence.case_file import CaseFile
from dpa.breaches.evidence.moments import Clock, by, in_mailbox, promise
from dpa.breaches.evidence.reading import Names, chunks, name_of
from dpa.breaches.facts import FactSheet, Share
from dpa.breaches.facts.shares import Part, part_of, read_share
from dpa.breaches.models import Affected, BreachShare, Delivery, Notice, Question
from dpa.breaches.operations.affecting import KIND
from dpa.breaches.paper_models import DeliveryReceipt, DeliveryReturn
from dpa.breaches.versions import agreement_shares, told_part
from dpa.columns import canonical
from dpa.docket.models import DocketChange, DocketEntry
from dpa.docket.presenting import explanation
from dpa.evidence.register.kinds import title_of
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.trail.bodies import timestamp

ENDS = (EventKind.REFUSED, EventKind.DEAD)
"""Answers after which a mail leaves no more by itself."""


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """One customer of an incident as of an instant."""

    row: Affected
    agreement: AgreementRow
    aware_at: datetime
    """The awareness it was told, from which most clocks run."""
    told_at: datetime | None
    part: Part
    """What was known of its own part by then."""
    said: dict[str, Any]


@dataclass(slots=True)
class _Rows:
    """What belongs to some customers, read at once."""

    agreements: Mapping[int, AgreementRow]
    clocks: Mapping[reading.ClockKey, Clock]
    entries: Mapping[int, list[DocketEntry]]
    """Every clock of an agreement in this case, oldest first."""
    changes: Mapping[int, list[DocketChange]]
    deliveries: Mapping[int, list[tuple[Delivery, Notice]]]
    answers: Mapping[int, list[DeliveryEvent]]
    addresses: Mapping[int, str]
    questions: Mapping[int, list[Question]]
    papers: Mapping[int, IssuedDocument]
    issued: Mapping[int, list[IssuedDocument]]
    """Documents for a customer, by controller."""
    shares: Mapping[int, list[BreachShare]]
    """What was said of each customer's own part, oldest first."""
    named: Mapping[int, Share]
    """What each agreement names of the data it covers."""
    wanted: Mapping[int, Wanted]
    """In which way each agreement wants a breach told, where it names one."""
    returns: Mapping[int, DeliveryReturn]
    """What came back undelivered, by the delivery."""
    receipts: Mapping[int, DeliveryReceipt]
    """What was received as became known afterwards, by the delivery."""
    names: Names = field(default_factory=dict)


def customer_files(session: Session, case: CaseFile, rows: Sequence[Affected]) -> list[CustomerFile]:
    """Return customers of a case as of its instant, in the order given; a bounded number of statements for each five hundred."""
    found: list[CustomerFile] = []
    known = [row for row in rows if row.added_at <= case.as_of]
    for start in range(0, len(known), queries.CHUNK):
        part = known[start : start + queries.CHUNK]
        read = _read(session, case, part)
        found += [_file(case, row, read) for row in part]
    return found


def _read(session: Session, case: CaseFile, rows: Sequence[Affected]) -> _Rows:
    agreement_ids, as_of = [row.agreement_id for row in rows], case.as_of
    entries = _entries(session, case.breach.id, agreement_ids, as_of)
    changes = _changes(session, [entry.id for some in entries.values() for entry in some], as_of)
    deliveries = _deliveries(session, [row.id for row in rows], as_of)
    given = [one for some in deliveries.values() for one, _ in some]
    mails = [one.outbox_id for one in given if one.outbox_id is not None]
    questions = _questions(session, [row.id for row in rows], as_of)
    papers = {key: paper for part in chunks([one.document_id for one in given if one.document_id]) for key, paper in _papers(session, part).items()}
    shares = _shares(session, [row.id for row in rows], as_of)
    actors: list[str | None] = [one.by for some in shares.values() for one in some] + [row.late_reason_by for row in rows] + [row.not_required_by for row in rows]
    actors += [one.answered_by for some in questions.values() for one in some] + [one.recorded_by for one in given]
    actors += [one.by for some in changes.values() for one in some]
    return _Rows(
        agreements.by_ids(session, case.breach.organisation_id, agreement_ids), reading.clocks(session, [case.breach.id], as_of, agreement_ids),
        entries, changes, deliveries, _answers(session, mails, as_of), _addresses(session, mails), questions, papers,
        _issued(session, case, [row.controller_id for row in rows]), shares, agreement_shares(session, case.breach, agreement_ids),
        counting.wanted(session, case.breach, rows), _returns(session, [one.id for one in given if one.returned]),
        _receipts(session, [one.id for one in given if one.outbox_id is None]), reading.names(session, actors),
    )  # fmt: skip


def _entries(session: Session, breach_id: int, agreement_ids: Sequence[int], as_of: datetime) -> Mapping[int, list[DocketEntry]]:
    query = select(DocketEntry).where(
        DocketEntry.subject_type == "breach", DocketEntry.subject_id == breach_id, DocketEntry.kind == KIND,
        DocketEntry.agreement_id.in_(agreement_ids), DocketEntry.created_at <= as_of,
    )  # fmt: skip
    found: dict[int, list[DocketEntry]] = defaultdict(list)
    for entry in session.scalars(query.order_by(DocketEntry.id)):
        found[entry.agreement_id or 0].append(entry)
    return found


def _changes(session: Session, entry_ids: Sequence[int], as_of: datetime) -> Mapping[int, list[DocketChange]]:
    found: dict[int, list[DocketChange]] = defaultdict(list)
    for part in chunks(entry_ids):
        query = select(DocketChange).where(DocketChange.entry_id.in_(part), DocketChange.at <= as_of).order_by(DocketChange.id)
        for change in session.scalars(query):
            found[change.entry_id].append(change)
    return found


def _deliveries(session: Session, affected_ids: Sequence[int], as_of: datetime) -> Mapping[int, list[tuple[Delivery, Notice]]]:
    query = (
        select(Delivery, Notice).join(Notice, Notice.id == Delivery.notice_id)
        .where(Delivery.affected_id.in_(affected_ids), Delivery.recorded_at <= as_of).order_by(Delivery.id)
    )  # fmt: skip
    found: dict[int, list[tuple[Delivery, Notice]]] = defaultdict(list)
    for delivery, notice in session.execute(query):
        found[delivery.affected_id].append((delivery, notice))
    return found


def _returns(session: Session, ids: Sequence[int]) -> Mapping[int, DeliveryReturn]:
    return {one.delivery_id: one for part in chunks(ids) for one in session.scalars(select(DeliveryReturn).where(DeliveryReturn.delivery_id.in_(part)))}


def _receipts(session: Session, ids: Sequence[int]) -> Mapping[int, DeliveryReceipt]:
    return {one.delivery_id: one for part in chunks(ids) for one in session.scalars(select(DeliveryReceipt).where(DeliveryReceipt.delivery_id.in_(part)))}


def _answers(session: Session, outbox_ids: Sequence[int], as_of: datetime) -> Mapping[int, list[DeliveryEvent]]:
    found: dict[int, list[DeliveryEvent]] = defaultdict(list)
    for part in chunks(outbox_ids):
        query = select(DeliveryEvent).where(DeliveryEvent.outbox_id.in_(part), DeliveryEvent.at <= as_of).order_by(DeliveryEvent.id)
        for event in session.scalars(query):
            found[event.outbox_id].append(event)
    return found


def _addresses(session: Session, outbox_ids: Sequence[int]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    for part in chunks(outbox_ids):
        query = select(OutboxMessage.id, OutboxMessage.to_address).where(OutboxMessage.id.in_(part))
        found |= {row.id: row.to_address for row in session.execute(query)}
    return found


def _questions(session: Session, affected_ids: Sequence[int], as_of: datetime) -> Mapping[int, list[Question]]:
    query = select(Question).where(Question.affected_id.in_(affected_ids), Question.at <= as_of).order_by(Question.id)
    found: dict[int, list[Question]] = defaultdict(list)
    for question in session.scalars(query):
        found[question.affected_id].append(question)
    return found


def _shares(session: Session, affected_ids: Sequence[int], as_of: datetime) -> Mapping[int, list[BreachShare]]:
    query = select(BreachShare).where(BreachShare.affected_id.in_(affected_ids), BreachShare.at <= as_of)
    found: dict[int, list[BreachShare]] = defaultdict(list)
    for share in session.scalars(query.order_by(BreachShare.affected_id, BreachShare.number)):
        found[share.affected_id].append(share)
    return found


def _papers(session: Session, ids: Sequence[int]) -> Mapping[int, IssuedDocument]:
    return {row.id: row for row in session.scalars(select(IssuedDocument).where(IssuedDocument.id.in_(ids)))}


def _issued(session: Session, case: CaseFile, controller_ids: Sequence[int]) -> Mapping[int, list[IssuedDocument]]:
    query = select(IssuedDocument).where(
        IssuedDocument.subject_type == "breach", IssuedDocument.subject_id == str(case.breach.id),
        IssuedDocument.controller_id.in_(controller_ids), IssuedDocument.ordered_at <= case.as_of,
    )  # fmt: skip
    found: dict[int, list[IssuedDocument]] = defaultdict(list)
    for paper in session.scalars(query.order_by(IssuedDocument.id)):
        found[paper.controller_id or 0].append(paper)
    return found


def _file(case: CaseFile, row: Affected, read: _Rows) -> CustomerFile:
    as_of, agreement = case.as_of, read.agreements[row.agreement_id]
    clock = read.clocks[case.breach.id, row.agreement_id]
    told_at, aware_at = told(row, clock, as_of), _aware_at(case, row, clock)
    # What only the file mailbox kept told nobody, as the register says; in an exercise it stands for everybody.
    untold = case.until if row.kept and told_at is not None else None
    not_owed, anew = by(row.not_required_at, as_of), None if untold else _corrected(case, row, clock, read.entries[row.agreement_id][-1])
    outcome = in_mailbox(clock, until=untold) if untold else promise(clock, not_owed=not_owed, as_of=as_of, late_anew=anew is not None and anew.late)
    versions = read.shares.get(row.id, [])
    part = part_of(case.sheet, read.named.get(row.agreement_id), read_share(versions[-1].share) if versions else None, controllers=case.customers)
    said = {
        "controller": agreement.controller, "agreement": agreement.reference, "terms": agreement.template, "promise": row.promise,
        "added_at": timestamp(row.added_at), "customer_aware_at": timestamp(aware_at), "aware_reason": row.aware_reason if aware_at > case.aware_at else "",
        "told_at": _stamp(told_at), "demonstration": row.kept and told_at is not None,
        "outcome": outcome.value,
        "corrected": _anew(anew), "channel_caveat": "" if row.kept else _caveat(row, clock, read, as_of),
        "clock": _clock(clock, read.entries[row.agreement_id][-1], read.changes),
        "changes": [_change(one, read.names) for entry in read.entries[row.agreement_id] for one in read.changes.get(entry.id, ())],
        "deliveries": [_delivery(one, notice, read, as_of) for one, notice in read.deliveries.get(row.id, ())],
        "questions": [_question(one, read.names, as_of) for one in read.questions.get(row.id, ())],
        "part": part.facts(), "shares": [_share(one, read.names) for one in versions],
        "late_reason": _reason(row.late_reason, row.late_reason_at, row.late_reason_by, read.names, as_of),
        "not_owed": _reason(row.not_required, row.not_required_at, row.not_required_by, read.names, as_of),
        "documents": [_paper(one, as_of) for one in read.issued.get(row.controller_id, ())],
    }  # fmt: skip
    return CustomerFile(row, agreement, aware_at, told_at, part, said)


def _aware_at(case: CaseFile, row: Affected, clock: Clock) -> datetime:
    """Return the awareness a customer was told by then: what its clock ran from; where that was the first notice, its own or the incident's."""
    if clock.start_event != Event.DISCOVERY:
        return clock.started_at
    return max(row.aware_at, case.aware_at) if row.aware_reason else case.aware_at


def _corrected(case: CaseFile, row: Affected, clock: Clock, entry: DocketEntry) -> Corrected | None:
    """Return what is to be said of a clock that was met by an awareness corrected to an earlier time by then."""
    return made(clock, canonical(entry.rule), case.held) if concerns(clock, case.held, row.aware_reason) else None


def _anew(anew: Corrected | None) -> dict[str, Any] | None:
    if anew is None:
        return None
    return {
        "noticed": anew.noticed, "held_at": timestamp(anew.held_at), "aware_at": timestamp(anew.aware_at), "due_at": timestamp(anew.due_at),
        "after_s": int((anew.met_at - anew.aware_at).total_seconds()), "late_s": anew.late_s,
    }  # fmt: skip


def _caveat(row: Affected, clock: Clock, read: _Rows, as_of: datetime) -> str:
    sent = [(one, _returned(read.returns.get(one.id), as_of) is not None) for one, _ in read.deliveries.get(row.id, ())]
    given = [one for one, came_back in sent if by(one.given_at, as_of) and not one.kept and not came_back]
    counted = [Counted(one.channel, at) for one in given if (at := _counts_at(one, read, as_of)) is not None]
    return caveat(read.wanted.get(row.agreement_id), counted, clock.binding)


def told(row: Affected, clock: Clock, as_of: datetime) -> datetime | None:
    """Return when a customer was first told, if that was known by then."""
    if clock.met_at is not None:
        return clock.met_at
    # A clock that was waived before is not met by what was told later.
    return row.sent_at if clock.state in {"waived", "superseded"} and by(row.sent_at, as_of) else None


def _stamp(at: datetime | None) -> str | None:
    return timestamp(at) if at is not None else None


def _until(at: datetime | None, as_of: datetime) -> str | None:
    return _stamp(at) if by(at, as_of) else None


def _clock(clock: Clock, entry: DocketEntry, changes: Mapping[int, Sequence[DocketChange]]) -> dict[str, Any]:
    """Return the clock as it stood. How it was counted is said without a decision that moved it later: the changes tell that."""
    counted = explanation(entry)
    moved_later = entry.version > 1 + sum(change.act in {"extend", "resume"} for change in changes.get(entry.id, ()))
    steps = [step for step in counted.steps if not (moved_later and step.label in {"Extended", "Due"})]
    return {
        "started_at": timestamp(clock.started_at), "start": clock.start_event, "due_at": timestamp(clock.binding), "target_at": timestamp(clock.target_at),
        "is_target": clock.due_at is None, "origin": clock.origin, "basis": clock.basis, "state": clock.state, "met_at": _stamp(clock.met_at),
        "late_s": clock.late_s, "terms_version": entry.terms_version or "",
        "steps": [{"label": step.label, "text": step.text, "basis": step.basis or ""} for step in steps], "warnings": list(counted.warnings),
    }  # fmt: skip


def _change(row: DocketChange, names: Names) -> dict[str, Any]:
    return {
        "act": row.act.value, "at": timestamp(row.at), "by": name_of(row.by, names), "reason": row.reason,
        "old_at": timestamp(row.old_due_at or row.old_target_at), "new_at": timestamp(row.new_due_at or row.new_target_at),
    }  # fmt: skip


def _share(row: BreachShare, names: Names) -> dict[str, Any]:
    own = part_of(FactSheet(), None, read_share(row.share), controllers=2)
    return {"number": row.number, "at": timestamp(row.at), "by": name_of(row.by, names), "part": own.facts()}


def _delivery(one: Delivery, notice: Notice, read: _Rows, as_of: datetime) -> dict[str, Any]:
    paper = read.papers.get(one.document_id or 0)
    answers = read.answers.get(one.outbox_id or 0, ())
    acknowledged = by(one.acknowledged_at, as_of)
    return {
        "phase": notice.number, "channel": TITLES[one.channel], "to": read.addresses.get(one.outbox_id or 0, ""),
        "language": one.language, "part": told_part(one.part), "recorded_at": timestamp(one.recorded_at), "recorded_by": name_of(one.recorded_by, read.names),
        "given_at": _until(one.given_at, as_of), "counts_at": _stamp(_counts_at(one, read, as_of)), "proof": one.proof,
        "kept": one.kept and by(one.given_at, as_of), "returned": _returned(read.returns.get(one.id), as_of),
        "receipt": _receipt(read.receipts.get(one.id), as_of), "under_way": one.outbox_id is None and not acknowledged and _counts_at(one, read, as_of) is None,
        "before_text": one.given_at is not None and notice.released_at is not None and before_text(one.given_at, notice.released_at),
        "document": paper.reference if paper else "", "sha256": paper.sha256 if paper and by(paper.issued_at, as_of) else None,
        "read_at": _until(one.read_at, as_of), "acknowledged_at": _until(one.acknowledged_at, as_of),
        "acknowledged_by": one.acknowledged_by if acknowledged else "", "acknowledged_how": one.acknowledged_how if acknowledged else "",
        "answers": [{"at": timestamp(e.at), "what": EVENTS[e.kind][0], "code": e.smtp_code, "reply": e.reply_text, "end": e.kind in ENDS} for e in answers],
    }  # fmt: skip


def _counts_at(one: Delivery, read: _Rows, as_of: datetime) -> datetime | None:
    """Return when a delivery counts as received, as far as that was known by then."""
    receipt = read.receipts.get(one.id)
    known = by(one.given_at, as_of) and (receipt is None or by(receipt.recorded_at, as_of))
    return one.effective_at if known else None


def _receipt(receipt: DeliveryReceipt | None, as_of: datetime) -> dict[str, Any] | None:
    return {"at": timestamp(receipt.received_at), "proof": receipt.proof} if receipt is not None and by(receipt.recorded_at, as_of) else None


def _returned(back: DeliveryReturn | None, as_of: datetime) -> dict[str, Any] | None:
    return {"at": timestamp(back.came_back_at), "reason": back.reason} if back is not None and by(back.recorded_at, as_of) else None


def _question(one: Question, names: Names, as_of: datetime) -> dict[str, Any]:
    answered = by(one.answered_at, as_of)
    return {
        "at": timestamp(one.at), "name": one.name, "reply_to": one.reply_to, "text": one.text, "answered_at": _until(one.answered_at, as_of),
        "answered_by": name_of(one.answered_by, names) if answered else "", "answer": one.answer if answered else "",
    }  # fmt: skip


def _reason(text: str, at: datetime | None, actor: str | None, names: Names, as_of: datetime) -> dict[str, Any] | None:
    if not text or at is None or not by(at, as_of):
        return None
    return {"text": text, "at": timestamp(at), "by": name_of(actor, names)}


def _paper(paper: IssuedDocument, as_of: datetime) -> dict[str, Any]:
    issued = by(paper.issued_at, as_of)
    return {
        "number": paper.reference, "kind": title_of(paper.kind), "ordered_at": timestamp(paper.ordered_at),
        "issued_at": _until(paper.issued_at, as_of), "sha256": paper.sha256 if issued else None,
    }  # fmt: skip
