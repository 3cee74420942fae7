"""Which addresses mail can be sent to: one rule for the outbox and for everybody who types, imports or chooses an address. Pure."""

from __future__ import annotations

import re

ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,190}"
"""What an address looks like that can stand in a header and an envelope."""
_ADDRESS = re.compile(ADDRESS)


def fault(address: str) -> str | None:
    """Return why mail cannot be sent to an address, as the part of a sentence after the colon; none when it can."""
    if not _ADDRESS.fullmatch(address):
        return "write it as name@example.org, the part before the @ in plain letters."
    try:
        address.rpartition("@")[2].encode("idna")
    except UnicodeError:
        return "the part after the @ is not a domain."
    return None


def sentence(address: str) -> str | None:
    """Return why mail cannot be sent to an address, naming it; none when it can."""
    found = fault(address)
    return f"Mail cannot be sent to “{address[:80]}”: {found}" if found else None
