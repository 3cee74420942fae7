"""What waits for people on the board: a notice to approve, a question to answer, a case to end; nobody else sees it, and each costs one statement."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from dpa.breaches import operations
from dpa.breaches.errands import approvals
from dpa.breaches.models import Breach
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.extensions import db
from dpa.people.roles import Role
from dpa.web.identity import Scope
from tests.breaches.test_case_pages import HOUR, Desk
from tests.breaches.test_pages import House
from tests.support.databases import Database
from tests.support.pages import act, add_person

TEXT = {"nature": "It leaked.", "contact": "DPO, now"}


@pytest.fixture
def house(sqlite_database: Database) -> House:
    house = House(sqlite_database)
    house.people["second"] = add_person(house.app, "second@example.org", {house.org: Role.DPO})
    house.people["operator"] = add_person(house.app, "op@example.org", {house.org: Role.OPERATOR})
    return house


def four_eyes(house: House, on: bool = True) -> None:
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.change_settings(unit, house.org, four_eyes=on, acknowledge_hours=24, profiles=())


def written(house: House) -> str:
    case, client = house.record(), house.client("dpo")
    client.post(f"{case}/affected", data={"selection": "all"})
    assert client.post(f"{case}/notice", data=TEXT).status_code == 303
    return case


def test_those_who_may_approve_find_it_on_the_board_until_it_is_approved(house: House) -> None:
    four_eyes(house)
    case = written(house)
    board = house.client("second").get("/board").text
    for words in ("Waits for you", "Approve the initial notice of LL-2026-001", "Lemon Learning: Export leak", "First customer due", f'href="{case}/release#approval"'):
        assert words in board
    for who in ("dpo", "operator", "auditor", "outsider"):
        assert "Waits for you" not in house.client(who).get("/board").text, who
    assert house.client("second").post(f"{case}/approve").status_code == 303
    assert "Waits for you" not in house.client("second").get("/board").text
    house.client("second").post(f"{case}/notice", data=TEXT | {"nature": "It leaked twice."})
    assert "Approve the initial notice" in house.client("dpo").get("/board").text, "a change takes the approval back, and the writer cannot be the second person"
    assert "Waits for you" not in house.client("second").get("/board").text


def test_nothing_waits_where_nobody_is_asked(house: House) -> None:
    written(house)
    assert "Waits for you" not in house.client("second").get("/board").text, "the house asks for no second person"
    four_eyes(house)
    assert "Waits for you" in house.client("second").get("/board").text
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.discard_draft(unit, unit.session.get_one(Breach, 1))
    assert "Waits for you" not in house.client("second").get("/board").text


def test_a_later_phase_is_named_and_an_unfinished_text_waits_for_nobody(house: House) -> None:
    written(house)
    house.client("dpo").post("/breaches/1/release")
    four_eyes(house)
    with house.app.app_context(), act(house.app, db.session(), f"u:{house.people['dpo']}") as unit:
        operations.save_draft(unit, unit.session.get_one(Breach, 1), Draft("More is known.", "", "", "", ""), Phase.SUPPLEMENT)
    with house.app.app_context():
        scope = Scope(frozenset({house.org}))
        assert approvals(db.session(), scope, "u:99") == [], "without a contact it could not be released"
    with house.app.app_context(), act(house.app, db.session(), f"u:{house.people['dpo']}") as unit:
        operations.save_draft(unit, unit.session.get_one(Breach, 1), Draft("More is known.", "DPO, now", "", "", ""), Phase.SUPPLEMENT)
    with house.app.app_context():
        assert [one.title for one in approvals(db.session(), scope, "u:99")] == ["Approve the supplement of LL-2026-001"]
        assert approvals(db.session(), Scope(frozenset({house.other})), "u:99") == []


def test_it_costs_one_statement_for_those_who_may_and_none_for_others(house: House) -> None:
    four_eyes(house)
    written(house)
    sent: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    with house.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    for who, times in (("second", 1), ("operator", 0)):
        client = house.client(who)
        sent.clear()
        client.get("/board")
        assert sum("four_eyes" in one for one in sent) == times
    event.remove(engine, "before_cursor_execute", note)


def test_a_customers_open_question_is_on_the_board_until_it_is_answered(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    desk.tell(word=48 * HOUR)
    path = desk.ask()
    for who in ("dpo", "operator"):
        board = desk.client(who).get("/board").text
        assert "Answer Customer 1&#39;s question about LL-2026-001" in board, who
        assert "Were passwords among it?" in board
        assert f'href="{path}"' in board
    for who in ("auditor", "outsider"):
        assert "Were passwords among it?" not in desk.client(who).get("/board").text, who
    desk.client("dpo").post(path, data={"answer": "None were."})
    assert "Were passwords among it?" not in desk.client("dpo").get("/board").text


def test_a_case_of_which_no_clock_runs_is_on_the_board_until_it_is_closed(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    desk.tell(word=48 * HOUR)
    assert "Bring LL-2026-001 to its end" not in desk.client("dpo").get("/board").text, "the next word is owed, and its clock stands there"
    desk.later(1)
    desk.tell(Phase.FINAL)
    board = desk.client("dpo").get("/board").text
    assert "Bring LL-2026-001 to its end" in board
    assert "Chase acknowledgements of breach LL-2026-001" in board
    assert "No customer’s clock runs and no next word is owed; acknowledgements are still chased. What is left" in board
    assert "No clock of it runs" not in board
    assert "no customer’s clock runs" in desk.client("dpo").get("/breaches").text
    assert "Bring LL-2026-001" not in desk.client("operator").get("/board").text
    assert desk.client("dpo").post(f"{desk.case}/close", data={"summary": "It was put right."}).status_code == 303
    assert "Bring LL-2026-001" not in desk.client("dpo").get("/board").text
