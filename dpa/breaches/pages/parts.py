"""The page of what concerns each customer: numbers and categories of its own, and how they stand to the incident's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.agreements.models import Agreement
from dpa.breaches import left_out, queries
from dpa.breaches.facts import Share, counted, listing
from dpa.breaches.facts.listing import Line, TableProblem
from dpa.breaches.facts.shares import Part, Source, compared
from dpa.breaches.models import Affected, Breach
from dpa.breaches.versions import figure, newest_sheet, own_shares, part_rows, parts_of, told_last
from dpa.languages import ENGLISH
from dpa.parties.models import Controller
from dpa.parties.queries import contains
from dpa.problems import Invalid
from dpa.web.paging import SIZE

SOURCES = {Source.OWN: "said for it", Source.AGREEMENT: "as its agreement names them", Source.INCIDENT: "as in the fact sheet"}


@dataclass(frozen=True, slots=True)
class PartLine:
    """What one customer would be told of its own part now."""

    affected_id: int
    controller: str
    agreement: str
    people: str
    records: str
    subjects: str
    subjects_from: str
    data: str
    data_from: str
    left_out: tuple[str, ...]
    """What it would not be told because only its agreement or only the fact sheet names it."""
    countries: str
    said_at: datetime | None
    """When somebody said it for this customer; none where nobody did."""
    news: bool
    """Whether it is something else than the customer was told last."""


@dataclass(frozen=True, slots=True)
class PartsView:
    """Everything the page shows."""

    lines: tuple[PartLine, ...]
    next_after: int | None
    """Row after which the list goes on."""
    customers: int
    people: str
    """The incident's own number."""
    records: str
    notes: tuple[str, ...]
    """How the customers' numbers stand to it."""


@dataclass(frozen=True, slots=True)
class Named:
    """One customer of a case by name."""

    row: Affected
    agreement: str
    controller: str
    controller_reference: str


def named(session: Session, breach: Breach, *, text: str = "", after: int = 0, limit: int | None = None, only: int | None = None) -> list[Named]:
    """Return customers of a case in the order they were named."""
    query = (
        select(Affected, Agreement.reference, Controller.name, Controller.reference)
        .join(Agreement, Agreement.id == Affected.agreement_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(Affected.breach_id == breach.id, Affected.id > after)
    )
    if text:
        query = query.where(contains(Controller.name, text) | contains(Agreement.reference, text))
    if only is not None:
        query = query.where(Affected.id == only)
    return [Named(*row) for row in session.execute(query.order_by(Affected.id).limit(limit))]


def view(session: Session, breach: Breach, *, text: str = "", after: int = 0) -> PartsView:
    """Return the page; the number of statements does not depend on how many customers there are but by the five hundred."""
    found = named(session, breach, text=text, after=after, limit=SIZE + 1)
    rows = [one.row for one in found[:SIZE]]
    parts, own, told = parts_of(session, breach, rows), own_shares(session, [row.id for row in rows]), told_last(session, rows)
    lines = [_line(one, parts[one.row.id], own[one.row.id][1].at if one.row.id in own else None, told.get(one.row.id)) for one in found[:SIZE]]
    everybody = session.scalars(select(Affected.id).where(Affected.breach_id == breach.id)).all()
    shares, sheet = own_shares(session, everybody), newest_sheet(session, breach)
    counts = [shares[key][0] if key in shares else Share() for key in everybody]
    notes = (
        *_note("People", compared(sheet.people, [one.people for one in counts]), len(everybody)),
        *_note("Records", compared(sheet.records, [one.records for one in counts]), len(everybody)),
    )
    return PartsView(
        tuple(lines), found[SIZE - 1].row.id if len(found) > SIZE else None, len(everybody), counted(sheet.people, "person", "people"),
        counted(sheet.records, "record", "records"), notes,
    )  # fmt: skip


def _note(what: str, said: str | None, customers: int) -> tuple[str, ...]:
    # A single customer's numbers are those of the fact sheet, unless somebody said others.
    return (f"{what}: {said[:1].lower() + said[1:]}",) if said and customers else ()


def _line(one: Named, part: Part, said_at: datetime | None, told: str | None) -> PartLine:
    facts = part.facts() or {"people": None, "records": None}
    rows = [text for _, text in part_rows(part.facts(), ENGLISH)] or [""] * 4
    return PartLine(
        affected_id=one.row.id, controller=one.controller, agreement=one.agreement, people=figure(facts["people"], ENGLISH),
        records=figure(facts["records"], ENGLISH), subjects=rows[2] if part.subjects or part.subjects_note else "",
        subjects_from=SOURCES[part.subjects_from], data=rows[3] if part.data_types or part.data_note else "", data_from=SOURCES[part.data_from],
        left_out=left_out.sentences(part), countries=rows[4] if part.countries else "", said_at=said_at, news=told is not None and told != part.text,
    )  # fmt: skip


def matched(session: Session, breach: Breach, lines: Sequence[Line]) -> Mapping[int, Share]:
    """Return the shares of a table by customer of the case. Raises `Invalid` naming lines that fit none of them, or several."""
    found, faults = _matched(session, breach, lines)
    if faults:
        raise Invalid(listing.told([text for _, text in faults]), field="table")
    return found


def whole_problem(session: Session, breach: Breach, problem: TableProblem) -> Invalid:
    """Return one problem that names every bad line of a table: those that cannot be read, and those that fit no customer of the case."""
    _, unmatched = _matched(session, breach, problem.lines)
    unread = [(int(text.removeprefix("Line ").partition(":")[0]), text) for text in problem.faults]
    return Invalid(listing.told([text for _, text in sorted([*unread, *unmatched])]), field="table")


def _matched(session: Session, breach: Breach, lines: Sequence[Line]) -> tuple[Mapping[int, Share], list[tuple[int, str]]]:
    """Return the shares by customer, and what is wrong by the number of the line."""
    known: dict[str, set[int]] = defaultdict(set)
    for one in named(session, breach):
        for name in (one.agreement, one.controller_reference, one.controller):
            known[name.strip().casefold()].add(one.row.id)
    found: dict[int, Share] = {}
    faults: list[tuple[int, str]] = []
    for line in lines:
        fitting = known.get(line.customer.casefold(), set())
        if len(fitting) != 1:
            why = "is not among the customers of this case" if not fitting else f"fits {len(fitting)} of them; name the agreement instead"
            faults.append((line.number, f"Line {line.number}: {line.customer[:60]} {why}."))
        elif (key := next(iter(fitting))) in found:
            faults.append((line.number, f"Line {line.number}: {line.customer[:60]} is a customer that another line names, too."))
        else:
            found[key] = line.share
    return found, faults


def own_part(session: Session, breach: Breach, affected_id: int) -> tuple[Named, Share, Part]:
    """Return one customer of the case, what was said for it, and what it would be told now."""
    row = queries.affected_row(session, breach, affected_id)
    (one,) = named(session, breach, only=row.id)
    share, _ = own_shares(session, [row.id]).get(row.id, (Share(), None))
    return one, share, parts_of(session, breach, [row])[row.id]
