"""Time zones: IANA names, or the fixed offset a contract writes ("GMT+1"), and where a local day ends."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from dpa.deadlines.problem import DeadlineProblem

_FIXED = re.compile(r"(?:GMT|UTC)?(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?")
_FURTHEST_MINUTES = 14 * 60
# Names that mean something else on every machine, or count leap seconds.
_MACHINE_NAMES = ("localtime", "posixrules", "factory", "posix/", "right/")
_SECOND = timedelta(seconds=1)


class Zone:
    """One zone with the ends of its local days, each worked out once."""

    __slots__ = ("_ends", "name", "tz")

    def __init__(self, name: str, tz: tzinfo) -> None:
        self.name = name
        self.tz = tz
        self._ends: dict[date, datetime] = {}

    def local(self, at: datetime) -> datetime:
        """Return the instant on this zone's clocks."""
        return at.astimezone(self.tz)

    def day_of(self, at: datetime) -> date:
        """Return the legal day: the local date of the instant."""
        return at.astimezone(self.tz).date()

    def instant(self, wall: datetime) -> datetime:
        """Return the UTC instant of a local wall time.

        Of a repeated hour the first pass is meant (the earlier, safer one); a missing one moves forward by the gap.
        """
        return wall.replace(tzinfo=self.tz, fold=0).astimezone(UTC)

    def last_second(self, day: date) -> datetime:
        """Return the UTC instant of the last second that this zone's clocks show with this date."""
        end = self._ends.get(day)
        if end is None:
            end = self._ends[day] = self._find_last_second(day)
        return end

    def _find_last_second(self, day: date) -> datetime:
        wall = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=self.tz, fold=1)
        end = wall.astimezone(UTC)
        if end.astimezone(self.tz).replace(tzinfo=None) == wall.replace(tzinfo=None, fold=0):
            return end
        # The clocks skip 23:59:59 on this day (Nuuk in spring): search the last second that is not yet tomorrow.
        early, late = end - timedelta(days=2), end + timedelta(days=2)
        while late - early > _SECOND:
            middle = early + (late - early) // 2
            middle = middle.replace(microsecond=0)
            if middle.astimezone(self.tz).date() <= day:
                early = middle
            else:
                late = middle
        return early


@lru_cache(maxsize=1024)
def zone_named(name: str) -> Zone:
    """Find a zone by IANA name ("Europe/Paris") or fixed offset ("+01:00", "GMT+1"); unknown ones raise."""
    if fixed := _FIXED.fullmatch(name):
        minutes = int(fixed["hours"]) * 60 + int(fixed["minutes"] or 0)
        if int(fixed["minutes"] or 0) < 60 and minutes <= _FURTHEST_MINUTES:
            offset = timedelta(minutes=minutes if fixed["sign"] == "+" else -minutes)
            sign = "-" if offset < timedelta(0) else "+"
            return Zone(f"{sign}{minutes // 60:02d}:{minutes % 60:02d}", timezone(offset))
    if name and not name.lower().startswith(_MACHINE_NAMES):
        try:
            return Zone(name, ZoneInfo(name))
        except (KeyError, ValueError, OSError):
            pass  # unknown, malformed, or a folder of the zone database: all the same to the person
    raise DeadlineProblem(
        f"There is no time zone {name[:60]!r}; use an IANA name such as Europe/Paris, or a fixed offset such as +01:00.",
        field="zone",
    )
