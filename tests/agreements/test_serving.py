"""Who runs a system, what is done under an agreement, and what a subprocessor's own promise means for customers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from dpa.agreements import operations, serving
from dpa.agreements.models import Activity, Agreement, System
from dpa.agreements.pages.systems import system_lines
from dpa.agreements.terms import DEFAULT_POLICY, TermStack, governing_clock, shipped_contract
from dpa.agreements.terms.upstream import Reach, reached
from dpa.problems import Conflict, Invalid, NotFound
from dpa.web.identity import Scope
from tests.agreements.conftest import TODAY, Begin, Desk, agreed, organisation, standard
from tests.agreements.test_operations import last_event
from tests.support.pages import NOON


def stack(slug: str) -> TermStack:
    return TermStack(template=shipped_contract(slug), policy=DEFAULT_POLICY, on=date(2026, 11, 22))


@pytest.mark.parametrize(
    ("slug", "hours", "wanted"),
    [
        ("lemon-learning", 48, Reach.TOO_LATE),
        ("lemon-learning", 24, Reach.TOO_LATE),
        ("lemon-learning", 23, Reach.LEAVES_TIME),
        ("lemon-learning", None, Reach.NO_PROMISE),
        ("light-and-shadows", 48, Reach.NO_NUMBER),
        ("light-and-shadows", None, Reach.NO_NUMBER),
        ("lightenup", 1, Reach.NO_NUMBER),
    ],
)
def test_what_a_subprocessors_promise_means(slug: str, hours: int | None, wanted: Reach) -> None:
    found = reached(hours, governing_clock(stack(slug)))
    assert found.reach is wanted
    assert found.endangered == (wanted in {Reach.TOO_LATE, Reach.NO_PROMISE})
    assert found.promised_hours == (24 if slug == "lemon-learning" else None)
    assert reached(hours, None).reach is Reach.NO_NUMBER


def test_a_system_is_run_by_one_subprocessor_whatever_the_capitals(session: Session, begin: Begin) -> None:
    with begin() as unit:
        lemon = organisation(unit)
        first = operations.add_system(unit, lemon, "Backup", "Nimbus Cloud", 48)
        second = operations.add_system(unit, lemon, "Mail", " nimbus   CLOUD ")
        assert (second.operator, second.operator_hours) == ("Nimbus Cloud", None)
        operations.set_operator(unit, second, "Nimbus Cloud", 24)
    assert (last_event(session).action, last_event(session).subject_id) == ("agreements:system:operator_set", str(second.id))
    with pytest.raises(Conflict, match="Nothing differs"), begin() as unit:
        operations.set_operator(unit, session.get_one(System, first.id), "nimbus cloud", 48)
    for operator, hours, words in (("", 5, "Name the subprocessor"), ("X", 0, "Enter 1 to"), ("X", 9000, "Enter 1 to"), ("X" * 201, None, "Shorten")):
        with pytest.raises(Invalid) as caught, begin() as unit:
            operations.set_operator(unit, session.get_one(System, first.id), operator, hours)
        assert any(words in text for text in caught.value.fields.values())
    assert serving.system(session, Scope(frozenset({lemon})), first.id).name == "Backup"
    for number in (999, 2**70):
        with pytest.raises(NotFound):
            serving.system(session, Scope(frozenset({lemon})), number)


def test_activities_find_running_agreements_of_their_own_organisation_only(session: Session, begin: Begin) -> None:
    with begin() as unit:
        lemon, light = organisation(unit), organisation(unit, "Light Company")
        template = standard(unit, lemon)
        payroll, foreign = operations.add_activity(unit, lemon, "Payroll"), operations.add_activity(unit, light, "Payroll")
        nimbus = operations.add_system(unit, lemon, "Backup", "Nimbus Cloud", 48)
        running = agreed(unit, template, 1, activities=[payroll], systems=[nimbus])
        agreed(unit, template, 2, activities=[payroll], systems=[nimbus], ends_on=date(2026, 1, 1))
    assert list(serving.served_by_activity(session, lemon, [payroll.id], TODAY)) == [running.id]
    assert list(serving.served_by_activity(session, light, [payroll.id], TODAY)) == []
    assert list(serving.by_operator(session, lemon, "Nimbus Cloud", TODAY)) == [running.id]
    assert list(serving.by_operator(session, lemon, "", TODAY)) == []
    assert serving.operators(session, lemon, TODAY) == [("Nimbus Cloud", 1)]
    assert [row.agreements for row in serving.activities(session, lemon, TODAY)] == [1]
    assert [row.agreements for row in serving.activities(session, lemon)] == [2]
    assert [row.agreements for row in serving.systems(session, lemon, TODAY)] == [1]
    with pytest.raises(Conflict, match="already is a processing activity"), begin() as unit:
        operations.add_activity(unit, lemon, "PAYROLL")
    with pytest.raises(Invalid, match="own organisation"), begin() as unit:
        operations.set_activities(unit, session.get_one(Agreement, running.id), [session.get_one(Activity, foreign.id)])
    with begin() as unit:
        operations.set_activities(unit, session.get_one(Agreement, running.id), [])
    assert last_event(session).action == "agreements:agreement:activities_set"


def test_the_warning_names_how_many_customers_and_the_shortest_promise(session: Session, begin: Begin) -> None:
    with begin() as unit:
        lemon = organisation(unit)
        lemonade, word = standard(unit, lemon), standard(unit, lemon, "light-and-shadows")
        late = operations.add_system(unit, lemon, "Backup", "Nimbus Cloud", 48)
        silent = operations.add_system(unit, lemon, "Mail", "Postrelay")
        quick = operations.add_system(unit, lemon, "Search", "Findfast", 6)
        own = operations.add_system(unit, lemon, "Platform")
        for number in (1, 2):
            agreed(unit, lemonade, number, systems=[late, silent, quick, own])
        agreed(unit, word, 3, systems=[late, silent, quick, own])
    lines = {line.row.name: line for line in system_lines(session, lemon, NOON)}
    assert "may take 48 hours to tell you, but 2 customers were promised no more than that, the shortest 24 hours" in lines["Backup"].warning
    assert "promised no hours, but 2 customers were promised 24 hours" in lines["Mail"].warning
    assert [(name, lines[name].endangered, lines[name].promise) for name in ("Search", "Platform")] == [("Search", 0, "within 6 hours"), ("Platform", 0, "")]


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_the_pages_set_operators_and_activities(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    assert client.post("/agreements/systems", data={"name": "Backup", "operator": "Nimbus Cloud", "operator_hours": "48"}).status_code == 303
    assert client.post(f"/agreements/{desk.agreement}/systems", data={"systems": "2"}).status_code == 303
    assert "1 promise in danger" in page(client, "/agreements/systems")
    assert "Nimbus Cloud may take 48 hours to tell of a breach; this customer was promised 24 hours." in page(client, f"/agreements/{desk.agreement}")
    assert client.post("/agreements/systems/2", data={"operator": "Nimbus Cloud", "operator_hours": "12"}).status_code == 303
    assert "leaves time" in page(client, "/agreements/systems")
    refused = client.post("/agreements/systems/2", data={"operator": "Nimbus Cloud", "operator_hours": "soon"})
    assert (refused.status_code, "Nimbus Cloud" in refused.text) == (422, True)
    assert client.post("/agreements/activities", data={"name": "Payroll"}).status_code == 303
    assert client.post("/agreements/activities", data={"name": "payroll"}).status_code == 422
    assert client.post(f"/agreements/{desk.agreement}/activities", data={"activities": "1"}).status_code == 303
    assert client.post(f"/agreements/{desk.agreement}/activities", data={"activities": "1"}).status_code == 422
    assert "Payroll" in page(client, f"/agreements/{desk.agreement}")


@pytest.mark.parametrize(("path", "data"), [
    ("/agreements/systems/1", {"operator": "X"}), ("/agreements/activities", {"name": "X"}), ("/agreements/{agreement}/activities", {"activities": ""}),
])  # fmt: skip
def test_outsiders_and_auditors_change_nothing(desk: Desk, path: str, data: dict[str, Any]) -> None:
    path = path.format(agreement=desk.agreement)
    assert desk.client(desk.auditor).post(path, data=data).status_code in {403, 404}
    outsider = desk.client(desk.outsider)
    if path != "/agreements/activities":
        assert outsider.post(path, data=data).status_code == 404
    assert "Reporting service" not in page(outsider, "/agreements/systems")
