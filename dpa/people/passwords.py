"""Hashing and choosing passwords. Argon2id is slow on purpose: never call this inside a unit of work."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dpa.people import rules
from dpa.problems import Invalid

COMMON_LIST = Path(__file__).with_name("common_passwords.txt")
PRODUCT_WORDS = ("dpa desk", "dpadesk", "data processing agreement")
PARALLEL = 2
"""Hashes computed at the same time in one process: each takes 64 MiB, and strangers can ask for them."""

hasher = PasswordHasher()
"""The library's current recommendation (RFC 9106 low-memory profile). Tests put a cheaper one here."""
_gate = threading.BoundedSemaphore(PARALLEL)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comparing a password with a stored hash found."""

    matches: bool
    upgraded: str | None = None
    """A new hash to store when the old one was made with weaker parameters."""


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password, parameters included."""
    with _gate:
        return hasher.hash(rules.canonical_password(password))


def choose(password: str, *, context: Collection[str] = (), field: str = "password") -> str:
    """Check a new password against the rules and return its hash; raises `Invalid` with what is wrong with it."""
    fault = rules.password_fault(password, common=common_passwords(), context=(*context, *PRODUCT_WORDS))
    if fault:
        raise Invalid(fault, field=field)
    return hash_password(password)


def verify(stored: str | None, password: str) -> Verdict:
    """Compare a password with a stored hash. Without one, the same work is done against a decoy and nothing matches.

    So an unknown address, an account without password and a wrong password take the same time (ASVS 6.3.8).
    """
    decoy = _decoy(hasher)
    text = rules.canonical_password(password[: rules.PASSWORD_MAX * 4])
    try:
        with _gate:
            matches = hasher.verify(stored or decoy, text)
    except (VerificationError, InvalidHashError):
        return Verdict(matches=False)
    if stored is None or len(password) > rules.PASSWORD_MAX * 4:
        return Verdict(matches=False)
    return Verdict(matches, hash_password(password) if matches and hasher.check_needs_rehash(stored) else None)


@lru_cache(maxsize=4)
def _decoy(used: PasswordHasher) -> str:
    return used.hash("nobody has this password")


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Return the list of well-known passwords and their usual building words, in lower case."""
    lines = COMMON_LIST.read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
