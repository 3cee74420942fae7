"""The year's incidents with the time each took to be told: geometry in per cent, ready to be drawn. Pure but for the lines it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dpa.breaches import tally
from dpa.breaches.year_queries import YearLine, YearSum
from dpa.web.words import length, plural

ENDS = (24, 48, 72, 96, 192)
"""Hours the axis may end at; longer times are drawn to its edge and told in words."""
STEPS = {24: 6, 48: 12, 72: 24, 96: 24, 192: 48}


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis."""

    at: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One incident: from awareness over the first customer told to the last one."""

    label: str
    hint: str
    url: str
    state: str
    first: float | None
    """Where the first customer was told; none while nobody was."""
    last: float
    """Where the last one was told; where it stands now while clocks run."""
    promise: float | None
    """Where the earliest promise or target ended."""
    words: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Incidents on one axis of hours since awareness."""

    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]


def chart(lines: Sequence[YearLine], now: datetime, page: str) -> Chart:
    """Lay out incidents on one axis; `page` is the pattern of a case's address."""
    longest = max([_hours(_end(line, now) - line.aware_at) for line in lines] + [_hours(line.first_due_at - line.aware_at) for line in lines if line.first_due_at] + [0])
    end = next((hours for hours in ENDS if longest <= hours), ENDS[-1])
    ticks = tuple(
        Tick(hours / end * 100, f"{hours} h", "start" if hours == 0 else "end" if hours == end else "middle") for hours in range(0, end + 1, STEPS[end])
    )
    return Chart(ticks, tuple(_bar(line, now, end, page) for line in lines))


def _bar(line: YearLine, now: datetime, end: int, page: str) -> Bar:
    first = _place(line.first_told_at - line.aware_at, end) if line.first_told_at else None
    promise = _place(line.first_due_at - line.aware_at, end) if line.first_due_at else None
    words, state = _words(line, now)
    told = f"first customer told after {length(line.first_told_at - line.aware_at)}" if line.first_told_at else "nobody told yet"
    due = f", earliest promise or target after {length(line.first_due_at - line.aware_at)}" if line.first_due_at else ""
    return Bar(
        label=line.title, hint=line.reference, url=page.format(id=line.id), state=state, first=first, last=_place(_end(line, now) - line.aware_at, end),
        promise=promise, words=words, sentence=f"{told}{due}: {words}",
    )  # fmt: skip


def _words(line: YearLine, now: datetime) -> tuple[str, str]:
    """Return what became of an incident in a few words, and its tint."""
    if line.no_breach:
        return "no breach", "off"
    if line.running:
        late = line.first_due_at is not None and line.first_due_at < now
        return tally.told(line.told, line.affected, line.kept), "late" if line.late or late else "soon"
    if not line.affected:
        return "nobody named", "soon"
    if not line.told and not line.kept:
        return "waived", "off"
    if line.late:
        return f"{plural(line.late, 'customer')} late{_then(line)}", "late"
    if line.kept:
        # Nobody was told by it, so a time that has passed was missed.
        passed = f", the time of {plural(line.untold_late, 'customer')} has passed" if line.untold_late else ""
        return tally.told(line.told, line.affected, line.kept) + passed, "late" if passed else "off"
    return ("all in time, by the corrected awareness as well" if line.corrected else "all in time"), "met"


def _then(counted: YearLine | YearSum) -> str:
    """Say how many of those late were in time by the awareness held when they were told."""
    if not counted.late_anew:
        return ""
    which = f"{counted.late_anew:,} of them " if counted.late_anew < counted.late else "all " if counted.late > 1 else ""
    return f", {which}in time by the awareness held when told"


def missed(year: YearSum) -> str:
    """Say of a year what stands beside those told in time; empty for nothing."""
    told_late = f"{plural(year.late, 'customer')} late{_then(year)}" if year.late else ""
    passed = f", the time of {year.untold_late:,} has passed: missed" if year.untold_late else ""
    kept = f"nobody told by the {plural(year.kept, 'notice')} in the file mailbox{passed}" if year.kept else ""
    return "; ".join(filter(None, (told_late, kept)))


def _end(line: YearLine, now: datetime) -> datetime:
    return now if line.running or not line.last_told_at else line.last_told_at


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _place(span: timedelta, end: int) -> float:
    return round(min(100.0, max(0.0, _hours(span) / end * 100)), 2)
