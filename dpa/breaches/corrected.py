"""What a correction of awareness to an earlier time says of a clock that was met before it.

The clock stays as it was met: lateness is frozen. But "in time" is then true only of the awareness that was held, so what is counted from the corrected
one stands beside it wherever the outcome is told. The same holds for clocks that run from when the breach was first noticed, when that is corrected.
Pure but for the rules it reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from dpa import deadlines
from dpa.agreements.terms.words import Event
from dpa.breaches.clocks import Starts
from dpa.breaches.counting import starts_of
from dpa.breaches.models import Affected, Breach
from dpa.breaches.queries import CHUNK
from dpa.columns import canonical
from dpa.docket import reckoning
from dpa.docket.models import DocketEntry
from dpa.docket.presenting import RULE
from dpa.parties.models import Controller
from dpa.web.words import instant_text, length, plural

NAMED = 5
LONG_S = 100 * 3600


@dataclass(frozen=True, slots=True)
class Corrected:
    """A clock that was met by an awareness, or a first notice, which was corrected to an earlier time afterwards."""

    held_at: datetime
    """The time it ran from."""
    aware_at: datetime
    """The corrected one."""
    met_at: datetime
    due_at: datetime
    """The same promise counted from the corrected time; what a decision set stays."""
    noticed: bool
    """Whether these are times when the breach was first noticed, and not of awareness."""

    @property
    def late_s(self) -> int:
        """Seconds by which it was late (or early) counted from the corrected awareness."""
        return int((self.met_at - self.due_at).total_seconds())

    @property
    def late(self) -> bool:
        """Whether it was late so."""
        return self.late_s > 0

    def margin(self) -> str:
        """Return how late or early that is, in words."""
        return margin(self.late_s)

    def anew(self) -> str:
        """Return what is true counted from the corrected awareness: `27 h 30 min after the corrected awareness, 3 h 30 min late counted from it`."""
        after = "it was first noticed by the corrected time" if self.noticed else "the corrected awareness"
        return f"{span(self.met_at - self.aware_at)} after {after}, {self.margin()} counted from it"

    def sentence(self, zone: str) -> str:
        """Return the same as a sentence of its own."""
        what, after = ("When it was first noticed", "it") if self.noticed else ("Awareness", "awareness")
        return (
            f"{what} was corrected afterwards to {instant_text(self.aware_at, zone)}: counted from there, the notice came {span(self.met_at - self.aware_at)} "
            f"after {after}, {self.margin()}."
        )


def margin(late_s: int) -> str:
    """Return how late or early something was, as elapsed time is counted."""
    return f"{span(timedelta(seconds=abs(late_s)))} {'late' if late_s > 0 else 'early'}" if late_s else "on time"


def span(length_of_it: timedelta) -> str:
    """Return an elapsed time as promises count it: `27 h 30 min`; in days where it is long."""
    seconds = int(length_of_it.total_seconds())
    return f"{seconds // 3600:,} h {seconds % 3600 // 60:02d} min" if seconds < LONG_S else length(seconds)


class Ran(Protocol):
    """A clock as far as it matters here: an entry of the docket, or a line made of one."""

    @property
    def started_at(self) -> Any: ...  # noqa: D102
    @property
    def start_event(self) -> Any: ...  # noqa: D102
    @property
    def met_at(self) -> Any: ...  # noqa: D102


def concerns(clock: Ran, now_held: Starts, own_reason: str) -> bool:
    """Tell whether a clock was met by an awareness later than the one now held, and had none of its own; or by a later first notice, which is the same for all."""
    noticed = clock.start_event == Event.DISCOVERY
    return clock.met_at is not None and clock.started_at > now_held.named(clock.start_event) and (noticed or not own_reason)


@lru_cache(maxsize=1024)
def due_from(rule: str, aware_at: datetime) -> datetime:
    """Count the date that binds again, by the stored rule, as if its clock had begun at another instant."""
    dates = reckoning.from_rule(json.loads(rule))
    part = dates.latest or dates.target
    counted = part.computed
    anew = deadlines.compute(
        counted.rule.period, aware_at, zone=counted.zone, calendar=reckoning.todays_calendar(counted), options=counted.rule.options
    )
    return replace(part, computed=anew).due


def of_entry(entry: DocketEntry, now_held: Starts, own_reason: str) -> Corrected | None:
    """Return what is to be said of a clock that is loaded; none for nothing."""
    if entry.met_at is None or not concerns(entry, now_held, own_reason):
        return None
    return made(entry, canonical(entry.rule), now_held)


def made(clock: Ran, rule: str, now_held: Starts) -> Corrected:
    """Return what is to be said of a clock that it concerns, with its rule as it is stored."""
    at = now_held.named(clock.start_event)
    return Corrected(clock.started_at, at, clock.met_at, due_from(rule, at), clock.start_event == Event.DISCOVERY)


def of_entries(session: Session, wanted: Mapping[int, Starts]) -> Mapping[int, Corrected]:
    """Return what is to be said of clocks that it concerns, by their numbers, each with the times now held."""
    found: dict[int, Corrected] = {}
    ids = list(wanted)
    for start in range(0, len(ids), CHUNK):
        columns = (DocketEntry.id, DocketEntry.started_at, DocketEntry.start_event, DocketEntry.met_at, RULE)
        for row in session.execute(select(*columns).where(DocketEntry.id.in_(ids[start : start + CHUNK]))):
            found[row.id] = made(row, row.rule, wanted[row.id])
    return found


def of_lines(session: Session, breach: Breach, lines: Iterable[Any]) -> Mapping[int, Corrected]:
    """Return it for lines of a case's customers, by their numbers (`id`, `entry_id`, `started_at`, `start_event`, `met_at`); asks nothing where nothing was corrected."""
    held = starts_of(breach)
    some = {line.id: line for line in lines if concerns(line, held, "")}
    if not some:
        return {}
    asked: Any = select(Affected.id, Affected.aware_reason).where(Affected.id.in_(some))
    reasons: dict[int, str] = {row.id: row.aware_reason for row in session.execute(asked)}
    found = of_entries(session, {line.entry_id: held for key, line in some.items() if concerns(line, held, reasons.get(key, ""))})
    return {key: found[line.entry_id] for key, line in some.items() if line.entry_id in found}


def late_anew(row: Affected, entry: DocketEntry, now_held: Starts) -> bool:
    """Tell whether a clock was met in time, and late counted from the times now held; one that was late anyway is not late anew."""
    anew = of_entry(entry, now_held, row.aware_reason) if (entry.late_s or 0) <= 0 else None
    return anew is not None and anew.late


def settle(session: Session, breach: Breach) -> list[Affected]:
    """Mark who is late only counted from the times now held, and nobody else; returns the rows this changed, for the caller's event to cover."""
    query = (
        select(Affected, DocketEntry).join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == breach.id, or_(DocketEntry.met_at.is_not(None), Affected.late_anew)).order_by(Affected.id)
    )  # fmt: skip
    changed = [row for row, entry in session.execute(query) if row.late_anew is not late_anew(row, entry, starts_of(breach))]
    for row in changed:
        row.late_anew = not row.late_anew
    return changed


@dataclass(frozen=True, slots=True)
class ToldBefore:
    """The customers told before a correction whose outcome it changes, though their clocks stay."""

    customers: int
    late: int
    names: str

    @property
    def sentence(self) -> str:
        """What whoever corrects must know."""
        which = f"{plural(self.late, 'of them is late', 'of them are late')} counted from the corrected time" if self.late else "all of them are in time counted from the corrected time as well"
        return (
            f"{plural(self.customers, 'customer was', 'customers were')} told before ({self.names}). Their clocks stay as they were met, but {which}. "
            f"Dossiers, register and the customers' own pages say both from then on{', and the case is closed only with the reason' if self.late else ''}."
        )


def told_before(session: Session, breach: Breach, corrected: Starts) -> ToldBefore | None:
    """Return whom a correction to these times concerns although their clocks are frozen; none for nobody. What only the file mailbox kept told nobody."""
    query = (
        select(DocketEntry.id, Affected.id).join(Affected, Affected.docket_entry_id == DocketEntry.id)
        .where(
            Affected.breach_id == breach.id, ~Affected.kept, DocketEntry.met_at.is_not(None),
            or_(
                and_(DocketEntry.start_event == "", Affected.aware_reason == "", DocketEntry.started_at > corrected.aware_at),
                and_(DocketEntry.start_event == Event.DISCOVERY.value, DocketEntry.started_at > corrected.detected_at),
            ),
        )
        .order_by(Affected.id)
    )  # fmt: skip
    rows: Sequence[Any] = session.execute(query).all()
    if not rows:
        return None
    found = of_entries(session, dict.fromkeys((row[0] for row in rows), corrected))
    return ToldBefore(len(rows), sum(one.late for one in found.values()), _names(session, [row[1] for row in rows]))


def _names(session: Session, ids: Sequence[int]) -> str:
    first = select(Controller.name).join(Affected, Affected.controller_id == Controller.id).where(Affected.id.in_(ids[:NAMED])).order_by(Affected.id)
    more = len(ids) - NAMED
    return ", ".join(session.scalars(first)) + (f" and {more:,} more" if more > 0 else "")
