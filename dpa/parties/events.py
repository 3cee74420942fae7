"""What the trail says about controllers and closure days."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Names of the events, slice:object:action."""

    CONTROLLER_ADDED = "parties:controller:added"
    CONTROLLER_CHANGED = "parties:controller:changed"
    CONTACT_ADDED = "parties:contact:added"
    CONTACT_REMOVED = "parties:contact:removed"
    CLOSURE_ADDED = "parties:closure:added"
    CLOSURE_REMOVED = "parties:closure:removed"


SENTENCES: dict[str, str] = {
    Event.CONTROLLER_ADDED: "added the customer",
    Event.CONTROLLER_CHANGED: "changed the customer",
    Event.CONTACT_ADDED: "added a contact for {purpose}",
    Event.CONTACT_REMOVED: "removed a contact for {purpose}",
    Event.CLOSURE_ADDED: "closed the organisation on {day}",
    Event.CLOSURE_REMOVED: "reopened the organisation on {day}",
}
