"""How much of each customer's time a subprocessor used before it told us. Pure.

Art. 28(4) GDPR: the processor stays fully liable for its subprocessor. Our own clocks run from our awareness, which is a decision of its
own; what the subprocessor used before is shown beside them, because a customer will ask, and because a slower promise upstream cannot
satisfy a faster one here.
"""

from __future__ import annotations

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
