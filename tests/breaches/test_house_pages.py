"""Correcting awareness, the house's rules for breaches, other clocks, and what a subprocessor used of customers' time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from dpa.agreements import operations as contracts
from dpa.agreements import queries as agreements
from dpa.agreements.models import Agreement
from dpa.breaches import operations
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.models import Breach, BreachAwareness, BreachSettings, BreachSignificance
from dpa.breaches.pages.regimes import regimes_of
from dpa.breaches.pages.upstream import upstream_of
from dpa.breaches.regimes import Profile
from dpa.breaches.rules import Draft, Incident, Selection
from dpa.breaches.upstream import used
from dpa.docket.models import DocketEntry
from dpa.extensions import db
from dpa.people.models import Organisation
from tests.breaches.test_entry_pages import counted, rows
from tests.breaches.test_pages import House
from tests.support.databases import Database
from tests.support.pages import NOON, act, clock_of

HOUR = timedelta(hours=1)
CORRECTION = {"detected_at": "2026-11-22T09:00", "aware_at": "2026-11-22T09:30", "awareness_reason": "The log was read at 9:30.", "person": "Night desk",
              "reason": "The call of the night desk came first."}


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def named(house: House) -> str:
    case = house.record()
    assert house.client("dpo").post(f"{case}/affected", data={"selection": "all"}).status_code == 303
    return case


def test_a_correction_is_shown_before_it_is_made(house: House) -> None:
    case, client = named(house), house.client("dpo")
    page = client.get(f"{case}/awareness").text
    assert 'value="2026-11-22T10:00"' in page
    preview = client.post(f"{case}/awareness", data=CORRECTION | {"preview": "1"})
    assert preview.status_code == 200
    for words in ("Sun 22 Nov 2026, 09:30 Paris, was Sun 22 Nov 2026, 10:00 Paris", "2 customers", "Customer 1, Customer 2", "counted anew", "Mon 23 Nov 09:30"):
        assert words in preview.text
    assert len(rows(house, BreachAwareness)) == 1
    back = client.post(f"{case}/awareness", data=CORRECTION | {"edit": "1"})
    assert (back.status_code, CORRECTION["reason"] in back.text) == (200, True)
    carried = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', preview.text.split("What happens to the clocks")[1]))
    assert client.post(f"{case}/awareness", data=carried).status_code == 303
    assert [row.aware_at.hour for row in rows(house, BreachAwareness)] == [9, 8]  # type: ignore[attr-defined]
    page = client.get(f"{case}/awareness").text
    assert "Corrected: The call of the night desk came first." in page
    assert page.count("Sun 22 Nov 10:00") == 2, "the earlier decision stays on record"


def test_a_correction_says_what_stays_frozen_and_what_stays_missed(house: House) -> None:
    case, client = named(house), house.client("dpo")
    with house.app.app_context(), act(house.app, db.session()) as unit:
        breach = unit.session.get_one(Breach, 1)
        operations.owe_nothing(unit, breach, breach.affected[0], "No data of this customer was in the export.")
    clock_of(house.app).advance(timedelta(hours=30))
    client = house.client("dpo")
    later = CORRECTION | {"detected_at": "2026-11-22T10:00", "aware_at": "2026-11-22T12:00", "preview": "1"}
    page = client.post(f"{case}/awareness", data=later).text
    assert "stays missed" in page
    assert "frozen" in page
    assert "counted anew" not in page
    client.post(f"{case}/awareness", data={name: value for name, value in later.items() if name != "preview"})
    missed = [row for row in rows(house, DocketEntry) if row.state == "open"]  # type: ignore[attr-defined]
    assert [row.target_at for row in missed] == [datetime(2026, 11, 23, 9, tzinfo=UTC)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": ""}, "Say in a sentence why the decision is corrected"),
        ({"reason": "typo"}, "Say in a sentence why the decision is corrected"),
        ({"aware_at": "2026-11-22T08:00"}, "Nobody can be aware before"),
        ({"aware_at": "2026-11-22T19:00"}, "cannot lie in the future"),
        ({"awareness_reason": ""}, "Say why awareness came later"),
        ({"aware_at": "2026-03-29T02:30", "detected_at": "2026-03-29T02:30"}, "does not exist in Europe/Paris"),
        ({"detected_at": "2026-11-22T10:00", "aware_at": "2026-11-22T10:00", "awareness_reason": "", "person": ""}, "Nothing was changed"),
    ],
)
@pytest.mark.parametrize("preview", [True, False], ids=["preview", "save"])
def test_a_refused_correction_keeps_what_was_typed(house: House, change: dict[str, str], words: str, preview: bool) -> None:
    case = named(house)
    typed = CORRECTION | change
    answer = house.client("dpo").post(f"{case}/awareness", data=typed | ({"preview": "1"} if preview else {}))
    assert answer.status_code == 422
    assert words in answer.text
    for value in typed.values():
        assert value in answer.text
    assert len(rows(house, BreachAwareness)) == 1


def test_seconds_that_the_form_does_not_show_are_no_correction(house: House) -> None:
    with house.app.app_context(), act(house.app, db.session()) as unit:
        at = NOON - HOUR + timedelta(seconds=17)
        operations.record_incident(unit, unit.session.get_one(Organisation, house.org), Incident("Leak", "It leaked.", at, at, ""))
    data = {"detected_at": "2026-11-22T12:00", "aware_at": "2026-11-22T12:00", "reason": "Nothing really changed here."}
    answer = house.client("dpo").post("/breaches/1/awareness", data=data)
    assert (answer.status_code, "Nothing was changed" in answer.text) == (422, True)


@pytest.mark.parametrize("path", ["/awareness", "/other-clocks"])
def test_outsiders_see_nothing_and_auditors_read(house: House, path: str) -> None:
    case = named(house)
    assert house.client("outsider").get(case + path).status_code == 404
    assert house.client("auditor").get(case + path).status_code == 200
    if path == "/awareness":
        assert 'id="awareness-form"' not in house.client("auditor").get(case + path).text
        assert house.client("auditor").post(case + path, data=CORRECTION).status_code == 404
        assert house.client("outsider").post(case + path, data=CORRECTION).status_code == 404
    assert len(rows(house, BreachAwareness)) == 1


def test_the_house_rules_are_set_by_whoever_manages_the_organisation(house: House) -> None:
    path = f"/settings/organisations/{house.org}/breaches"
    client = house.client("dpo")
    assert path in client.get(f"/settings/organisations/{house.org}").text
    for hours, words in (("-1", "Enter 0 to 240"), ("241", "Enter 0 to 240"), ("many", "Enter 0 to 240"), ("", "Enter 0 to 240")):
        answer = client.post(path, data={"acknowledge_hours": hours, "four_eyes": "y"})
        assert (answer.status_code, words in answer.text) == (422, True), hours
        assert re.search(r'name="four_eyes"[^>]*checked|checked[^>]*name="four_eyes"', answer.text)
    assert client.post(path, data={"acknowledge_hours": "0", "four_eyes": "y", "profiles": "nis2"}).status_code == 303
    [row] = rows(house, BreachSettings)
    assert (row.four_eyes, row.acknowledge_hours, row.profiles) == (True, 0, ["nis2"])  # type: ignore[attr-defined]
    page = client.get(path).text
    assert re.search(r'value="nis2"[^>]*checked|checked[^>]*value="nis2"', page)
    assert client.post(path, data={"acknowledge_hours": "4", "profiles": "tax"}).status_code == 422
    assert house.client("auditor").get(path).status_code == 403
    assert house.client("outsider").get(path).status_code == 404
    assert house.client("outsider").post(path, data={"acknowledge_hours": "1"}).status_code == 404


def turn_on(house: House, *profiles: Profile) -> None:
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.change_settings(unit, house.org, four_eyes=False, acknowledge_hours=24, profiles=profiles)


def test_other_clocks_are_off_until_turned_on_and_information_stands_apart(house: House) -> None:
    case, client = named(house), house.client("auditor")
    assert "No other clock is turned on" in client.get(f"{case}/other-clocks").text
    turn_on(house, Profile.NIS2, Profile.GDPR_72, Profile.PROPOSAL_96)
    with house.app.app_context():
        view = regimes_of(db.session(), db.session.get_one(Breach, 1), NOON)
        assert [(line.name, line.due_at) for line in view.reports[:2]] == [
            ("nis2:warning", datetime(2026, 11, 23, 9, tzinfo=UTC)), ("nis2:notification", datetime(2026, 11, 25, 9, tzinfo=UTC)),
        ]
        assert (view.information, len(view.waiting)) == ((), 2), "they start when the first customer is told"
        assert all(line.steps[0].text and line.steps[0].basis for line in view.reports)
        late = regimes_of(db.session(), db.session.get_one(Breach, 1), NOON + 24 * HOUR)
        assert [line.state for line in late.reports[:2]] == ["late", "running"]
    page = client.get(f"{case}/other-clocks").text
    assert page.index("Reports to authorities") < page.index("Early warning") < page.index("starts when the first customer is told")


def test_the_customers_own_clock_runs_from_when_the_first_was_told(house: House) -> None:
    case = named(house)
    turn_on(house, Profile.GDPR_72)
    with house.app.app_context(), act(house.app, db.session()) as unit:
        breach = unit.session.get_one(Breach, 1)
        operations.save_draft(unit, breach, Draft("It leaked.", "Ana, +33", "", "", ""))
        operations.release_notice(unit, breach, agreements.organisation(unit.session, house.org))
        assert regimes_of(unit.session, breach, NOON).information == (), "nobody was told yet"
        operations.hand_over(unit, breach, breach.affected[0], Handed(Channel.PHONE, NOON, "Reached the desk on +33 1 23."))
    with house.app.app_context():
        [line] = regimes_of(db.session(), db.session.get_one(Breach, 1), NOON).information
        assert (line.start_word, line.due_at) == ("told", NOON + 72 * HOUR)
    assert house.client("dpo").get(f"{case}/other-clocks").status_code == 200


def test_closed_cases_show_no_other_clock(house: House) -> None:
    case = house.record()
    turn_on(house, Profile.NIS2)
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.close_as_no_breach(unit, unit.session.get_one(Breach, 1), "It was generated test data.")
    assert "The case is closed" in house.client("dpo").get(f"{case}/other-clocks").text


@pytest.mark.parametrize(
    ("took", "allowed", "share", "left"),
    [(0, 24, 0, 24), (6, 24, 25, 18), (20, 24, 84, 4), (24, 24, 100, 0), (48, 24, 200, -24), (-3, 24, 0, 24), (1, 0, 360_000, -1)],
)
def test_what_a_subprocessor_used(took: int, allowed: int, share: int, left: int) -> None:
    part = used(NOON, NOON + took * HOUR, allowed * HOUR)
    assert (part.share, part.left) == (share, left * HOUR)


@pytest.mark.parametrize(
    ("told_at", "words"),
    [
        ("2026-11-22T10:00", ("Nimbus told you 20 h after the first sign.", "84 %", "4 h left")),
        ("2026-11-22T14:00", ()),
        ("2026-11-21T13:59", ()),
        ("2026-11-21T14:00", ("Nimbus told you at once.", "0 %", "1 d left")),
        ("", ("When it told you is not on record",)),
    ],
)
def test_a_case_from_upstream_says_how_much_of_each_customers_time_was_used(house: House, told_at: str, words: tuple[str, ...]) -> None:
    data = {"title": "Leak", "known": "It leaked.", "detected_at": "2026-11-21T14:00", "aware_at": "2026-11-22T10:00", "awareness_reason": "It told us then, by mail.",
            "upstream": "Nimbus", "upstream_told_at": told_at}
    client = house.client("dpo")
    answer = client.post("/breaches/new", data=data)
    if not words:
        assert answer.status_code == 422
        return
    case = answer.location.removesuffix("/affected")
    client.post(f"{case}/affected", data={"selection": "all"})
    page = client.get(f"{case}/other-clocks").text
    for text in words:
        assert text in page


def test_all_of_the_time_is_said_so_and_takes_one_statement(house: House) -> None:
    with house.app.app_context(), act(house.app, db.session()) as unit:
        incident = Incident("Leak", "It leaked.", NOON - 50 * HOUR, NOON - HOUR, "It told us then, by mail.", upstream="Nimbus", upstream_told_at=NOON - 2 * HOUR)
        breach = operations.record_incident(unit, unit.session.get_one(Organisation, house.org), incident)
        on = NOON.date()
        operations.add_affected(unit, breach, list(agreements.running_ids(unit.session, house.org, on)), Selection.ALL)
    with house.app.app_context():
        row = db.session.get_one(Breach, 1)
        _ = row.upstream
        with counted(house) as sent:
            view = upstream_of(db.session(), row)
        assert len(sent) == 1
    assert view is not None
    assert view.sentence == "Nimbus told you 2 d after the first sign. That is all the time there is to tell 2 customers."
    assert [(line.customers, line.share, line.rest) for line in view.lines] == [(2, "all of it", "1 d more than there is")]


def test_only_customers_of_the_subprocessor_are_counted(house: House) -> None:
    with house.app.app_context(), act(house.app, db.session()) as unit:
        store = contracts.add_system(unit, house.org, "Store", "NIMBUS")
        first = unit.session.get_one(Agreement, 1)
        contracts.set_systems(unit, first, [*first.systems, store])
        incident = Incident("Leak", "It leaked.", NOON - 5 * HOUR, NOON - HOUR, "It told us then, by mail.", upstream="Nimbus", upstream_told_at=NOON - 2 * HOUR)
        breach = operations.record_incident(unit, unit.session.get_one(Organisation, house.org), incident)
        operations.add_affected(unit, breach, list(agreements.running_ids(unit.session, house.org, NOON.date())), Selection.ALL)
    with house.app.app_context():
        view = upstream_of(db.session(), db.session.get_one(Breach, 1))
        assert view is not None
        assert ([line.customers for line in view.lines], view.others) == ([1], 1)
    page = house.client("dpo").get("/breaches/1/other-clocks").text
    assert "1 further customer of the case is not counted: no system of Nimbus on file serves it." in page
    answer = house.client("dpo").post("/breaches/1/awareness", data={
        "detected_at": "2026-11-22T11:30", "aware_at": "2026-11-22T12:00", "awareness_reason": "The log said so.", "reason": "It was noticed later than we thought.", "preview": "1",
    })  # fmt: skip
    assert "The subprocessor told you before this time" in answer.text


def test_a_named_person_decides_whether_nis2_reports_are_owed(house: House) -> None:
    case = named(house)
    turn_on(house, Profile.NIS2)
    page = house.client("dpo").get(f"{case}/other-clocks").text
    assert "Nobody has decided yet whether the incident is significant" in page
    assert "Decide it" in page
    assert "Decide it" not in house.client("auditor").get(f"{case}/other-clocks").text
    assert house.client("auditor").post(f"{case}/significance", data={"significant": "no", "reason": "No service was disturbed."}).status_code == 403
    assert house.client("outsider").get(f"{case}/significance").status_code == 404
    client = house.client("dpo")
    assert client.post(f"{case}/significance", data={"significant": "no", "reason": "no"}).status_code == 422
    assert client.post(f"{case}/significance", data={"significant": "no", "reason": "No service was disturbed."}).status_code == 303
    page = client.get(f"{case}/other-clocks").text
    assert "not significant, so no NIS2 report is owed" in page
    assert "Early warning" not in page
    assert client.post(f"{case}/significance", data={"significant": "no", "reason": "No service was disturbed."}).status_code == 409
    assert client.post(f"{case}/significance", data={"significant": "yes", "reason": "The outage lasted for days."}).status_code == 303
    assert "Early warning" in client.get(f"{case}/other-clocks").text
    with house.app.app_context():
        rows = db.session.scalars(select(BreachSignificance).order_by(BreachSignificance.number)).all()
        assert [(row.number, row.significant) for row in rows] == [(1, False), (2, True)], "no decision is lost"


def test_where_it_happened_is_said_and_corrected_on_a_page_of_its_own(house: House) -> None:
    case = named(house)
    assert house.client("outsider").get(f"{case}/upstream").status_code == 404
    assert house.client("auditor").post(f"{case}/upstream", data={"name": "Nimbus", "reason": "The log shows it."}).status_code == 403
    client = house.client("dpo")
    assert "It happened at a subprocessor" in client.get(case).text
    page = client.get(f"{case}/upstream").text
    assert "that it happened in your own systems" in page
    refused = client.post(f"{case}/upstream", data={"name": "Nimbus", "told_at": "2026-11-22T13:00", "reason": "no"})
    assert refused.status_code == 422
    assert 'value="Nimbus"' in refused.text, "what was typed stays"
    assert client.post(f"{case}/upstream", data={"name": "Nimbus", "reason": "The log shows it."}).status_code == 303
    assert "Correct at which subprocessor it happened" in client.get(case).text
    assert 'value="Nimbus"' in client.get(f"{case}/upstream").text
    assert client.post(f"{case}/upstream", data={"name": "Nimbus", "reason": "The log shows it."}).status_code == 409
    assert client.post(f"{case}/upstream", data={"name": "", "reason": "It was our own gateway."}).status_code == 303
    assert "Nimbus" not in client.get(f"{case}/upstream").text.split("<datalist")[0]
