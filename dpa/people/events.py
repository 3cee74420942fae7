"""What the trail says about people. Sentences follow the name of who acted.

No address, name or network stands in an event's data; they are its erasable personal parts.
"""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Names of the events, slice:object:action."""

    SET_UP = "people:installation:set_up"
    ORGANISATION_ADDED = "people:organisation:added"
    ORGANISATION_CHANGED = "people:organisation:changed"
    LOGO_CHANGED = "people:logo:changed"
    LOGO_REMOVED = "people:logo:removed"
    INVITED = "people:person:invited"
    LINKED = "people:person:linked"
    ACCEPTED = "people:invitation:accepted"
    ROLE_CHANGED = "people:role:changed"
    REMOVED = "people:membership:ended"
    DISABLED = "people:person:disabled"
    ENABLED = "people:person:enabled"
    SIGNED_IN = "people:session:signed_in"
    CONFIRMED = "people:session:confirmed"
    ENDED = "people:session:ended"
    SIGN_IN_FAILED = "people:sign_in:failed"
    PASSWORD_CHANGED = "people:password:changed"  # noqa: S105 - a name, not a secret


SENTENCES: dict[str, str] = {
    Event.SET_UP: "set the installation up and became its first administrator",
    Event.ORGANISATION_ADDED: "added the organisation {slug}",
    Event.ORGANISATION_CHANGED: "changed the organisation's facts: {fields}",
    Event.LOGO_CHANGED: "gave the organisation's documents a new logo",
    Event.LOGO_REMOVED: "took the logo off the organisation's documents to come",
    Event.INVITED: "gave a person the role {role} in the organisation",
    Event.LINKED: "made a one-time link ({purpose}) for a person",
    Event.ACCEPTED: "accepted the invitation and set a password",
    Event.ROLE_CHANGED: "changed a person's role from {before} to {after}",
    Event.REMOVED: "ended a person's membership as {role}",
    Event.DISABLED: "disabled an account and ended its {sessions} sessions",
    Event.ENABLED: "enabled an account again",
    Event.SIGNED_IN: "signed in ({auth})",
    Event.CONFIRMED: "confirmed who they are",
    Event.ENDED: "ended {sessions} sessions ({because})",
    Event.SIGN_IN_FAILED: "noted a sign-in that failed ({reason})",
    Event.PASSWORD_CHANGED: "set a new password and ended {sessions} other sessions",
}
