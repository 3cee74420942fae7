"""A process that issues documents and kills itself at a named point: `python -m tests.faults.issue_nursery POINT URL INSTANCE ISO_NOW`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  installs the trail
from dpa import unit as units
from dpa.config import Settings
from dpa.database import make_engine
from dpa.evidence.register import issuing, store
from dpa.slice import Tick
from tests.evidence.register import desk  # noqa: F401  declares the kind of the tests

POINTS = ("claimed", "made", "stored", "before-commit", "committed")


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        die()
        return result

    return wrapped


def arm(point: str) -> None:
    """Have the process die at the point."""
    if point == "claimed":
        issuing._checkpoint = die  # type: ignore[assignment]
    elif point == "made":
        store.put = die  # type: ignore[assignment]
    elif point == "stored":
        issuing._list = die  # type: ignore[assignment]
    elif point == "before-commit":
        issuing.on_issued(die)
    elif point == "committed":
        issuing._list = after(issuing._list)


def main(point: str, url: str, instance: str, now: str) -> None:
    settings = Settings(instance=Path(instance), database_url=url)
    at = datetime.fromisoformat(now)
    arm(point)
    with Session(make_engine(url)) as session:
        def begin(actor: str) -> Any:
            return units.transaction(session, actor=actor, now=at, settings=settings, auth="system")

        issuing.issue_due(Tick(session, at, settings, begin, "nursery:1"))


if __name__ == "__main__":
    main(*sys.argv[1:5])
