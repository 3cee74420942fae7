"""Before anything is lost: where a subprocessor's own promise leaves no time for what a customer was promised."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dpa.agreements import operations as agreements
from dpa.agreements.models import Agreement, System
from dpa.agreements.serving import operators_of
from dpa.breaches import operations
from dpa.breaches.models import Breach
from dpa.breaches.rules import Selection
from dpa.breaches.upstream import Ahead, ahead, too_slow
from dpa.extensions import db
from tests.breaches.test_pages import GOOD, House
from tests.support.databases import Database
from tests.support.pages import act

HOUR = timedelta(hours=1)


@pytest.fixture
def house(sqlite_database: Database) -> House:
    """Two customers with 24 hours each; a subprocessor that may take 48 hours serves the first."""
    made = House(sqlite_database)
    with made.app.app_context(), act(made.app, db.session()) as unit:
        backup = agreements.add_system(unit, made.org, "Backup store", "Nimbus Cloud", 48)
        first = unit.session.get_one(Agreement, 1)
        agreements.set_systems(unit, first, [*first.systems, backup])
    return made


@pytest.mark.parametrize(
    ("hours", "allowed", "slow"),
    [(23, 24, False), (24, 24, True), (48, 24, True), (None, 24, True), (48, 72, False)],
)
def test_a_promise_upstream_must_end_before_ours(hours: int | None, allowed: int, slow: bool) -> None:
    assert too_slow(hours, allowed * HOUR) is slow


def test_each_subprocessor_is_told_with_whom_it_endangers() -> None:
    operators: dict[int, dict[str, int | None]] = {1: {"Nimbus": 48, "Quick": 2}, 2: {"Nimbus": 48}, 3: {"Nimbus": 48, "Mute": None}}
    found = ahead({1: 24 * HOUR, 2: 36 * HOUR, 3: 72 * HOUR}, operators)
    assert found == (Ahead("Nimbus", 48, 2, 24 * HOUR), Ahead("Mute", None, 1, 72 * HOUR))
    assert ahead({}, operators) == ()


def test_the_longest_of_several_systems_counts_and_no_number_beats_all(house: House) -> None:
    with house.app.app_context(), act(house.app, db.session()) as unit:
        first = unit.session.get_one(Agreement, 1)
        more = [agreements.add_system(unit, house.org, "Mail", "Nimbus Cloud", 12), agreements.add_system(unit, house.org, "Chat", "Mute", None)]
        agreements.set_systems(unit, first, [*first.systems, *more])
        unit.session.flush()
        assert operators_of(unit.session, [1, 2]) == {1: {"Mute": None, "Nimbus Cloud": 48}}
        agreements.set_operator(unit, unit.session.get_one(System, more[0].id), "Nimbus Cloud", None)
        unit.session.flush()
        assert operators_of(unit.session, [1]) == {1: {"Mute": None, "Nimbus Cloud": None}}


SLOW = "Nimbus Cloud may take 48 hours to tell you"


@pytest.mark.parametrize("choice", [{"selection": "by_subprocessor", "operator": "Nimbus Cloud"}, {"selection": "by_system", "systems": "2"}])
def test_naming_warns_before_clocks_start(house: House, choice: dict[str, str]) -> None:
    page = house.client("dpo").post(f"{house.record()}/affected", data=choice | {"preview": "1"}).text
    assert f"{SLOW} of a breach; 1 of these customers was promised no more than that, the shortest 24 hours" in page


@pytest.mark.parametrize("choice", [{"selection": "all"}, {"selection": "by_system", "systems": "1"}, {"selection": "by_list", "references": "A1"}])
def test_a_subprocessor_the_incident_has_nothing_to_do_with_is_no_warning(house: House, choice: dict[str, str]) -> None:
    client, case = house.client("dpo"), house.record()
    assert "may take" not in client.post(f"{case}/affected", data=choice | {"preview": "1"}).text
    assert client.post(f"{case}/affected", data=choice).status_code == 303
    assert "may take" not in client.get(case).text


@pytest.mark.parametrize("sheet", [{"subprocessor": "nimbus cloud"}, {"systems": "backup STORE"}])
def test_a_subprocessor_that_the_fact_sheet_brings_in_is_one(house: House, sheet: dict[str, str]) -> None:
    client, case = house.client("dpo"), house.record()
    assert client.post(f"{case}/facts", data={"version": "0"} | sheet).status_code == 303
    assert SLOW in client.post(f"{case}/affected", data={"selection": "all", "preview": "1"}).text
    assert client.post(f"{case}/affected", data={"selection": "all"}).status_code == 303
    assert client.get(case).text.count(SLOW) == 1


@pytest.mark.parametrize(("told", "count"), [({}, 1), ({"upstream_told_at": "2026-11-22T10:00"}, 0)])
def test_one_at_fault_is_a_warning_until_it_has_told(house: House, told: dict[str, str], count: int) -> None:
    client = house.client("dpo")
    case = client.post("/breaches/new", data=GOOD | {"upstream": "Nimbus Cloud"} | told).location.removesuffix("/affected")
    assert client.post(f"{case}/affected", data={"selection": "all"}).status_code == 303
    assert client.get(case).text.count(SLOW) == count


def test_a_subprocessor_that_told_is_judged_by_what_it_took(house: House) -> None:
    client = house.client("dpo")
    data = {"selection": "by_subprocessor", "operator": "Nimbus Cloud", "preview": "1"}
    late = {"detected_at": "2026-11-20T09:00", "awareness_reason": "Heard of it only now.", "upstream": "nimbus cloud", "upstream_told_at": "2026-11-22T09:30"}
    case = client.post("/breaches/new", data=GOOD | late).location.removesuffix("/affected")
    page = client.post(f"{case}/affected", data=data).text
    assert "nimbus cloud told you 2 d after the first sign; 1 of these customers was promised no more than that" in page
    assert "may take 48 hours" not in page
    quick = late | {"upstream_told_at": "2026-11-20T10:00"}
    case = client.post("/breaches/new", data=GOOD | quick).location.removesuffix("/affected")
    assert "of these customers was promised" not in client.post(f"{case}/affected", data=data).text


def test_the_list_of_a_case_and_the_matrix_say_which_promises_are_in_danger(house: House) -> None:
    client, case = house.client("dpo"), house.record()
    with house.app.app_context(), act(house.app, db.session()) as unit:
        breach = unit.session.get_one(Breach, int(case.rsplit("/", 1)[1]))
        operations.add_affected(unit, breach, [1, 2], Selection.BY_SUBPROCESSOR)
    assert client.get(case).text.count("Nimbus Cloud may take 48 hours to tell you") == 1
    assert client.get("/agreements/matrix").text.count("Nimbus Cloud may take 48 hours to tell of a breach; this customer was promised 24 hours.") == 1
