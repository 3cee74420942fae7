"""Keeps the processes of an installation running: starts them, starts them again when they end, stops them together.

A child that ends is started again after a pause that doubles each time, and is short again once it has lived for a
while; the supervisor itself never gives up, because a web server without its worker raises no alerts. Children are in
process groups of their own, so that Ctrl-C reaches only the supervisor, which then ends them in order.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from dpa.clock import Clock

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_SECONDS = 1.0
"""The longest time between two looks at the children; the end of one is noticed at once."""
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Child:
    """A process to keep running."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True)
class Patience:
    """How long the supervisor waits, in seconds."""

    first_pause: float = 0.5
    """Before the first new start of a child that ended; doubles with each further one."""
    longest_pause: float = 30.0
    healthy_after: float = 60.0
    """A child that lived this long counts as healthy: its next pause is the first one again."""
    grace: float = 15.0
    """For children to end by themselves after SIGTERM, before they are killed: on a busy machine an idle web server was seen to take seven."""


@dataclass
class _Slot:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    failures: int = 0


class Supervisor:
    """Runs children until it is told to stop by SIGINT, SIGTERM or SIGHUP. Needs the main thread."""

    def __init__(self, children: Sequence[Child], clock: Clock, report: Callable[[str], None], patience: Patience | None = None) -> None:
        self._slots = [_Slot(child) for child in children]
        self._clock = clock
        self._report = report
        self._patience = patience or Patience()
        self._stops = 0
        self._wake_fd = -1

    def run(self, meanwhile: Callable[[], None] | None = None) -> None:
        """Start all children and look after them; returns when a signal came and all of them have ended.

        `meanwhile` is called once, after the first child was started and before the others, so that the first one has the
        machine to itself while people wait for it; when it raises, the child is ended first.
        """
        with self._listening():
            try:
                for number, slot in enumerate(self._slots):
                    self._start(slot)
                    if number == 0 and meanwhile is not None:
                        meanwhile()
                while not self._stops:
                    self._wait(self._pause())
                    for slot in self._slots:
                        self._look_after(slot)
            finally:
                self._end_all()

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Turn signals into bytes in a pipe, so that waiting ends at once, without a race."""
        self._wake_fd, told = os.pipe()
        os.set_blocking(self._wake_fd, False)
        os.set_blocking(told, False)
        before = {number: signal.signal(number, self._note) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
        previous = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(previous)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(self._wake_fd)
            os.close(told)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._stops += number in STOP_SIGNALS

    def _wait(self, seconds: float) -> None:
        ready, _, _ = select.select([self._wake_fd], [], [], max(seconds, 0.0))
        if ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_fd, 512)

    def _pause(self) -> float:
        now = self._clock.monotonic()
        waiting = [slot.restart_at - now for slot in self._slots if slot.process is None]
        return min([LOOK_SECONDS, *waiting])

    def _start(self, slot: _Slot) -> None:
        slot.started_at = self._clock.monotonic()
        slot.process = subprocess.Popen(  # noqa: S603  the command lines are our own
            slot.child.argv,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=_end_with_parent(os.getpid()),  # noqa: PLW1509  the supervisor has one thread
        )

    def _look_after(self, slot: _Slot) -> None:
        if slot.process is None:
            if not self._stops and self._clock.monotonic() >= slot.restart_at:
                self._start(slot)
            return
        code = slot.process.poll()
        if code is None:
            return
        # What a dead leader left behind still holds its port, and would answer beside its successor.
        _kill_group(slot.process.pid)
        slot.process = None
        now = self._clock.monotonic()
        healthy = now - slot.started_at >= self._patience.healthy_after
        slot.failures = 1 if healthy else slot.failures + 1
        pause = min(self._patience.first_pause * 2.0 ** min(slot.failures - 1, 16), self._patience.longest_pause)
        slot.restart_at = now + pause
        if not self._stops:
            self._report(f"The {slot.child.name} process {_ending(code)}; it is started again in {pause:g} s.")

    def _end_all(self) -> None:
        """Ask every child to end, wait, then kill what is left. A second signal ends the waiting."""
        for slot in self._slots:
            if slot.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    slot.process.send_signal(signal.SIGTERM)
        deadline = self._clock.monotonic() + self._patience.grace
        asked = self._stops
        while self._alive() and self._clock.monotonic() < deadline and self._stops <= max(asked, 1):
            self._wait(min(LOOK_SECONDS, deadline - self._clock.monotonic()))
        for slot in self._alive():
            self._report(f"The {slot.child.name} process did not end in time and is killed.")
        for slot in self._slots:
            if slot.process is not None:
                _kill_group(slot.process.pid)
                slot.process.wait()

    def _alive(self) -> list[_Slot]:
        return [slot for slot in self._slots if slot.process is not None and slot.process.poll() is None]


def _ending(code: int) -> str:
    if code < 0:
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"
    return f"ended with exit code {code}"


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _end_with_parent(parent: int) -> Callable[[], None] | None:
    """Return what makes a child get SIGTERM when the supervisor itself is killed; Linux alone can do that."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # It was killed before we could ask.
            os._exit(1)

    return ask
