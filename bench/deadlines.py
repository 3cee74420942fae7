"""How fast deadlines are counted: a million of each kind, and ratios to the plain arithmetic of the language.

Run with `python -m bench.deadlines`. Prints figures and never passes or fails. The starts spread over three
years in four zones, in an order that repeats no zone's day at once, so caches are filled but not flattered.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dpa.deadlines import (
    Options,
    Period,
    Regime,
    calendar_named,
    compute,
    due_instant,
    recompute,
    recompute_due,
    to_json,
)

MILLION = 1_000_000
STARTS = 50_000
ZONES = ("Europe/Paris", "Europe/Copenhagen", "Europe/London", "America/New_York")


def _starts() -> list[datetime]:
    chance = random.Random(1182)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    return [first + timedelta(seconds=chance.randrange(3 * 365 * 86_400)) for _ in range(STARTS)]


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _count(words: str, regime: Regime, starts: list[datetime]) -> float:
    period = Period.parse(words)
    calendar, options = calendar_named("FR"), Options.for_regime(regime, period.unit)

    def work() -> None:
        for turn in range(MILLION // STARTS):
            zone = ZONES[turn % len(ZONES)]
            for start in starts:
                due_instant(period, start, zone=zone, calendar=calendar, options=options)

    return _seconds(work)


def main() -> None:
    """Print seconds per million and the ratio to bare UTC arithmetic of the same run."""
    starts = _starts()
    shift = timedelta(hours=24)
    bare = _seconds(lambda: [start + shift for _ in range(MILLION // STARTS) for start in starts])
    print(f"{'bare UTC addition':44} {bare:7.2f} s per million   ratio   1.0")
    for words, regime in (
        ("30 working days", Regime.contract),
        ("24 hours", Regime.contract),
        ("30 days", Regime.contract),
        ("1 month", Regime.gdpr_statutory),
    ):
        taken = _count(words, regime, starts)
        print(f"{f'{words} ({regime})':44} {taken:7.2f} s per million   ratio {taken / bare:5.1f}")
    period, calendar = Period.parse("30 working days"), calendar_named("FR")
    options = Options.for_regime(Regime.contract, period.unit)
    some = starts[:10_000]
    deadlines = [compute(period, start, zone=ZONES[0], calendar=calendar, options=options) for start in some]
    full = _seconds(
        lambda: [compute(period, start, zone=ZONES[0], calendar=calendar, options=options) for start in some]
    )
    stored = [to_json(deadline) for deadline in deadlines]
    again = _seconds(lambda: [recompute(each) for each in stored])
    lean = _seconds(lambda: [recompute_due(each, calendar) for each in stored])
    print(f"{'with steps and warnings, 30 working days':44} {full * 100:7.2f} s per million   ratio {full * 100 / bare:5.1f}")
    print(f"{'stored, only the instant counted again':44} {lean * 100:7.2f} s per million   ratio {lean * 100 / bare:5.1f}")
    print(f"{'stored, read and counted again in full':44} {again * 100:7.2f} s per million   ratio {again * 100 / bare:5.1f}")


if __name__ == "__main__":
    main()
