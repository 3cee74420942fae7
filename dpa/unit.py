"""One act, one transaction: the only module that commits.

A `Unit` carries what every operation needs and may not fetch for itself: the session, who acts, when, under which
settings and for which request. State, docket, trail and outbox change together or not at all. Nothing slow
(PDF, SMTP, HTTP) happens inside.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dpa.config import Settings

ClosingStep = Callable[["Unit"], None]
_closing_steps: list[ClosingStep] = []


@dataclass(slots=True)
class Unit:
    """A running act. Operations take it as their first argument."""

    session: Session
    actor: str
    """Who acts, as an opaque reference: `u:17` for a person, `system:alerts` for a part of the product."""
    now: datetime
    """The instant of the act, aware, in UTC, read once at the edge."""
    request_id: str
    """32 hexadecimal digits that tie together everything one request or job did."""
    settings: Settings
    auth: str = "none"
    """How the actor was authenticated: `pwd`, `link`, `system`, `cli`."""
    pending: list[Any] = field(default_factory=list)
    """Trail events recorded so far; written just before the commit."""


def before_commit(step: ClosingStep) -> None:
    """Have `step` run at the end of each unit, before its commit. The trail installs itself here."""
    if step not in _closing_steps:
        _closing_steps.append(step)


def new_request_id() -> str:
    """Return a fresh identifier for one request, job run or command."""
    return secrets.token_hex(16)


@contextmanager
def transaction(
    session: Session,
    *,
    actor: str,
    now: datetime,
    settings: Settings,
    request_id: str | None = None,
    auth: str = "none",
) -> Iterator[Unit]:
    """Begin a writing transaction, yield its `Unit`, and commit; any exception rolls everything back.

    A reading transaction that is open on the session is ended first, since a read snapshot cannot become a
    writer. Objects loaded before are therefore expired: load them again inside.
    """
    if not _closing_steps:
        raise RuntimeError("the trail is not installed: import dpa.slices before changing anything")
    if session.info.get("unit") is not None:
        raise RuntimeError("a unit is already running on this session: one act, one transaction")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("something was changed before the unit began; such a change would escape the trail")
    if now.tzinfo is None:
        raise ValueError("the instant of an act must be aware")
    session.rollback()
    session.connection(execution_options={"write": True})
    unit = Unit(session, actor, now, request_id or new_request_id(), settings, auth)
    session.info["unit"] = unit
    try:
        yield unit
        for step in _closing_steps:
            step(unit)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["unit"] = None
