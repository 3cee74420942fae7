"""What the trail says about breaches."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Names of the events, slice:object:action."""

    RECORDED = "breaches:incident:recorded"
    AFFECTED = "breaches:affected:added"
    DRAFTED = "breaches:notice:drafted"
    TEXT_SAVED = "breaches:text:saved"
    TEXT_REMOVED = "breaches:text:removed"
    PARTS_SAVED = "breaches:part:saved"
    RELEASED = "breaches:notice:released"
    RELEASED_ALONE = "breaches:notice:released_alone"
    APPROVAL_ENDED = "breaches:notice:approval_ended"
    SENT = "breaches:notice:sent"
    REFUSED = "breaches:notice:refused"
    AWARENESS_CORRECTED = "breaches:awareness:corrected"
    UPSTREAM = "breaches:upstream:decided"
    FACTS_SAVED = "breaches:facts:saved"
    NOT_REQUIRED = "breaches:affected:not_required"
    LATENESS_EXPLAINED = "breaches:affected:lateness_explained"
    DISCARDED = "breaches:notice:discarded"
    APPROVED = "breaches:notice:approved"
    SENT_BACK = "breaches:notice:sent_back"
    HANDED = "breaches:notice:handed_over"
    RECEIVED = "breaches:notice:received"
    CAME_BACK = "breaches:notice:came_back"
    READ = "breaches:notice:read"
    ACKNOWLEDGED = "breaches:notice:acknowledged"
    ASKED = "breaches:question:asked"
    ANSWERED = "breaches:question:answered"
    LINKS_MADE = "breaches:link:made"
    LINKS_REVOKED = "breaches:link:revoked"
    CLOSED = "breaches:incident:closed"
    NO_BREACH = "breaches:incident:closed_as_no_breach"
    REOPENED = "breaches:incident:reopened"
    SIGNIFICANCE = "breaches:significance:decided"
    CLASSIFIED = "breaches:classification:decided"
    DORA_SUBMITTED = "breaches:dora:submitted"
    """Told of the initial notification before other reports were recorded; no act writes it any more."""
    REPORT_SUBMITTED = "breaches:report:submitted"
    REPORT_UPDATED = "breaches:report:updated"
    SETTINGS_CHANGED = "breaches:settings:changed"
    AGREEMENT_CLOCKS_CHANGED = "breaches:agreement_clocks:changed"
    REGISTER_EXPORTED = "breaches:register:exported"
    FACTS_EXPORTED = "breaches:facts:exported"
    ALL_FACTS_EXPORTED = "breaches:facts:all_exported"


SENTENCES: dict[str, str] = {
    Event.RECORDED: "recorded the incident; aware at {aware_at}",
    Event.AFFECTED: "named the affected agreements, {selection} (clocks started: {clocks})",
    Event.DRAFTED: "saved the text of the {phase}",
    Event.TEXT_SAVED: "saved the text of the {phase} in {language}",
    Event.TEXT_REMOVED: "took the text of the {phase} in {language} away",
    Event.PARTS_SAVED: "said what concerns customers of their own (customers: {customers})",
    Event.RELEASED: "released the {phase} (customers: {customers})",
    Event.RELEASED_ALONE: "released the {phase} alone, in an emergency (customers: {customers})",
    Event.APPROVAL_ENDED: "changed the {phase} after it was approved; it must be approved anew",
    Event.SENT: "had a notice {how}, {lateness}",
    Event.REFUSED: "had the mail of the {phase} {how}; nobody was told by it",
    Event.AWARENESS_CORRECTED: "corrected awareness from {old} to {new} (clocks counted anew: {clocks})",
    Event.UPSTREAM: "{what} at which subprocessor it happened (it told us: {told_at})",
    Event.FACTS_SAVED: "saved version {version} of the fact sheet",
    Event.NOT_REQUIRED: "decided that no notice is owed to a customer",
    Event.LATENESS_EXPLAINED: "gave the reason for telling {count:customer} late",
    Event.DISCARDED: "threw the {phase} away before it was released",
    Event.APPROVED: "approved the {phase} as the second person",
    Event.SENT_BACK: "sent the {phase} back for a change, as the second person",
    Event.HANDED: "recorded that a notice was given ({channel}), at {given_at}",
    Event.RECEIVED: "recorded that a notice on its way was received ({channel}), at {received_at}",
    Event.CAME_BACK: "recorded that a notice given on {given_at} came back undelivered ({channel})",
    Event.READ: "saw the customer open its notices",
    Event.ACKNOWLEDGED: "saw the customer confirm its notices ({how})",
    Event.ASKED: "received a question of the customer",
    Event.ANSWERED: "recorded how a question was answered",
    Event.LINKS_MADE: "made {count:link} for customers",
    Event.LINKS_REVOKED: "revoked {count:link} of a customer",
    Event.CLOSED: "closed the case",
    Event.NO_BREACH: "closed the case: it turned out to be no breach",
    Event.REOPENED: "opened the case again",
    Event.REGISTER_EXPORTED: "downloaded the register of {list} from {first} to {last} as {form} (entries: {count})",
    Event.FACTS_EXPORTED: "downloaded the facts for a customer's own notification, as of {as_of}",
    Event.ALL_FACTS_EXPORTED: "downloaded the facts for the own notifications of {count:customer}, as of {as_of}",
    Event.AGREEMENT_CLOCKS_CHANGED: "set the other clocks of the agreement: {profiles}",
    Event.SIGNIFICANCE: "decided that the incident is {significant} in the sense of NIS2 Art. 23(3)",
    Event.CLASSIFIED: "recorded that the incident was classified as {classified} in the sense of DORA Art. 18 at {at}",
    Event.DORA_SUBMITTED: "recorded that the initial notification under DORA was submitted at {at}",
    Event.REPORT_SUBMITTED: "recorded that the {report} was submitted at {at}",
    Event.REPORT_UPDATED: "recorded that the {report} was updated at {at}",
    Event.SETTINGS_CHANGED: "changed how breaches are handled (four eyes: {four_eyes}; acknowledgements chased after {acknowledge_hours} h; notices in {language}; severity told unless taken out: {severity})",
}

PHASES = {"initial": "initial notice", "final": "final notice"}
"""What a phase is called where it stands for its notice; the other phases are their own words."""
SELECTIONS = {
    "all": "all that run", "by system": "by system", "by activity": "by processing activity", "by subprocessor": "by subprocessor", "by list": "from a list",
}  # fmt: skip
