"""Other clocks of single agreements: off until turned on, shown for that customer alone, counted from when it was told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from dpa.breaches import operations
from dpa.breaches.clock_models import AgreementClocks
from dpa.breaches.models import Affected, Breach
from dpa.breaches.operations.agreement_clocks import change_agreement_clocks
from dpa.breaches.pages.regimes import regimes_of, regimes_of_customers
from dpa.breaches.regimes import Profile
from dpa.breaches.rules import Selection
from dpa.evidence.trail.models import TrailEvent
from dpa.extensions import db
from tests.breaches.test_pages import House
from tests.support.databases import Database
from tests.support.pages import NOON, act

AWARE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def case_of_two(house: House) -> str:
    case = house.record()
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.add_affected(unit, unit.session.get_one(Breach, 1), [1, 2], Selection.ALL)
    return case


def turn_on(house: House, *profiles: Profile) -> bool:
    with house.app.app_context(), act(house.app, db.session()) as unit:
        return change_agreement_clocks(unit, house.org, 1, profiles)


def test_they_are_off_until_turned_on_for_one_agreement_and_shown_for_it_alone(house: House) -> None:
    case, client = case_of_two(house), house.client("dpo")
    assert "What customers must report elsewhere" not in client.get(f"{case}/other-clocks").text
    assert turn_on(house, Profile.NIS2, Profile.GDPR_72)
    page = client.get(f"{case}/other-clocks").text
    for words in ("What customers must report elsewhere", "Early warning to the CSIRT", "NIS2 Art. 23(4)(a)", "GDPR Art. 33(1)", "Counted from your awareness while it is not told"):
        assert words in page
    assert "Customer 1" in page
    assert "Customer 2" not in page
    assert "Owed to authorities" not in page, "they are no duty of this house"


def test_its_own_time_runs_from_when_that_customer_was_told(house: House) -> None:
    case_of_two(house)
    turn_on(house, Profile.NIS2)
    with house.app.app_context():
        breach = db.session.get_one(Breach, 1)
        [before] = regimes_of_customers(db.session(), breach, NOON)
        assert (before.told, before.lines[0].due_at) == (False, AWARE + 24 * HOUR)
        assert before.lines[0].steps, "it explains itself"
        assert not regimes_of(db.session(), breach, NOON).any
    with house.app.app_context(), act(house.app, db.session()) as unit:
        unit.session.get_one(Affected, 1).sent_at = NOON
        from dpa.breaches.events import Event
        from dpa.evidence import trail

        unit.session.flush()
        trail.record(unit, Event.SENT, subject=("breach", 1), organisation_id=house.org, covers=[unit.session.get_one(Affected, 1)], data={"how": "accepted", "lateness": "in time"})
    with house.app.app_context():
        [after] = regimes_of_customers(db.session(), db.session.get_one(Breach, 1), NOON)
        assert (after.told, after.lines[0].due_at, after.lines[0].start_word) == (True, NOON + 24 * HOUR, "told")


def test_pages_set_them_by_reference_and_the_trail_says_so_once(house: House) -> None:
    client = house.client("dpo")
    shelf = f"/settings/organisations/{house.org}/breaches/agreements"
    assert "No agreement has any" in client.get(shelf).text
    missing = client.post(shelf, data={"reference": "Z9"})
    assert (missing.status_code, "There is no agreement “Z9”" in missing.text) == (422, True)
    found = client.post(shelf, data={"reference": " A1 "})
    assert (found.status_code, found.location) == (303, "/breaches/agreements/1/clocks")
    for _ in range(2):
        assert client.post(found.location, data={"profiles": ["dora", "nis2"]}).status_code == 303
    assert "DORA, NIS2" in client.get(shelf).text
    ticked = re.findall(r'<input checked[^>]*value="(\w+)"', client.get(found.location).text)
    assert ticked == ["nis2", "dora"]
    assert client.post(found.location, data={"profiles": "tax"}).status_code == 422
    with house.app.app_context():
        events = db.session.scalars(select(TrailEvent).where(TrailEvent.action == "breaches:agreement_clocks:changed")).all()
        assert [(row.subject_type, row.subject_id) for row in events] == [("agreement", "1")]
    assert client.post(found.location, data={}).status_code == 303
    assert "No agreement has any" in client.get(shelf).text
    with house.app.app_context():
        assert db.session.get_one(AgreementClocks, 1).profiles == []


def test_closed_cases_show_none_and_strangers_nothing(house: House) -> None:
    case_of_two(house)
    turn_on(house, Profile.NIS2)
    with house.app.app_context():
        breach = db.session.get_one(Breach, 1)
        breach.state = "closed"  # type: ignore[assignment]
        with db.session.no_autoflush:
            assert regimes_of_customers(db.session(), breach, NOON) == ()
        db.session.expire_all()
    assert house.client("outsider").get("/breaches/agreements/1/clocks").status_code in {403, 404}
    assert house.client("outsider").post("/breaches/agreements/1/clocks", data={"profiles": "nis2"}).status_code in {403, 404}
    assert house.client("outsider").get(f"/settings/organisations/{house.org}/breaches/agreements").status_code in {403, 404}
    assert house.client("auditor").post("/breaches/agreements/1/clocks", data={"profiles": "nis2"}).status_code == 403
