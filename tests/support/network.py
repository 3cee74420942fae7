"""Tests reach this machine only: whoever connects elsewhere is refused at once, and the test fails even if it hid that.

The product sends mail and legal notices; a test that let one out would be an incident.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest

attempts: list[str] = []
"""Refused connections of the running test."""
_connect, _connect_ex, _sendto, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto, socket.getaddrinfo


class Refused(OSError):
    """A connection to another machine was tried in a test."""


def is_here(host: object) -> bool:
    """Tell whether a host name or address is this machine."""
    text = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if text == "localhost" or text.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _check(family: int, address: Any) -> None:
    if family in {socket.AF_INET, socket.AF_INET6} and not is_here(address[0]):
        _refuse(f"{address[0]}:{address[1]}")


def _refuse(target: str) -> None:
    attempts.append(target)
    raise Refused(f"tests may only connect to this machine, not to {target}")


def install() -> None:
    """Put the guard into Python's sockets, for the rest of the process."""

    def connect(self: socket.socket, address: Any) -> None:
        _check(self.family, address)
        _connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _check(self.family, address)
        return _connect_ex(self, address)

    def sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        _check(self.family, rest[-1])
        return _sendto(self, data, *rest)

    def getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
        # Asking a name server about a host is a connection, too.
        if not is_here(host):
            _refuse(str(host))
        return _getaddrinfo(host, *rest, **options)

    patched: Any = socket.socket
    patched.connect, patched.connect_ex, patched.sendto = connect, connect_ex, sendto
    patched_module: Any = socket
    patched_module.getaddrinfo = getaddrinfo


@pytest.fixture(autouse=True)
def only_this_machine() -> Iterator[list[str]]:
    """Fail the test if anything in it tried to reach another machine."""
    attempts.clear()
    yield attempts
    if attempts:
        pytest.fail(f"the test tried to reach another machine: {', '.join(sorted(set(attempts)))}")
