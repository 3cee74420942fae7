"""The matrix: agreements × promises, narrowed by what is promised, and its export as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dpa.agreements import book as books
from dpa.agreements import queries, serving
from dpa.agreements.book import Answers, Book
from dpa.agreements.pages.badges import ORIGIN_BADGE
from dpa.agreements.pages.systems import of_agreement
from dpa.agreements.pages.terms import origin_words
from dpa.agreements.queries import AgreementRow, Narrowing
from dpa.agreements.terms import COLUMN_LABEL, Column, Origin, Promise, select
from dpa.web.identity import Scope
from dpa.web.paging import Page

WITHIN: tuple[int, ...] = (12, 24, 36, 48, 72, 168, 720)
"""Hours offered by the filter; the address takes any."""
ORIGINS: dict[str, Origin] = {
    "contract": Origin.CONTRACT, "statute": Origin.STATUTE, "policy": Origin.HOUSE_POLICY, "decision": Origin.DECISION,
    "external": Origin.EXTERNAL_DOC,
}
MOST_HOURS = 100_000
RISKY = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that make a spreadsheet run a cell as a formula."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as typed; unknown values narrow nothing."""

    text: str = ""
    column: str = ""
    within: str = ""
    origin: str = ""
    ended: bool = False
    organisation: str | None = None

    @property
    def hours(self) -> int | None:
        """Most hours of the promise."""
        if not self.within.isascii() or not self.within.isdigit():
            return None
        return min(int(self.within[:9]), MOST_HOURS)

    @property
    def about(self) -> Column:
        """Promise the narrowing is about; the breach unless another is named."""
        return Column(self.column) if self.column in set(Column) else Column.BREACH

    @property
    def narrows_terms(self) -> bool:
        """Whether what the terms say decides."""
        return self.hours is not None or self.origin in ORIGINS

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.text or self.column or self.within or self.origin or self.ended)

    def address(self) -> dict[str, str | None]:
        """Return the parameters of the address that keep this narrowing."""
        return {"q": self.text or None, "column": self.column or None, "within": self.within or None, "origin": self.origin or None,
                "ended": "1" if self.ended else None, "organisation": self.organisation}

    def fits(self, answers: Answers) -> bool:
        """Tell whether the promise asked about is kept within the hours and rests on the origin."""
        origins = [ORIGINS[self.origin]] if self.origin in ORIGINS else []
        return bool(select({0: answers.promises}, self.about, within_hours=self.hours, origins=origins))


@dataclass(frozen=True, slots=True)
class Cell:
    """One promise."""

    label: str
    text: str
    origin: str
    clause: str | None
    asked: bool
    """Whether the narrowing is about it."""
    warnings: tuple[str, ...] = ()
    """Why the promise cannot be relied on: what a subprocessor promised leaves no time for it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One agreement with its promises."""

    row: AgreementRow
    organisation: str
    deviates: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A page of the matrix."""

    page: Page[AgreementRow]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    question: str | None
    """The narrowing as a sentence."""


def matrix(session: Session, scope: Scope, asked: Asked, *, after: list[Any] | None, now: datetime) -> Matrix:
    """Return a page of the matrix, in six statements."""
    opened = books.open_book(session, scope.organisation_ids, now)
    whole = opened.filled(session) if asked.narrows_terms else None
    page = queries.agreements(session, scope, _narrowing(whole or opened, asked), after=after)
    book = whole or opened.filled(session, [row.id for row in page.rows])
    operators = serving.operators_of(session, [row.id for row in page.rows])
    return Matrix(
        page=page,
        columns=tuple(COLUMN_LABEL[column] for column in Column),
        lines=tuple(_line(book, row, asked, operators.get(row.id, {})) for row in page.rows),
        question=_question(asked),
    )


def _narrowing(book: Book, asked: Asked) -> Narrowing:
    return Narrowing(
        text=asked.text,
        running=None if asked.ended else True,
        today={key: house.today for key, house in book.houses.items()},
        terms=book.where(asked.fits) if asked.narrows_terms else None,
    )


def _line(book: Book, row: AgreementRow, asked: Asked, operators: Mapping[str, int | None]) -> Line:
    about = asked.about if asked.is_narrowed and (asked.narrows_terms or asked.column) else None
    answers = book.answers(row.id, row.template_id)
    upstream = of_agreement(operators, answers)
    cells = tuple(
        Cell(promise.label, promise.text, _badge(promise), promise.clause, promise.column is about, upstream if promise.column is Column.BREACH else ())
        for promise in answers.promises
    )
    return Line(row, book.houses[row.organisation_id].name, book.deviates(row.id), cells)


def _badge(promise: Promise) -> str:
    if promise.origin is not None:
        return ORIGIN_BADGE[promise.origin]
    return "external" if promise.awaiting else "absent"


def _question(asked: Asked) -> str | None:
    if not asked.narrows_terms:
        return None
    within = f" at most {asked.hours} hours" if asked.hours is not None else ""
    origin = f" resting on {origin_words(ORIGINS[asked.origin])}" if asked.origin in ORIGINS else ""
    return f"{COLUMN_LABEL[asked.about]}:{within}{origin}."


def csv_lines(session: Session, scope: Scope, asked: Asked, now: datetime) -> Iterator[str]:
    """Yield the whole narrowed matrix as CSV (RFC 4180), line by line; formulas are disarmed."""
    book = books.open_book(session, scope.organisation_ids, now).filled(session)
    heads = ["Organisation", "Customer", "Customer reference", "Agreement", "Standard terms", "Deviates", "Starts", "Ends"]
    for column in Column:
        heads += [COLUMN_LABEL[column], f"{COLUMN_LABEL[column]}: origin", f"{COLUMN_LABEL[column]}: clause"]
    yield csv_line(heads)
    promised: dict[int, list[str]] = {}
    for row, reference in queries.stream(session, scope, _narrowing(book, asked)):
        answers = book.answers(row.id, row.template_id)
        if id(answers) not in promised:
            promised[id(answers)] = [cell for promise in answers.promises for cell in _cells(promise)]
        yield csv_line([
            book.houses[row.organisation_id].name, row.controller, reference, row.reference, row.template,
            "yes" if book.deviates(row.id) else "no", row.starts_on.isoformat(), row.ends_on.isoformat() if row.ends_on else "",
            *promised[id(answers)],
        ])


def _cells(promise: Promise) -> tuple[str, str, str]:
    return promise.text, origin_words(promise.origin), promise.clause or ""


def csv_line(cells: list[str]) -> str:
    """Return one line of CSV with its line break, each cell disarmed."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([disarmed(cell) for cell in cells])
    return out.getvalue()


def disarmed(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula: a risky beginning gets an apostrophe in front (CWE-1236)."""
    return f"'{cell}" if cell.startswith(RISKY) else cell
