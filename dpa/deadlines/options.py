"""How a period is counted: the regime it belongs to and the choices on which experts differ.

Each regime has defaults, kept here as one table. They are product decisions, shown as such, and every one of
them can be set otherwise for a single term. Sources: Reg. (EEC, Euratom) 1182/71; Delegated Reg. (EU) 2025/301
Art. 5; the readings gathered in docs/deadlines.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeVar

from dpa.deadlines.periods import Direction, Period, PeriodUnit
from dpa.deadlines.problem import DeadlineProblem

MOST_SUSPENDED_DAYS = 36_600
"""About a century; more is a mistyped number."""


class Regime(StrEnum):
    """Where the period comes from, named as term files and columns write it."""

    contract = "contract"
    gdpr_statutory = "gdpr_statutory"
    reg1182 = "reg1182"
    nis2 = "nis2"
    dora = "dora"
    reg1049 = "reg1049"
    proposal_com2025_837 = "proposal_com2025_837"

    @property
    def in_force(self) -> bool:
        """Whether the rule is law today; a proposal is computed for information only."""
        return self is not Regime.proposal_com2025_837


class Roll(StrEnum):
    """What happens when a forward period ends on a day that is not a working day."""

    NONE = "none"
    NEXT_WORKING_DAY = "next_working_day"
    NOON_NEXT_WORKING_DAY = "noon_next_working_day"


class HourOfEvent(StrEnum):
    """Whether an hour clock runs from the instant itself, or from the next full hour (Reg. 1182/71 Art. 3(1))."""

    INCLUDED = "included"
    EXCLUDED = "excluded"


class Workweek(StrEnum):
    """Which weekdays can be working days: French jours ouvrés, or jours ouvrables."""

    MON_FRI = "mon-fri"
    MON_SAT = "mon-sat"

    @property
    def last_weekday(self) -> int:
        """The last weekday that can be a working day, Monday being 0."""
        return 4 if self is Workweek.MON_FRI else 5


Choice = TypeVar("Choice", bound=StrEnum)


def choice_of(kind: type[Choice], value: str, name: str) -> Choice:
    """Read one of an option's values, or raise a sentence that lists them all."""
    try:
        return kind(value)
    except ValueError:
        raise DeadlineProblem(
            f"The option {name} cannot be {str(value)[:60]!r}; choose one of: {', '.join(kind)}.", field=name
        ) from None


@dataclass(frozen=True, slots=True)
class Options:
    """Every choice that shapes the result, complete, so that the result can be recomputed from it."""

    regime: Regime = Regime.contract
    roll: Roll = Roll.NONE
    two_day_min: bool = False
    """Reg. 1182/71 Art. 3(5): a period of two days or more contains at least two working days."""
    hour_of_event: HourOfEvent = HourOfEvent.INCLUDED
    workweek: Workweek = Workweek.MON_FRI
    suspended_days: int = 0
    """Whole days during which the clock was stopped, by a decision with its own reason."""

    def __post_init__(self) -> None:
        for name, kind in (("regime", Regime), ("roll", Roll), ("hour_of_event", HourOfEvent), ("workweek", Workweek)):
            object.__setattr__(self, name, choice_of(kind, getattr(self, name), name))
        if not isinstance(self.two_day_min, bool):
            raise DeadlineProblem("The option two_day_min is either yes or no.", field="two_day_min")
        days = self.suspended_days
        if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= MOST_SUSPENDED_DAYS:
            raise DeadlineProblem(
                f"The option suspended_days must be a whole number of days from 0 to {MOST_SUSPENDED_DAYS}.",
                field="suspended_days",
            )

    @classmethod
    def for_regime(
        cls,
        regime: Regime | str,
        unit: PeriodUnit | str,
        *,
        roll: Roll | str | None = None,
        two_day_min: bool | None = None,
        hour_of_event: HourOfEvent | str | None = None,
        workweek: Workweek | str | None = None,
        suspended_days: int | None = None,
    ) -> Self:
        """Return the regime's defaults for this unit, with what the term itself says put over them."""
        known = choice_of(Regime, regime, "regime")
        default_roll, default_minimum = _DEFAULTS[known, choice_of(PeriodUnit, unit, "unit") is PeriodUnit.HOURS]
        return cls(
            regime=known,
            roll=choice_of(Roll, default_roll if roll is None else roll, "roll"),
            two_day_min=default_minimum if two_day_min is None else two_day_min,
            hour_of_event=choice_of(HourOfEvent, hour_of_event or "included", "hour_of_event"),
            workweek=choice_of(Workweek, workweek or "mon-fri", "workweek"),
            suspended_days=suspended_days or 0,
        )

    def require_fit(self, period: Period) -> None:
        """Refuse what no source supports: hours that roll to a day, and a backward count that was paused."""
        if self.roll is Roll.NEXT_WORKING_DAY and period.unit is PeriodUnit.HOURS:
            raise DeadlineProblem(
                "A period in hours does not move to the next working day (Reg. 1182/71 Art. 3(4)); use roll=none.",
                field="roll",
            )
        if self.suspended_days and period.direction is Direction.BEFORE:
            raise DeadlineProblem(
                "A period counted backwards cannot be suspended; leave out the suspended days.", field="suspended_days"
            )


_DEFAULTS: dict[tuple[Regime, bool], tuple[Roll, bool]] = {
    # (regime, is it in hours): (roll, two-working-day minimum)
    (Regime.contract, True): (Roll.NONE, False),
    (Regime.contract, False): (Roll.NONE, False),  # a contract rolls only where it says so
    (Regime.gdpr_statutory, True): (Roll.NONE, False),  # Art. 3(4) excludes hours; 3(5) as the authorities read it
    (Regime.gdpr_statutory, False): (Roll.NEXT_WORKING_DAY, True),
    (Regime.reg1182, True): (Roll.NONE, False),
    (Regime.reg1182, False): (Roll.NEXT_WORKING_DAY, True),
    (Regime.nis2, True): (Roll.NONE, False),
    (Regime.nis2, False): (Roll.NONE, False),  # national law may move the end; the earlier date is the safe one
    (Regime.dora, True): (Roll.NOON_NEXT_WORKING_DAY, False),  # Art. 5(4); set none for the entities of Art. 5(5)
    (Regime.dora, False): (Roll.NOON_NEXT_WORKING_DAY, False),
    (Regime.reg1049, True): (Roll.NONE, False),
    (Regime.reg1049, False): (Roll.NONE, False),  # counted in working days, so it ends on one
    (Regime.proposal_com2025_837, True): (Roll.NONE, False),
    (Regime.proposal_com2025_837, False): (Roll.NEXT_WORKING_DAY, True),
}
