"""Lengths of time as contracts and statutes write them: an amount, a unit and a direction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from dpa.deadlines.problem import DeadlineProblem

LARGEST_AMOUNT = 10_000_000
"""No clause counts further; the bound keeps the arithmetic inside what the calendar types can hold."""


class PeriodUnit(StrEnum):
    """What is counted. Hours are elapsed time; every other unit counts local calendar days."""

    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Direction(StrEnum):
    """Counted forward from the event, or backward from it (a notice "at least 60 days before expiry")."""

    AFTER = "after"
    BEFORE = "before"


_WORDS: dict[str, PeriodUnit] = {
    "hour": PeriodUnit.HOURS,
    "hours": PeriodUnit.HOURS,
    "h": PeriodUnit.HOURS,
    "day": PeriodUnit.CALENDAR_DAYS,
    "days": PeriodUnit.CALENDAR_DAYS,
    "calendar day": PeriodUnit.CALENDAR_DAYS,
    "calendar days": PeriodUnit.CALENDAR_DAYS,
    "working day": PeriodUnit.WORKING_DAYS,
    "working days": PeriodUnit.WORKING_DAYS,
    "business day": PeriodUnit.WORKING_DAYS,
    "business days": PeriodUnit.WORKING_DAYS,
    "week": PeriodUnit.WEEKS,
    "weeks": PeriodUnit.WEEKS,
    "month": PeriodUnit.MONTHS,
    "months": PeriodUnit.MONTHS,
    "year": PeriodUnit.YEARS,
    "years": PeriodUnit.YEARS,
}
_PERIOD = re.compile(r"(?P<amount>[-+]?[0-9.,]+)\s*(?P<unit>[a-z][a-z _]*?)(?:\s+(?P<way>before|after))?")
_SHOWN = 60


def amount_of(text: str) -> int:
    """Read a whole number that is not negative; raise `DeadlineProblem` with the reason otherwise."""
    stripped = text.strip()
    if re.fullmatch(r"-[0-9]+", stripped):
        raise DeadlineProblem(
            f"The amount {stripped} is negative; write it without the minus and choose the direction "
            "'before' to count backwards.",
            field="amount",
        )
    if not re.fullmatch(r"[0-9]{1,18}", stripped):
        raise DeadlineProblem(f"The amount {text[:_SHOWN]!r} is not a whole number; write for example 24.", field="amount")
    return int(stripped)


@dataclass(frozen=True, slots=True)
class Period:
    """A length such as 24 hours or 3 months before. Zero is allowed ("immediately", "the same day")."""

    amount: int
    unit: PeriodUnit
    direction: Direction = Direction.AFTER

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise DeadlineProblem(f"The amount {self.amount!r} is not a whole number.", field="amount")
        if self.amount < 0:
            raise DeadlineProblem(
                f"The amount {self.amount} is negative; use the direction 'before' to count backwards.", field="amount"
            )
        if self.amount > LARGEST_AMOUNT:
            raise DeadlineProblem(f"The amount {self.amount} is larger than any calendar covers.", field="amount")
        try:
            object.__setattr__(self, "unit", PeriodUnit(self.unit))
            object.__setattr__(self, "direction", Direction(self.direction))
        except ValueError:
            raise DeadlineProblem(
                f"A period cannot be counted as {str(self.unit)[:_SHOWN]!r} {str(self.direction)[:_SHOWN]!r}; the units "
                f"are {', '.join(PeriodUnit)} and the directions after and before.",
                field="unit",
            ) from None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "24 hours", "30 business days" or "3 months before"; days without a word are calendar days."""
        found = _PERIOD.fullmatch(text.strip().lower())
        unit = _WORDS.get(" ".join(found["unit"].replace("_", " ").split())) if found else None
        if found is None or unit is None:
            raise DeadlineProblem(
                f"The period {text[:_SHOWN]!r} cannot be read; write an amount and a unit, for example '24 hours', "
                "'15 days', '30 working days', '2 weeks', '3 months' or '1 year'.",
                field="period",
            )
        return cls(amount_of(found["amount"]), unit, Direction(found["way"] or "after"))

    def __str__(self) -> str:
        words = self.unit.value.replace("_", " ")
        if self.amount == 1:
            words = words.removesuffix("s")
        return f"{self.amount} {words}" + (" before" if self.direction is Direction.BEFORE else "")
