"""The list of agreements, and what it can be narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from dpa.agreements import book as books
from dpa.agreements import queries
from dpa.agreements.book import Answers, Book
from dpa.agreements.pages.badges import Badge, gaps_badge, traps, undecided_badge
from dpa.agreements.queries import AgreementRow, Narrowing
from dpa.web import words
from dpa.web.identity import Scope
from dpa.web.paging import Page

STATUS: dict[str, tuple[str, str]] = {
    "on-file": ("DPA on file", "inside"), "external": ("DPA not held", "external"), "none": ("No DPA", "none"),
}
"""Value in the address: words, and where the terms model says the agreement is."""
STATES: dict[str, tuple[str, bool]] = {"running": ("Running", True), "ended": ("Ended", False)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as typed; unknown values narrow nothing."""

    text: str = ""
    status: str = ""
    template: str = ""
    state: str = ""
    organisation: str | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.text or self.status or self.template or self.state)

    def address(self) -> dict[str, str | None]:
        """Return the parameters of the address that keep this narrowing."""
        return {"q": self.text or None, "status": self.status or None, "template": self.template or None,
                "state": self.state or None, "organisation": self.organisation}


@dataclass(frozen=True, slots=True)
class Line:
    """One agreement of the list."""

    row: AgreementRow
    organisation: str
    runs: str
    """From when, until when, and whether it has ended."""
    ended: bool
    deviates: bool
    traps: tuple[Badge, ...]
    gaps: Badge
    undecided: Badge | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The page of the list."""

    page: Page[AgreementRow]
    lines: tuple[Line, ...]
    templates: tuple[tuple[str, str], ...]
    """Choices of standard terms for the filter."""
    anything: bool
    """Whether there are standard terms at all; without them no agreement can be added."""


def listing(session: Session, scope: Scope, asked: Asked, *, after: list[Any] | None, now: datetime) -> Listing:
    """Return a page of the list, in five statements."""
    opened = books.open_book(session, scope.organisation_ids, now)
    whole = opened.filled(session) if asked.status in STATUS else None
    narrowing = Narrowing(
        text=asked.text,
        template_id=int(asked.template) if asked.template.isascii() and asked.template.isdigit() else None,
        running=STATES[asked.state][1] if asked.state in STATES else None,
        today={key: house.today for key, house in opened.houses.items()},
        terms=_status_condition(whole, asked.status) if whole else None,
    )
    page = queries.agreements(session, scope, narrowing, after=after)
    book = whole or opened.filled(session, [row.id for row in page.rows])
    return Listing(
        page=page,
        lines=tuple(line(book, row) for row in page.rows),
        templates=tuple((str(head.id), head.title) for head in book.templates.values()),
        anything=bool(book.templates),
    )


def line(book: Book, row: AgreementRow) -> Line:
    """Return one agreement in words."""
    answers = book.answers(row.id, row.template_id)
    house = book.houses[row.organisation_id]
    ended = row.ends_on is not None and row.ends_on < house.today
    return Line(
        row=row, organisation=house.name, runs=runs(row), ended=ended, deviates=book.deviates(row.id), traps=traps(answers),
        gaps=gaps_badge(answers), undecided=undecided_badge(answers),
    )


def runs(row: AgreementRow) -> str:
    """Return from when until when an agreement runs."""
    begin = words.day(row.starts_on)
    return f"since {begin}" if row.ends_on is None else f"{begin} to {words.day(row.ends_on)}"


def _status_condition(book: Book, status: str) -> ColumnElement[bool]:
    wanted = STATUS[status][1]

    def fits(answers: Answers) -> bool:
        return answers.dpa == wanted

    return book.where(fits)
