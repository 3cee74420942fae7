"""Releasing a phase: a sealed document and a mail for each customer, in one act; and the case's history as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dpa.alerts import operations as outbox
from dpa.breaches import links, notices, phases, queries, recipients, repeated, rules
from dpa.breaches.channels import Channel
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach, Delivery, Notice
from dpa.breaches.operations import following, giving, papers, second
from dpa.breaches.operations.guards import must_be_open, one_at_a_time
from dpa.breaches.operations.papers import Whose, whose
from dpa.breaches.operations.settings import settings_of
from dpa.breaches.operations.writing import told_of
from dpa.breaches.paper_models import NoticePaper
from dpa.breaches.papers import Made, made_of
from dpa.breaches.phases import Readiness, Release
from dpa.evidence import trail
from dpa.evidence.register import operations as register
from dpa.evidence.register import queries as documents_of
from dpa.evidence.register import statement
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.register.operations import Order
from dpa.evidence.register.records import Approval
from dpa.parties.queries import Recipient
from dpa.people import documents as issuing
from dpa.people.models import Organisation
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit

NOBODY_OWED = "Nobody is left to tell: every customer who is owed this notice has it, or it is on its way."
ALL_MADE = "Nobody else can be mailed: the documents of customers without a usable address are ordered already. Add contacts, or hand the documents over and record it on the customers' pages."
PART = 500
"""Customers whose documents and mails are made at a time."""


@dataclass(frozen=True, slots=True)
class Sending(Whose):
    """One customer to whom a phase goes now by mail."""

    recipient: Recipient


@dataclass(frozen=True, slots=True)
class Released:
    """What a release made."""

    mails: int
    papers: int
    """Documents for customers who cannot be mailed, to be handed over."""


def release_notice(
    unit: Unit, breach: Breach, organisation: Organisation, *, late_reason: str = "", emergency_reason: str = ""
) -> Released:
    """Release the phase being written, or the newest one again to customers who have not got it; returns what that made.

    Who has not got it: those named since, and those whose mail was refused for good; these get the document that was made for them then.

    Each customer's phase is ordered as a sealed document, whether or not it can be mailed, and a mail waits for it a few minutes at most. The mails are queued here and
    leave through the worker; a mail server's acceptance meets the clock. The documents of customers without a usable recipient are handed over by people, who record that.
    Raises `Conflict` when that leaves nothing to release, `Invalid` by field for what the release demands (second person, reasons).
    """
    one_at_a_time(unit, breach)
    must_be_open(breach)
    notice = _to_release(unit, breach)
    first = notice.released_at is None
    if first:
        _check(unit, breach, notice, Release(unit.actor, late_reason, emergency_reason))
    waiting = list(queries.waiting(unit.session, breach.id, notice))
    made = made_of(unit.session, notice.id, [row.id for row in waiting])
    sending, by_hand = _whom(unit, breach, notice, organisation, waiting, made)
    if first:
        notice.released_at, notice.released_by = unit.now, unit.actor
        notice.late_reason, notice.emergency_reason = late_reason.strip(), emergency_reason.strip()
        if notice.emergency_reason:
            second.tell_alone(unit, breach, notice)
        second.answer(unit, breach, notice, second.RELEASED)
    hold_until = unit.now + rules.hold_for(len(sending) + len(by_hand), _time_left(unit, breach))
    deliveries = _send(unit, breach, notice, organisation, sending, made, hold_until)
    handed = _for_hand_over(unit, breach, notice, organisation, by_hand)
    following.after_release(unit, breach, notice)
    unit.session.flush()
    trail.covering_many(
        unit, Event.RELEASED_ALONE if first and notice.emergency_reason else Event.RELEASED, rows=[*deliveries, *handed, notice], subject=("breach", breach.id), organisation_id=breach.organisation_id,
        data={
            "phase": notice.phase.value, "number": notice.number, "customers": len(sending) + len(by_hand), "by_hand": len(handed), "without_recipient": len(waiting) - len(sending),
            "emergency": bool(notice.emergency_reason),
        },
        personal={"reasons": {"late": notice.late_reason, "emergency": notice.emergency_reason}} if notice.late_reason or notice.emergency_reason else None,
    )  # fmt: skip
    return Released(len(sending), len(handed))


def _whom(
    unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, waiting: Sequence[Affected], made: Mapping[int, Made]
) -> tuple[list[Sending], list[Whose]]:
    """Return those who can be written to and those for whom a document must be made to be handed over, with what each is told."""
    usable = recipients.usable(unit.session, organisation, waiting, unit.now, drill=breach.drill)
    told = whose(unit, breach, notice, [row for row in waiting if row.id in usable or row.id not in made])
    if not told:
        raise Conflict(ALL_MADE if waiting else NOBODY_OWED)
    sending = [Sending(one.row, one.agreement, one.version, usable[key]) for key, one in told.items() if key in usable]
    return sending, [one for key, one in told.items() if key not in usable]


def _to_release(unit: Unit, breach: Breach) -> Notice:
    notice = breach.draft or breach.newest_released
    if notice is None:
        raise Conflict("There is no notice to release yet; write it first.")
    if errors := {**repeated.errors(unit.session, breach, notice), **notices.text_errors(notice)}:
        raise Invalid("The notice cannot be released like this.", fields=errors)
    return notice


def _check(unit: Unit, breach: Breach, notice: Notice, release: Release) -> None:
    ready = Readiness(
        phase=notice.phase, next_word_at=notice.next_word_at, approved_by=notice.approved_by,
        four_eyes=settings_of(unit.session, breach.organisation_id).four_eyes and not breach.drill,
        late=phases.late_by(told_of(breach), unit.now),
    )  # fmt: skip
    if errors := phases.release_errors(ready, release, unit.now):
        raise Invalid(next(iter(errors.values())), fields=errors)


def _send(
    unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, sending: Sequence[Sending], made: Mapping[int, Made], hold_until: datetime
) -> list[Delivery]:
    """Order each customer's document and queue the mail that waits for it; returns the deliveries, and those of the phase before that they replace."""
    replaced = giving.replace_deliveries(unit, notice, [one.row.id for one in sending])
    before = queries.mails_before(unit.session, notice.id, [one.row.id for one in sending])
    addresses = links.make_many(unit, breach, [one.row.id for one in sending]) if sending else {}
    found: list[Delivery] = []
    # In parts, so that the texts of ten thousand mails and documents are never in memory together.
    for start in range(0, len(sending), PART):
        part = sending[start : start + PART]
        sealed = _papers(unit, breach, notice, organisation, part, made)
        messages = [
            notices.message(
                breach, notice, organisation, row=one.row, agreement=one.agreement, recipient=one.recipient, version=one.version, document=paper,
                hold_until=None if paper.issued_at else hold_until,  # What was sealed before keeps nobody waiting.
                link=addresses[one.row.id], attempt=before.get(one.row.id, 0) + 1,
            )
            for one, paper in zip(part, sealed, strict=True)
        ]  # fmt: skip
        queued = outbox.enqueue_many(unit, messages)
        found += [
            Delivery(
                notice_id=notice.id, affected_id=one.row.id, channel=Channel.EMAIL, outbox_id=queued[message.dedupe_key], document_id=paper.id,
                recorded_by=unit.actor, recorded_at=unit.now, language=one.version.language.value, part=one.version.part.text,
            )
            for one, message, paper in zip(part, messages, sealed, strict=True)
        ]  # fmt: skip
        for paper in sealed:
            unit.session.expire(paper, ["content"])
    unit.session.add_all(found)
    unit.session.flush()
    return [*replaced, *found]


def _papers(
    unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, sending: Sequence[Sending], made: Mapping[int, Made]
) -> list[IssuedDocument]:
    """Return each customer's document: the one that was made for it before, else one ordered now."""
    kept = {one.row.id: paper for one in sending if one.row.id in made and (paper := made[one.row.id].document_id) is not None}
    known = documents_of.by_ids(unit.session, sorted(kept.values()))
    fresh = [one for one in sending if one.row.id not in kept]
    ordered = iter(papers.order(unit, breach, notice, organisation, fresh, released=_released(unit, notice, organisation)) if fresh else [])
    return [known[kept[one.row.id]] if one.row.id in kept else next(ordered) for one in sending]


def _for_hand_over(unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, customers: Sequence[Whose]) -> list[NoticePaper]:
    """Order the documents of customers who cannot be mailed, after those that mails wait for."""
    found: list[NoticePaper] = []
    for start in range(0, len(customers), PART):
        found += papers.order_to_hand_over(
            unit, breach, notice, organisation, customers[start : start + PART], released=_released(unit, notice, organisation)
        )
    return found


def _released(unit: Unit, notice: Notice, organisation: Organisation) -> Approval:
    return issuing.approval(unit, organisation.id, papers.release_of(notice))


def _time_left(unit: Unit, breach: Breach) -> timedelta:
    first = queries.first_open(unit.session, breach.id)
    return first.target_at - unit.now if first else timedelta(days=1)


def order_statement(unit: Unit, breach: Breach, organisation: Organisation, *, personal: bool) -> IssuedDocument:
    """Order the history of a case as a sealed trail statement with its proof bundle; with `personal`, the erasable parts are printed."""
    asked = issuing.approval(unit, organisation.id, "asked for this statement")
    case = statement.Case("breach", str(breach.id), f"breach {breach.reference}", organisation.id, breach.zone)
    return register.order(unit, Order(
        kind=statement.KIND, organisation_id=organisation.id, issuer=issuing.issuer(organisation), title=breach.title,
        content=statement.content(unit.session, case, personal=personal), subject=("breach", breach.id),
        approvals=(asked if personal else replace(asked, person=statement.unnamed(unit.actor)),),
    ))  # fmt: skip
