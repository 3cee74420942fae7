"""What a subprocessor used of each customer's time, on a case opened from upstream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.agreements import serving
from dpa.breaches.case_customers import AffectedLine
from dpa.breaches.facts import FactSheet
from dpa.breaches.models import Affected, Breach
from dpa.breaches.rules import Selection
from dpa.breaches.upstream import Ahead, Used, ahead, too_slow, used
from dpa.breaches.versions import newest_sheet
from dpa.docket.models import DocketEntry
from dpa.web.words import length, plural


@dataclass(frozen=True, slots=True)
class UpstreamLine:
    """One promise, and what was used of it."""

    promise: str
    customers: int
    used: Used
    share: str
    """Such as "83 %", or "all of it"."""
    rest: str
    """Such as "4 h left", or "24 h more than there is"."""


@dataclass(frozen=True, slots=True)
class UpstreamView:
    """Everything about the way the news took."""

    subprocessor: str
    told_at: datetime | None
    """When it told us; none while nobody said so."""
    sentence: str
    lines: tuple[UpstreamLine, ...]
    """Most used first; empty while it is not known when it told us."""
    others: int = 0
    """Customers of the case whom none of its systems on file serves; they are counted in no line."""


def upstream_of(session: Session, breach: Breach) -> UpstreamView | None:
    """Return what the subprocessor used before telling us, in one statement; none for incidents of our own.

    Only customers whom a system of it serves are counted; all of them where none of its systems is on file.
    """
    if not breach.upstream:
        return None
    if breach.upstream_told_at is None:
        text = f"It happened at {breach.upstream}. When it told you is not on record, so nobody can say how much time it used."
        return UpstreamView(breach.upstream, None, text, ())
    took = max(breach.upstream_told_at - breach.detected_at, timedelta(0))
    text = f"{breach.upstream} told you {length(took)} after the first sign." if took else f"{breach.upstream} told you at once."
    theirs, others = _promises(session, breach)
    lines = [_line(breach, breach.upstream_told_at, promise, allowed, count) for (promise, allowed), count in theirs.items()]
    over = sum(line.customers for line in lines if line.used.left <= timedelta(0))
    if over:
        text += f" That is all the time there is to tell {plural(over, 'customer')}."
    return UpstreamView(breach.upstream, breach.upstream_told_at, text, tuple(sorted(lines, key=lambda line: (-line.used.share, line.promise))), others.total())


_Promised = Counter[tuple[str, timedelta]]


def _promises(session: Session, breach: Breach) -> tuple[_Promised, _Promised]:
    """Return how many customers were promised what, those of the subprocessor and the others: the latest where contract or law give one, else the house's target."""
    served = serving.served_by_operator(Affected.agreement_id, breach.upstream).label("served")
    due_at = func.coalesce(DocketEntry.due_at, DocketEntry.target_at).label("due_at")
    rows = (
        select(served, Affected.promise, DocketEntry.started_at, due_at)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(Affected.breach_id == breach.id)
        .subquery()
    )
    # Counted over a subquery: PostgreSQL does not see that an expression with bound values is the grouped one.
    query: Any = select(*rows.c, func.count()).group_by(*rows.c)
    theirs, others = _Promised(), _Promised()
    for is_served, promise, started_at, ends_at, count in session.execute(query):
        (theirs if is_served else others)[promise, ends_at - started_at] += count
    return (theirs, others) if theirs else (others, theirs)


def _line(breach: Breach, told_at: datetime, promise: str, allowed: timedelta, customers: int) -> UpstreamLine:
    part = used(breach.detected_at, told_at, allowed)
    if part.left > timedelta(0):
        return UpstreamLine(promise, customers, part, f"{part.share} %", f"{length(part.left)} left")
    rest = f"{length(-part.left)} more than there is" if part.left else "nothing left"
    return UpstreamLine(promise, customers, part, "all of it", rest)


def involved(session: Session, breach: Breach, sheet: FactSheet) -> frozenset[str]:
    """Return the subprocessors an incident has to do with, in small letters: where it happened, as recorded or in the fact sheet, and whoever runs the systems the sheet names.

    A promise of any other subprocessor is no warning here, however slow: nobody waits for its report. At most one statement.
    """
    at_fault = {breach.upstream, sheet.subprocessor.name if sheet.subprocessor else ""}
    named = {name.lower() for name in sheet.systems}
    running = [row.operator for row in serving.systems(session, breach.organisation_id) if row.name.lower() in named] if named else []
    return frozenset(name.lower() for name in (*at_fault, *running) if name)


def warnings(session: Session, breach: Breach, allowed: Mapping[int, timedelta], chosen: Collection[str] = ()) -> tuple[str, ...]:
    """Return what subprocessors' own promises mean for agreements that are about to be named, by the length of each promise; one statement a chunk.

    Only subprocessors the incident has to do with are looked at: those it is known to involve, and those `chosen` to find the agreements by.
    The one that told already is judged by what it took, not by what it promised.
    """
    told = breach.upstream_told_at
    concerned = involved(session, breach, newest_sheet(session, breach)) | {name.lower() for name in chosen}
    operators = serving.operators_of(session, list(allowed)) if concerned else {}
    slow = ahead(allowed, {key: {name: hours for name, hours in found.items() if name.lower() in concerned} for key, found in operators.items()})
    sentences = [_sentence(one) for one in slow if told is None or one.operator.lower() != breach.upstream.lower()]
    if told is None:
        return tuple(sentences)
    took = max(told - breach.detected_at, timedelta(0))
    over = [span for key, span in allowed.items() if took >= span and breach.upstream.lower() in {name.lower() for name in operators.get(key, {})}]
    if over:
        sentences.insert(0, (
            f"{breach.upstream} told you {length(took)} after the first sign; {plural(len(over), 'of these customers was', 'of these customers were')} promised no more "
            f"than that, the shortest {_hours(min(over))}. Your clocks run from your awareness; say in the notice when it told you."
        ))
    return tuple(sentences)


def _hours(span: timedelta) -> str:
    """Return the length of a promise in full hours, as promises are given."""
    return plural(int(span // timedelta(hours=1)), "hour")


def _sentence(one: Ahead) -> str:
    customers = plural(one.customers, "of these customers was", "of these customers were")
    if one.hours is None:
        return f"{one.operator} promised no hours to tell you of a breach; {customers} promised {_hours(one.shortest)} or more. Do not wait for its report: ask now."
    return (
        f"{one.operator} may take {plural(one.hours, 'hour')} to tell you of a breach; {customers} promised no more than that, the shortest "
        f"{_hours(one.shortest)}. Do not wait for its report: ask now."
    )


def of_rows(session: Session, breach: Breach, sheet: FactSheet, lines: Sequence[AffectedLine]) -> Mapping[int, str]:
    """Return for customers whose clock runs, by the number of their row, which subprocessor's promise leaves no time for theirs.

    Of the subprocessors the incident has to do with, and of all that serve a customer who was found by its subprocessor; at most three statements.
    """
    running = [line for line in lines if line.met_at is None and line.latest_at is not None]
    concerned, by_subprocessor = involved(session, breach, sheet), _by_subprocessor(session, running)
    asked = running if concerned else [line for line in running if line.id in by_subprocessor]
    operators = serving.operators_of(session, [line.agreement_id for line in asked])
    told = breach.upstream.lower() if breach.upstream_told_at is not None else None
    found = {}
    for line in asked:
        assert line.latest_at is not None
        slow = {
            name: hours for name, hours in operators.get(line.agreement_id, {}).items()
            if (name.lower() in concerned or line.id in by_subprocessor) and name.lower() != told and too_slow(hours, line.latest_at - line.started_at)
        }  # fmt: skip
        if slow:
            found[line.id] = "; ".join(
                f"{name} promised no hours to tell you" if hours is None else f"{name} may take {plural(hours, 'hour')} to tell you" for name, hours in slow.items()
            )
    return found


def _by_subprocessor(session: Session, lines: Sequence[AffectedLine]) -> frozenset[int]:
    query = select(Affected.id).where(Affected.id.in_([line.id for line in lines]), Affected.selection == Selection.BY_SUBPROCESSOR)
    return frozenset(session.scalars(query)) if lines else frozenset()
