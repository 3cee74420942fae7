"""How much of each customer's time a subprocessor used before it told us. Pure.

Art. 28(4) GDPR: the processor stays fully liable for its subprocessor. Our own clocks run from our awareness, which is a decision of its
own; what the subprocessor used before is shown beside them, because a customer will ask, and because a slower promise upstream cannot
satisfy a faster one here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Used:
    """What the subprocessor took, measured against one promise to customers."""

    took: timedelta
    """From the first sign to the moment it told us; never negative."""
    allowed: timedelta
    """The length of the promise: from awareness to what was promised, or to the house's target."""

    @property
    def share(self) -> int:
        """Return how much of the promise that was, in whole per cent, rounded up; above 100 when it was more than all of it."""
        return -(-self.took // timedelta(seconds=1) * 100 // max(self.allowed // timedelta(seconds=1), 1))

    @property
    def left(self) -> timedelta:
        """Return what would have been left, had the clock run since the first sign; negative when nothing was."""
        return self.allowed - self.took


def used(noticed_at: datetime, told_at: datetime, allowed: timedelta) -> Used:
    """Return what a subprocessor used of a promise of the length `allowed`; both instants aware."""
    return Used(max(told_at - noticed_at, timedelta(0)), allowed)


@dataclass(frozen=True, slots=True)
class Ahead:
    """A subprocessor whose own promise leaves no time for what customers were promised."""

    operator: str
    hours: int | None
    """Within how many hours it promised to tell; none when it promised no number."""
    customers: int
    """Agreements whose promise is not longer than that."""
    shortest: timedelta
    """The shortest of them."""


def too_slow(hours: int | None, allowed: timedelta) -> bool:
    """Return whether a subprocessor that promised `hours`, or no number, may tell when the time `allowed` is over or has just ended.

    The strict reading of `dpa.agreements.terms.upstream`: from the moment the subprocessor knew.
    """
    return hours is None or timedelta(hours=hours) >= allowed


def ahead(allowed: Mapping[int, timedelta], operators: Mapping[int, Mapping[str, int | None]]) -> tuple[Ahead, ...]:
    """Return the subprocessors that are too slow for some agreements, the most endangering first.

    `allowed` is the length of each agreement's promise; agreements that promise a word only are left out of it. `operators` are the
    subprocessors whose systems serve each, with the hours they promised.
    """
    found: dict[str, list[tuple[int | None, timedelta]]] = {}
    for key, span in allowed.items():
        for operator, hours in operators.get(key, {}).items():
            if too_slow(hours, span):
                found.setdefault(operator, []).append((hours, span))
    lines = [
        Ahead(operator, None if any(hours is None for hours, _ in cases) else max(hours or 0 for hours, _ in cases), len(cases), min(span for _, span in cases))
        for operator, cases in found.items()
    ]
    return tuple(sorted(lines, key=lambda one: (-one.customers, one.operator)))
