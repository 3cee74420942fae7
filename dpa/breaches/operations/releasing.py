"""Releasing a phase: a sealed document and a mail for each customer, in one act; and the case's history as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from dpa.agreements import queries as agreements
from dpa.agreements.queries import AgreementRow
from dpa.alerts import operations as outbox
from dpa.breaches import documents, links, notices, phases, queries, recipients, repeated, rules
from dpa.breaches.channels import Channel
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach, Delivery, Notice
from dpa.breaches.operations import following, giving, second
from dpa.breaches.operations.guards import must_be_open, one_at_a_time
from dpa.breaches.operations.settings import settings_of
from dpa.breaches.operations.writing import told_of
from dpa.breaches.phases import Readiness, Release
from dpa.breaches.versions import Version, versions_of
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

PART = 500
"""Customers whose documents and mails are made at a time."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One customer to whom a phase goes now."""

    row: Affected
    agreement: AgreementRow
    recipient: Recipient
    version: Version


def release_notice(
    unit: Unit, breach: Breach, organisation: Organisation, *, late_reason: str = "", emergency_reason: str = ""
) -> int:
    """Release the phase being written, or the newest one again to customers who have not got it; returns how many mails it made.

    Who has not got it: those named since, and those whose mail was refused for good; these get the document that was made for them then.

    Each customer's phase is ordered as a sealed document, and its mail waits for that a few minutes at most. The mails are queued here and
    leave through the worker; a mail server's acceptance meets the clock. Customers without a usable recipient stay waiting and are shown.
    Raises `Conflict` when nobody can be told, `Invalid` by field for what the release demands (second person, reasons).
    """
    one_at_a_time(unit, breach)
    must_be_open(breach)
    notice = _to_release(unit, breach)
    first = notice.released_at is None
    if first:
        _check(unit, breach, notice, Release(unit.actor, late_reason, emergency_reason))
    waiting = list(queries.waiting(unit.session, breach.id, notice))
    sending = _usable(unit, breach, notice, organisation, waiting)
    if not sending:
        raise Conflict("Nobody can be told: no affected customer without this notice has a usable address. Add contacts, or record another channel.")
    if first:
        notice.released_at, notice.released_by = unit.now, unit.actor
        notice.late_reason, notice.emergency_reason = late_reason.strip(), emergency_reason.strip()
        if notice.emergency_reason:
            second.tell_alone(unit, breach, notice)
        second.answer(unit, breach, notice, second.RELEASED)
    deliveries = _send(unit, breach, notice, organisation, sending)
    following.after_release(unit, breach, notice)
    unit.session.flush()
    trail.covering_many(
        unit, Event.RELEASED_ALONE if first and notice.emergency_reason else Event.RELEASED, rows=[*deliveries, notice], subject=("breach", breach.id), organisation_id=breach.organisation_id,
        data={
            "phase": notice.phase.value, "number": notice.number, "customers": len(sending), "without_recipient": len(waiting) - len(sending),
            "emergency": bool(notice.emergency_reason),
        },
        personal={"reasons": {"late": notice.late_reason, "emergency": notice.emergency_reason}} if notice.late_reason or notice.emergency_reason else None,
    )  # fmt: skip
    return len(sending)


def _usable(unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, waiting: Sequence[Affected]) -> list[Sending]:
    """Return those who can be written to, with what each is told."""
    usable = recipients.usable(unit.session, organisation, waiting, unit.now, drill=breach.drill)
    rows = agreements.by_ids(unit.session, breach.organisation_id, [row.agreement_id for row in waiting])
    versions = versions_of(unit.session, breach, notice, [row for row in waiting if row.id in usable])
    return [Sending(row, rows[row.agreement_id], usable[row.id], versions[row.id]) for row in waiting if row.id in usable]


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


def _send(unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, sending: Sequence[Sending]) -> list[Delivery]:
    """Order each customer's document and queue the mail that waits for it; returns the deliveries, and those of the phase before that they replace."""
    replaced = giving.replace_deliveries(unit, notice, [one.row.id for one in sending])
    before = queries.mails_before(unit.session, notice.id, [one.row.id for one in sending])
    addresses = links.make_many(unit, breach, [one.row.id for one in sending])
    hold_until = unit.now + rules.hold_for(len(sending), _time_left(unit, breach))
    found: list[Delivery] = []
    # In parts, so that the texts of ten thousand mails and documents are never in memory together.
    for start in range(0, len(sending), PART):
        part = sending[start : start + PART]
        papers = _papers(unit, breach, notice, organisation, part, before)
        messages = [
            notices.message(
                breach, notice, organisation, row=one.row, agreement=one.agreement, recipient=one.recipient, version=one.version, document=paper,
                hold_until=None if paper.issued_at else hold_until,  # What was sealed for an earlier mail keeps nobody waiting.
                link=addresses[one.row.id], attempt=before.get(one.row.id, (0, None))[0] + 1,
            )
            for one, paper in zip(part, papers, strict=True)
        ]  # fmt: skip
        queued = outbox.enqueue_many(unit, messages)
        found += [
            Delivery(
                notice_id=notice.id, affected_id=one.row.id, channel=Channel.EMAIL, outbox_id=queued[message.dedupe_key], document_id=paper.id,
                recorded_by=unit.actor, recorded_at=unit.now, language=one.version.language.value, part=one.version.part.text,
            )
            for one, message, paper in zip(part, messages, papers, strict=True)
        ]  # fmt: skip
        for paper in papers:
            unit.session.expire(paper, ["content"])
    unit.session.add_all(found)
    unit.session.flush()
    return [*replaced, *found]


def _papers(
    unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, sending: Sequence[Sending], before: Mapping[int, tuple[int, int | None]]
) -> list[IssuedDocument]:
    """Return each customer's document: the one that went with a mail that was refused, else one ordered now."""
    kept = {key: paper for key, (_, paper) in before.items() if paper is not None}
    known = documents_of.by_ids(unit.session, sorted(kept.values()))
    fresh = [one for one in sending if one.row.id not in kept]
    ordered = iter(_order_documents(unit, breach, notice, organisation, fresh) if fresh else [])
    return [known[kept[one.row.id]] if one.row.id in kept else next(ordered) for one in sending]


def _order_documents(
    unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, sending: Sequence[Sending]
) -> list[IssuedDocument]:
    """Order the phase as one document per customer, approved by whoever releases it and by the second person."""
    issuer, approvals = issuing.issuer(organisation), _approvals(unit, notice, organisation)
    entries = queries.entries(unit.session, [one.row.docket_entry_id for one in sending])
    before = queries.papers_before(unit.session, notice, [one.row.id for one in sending])
    return register.order_many(unit, [
        Order(
            kind=documents.DRILL_KIND if breach.drill else documents.KIND, organisation_id=organisation.id, issuer=issuer, title=breach.title,
            content=documents.content(
                breach, notice, one.row, entries[one.row.docket_entry_id], one.agreement, one.version, before=before.get(one.row.id, ())
            ),
            subject=("breach", breach.id), addressee=one.agreement.controller, controller_id=one.row.controller_id, approvals=approvals,
            language=one.version.language.tag,
        )
        for one in sending
    ])  # fmt: skip


def _approvals(unit: Unit, notice: Notice, organisation: Organisation) -> tuple[Approval, ...]:
    released = issuing.approval(unit, organisation.id, "released the notice" + (" alone, in an emergency" if notice.emergency_reason else ""))
    if notice.approved_by is None or notice.approved_at is None:
        return (released,)
    return (issuing.approval_of(unit.session, notice.approved_by, organisation.id, "approved the notice", notice.approved_at), released)


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
