"""What people do with breaches: record an incident, name who is affected, write the notice, release it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from dpa.agreements import queries as agreements
from dpa.agreements import stacks
from dpa.agreements.queries import AgreementRow
from dpa.alerts import operations as outbox
from dpa.alerts.models import OutboxMessage
from dpa.breaches import documents, notices, queries, recipients, rules
from dpa.breaches.clocks import Clock, clock_for
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach, Notice
from dpa.breaches.rules import Draft, Incident, Selection
from dpa.deadlines import Calendar
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.docket.operations import Opening
from dpa.evidence import trail
from dpa.evidence.register import operations as register
from dpa.evidence.register import statement
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.register.operations import Order
from dpa.parties import queries as parties
from dpa.parties.queries import Recipient
from dpa.people import documents as issuing
from dpa.people.models import Organisation
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit
from dpa.web.words import lateness

KIND = "breaches:notify"
ACCEPTED = "accepted by the customer's mail server"
KEPT = "kept in the file mailbox, since no mail server is set"


def record_incident(unit: Unit, organisation: Organisation, incident: Incident) -> Breach:
    """Record an incident; its clocks start when the affected agreements are named."""
    if errors := rules.incident_errors(incident, unit.now):
        raise Invalid("The incident cannot be recorded like this.", fields=errors)
    year = incident.aware_at.astimezone(ZoneInfo(organisation.zone)).year
    # The organisation's row is locked so that two incidents recorded at once get two numbers.
    unit.session.execute(select(Organisation.id).where(Organisation.id == organisation.id).with_for_update())
    highest = select(func.max(Breach.number)).where(Breach.organisation_id == organisation.id, Breach.year == year)
    number = (unit.session.scalar(highest) or 0) + 1
    breach = Breach(
        organisation_id=organisation.id,
        year=year,
        number=number,
        reference=rules.reference(organisation.slug, year, number),
        title=incident.title.strip(),
        known=incident.known.strip(),
        detected_at=incident.detected_at,
        aware_at=incident.aware_at,
        awareness_reason=incident.awareness_reason.strip(),
        zone=organisation.zone,
        recorded_by=unit.actor,
        recorded_at=unit.now,
    )
    unit.session.add(breach)
    unit.session.flush()
    trail.record(
        unit,
        Event.RECORDED,
        subject=("breach", breach.id),
        organisation_id=organisation.id,
        covers=[breach],
        data={"aware_at": incident.aware_at.isoformat(), "detected_at": incident.detected_at.isoformat()},
        personal={"facts": {"title": breach.title, "known": breach.known, "reason": breach.awareness_reason}},
    )
    return breach


def add_affected(
    unit: Unit, breach: Breach, agreement_ids: Sequence[int], selection: Selection, owner_id: int | None = None
) -> list[Affected]:
    """Name agreements an incident touches; each new one gets its clock from its own terms, counted from awareness.

    Agreements already named keep the clock they have. Raises `Invalid` when nothing is chosen, when an agreement is
    not the organisation's own, or when all of them were named before.
    """
    present = queries.affected_ids(unit.session, breach.id)
    wanted = [agreement_id for agreement_id in dict.fromkeys(agreement_ids) if agreement_id not in present]
    if not wanted:
        raise Invalid("No further agreement was chosen; those named before keep their clocks.", field="selection")
    rows = agreements.by_ids(unit.session, breach.organisation_id, wanted)
    if len(rows) != len(wanted):
        raise Invalid("One of the agreements is not there any more; reload the page and choose again.", field="selection")
    clocks = _clocks(unit, breach, wanted)
    chosen = [rows[agreement_id] for agreement_id in wanted if agreement_id in clocks]
    openings = [_opening(breach, row, clocks[row.id], owner_id) for row in chosen]
    entries = docket.open_many(unit, openings)
    affected = [_affected(unit, breach, row, clocks[row.id], entry, selection) for row, entry in zip(chosen, entries, strict=True)]
    unit.session.add_all(affected)
    unit.session.flush()
    trail.covering_many(
        unit,
        Event.AFFECTED,
        rows=affected,
        subject=("breach", breach.id),
        organisation_id=breach.organisation_id,
        data={"selection": selection.value.replace("_", " "), "clocks": len(entries), "not_applicable": len(wanted) - len(chosen)},
    )
    return affected


def save_draft(unit: Unit, breach: Breach, draft: Draft) -> Notice:
    """Keep the text of the notice. Raises `Conflict` once it was released: a released notice is never changed."""
    notice = breach.notice
    if notice is not None and notice.released_at is not None:
        raise Conflict("The notice was released and can no longer be changed; send later news separately.")
    long = {name: text for name, text in rules.draft_errors(draft).items() if text.startswith("Shorten")}
    if long:
        raise Invalid("The text is too long.", fields=long)
    if notice is None:
        notice = Notice(breach_id=breach.id, drafted_at=unit.now)
        breach.notice = notice
    for name in ("nature", "contact", "consequences", "measures", "unknown"):
        setattr(notice, name, getattr(draft, name).strip())
    notice.drafted_at = unit.now
    unit.session.flush()
    trail.record(
        unit,
        Event.DRAFTED,
        subject=("breach", breach.id),
        organisation_id=breach.organisation_id,
        covers=[notice, breach],
        personal={"text": {name: getattr(notice, name) for name in ("nature", "contact", "consequences", "measures", "unknown")}},
    )
    return notice


def release_notice(unit: Unit, breach: Breach, organisation: Organisation) -> int:
    """Release the notice to every affected customer with a usable recipient who has none yet; returns how many.

    Each customer's notice is ordered as a sealed document, and its mail waits for that a few minutes at most. The mails are queued
    here and leave through the worker; a mail server's acceptance meets the clock. Customers without a usable recipient stay waiting
    and are shown. May be called again once a recipient was repaired.
    """
    notice = breach.notice
    if notice is None:
        raise Conflict("There is no notice to release yet; write it first.")
    if errors := rules.draft_errors(notices.draft_of(notice)):
        raise Invalid("The notice cannot be released like this.", fields=errors)
    waiting = list(queries.waiting(unit.session, breach.id))
    usable = recipients.usable(unit.session, organisation, waiting)
    sending = [row for row in waiting if row.id in usable]
    if not sending:
        raise Conflict("Nobody can be told: no affected customer without a notice has a usable address. Add contacts first.")
    _send(unit, breach, notice, organisation, sending, usable)
    if notice.released_at is None:
        notice.released_at, notice.released_by = unit.now, unit.actor
    unit.session.flush()
    trail.covering_many(
        unit,
        Event.RELEASED,
        rows=[*sending, notice],
        subject=("breach", breach.id),
        organisation_id=breach.organisation_id,
        data={"customers": len(sending), "without_recipient": len(waiting) - len(sending)},
    )
    return len(sending)


def _send(
    unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, sending: Sequence[Affected], usable: Mapping[int, Recipient]
) -> None:
    """Order each customer's document and queue the mail that waits for it."""
    rows = agreements.by_ids(unit.session, breach.organisation_id, [row.agreement_id for row in sending])
    papers = _order_documents(unit, breach, notice, organisation, sending, rows)
    hold_until = unit.now + rules.hold_for(len(sending), _time_left(unit, breach))
    messages = [
        notices.message(
            breach, notice, organisation, row=row, agreement=rows[row.agreement_id], recipient=usable[row.id],
            document=paper, hold_until=hold_until,
        )
        for row, paper in zip(sending, papers, strict=True)
    ]  # fmt: skip
    queued = outbox.enqueue_many(unit, messages)
    for row, message, paper in zip(sending, messages, papers, strict=True):
        row.outbox_id, row.document_id = queued[message.dedupe_key], paper.id


def order_statement(unit: Unit, breach: Breach, organisation: Organisation, *, personal: bool) -> IssuedDocument:
    """Order the history of a case as a sealed trail statement with its proof bundle; with `personal`, the erasable parts are printed."""
    case = statement.Case("breach", str(breach.id), f"breach {breach.reference}", organisation.id, breach.zone)
    return register.order(unit, Order(
        kind=statement.KIND, organisation_id=organisation.id, issuer=issuing.issuer(organisation), title=breach.title,
        content=statement.content(unit.session, case, personal=personal), subject=("breach", breach.id),
        approvals=(issuing.approval(unit, organisation.id, "asked for this statement"),),
    ))  # fmt: skip


def _order_documents(
    unit: Unit, breach: Breach, notice: Notice, organisation: Organisation, sending: Sequence[Affected], rows: Mapping[int, AgreementRow]
) -> list[IssuedDocument]:
    """Order the notice as one document per customer, approved by whoever releases it."""
    issuer = issuing.issuer(organisation)
    approved = issuing.approval(unit, organisation.id, "released the notice")
    entries = queries.entries(unit.session, [row.docket_entry_id for row in sending])
    return register.order_many(unit, [
        Order(
            kind=documents.KIND, organisation_id=organisation.id, issuer=issuer, title=breach.title,
            content=documents.content(breach, notice, row, entries[row.docket_entry_id], rows[row.agreement_id]), subject=("breach", breach.id),
            addressee=rows[row.agreement_id].controller, controller_id=row.controller_id, approvals=(approved,),
        )
        for row in sending
    ])  # fmt: skip


def _time_left(unit: Unit, breach: Breach) -> timedelta:
    first = queries.first_open(unit.session, breach.id)
    return first.target_at - unit.now if first else timedelta(0)


def notice_sent(unit: Unit, message: OutboxMessage) -> None:
    """Meet the clock of the customer whose mail server has just accepted the notice. Called by delivery, in its unit."""
    row = unit.session.scalar(select(Affected).where(Affected.outbox_id == message.id))
    if row is None or row.sent_at is not None:
        return
    sent_at: datetime = message.sent_at or unit.now
    row.sent_at = sent_at
    entry = unit.session.get_one(DocketEntry, row.docket_entry_id)
    how = ACCEPTED if unit.settings.smtp_url else KEPT
    docket.meet(unit, entry, sent_at, by=f"notice {how}", record=False)
    unit.session.flush()
    trail.record(
        unit,
        Event.SENT,
        subject=("breach", row.breach_id),
        organisation_id=message.organisation_id,
        covers=[row, entry],
        data={
            "agreement": row.agreement_id,
            "outbox": message.id,
            "how": how,
            "late_s": entry.late_s,
            "lateness": lateness(entry.due_at or entry.target_at, sent_at),
        },
    )


def _clocks(unit: Unit, breach: Breach, agreement_ids: Sequence[int]) -> Mapping[int, Clock]:
    on = breach.aware_at.astimezone(ZoneInfo(breach.zone)).date()
    loaded = stacks.load(unit.session, breach.organisation_id, agreement_ids, on)
    calendars: dict[str, Calendar] = {}

    def calendar_named(name: str) -> Calendar:
        if name not in calendars:
            calendars[name] = parties.calendar(unit.session, breach.organisation_id, name)
        return calendars[name]

    by_stack: dict[int, Clock | None] = {}
    found: dict[int, Clock] = {}
    for agreement_id, terms in loaded.items():
        # Agreements on the same terms share one stack object and therefore one computed clock.
        key = id(terms.stack)
        if key not in by_stack:
            by_stack[key] = clock_for(terms.stack, breach.aware_at, calendar_named, terms.terms_version)
        if (clock := by_stack[key]) is not None:
            found[agreement_id] = clock
    return found


def _opening(breach: Breach, row: AgreementRow, clock: Clock, owner_id: int | None) -> Opening:
    return Opening(
        kind=KIND,
        organisation_id=breach.organisation_id,
        subject=("breach", breach.id),
        subject_label=breach.reference,
        title=f"Notify {row.controller} of breach {breach.reference}",
        basis=clock.basis,
        origin=clock.origin,
        target=clock.target,
        latest=clock.latest,
        started_at=breach.aware_at,
        agreement_id=row.id,
        controller_id=row.controller_id,
        owner_id=owner_id,
        terms_version=clock.terms_version,
    )


def _affected(
    unit: Unit, breach: Breach, row: AgreementRow, clock: Clock, entry: DocketEntry, selection: Selection
) -> Affected:
    return Affected(
        breach_id=breach.id,
        agreement_id=row.id,
        controller_id=row.controller_id,
        docket_entry_id=entry.id,
        selection=selection,
        promise=clock.promise,
        added_at=unit.now,
    )
