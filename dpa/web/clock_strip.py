"""Where the marks of a clock are drawn. Pure geometry in per cent of the width, so that the drawing fits any screen.

A clock is any object or mapping with started_at, due_at, zone, state and, where known, target_at, met_at, start_word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from dpa.languages import for_tag
from dpa.web.words import instant_text, lateness, left

# Two labels of about 95 px in the narrowest column in use (640 px) touch below this distance.
NEAR = 18.0
DAY_WORDS, EDGE = 23.0, 4.0
"""Widest words of a day (“Wed 28 Oct”) with a gap behind them, and what may stand over the axis's edge: shares of the narrowest axis, on a phone of 390 px."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What is read of a clock; `Clock.read` takes it from any object or mapping that has the fields."""

    started_at: datetime
    due_at: datetime
    zone: str
    state: str
    start_word: str = "start"
    """What the start is called: 'aware', 'received', 'ended'."""
    target_at: datetime | None = None
    met_at: datetime | None = None
    paused_at: datetime | None = None
    """Since when it stands still; shown on the house's own pages only, and those are in English."""
    label: str = ""
    url: str | None = None
    language: str = "en"
    """Language of its words; those of the start come with it."""

    @classmethod
    def read(cls, source: Any) -> Clock:
        """Return the clock that `source` describes; fields it lacks, or holds as none, take their defaults."""
        if isinstance(source, Mapping):
            return cls(**{name: value for name in _READ if (value := source.get(name)) is not None})
        return cls(**{name: value for name in _READ if (value := getattr(source, name, None)) is not None})

    def here(self, now: datetime) -> datetime:
        """Return where the clock stands: where it was met or paused, else now."""
        return self.met_at or self.paused_at or now


_READ = tuple(field.name for field in fields(Clock))


@dataclass(frozen=True, slots=True)
class Label:
    """A word at a place of the strip."""

    kind: str
    text: str
    at: float
    """Per cent from the left."""
    anchor: str
    """SVG text-anchor: start, middle or end."""
    above: bool = False
    """Above the strip instead of below."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Everything a template needs to draw one clock."""

    run: float
    """How far the clock has run, or where it was met, in per cent."""
    due: float
    target: float | None
    over: bool
    """It ran beyond the latest instant."""
    labels: tuple[Label, ...]
    sentence: str
    """The same in words, for those who do not see the drawing."""


@dataclass(frozen=True, slots=True)
class AxisTick:
    """A local midnight on the axis."""

    at: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class AxisRow:
    """One clock on a shared axis, in per cent of the axis."""

    label: str
    url: str | None
    state: str
    start: float
    run: float
    due: float
    target: float | None
    left: str
    sentence: str


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Several clocks on one axis."""

    now: float
    ticks: tuple[AxisTick, ...]
    rows: tuple[AxisRow, ...]


def clock_strip(source: Any, now: datetime, *, labelled: bool = True) -> Strip:
    """Lay out one clock from its start to its latest instant, or to where it has run beyond it; the bar of a list has no room for labels."""
    clock = Clock.read(source)
    here = clock.here(now)
    end = max(clock.due_at, here)
    run, due = _share(here, clock.started_at, end), _share(clock.due_at, clock.started_at, end)
    target = _share(clock.target_at, clock.started_at, end) if clock.target_at else None
    labels = _labels(clock, now, run, due, target) if labelled else ()
    return Strip(run, due, target, here > clock.due_at, labels, _sentence(clock, now))


def time_axis(sources: Sequence[Any], now: datetime, zone: str) -> TimeAxis:
    """Lay out several clocks (with `label`, and `url` where known) on one axis with a mark at each local midnight of `zone`."""
    clocks = [Clock.read(source) for source in sources]
    if not clocks:
        return TimeAxis(0.0, (), ())
    first = min(clock.started_at for clock in clocks)
    last = max([now, *(clock.due_at for clock in clocks)])
    rows = tuple(_axis_row(clock, now, first, last) for clock in clocks)
    return TimeAxis(_share(now, first, last), tuple(_midnights(first, last, zone)), rows)


def _axis_row(clock: Clock, now: datetime, first: datetime, last: datetime) -> AxisRow:
    return AxisRow(
        label=clock.label, url=clock.url, state=clock.state, start=_share(clock.started_at, first, last),
        run=_share(clock.here(now), first, last), due=_share(clock.due_at, first, last),
        target=_share(clock.target_at, first, last) if clock.target_at else None,
        left=lateness(clock.due_at, clock.met_at) if clock.met_at else _paused(clock) or left(clock.due_at, now), sentence=_sentence(clock, now),
    )


def _midnights(first: datetime, last: datetime, zone: str) -> list[AxisTick]:
    """Return marks at local midnights, as many days apart as it takes for the words of none to touch the next one's, on a phone too."""
    place = ZoneInfo(zone)
    start, span = first.astimezone(place).date(), (last - first).days + 2
    midnights = [at for number in range(1, span + 1) if (at := datetime.combine(start + timedelta(days=number), time.min, place)) < last]
    places = [_share(midnight, first, last) for midnight in midnights]
    # The first may be left out where only it stands in the way: so close to the edge, its words begin at the mark.
    shown = next((slice(skip, None, step) for step in range(1, span) for skip in (0, 1) if places[skip:] and not _touch(places[skip::step])), slice(1))
    return [AxisTick(at, instant_text(midnight, zone, "day"), _tick_anchor(at)) for midnight, at in zip(midnights[shown], places[shown], strict=True)]


def _touch(places: Sequence[float]) -> bool:
    """Tell whether the words at two neighbouring marks would touch."""
    begins = {"start": 0.0, "middle": DAY_WORDS / 2, "end": DAY_WORDS}
    left = [at - begins[_tick_anchor(at)] for at in places]
    return any(after - before < DAY_WORDS for before, after in pairwise(left))


def _tick_anchor(at: float) -> str:
    # Words that stand half over the edge by less than the card's padding stay under their mark.
    inside = DAY_WORDS / 2 - EDGE
    return "start" if at < inside else "end" if at > 100 - inside else "middle"


def _labels(clock: Clock, now: datetime, run: float, due: float, target: float | None) -> tuple[Label, ...]:
    """Return the words of the strip; those that would touch another move above it or are left to the sentence."""
    below = due == 100 and NEAR <= run <= 100 - NEAR
    labels = []
    say, zone = for_tag(clock.language), clock.zone
    if due >= 2 * NEAR:
        labels.append(Label("start", f"{clock.start_word} {say.instant(clock.started_at, zone, 'tight')}", 0.0, "start"))
    labels.append(Label("due", say("strip.due", at=say.instant(clock.due_at, zone, "tight")), due, _anchor(due)))
    here = say.instant(clock.here(now), zone, "clock")
    standing = f"paused {here}" if _paused(clock) else say("strip.met" if clock.met_at else "strip.now", at=here)
    labels.append(Label("now", standing, run, _anchor(run), above=not below))
    if clock.target_at and target is not None and (below or abs(target - run) > NEAR):
        labels.append(Label("target", f"target {instant_text(clock.target_at, zone, 'tight')}", target, _anchor(target), above=True))
    return tuple(labels)


def _sentence(clock: Clock, now: datetime) -> str:
    say, zone = for_tag(clock.language), clock.zone
    # A target of the house's own is shown on its own pages only, and those are in English.
    target = f", target {instant_text(clock.target_at, zone)}" if clock.target_at else ""
    said = {"start": clock.start_word, "started": say.instant(clock.started_at, zone) + target, "due": say.instant(clock.due_at, zone)}
    if clock.met_at:
        return say("strip.sentence_met", **said, met=say.instant(clock.met_at, zone), lateness=say.lateness(clock.due_at, clock.met_at))
    return say("strip.sentence_running", **said, state=_paused(clock) or say.left(clock.due_at, now))


def _paused(clock: Clock) -> str:
    """Return since when a clock stands still; empty for those that run or were met."""
    return f"paused since {instant_text(clock.paused_at, clock.zone, 'short')}" if clock.paused_at and not clock.met_at else ""


def _anchor(at: float) -> str:
    return "start" if at < NEAR / 2 else "end" if at > 100 - NEAR / 2 else "middle"


def _share(at: datetime, first: datetime, last: datetime) -> float:
    """Return where an instant lies between two others, in per cent, kept inside."""
    span = (last - first).total_seconds()
    if span <= 0:
        return 100.0
    return round(min(100.0, max(0.0, (at - first).total_seconds() / span * 100)), 2)
