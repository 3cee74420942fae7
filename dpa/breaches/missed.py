"""Which customers were not given which phase: said before a case is closed, since a clock that was met once hides it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from dpa.breaches.models import Affected, Breach, Delivery, Notice
from dpa.breaches.phases import Phase, title_of
from dpa.breaches.queries import WAIVED, spoken_before
from dpa.docket.models import DocketEntry
from dpa.parties.models import Controller

NAMED = 20
"""Customers named on the page, of all phases together."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One customer that was not given a phase."""

    affected_id: int
    controller: str


@dataclass(frozen=True, slots=True)
class MissedPhase:
    """One released phase and the customers of the case that never got it."""

    number: int
    phase: Phase
    title: str
    customers: int
    first: tuple[Missing, ...]


def missed(session: Session, breach: Breach) -> tuple[MissedPhase, ...]:
    """Return the released phases that customers were not given although they were named by then and a notice is owed to them; two statements.

    What is still on its way, was refused, came back, or found no address was not given, nor was a text by a call before its release. A phase that a customer's file mailbox keeps counts as given here:
    that nobody was told by it is said beside it.
    """
    counted: Any = _pairs(select(Notice.id, func.count()), breach).group_by(Notice.id)
    counts: dict[int, int] = dict(tuple(row) for row in session.execute(counted))
    if not counts:
        return ()
    named = _pairs(select(Notice.id, Affected.id, Controller.name), breach).order_by(Notice.number, Controller.name, Affected.id).limit(NAMED)
    first: dict[int, list[Missing]] = defaultdict(list)
    for key, affected_id, name in session.execute(named):
        first[key].append(Missing(affected_id, name))
    return tuple(
        MissedPhase(one.number, one.phase, title_of(one.phase, withdraws=one.withdraws), counts[one.id], tuple(first[one.id]))
        for one in breach.notices if one.id in counts
    )  # fmt: skip


def _pairs(query: Any, breach: Breach) -> Any:
    early = or_(false(), *(and_(Delivery.notice_id == one.id, spoken_before(one)) for one in breach.notices))
    given = exists().where(Delivery.notice_id == Notice.id, Delivery.affected_id == Affected.id, Delivery.given_at.is_not(None), ~Delivery.returned, ~early).correlate(Notice, Affected)
    return (
        query.select_from(Notice)
        .join(Affected, Affected.breach_id == Notice.breach_id)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(
            Notice.breach_id == breach.id, Notice.released_at.is_not(None), Affected.added_at <= Notice.released_at, ~given,
            or_(DocketEntry.state.not_in(WAIVED), Affected.sent_at.is_not(None)),
        )
    )  # fmt: skip


def everybody(phases: Sequence[MissedPhase], kept: int) -> str:
    """Return in a sentence what is true of telling when nothing is owed any more."""
    told = "every customer was told or is owed no notice" if not phases else "every customer was told at least once or is owed no notice"
    if kept:
        told = "every clock was met or waived"
    return f"Nothing is owed any more: {told}, every lateness has its reason, every promised word was given."
