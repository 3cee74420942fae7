"""What the trail says about deadlines."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Names of the events, slice:object:action."""

    OPENED = "docket:deadline:opened"
    OPENED_MANY = "docket:deadlines:opened"
    MET = "docket:deadline:met"
    EXTENDED = "docket:deadline:extended"
    PAUSED = "docket:deadline:paused"
    RESUMED = "docket:deadline:resumed"
    WAIVED = "docket:deadline:waived"
    ENDED = "docket:deadline:ended_with_case"
    SUPERSEDED = "docket:deadline:superseded"
    ACKNOWLEDGED = "docket:deadlines:acknowledged"
    ASSIGNED = "docket:deadline:assigned"
    ALERTED = "docket:alerts:queued"
    REPLANNED = "docket:alerts:replanned"
    POSTPONED = "docket:alerts:postponed"


SENTENCES: dict[str, str] = {
    Event.OPENED: "opened the deadline “{kind}”, due {due}",
    Event.OPENED_MANY: "opened {count:deadline}, the first due {due}",
    Event.MET: "met the deadline, {late_s}",
    Event.EXTENDED: "extended the deadline from {old} to {new}",
    Event.PAUSED: "paused the deadline from {effective}",
    Event.RESUMED: "resumed the deadline; it moved from {old} to {new}",
    Event.WAIVED: "waived the deadline",
    Event.ENDED: "ended the deadline with its case",
    Event.SUPERSEDED: "replaced the deadline by another one, due {due}",
    Event.ACKNOWLEDGED: "acknowledged {count:deadline}",
    Event.ASSIGNED: "gave the deadline to another owner",
    Event.ALERTED: "queued alerts ({step}; deadlines: {count})",
    Event.REPLANNED: "looked at {count:deadline} again; no alert was due yet",
    Event.POSTPONED: "could not work out the alerts of {count:deadline} and postponed them to {until}",
}
