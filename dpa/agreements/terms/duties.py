"""The kinds of value that carry a data-protection duty: breach, subprocessors, retention, audit, rights, records."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dpa.agreements.terms.base import Amount, Clause, Country, Frozen, ItemId, LiteralWords, Short, Slug, Yes
from dpa.agreements.terms.values import Length, Money, Period, Qualitative
from dpa.agreements.terms.words import (
    Channel,
    DeletionAction,
    Duty,
    Event,
    Grade,
    Ground,
    NoticeTime,
    Party,
    ProofKind,
    Pruning,
    Right,
    Role,
    Silence,
    SubprocessorModel,
    Unit,
    UseRule,
)


class BreachTrigger(Frozen):
    """One sentence of a contract that obliges the processor to tell the controller of a breach.

    ``limit`` is the time allowed. ``start_stated`` is false where the contract gives none and ours is a reading.
    """

    id: Slug
    event: Short
    limit: Length
    start: Event = Event.AWARENESS
    start_stated: Yes = True
    channel: Channel | None = None
    clause: Clause
    literal: LiteralWords | None = None
    items: tuple[ItemId, ...] = ()


class BreachTriggers(Frozen):
    """All duties to tell of a breach; where several apply, the earliest governs."""

    kind: Literal["breach_triggers"] = "breach_triggers"
    triggers: Annotated[tuple[BreachTrigger, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _ids_differ(self) -> BreachTriggers:
        if len({trigger.id for trigger in self.triggers}) != len(self.triggers):
            raise ValueError("two triggers have the same id; give each its own")
        return self


class SubprocessorAuthorisation(Frozen):
    """How further processors may be engaged, and what silence means within which window.

    Raises when silence would approve although each engagement needs specific prior authorisation.
    """

    kind: Literal["subprocessor_authorisation"] = "subprocessor_authorisation"
    model: SubprocessorModel
    window: Period | None = None
    silence: Silence
    ground: Ground = Ground.NOT_STATED
    prior_notice: Yes = True
    in_writing: Yes = False
    personal_data_only: Yes = False

    @model_validator(mode="after")
    def _silence_never_authorises(self) -> SubprocessorAuthorisation:
        if self.model is SubprocessorModel.SPECIFIC_PRIOR and self.silence is not Silence.REFUSES:
            raise ValueError("under a specific authorisation silence refuses (EDPB Guidelines 07/2020); set it so")
        if self.silence is Silence.ACCEPTS and self.window is None:
            raise ValueError("silence can only accept after a window; add the window")
        return self


class Subprocessor(Frozen):
    """A further processor as a contract names it; what it leaves out stays empty."""

    name: Short
    service: Short | None = None
    country: Country | None = None
    address: Short | None = None
    contact: Short | None = None


class Subprocessors(Frozen):
    """The further processors a contract names."""

    kind: Literal["subprocessors"] = "subprocessors"
    entries: Annotated[tuple[Subprocessor, ...], Field(min_length=1, max_length=500)]
    complete: Yes = False


class FlowDown(Frozen):
    """How strictly duties are passed on, about what, and to whom."""

    kind: Literal["flow_down"] = "flow_down"
    grade: Grade
    about: Short | None = None
    binds: tuple[Short, ...] = ()


class RetentionRule(Frozen):
    """One rule on how long data is kept and what then happens.

    ``keep`` is empty where the act is due at the event itself. ``early`` lists events that make it due at once.
    ``limit`` tells whether the length is a ceiling, a floor with no outer limit, or none at all.
    """

    scope: Short
    starts: Event
    keep: Length | None = None
    limit: Literal["by_then", "after_then", "open"] = "by_then"
    early: tuple[Event, ...] = ()
    action: DeletionAction
    duty: Duty = Duty.MUST
    default_only: Yes = False
    exceptions: tuple[Short, ...] = ()
    clause: Clause | None = None


class RetentionRules(Frozen):
    """The retention rules one statement of a contract sets."""

    kind: Literal["retention_rules"] = "retention_rules"
    rules: Annotated[tuple[RetentionRule, ...], Field(min_length=1, max_length=20)]


_DAYS = {Unit.CALENDAR_DAYS: 1, Unit.WEEKS: 7}


class BackupSet(Frozen):
    """One kind of backup: how often it is made and how long each copy is kept, in whole days or weeks."""

    name: Short
    every: Period
    kept: Period
    host: Short | None = None
    country: Country | None = None
    pruning: Pruning = Pruning.NOT_STATED

    @model_validator(mode="after")
    def _kept_in_days(self) -> BackupSet:
        if self.kept.unit not in _DAYS:
            raise ValueError("the time a backup is kept is counted in calendar_days or weeks; convert it")
        return self

    @property
    def tail_days(self) -> int:
        """Days until a copy made on the day of erasure has expired."""
        return self.kept.amount * _DAYS[self.kept.unit]

    @property
    def cycle_days(self) -> int:
        """Days between two backups, rounded up; a copy pruned only at the next run lives this much longer."""
        if self.every.unit is Unit.HOURS:
            return -(-self.every.amount // 24)
        return self.every.amount * _DAYS.get(self.every.unit, 31)


class BackupSets(Frozen):
    """All backups that may hold erased data."""

    kind: Literal["backup_sets"] = "backup_sets"
    sets: Annotated[tuple[BackupSet, ...], Field(min_length=1, max_length=20)]
    separate_server: Yes = False

    @property
    def tail_days(self) -> int:
        """Days after production erasure until the last copy that held the data has expired."""
        return max(backup.tail_days for backup in self.sets)

    @property
    def longest_tail_days(self) -> int:
        """The same, if expired copies are pruned only at the next run."""
        return max(b.tail_days + (0 if b.pruning is Pruning.ON_EXPIRY else b.cycle_days) for b in self.sets)


class Proof(Frozen):
    """What proof of deletion is owed, in which form and by when."""

    kind: Literal["proof"] = "proof"
    proof: ProofKind
    form: Channel | None = None
    within: Length | None = None
    about: Short | None = None


class AuditRight(Frozen):
    """The controller's right to audit: notice, cost, who may audit, what is excluded, what happens to the report."""

    kind: Literal["audit_right"] = "audit_right"
    notice: Period | None = None
    written: Yes = False
    cost: Party | None = None
    auditors: tuple[Short, ...] = ()
    auditor_conditions: tuple[Short, ...] = ()
    scope: tuple[Short, ...] = ()
    excluded: tuple[Short, ...] = ()
    report: Short | None = None
    invoicing_continues: Yes | None = None


class Billing(Frozen):
    """What assistance costs: hours free per period, then a rate per unit.

    ``hours_per_day`` stays empty where a daily rate is printed without saying how long a day is.
    """

    kind: Literal["billing"] = "billing"
    free_hours: Amount
    per: Literal["week", "month", "year"]
    rate: Money
    rate_unit: Literal["hour", "day"]
    hours_per_day: Amount | None = None


class Forwarding(Frozen):
    """How a data subject's request that reaches the processor is passed to the controller.

    ``printed_address`` is the address in the contract; whether it may be used is another question.
    """

    kind: Literal["forwarding"] = "forwarding"
    limit: Length
    channel: Channel | None = None
    printed_address: LiteralWords | None = None
    to: Party = Party.CONTROLLER
    may_respond: Yes = False


class Rights(Frozen):
    """The rights of data subjects a contract lists."""

    kind: Literal["rights"] = "rights"
    rights: Annotated[tuple[Right, ...], Field(min_length=1, max_length=12)]


class FeeRule(Frozen):
    """When a fee or a refusal is allowed, and who the contract lets decide it."""

    kind: Literal["fee_rule"] = "fee_rule"
    free: Yes
    exceptions: tuple[Short, ...] = ()
    outcomes: tuple[Literal["fee", "refusal"], ...] = ()
    decided_by: Party
    basis_explained: Yes = False


class LegalProcess(Frozen):
    """Whether, when and whom the processor warns before it discloses data to others or follows a legal duty."""

    kind: Literal["legal_process"] = "legal_process"
    notice: NoticeTime
    written: Yes = False
    to: tuple[Party, ...] = ()
    exceptions: tuple[Short, ...] = ()
    only_as_required: Yes = False
    may_object: Yes = False
    cooperates: Yes = False


class Instructions(Frozen):
    """Whether processing follows documented instructions only, and what counts as one."""

    kind: Literal["instructions"] = "instructions"
    documented_only: Yes
    sources: tuple[Short, ...] = ()
    covers_transfers: Yes = False


class Purpose(Frozen):
    """One purpose of processing, and whether it is the vendor's own."""

    purpose: Short
    own: Yes = False


class Purposes(Frozen):
    """The purposes a contract allows."""

    kind: Literal["purposes"] = "purposes"
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1, max_length=30)]


class SecondaryUse(Frozen):
    """One use of the data beside the service."""

    use: Short
    rule: UseRule
    by: Party = Party.PROCESSOR


class SecondaryUses(Frozen):
    """What the contract says about uses beside the service."""

    kind: Literal["secondary_uses"] = "secondary_uses"
    uses: Annotated[tuple[SecondaryUse, ...], Field(min_length=1, max_length=20)]


class RoleIn(Frozen):
    """The vendor's role in one way of deployment or for one kind of data, and duties that do not apply there."""

    mode: Short
    role: Role
    duties_off: tuple[Short, ...] = ()


class Roles(Frozen):
    """The vendor's roles, by deployment or by data."""

    kind: Literal["roles"] = "roles"
    roles: Annotated[tuple[RoleIn, ...], Field(min_length=1, max_length=20)]


class RecordDuty(Frozen):
    """A record that must be kept, with its contents."""

    kind: Literal["record_duty"] = "record_duty"
    contents: tuple[Short, ...] = ()
    law: Short | None = None
    up_to_date: Yes = False
    in_writing: Yes = False


class Confidentiality(Frozen):
    """The duty of confidence: whom it binds, what it covers, how long it lasts.

    ``survives`` is empty and ``indefinite`` true where the duty has no end.
    """

    kind: Literal["confidentiality"] = "confidentiality"
    covers: tuple[Short, ...] = ()
    binds: tuple[Short, ...] = ()
    need_to_know: Yes = False
    standard: Short | None = None
    survives: Period | None = None
    indefinite: Yes = False

    @model_validator(mode="after")
    def _one_end(self) -> Confidentiality:
        if self.survives is not None and self.indefinite:
            raise ValueError("a duty of confidence either survives for a period or has no end; keep one of the two")
        return self


class Measure(Frozen):
    """One security measure, and how often it recurs where it does."""

    measure: Short
    every: Period | None = None
    within: Qualitative | None = None
    trigger: Short | None = None


class Measures(Frozen):
    """Security measures, each of which wants evidence."""

    kind: Literal["measures"] = "measures"
    measures: Annotated[tuple[Measure, ...], Field(min_length=1, max_length=60)]


class ControllerDuty(Frozen):
    """Something the controller owes, and whether the processor should remind it."""

    duty: Short
    limit: Length | None = None
    remind: Yes = False


class ControllerDuties(Frozen):
    """What the controller owes."""

    kind: Literal["controller_duties"] = "controller_duties"
    duties: Annotated[tuple[ControllerDuty, ...], Field(min_length=1, max_length=30)]


class AccessRole(Frozen):
    """Which role may see which data."""

    data: Short
    roles: Annotated[tuple[Short, ...], Field(min_length=1, max_length=10)]


class AccessRoles(Frozen):
    """Access to data by role."""

    kind: Literal["access_roles"] = "access_roles"
    access: Annotated[tuple[AccessRole, ...], Field(min_length=1, max_length=20)]
