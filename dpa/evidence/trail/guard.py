"""The completeness guard: a business row that changes without its trail event is refused.

Two nets. The mapper's own events tell which audited rows a flush really inserted, changed or deleted; whoever
commits must have covered each by an event. And every statement a session sends is looked at: one that writes
an audited table outside a flush (bulk statements, hand-written SQL) is refused unless it runs through
`dpa.evidence.trail.bulk`. The nets hang on the Session and Engine classes, so no session escapes them.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy import inspect as state_of
from sqlalchemy.orm import Mapper, Session, SessionTransaction

from dpa.columns import Base

TOUCHED = "trail_touched"
WRITING = "trail_writing"
CONNECTION = "trail_connection"
SHOWN = 5

_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|TRUNCATE|MERGE|WITH|COPY)\b", re.IGNORECASE)
_TARGETS = re.compile(
    r"\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|MERGE\s+INTO|DELETE\s+FROM|UPDATE(?:\s+OR\s+\w+)?|TRUNCATE(?:\s+TABLE)?|COPY)"
    r"\s+(?:ONLY\s+)?(?:\"?\w+\"?\.)?\"?(\w+)\"?",
    re.IGNORECASE,
)


class AuditMissing(RuntimeError):
    """Audited rows were changed and no event of the same unit covers them; nothing is committed."""


class _Touch:
    """A row that a flush changed: the instance, kept alive, and the savepoint it happened in."""

    __slots__ = ("row", "savepoint", "verb")

    def __init__(self, row: Base, verb: str, savepoint: SessionTransaction | None) -> None:
        self.row, self.verb, self.savepoint = row, verb, savepoint


def install() -> None:
    """Hang up both nets, once."""
    if event.contains(Session, "before_flush", _before_flush):
        return
    event.listen(Base, "after_insert", _inserted, propagate=True)
    event.listen(Base, "after_update", _updated, propagate=True)
    event.listen(Base, "after_delete", _deleted, propagate=True)
    event.listen(Session, "after_begin", _after_begin)
    event.listen(Session, "before_flush", _before_flush)
    event.listen(Session, "after_flush", _after_flush)
    event.listen(Session, "before_commit", _before_commit)
    event.listen(Session, "after_commit", _forget)
    event.listen(Session, "after_soft_rollback", _after_soft_rollback)
    event.listen(Engine, "before_cursor_execute", _before_cursor_execute)


def require_covered(session: Session, covered: Iterable[Base]) -> None:
    """Flush, then raise `AuditMissing` unless every audited row changed so far is among `covered`."""
    session.flush()
    touched: dict[int, _Touch] = session.info.get(TOUCHED, {})
    if not touched:
        return
    known = {id(row) for row in covered}
    missing = [touch for key, touch in touched.items() if key not in known]
    if missing:
        raise AuditMissing(_sentence(missing))
    touched.clear()


@contextmanager
def writing(session: Session) -> Iterator[None]:
    """Let a bulk statement through; only for code that records the event itself."""
    before = session.info.get(WRITING, False)
    session.info[WRITING] = True
    try:
        yield
    finally:
        session.info[WRITING] = before


def _sentence(missing: list[_Touch]) -> str:
    shown = ", ".join(f"{type(touch.row).__name__} {_key(touch.row)} ({touch.verb})" for touch in missing[:SHOWN])
    rest = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return (f"rows were changed without a trail event: {shown}{rest}; call trail.record(unit, ..., covers=[row]) in the same "
            "unit. Nothing was committed")


def _key(row: Base) -> str:
    identity = state_of(row).identity
    return "/".join(map(str, identity)) if identity else "without key"


def _touch(row: Base, verb: str) -> None:
    if not type(row).audited:
        return
    session = state_of(row).session
    if session is not None:
        touched: dict[int, _Touch] = session.info.setdefault(TOUCHED, {})
        touched.setdefault(id(row), _Touch(row, verb, session.get_nested_transaction()))


def _inserted(_mapper: Mapper[Any], _connection: Connection, row: Base) -> None:
    _touch(row, "added")


def _updated(_mapper: Mapper[Any], _connection: Connection, row: Base) -> None:
    session = state_of(row).session
    # The event also comes for rows without any net change, for which no UPDATE is sent.
    if session is not None and session.is_modified(row, include_collections=False):
        _touch(row, "changed")


def _deleted(_mapper: Mapper[Any], _connection: Connection, row: Base) -> None:
    _touch(row, "deleted")


def _after_begin(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    # Both live in the connection's own notes; the weak references tell this use of a pooled connection from the next.
    connection.info[CONNECTION] = (weakref.ref(connection), weakref.ref(_session))


def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    session.info[WRITING] = True


def _after_flush(session: Session, _context: Any) -> None:
    session.info[WRITING] = False


def _before_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        # A unit has covered everything by now; what is left was changed after its closing or outside any unit.
        require_covered(session, ())


def _forget(session: Session) -> None:
    if not session.in_nested_transaction():  # Releasing a savepoint settles nothing.
        session.info.pop(TOUCHED, None)
        session.info.pop(WRITING, None)


def _after_soft_rollback(session: Session, ended: SessionTransaction) -> None:
    session.info.pop(WRITING, None)
    if not ended.nested:
        session.info.pop(TOUCHED, None)
        return
    touched: dict[int, _Touch] = session.info.get(TOUCHED, {})
    for key in [key for key, touch in touched.items() if touch.savepoint is ended]:
        del touched[key]


def _before_cursor_execute(
    connection: Connection, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
) -> None:
    if not _WRITES.match(statement):
        return
    marks = connection.info.get(CONNECTION)
    if marks is None or marks[0]() is not connection:
        return  # Not a session's connection: migrations and tests; the product itself commits only through units.
    session = marks[1]()
    if session is None or session.info.get(WRITING, False):
        return
    for target in _TARGETS.findall(statement):
        if target.lower() in _audited_tables():
            raise AuditMissing(f"a statement would write the audited table {target} past the trail; use trail.insert_many, "
                               "update_many or delete_many, or change rows one by one and record an event that covers them")


_known: list[frozenset[str]] = []
"""Names of the audited tables, found anew whenever a class has been added: this is asked for every statement that writes."""


def _audited_tables() -> frozenset[str]:
    if not _known:
        audited = (mapper for mapper in Base.registry.mappers if mapper.class_.audited)
        _known.append(frozenset(str(mapper.persist_selectable.name) for mapper in audited))  # type: ignore[attr-defined]
    return _known[0]


def _class_added(_mapper: Mapper[Any], _class: type[Any]) -> None:
    _known.clear()


event.listen(Mapper, "after_mapper_constructed", _class_added)


