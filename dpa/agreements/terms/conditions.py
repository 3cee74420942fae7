"""The kinds of value about the life of an agreement: rank of documents, amendment, renewal, return, end, disputes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dpa.agreements.terms.base import Clause, Country, Frozen, Short, Yes
from dpa.agreements.terms.duties import (
    AccessRoles,
    AuditRight,
    BackupSets,
    Billing,
    BreachTriggers,
    Confidentiality,
    ControllerDuties,
    FeeRule,
    FlowDown,
    Forwarding,
    Instructions,
    LegalProcess,
    Measures,
    Proof,
    Purposes,
    RecordDuty,
    RetentionRules,
    Rights,
    Roles,
    SecondaryUses,
    SubprocessorAuthorisation,
    Subprocessors,
)
from dpa.agreements.terms.values import (
    Addresses,
    Calendar,
    Channels,
    Choice,
    DateLiteral,
    Fact,
    Languages,
    Length,
    ListOf,
    Period,
    Qualitative,
    Regions,
    Text,
    WorkingHours,
    ZoneName,
)
from dpa.agreements.terms.words import AmendmentMode, Channel, Event, ForumKind, Party


class Precedence(Frozen):
    """Which document prevails, highest first.

    ``dpa_first`` is true where the data processing agreement prevails in matters of personal data, whatever the order.
    """

    kind: Literal["precedence"] = "precedence"
    order: Annotated[tuple[Short, ...], Field(min_length=1, max_length=12)]
    exceptions: tuple[Short, ...] = ()
    dpa_first: Yes = False

    @model_validator(mode="after")
    def _no_document_twice(self) -> Precedence:
        if len(set(self.order)) != len(self.order):
            raise ValueError("a document stands twice in the order; keep it once")
        return self


class Amendment(Frozen):
    """How the document may be changed; ``notice`` is the warning promised, ``refusal`` what a refusal leads to."""

    kind: Literal["amendment"] = "amendment"
    modes: Annotated[tuple[AmendmentMode, ...], Field(min_length=1, max_length=4)]
    notice: Length | None = None
    new_acceptance: Yes = False
    refusal: Short | None = None


class Renewal(Frozen):
    """The first term and what follows it. Lengths are empty where an order fixes them."""

    kind: Literal["renewal"] = "renewal"
    initial: Period | None = None
    tacit: Yes
    renewal: Period | None = None
    condition: Short | None = None
    set_by: Short | None = None


class Suspension(Frozen):
    """When and how access is suspended; ``steps`` in order where the contract has a ladder."""

    kind: Literal["suspension"] = "suspension"
    grounds: tuple[Short, ...] = ()
    steps: tuple[Short, ...] = ()
    notice: Channel | None = None
    notice_to: tuple[Party, ...] = ()
    limit: Length | None = None
    time_to_explain: Yes = False


class EndRule(Frozen):
    """Which event fixes the date on which an agreement ends, and what then stops."""

    kind: Literal["end_rule"] = "end_rule"
    event: Event
    by: Channel | None = None
    first_presentation: Yes = False
    effect: Short | None = None


class ReturnRight(Frozen):
    """How data is given back: request, formats, price, conditions, notice and the vendor's answer."""

    kind: Literal["return_right"] = "return_right"
    on_request: Yes = True
    formats: tuple[Short, ...] = ()
    needs_written_agreement: Yes = False
    notice: Period | None = None
    channels: tuple[Channel, ...] = ()
    request_names: tuple[Short, ...] = ()
    vendor_answers: tuple[Literal["confirms", "proposes_another_date"], ...] = ()
    excluded: tuple[Short, ...] = ()
    conditions: tuple[Short, ...] = ()
    vendor_keeps: tuple[Short, ...] = ()


class Law(Frozen):
    """The law that governs, by country."""

    kind: Literal["law"] = "law"
    country: Country


class Forum(Frozen):
    """One place that decides disputes."""

    forum: ForumKind
    place: Short
    clause: Clause
    exclusive: Yes = False


class Forums(Frozen):
    """Every forum a contract names, contradictory ones included."""

    kind: Literal["forums"] = "forums"
    forums: Annotated[tuple[Forum, ...], Field(min_length=1, max_length=6)]

    @property
    def contradictory(self) -> bool:
        """Whether courts and arbitration are both named."""
        return len({forum.forum for forum in self.forums}) > 1


class DisputeStep(Frozen):
    """One step before court: who does what within which time after the step before."""

    step: Short
    within: Period | None = None
    channel: Channel | None = None


class DisputeSteps(Frozen):
    """Steps that must be walked, in order, before court."""

    kind: Literal["dispute_steps"] = "dispute_steps"
    steps: Annotated[tuple[DisputeStep, ...], Field(min_length=1, max_length=12)]


Value = Annotated[
    Period | Qualitative | Fact | Choice | Text | ListOf | DateLiteral | WorkingHours | Calendar | ZoneName
    | Languages | Regions | Addresses | Channels
    | BreachTriggers | SubprocessorAuthorisation | Subprocessors | FlowDown | RetentionRules | BackupSets | Proof
    | AuditRight | Billing | Forwarding | Rights | FeeRule | LegalProcess | Instructions | Purposes | SecondaryUses
    | Roles | RecordDuty | Confidentiality | Measures | ControllerDuties | AccessRoles
    | Precedence | Amendment | Renewal | Suspension | EndRule | ReturnRight | Law | Forums | DisputeSteps,
    Field(discriminator="kind"),
]
"""Every kind of value a term can hold, told apart by ``kind``."""
