"""Working-day calendars: public holidays as data, with an organisation's own closure days, under one version.

Public holidays come from the `holidays` package (category "public" only; Reg. 1182/71 Art. 2(1) refers to the
list each Member State designates). A calendar knows dates and no zone. It covers whole years and refuses dates
beyond them, because a holiday nobody has data for would silently count as a working day.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import version

from dpa.deadlines.options import Workweek
from dpa.deadlines.problem import DeadlineProblem

FIRST_YEAR = 1970
LAST_YEAR = 2100
CUSTOM = "custom"
"""The calendar that knows nothing but weekends and the days it is given."""

_COUNTRY = re.compile(r"(?P<country>[A-Z]{2})(?:-(?P<part>.+))?")
_DAY = timedelta(days=1)
_MON_FRI = Workweek.MON_FRI


@dataclass(frozen=True, slots=True, order=True)
class Closure:
    """A day on which no work is done, and why: a public holiday or an organisation's own closing day."""

    on: date
    name: str = "closure day"


class Calendar:
    """Closed days between two dates, and the counting of working days; immutable, equal by name and version."""

    __slots__ = ("_closed", "_days", "_mon_fri", "_mon_sat", "first", "last", "name", "source", "version")

    def __init__(
        self, name: str, closed: Mapping[date, str], *, first: date, last: date, source: str, version: str | None = None
    ) -> None:
        """Take closed days with their names; `version` is given only when a stored excerpt is brought back."""
        self.name = name
        self.first = first
        self.last = last
        self.source = source
        self._closed = {day: closed[day] for day in sorted(closed)}
        self._days = list(self._closed)
        # Every working day in order, one list per working week, made when first asked for.
        self._mon_fri: list[date] = []
        self._mon_sat: list[date] = []
        self.version = version or self._make_version()

    def _make_version(self) -> str:
        lines = [self.name, *(day.isoformat() for day in self._days)]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
        return f"{self.name}; {self.source}; {self.first.year}-{self.last.year}; {digest}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and (self.name, self.version) == (other.name, other.version)

    def __hash__(self) -> int:
        return hash((self.name, self.version))

    def __repr__(self) -> str:
        return f"Calendar({self.version!r})"

    def require(self, day: date) -> None:
        """Raise when the day lies outside the years this calendar has data for."""
        if not self.first <= day <= self.last:
            raise self._beyond(day.isoformat())

    def _beyond(self, what: str) -> DeadlineProblem:
        return DeadlineProblem(
            f"The calendar {self.name} covers {self.first.isoformat()} to {self.last.isoformat()}; {what} lies beyond it.",
            field="calendar",
        )

    def is_working_day(self, day: date, workweek: Workweek = Workweek.MON_FRI) -> bool:
        """Whether work is done on this date."""
        if not self.first <= day <= self.last:
            raise self._beyond(day.isoformat())
        return day.weekday() <= (4 if workweek is _MON_FRI else 5) and day not in self._closed

    def reason_closed(self, day: date) -> str | None:
        """Return the name of the holiday or closure on this date; none for weekends and open days."""
        return self._closed.get(day)

    def closures(self, first: date, last: date) -> tuple[Closure, ...]:
        """List the named closed days from first to last, both included; plain weekends have no name."""
        found = self._days[bisect_left(self._days, first) : bisect_right(self._days, last)]
        return tuple(Closure(day, self._closed[day]) for day in found)

    def nth_working_day(self, day: date, count: int, workweek: Workweek = Workweek.MON_FRI) -> date:
        """Count working days from the day, which itself is not counted; a negative count goes backward, 0 stays."""
        if not self.first <= day <= self.last:
            raise self._beyond(day.isoformat())
        if count == 0:
            return day
        table = (self._mon_fri if workweek is _MON_FRI else self._mon_sat) or self._table(workweek)
        place = bisect_right(table, day) + count - 1 if count > 0 else bisect_left(table, day) + count
        if not 0 <= place < len(table):
            raise self._beyond(f"{abs(count)} working days {'after' if count > 0 else 'before'} {day.isoformat()}")
        return table[place]

    def count_working_days(self, after: date, through: date, workweek: Workweek = Workweek.MON_FRI) -> int:
        """Count the working days later than `after` and not later than `through`."""
        table = (self._mon_fri if workweek is _MON_FRI else self._mon_sat) or self._table(workweek)
        return bisect_right(table, through) - bisect_right(table, after)

    def with_closures(self, closures: Iterable[Closure]) -> Calendar:
        """Return this calendar with more closed days; a day that is already closed keeps its first name."""
        closed = dict(self._closed)
        for closure in closures:
            self.require(closure.on)
            closed.setdefault(closure.on, closure.name)
        return Calendar(self.name, closed, first=self.first, last=self.last, source=self.source)

    def _table(self, workweek: Workweek) -> list[date]:
        last_weekday, day, table = workweek.last_weekday, self.first, []
        while day <= self.last:
            if day.weekday() <= last_weekday and day not in self._closed:
                table.append(day)
            day += _DAY
        if workweek is _MON_FRI:
            self._mon_fri = table
        else:
            self._mon_sat = table
        return table


def calendar_named(name: str, closures: Iterable[Closure | date] = ()) -> Calendar:
    """Return the calendar of a country ("FR"), of its region ("FR-57", "GB-ENG") or "custom", with own closures.

    Unknown names raise `DeadlineProblem`. The same name and closures give the same object.
    """
    own = tuple(sorted({c if isinstance(c, Closure) else Closure(c) for c in closures}))
    return _with_own(name, own)


@lru_cache(maxsize=512)
def _with_own(name: str, own: tuple[Closure, ...]) -> Calendar:
    base = _base(name)
    return base.with_closures(own) if own else base


@lru_cache(maxsize=64)
def _base(name: str) -> Calendar:
    if name == CUSTOM:
        return Calendar(name, {}, first=date(FIRST_YEAR, 1, 1), last=date(LAST_YEAR, 12, 31), source="own list")
    found = _COUNTRY.fullmatch(name)
    if found is None:
        raise _unknown(name)
    import holidays  # a third of a second: only when a country is asked for

    country, part = found["country"], found["part"]
    try:
        empty = holidays.country_holidays(country, subdiv=part)
    except NotImplementedError:
        raise _unknown(name) from None
    language = next((known for known in ("en_GB", "en_US") if known in empty.supported_languages), None)
    first, last = max(FIRST_YEAR, empty.start_year), min(LAST_YEAR, empty.end_year)
    days = holidays.country_holidays(country, subdiv=part, language=language, years=range(first, last + 1))
    closed = {day: str(reason).replace("Labor", "Labour") for day, reason in days.items() if first <= day.year <= last}
    source = f"holidays {version('holidays')}"
    return Calendar(name, closed, first=date(first, 1, 1), last=date(last, 12, 31), source=source)


def _unknown(name: str) -> DeadlineProblem:
    return DeadlineProblem(
        f"There is no holiday calendar {name[:60]!r}; use a country code such as FR or DK, one with its region such as "
        "FR-57 or GB-ENG, or custom.",
        field="calendar",
    )
