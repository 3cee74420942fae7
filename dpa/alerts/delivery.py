"""Handing messages over: claim, send, write down. At least once, with one Message-ID; never inside a transaction.

Between the server's "250" and our commit lies a moment in which a killed worker leaves a message that went out but looks unsent. It
is sent again under the same Message-ID and marked uncertain. Nothing over SMTP can close that gap; losing the mail would be worse.

Other packages may act on acceptance: `on_sent("notice", listener)` has `listener(unit, message)` run in the transaction that
records it, with `message.sent_at` as the instant. Should a listener fail, the acceptance is recorded all the same and the
listener is tried again every quarter of a minute, so it must be harmless to repeat.
"""

from __future__ import annotations

import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from dpa.alerts import attachments, mail, operations, queue, rules
from dpa.alerts.messages import Message
from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.queue import Claimed
from dpa.alerts.rules import Answer, Category, Decision, EventKind, Outcome, State
from dpa.alerts.transports import Carrier, Transport
from dpa.people import queries as people
from dpa.slice import Tick
from dpa.unit import Unit

ACTOR = "system:alerts"
RUN = timedelta(seconds=10)
"""How long one run of the job may go on taking messages; the next run follows at once."""
WRITE_AGAIN_AFTER = (0.1, 0.5, 2.0, 5.0, 10.0)
"""Waits in seconds before an answer is written down again when the database was busy; together well below a lease."""
DEAD_MAIL = "alerts/dead"

Listener = Callable[[Unit, OutboxMessage], None]
_listeners: dict[str, list[Listener]] = {}
_chance = random.SystemRandom()
log = structlog.get_logger()


def on_sent(category: str, listener: Listener) -> None:
    """Have `listener` run when a message of a category is accepted, in the same transaction; twice registered runs once."""
    known = _listeners.setdefault(Category(category).value, [])
    if listener not in known:
        known.append(listener)


def dispatch(tick: Tick, transport: Transport) -> str:
    """Send what is due until nothing is, the run's time is over, or the server cannot be talked to; returns a summary."""
    sender = mail.sender(tick.settings)
    counts: Counter[str] = Counter()
    with transport.connect() as carrier:
        claimed = first(tick, sender)
        while claimed is not None:
            answer, left = hand_over(carrier, claimed, tick.settings.document_store)
            counts[answer.outcome.value] += 1
            claimed = settle(tick, sender, claimed, answer, left)
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def follow_up(tick: Tick) -> str:
    """Run the listeners again that failed when their message was accepted; returns a summary."""
    numbers = tick.session.scalars(select(OutboxMessage.id).where(OutboxMessage.follow_up).order_by(OutboxMessage.id).limit(100)).all()
    done = 0
    for number in numbers:
        try:
            with tick.begin(ACTOR) as unit:
                row = unit.session.get_one(OutboxMessage, number)
                row.follow_up = False
                _run_listeners(unit, row)
            done += 1
        except Exception as error:  # noqa: BLE001 - one message that cannot be followed up must not stop the others
            _complain("follow_up_failed", number, error)
    return f"{done} of {len(numbers)} follow-ups done" if numbers else ""


def first(tick: Tick, sender: str) -> Claimed | None:
    """Claim the first message that is due; none, without a writing transaction, when nothing is."""
    if not queue.anything_due(tick.session, tick.now):
        return None
    with tick.begin(ACTOR) as unit:
        return _take(unit, tick.worker, sender)


def _take(unit: Unit, worker: str, sender: str) -> Claimed | None:
    """Claim the next message worth sending; what must not be sent any more is concluded on the way."""
    while claimed := next(iter(queue.claim(unit, worker, sender)), None):
        if rules.is_crash_loop(claimed.claims, claimed.attempts):
            words = f"{rules.MAX_CRASHES} workers ended while sending this message; it is taken for the cause"
            _conclude(unit, claimed, Answer(Outcome.DEFERRED, None, words), Decision(State.DEAD, EventKind.DEAD, counts=False))
        elif claimed.category is Category.ALERT and not _still_belongs(unit, claimed):
            answer = Answer(Outcome.DEFERRED, None, "the recipient no longer belongs to the organisation")
            _conclude(unit, claimed, answer, Decision(State.CANCELLED, EventKind.CANCELLED, counts=False))
        else:
            return claimed
    return None


def _still_belongs(unit: Unit, claimed: Claimed) -> bool:
    if claimed.person_id is None or claimed.organisation_id is None:
        return True
    return any(member.person_id == claimed.person_id for member in people.members(unit.session, claimed.organisation_id))


def hand_over(carrier: Carrier, claimed: Claimed, store: Path) -> tuple[Answer, tuple[str, ...]]:
    """Build the mail and send it, outside any transaction; whatever goes wrong becomes an answer.

    Returns with it the names of the files that went along, read from the folder `store`.
    """
    try:
        files = attachments.load(store, claimed.documents)
        data = mail.build(replace(claimed.letter, attachments=files))
    except Exception as error:  # noqa: BLE001 - whatever cannot be built now never can be; the queue goes on
        _complain("mail_not_built", claimed.id, error)
        return Answer(Outcome.REFUSED, None, f"the mail cannot be built from its stored text ({type(error).__name__})"), ()
    try:
        return carrier.send(claimed.letter.from_address, claimed.letter.to_address, data), tuple(file.name for file in files)
    except Exception as error:  # noqa: BLE001 - a fault of ours in sending: try again later, and say so
        _complain("mail_not_sent", claimed.id, error)
        return Answer(Outcome.DEFERRED, None, f"sending failed ({type(error).__name__})", uncertain=True), ()


def settle(tick: Tick, sender: str, claimed: Claimed, answer: Answer, left: Sequence[str] = ()) -> Claimed | None:
    """Write the answer down, whatever it takes, and claim the next message in the same transaction."""
    for wait in (*WRITE_AGAIN_AFTER, None):
        try:
            return _write_down(tick, sender, claimed, answer, left)
        except DBAPIError as error:
            log.warning("answer_not_written", message=claimed.id, kind=type(error.orig).__name__)
            if wait is None:
                raise  # The lease runs out and the message is sent again under the same Message-ID.
            time.sleep(wait)
        except Exception as error:  # noqa: BLE001 - a listener of another package; the acceptance must stand
            _complain("follow_up_failed", claimed.id, error)
            return _write_down(tick, sender, claimed, answer, left, follow_up_failed=type(error).__name__)
    return None


def _write_down(
    tick: Tick, sender: str, claimed: Claimed, answer: Answer, left: Sequence[str], *, follow_up_failed: str | None = None
) -> Claimed | None:
    with tick.begin(ACTOR) as unit:
        decision = rules.decide(
            answer, attempts=claimed.attempts, give_up_at=claimed.give_up_at, now=unit.now, chance=_chance.random()
        )
        row = _conclude(unit, claimed, answer, decision, left, tell_others=follow_up_failed is None)
        if row is not None and decision.state is State.SENT:
            if follow_up_failed is None:
                _run_listeners(unit, row)
            else:
                row.follow_up = True
                unit.session.add(DeliveryEvent(
                    outbox_id=row.id, at=unit.now, kind=EventKind.FOLLOW_UP_FAILED, smtp_code=None,
                    reply_text=f"what follows the acceptance failed ({follow_up_failed}) and is tried again",
                ))
        if answer.outcome is Outcome.UNREACHABLE or unit.now - tick.now >= RUN:
            return None
        return _take(unit, tick.worker, sender)


def _conclude(
    unit: Unit, claimed: Claimed, answer: Answer, decision: Decision, left: Sequence[str] = (), *, tell_others: bool = True
) -> OutboxMessage | None:
    row = queue.conclude(unit, claimed, answer, decision, left)
    if row is None:
        log.warning("lease_lost", message=claimed.id, outcome=answer.outcome.value)
    elif decision.state is State.DEAD:
        log.error("message_dead", message=row.id, code=answer.code, attempts=row.attempts)
        if tell_others:
            _tell_the_others(unit, row)
    return row


def _complain(event: str, number: int, error: Exception) -> None:
    # Neither the sentence of the error nor its traceback: they may quote a mail.
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    log.error(event, message=number, kind=type(error).__name__, where=[f"{Path(one.filename).name}:{one.lineno}" for one in frame])


def _run_listeners(unit: Unit, row: OutboxMessage) -> None:
    for listener in _listeners.get(row.category.value, ()):
        listener(unit, row)


def _tell_the_others(unit: Unit, row: OutboxMessage) -> None:
    """Mail the organisation's other people who can act, once, that a message could not be delivered; a failing alert about that alerts no more."""
    if row.organisation_id is None or row.mail == DEAD_MAIL or row.category is Category.ACCOUNT:
        return
    others = [
        member for member in people.members(unit.session, row.organisation_id, "alerts.acknowledge")
        if member.person_id != row.person_id and member.email != row.to_address
    ]
    operations.enqueue_many(unit, [
        Message(
            mail=DEAD_MAIL, organisation_id=row.organisation_id, to_address=member.email, to_name=member.name, person_id=member.person_id,
            dedupe_key=f"dead:{row.id}:p{member.person_id}", about=("message", row.id),
            context={
                "subject": row.subject, "recipient": row.to_name or row.to_address, "is_notice": row.category is Category.NOTICE,
                "is_checkpoint": row.category is Category.WITNESS,
                "answer": row.last_error or "no answer", "message_path": f"/outbox/{row.id}",
            },
        )
        for member in others
    ])
