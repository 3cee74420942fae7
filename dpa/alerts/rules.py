"""What becomes of a message after each answer, when it is tried again, and when somebody must be told. Pure.

Sources: RFC 5321 4.2 (reply codes) and 4.5.4.1 (retries, written for mail servers; a 24 hour clock needs them sooner).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a message stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


class Category(StrEnum):
    """What a message is for; decides its headers and what may be shown of it."""

    ALERT = "alert"
    """Internal mail the product sends by itself."""
    NOTICE = "notice"
    """A formal statement to a controller, released by a person."""
    WITNESS = "witness"
    """A checkpoint of the trail for somebody outside who was named as its witness; sent by itself."""
    ACCOUNT = "account"
    """A personal link of somebody with an account: its text is never shown, and erased once sent."""


class Outcome(StrEnum):
    """What the conversation with the mail server came to."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The server said no for good to this recipient or text (5xx)."""
    DEFERRED = "deferred"
    """Not now: 4xx, a lost connection or a timeout while this message was being handed over."""
    UNREACHABLE = "unreachable"
    """No conversation about this message came about: no connection, no TLS, sign-in or sender not accepted."""


class EventKind(StrEnum):
    """What a line of a message's delivery record tells."""

    ACCEPTED = "accepted"
    ACCEPTED_LATE = "accepted_late"
    KEPT = "kept"
    """The file mailbox took it: nobody received it."""
    REFUSED = "refused"
    DEFERRED = "deferred"
    UNREACHABLE = "unreachable"
    DEAD = "dead"
    CANCELLED = "cancelled"
    RETRIED = "retried"
    SET_ASIDE = "set_aside"
    FREED = "freed"
    FOLLOW_UP_FAILED = "follow_up_failed"


LEASE = timedelta(seconds=120)
"""How long a worker owns a message: three times the longest conversation of 40 s."""
RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 900))
"""Waits between attempts; the last one repeats."""
RECONNECT_AFTER = timedelta(seconds=30)
"""Wait when the server could not be talked to at all: it does not grow, so that the first mail leaves within a minute of its return."""
JITTER = 0.2
"""Part of the wait added at random, so that a full queue does not return as one burst."""
KEPT_FOR = timedelta(days=5)
"""How long a message without a date of its own is tried."""
MAX_CRASHES = 5
"""How many workers may die over one message until it is taken for the cause."""
LONGEST_HOLD = timedelta(hours=2)
"""No message waits longer for its documents; a later date means that the clock was set back."""
LONGEST_WAIT = RETRY_AFTER[-1] * (1 + JITTER)
"""No message waits longer than this; a later date means that the clock was set back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the mail server, or the file mailbox, answered to one message."""

    outcome: Outcome
    code: int | None
    """SMTP reply code; none when the connection broke."""
    text: str
    """The server's own words, which often name its queue number."""
    uncertain: bool = False
    """Whether the server may have accepted the message although no answer arrived."""
    kept: bool = False
    """Whether there was no server: the file mailbox took the message, and nobody received it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a message after an answer."""

    state: State
    kind: EventKind
    counts: bool
    """Whether this was an attempt, or only a claim to be given back."""
    next_at: datetime | None = None
    """When to try again; none when there is nothing more to try."""


def decide(answer: Answer, *, attempts: int, give_up_at: datetime, now: datetime, chance: float) -> Decision:
    """Return what becomes of a message; `attempts` were made before this one, `chance` is a random part from 0 to 1.

    A permanent refusal is final at once. Everything else is tried until `give_up_at`, the last time exactly then.
    """
    if answer.outcome is Outcome.ACCEPTED:
        return Decision(State.SENT, EventKind.KEPT if answer.kept else EventKind.ACCEPTED, counts=True)
    if answer.outcome is Outcome.REFUSED:
        return Decision(State.DEAD, EventKind.REFUSED, counts=True)
    counts = answer.outcome is Outcome.DEFERRED
    if now >= give_up_at:
        return Decision(State.DEAD, EventKind.DEAD, counts=counts)
    wait = RETRY_AFTER[min(attempts, len(RETRY_AFTER) - 1)] if counts else RECONNECT_AFTER
    again = min(now + wait * (1 + JITTER * chance), give_up_at)
    return Decision(State.PENDING, EventKind(answer.outcome.value), counts=counts, next_at=again)


def is_crash_loop(claims: int, attempts: int) -> bool:
    """Tell whether workers keep dying over a message: claims that never came to an answer, this one included.

    Counted apart from attempts: with one shared counter a healthy message died of refusals and killed workers together.
    """
    return claims - attempts > MAX_CRASHES


SILENT_SHOWN = timedelta(minutes=2)
"""Silence of the worker after which every page says so."""
SILENT_FAILS = timedelta(minutes=5)
"""Silence of the worker, or wait of a message that no server has been offered yet, after which the health check fails."""
SLOW_FAILS = timedelta(hours=1)
"""Age of an unsent message after which the health check fails although the server keeps answering 'later'."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the health of alerts, and of the evidence behind them, is judged by. None means: there is no such thing."""

    seen_at: datetime | None
    """Last heartbeat of any worker."""
    oldest_due_at: datetime | None
    """When the message that waits longest for its turn should have had it."""
    oldest_unoffered_at: datetime | None
    """When the oldest message was stored about which no server has been spoken to."""
    oldest_unsent_at: datetime | None
    """When the oldest unsent message was stored."""
    dead: int
    """Alerts and notices that could not be delivered and that nobody has dealt with."""
    follow_ups: int = 0
    """Accepted messages after which something, such as meeting a deadline, failed and is being tried again."""
    failing_jobs: tuple[str, ...] = ()
    """Jobs of a living worker whose last run failed."""
    findings: int = 0
    """What the newest verification of the trail found wrong."""
    documents: int = 0
    """Ordered documents that cannot be made."""


def is_silent(seen_at: datetime | None, now: datetime, limit: timedelta) -> bool:
    """Tell whether no worker was seen within `limit`. A heartbeat from the future says that the clock was set back: silent, too."""
    return seen_at is None or not -limit <= now - seen_at <= limit


def faults(facts: Facts, now: datetime) -> tuple[str, ...]:
    """Return what is wrong at `now`, as words a monitor can match; empty when all is well."""
    def older(at: datetime | None, limit: timedelta) -> bool:
        return at is not None and now - at > limit

    found = {
        "trail_tampered": facts.findings > 0,
        "document_failing": facts.documents > 0,
        "worker_silent": is_silent(facts.seen_at, now, SILENT_FAILS),
        "mail_waiting": older(facts.oldest_due_at, SILENT_FAILS) or older(facts.oldest_unoffered_at, SILENT_FAILS),
        "mail_delayed": older(facts.oldest_unsent_at, SLOW_FAILS),
        "mail_dead": facts.dead > 0,
        "follow_up_failing": facts.follow_ups > 0,
        "job_failing": bool(facts.failing_jobs),
    }
    return tuple(name for name, wrong in found.items() if wrong)
