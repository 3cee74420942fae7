"""The customers of one case as its page lists them, and what they can be narrowed to; the caller has checked the scope of the case."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, false, func, or_, select, text, true, tuple_
from sqlalchemy.orm import Session

from dpa.agreements.models import Agreement
from dpa.alerts.models import OutboxMessage
from dpa.breaches import late, rules
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.queries import (
    CASE,
    NOTIFY,
    RUNNING,
    UNDELIVERABLE,
    WAIVED,
    has_refusing,
    newest_delivery,
    owed_clocks,
    reachable,
    values_of,
)
from dpa.breaches.rules import Standing
from dpa.columns import Utc
from dpa.docket.explaining import Explanation
from dpa.docket.models import RUNNING as ON_INDEX
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import RULE, explained
from dpa.parties.models import Controller
from dpa.problems import Invalid
from dpa.web.paging import DAMAGED, SIZE, Page, instant_of, number_of


@dataclass(frozen=True, slots=True)
class AffectedLine:
    """One customer of a case."""

    id: int
    entry_id: int
    agreement_id: int
    reference: str
    controller: str
    promise: str
    origin: str
    started_at: datetime
    due_at: datetime
    """What the clock runs to: the target."""
    latest_at: datetime | None
    """The latest instant that contract or law give; none where they give a word only."""
    zone: str
    met_at: datetime | None
    paused_at: datetime | None
    """Since when the clock is paused; none while it runs, and when it has ended."""
    late_s: int | None
    running: bool
    """Whether the clock has not ended."""
    document_id: int | None
    """The newest phase as a sealed document."""
    mail_error: str
    """Why the newest phase's mail was not taken at the last attempt; empty when it was, and before the first."""
    kept: bool
    """Whether the newest phase was only kept in the file mailbox, so that nobody received it."""
    late_reason: str
    late_anew: bool
    """Whether it was told in time, and late counted from an awareness corrected since."""
    mailbox: bool
    """Whether its first notice was only kept in the file mailbox."""
    start_event: str
    """`discovery` where it runs from when the breach was first noticed."""
    refuses: bool
    """Whether a contact for notices refused the newest mail sent there, whatever it was about."""
    standing: Standing
    why: Explanation
    """How the date came about."""

    @property
    def binds_at(self) -> datetime:
        """The instant that lateness is counted from: the latest, or the target where contract and law give none."""
        return self.latest_at or self.due_at


_COLUMNS: tuple[Any, ...] = (
    Affected.id, DocketEntry.id, Affected.agreement_id, Agreement.reference, Controller.name, Affected.promise, DocketEntry.origin, DocketEntry.started_at,
    DocketEntry.target_at, DocketEntry.due_at, DocketEntry.zone, DocketEntry.met_at, DocketEntry.paused_at, DocketEntry.late_s, DocketEntry.state.in_(RUNNING), Delivery.document_id,
    func.coalesce(OutboxMessage.last_error, ""), func.coalesce(Delivery.kept, False), Affected.late_reason, Affected.late_anew, Affected.kept, DocketEntry.start_event,
)  # fmt: skip
"""What a line shows as it stands, in its order: columns, since most of these rows' are not shown."""


class Only(StrEnum):
    """What the customers of a case can be narrowed to."""

    NOT_TOLD = "not-told"
    UNCONFIRMED = "unconfirmed"
    LATE = "late"
    TEXT_OWED = "text-owed"
    """Who heard of the newest phase before there was a text, and has not got it since."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which customers of a case are asked for; all when it says nothing."""

    text: str = ""
    """Part of the customer's name or of the agreement's reference."""
    only: Only | None = None


EVERYBODY = Narrowing()
KEYED = "c"
"""Third part of a page key: its number is that of a clock. In keys without it, it was another one; those are refused."""


def affected(
    session: Session, found: Breach, own_domains: Sequence[str], now: datetime, *, after: Sequence[Any] | None = None, size: int = SIZE,
    narrowing: Narrowing = EVERYBODY, text_owed: Collection[int] = (),
) -> Page[AffectedLine]:
    """Return a page of a case's customers, soonest clock first; late is who is late as of `now`, `text_owed` who is owed a text (`owed.text_owed`)."""
    query = _page_query(found.drill, tuple(own_domains), narrowing.only, bool(narrowing.text), after is not None, size)
    values: dict[str, Any] = values_of(found) | late.values_at(found, now) | {"part": f"%{_escaped(narrowing.text)}%", "place_id": found.organisation_id}
    if narrowing.only is Only.TEXT_OWED:
        values["owed"] = list(text_owed)
    if after is not None:
        if after[2] != KEYED:
            raise Invalid(DAMAGED)
        values |= {"after_at": instant_of(after[0]), "after_id": number_of(after[1])}
    lines = [_line(*row) for row in session.execute(query, values)]
    return Page.cut(lines, lambda line: (line.due_at.isoformat(), line.entry_id, KEYED), size)


def _escaped(part: str) -> str:
    """Take from the characters that mean something to LIKE what they mean."""
    return part.replace("/", "//").replace("%", "/%").replace("_", "/_")


@lru_cache(maxsize=200)
def _page_query(drill: bool, own_domains: tuple[str, ...], only: Only | None, searched: bool, further: bool, size: int) -> Any:
    # Who is shown is found first: reading whole rows of ten thousand customers takes longer than all else on the page.
    shown = _only(_searched() if searched else _in_order(), only)
    if further:
        shown = shown.where(tuple_(DocketEntry.target_at, DocketEntry.id) > tuple_(bindparam("after_at", type_=Utc), bindparam("after_id")))
    chosen = shown.order_by(DocketEntry.target_at, DocketEntry.id).limit(size + 1).subquery()
    return (
        select(*_COLUMNS, false() if drill else has_refusing(bindparam("place_id"), own_domains), RULE, DocketEntry.basis, *_flags(drill, own_domains))
        .select_from(Affected)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .join(Agreement, Agreement.id == Affected.agreement_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .outerjoin(Delivery, newest_delivery())
        .outerjoin(OutboxMessage, OutboxMessage.id == Delivery.outbox_id)
        .where(Affected.id.in_(select(chosen.c.id)))
        .order_by(DocketEntry.target_at, DocketEntry.id)
    )


def _in_order() -> Select[Any]:
    """Walk along the clocks in their order."""
    return select(Affected.id).select_from(DocketEntry).join(Affected, Affected.docket_entry_id == DocketEntry.id).where(*owed_clocks())


def _searched() -> Select[Any]:
    """Look at the names of all customers of the case, since few will be left to sort."""
    part = (column.ilike(bindparam("part"), escape="/") for column in (Controller.name, Agreement.reference))
    return (
        select(Affected.id)
        .join(Agreement, Agreement.id == Affected.agreement_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == CASE, or_(*part))
    )


def _only(shown: Select[Any], only: Only | None) -> Select[Any]:
    """Join what a condition needs, and nothing else."""
    if only is Only.NOT_TOLD:
        return shown.where(text(f"docket_entry.{ON_INDEX}"), Affected.sent_at.is_(None))
    if only is Only.UNCONFIRMED:
        return shown.outerjoin(Delivery, newest_delivery()).where(Affected.sent_at.is_not(None), Delivery.acknowledged_at.is_(None))
    if only is Only.TEXT_OWED:
        return shown.where(Affected.id.in_(bindparam("owed", expanding=True)))
    return shown.where(late.is_late()) if only is Only.LATE else shown


def _flags(drill: bool, own_domains: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    """Return in SQL what `rules.standing` needs to know of a customer, in the order of `_standing`."""
    return (
        Delivery.id.is_not(None),
        Delivery.given_at.is_not(None),
        Delivery.acknowledged_at.is_not(None),
        func.coalesce(OutboxMessage.state.in_(UNDELIVERABLE), False),
        true() if drill else reachable(own_domains),
        and_(DocketEntry.state.in_(WAIVED), Affected.sent_at.is_(None)),
    )


def _standing(flags: Sequence[Any]) -> Standing:
    released, given, acknowledged, dead, reachable, waived = (bool(flag) for flag in flags)
    return rules.standing(
        released=released, given=given, acknowledged=acknowledged, dead=dead, recipient_problem=not reachable, waived=waived
    )


def _line(*row: Any) -> AffectedLine:
    shown, (refuses, rule, basis, *flags) = row[: len(_COLUMNS)], row[len(_COLUMNS) :]
    return AffectedLine(*(*shown, bool(refuses), _standing(flags), explained(rule, basis, NOTIFY, shown[-1])))
