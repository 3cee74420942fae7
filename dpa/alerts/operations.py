"""What is done to the outbox: store, cancel, try again, set aside. Delivery has its own verbs in `dpa.alerts.queue`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from dpa.alerts import attachments, mail, messages, rules
from dpa.alerts.events import Event
from dpa.alerts.messages import Message
from dpa.alerts.models import LIVE, ClockJump, DeliveryEvent, OutboxMessage
from dpa.alerts.rules import Category, EventKind, State
from dpa.evidence import trail
from dpa.people import queries as people
from dpa.people.models import Organisation
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit

CHUNK = 500
"""Keys per statement: below the databases' limits of bound values."""
REASON_MAX = 1000


def enqueue(unit: Unit, message: Message) -> OutboxMessage:
    """Render a message and store it with the act it tells of; a key that was stored before gives the row of that time.

    A row that was sent or cancelled under the same key stays so: a new message needs a new key. Raises `Invalid` for an address,
    name or subject that cannot stand in a mail.
    """
    enqueue_many(unit, (message,))
    return unit.session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key == message.dedupe_key)).one()


def enqueue_many(unit: Unit, batch: Iterable[Message]) -> dict[str, int]:
    """Render and store many messages; returns the number of the row of each dedupe key, new or stored before.

    Notices leave one trail event per organisation, mail and case with their count; alerts and account mail none, since the act they tell
    of has its own.
    """
    unit.session.flush()
    waiting = {message.dedupe_key: message for message in batch}
    found = _numbers(unit.session, waiting)
    senders: dict[int, _Sender] = {}
    # Everything is rendered before anything is stored: one message that cannot be rendered leaves none behind.
    rows = [_row(unit, message, _sender_of(unit, message, senders)) for key, message in waiting.items() if key not in found]
    added = _insert(unit.session, rows)
    attachments.attach(unit, (waiting[key] for key in added), added)
    # Another worker may have stored a key in between; its row counts as ours.
    found |= added | _numbers(unit.session, waiting.keys() - found.keys() - added.keys())
    fresh = Counter((waiting[key].organisation_id, waiting[key].mail, waiting[key].about) for key in added if waiting[key].category == Category.NOTICE)
    for (organisation_id, folder, about), count in fresh.items():
        # About its case, so that the case's history holds it.
        trail.record(unit, Event.ENQUEUED, subject=about or ("organisation", organisation_id or 0), organisation_id=organisation_id,
                     data={"mail": folder, "count": count})
    return found


def stored(session: Session, keys: Iterable[str]) -> frozenset[str]:
    """Return those of the dedupe keys that were stored before; needs no unit, so that a job can look before it writes."""
    return frozenset(_numbers(session, keys))


def spoken_of(session: Session, entry_ids: Collection[int]) -> frozenset[int]:
    """Return those of the docket entries that an unsent message speaks of."""
    # The condition of the partial index, word for word; see `_cancel`.
    query = select(OutboxMessage.deadline_id).where(text(LIVE), OutboxMessage.deadline_id.in_(entry_ids)).distinct()
    return frozenset(number for number in session.scalars(query) if number is not None) if entry_ids else frozenset()


def cancel_for_deadline(unit: Unit, entry_id: int, below_version: int) -> int:
    """Cancel unsent messages that speak of older dates of a docket entry; returns how many.

    One that is being handed over at this moment is not tried again; should the server still accept it, it counts as sent.
    """
    return _cancel(
        unit,
        (OutboxMessage.deadline_id == entry_id, OutboxMessage.deadline_version < below_version),
        subject=("docket_entry", entry_id),
        because="the deadline moved or closed",
    )


def cancel_for_witness(unit: Unit, witness_id: int, theirs: ColumnElement[bool]) -> int:
    """Cancel unsent checkpoints for a witness that was removed; `theirs` is the condition its messages fulfil. Returns how many."""
    return _cancel(unit, (theirs,), subject=("witness", witness_id), because="the witness was removed")


def retry(unit: Unit, row: OutboxMessage) -> None:
    """Send an undeliverable message on its way again, now. Raises `Conflict` unless it is dead."""
    _require_dead(row)
    row.state = State.PENDING
    row.next_at = unit.now
    row.give_up_at = max(row.give_up_at, unit.now + rules.KEPT_FOR)
    row.claims = row.attempts = 0
    unit.session.add(DeliveryEvent(outbox_id=row.id, at=unit.now, kind=EventKind.RETRIED, smtp_code=None, reply_text="sent on its way again"))
    trail.record(unit, Event.RETRIED, subject=("message", row.id), organisation_id=row.organisation_id, data={"mail": row.mail})


def set_aside(unit: Unit, row: OutboxMessage, reason: str) -> None:
    """Record how an undeliverable message was dealt with otherwise, such as by telephone. Raises `Conflict` and `Invalid`."""
    _require_dead(row)
    reason = reason.strip()
    if not 3 <= len(reason) <= REASON_MAX:
        raise Invalid(f"Say in 3 to {REASON_MAX} characters how the recipient was told, or why that is not needed.", field="reason")
    row.state = State.CANCELLED
    unit.session.add(DeliveryEvent(outbox_id=row.id, at=unit.now, kind=EventKind.SET_ASIDE, smtp_code=None, reply_text=reason))
    trail.record(unit, Event.SET_ASIDE, subject=("message", row.id), organisation_id=row.organisation_id, data={"mail": row.mail},
                 personal={"reason": reason})


def note_clock_jump(unit: Unit, host: str, seconds: int) -> ClockJump:
    """Record that a worker's clock moved against elapsed time, by whole seconds; negative when it was set back."""
    jump = ClockJump(at=unit.now, seconds=seconds, host=host)
    unit.session.add(jump)
    unit.session.flush()
    trail.record(unit, Event.JUMPED, subject=("clock_jump", jump.id), organisation_id=None, covers=[jump], data={"seconds": seconds})
    return jump


def _require_dead(row: OutboxMessage) -> None:
    if row.state is not State.DEAD:
        raise Conflict("Only a message that could not be delivered can be sent again or set aside; this one is no longer that.")


def _cancel(unit: Unit, where: tuple[Any, ...], *, subject: tuple[str, int], because: str) -> int:
    unit.session.flush()
    gone = unit.session.execute(
        update(OutboxMessage)
        # The condition of the partial index, word for word: bound values would make SQLite read the whole outbox.
        .where(text(LIVE), *where)
        .values(state=State.CANCELLED, last_error=because)
        .returning(OutboxMessage.id, OutboxMessage.organisation_id)
        .execution_options(synchronize_session="fetch")
    ).all()
    if gone:
        unit.session.add_all(
            DeliveryEvent(outbox_id=number, at=unit.now, kind=EventKind.CANCELLED, smtp_code=None, reply_text=because) for number, _ in gone
        )
        trail.record(unit, Event.CANCELLED, subject=subject, organisation_id=gone[0].organisation_id, data={"count": len(gone), "because": because})
    return len(gone)


@dataclass(frozen=True, slots=True)
class _Sender:
    """Whose name a mail bears, and who reads the answers."""

    name: str = mail.PRODUCT
    reply_to: str | None = None


def _sender_of(unit: Unit, message: Message, known: dict[int, _Sender]) -> _Sender:
    """Return the sender of a notice: its organisation, answered by the DPO. Everything else comes from the product."""
    number = message.organisation_id
    if message.category != Category.NOTICE or number is None:
        return _Sender()
    if number not in known:
        answering = people.members(unit.session, number, "breaches.release")
        known[number] = _Sender(unit.session.get_one(Organisation, number).name, answering[0].email if answering else None)
    return known[number]


def _row(unit: Unit, message: Message, sender: _Sender) -> dict[str, Any]:
    words = messages.render(message, unit.settings)
    reply_to = message.reply_to or sender.reply_to
    return {
        "dedupe_key": message.dedupe_key,
        "organisation_id": message.organisation_id,
        "mail": message.mail,
        "category": Category(message.category),
        "from_name": messages.check_name(message.from_name or sender.name),
        "to_address": messages.check_address(message.to_address),
        "to_name": messages.check_name(message.to_name),
        "reply_to": messages.check_address(reply_to) if reply_to else None,
        "person_id": message.person_id,
        "contact_id": message.contact_id,
        "about_type": message.about[0] if message.about else None,
        "about_id": message.about[1] if message.about else None,
        "deadline_id": message.deadline,
        "deadline_version": message.deadline_version,
        "subject": words.subject,
        "body_text": words.text,
        "body_html": words.html,
        "message_id": mail.message_id(unit.settings, message.dedupe_key),
        "next_at": message.hold_until or unit.now,
        "hold_until": message.hold_until,
        "give_up_at": _give_up(message, unit.now),
        "created_at": unit.now,
    }


def _give_up(message: Message, now: datetime) -> datetime:
    # A date that has already passed would make the first refusal final; one hour is the least.
    return now + rules.KEPT_FOR if message.give_up_at is None else max(message.give_up_at, now + timedelta(hours=1))


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[str, int]:
    if not rows:
        return {}
    table = OutboxMessage.__table__
    assert isinstance(table, Table)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(table.c.dedupe_key, table.c.id)
    return {str(key): int(number) for key, number in session.execute(statement, rows)}


def _numbers(session: Session, keys: Iterable[str]) -> dict[str, int]:
    wanted = list(keys)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = OutboxMessage.dedupe_key.in_(wanted[start : start + CHUNK])
        found |= {row.dedupe_key: row.id for row in session.execute(select(OutboxMessage.dedupe_key, OutboxMessage.id).where(chunk))}
    return found

