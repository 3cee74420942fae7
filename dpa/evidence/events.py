"""The trail's own events, each with the sentence a person reads."""

from __future__ import annotations

SENTENCES = {
    "evidence:clock:stepped": "The next act is dated {seconds} s before the entry above it: the clock was set back, or the act waited",
    "evidence:payload:erased": "Personal part {part} of event {event} was erased on the basis of {basis}",
    "evidence:trail:verified": "The trail was verified: {size} events, {findings} findings",
}
