"""Watching the metronome and the clock. Pure: seconds and instants in, decisions out.

The scheduler waits for wall-clock times. A clock set back two hours silences a job of one second for two hours, so silence is
measured with a clock that never steps back, and a silent job is first nudged, once, then the process is given up to its supervisor.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

TOLERATED_S = 5.0
"""How far wall clock and elapsed time may part between two looks before it counts as a jump."""
HUNG_S = 600.0
"""How long a run may take before the process counts as hung; a mail batch with a silent server stays far below."""
LEAST_NUDGE_S = 10.0
LEAST_EXIT_S = 60.0


class Verdict(StrEnum):
    """What to do about a job."""

    FINE = "fine"
    NUDGE = "nudge"
    """Have it run now; said once per silence."""
    EXIT = "exit"
    """It stayed silent, or hangs: end the process, so that the supervisor starts a new one."""


@dataclass(slots=True)
class Pulse:
    """The life of one job, in seconds of a clock that never steps back."""

    every_seconds: float
    last: float
    """When it last began or ended."""
    running: int = 0
    nudged: bool = False
    failures: int = 0
    """Runs in a row that failed."""

    def began(self, at: float) -> None:
        """Note that a run began."""
        self.last, self.running, self.nudged = at, self.running + 1, False

    def ended(self, at: float, *, failed: bool) -> None:
        """Note that a run ended."""
        self.last, self.running = at, self.running - 1
        self.failures = self.failures + 1 if failed else 0

    def verdict(self, at: float) -> Verdict:
        """Return what to do now; a nudge is asked for once."""
        silence = at - self.last
        if self.running:
            return Verdict.EXIT if silence > max(HUNG_S, 10 * self.every_seconds) else Verdict.FINE
        if silence > max(LEAST_EXIT_S, 10 * self.every_seconds):
            return Verdict.EXIT
        if silence > max(LEAST_NUDGE_S, 3 * self.every_seconds) and not self.nudged:
            self.nudged = True
            return Verdict.NUDGE
        return Verdict.FINE


@dataclass(slots=True)
class ClockGuard:
    """Compares the wall clock with elapsed time."""

    now: datetime
    monotonic: float
    jumps: int = field(default=0)

    def jump(self, now: datetime, monotonic: float) -> float:
        """Return how many seconds the wall clock moved against elapsed time since the last look; 0 when it kept in step.

        A machine that slept looks like a clock put forward.
        """
        step = (now - self.now).total_seconds() - (monotonic - self.monotonic)
        self.now, self.monotonic = now, monotonic
        if abs(step) <= TOLERATED_S:
            return 0.0
        self.jumps += 1
        return step
