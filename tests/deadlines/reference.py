"""A second way to count, slow on purpose: one day, one month, one quarter of an hour at a time.

It shares no code with the engine. Instants are whole seconds since 1970; public holidays are asked of the
`holidays` package day by day; local days end where a walk along the clock says so.
"""

from __future__ import annotations

import calendar as months
import datetime as dt
from collections.abc import Container
from zoneinfo import ZoneInfo

import holidays

QUARTER = 900
ONE = dt.timedelta(days=1)


class Slow:
    """Counts in one zone with one country's holidays."""

    def __init__(self, zone: str, country: str, part: str | None, week: int, own: Container[dt.date] = ()) -> None:
        self.zone = ZoneInfo(zone)
        self.holidays = holidays.country_holidays(country, subdiv=part) if country != "custom" else {}
        self.week = week
        self.own = own

    def wall(self, ts: int) -> dt.datetime:
        return dt.datetime.fromtimestamp(ts, self.zone)

    def works(self, day: dt.date) -> bool:
        return day.isoweekday() <= self.week and day not in self.holidays and day not in self.own

    def day_end(self, day: dt.date) -> int:
        """Walk back from late on the next day to the last quarter of an hour that still shows this date."""
        tick = months.timegm((day + 2 * ONE).timetuple())
        while self.wall(tick).date() > day:
            tick -= QUARTER
        return tick + QUARTER - 1

    def at_wall(self, day: dt.date, clock: dt.time) -> int:
        """The first second, within a day either side, whose clock reads this or (in a gap) has jumped past it."""
        wanted = dt.datetime.combine(day, clock)
        guess = months.timegm(wanted.timetuple())
        found = [
            guess - offset
            for offset in {int(self.wall(guess + shift).utcoffset().total_seconds()) for shift in (-86_400, 86_400)}
        ]
        exact = [ts for ts in found if self.wall(ts).replace(tzinfo=None) == wanted]
        return min(exact) if exact else max(found)

    def due(
        self, ts: int, amount: int, unit: str, *, back: bool, roll: str, minimum: bool, left_out: bool, suspended: int
    ) -> int:
        if unit == "hours":
            return self.hours(ts, amount, back=back, roll=roll, minimum=minimum, left_out=left_out, suspended=suspended)
        event = self.wall(ts).date()
        last = self.count(event, amount, unit, -1 if back else 1)
        for _ in range(suspended):
            last += ONE
        if back:
            return self.day_end(last)
        moved = False
        while roll != "none" and not self.works(last):
            last, moved = last + ONE, True
        if minimum and unit != "working_days" and amount >= (2 if unit == "calendar_days" else 1):
            while self.working_between(event, last) < 2:
                last += ONE
        return self.at_wall(last, dt.time(12)) if moved and roll.startswith("noon") else self.day_end(last)

    def hours(
        self, ts: int, amount: int, *, back: bool, roll: str, minimum: bool, left_out: bool, suspended: int
    ) -> int:
        event = self.wall(ts).date()
        if left_out:
            ts = self.full_hour(ts, back=back)
        for _ in range(amount):
            ts += -3600 if back else 3600
        ts += 86_400 * suspended
        if back:
            return ts
        day = self.wall(ts).date()
        if roll.startswith("noon") and not self.works(day):
            while not self.works(day):
                day += ONE
            ts = self.at_wall(day, dt.time(12))
        clock = self.wall(ts).time()
        if minimum and amount >= 48 and self.working_between(event, day) < 2:
            while self.working_between(event, day) < 2:
                day += ONE
            ts = self.at_wall(day, clock)
        return ts

    def full_hour(self, ts: int, *, back: bool) -> int:
        ts -= ts % 60
        while self.wall(ts).minute:
            ts -= 60
        return ts if back else ts + 3600

    def count(self, day: dt.date, amount: int, unit: str, way: int) -> dt.date:
        if unit in {"months", "years"}:
            wanted, year, month = day.day, day.year, day.month
            for _ in range(amount * (12 if unit == "years" else 1)):
                month += way
                if month == 13:
                    year, month = year + 1, 1
                elif month == 0:
                    year, month = year - 1, 12
            while wanted > len([d for d in months.Calendar().itermonthdays(year, month) if d]):
                wanted -= 1
            return dt.date(year, month, wanted)
        left = amount * (7 if unit == "weeks" else 1)
        while left:
            day += way * ONE
            if unit != "working_days" or self.works(day):
                left -= 1
        return day

    def working_between(self, event: dt.date, last: dt.date) -> int:
        found, day = 0, event
        while day < last and found < 2:
            day += ONE
            found += self.works(day)
        return found
