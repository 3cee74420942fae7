"""What a correction of awareness to an earlier time says of a clock that was met before it.

The clock stays as it was met: lateness is frozen. But "in time" is then true only of the awareness that was held, so what is counted from the corrected
one stands beside it wherever the outcome is told. Pure but for the rules it reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dpa import deadlines
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
    """A clock that was met by an awareness which was corrected to an earlier time afterwards."""

    held_at: datetime
    """The awareness it ran from."""
    aware_at: datetime
    """The corrected one."""
    met_at: datetime
    due_at: datetime
    """The same promise counted from the corrected awareness; what a decision set stays."""

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
        return f"{span(self.met_at - self.aware_at)} after the corrected awareness, {self.margin()} counted from it"

    def sentence(self, zone: str) -> str:
        """Return the same as a sentence of its own."""
        return (
            f"Awareness was corrected afterwards to {instant_text(self.aware_at, zone)}: counted from there, the notice came {span(self.met_at - self.aware_at)} "
            f"after awareness, {self.margin()}."
        )


def margin(late_s: int) -> str:
    """Return how late or early something was, as elapsed time is counted."""
    return f"{span(timedelta(seconds=abs(late_s)))} {'late' if late_s > 0 else 'early'}" if late_s else "on time"


def span(length_of_it: timedelta) -> str:
    """Return an elapsed time as promises count it: `27 h 30 min`; in days where it is long."""
    seconds = int(length_of_it.total_seconds())
    return f"{seconds // 3600:,} h {seconds % 3600 // 60:02d} min" if seconds < LONG_S else length(seconds)


def concerns(held_at: datetime, met_at: datetime | None, aware_at: datetime, own_reason: str) -> bool:
    """Tell whether a clock was met by an awareness later than the one now held, and had none of its own."""
    return met_at is not None and held_at > aware_at and not own_reason


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


def of_entry(entry: DocketEntry, aware_at: datetime, own_reason: str) -> Corrected | None:
    """Return what is to be said of a clock that is loaded; none for nothing."""
    if entry.met_at is None or not concerns(entry.started_at, entry.met_at, aware_at, own_reason):
        return None
    return Corrected(entry.started_at, aware_at, entry.met_at, due_from(canonical(entry.rule), aware_at))


def of_entries(session: Session, wanted: Mapping[int, datetime]) -> Mapping[int, Corrected]:
    """Return what is to be said of clocks that it concerns, by their numbers, each with the awareness now held."""
    found: dict[int, Corrected] = {}
    ids = list(wanted)
    for start in range(0, len(ids), CHUNK):
        query: Any = select(DocketEntry.id, DocketEntry.started_at, DocketEntry.met_at, RULE).where(DocketEntry.id.in_(ids[start : start + CHUNK]))
        for key, held_at, met_at, rule in session.execute(query):
            found[key] = Corrected(held_at, wanted[key], met_at, due_from(rule, wanted[key]))
    return found


def of_lines(session: Session, breach: Breach, lines: Iterable[Any]) -> Mapping[int, Corrected]:
    """Return it for lines of a case's customers, by their numbers (`id`, `entry_id`, `started_at`, `met_at`); asks nothing where nothing was corrected."""
    some = {line.id: line.entry_id for line in lines if concerns(line.started_at, line.met_at, breach.aware_at, "")}
    if not some:
        return {}
    own = set(session.scalars(select(Affected.id).where(Affected.id.in_(some), Affected.aware_reason != "")))
    found = of_entries(session, {entry: breach.aware_at for key, entry in some.items() if key not in own})
    return {key: found[entry] for key, entry in some.items() if entry in found}


def late_anew(row: Affected, entry: DocketEntry, aware_at: datetime) -> bool:
    """Tell whether a clock was met in time, and late counted from the awareness now held; one that was late anyway is not late anew."""
    anew = of_entry(entry, aware_at, row.aware_reason) if (entry.late_s or 0) <= 0 else None
    return anew is not None and anew.late


def settle(session: Session, breach: Breach) -> list[Affected]:
    """Mark who is late only counted from the awareness now held, and nobody else; returns the rows this changed, for the caller's event to cover."""
    query = (
        select(Affected, DocketEntry).join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == breach.id, or_(DocketEntry.met_at.is_not(None), Affected.late_anew)).order_by(Affected.id)
    )  # fmt: skip
    changed = [row for row, entry in session.execute(query) if row.late_anew is not late_anew(row, entry, breach.aware_at)]
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
        which = f"{plural(self.late, 'of them is late', 'of them are late')} counted from the corrected awareness" if self.late else "all of them are in time counted from the corrected awareness as well"
        return (
            f"{plural(self.customers, 'customer was', 'customers were')} told before ({self.names}). Their clocks stay as they were met, but {which}. "
            f"Dossiers, register and the customers' own pages say both from then on{', and the case is closed only with the reason' if self.late else ''}."
        )


def told_before(session: Session, breach: Breach, aware_at: datetime) -> ToldBefore | None:
    """Return whom a correction to `aware_at` concerns although their clocks are frozen; none for nobody. What only the file mailbox kept told nobody."""
    query = (
        select(DocketEntry.id, Affected.id).join(Affected, Affected.docket_entry_id == DocketEntry.id)
        .where(Affected.breach_id == breach.id, ~Affected.kept, Affected.aware_reason == "", DocketEntry.met_at.is_not(None), DocketEntry.started_at > aware_at)
        .order_by(Affected.id)
    )  # fmt: skip
    rows: Sequence[Any] = session.execute(query).all()
    if not rows:
        return None
    found = of_entries(session, dict.fromkeys((row[0] for row in rows), aware_at))
    return ToldBefore(len(rows), sum(one.late for one in found.values()), _names(session, [row[1] for row in rows]))


def _names(session: Session, ids: Sequence[int]) -> str:
    first = select(Controller.name).join(Affected, Affected.controller_id == Controller.id).where(Affected.id.in_(ids[:NAMED])).order_by(Affected.id)
    more = len(ids) - NAMED
    return ", ".join(session.scalars(first)) + (f" and {more:,} more" if more > 0 else "")
