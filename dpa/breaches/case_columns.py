"""What lists say of each case, as columns: each is counted, or looked up, on one index that holds all it needs.

A list shows fifty cases, and a case may have ten thousand customers; so nothing here walks from each customer to its clock. What is rare (clocks met late,
clocks waived) is looked at from its own side.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select, text

from dpa.breaches.models import KEPT, LATE_ANEW, Affected, BreachAwareness
from dpa.breaches.queries import NOTIFY
from dpa.columns import Utc
from dpa.docket.models import APART, IN_FORCE, LATE, RUNNING, DocketEntry
from dpa.docket.rules import State

Case = Any
"""The column of a case's number."""
TOLD = and_(Affected.sent_at.is_not(None), ~Affected.kept)
"""Says in SQL that a customer was told; what only the file mailbox of a demonstration kept told nobody."""


def affected(case: Case) -> ColumnElement[int]:
    """Count the customers of a case."""
    return _of(case, func.count())


def told(case: Case) -> ColumnElement[int]:
    """Count its customers who were told."""
    return _of(case, func.count(), TOLD)


def kept(case: Case) -> ColumnElement[int]:
    """Count its customers whose notice was only kept in the file mailbox of a demonstration."""
    return _of(case, func.count(), and_(Affected.sent_at.is_not(None), Affected.kept))


def first_told(case: Case) -> ColumnElement[Any]:
    """Say when its first customer was told."""
    return _of(case, func.min(Affected.sent_at), TOLD)


def last_told(case: Case) -> ColumnElement[Any]:
    """Say when its last customer was told."""
    return _of(case, func.max(Affected.sent_at), TOLD)


def late(case: Case) -> ColumnElement[int]:
    """Count its customers who were told late, those included who are late only counted from an awareness corrected since."""
    return _clocks(case, func.count(), "ix_docket_entry_late", LATE).where(~Affected.kept).scalar_subquery() + late_anew(case)


def late_anew(case: Case) -> ColumnElement[int]:
    """Count its customers who were told in time, and late counted from an awareness corrected since."""
    query = select(func.count()).select_from(Affected).with_hint(Affected, "INDEXED BY ix_breach_affected_late_anew", "sqlite")
    return query.where(Affected.breach_id == case, text(f"breach_affected.{LATE_ANEW}"), ~Affected.kept).correlate(case.table).scalar_subquery()


def untold_late(case: Case) -> ColumnElement[int]:
    """Count its customers whom only the file mailbox of a demonstration told, and whose time had passed by `now`, a value the statement is sent with."""
    latest = func.coalesce(DocketEntry.due_at, DocketEntry.target_at)
    query = select(func.count()).select_from(Affected).with_hint(Affected, "INDEXED BY ix_breach_affected_kept", "sqlite")
    query = query.join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
    # From the few: a customer is asked for its clock here, since in most cases the index holds none.
    kept: Any = (Affected.breach_id == case, text(f"breach_affected.{KEPT}"), DocketEntry.state == State.MET)
    return query.where(*kept, latest < bindparam("now", type_=Utc)).correlate(case.table).scalar_subquery()


def corrected(case: Case) -> ColumnElement[bool]:
    """Say whether awareness was held to have begun later than it is now."""
    later = select(BreachAwareness.id).where(BreachAwareness.breach_id == case, BreachAwareness.aware_at > case.table.c.aware_at)
    return later.correlate(case.table).exists()


def running(case: Case) -> ColumnElement[bool]:
    """Say whether a clock of a customer runs or is paused."""
    return _clocks(case, DocketEntry.id, "ix_docket_entry_case", RUNNING).exists()


def waived(case: Case) -> ColumnElement[int]:
    """Count its customers whose clock was waived before they were told."""
    query = _clocks(case, func.count(), "ix_docket_entry_apart", APART)
    return query.where(DocketEntry.state == State.WAIVED, Affected.sent_at.is_(None)).scalar_subquery()


def paused(case: Case) -> ColumnElement[int]:
    """Count its customers whose clock is paused."""
    return _clocks(case, func.count(), "ix_docket_entry_apart", APART).where(DocketEntry.state == State.PAUSED).scalar_subquery()


def first_open(case: Case) -> ColumnElement[Any]:
    """Say which target of its customers' running clocks comes first; none while none runs."""
    return _clocks(case, func.min(DocketEntry.target_at), "ix_docket_entry_case", RUNNING).where(DocketEntry.state == State.OPEN).scalar_subquery()


def first_promised(case: Case) -> ColumnElement[Any]:
    """Say when the first of its customers who were promised a time must be told, or had to be."""
    return _first(case, DocketEntry.due_at, DocketEntry.due_at.is_not(None))


def first_wanted(case: Case) -> ColumnElement[Any]:
    """Say when the house wants, or wanted, the first of its customers told who were promised no time."""
    return _first(case, DocketEntry.target_at, DocketEntry.due_at.is_(None))


def _first(case: Case, at: Any, which: ColumnElement[bool]) -> ColumnElement[Any]:
    return _clocks(case, func.min(at), "ix_docket_entry_promised", IN_FORCE).where(which).scalar_subquery()


def _of(case: Case, shown: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    return select(shown).select_from(Affected).where(Affected.breach_id == case, *conditions).correlate(case.table).scalar_subquery()


def _clocks(case: Case, shown: Any, index: str, words: str) -> Select[Any]:
    """Look at the clocks of a case's customers along a partial index, whose condition is `words`.

    The index is named, because by statistics that a single large case bends SQLite would take another and read rows. A clock that another one took the place of
    belongs to no customer any more.
    """
    return (
        select(shown).select_from(DocketEntry).with_hint(DocketEntry, f"INDEXED BY {index}", "sqlite")
        .join(Affected, Affected.docket_entry_id == DocketEntry.id)
        .where(DocketEntry.subject_type == "breach", DocketEntry.subject_id == case, DocketEntry.kind == NOTIFY, text(f"docket_entry.{words}"))
        .correlate(case.table)
    )  # fmt: skip
