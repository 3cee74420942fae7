"""Asking a time-stamp authority (RFC 3161) and believing it only after examination.

A time-stamp counts when it is over the very digest that was sent, answers this very request (nonce), is correctly signed, and its
certificate leads to a root in `DPA_TSA_ROOTS` and is made for nothing but time-stamping. The same file may hold revocation lists
(`X509 CRL`), which are then embedded in documents for later verifiers; nothing is ever fetched from addresses in certificates.
"""

from __future__ import annotations

import base64
import http.client
import secrets
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from dpa.clock import Clock, SystemClock
from dpa.config import Settings
from dpa.problems import Problem

if TYPE_CHECKING:
    from dpa.evidence.seal.tokens import Trust

TIMEOUT_SECONDS = 5.0
"""For one whole exchange, however slowly its parts arrive."""
REST_SECONDS = 30.0
"""How long an authority that hangs is left alone: else each of many documents would wait five seconds for it."""
LARGEST_REPLY = 256 * 1024
_TYPE = "application/timestamp-reply"


class StampUnavailable(Problem):
    """No time-stamp can be had now; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time-stamp that was examined."""

    token: bytes
    """The token (TimeStampToken), DER."""
    at: datetime
    """The time the authority states."""
    chain: tuple[bytes, ...]
    """The authority's certificates that were relied on, DER, the root first."""


class Stamper:
    """A time-stamp authority, its address and the roots it must lead to; safe for several threads."""

    def __init__(self, url: str, roots: Path, *, timeout: float = TIMEOUT_SECONDS, clock: Clock | None = None) -> None:
        self.url = url
        self.roots = roots
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._rests_until = float("-inf")
        self._trust: Trust | None = None
        self._newest: Stamp | None = None

    @property
    def host(self) -> str:
        """Name of the authority's machine, for sentences; the whole address may hold a password."""
        return urlsplit(self.url).hostname or "the authority"

    def stamp(self, digest: bytes) -> Stamp:
        """Return an examined time-stamp over a SHA-256 digest; raises `StampUnavailable` for whatever goes wrong.

        Takes one exchange over HTTP, at most five seconds; after one that took longer, the next half minute is refused at once.
        """
        from dpa.evidence.seal import tokens

        trust = self.trust()
        nonce = secrets.randbits(63) | 1 << 62  # The same length in each request.
        reply = self._exchange(tokens.request(digest, nonce))
        try:
            stamp = tokens.examined(reply, digest, nonce, trust)
        except tokens.Unbelievable as reason:
            raise StampUnavailable(f"The time-stamp authority {self.host} was not believed: {reason}.") from reason
        self._newest = stamp
        return stamp

    def sample(self) -> Stamp:
        """Return the newest time-stamp, or one asked for now: it tells how long tokens are and which certificates the authority uses."""
        return self._newest or self.stamp(secrets.token_bytes(32))

    def trust(self) -> Trust:
        """Return the roots and lists of `DPA_TSA_ROOTS`, read once; raises `StampUnavailable`."""
        from dpa.evidence.seal import tokens

        if self._trust is None:
            try:
                self._trust = tokens.Trust.of(self.roots.read_bytes())
            except (OSError, ValueError) as error:
                raise StampUnavailable(f"DPA_TSA_ROOTS names {self.roots}, which holds no certificates that can be read.") from error
        return self._trust

    def _exchange(self, body: bytes) -> bytes:
        """Post the request and return the reply; follows no redirect and reads no more than the largest reply."""
        if self._clock.monotonic() < self._rests_until:
            raise StampUnavailable(self._silence(slow=True))
        parts = urlsplit(self.url)
        connection = _connection(parts.scheme, parts.hostname or "", parts.port, self._timeout)
        expired = threading.Event()
        held: list[socket.socket] = []

        def stop() -> None:
            expired.set()
            for one in held:  # The timeout of a socket strikes per part; an answer in drips would never meet it.
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._timeout, stop)
        timer.daemon = True
        timer.start()
        try:
            connection.connect()
            held.append(connection.sock)
            connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, _headers(self.url))
            response = connection.getresponse()
            content = response.read(LARGEST_REPLY + 1)
        except (OSError, http.client.HTTPException) as error:
            slow = expired.is_set() or isinstance(error, TimeoutError)
            self._rests_until = self._clock.monotonic() + REST_SECONDS if slow else self._rests_until
            raise StampUnavailable(self._silence(slow)) from error
        finally:
            timer.cancel()
            connection.close()
        if expired.is_set():
            self._rests_until = self._clock.monotonic() + REST_SECONDS
            raise StampUnavailable(self._silence(slow=True))
        return self._accepted(response, content)

    def _accepted(self, response: http.client.HTTPResponse, content: bytes) -> bytes:
        if response.status != 200:
            raise StampUnavailable(f"The time-stamp authority {self.host} answered with HTTP status {response.status}.")
        if len(content) > LARGEST_REPLY:
            raise StampUnavailable(f"The time-stamp authority {self.host} answered with more than {LARGEST_REPLY // 1024} KiB.")
        if (response.getheader("Content-Type") or "").partition(";")[0].strip().lower() != _TYPE:
            raise StampUnavailable(f"The time-stamp authority {self.host} did not answer with a time-stamp; is DPA_TSA_URL right?")
        return content

    def _silence(self, slow: bool) -> str:
        if slow:
            return f"The time-stamp authority {self.host} did not answer within {self._timeout:g} seconds."
        return f"The time-stamp authority {self.host} cannot be reached."


def _connection(scheme: str, host: str, port: int | None, timeout: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout)


def _headers(url: str) -> dict[str, str]:
    headers = {"Content-Type": "application/timestamp-query", "Accept": _TYPE, "User-Agent": "DPA Desk"}
    parts = urlsplit(url)
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return headers


_known: dict[tuple[str, Path, int], Stamper] = {}
_lock = threading.Lock()


def stamper_for(settings: Settings) -> Stamper | None:
    """Return the configured authority, or none. Never fails: what is wrong with it is said when it is asked."""
    if not settings.tsa_url or settings.tsa_roots is None:
        return None
    try:
        changed = settings.tsa_roots.stat().st_mtime_ns
    except OSError:
        changed = 0
    place = (settings.tsa_url, settings.tsa_roots, changed)
    with _lock:
        if place not in _known:
            _known[place] = Stamper(settings.tsa_url, settings.tsa_roots)
        return _known[place]


def forget() -> None:
    """Let go of what was learned about authorities, so that the next use begins anew."""
    with _lock:
        _known.clear()


def token(stamper: Stamper, digest: bytes) -> bytes:
    """Return the DER of an examined time-stamp token over a SHA-256 digest (RFC 3161, 2.4.2); raises `StampUnavailable`."""
    return stamper.stamp(digest).token
