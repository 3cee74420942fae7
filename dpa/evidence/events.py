"""The trail's own events. Each sentence follows the name of who acted."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Names of the events, slice:object:action."""

    CLOCK_STEPPED = "evidence:clock:stepped"
    PAYLOAD_ERASED = "evidence:payload:erased"
    TRAIL_VERIFIED = "evidence:trail:verified"


SENTENCES: dict[str, str] = {
    Event.CLOCK_STEPPED: "dated the next act {seconds} seconds before the entry above it: the clock was set back, or the act waited",
    Event.PAYLOAD_ERASED: "erased the personal part “{part}” of event {event} on the basis of {basis}",
    Event.TRAIL_VERIFIED: "verified the trail of {size} events and found {findings} things wrong",
}
