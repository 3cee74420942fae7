"""Whether a subprocessor's own promise to tell of a breach leaves time for what was promised to a customer.

Art. 28(4) GDPR: the processor stays fully liable for its subprocessor. Read mildly, a customer's hours run from when the processor is
aware, which may be as late as the subprocessor tells; read strictly, from when the subprocessor was. The warning keeps to the strict
reading, because it is given while there is still time to negotiate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dpa.agreements.terms.breach import BreachClock
from dpa.agreements.terms.strictness import rough_hours


class Reach(StrEnum):
    """What a subprocessor's promise means for one customer."""

    LEAVES_TIME = "leaves_time"
    """It must tell before the customer's time is over."""
    TOO_LATE = "too_late"
    """It may tell when the customer's time is over, or has just ended."""
    NO_PROMISE = "no_promise"
    """It promised no number, and the customer was promised one."""
    NO_NUMBER = "no_number"
    """The customer was promised a word, or nothing: there is no number to keep."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The answer with its two lengths."""

    reach: Reach
    upstream_hours: int | None
    """What the subprocessor promised; none when it promised no number."""
    promised_hours: int | None
    """What the customer was promised, in full hours at most; none for a word."""

    @property
    def endangered(self) -> bool:
        """Whether the customer's promise cannot be relied on."""
        return self.reach in {Reach.TOO_LATE, Reach.NO_PROMISE}


def reached(upstream_hours: int | None, clock: BreachClock | None) -> Reached:
    """Return whether hours promised by a subprocessor leave time for the clock that governs an agreement; none where no duty applies.

    Days and months are compared by about how many hours they take: this warns, and no date is computed from it.
    """
    if clock is None or clock.latest is None:
        return Reached(Reach.NO_NUMBER, upstream_hours, None)
    promised = int(rough_hours(clock.latest))
    if upstream_hours is None:
        return Reached(Reach.NO_PROMISE, None, promised)
    return Reached(Reach.TOO_LATE if upstream_hours >= promised else Reach.LEAVES_TIME, upstream_hours, promised)
