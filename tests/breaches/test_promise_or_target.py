"""Where contract and law name no number, a target of the house runs; no list, figure or report calls it a promise."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from dpa.breaches import operations
from dpa.breaches.evidence import dossier_pages, drill_pages, lines, register
from dpa.breaches.operations import documenting
from dpa.breaches.rules import Draft
from dpa.docket import operations as docket
from dpa.evidence.register import records
from tests.breaches.conftest import NOW, ground_for
from tests.breaches.evidence.house import HOUR, exercise, people
from tests.breaches.evidence.test_drill import report
from tests.breaches.evidence.test_register import asked
from tests.breaches.test_case_pages import Desk
from tests.breaches.test_phases import Case
from tests.support.databases import Database

DRAFT = Draft("It leaked.", "DPO, now", "", "", "")


class HouseTargets(Desk):
    """A desk whose contract names no number of hours."""

    contract = "lighton"


@pytest.fixture
def desk(sqlite_database: Database) -> HouseTargets:
    return HouseTargets(sqlite_database)


@pytest.fixture
def case(sqlite_database: Database) -> Case:
    return Case(ground_for(sqlite_database, "lighton", Session(sqlite_database.engine)))


PROMISE = re.compile(r">\s*Promise\s*<|label=[\"']Promise[\"']|(the|shortest|earliest|each|of this case) promises?\b(?! or target| and target)", re.IGNORECASE)


def main(page: str) -> str:
    return page.split("<main", 1)[1].split("</main>", 1)[0]


@pytest.mark.parametrize("place", ["", "/evidence", "/release", "/affected", "/customers/1/hand-over"])
def test_no_list_of_a_case_calls_its_column_a_promise(desk: HouseTargets, place: str) -> None:
    if place == "/customers/1/hand-over":
        desk.tell()
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT)) if place == "/release" else None
    page = main(desk.client("dpo").get(desk.case + place).text)
    assert not PROMISE.search(page), PROMISE.search(page)
    assert "Promise or target" in page or place == "/affected"


def test_neither_does_the_preview_of_who_is_affected_nor_the_year(desk: HouseTargets) -> None:
    client = desk.client("dpo")
    case = desk.record()
    first = main(client.get(f"{case}/affected").text)
    shown = main(client.post(f"{case}/affected", data={"selection": "all", "preview": "1"}).text)
    year = main(client.get("/breaches/year").text)
    assert "The shortest promise or target on file: without undue delay" in first
    assert "Promise or target" in shown
    assert "the earliest promise or target" in year
    for page in (first, shown, year):
        assert not PROMISE.search(page), PROMISE.search(page)


def test_the_register_counts_promises_and_targets(desk: HouseTargets, case: Case) -> None:
    assert "Promises or targets missed" in main(desk.client("dpo").get("/breaches/register").text)
    case.tell(30)
    found = lines.lines(case.ground.session, case.ground.organisation.id, asked(31))
    body = register.build({"title": "Register", "zone": "Europe/Paris", "issuer": {"name": "LightOn"}, "content": register.content(found, asked(31))})
    assert "2 promises or house targets were missed." in str(body.summary[0])


def test_the_report_of_an_exercise_names_the_target(sqlite_database: Database) -> None:
    ground = ground_for(sqlite_database, "lighton", Session(sqlite_database.engine))
    people(ground)
    page = str(drill_pages.build(report(exercise(ground))))
    assert page.count("title='Promise or target'") == 2
    assert "title='Promise'" not in page
    assert page.count("without undue delay, GDPR Art. 33(2) (house target)") == 8, "each of four customers, among the missed and among all"


def test_a_dossier_says_that_a_target_was_waived_and_no_promise(case: Case) -> None:
    with case.at(1) as unit:
        docket.waive(unit, case.entry(0), reason="The customer heard of it at our table.")
    with case.at(2) as unit:
        [paper] = documenting.order_dossiers(unit, case.breach, unit.session.merge(case.ground.organisation), case.rows[:1], NOW + 2 * HOUR)
        page = str(dossier_pages.build(records.read(paper.content)))
    assert "The house target for Customer 1 was waived" in page
    assert "The promise to" not in page
