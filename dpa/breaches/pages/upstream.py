"""What a subprocessor used of each customer's time, on a case opened from upstream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.agreements import serving
from dpa.breaches.case_customers import AffectedLine
from dpa.breaches.models import Affected, Breach
from dpa.breaches.upstream import Ahead, Used, ahead, too_slow, used
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


def warnings(session: Session, breach: Breach, allowed: Mapping[int, timedelta]) -> tuple[str, ...]:
    """Return what subprocessors' own promises mean for agreements that are about to be named, by the length of each promise; one statement a chunk.

    The subprocessor that told already is judged by what it took, not by what it promised.
    """
    operators = serving.operators_of(session, list(allowed))
    told = breach.upstream_told_at
    sentences = [_sentence(one) for one in ahead(allowed, operators) if told is None or one.operator.lower() != breach.upstream.lower()]
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


def of_rows(session: Session, lines: Sequence[AffectedLine]) -> Mapping[int, str]:
    """Return for customers whose clock runs, by the number of their row, which subprocessor's promise leaves no time for theirs; one statement, none for none."""
    running = [line for line in lines if line.met_at is None and line.latest_at is not None]
    if not running:
        return {}
    operators = serving.operators_of(session, [line.agreement_id for line in running])
    found = {}
    for line in running:
        assert line.latest_at is not None
        slow = {name: hours for name, hours in operators.get(line.agreement_id, {}).items() if too_slow(hours, line.latest_at - line.started_at)}
        if slow:
            found[line.id] = "; ".join(
                f"{name} promised no hours to tell you" if hours is None else f"{name} may take {plural(hours, 'hour')} to tell you" for name, hours in slow.items()
            )
    return found
