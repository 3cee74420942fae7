"""Limits for what is slow and open to many: so often per time and asker, and so many at once.

Counted in the memory of one process, so that a stranger's request never writes; with several web processes each counts for itself, and the
limit is as many times higher. That bounds the load, which is what these limits are for. Wrong passwords are counted in a table instead.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import current_app

MOST_KEYS = 10_000
"""Askers remembered per limit; beyond it the one who asked longest ago is forgotten."""


def network_prefix(address: str | None) -> str:
    """Return the network an address belongs to: /24 of IPv4, /64 of IPv6; `unknown` when there is none."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    bits = 24 if parsed.version == 4 else 64
    return str(ipaddress.ip_network((parsed, bits), strict=False))


class Limit:
    """At most `most` times within `window` per key, and at most `at_once` running; safe for several threads."""

    def __init__(self, most: int, window: timedelta, at_once: int) -> None:
        self.most = most
        self.window = window
        self._taken: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(at_once)

    def take(self, key: str, now: datetime) -> timedelta:
        """Count one use and return zero; or count nothing and return how long to wait."""
        with self._lock:
            times = self._taken.setdefault(key, deque())
            self._taken.move_to_end(key)
            # An instant ahead of now is left from before the clock was set back.
            while times and not now - self.window < times[0] <= now:
                times.popleft()
            if len(times) >= self.most:
                return times[0] + self.window - now
            times.append(now)
            if len(self._taken) > MOST_KEYS:
                self._taken.popitem(last=False)
        return timedelta(0)

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Hold one of the places for what runs at once; yields false, without waiting, when all are taken."""
        free = self._places.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._places.release()


def limit(name: str, *, most: int, window: timedelta, at_once: int = 100) -> Limit:
    """Return the application's limit of this name, making it on first use."""
    known: dict[str, Limit] = current_app.extensions.setdefault("dpa_limits", {})
    return known.setdefault(name, Limit(most, window, at_once))
