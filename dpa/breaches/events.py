"""What the trail says about breaches."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Names of the events, slice:object:action."""

    RECORDED = "breaches:incident:recorded"
    AFFECTED = "breaches:affected:added"
    DRAFTED = "breaches:notice:drafted"
    RELEASED = "breaches:notice:released"
    SENT = "breaches:notice:sent"


SENTENCES: dict[str, str] = {
    Event.RECORDED: "recorded the incident; aware at {aware_at}",
    Event.AFFECTED: "named the affected agreements (found by: {selection}; clocks started: {clocks})",
    Event.DRAFTED: "saved the text of the notice",
    Event.RELEASED: "released the notice (customers: {customers})",
    Event.SENT: "had a notice {how}, {lateness}",
}
