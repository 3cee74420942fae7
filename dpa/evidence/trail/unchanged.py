"""Results of long reads, kept in this process for as long as nothing has happened.

No audited row changes without an event in the same transaction (`guard`), and the trail's frontier commits to every event there is. So what was
read from audited rows at a frontier is true at that frontier for ever, and needs no rule for when to forget it: after the next event, whatever it was
about, the frontier is another one and everything is read again. Rows that are not audited (see `Base.audited`) may change at any time: what rests on
them must be asked for each time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, ScalarSelect, select
from sqlalchemy.orm import Session

from dpa.evidence.trail.models import TrailHead

Found = TypeVar("Found")


def frontier() -> ScalarSelect[bytes]:
    """Return in SQL what stands for the whole trail as it is; ask for it before, or together with, what is kept under it."""
    return select(TrailHead.frontier).where(TrailHead.id == 1).scalar_subquery()


class Unchanged(Generic[Found]):
    """What reads of one sort returned, of each installation of this process; the last `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: WeakKeyDictionary[Engine, OrderedDict[Hashable, tuple[bytes, Found]]] = WeakKeyDictionary()
        self._lock = Lock()

    def at(self, session: Session, frontier: bytes, key: Hashable, read: Callable[[], Found]) -> Found:
        """Return what `read` returned at this frontier. `key` names what is read, with all that it depends on beside the rows.

        Inside a unit it is read anew and not kept: its own changes have no event yet.
        """
        if session.info.get("unit") is not None:
            return read()
        engine: Any = session.get_bind()
        with self._lock:
            kept = self._kept.setdefault(engine, OrderedDict())
            found = kept.get(key)
            if found is not None and found[0] == frontier:
                kept.move_to_end(key)
                return found[1]
        fresh = read()
        with self._lock:
            kept[key] = (frontier, fresh)
            kept.move_to_end(key)
            while len(kept) > self._most:
                kept.popitem(last=False)
        return fresh
