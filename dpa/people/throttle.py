"""Counting wrong passwords in a table, so that several web processes see the same count.

An attempt is counted before its password is looked at and given back when it was right: a burst of parallel guesses
cannot outrun the counter.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import Insert, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from dpa.config import secret_key
from dpa.people import rules
from dpa.people.models import SignInThrottle
from dpa.unit import Unit
from dpa.web.limits import network_prefix

__all__ = ["account_key", "forgive", "network_prefix", "reserve", "sweep"]


def account_key(unit: Unit, email: str) -> str:
    """Return the counter's key for an address: a keyed hash, so that the table names nobody and unknown addresses count too."""
    digest = hmac.digest(secret_key(unit.settings), b"throttle:" + rules.normalise_email(email).encode(), hashlib.sha256)
    return f"account:{digest[:16].hex()}"


def reserve(unit: Unit, keys: tuple[str, ...]) -> timedelta:
    """Count one attempt under every key; or, when one of them must wait, count nothing and return how long."""
    rows = [_locked(unit, key) for key in sorted(keys)]
    wait = max(rules.wait_before_next(_failures(row), unit.now) for row in rows)
    if wait > timedelta(0):
        return wait
    for row in rows:
        if rules.in_window(_failures(row), unit.now) is None:
            row.failures, row.first_at = 0, unit.now
        row.failures += 1
        row.last_at = unit.now
    return wait


def forgive(unit: Unit, account: str, network: str) -> None:
    """After the right password: forget the account's failures, and give back this one attempt to the network.

    The network's other failures stay: knowing one password must not buy guesses at others.
    """
    _locked(unit, account).failures = 0
    row = _locked(unit, network)
    row.failures = max(0, row.failures - 1)


def sweep(unit: Unit) -> int:
    """Delete counters whose window has passed; returns how many."""
    old = unit.session.execute(delete(SignInThrottle).where(SignInThrottle.first_at <= unit.now - rules.WINDOW))
    return int(old.rowcount)  # type: ignore[attr-defined]


def _locked(unit: Unit, key: str) -> SignInThrottle:
    # Two processes may meet a new key at once: insert quietly, then take the row and its lock.
    values = {"key": key, "failures": 0, "first_at": unit.now, "last_at": unit.now}
    unit.session.execute(_insert_if_missing(unit, values))
    found = select(SignInThrottle).where(SignInThrottle.key == key).with_for_update()
    return unit.session.execute(found).scalar_one()


def _insert_if_missing(unit: Unit, values: dict[str, object]) -> Insert:
    if unit.session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(SignInThrottle).values(values).on_conflict_do_nothing()
    return sqlite.insert(SignInThrottle).values(values).on_conflict_do_nothing()


def _failures(row: SignInThrottle) -> rules.Failures | None:
    return rules.Failures(row.failures, row.first_at, row.last_at) if row.failures else None
