"""The only place that reads the time.

Everything below the edge (views, jobs, commands) receives `now` as an argument, so a rule can be tested
one second before, at and after any instant. Instants are aware and in UTC.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the edge asks for the time; tests hand in a `FixedClock`."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never step back, for measuring silence."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never step back."""
        return time.monotonic()


class FixedClock:
    """A clock that stands still until it is moved; for tests, drills of the product and golden documents."""

    def __init__(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("a clock needs an aware instant; add an offset such as +00:00")
        self._now = instant.astimezone(UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        """Return the instant the clock was last set to."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds the clock was advanced since it was made."""
        return self._monotonic

    def advance(self, step: timedelta) -> datetime:
        """Let time pass and return the new instant."""
        self._now += step
        self._monotonic += step.total_seconds()
        return self._now

    def set(self, instant: datetime) -> None:
        """Set the wall clock without letting time pass, as an operator or a time server does."""
        self._now = instant.astimezone(UTC)
