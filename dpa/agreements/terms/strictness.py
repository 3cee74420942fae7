"""Which of two contradictory values binds the processor more: the order used while nobody has decided.

A smaller rank is stricter. Lengths are compared by a rough number of hours that only ever orders values; no date is
computed from it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from dpa.agreements.terms.conditions import Precedence, Value
from dpa.agreements.terms.duties import (
    AuditRight,
    BreachTriggers,
    FlowDown,
    LegalProcess,
    Proof,
    RetentionRule,
    RetentionRules,
    SubprocessorAuthorisation,
)
from dpa.agreements.terms.values import Length, Period, Qualitative
from dpa.agreements.terms.words import (
    DeletionAction,
    Duty,
    Grade,
    NoticeTime,
    ProofKind,
    SubprocessorModel,
    Unit,
    Word,
)

_HOURS: dict[Unit, float] = {
    Unit.HOURS: 1,
    Unit.CALENDAR_DAYS: 24,
    Unit.WORKING_DAYS: 24 * 7 / 5,
    Unit.WEEKS: 24 * 7,
    Unit.MONTHS: 24 * 365.25 / 12,
    Unit.YEARS: 24 * 365.25,
}
_WORD_HOURS: dict[Word, float] = {
    Word.IMMEDIATELY: 4,
    Word.ON_RECEIPT: 24,
    Word.WITHOUT_UNDUE_DELAY: 25,
    Word.PROMPTLY: 48,
    Word.AS_SOON_AS_POSSIBLE: 7 * 24,
    Word.REASONABLE: 14 * 24,
}


def rough_hours(length: Length) -> float:
    """About how many hours a length takes, for ordering only; words rank by their usual urgency."""
    if isinstance(length, Period):
        return length.amount * _HOURS[length.unit]
    return _WORD_HOURS[length.word]


def _retention_rank(rules: Sequence[RetentionRule]) -> tuple[float, ...]:
    """Earliest certain end first: an obligation before a permission, a limit before none, short before long."""
    def one(rule: RetentionRule) -> tuple[float, ...]:
        duty = {Duty.MUST: 0.0, Duty.MAY: 1.0, Duty.NO_DUTY: 2.0}[rule.duty]
        length = rough_hours(rule.keep) if rule.keep else 0.0
        kept = math.inf if rule.limit == "open" else length
        proofless = 0.0 if rule.action is DeletionAction.RETURN_AND_DESTROY else 1.0
        return duty, kept, 1.0 if rule.limit == "after_then" else 0.0, proofless
    return max(one(rule) for rule in rules)


_MODELS = tuple(SubprocessorModel)
_GRADES = tuple(Grade)
_PROOFS = tuple(ProofKind)
_NOTICES = tuple(NoticeTime)


def rank(value: Value) -> tuple[float, ...] | None:
    """The place of a value in the order of its kind, smaller is stricter; none where the kind has no order."""
    match value:
        case Period() | Qualitative():
            return (rough_hours(value),)
        case RetentionRules():
            return _retention_rank(value.rules)
        case BreachTriggers():
            return (min(rough_hours(trigger.limit) for trigger in value.triggers),)
        case SubprocessorAuthorisation():
            return (_MODELS.index(value.model), -rough_hours(value.window) if value.window else 0.0)
        case FlowDown():
            return (_GRADES.index(value.grade),)
        case Proof():
            return (_PROOFS.index(value.proof),)
        case LegalProcess():
            return (_NOTICES.index(value.notice), 0.0 if value.written else 1.0)
        case AuditRight():
            return (rough_hours(value.notice) if value.notice else 0.0,)
        case Precedence():
            return (0.0 if value.dpa_first else 1.0,)
        case _:
            return None


def strictest(values: Sequence[Value]) -> int | None:
    """The place of the strictest value, or none where kinds differ, have no order, or two are equally strict.

    Lengths and words may be compared with each other.
    """
    families = {"length" if value.kind in {"period", "qualitative"} else value.kind for value in values}
    if len(families) != 1:
        return None
    ranked = [(rank(value), place) for place, value in enumerate(values)]
    known = sorted((ranks, place) for ranks, place in ranked if ranks is not None)
    if len(known) != len(values) or (len(known) > 1 and known[0][0] == known[1][0]):
        return None
    return known[0][1]
