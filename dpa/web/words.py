"""The words for times, lengths and amounts. Pages and mails take them from here and nowhere else.

Everything is a pure function: where the present matters, `now` is an argument. Instants are aware datetimes; the legal zone
is named by the caller as an IANA name. static/js/countdown.js repeats `left` in the browser; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dpa.languages import zone_name

# Written out: month and weekday names must not follow the locale of the machine.
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")

MINUTE, HOUR, DAY = 60, 3600, 86400


def instant_text(at: datetime, zone: str, form: str = "long") -> str:
    """Return an instant in words of its legal zone.

    Forms: long 'Sun 22 Nov 2026, 21:46 Paris'; full 'Sunday 22 November 2026, 21:46 in Paris'; short 'Sun 22 Nov 21:46';
    tight 'Sun 21:46'; day 'Sun 22 Nov'; clock '21:46'; exact '2026-11-22 21:46:07 +01:00'. Use a form without the zone only where the
    zone stands nearby. An hour that the autumn change repeats also carries its offset. Raises ValueError for a naive datetime
    or an unknown form.
    """
    if form not in _FORMS:
        raise ValueError(f"unknown form of an instant: {form!r}; known are {', '.join(_FORMS)}")
    local = local_time(at, zone)
    return _FORMS[form](local, f"{local.hour:02d}:{local.minute:02d}{_repeated(local)}", zone)


_FORMS: Mapping[str, Callable[[datetime, str, str], str]] = {
    "long": lambda local, hour, zone: f"{_day(local)} {local.year}, {hour} {zone_name(zone)}",
    "full": lambda local, hour, zone: f"{LONG_WEEKDAYS[local.weekday()]} {local.day} {LONG_MONTHS[local.month - 1]} {local.year}, {hour} in {zone_name(zone)}",
    "short": lambda local, hour, zone: f"{_day(local)} {hour}",  # noqa: ARG005
    "tight": lambda local, hour, zone: f"{WEEKDAYS[local.weekday()]} {hour}",  # noqa: ARG005
    "day": lambda local, hour, zone: _day(local),  # noqa: ARG005
    "clock": lambda local, hour, zone: hour,  # noqa: ARG005
    "exact": lambda local, hour, zone: f"{local:%Y-%m-%d %H:%M:%S} {_offset(local)}",  # noqa: ARG005
}


def _day(local: datetime) -> str:
    return f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}"


def left(due: datetime, now: datetime) -> str:
    """Return how long is left, or how late it is: '9 h 41 min', '3 d 11 h', '1 d 2 h late', 'due now'.

    Whole minutes are counted down, so the text never promises more time than there is.
    """
    seconds = _seconds(due, now)
    if seconds == 0:
        return "due now"
    return length(seconds) if seconds > 0 else f"{length(-seconds)} late"


def lateness(due: datetime, met: datetime) -> str:
    """Return how early or late a deadline was met: '6 h 05 min early', '1 d 2 h late', 'on time' at the very instant."""
    seconds = abs(_seconds(due, met))
    if met == due:
        return "on time"
    return f"{length(seconds)} {'late' if met > due else 'early'}"


def length(seconds: float | timedelta) -> str:
    """Return a length of time in its two largest units, rounded down: 'under 1 min', '41 min', '9 h 05 min', '3 d 11 h', '64 d'."""
    total = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    days, rest = divmod(total, DAY)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    if days >= 30:
        return f"{days:,} d"
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes:02d} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else "under 1 min"


def ago(at: datetime | None, now: datetime) -> str:
    """Return the age of something: '4 s ago', '12 min ago', '3 h ago', '2 d ago', or 'never'."""
    if at is None:
        return "never"
    seconds = max(0, int(-_seconds(at, now)))
    for size, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size:,} {word} ago"
    return f"{seconds} s ago"


def day(on: date | None) -> str:
    """Return a legal day: 'Sun 22 Nov 2026'; none becomes 'no date'. An instant is refused, because it needs a zone."""
    if on is None:
        return "no date"
    if isinstance(on, datetime):
        raise TypeError("this is an instant; show it with `instant` and its zone")
    return f"{WEEKDAYS[on.weekday()]} {on.day} {MONTHS[on.month - 1]} {on.year}"


def file_size(amount: int) -> str:
    """Return an amount of bytes in decimal units: '512 B', '18 kB', '1.2 MB'."""
    if amount < 1000:
        return f"{amount} B"
    size = float(amount)
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.5 or unit == "GB":
            return f"{size:.1f} {unit}" if size < 9.95 else f"{size:,.0f} {unit}"
    raise AssertionError("unreachable")


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: '1 customer', '38 customers', '18,412 events', '2 parties' when `many` says so."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def initials(name: str) -> str:
    """Return up to two capitals that stand for a person: 'Ana Duarte' is 'AD'."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalpha()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def local_time(at: datetime, zone: str) -> datetime:
    """Return an instant in its legal zone; raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("an instant without a zone cannot be shown: the datetime is naive")
    return at.astimezone(ZoneInfo(zone))


def _repeated(local: datetime) -> str:
    """Return the offset of an hour that occurs twice; empty for all others."""
    if local.utcoffset() == local.replace(fold=1 - local.fold).utcoffset():
        return ""
    return f" ({_offset(local)})"


def _offset(local: datetime) -> str:
    """Return the offset from UTC: '+01:00'."""
    digits = f"{local:%z}"
    return f"{digits[:3]}:{digits[3:5]}"


def _seconds(due: datetime, now: datetime) -> int:
    """Return the whole seconds from `now` to `due`, elapsed; raises ValueError for naive datetimes."""
    if due.tzinfo is None or now.tzinfo is None:
        raise ValueError("times can only be compared when both carry a zone")
    elapsed = due.astimezone(UTC) - now.astimezone(UTC)
    return int(elapsed.total_seconds())
