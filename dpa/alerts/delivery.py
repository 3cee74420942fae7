"""Handing messages over: claim, send, write down. At least once, with one Message-ID; never inside a transaction.

Between the server's "250" and our commit lies a moment in which a killed worker leaves a message that went out but looks unsent. It
is sent again under the same Message-ID and marked uncertain. Nothing over SMTP can close that gap; losing the mail would be worse.

Other packages may act on acceptance: `on_sent("notice", listener)` has `listener(unit, messages)` run in the transaction that
records it, with `sent_at` of each as the instant. Should a listener fail, the acceptance is recorded all the same and the
listener is tried again every quarter of a minute for the message it failed with, so it must be harmless to repeat. `on_dead` is the
same for messages that will not leave any more; its listeners only note it, and are not tried again.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from dpa.alerts import attachments, mail, operations, post, queue, rules
from dpa.alerts.messages import Message
from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.post import Offered, Ready, complain
from dpa.alerts.queue import Claimed, Ending
from dpa.alerts.rules import Answer, Category, Decision, EventKind, Outcome, State
from dpa.alerts.transports import Transport
from dpa.people import queries as people
from dpa.slice import Tick
from dpa.unit import Unit

ACTOR = "system:alerts"
RUN = timedelta(seconds=10)
"""How long one run of the job may go on taking messages; the next run follows at once."""
WRITE_AGAIN_AFTER = (0.1, 0.5, 2.0, 5.0, 10.0)
"""Waits in seconds before an answer is written down again when the database was busy; together well below a lease."""
DEAD_MAIL = "alerts/dead"

Listener = Callable[[Unit, Sequence[OutboxMessage]], None]
_listeners: dict[str, list[Listener]] = {}
_dead_listeners: dict[str, list[Listener]] = {}
_chance = random.SystemRandom()
log = structlog.get_logger()


def on_sent(category: str, listener: Listener) -> None:
    """Have `listener` run when messages of a category are accepted, in the same transaction; twice registered runs once."""
    known = _listeners.setdefault(Category(category).value, [])
    if listener not in known:
        known.append(listener)


def on_dead(category: str, listener: Listener) -> None:
    """Have `listener` run when messages of a category are refused for good or given up, in the same transaction; twice registered runs once."""
    known = _dead_listeners.setdefault(Category(category).value, [])
    if listener not in known:
        known.append(listener)


def dispatch(tick: Tick, transport: Transport) -> str:
    """Send what is due until nothing is, the run's time is over, or the server cannot be talked to; returns a summary.

    While mails are on their way, what was answered meanwhile is written down in one transaction, and the next ones are built.
    """
    sender, store = mail.sender(tick.settings), tick.settings.document_store
    counts: Counter[str] = Counter()
    with transport.connect() as carrier, post.opened(carrier) as hands:
        coming = take(tick, sender, hands.room)
        while coming or hands.held:
            for claimed in coming:
                hands.give(build(claimed, store))
            offered = hands.collect()
            counts.update(one.answer.outcome.value for one in offered if one.answer)
            coming = settle(tick, sender, offered, room=hands.room, alone=not hands.held)
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
                _run_listeners(unit, [row])
            done += 1
        except Exception as error:  # noqa: BLE001 - one message that cannot be followed up must not stop the others
            complain("follow_up_failed", number, error)
    return f"{done} of {len(numbers)} follow-ups done" if numbers else ""


def take(tick: Tick, sender: str, room: int) -> list[Claimed]:
    """Claim the first messages that are due, `room` at most; none, without a writing transaction, when nothing is."""
    if not queue.anything_due(tick.session, tick.now):
        return []
    with tick.begin(ACTOR) as unit:
        return _take(unit, tick.worker, sender, room, alone=True)


def _take(unit: Unit, worker: str, sender: str, room: int, *, alone: bool) -> list[Claimed]:
    """Claim the next messages worth sending; what must not be sent any more is concluded on the way.

    `alone` says that nothing else is in hand, so that a suspect of having killed a worker may be claimed, if it is the first.
    """
    taken: list[Claimed] = []
    while len(taken) < room and not (taken and taken[-1].suspect):
        first = alone and not taken
        claimed = queue.claim(unit, worker, sender, limit=1 if first else room - len(taken), beside=not first)
        if not claimed:
            break
        taken += [one for one in claimed if _is_worth_sending(unit, one)]
    return taken


def _is_worth_sending(unit: Unit, claimed: Claimed) -> bool:
    """Tell whether a message may be sent; one that may not is concluded here."""
    if rules.is_crash_loop(claimed.claims, claimed.attempts):
        words = f"{rules.MAX_CRASHES} workers ended while sending this message; it is taken for the cause"
        decision = Decision(State.DEAD, EventKind.DEAD, counts=False)
    elif claimed.category is Category.ALERT and not _still_belongs(unit, claimed):
        words = "the recipient no longer belongs to the organisation"
        decision = Decision(State.CANCELLED, EventKind.CANCELLED, counts=False)
    else:
        return True
    _conclude(unit, [Ending(claimed, Answer(Outcome.DEFERRED, None, words), decision)])
    return False


def _still_belongs(unit: Unit, claimed: Claimed) -> bool:
    if claimed.person_id is None or claimed.organisation_id is None:
        return True
    return any(member.person_id == claimed.person_id for member in people.members(unit.session, claimed.organisation_id))


def build(claimed: Claimed, store: Path) -> Ready:
    """Build the mail of a claimed message with its files from the folder `store`; whatever goes wrong becomes its answer."""
    try:
        files = attachments.load(store, claimed.documents)
        return Ready(claimed, mail.build(replace(claimed.letter, attachments=files)), tuple(file.name for file in files))
    except Exception as error:  # noqa: BLE001 - whatever cannot be built now never can be; the queue goes on
        complain("mail_not_built", claimed.id, error)
        words = f"the mail cannot be built from its stored text ({type(error).__name__})"
        return Ready(claimed, b"", (), Answer(Outcome.REFUSED, None, words))


def settle(tick: Tick, sender: str, offered: Sequence[Offered], *, room: int, alone: bool) -> list[Claimed]:
    """Write the answers down, whatever it takes, and claim up to `room` more messages in the same transaction; see `_take` for `alone`."""
    for wait in (*WRITE_AGAIN_AFTER, None):
        try:
            return _write_down(tick, sender, offered, room=room, alone=alone)
        except DBAPIError as error:
            log.warning("answer_not_written", messages=[one.claimed.id for one in offered], kind=type(error.orig).__name__)
            if wait is None:
                raise  # The lease runs out and the messages are sent again under the same Message-ID.
            time.sleep(wait)
        except Exception as error:  # noqa: BLE001 - a listener of another package; every acceptance must stand
            if len(offered) > 1:
                # Each for itself, so that only the one that cannot be followed up is marked as such.
                for one in offered:
                    settle(tick, sender, [one], room=0, alone=False)
                return []
            complain("follow_up_failed", offered[0].claimed.id, error)
            return _write_down(tick, sender, offered, room=room, alone=alone, follow_up_failed=type(error).__name__)
    return []


def _write_down(
    tick: Tick, sender: str, offered: Sequence[Offered], *, room: int, alone: bool, follow_up_failed: str | None = None
) -> list[Claimed]:
    with tick.begin(ACTOR) as unit:
        endings = [
            Ending(one.claimed, one.answer, rules.decide(
                one.answer, attempts=one.claimed.attempts, give_up_at=one.claimed.give_up_at, now=unit.now, chance=_chance.random()
            ), one.files)
            for one in offered if one.answer
        ]
        untried = [one.claimed for one in offered if one.answer is None]
        queue.give_back(unit, untried)
        accepted = [row for row in _conclude(unit, endings, tell_others=follow_up_failed is None) if row.state is State.SENT]
        if follow_up_failed is None:
            _run_listeners(unit, accepted)
        for row in accepted if follow_up_failed else ():
            row.follow_up = True
            unit.session.add(DeliveryEvent(
                outbox_id=row.id, at=unit.now, kind=EventKind.FOLLOW_UP_FAILED, smtp_code=None,
                reply_text=f"what follows the acceptance failed ({follow_up_failed}) and is tried again",
            ))
        if unit.now - tick.now >= RUN or untried or any(one.answer.outcome is Outcome.UNREACHABLE for one in endings):
            return []
        return _take(unit, tick.worker, sender, room, alone=alone)


def _conclude(unit: Unit, endings: Sequence[Ending], *, tell_others: bool = True) -> list[OutboxMessage]:
    """Write endings down; returns the rows of those that were still ours."""
    rows = queue.conclude(unit, endings)
    for ending, row in zip(endings, rows, strict=True):
        if row is None:
            log.warning("lease_lost", message=ending.claimed.id, outcome=ending.answer.outcome.value)
        elif row.state is State.DEAD:
            log.error("message_dead", message=row.id, code=ending.answer.code, attempts=row.attempts)
            if tell_others:
                _tell_the_others(unit, row)
                _run(_dead_listeners, unit, [row])
    return [row for row in rows if row is not None]


def _run_listeners(unit: Unit, rows: Sequence[OutboxMessage]) -> None:
    _run(_listeners, unit, rows)


def _run(registered: Mapping[str, Sequence[Listener]], unit: Unit, rows: Sequence[OutboxMessage]) -> None:
    for category, listeners in registered.items():
        theirs = [row for row in rows if row.category.value == category]
        for listener in listeners if theirs else ():
            listener(unit, theirs)


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
