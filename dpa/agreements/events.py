"""What the trail says about agreements."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Names of the events, slice:object:action."""

    TEMPLATE_ADDED = "agreements:template:added"
    TEMPLATE_AMENDED = "agreements:template:amended"
    ADDED = "agreements:agreement:added"
    AMENDED = "agreements:agreement:amended"
    ENDED = "agreements:agreement:ended"
    DECIDED = "agreements:conflict:decided"
    IMPORTED = "agreements:import:confirmed"
    SYSTEMS_SET = "agreements:agreement:systems_set"
    SYSTEM_ADDED = "agreements:system:added"
    OPERATOR_SET = "agreements:system:operator_set"
    ACTIVITY_ADDED = "agreements:activity:added"
    ACTIVITIES_SET = "agreements:agreement:activities_set"
    TARGET_SET = "agreements:target:set"


SENTENCES: dict[str, str] = {
    Event.TEMPLATE_ADDED: "added the standard terms “{slug}” with {terms} terms",
    Event.TEMPLATE_AMENDED: "amended the standard terms: version {number} from {valid_from}",
    Event.ADDED: "added the agreement, running from {starts_on}",
    Event.AMENDED: "amended the agreement: version {number} from {valid_from}, number of deviations: {deviations}",
    Event.ENDED: "set the last day of the agreement to {ends_on}",
    Event.DECIDED: "decided the contradiction “{group}” in favour of “{option}”",
    Event.IMPORTED: "imported {controllers} customers and {agreements} agreements from a file",
    Event.SYSTEMS_SET: "set the number of systems named in the agreement to {systems}",
    Event.SYSTEM_ADDED: "added a system",
    Event.OPERATOR_SET: "said who runs the system (hours promised to tell of a breach: {hours})",
    Event.ACTIVITY_ADDED: "added a processing activity",
    Event.ACTIVITIES_SET: "set the number of processing activities named in the agreement to {activities}",
    Event.TARGET_SET: "set the house target for “{word}” to {amount} {unit}",
}
