"""Systems and processing activities of an organisation, and what subprocessors' own promises mean for customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.agreements import book as books
from dpa.agreements import serving
from dpa.agreements.book import Answers
from dpa.agreements.serving import SystemRow
from dpa.agreements.terms import governing_clock
from dpa.agreements.terms.upstream import Reach, Reached, reached
from dpa.web.words import plural


@dataclass(frozen=True, slots=True)
class SystemLine:
    """A system with what its operator's promise means."""

    row: SystemRow
    promise: str
    """Within how many hours the operator tells of a breach, in words; empty for the organisation's own systems."""
    endangered: int
    """Customers whose number of hours cannot be relied on."""
    warning: str
    """The same as a sentence; empty when nothing is endangered."""


def system_lines(session: Session, organisation_id: int, now: datetime) -> tuple[SystemLine, ...]:
    """Return the systems of an organisation, each with its warning, in a constant number of statements; the caller has checked the scope."""
    opened = books.open_book(session, [organisation_id], now)
    today = opened.houses[organisation_id].today
    rows = serving.systems(session, organisation_id, today)
    served = serving.served_by_operators(session, organisation_id, today)
    book = opened.filled(session) if served else opened
    found: dict[int, list[Reached]] = defaultdict(list)
    hours = {row.id: row.operator_hours for row in rows}
    known: dict[tuple[int, int | None], Reached] = {}
    for system_id, agreement_id, template_id in served:
        answers = book.answers(agreement_id, template_id)
        # Agreements on the same terms share one object, so ten thousand cost little more than one.
        key = (id(answers), hours[system_id])
        if key not in known:
            known[key] = reached(hours[system_id], governing_clock(answers.stack))
        found[system_id].append(known[key])
    return tuple(_line(row, found.get(row.id, ())) for row in rows)


def _line(row: SystemRow, results: Sequence[Reached]) -> SystemLine:
    endangered = [one for one in results if one.endangered]
    return SystemLine(row, promise_text(row.operator, row.operator_hours), len(endangered), warning(row.operator, endangered))


def promise_text(operator: str, hours: int | None) -> str:
    """Return what an operator promised, in words."""
    if not operator:
        return ""
    return "no number promised" if hours is None else f"within {plural(hours, 'hour')}"


def warning(operator: str, endangered: Sequence[Reached]) -> str:
    """Return the sentence about customers whose promise an operator's own cannot satisfy; empty for none."""
    if not endangered:
        return ""
    shortest = min(one.promised_hours or 0 for one in endangered)
    customers = plural(len(endangered), "customer was", "customers were")
    if endangered[0].reach is Reach.NO_PROMISE:
        return f"{operator} promised no hours, but {customers} promised {plural(shortest, 'hour')} or more. Agree on a number with {operator}."
    told = plural(endangered[0].upstream_hours or 0, "hour")
    return (
        f"{operator} may take {told} to tell you, but {customers} promised no more than that, the shortest {plural(shortest, 'hour')}. "
        f"Agree on fewer hours with {operator}."
    )


def of_agreement(systems: Mapping[str, int | None], answers: Answers) -> tuple[str, ...]:
    """Return the warnings for one agreement, by operator; `systems` holds the hours each operator promised, the longest where several do."""
    clock = governing_clock(answers.stack)
    sentences = []
    for operator, hours in systems.items():
        one = reached(hours, clock)
        if one.reach is Reach.TOO_LATE:
            sentences.append(f"{operator} may take {plural(hours or 0, 'hour')} to tell of a breach; this customer was promised {plural(one.promised_hours or 0, 'hour')}.")
        if one.reach is Reach.NO_PROMISE:
            sentences.append(f"{operator} promised no hours to tell of a breach; this customer was promised {plural(one.promised_hours or 0, 'hour')}.")
    return tuple(sentences)
