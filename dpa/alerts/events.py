"""What the trail tells of messages: how each one ended, without addresses.

Leases, retries and heartbeats change rows every few seconds and are not told; each attempt stands in the message's own delivery
record instead. Alerts have no event when they are queued, because the workflow's own event of the same act says why they were.
"""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Names of the events, slice:object:action."""

    ENQUEUED = "alerts:notice:enqueued"
    ACCEPTED = "alerts:message:accepted"
    KEPT = "alerts:message:kept"
    REFUSED = "alerts:message:refused"
    DEAD = "alerts:message:dead"
    CANCELLED = "alerts:message:cancelled"
    RETRIED = "alerts:message:retried"
    SET_ASIDE = "alerts:message:set_aside"
    JUMPED = "alerts:clock:jumped"
    CONCERN_TOLD = "alerts:concern:told"


SENTENCES: dict[str, str] = {
    Event.ENQUEUED: "put mails into the outbox ({mail}: {count})",
    Event.ACCEPTED: "handed a message ({mail}) over; the answer was {code}",
    Event.KEPT: "kept a message ({mail}) in the file mailbox; nobody received it",
    Event.REFUSED: "could not deliver a message ({mail}): refused for good with {code}",
    Event.DEAD: "gave up on a message ({mail}) after {attempts} attempts",
    Event.CANCELLED: "cancelled {count} unsent messages ({because})",
    Event.RETRIED: "sent an undeliverable message ({mail}) on its way again",
    Event.SET_ASIDE: "dealt with an undeliverable message ({mail}) in another way",
    Event.JUMPED: "saw the clock of a worker jump by {seconds} seconds",
    Event.CONCERN_TOLD: "mailed {count} people that something needs a look ({concern})",
}
