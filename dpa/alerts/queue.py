"""Taking messages off the queue and writing down what came of them: leases, fencing tokens, crashes.

A worker *claims* a message: one statement, the same on both databases, leases it and raises its token. Only the holder of the
current token may write the end of it, so a worker that was thought dead and comes back late changes nothing. When a worker dies, the
few messages in its hands are suspects of having killed it, and a suspect is claimed only alone: a poisonous message takes no neighbour along.

`next_at` of a leased message is the end of its lease, so one range of one index holds everything that may be taken.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import CursorResult, and_, case, or_, select, text, update
from sqlalchemy.orm import Session

from dpa.alerts import attachments, rules
from dpa.alerts.attachments import Held
from dpa.alerts.events import Event
from dpa.alerts.mail import Letter
from dpa.alerts.messages import without_own_links
from dpa.alerts.models import LIVE, DeliveryEvent, OutboxMessage
from dpa.alerts.rules import Answer, Category, Decision, EventKind, State
from dpa.evidence import trail
from dpa.unit import Unit

_ENDS = {EventKind.ACCEPTED: Event.ACCEPTED, EventKind.KEPT: Event.KEPT, EventKind.REFUSED: Event.REFUSED, EventKind.DEAD: Event.DEAD}
ERASED = "[erased after sending: it held a personal link]"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in the hands of a worker, as plain values: nothing is read from the database while it is being sent."""

    id: int
    token: int
    """Fencing token of this claim."""
    attempts: int
    claims: int
    uncertain: int
    give_up_at: datetime
    letter: Letter
    last_error: str | None
    category: Category
    person_id: int | None
    organisation_id: int | None
    documents: tuple[Held, ...] = ()
    """What goes with it, as far as it is issued."""

    @property
    def suspect(self) -> bool:
        """Whether an earlier worker ended with it in its hands."""
        return self.claims - self.attempts > 1


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of a claimed message, and what becomes of it; `files` names those that went with it."""

    claimed: Claimed
    answer: Answer
    decision: Decision
    files: Collection[str] = ()


def anything_due(session: Session, now: datetime) -> bool:
    """Tell whether there is a message to be claimed; only then is a writing transaction worth its lock."""
    return session.execute(select(OutboxMessage.id).where(text(LIVE), OutboxMessage.next_at <= now).limit(1)).first() is not None


def claim(unit: Unit, worker: str, sender: str, *, limit: int = 1, beside: bool = False) -> list[Claimed]:
    """Lease up to `limit` due messages to a worker, those that wait longest first; runs in a unit of its own or another's.

    `beside` says that the worker holds another message already, so that suspects are passed over.
    """
    due = (
        select(OutboxMessage.id)
        .where(text(LIVE), OutboxMessage.next_at <= unit.now, *([OutboxMessage.claims <= OutboxMessage.attempts] if beside else []))
        .order_by(OutboxMessage.next_at, OutboxMessage.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite ignores it: its writers come one after the other anyway.
    )
    until = unit.now + rules.LEASE
    rows = unit.session.scalars(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(due))
        .values(
            state=State.SENDING, claims=OutboxMessage.claims + 1, lease_token=OutboxMessage.lease_token + 1, lease_owner=worker,
            lease_until=until, next_at=until,
            uncertain=OutboxMessage.uncertain + case((OutboxMessage.state == State.SENDING, 1), else_=0),
        )
        .returning(OutboxMessage)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()
    documents = attachments.held(unit.session, [row.id for row in rows if row.category is Category.NOTICE])
    # In the order they left the queue in before, for the statement gives no order: equal waits by number.
    return [_claimed(row, sender, documents.get(row.id, ())) for row in sorted(rows, key=lambda row: row.id)]


def give_back(unit: Unit, claimed: Sequence[Claimed]) -> None:
    """Let messages go that were not offered to any server after all, as if they had never been claimed."""
    for one in claimed:
        unit.session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == one.id, OutboxMessage.lease_token == one.token, OutboxMessage.state == State.SENDING)
            .values(state=State.PENDING, next_at=unit.now, claims=OutboxMessage.claims - 1, lease_owner=None, lease_until=None)
            .execution_options(synchronize_session=False)
        )


def conclude(unit: Unit, endings: Sequence[Ending]) -> list[OutboxMessage | None]:
    """Write down what came of claimed messages; none in the place of one whose lease was lost, of which nothing but the record was written.

    A message cancelled while it was on its way is still recorded as sent when the server accepted it.
    """
    mine = select(OutboxMessage).where(OutboxMessage.id.in_([one.claimed.id for one in endings])).order_by(OutboxMessage.id)
    rows = {row.id: row for row in unit.session.scalars(mine.with_for_update().execution_options(populate_existing=True))}
    found = [_end(unit, one, rows.get(one.claimed.id)) for one in endings]
    files = attachments.note_sent(unit, {
        row.id: (one.files, one.claimed.documents) for one, row in zip(endings, found, strict=True) if row is not None and row.state is State.SENT
    })
    for one, row in zip(endings, found, strict=True):
        if row is not None:
            _tell_the_trail(unit, row, one.answer, one.decision, files.get(row.id, []))
    return found


def _end(unit: Unit, ending: Ending, row: OutboxMessage | None) -> OutboxMessage | None:
    """Write one ending down in the row, if it is still ours to write, and in the delivery record."""
    claimed, answer, decision = ending.claimed, ending.answer, ending.decision
    accepted = decision.state is State.SENT
    allowed = (State.SENDING, State.CANCELLED) if accepted else (State.SENDING,)
    held = row is not None and row.lease_token == claimed.token and row.state in allowed
    kind = EventKind.ACCEPTED_LATE if decision.kind is EventKind.ACCEPTED and not held else decision.kind
    # A server that is down for days would fill the record with the same line every half minute.
    is_news = decision.kind is not EventKind.UNREACHABLE or answer.text != claimed.last_error
    if accepted or (held and is_news):
        unit.session.add(DeliveryEvent(outbox_id=claimed.id, at=unit.now, kind=kind, smtp_code=answer.code, reply_text=answer.text))
    if row is None or not held:
        return None
    _write(row, unit.now, answer, decision)
    return row


def _write(row: OutboxMessage, now: datetime, answer: Answer, decision: Decision) -> None:
    """Make the row of a message say what came of it."""
    accepted = decision.state is State.SENT
    row.state = decision.state
    row.attempts += int(decision.counts)
    # A claim that came to no conversation is given back, or it would look like a crash.
    row.claims -= int(not decision.counts)
    row.uncertain += int(answer.uncertain)
    row.lease_owner = row.lease_until = None
    row.last_error = None if accepted else answer.text
    if decision.next_at is not None:
        row.next_at = decision.next_at
    if accepted:
        row.sent_at, row.kept = now, answer.kept
        if row.category is Category.ACCOUNT:
            row.body_text = row.body_html = ERASED


def _tell_the_trail(unit: Unit, row: OutboxMessage, answer: Answer, decision: Decision, files: list[str]) -> None:
    if decision.kind is EventKind.CANCELLED:
        trail.record(unit, Event.CANCELLED, subject=("message", row.id), organisation_id=row.organisation_id,
                     data={"count": 1, "because": answer.text})
        return
    name = _ENDS.get(decision.kind)
    if name is None:
        return
    # Who got which words is evidence for a notice; for internal mail the number is enough. A customer's own link is a key, not evidence.
    personal = {"recipient": row.to_address, "subject": row.subject, "text": without_own_links(row.body_text), "answer": answer.text}
    trail.record(
        unit, name, subject=("message", row.id), organisation_id=row.organisation_id,
        data={"mail": row.mail, "category": row.category.value, "code": answer.code, "attempts": row.attempts, "copies_possible": row.uncertain,
              "message_id": row.message_id.partition("@")[0], **({"documents": files} if files else {})},
        personal=personal if row.category is Category.NOTICE else None,
    )


def free_dead_leases(unit: Unit, is_dead: Callable[[str], bool]) -> int:
    """Take messages back from workers of this machine that are gone, at once instead of at the end of the lease; returns how many."""
    owners = unit.session.scalars(select(OutboxMessage.lease_owner).where(text(LIVE), OutboxMessage.lease_owner.is_not(None)).distinct()).all()
    gone = [owner for owner in owners if owner is not None and is_dead(owner)]
    return _free(unit, gone) if gone else 0


def _free(unit: Unit, owners: Collection[str]) -> int:
    freed = unit.session.scalars(
        update(OutboxMessage)
        .where(OutboxMessage.state == State.SENDING, OutboxMessage.lease_owner.in_(owners))
        # The token moves on as well, should the worker not be as dead as it looks.
        .values(state=State.PENDING, next_at=unit.now, lease_owner=None, lease_until=None, uncertain=OutboxMessage.uncertain + 1,
                lease_token=OutboxMessage.lease_token + 1)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    ).all()
    words = "the worker ended while handing it over; it may have been accepted"
    unit.session.add_all(DeliveryEvent(outbox_id=number, at=unit.now, kind=EventKind.FREED, smtp_code=None, reply_text=words) for number in freed)
    return len(freed)


def heal_after_step_back(unit: Unit) -> int:
    """Let messages go whose turn lies further ahead than any wait of ours: the clock was set back under them; returns how many.

    A lease that ends in the far future becomes one that ends a lease from now.
    """
    waiting = unit.session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.state == State.PENDING,
            or_(
                and_(OutboxMessage.hold_until.is_(None), OutboxMessage.next_at > unit.now + rules.LONGEST_WAIT),
                OutboxMessage.next_at > unit.now + rules.LONGEST_HOLD,
            ),
        )
        .values(next_at=unit.now, hold_until=None)
        .execution_options(synchronize_session=False)
    )
    until = unit.now + rules.LEASE
    leased = unit.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.state == State.SENDING, OutboxMessage.next_at > until)
        .values(next_at=until, lease_until=until)
        .execution_options(synchronize_session=False)
    )
    return _count(waiting) + _count(leased)


@cache
def machine() -> str:
    """Return the name of this machine and, where there are several, of the process space: process numbers mean nothing elsewhere."""
    with suppress(OSError):
        space = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
        return f"{socket.gethostname()[:60]}.{space}"
    return socket.gethostname()[:60]


def is_dead_here(owner: str, me: str) -> bool:
    """Tell whether a worker's name belongs to a process of this machine that no longer lives. Names are machine:process:random."""
    host, _, rest = owner.rpartition(":")[0].rpartition(":")
    if host != machine() or owner == me or not rest.isdecimal():
        return False
    if int(rest) == os.getpid():
        return True  # Our own number, another random part: a worker that had the number before us.
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _claimed(row: OutboxMessage, sender: str, documents: tuple[Held, ...]) -> Claimed:
    letter = Letter(
        category=row.category, from_name=row.from_name, from_address=sender, to_name=row.to_name, to_address=row.to_address,
        reply_to=row.reply_to, subject=row.subject, text=row.body_text, html=row.body_html, message_id=row.message_id,
        created_at=row.created_at, repeated=row.uncertain > 0,
    )
    return Claimed(
        id=row.id, token=row.lease_token, attempts=row.attempts, claims=row.claims, uncertain=row.uncertain, give_up_at=row.give_up_at,
        last_error=row.last_error, letter=letter, category=row.category, person_id=row.person_id, organisation_id=row.organisation_id,
        documents=documents,
    )


def _count(result: Any) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount
