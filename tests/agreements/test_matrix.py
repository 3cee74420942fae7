"""The matrix: filters that answer questions, the same answer as asking each agreement, and a CSV no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from sqlalchemy.orm import Session

from dpa.agreements import book as books
from dpa.agreements import deviations, operations, queries
from dpa.agreements.models import Template
from dpa.agreements.pages.matrix import Asked, csv_line, disarmed, matrix
from dpa.agreements.queries import Narrowing
from dpa.agreements.terms import SHIPPED, Column, shipped_contract
from dpa.extensions import db
from dpa.web.identity import Scope
from tests.agreements.conftest import Begin, Desk, agreed, organisation, standard
from tests.support.pages import NOON

REASON = "Counsel of 3 May: the customer may ask for its data back first."


@pytest.fixture
def five(session: Session, begin: Begin) -> Scope:
    """All five contracts in one organisation, some agreements with something of their own, one ended."""
    with begin() as unit:
        place = organisation(unit)
        templates = [standard(unit, place, slug) for slug in SHIPPED]
        rows = [agreed(unit, template, 10 * number + more) for number, template in enumerate(templates) for more in range(3)]
        ended = agreed(unit, templates[3], 99, ends_on=date(2026, 11, 21), name="Gone")
        ids = [row.id for row in rows]
    scope = Scope(frozenset({place}))
    with begin() as unit:
        for agreement_id, hours in ((ids[0], 12), (ids[4], 48), (ids[9], 72)):
            fresh = queries.agreement(session, scope, agreement_id)
            operations.amend_agreement(unit, fresh, deviations.with_breach_hours((), hours, "annex"), date(2026, 1, 1), "Negotiated")
        fresh = queries.agreement(session, scope, ids[10])
        operations.decide_conflict(unit, fresh, shipped_contract("lemon-learning"), "deletion", "one-year", REASON)
    with begin() as unit:
        later = queries.agreement(session, scope, ids[1])
        operations.amend_agreement(unit, later, deviations.with_breach_hours((), 6, "annex"), date(2027, 1, 1), "From next year")
    assert ended.id
    return scope


@pytest.mark.parametrize(
    "asked",
    [
        Asked(within="24"), Asked(within="12"), Asked(within="48", origin="contract"), Asked(origin="policy"), Asked(origin="statute"),
        Asked(column="deletion", origin="contract"), Asked(column="deletion", within="9000"), Asked(column="audit", within="2000", origin="contract"),
        Asked(column="law", origin="contract"), Asked(within="24", ended=True), Asked(column="proof", within="1"),
    ],
    ids=str,
)
def test_the_database_chooses_what_asking_each_agreement_would_choose(session: Session, five: Scope, asked: Asked) -> None:
    view = matrix(session, five, asked, after=None, now=NOON)
    book = books.open_book(session, five.organisation_ids, NOON).filled(session)
    running = None if asked.ended else True
    everything = queries.agreements(session, five, Narrowing(running=running, today={key: house.today for key, house in book.houses.items()}))
    expected = [row.id for row in everything.rows if asked.fits(book.answers(row.id, row.template_id))]
    assert [line.row.id for line in view.lines] == expected


def test_who_must_hear_within_a_day_is_answered_with_deviations_in_force_only(session: Session, five: Scope) -> None:
    view = matrix(session, five, Asked(within="12", origin="contract"), after=None, now=NOON)
    assert [(line.row.controller, line.deviates, line.cells[0].text) for line in view.lines] == [("Customer 0000", True, "12 hours")]
    assert view.question == "Breach: at most 12 hours resting on contract."
    within_a_day = matrix(session, five, Asked(within="24", origin="contract"), after=None, now=NOON)
    assert {line.row.template for line in within_a_day.lines} == {"LightOn Terms of Use", "Lemon Learning General Terms and Conditions"}


@pytest.mark.parametrize(
    ("asked", "hours", "column"),
    [
        (Asked(within="24"), 24, Column.BREACH), (Asked(within="-1"), None, Column.BREACH), (Asked(within="soon"), None, Column.BREACH),
        (Asked(within="9" * 40), 100_000, Column.BREACH), (Asked(within="²"), None, Column.BREACH), (Asked(column="audit"), None, Column.AUDIT),
        (Asked(column="nonsense"), None, Column.BREACH),
    ],
)
def test_what_the_address_asks_for_is_read_with_care(asked: Asked, hours: int | None, column: Column) -> None:
    assert (asked.hours, asked.about) == (hours, column)


CORPUS = (
    "=1+1", "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "=HYPERLINK(\"http://x.example\";\"y\")", "-2+3+cmd|' /C calc'!A0",
)
HARMLESS = ("Académie de Lille", "'=1", " =1", "1-1", "a@b.example", "", "15.4", "“=1”")


@pytest.mark.parametrize("cell", CORPUS, ids=range(len(CORPUS)))
def test_no_cell_begins_as_a_formula(cell: str) -> None:
    assert disarmed(cell) == f"'{cell}"
    ((read,),) = csv.reader(io.StringIO(csv_line([cell]), newline=""))
    assert read == f"'{cell}"


@pytest.mark.parametrize("cell", HARMLESS)
def test_harmless_cells_stay_as_they_are(cell: str) -> None:
    assert disarmed(cell) == cell


def test_cells_with_separators_quotes_and_breaks_survive() -> None:
    cells = ['a,b', 'say "x"', "two\r\nlines", "é", ""]
    line = csv_line(cells)
    assert line.endswith("\r\n")
    assert next(csv.reader(io.StringIO(line, newline=""))) == cells


def test_the_download_honours_the_filters_and_disarms_names(desk: Desk) -> None:
    with desk.app.app_context(), desk.unit() as unit:
        template = db.session.get_one(Template, desk.template)
        for number, name in enumerate(CORPUS[:5], start=10):
            agreed(unit, template, number, name=name)
        agreed(unit, template, 99, name="Gone", ends_on=date(2026, 1, 1))
    client = desk.client(desk.dpo)
    answer = client.get("/agreements/matrix.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    head, *lines = csv.reader(io.StringIO(answer.data.decode("utf-8"), newline=""))
    assert len(head) == 8 + 3 * len(Column)
    assert {len(line) for line in lines} == {len(head)}
    assert sorted(line[1] for line in lines) == sorted(["Académie de Lille", *(f"'{name}" for name in CORPUS[:5])])
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for line in lines for cell in line)
    assert next(line[head.index("Breach")] for line in lines) == "24 hours by e-mail"
    only = client.get("/agreements/matrix.csv?q=A-0001&within=24&origin=contract").text
    assert only.count("\r\n") == 2
    assert client.get("/agreements/matrix.csv?within=1").text.count("\r\n") == 1
    assert "Gone" in client.get("/agreements/matrix.csv?ended=1").text
    assert "Fjord Bank" not in answer.text


def test_the_page_names_origin_and_clause(desk: Desk) -> None:
    client = desk.client(desk.auditor)
    text = client.get("/agreements/matrix?column=breach&within=24").text
    assert "24 hours by e-mail" in text
    assert "15.4" in text
    assert "Breach: at most 24 hours." in text
    assert "No agreement matches" in client.get("/agreements/matrix?within=1").text
