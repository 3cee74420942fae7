"""The post: hands mails over in a thread of its own, while the answers to earlier ones are written down and later ones are built.

How many mails a worker has in hand follows the server: as many as leave within a fifth of a second, two at least. When the worker dies,
those may have been accepted unrecorded, so with a slow server it is one or two, and with a fast one what left since the last commit.
"""

from __future__ import annotations

import sys
import traceback
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import structlog

from dpa.alerts import rules
from dpa.alerts.queue import Claimed
from dpa.alerts.rules import Answer, Outcome
from dpa.alerts.transports import Carrier

FEWEST, MOST = 2, 32
"""Mails in hand: one on its way and one built, or more where that is not enough to keep a fast server busy."""
AHEAD_SECONDS = 0.2
SWITCH_SECONDS = 0.0005
"""How long a busy thread may keep the interpreter from the others while mails leave. With the usual 5 ms the thread that waits for a server's answers,
five to a mail, would lose more time than the mail takes."""
STALE_SECONDS = rules.LEASE.total_seconds() / 2
"""Age after which a built mail is not sent any more: at the end of its lease another worker takes it."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ready:
    """A claimed message as it goes over the wire."""

    claimed: Claimed
    data: bytes
    files: tuple[str, ...]
    """Names of the files that go along."""
    fault: Answer | None = None
    """Why there is nothing to send, when it cannot be built."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A claimed message and what came of it."""

    claimed: Claimed
    answer: Answer | None
    """What the server said; none when it was not offered to it after all."""
    files: tuple[str, ...] = ()
    """Names of the files that went along."""


class Post:
    """Mails in the hands of one worker: those given and not yet collected."""

    def __init__(self, carrier: Carrier, thread: ThreadPoolExecutor) -> None:
        self._carrier, self._thread = carrier, thread
        self._under_way: deque[Future[Offered]] = deque()
        self._closed = False
        self._seconds = AHEAD_SECONDS / FEWEST
        self.suspect = False
        """Whether a message is in hand that an earlier worker died over; it is there alone."""

    @property
    def held(self) -> int:
        """How many mails are in hand."""
        return len(self._under_way)

    @property
    def room(self) -> int:
        """How many more may be claimed now."""
        return 0 if self.suspect else max(0, self._wanted - self.held)

    @property
    def _wanted(self) -> int:
        return min(MOST, max(FEWEST, round(AHEAD_SECONDS / self._seconds)))

    def give(self, ready: Ready) -> None:
        """Send a mail after those given before."""
        self.suspect = ready.claimed.suspect
        self._under_way.append(self._thread.submit(self._offer, ready, perf_counter()))

    def collect(self) -> list[Offered]:
        """Wait for the answer to the oldest mail; return it and what else is answered already, in order.

        With a fast server it waits a moment for more, since a commit costs the same for one answer as for eight.
        """
        found = [self._under_way.popleft().result()]
        until = perf_counter() + AHEAD_SECONDS / 2
        while self._under_way:
            if len(found) < self._wanted // 2:
                wait([self._under_way[0]], timeout=max(0.0, until - perf_counter()))
            if not self._under_way[0].done():
                break
            found.append(self._under_way.popleft().result())
        self.suspect = self.suspect and bool(self._under_way)
        return found

    def _offer(self, ready: Ready, since: float) -> Offered:
        began = perf_counter()
        if ready.fault is not None:
            return Offered(ready.claimed, ready.fault)
        if self._closed or began - since > STALE_SECONDS:
            return Offered(ready.claimed, None)
        offered = hand_over(self._carrier, ready)
        # Nobody is there to take the others in hand: they go back untried.
        self._closed = offered.answer is not None and offered.answer.outcome is Outcome.UNREACHABLE
        # A mean that forgets: an occasional slow answer changes little, a slow server is known after a few.
        self._seconds += (max(perf_counter() - began, 0.0001) - self._seconds) / 4
        return offered


@contextmanager
def opened(carrier: Carrier) -> Iterator[Post]:
    """Give a post that sends with `carrier`; when its user fails, what was not sent yet stays unsent."""
    thread, before = ThreadPoolExecutor(1, "mail"), sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield Post(carrier, thread)
    finally:
        thread.shutdown(wait=True, cancel_futures=True)
        sys.setswitchinterval(before)


def hand_over(carrier: Carrier, ready: Ready) -> Offered:
    """Send a mail, outside any transaction; whatever goes wrong becomes an answer."""
    letter = ready.claimed.letter
    try:
        return Offered(ready.claimed, carrier.send(letter.from_address, letter.to_address, ready.data), ready.files)
    except Exception as error:  # noqa: BLE001 - a fault of ours in sending: try again later, and say so
        complain("mail_not_sent", ready.claimed.id, error)
        return Offered(ready.claimed, Answer(Outcome.DEFERRED, None, f"sending failed ({type(error).__name__})", uncertain=True))


def complain(event: str, number: int, error: Exception) -> None:
    """Log what went wrong with a message: neither the sentence of the error nor its traceback, since they may quote a mail."""
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    log.error(event, message=number, kind=type(error).__name__, where=[f"{Path(one.filename).name}:{one.lineno}" for one in frame])
