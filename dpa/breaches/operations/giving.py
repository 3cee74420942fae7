"""Giving a phase to a customer, and what comes back: acceptance by the mail server, another channel, reading, acknowledging, asking."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.rules import EventKind
from dpa.breaches import channels, corrected, queries
from dpa.breaches.channels import TITLES, Handed
from dpa.breaches.closing import CaseState
from dpa.breaches.counting import starts_of, ways_of
from dpa.breaches.enough import too_little
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach, Delivery, Notice, Question
from dpa.breaches.operations import following, papers
from dpa.breaches.operations.guards import must_be_open, one_at_a_time
from dpa.breaches.papers import ordered_for
from dpa.breaches.rules import REASON_MIN
from dpa.columns import Base
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.docket.operations import Fulfilment
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit
from dpa.web.words import lateness, plural

ACCEPTED = "accepted by the customer's mail server"
KEPT = "kept in the file mailbox (demonstration, nobody was told)"
NAME_MAX, TEXT_MAX, REPLY_MAX = 200, 5_000, 254
REPLY = re.compile(r"\S@\S+\.\S|\d(?:[^\d\n]{0,3}\d){4}")
"""What an answer can be sent to: something like a mail address, or five digits in a row, however they are grouped."""


def notices_sent(unit: Unit, messages: Sequence[OutboxMessage]) -> None:
    """Meet the clocks of customers whose phase a mail server has just accepted, or the file mailbox of a demonstration kept. Called by delivery, in its unit."""
    by_number = {message.id: message for message in messages}
    query = select(Delivery).where(Delivery.outbox_id.in_(by_number), Delivery.given_at.is_(None)).options(joinedload(Delivery.affected))
    given: list[_Given] = []
    for delivery in unit.session.scalars(query.order_by(Delivery.id)):
        message = by_number[delivery.outbox_id or 0]
        delivery.given_at = delivery.effective_at = message.sent_at or unit.now
        # The clock is met all the same, so that a demonstration can be played; whoever reads of it is told what it is worth.
        delivery.kept = message.kept
        given.append(_Given(delivery.affected, delivery, KEPT if message.kept else ACCEPTED, message.organisation_id))
    _give(unit, given)


def notices_refused(unit: Unit, messages: Sequence[OutboxMessage]) -> None:
    """Note in the case that the mails of a phase were refused for good, or given up: nobody was told by them. Called by delivery, in its unit."""
    by_number = {message.id: message for message in messages}
    query = select(Delivery).where(Delivery.outbox_id.in_(by_number), Delivery.given_at.is_(None)).options(joinedload(Delivery.affected), joinedload(Delivery.notice))
    for one in unit.session.scalars(query.order_by(Delivery.id)):
        message = by_number[one.outbox_id or 0]
        trail.record(
            unit, Event.REFUSED, subject=("breach", one.affected.breach_id), organisation_id=message.organisation_id,
            data={"agreement": one.affected.agreement_id, "outbox": message.id, "phase": one.notice.phase.value, "how": _came_back(unit, message)},
        )  # fmt: skip


def _came_back(unit: Unit, message: OutboxMessage) -> str:
    """Return what became of a mail that will not leave any more; of the server's answer only the code, since its words may name somebody."""
    ends = DeliveryEvent.kind.in_([EventKind.REFUSED, EventKind.DEAD])
    last = unit.session.scalars(select(DeliveryEvent).where(DeliveryEvent.outbox_id == message.id, ends).order_by(DeliveryEvent.id.desc()).limit(1)).first()
    if last is not None and last.kind is EventKind.REFUSED:
        return f"refused for good by the customer's mail server ({last.smtp_code})" if last.smtp_code else "refused for good"
    return f"given up after {plural(message.attempts, 'attempt')}"


def hand_over(unit: Unit, breach: Breach, row: Affected, handed: Handed) -> Delivery:
    """Record that a person gave the newest phase by another channel; it meets the clock at the moment it counts as received.

    What is carried takes along every earlier document that waits to be handed over. Each delivery points to the customer's document of its phase, which is ordered here where the customer was named after the release and has none yet.
    Who was told by word of mouth before any text was released is recorded with the first one. That moment is the contract's, else the house's. Where it lies ahead (a letter deemed received some days later), the worker meets the clock when it has come; where only the real receipt counts and is not known yet, `received` does. Raises `Conflict` when no phase was released yet or none is owed to the customer, `Invalid` by field.
    """
    one_at_a_time(unit, breach)
    must_be_open(breach)
    if row.sent_at is None and unit.session.get_one(DocketEntry, row.docket_entry_id).state in queries.WAIVED:
        raise Conflict("It was decided that no notice is owed to this customer, and its clock ended with that.")
    notice = _notice_of(breach, handed)
    if notice is None or notice.released_at is None:
        raise Conflict(channels.NOT_RELEASED)
    if errors := channels.handed_errors(handed, unit.now, notice.released_at, row.aware_at):
        raise Invalid("This cannot be recorded like this.", fields=errors)
    if queries.handed_before(unit.session, notice.id, row.id, handed):
        raise Conflict("This is recorded already: the same channel at the same time.")
    effective = ways_of(unit.session, breach, row, handed.given_at).received_at(handed)
    for earlier in _waiting(unit, row, notice) if handed.channel in channels.CARRIED else ():
        _hand_over(unit, breach, earlier, row, handed, effective)
    return _hand_over(unit, breach, notice, row, handed, effective)


def _waiting(unit: Unit, row: Affected, notice: Notice) -> Sequence[Notice]:
    """Return earlier phases whose documents wait to be handed over: whoever carries the newest carries them, too."""
    given = set(unit.session.scalars(select(Delivery.notice_id).where(Delivery.affected_id == row.id, ~Delivery.returned)))
    return [one.notice for one in ordered_for(unit.session, row.id) if one.notice.number < notice.number and one.notice.id not in given]


def _hand_over(unit: Unit, breach: Breach, notice: Notice, row: Affected, handed: Handed, effective: datetime | None) -> Delivery:
    assert notice.released_at is not None, "only what was released is given"
    paper, ordered = papers.to_hand_over(unit, breach, notice, row)
    before = replace_deliveries(unit, notice, [row.id])
    early = channels.before_text(handed.given_at, notice.released_at)
    delivery = Delivery(
        notice_id=notice.id, affected_id=row.id, channel=handed.channel, given_at=handed.given_at, effective_at=effective,
        document_id=paper.document_id, proof=handed.record, recorded_by=unit.actor, recorded_at=unit.now, language=paper.language,
        part="" if early else paper.part,  # Who was told before there was a text was not read what it says.
    )  # fmt: skip
    unit.session.add(delivery)
    unit.session.flush()
    trail.record(
        unit, Event.HANDED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[delivery, *before, *ordered],
        data={
            "agreement": row.agreement_id, "channel": handed.channel.value, "given_at": handed.given_at.isoformat(),
            "effective_at": effective.isoformat() if effective else "",
        },
        personal={"proof": delivery.proof},
    )  # fmt: skip
    if effective is not None and effective <= unit.now:
        count_as_received(unit, delivery, breach.organisation_id)
    return delivery


def replace_deliveries(unit: Unit, notice: Notice, affected_ids: Sequence[int]) -> list[Delivery]:
    """Let what these customers were sent of a phase make room for a newer delivery of it; returns the rows, for the event to cover."""
    found = queries.newest_deliveries(unit.session, notice.id, affected_ids)
    for one in found:
        one.replaced = True
    unit.session.flush()  # Before the newer one is added: the database takes one that is not replaced for each customer and phase.
    return found


def _notice_of(breach: Breach, handed: Handed) -> Notice | None:
    """Return the phase that was given: the newest one; by word of mouth the one that was in force then, and before any the first."""
    released = [one for one in breach.notices if one.released_at is not None]
    if handed.channel not in channels.SPOKEN or not released:
        return breach.newest_released
    return next((one for one in reversed(released) if one.released_at and not channels.before_text(handed.given_at, one.released_at)), released[0])


def count_as_received(unit: Unit, delivery: Delivery, organisation_id: int) -> None:
    """Meet the clock by a notice that a person handed over, now that it counts as received."""
    assert delivery.effective_at is not None
    row = unit.session.get_one(Affected, delivery.affected_id)
    released_at = unit.session.get_one(Notice, delivery.notice_id).released_at
    early = delivery.given_at is not None and released_at is not None and channels.before_text(delivery.given_at, released_at)
    before = ", before the text was released" if early else ""
    _give(unit, [_Given(row, delivery, f"given {channels.way(TITLES[delivery.channel])}{before}", organisation_id)])


@dataclass(frozen=True, slots=True)
class _Given:
    """A delivery that counts as received, and how."""

    row: Affected
    delivery: Delivery
    how: str
    organisation_id: int | None
    confirmed_at: datetime | None = None
    """When the customer confirmed it, where that came before it would have counted."""

    @property
    def at(self) -> datetime:
        assert self.delivery.effective_at is not None
        return self.confirmed_at or self.delivery.effective_at


def _give(unit: Unit, given: Sequence[_Given]) -> None:
    """Meet the clocks of customers that were given their first phase, and record each delivery."""
    first: dict[int, _Given] = {}
    for one in given:
        if one.row.sent_at is None:
            one.row.sent_at, one.row.kept = one.at, one.delivery.kept
            first[one.row.docket_entry_id] = one
    met = docket.meet_many(unit, [Fulfilment(number, one.at, f"notice {one.how}") for number, one in first.items()], record=False)
    for entry in met:
        # A missed clock is not counted anew by every correction, and what meets it may have been given before.
        row = first[entry.id].row
        row.late_anew = corrected.late_anew(row, entry, starts_of(unit.session.get_one(Breach, row.breach_id)))
    unit.session.flush()
    for one in given:
        entry = unit.session.get_one(DocketEntry, one.row.docket_entry_id)  # In hand already, but where another phase met it before.
        covers: list[Base] = [one.delivery, *([one.row, entry] if first.get(entry.id) is one else [])]
        trail.record(
            unit, Event.SENT, subject=("breach", one.row.breach_id), organisation_id=one.organisation_id, covers=covers,
            data={
                "agreement": one.row.agreement_id, "outbox": one.delivery.outbox_id, "channel": one.delivery.channel.value, "how": one.how,
                "at": one.at.isoformat(), "late_s": entry.late_s, "lateness": lateness(entry.due_at or entry.target_at, one.row.sent_at or one.at),
            },
        )  # fmt: skip


def explain_lateness(unit: Unit, breach: Breach, rows: list[Affected], reason: str) -> int:
    """Give the reason why customers were told late, or are not told yet past their time; returns how many. The first reason given stays on record."""
    must_be_open(breach)
    if short := too_little(reason, REASON_MIN, "Say in a sentence why these customers were told late; a regulator will read it."):
        raise Invalid(short, field="reason")
    if len(reason.strip()) > TEXT_MAX:
        raise Invalid(f"Shorten the reason to {TEXT_MAX:,} characters.", field="reason")
    late = [row for row in rows if not row.late_reason]
    if not late:
        raise Conflict("Each of these customers has its reason already.")
    for row in late:
        row.late_reason, row.late_reason_by, row.late_reason_at = reason.strip(), unit.actor, unit.now
    unit.session.flush()
    trail.covering_many(
        unit, Event.LATENESS_EXPLAINED, rows=late, subject=("breach", breach.id), organisation_id=breach.organisation_id,
        personal={"reason": reason.strip()},
    )  # fmt: skip
    return len(late)


def read(unit: Unit, breach: Breach, row: Affected) -> None:
    """Note that a customer opened its page by the link: every phase given by then counts as read. Nothing happens the second time."""
    fresh = [one for one in queries.deliveries_of(unit.session, row.id) if one.read_at is None]
    if not fresh:
        return
    for one in fresh:
        one.read_at = unit.now
    unit.session.flush()
    trail.covering_many(
        unit, Event.READ, rows=fresh, subject=("breach", breach.id), organisation_id=breach.organisation_id, data={"agreement": row.agreement_id}
    )


def acknowledge(unit: Unit, breach: Breach, row: Affected, name: str, how: str) -> int:
    """Note that a customer confirmed having received what was given so far; returns how many deliveries that confirms.

    `how` is `link`, or how a person heard of it, such as `telephone`. Raises `Invalid` without a name, `Conflict` when nothing is open.
    """
    if not 2 <= len(name.strip()) <= NAME_MAX:
        raise Invalid("Give the name of whoever confirms.", field="name")
    waiting = [one for one in queries.deliveries_of(unit.session, row.id) if one.acknowledged_at is None]
    if not waiting:
        raise Conflict("Everything that was given is confirmed already.")
    for one in waiting:
        one.acknowledged_at, one.acknowledged_by, one.acknowledged_how = unit.now, name.strip(), how[:40]
        if one.outbox_id is None and one.effective_at is None:
            one.effective_at = unit.now  # Whoever confirms it has it, and nobody knew before.
    unit.session.flush()
    trail.covering_many(
        unit, Event.ACKNOWLEDGED, rows=waiting, subject=("breach", breach.id), organisation_id=breach.organisation_id,
        data={"agreement": row.agreement_id, "how": how[:40]}, personal={"name": name.strip()},
    )  # fmt: skip
    _arrived(unit, breach, row, waiting)
    following.settle_acknowledgements(unit, breach)
    return len(waiting)


def _arrived(unit: Unit, breach: Breach, row: Affected, confirmed: Sequence[Delivery]) -> None:
    """Meet the clock by a letter that its customer confirms before it counts by contract or house rule: a proven receipt comes before both."""
    letter = next((one for one in confirmed if one.outbox_id is None), None)
    running = unit.session.get_one(DocketEntry, row.docket_entry_id).state in queries.RUNNING
    if letter is not None and letter.effective_at is not None and row.sent_at is None and running and breach.state is CaseState.OPEN:
        _give(unit, [_Given(row, letter, "confirmed by the customer", breach.organisation_id, min(letter.effective_at, unit.now))])


def ask(unit: Unit, breach: Breach, row: Affected, name: str, reply_to: str, text: str) -> Question:
    """Keep a customer's question and have the organisation told of it. Raises `Invalid` by field."""
    errors: dict[str, str] = {}
    if not 2 <= len(name.strip()) <= NAME_MAX:
        errors["name"] = "Give your name."
    if not (len(reply_to.strip()) <= REPLY_MAX and REPLY.search(reply_to)):
        errors["reply_to"] = "Say where the answer should go: a mail address or a telephone number."
    if not 3 <= len(text.strip()) <= TEXT_MAX:
        errors["text"] = f"Write your question in at most {TEXT_MAX:,} characters."
    if errors:
        raise Invalid("The question cannot be sent like this.", fields=errors)
    question = Question(affected_id=row.id, at=unit.now, name=name.strip(), reply_to=reply_to.strip(), text=text.strip())
    unit.session.add(question)
    unit.session.flush()
    trail.record(
        unit, Event.ASKED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[question],
        data={"agreement": row.agreement_id, "question": question.id},
        personal={"question": {"name": question.name, "reply_to": question.reply_to, "text": question.text}},
    )  # fmt: skip
    return question


def answer(unit: Unit, breach: Breach, question: Question, text: str, remark: str = "") -> None:
    """Record how a question was answered; the customer reads `text` on its page, `remark` stays inside. Raises `Conflict` the second time, `Invalid` without words."""
    if question.answered_at is not None:
        raise Conflict("The question was answered before.")
    if len(text.strip()) < 3:
        raise Invalid("Say what was answered, or how.", field="answer")
    question.answered_at, question.answered_by, question.answer = unit.now, unit.actor, text.strip()[:TEXT_MAX]
    question.remark = remark.strip()[:TEXT_MAX]
    unit.session.flush()
    trail.record(
        unit, Event.ANSWERED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[question],
        data={"question": question.id}, personal={"answer": question.answer, **({"remark": question.remark} if question.remark else {})},
    )  # fmt: skip
