"""Narrowing the trail: what stands in the address becomes a `Narrowing`, or sentences about what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dpa.evidence.trail.bodies import ACTOR, IDENTIFIER, KIND
from dpa.evidence.trail.queries import Narrowing


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, and what it means."""

    typed: Mapping[str, str]
    narrowing: Narrowing
    errors: tuple[str, ...]

    @property
    def is_narrowed(self) -> bool:
        """Tell whether anything was asked for."""
        return any(self.typed.values())


FIELDS = ("kind", "id", "person", "from", "to")


def read(arguments: Mapping[str, str], zone: str) -> Asked:
    """Read the address; days count in `zone`, and the last day is shown whole."""
    typed = {name: arguments.get(name, "").strip()[:64] for name in FIELDS}
    errors: list[str] = []
    if typed["kind"] and not KIND.match(typed["kind"]):
        errors.append("“About” must be one of the kinds in the list.")
    if typed["id"] and not IDENTIFIER.match(typed["id"]):
        errors.append("“Number” must be the number of the object, such as 42.")
    if typed["id"] and not typed["kind"]:
        errors.append("Say what kind of object the number belongs to.")
    if typed["person"] and not ACTOR.match(typed["person"]):
        errors.append("“By” must be one of the people in the list.")
    since = _day(typed["from"], "From", errors)
    until = _day(typed["to"], "To", errors)
    if since and until and until < since:
        errors.append("“To” is before “From”: no day lies between them.")
    narrowing = Narrowing(
        kind=typed["kind"], identifier=typed["id"], actor=typed["person"],
        since=_midnight(since, zone), until=_midnight(until + timedelta(days=1), zone) if until else None,
    )
    return Asked(typed, narrowing, tuple(errors))


def _day(text: str, label: str, errors: list[str]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1970 <= day.year <= 9000:
        errors.append(f"“{label}” must be a day such as 2026-11-22.")
        return None
    return day


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) if day else None
