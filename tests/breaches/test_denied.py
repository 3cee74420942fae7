"""Special categories in the fact sheet under contracts that say none are processed (Light and Shadows, 29)."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from dpa.breaches import facts, operations, queries
from dpa.breaches.facts.words import DataType
from dpa.breaches.models import Breach
from dpa.breaches.operations import save_facts
from dpa.breaches.pages import facts as pages
from dpa.breaches.views import notice
from tests.breaches.conftest import ground_for
from tests.breaches.test_case_pages import DRAFT, Desk
from tests.breaches.test_phases import Case
from tests.support.databases import Database


@pytest.mark.parametrize(("contract", "data", "asked"), [
    ("light-and-shadows", DataType.HEALTH, True), ("light-and-shadows", DataType.BASIC, False), ("lemon-learning", DataType.HEALTH, False),
])  # fmt: skip
def test_the_contract_is_challenged_and_nothing_is_held_up(database: Database, session: Session, contract: str, data: DataType, asked: bool) -> None:
    case = Case(ground_for(database, contract, session))
    with case.at(1) as unit:
        save_facts(unit, case.breach, facts.build({"nature": "An export leaked.", "data_types": [data.value]}).canonical())
    page = pages.page(session, case.breach, queries.newest_facts(session, case.id), before=None)
    said = [one for one in page.odd if "Special categories" in one]
    assert bool(said) is asked
    if asked:
        assert "clause 29, says that none are processed; it binds 2 agreements of this case (A1, A2)." in said[0]
    case.tell(2)


def test_the_review_asks_it_too(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(sqlite_database)
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT))
    asked = []

    def ask(session: Session, breach: Breach, sheet: facts.FactSheet) -> tuple[str, ...]:
        asked.append((breach.id, sheet.special))
        return ("Find out which is right.",)

    monkeypatch.setattr(notice, "denied", ask)
    assert "Find out which is right." in desk.client("dpo").get(f"{desk.case}/release").text
    assert asked == [(desk.id, ())]
