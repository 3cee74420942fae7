"""The ledger of pauses: how many whole days a recorded suspension adds to a day, month or year clock.

No text of the GDPR fixes a length (EDPB Guidelines 01/2022 para 159 only says there may be a suspension), so
nothing pauses by itself; a person records a pause with its reason. Counting is strict: parts of a day add nothing,
and days paused twice count once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dpa.deadlines.problem import DeadlineProblem
from dpa.deadlines.zones import Zone, zone_named


@dataclass(frozen=True, slots=True)
class Pause:
    """A time during which the clock stood still; both instants aware."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One pause after overlaps were joined, and the whole local days it adds."""

    since: datetime
    until: datetime
    days: int


def suspension_ledger(pauses: Iterable[Pause], *, zone: str) -> tuple[LedgerLine, ...]:
    """Join overlapping pauses and count the whole local days of each; raises for naive or reversed instants."""
    place = zone_named(zone)
    joined: list[tuple[datetime, datetime]] = []
    for pause in sorted(map(_checked, pauses), key=lambda each: each.since):
        if joined and pause.since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], pause.until))
        else:
            joined.append((pause.since, pause.until))
    return tuple(LedgerLine(since, until, _whole_days(since, until, place)) for since, until in joined)


def suspension_days(pauses: Iterable[Pause], *, zone: str) -> int:
    """Return how many whole days the pauses add together."""
    return sum(line.days for line in suspension_ledger(pauses, zone=zone))


def _checked(pause: Pause) -> Pause:
    if pause.since.utcoffset() is None or pause.until.utcoffset() is None:
        raise DeadlineProblem("A pause needs both its instants with an offset from UTC.", field="pause")
    if pause.until < pause.since:
        raise DeadlineProblem(
            f"The pause ends at {pause.until.isoformat()}, before it begins at {pause.since.isoformat()}.", field="pause"
        )
    return pause


def _whole_days(since: datetime, until: datetime, zone: Zone) -> int:
    """Count from wall time to the same wall time, so that a day of 23 or 25 hours is one day."""
    first, last = zone.local(since).replace(tzinfo=None), zone.local(until).replace(tzinfo=None)
    return max(0, (last - first) // timedelta(days=1))
