"""House policy: the numbers an organisation gives to words such as "promptly", and the defaults the product suggests. Pure.

They are always shown as policy, never as contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dpa.deadlines import Period, PeriodUnit

WORDS: Mapping[str, str] = {
    "immediately": "immediately",
    "on_receipt": "on receipt",
    "promptly": "promptly",
    "without_undue_delay": "without undue delay",
    "reasonable": "within a reasonable time",
    "as_soon_as_possible": "as soon as possible",
}
DEFAULTS: Mapping[str, Period] = {
    "immediately": Period(4, PeriodUnit.HOURS),
    "on_receipt": Period(1, PeriodUnit.WORKING_DAYS),
    "promptly": Period(2, PeriodUnit.WORKING_DAYS),
    "without_undue_delay": Period(24, PeriodUnit.HOURS),
    "reasonable": Period(10, PeriodUnit.WORKING_DAYS),
    "as_soon_as_possible": Period(5, PeriodUnit.WORKING_DAYS),
}


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One line of the page of house targets."""

    word: str
    period: str
    own: bool
    """Whether the organisation set it itself, or the product's suggestion runs."""


def target_rows(own: Mapping[str, Period], units: Mapping[PeriodUnit, str]) -> tuple[TargetRow, ...]:
    """Return every word with the number in force."""
    rows = []
    for key, word in WORDS.items():
        period = own.get(key, DEFAULTS[key])
        rows.append(TargetRow(word, f"{period.amount} {units.get(period.unit, period.unit.value)}", key in own))
    return tuple(rows)
