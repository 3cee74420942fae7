"""What evidence is asked for: a period and an instant, read from an address. Pure.

"As of" is what was known, decided and given by then: rows carry the instants of their acts, so an earlier instant hides later ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dpa.breaches.closing import CaseState
from dpa.problems import Invalid

FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True)
class Asked:
    """What the register is narrowed to."""

    first: date
    """First legal day of awareness, in the organisation's zone."""
    last: date
    """Last legal day of awareness, included."""
    as_of: datetime
    """The instant whose knowledge is shown, aware."""
    state: CaseState | None = None
    """Only incidents that stood like this then; none for all."""
    exercises: bool = False
    """Whether exercises are listed instead of incidents; never both."""


def period(given: Mapping[str, str], zone: str, now: datetime) -> Asked:
    """Return what an address asks for; the running year, as of now, where it says nothing. Raises `Invalid` by field."""
    instant = as_of(given.get("as_of", ""), zone, now)
    here = instant.astimezone(ZoneInfo(zone)).date()
    last = _day(given.get("to", ""), "to") or here
    first = _day(given.get("from", ""), "from") or date(last.year, 1, 1)
    if first > last:
        raise Invalid("The period ends before it begins; correct one of the two days.", field="to")
    state = given.get("state", "")
    if state not in {"", *CaseState}:
        raise Invalid("There is no such state of an incident; choose one of the list.", field="state")
    return Asked(first, last, instant, CaseState(state) if state else None, given.get("list") == "exercises")


def as_of(text: str, zone: str, now: datetime) -> datetime:
    """Return the instant a text means in a zone: a day means its end, nothing means now. Raises `Invalid` for what cannot be meant."""
    typed = text.strip()
    if not typed:
        return now
    place = ZoneInfo(zone)
    try:
        if len(typed) == 10:
            found = datetime.combine(date.fromisoformat(typed) + timedelta(days=1), time(), place) - timedelta(microseconds=1)
            today = found.date() == now.astimezone(place).date()
            found = now if today else found
        else:
            found = datetime.fromisoformat(typed)
            found = found.replace(tzinfo=place) if found.tzinfo is None else found
    except (ValueError, OverflowError):
        raise Invalid("Enter a day, or a day and a time, such as 2026-11-22T21:46.", field="as_of") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Invalid(f"The year {found.year} cannot be meant; enter one from {FIRST_YEAR} to {LAST_YEAR}.", field="as_of")
    if found > now:
        raise Invalid("Nobody knows yet what will be known then; choose a time that has passed.", field="as_of")
    return found.astimezone(UTC)


def _day(text: str, name: str) -> date | None:
    if not text.strip():
        return None
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("Enter a day, such as 2026-11-22.", field=name) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Invalid(f"The year {found.year} cannot be meant; enter one from {FIRST_YEAR} to {LAST_YEAR}.", field=name)
    return found
