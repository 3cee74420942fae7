"""A classification under DORA before it is recorded: which clocks it would start or move, until when, for whom; and where DORA is turned on."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dpa.breaches import operations
from dpa.breaches.dora import Classification
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.models import Breach
from dpa.breaches.operations import dora
from dpa.breaches.pages.report_effects import EffectLine, effects
from dpa.breaches.regimes import Profile
from dpa.docket.models import DocketEntry
from dpa.extensions import db
from dpa.people.roles import Role
from tests.breaches.conftest import Ground
from tests.breaches.test_dora import AWARE, HOUR, KIND, MAJOR, TYPED, WHY, classify, on, submit, turned_on
from tests.breaches.test_pages import House
from tests.support.databases import Database
from tests.support.pages import act, add_person, clock_of


def hours(at: datetime | None) -> float | None:
    return (at - AWARE) / HOUR if at is not None else None


def told(lines: tuple[EffectLine, ...]) -> list[tuple[str, str, float | None, float | None]]:
    return [(line.name, line.words, hours(line.old_due_at), hours(line.new_due_at)) for line in lines]


LATER = [("dora:intermediate", "expected"), ("dora:final", "expected")]


@pytest.mark.parametrize(
    ("before", "at", "decision", "initial", "instead"),
    [
        (None, 3, MAJOR, ("starts", None, 6), ""),
        (None, 22, replace(MAJOR, decided_at=AWARE + 21 * HOUR), ("starts", None, 24), ""),
        (None, 3, replace(MAJOR, major=False), ("no clock", None, None), "not owed"),
        (MAJOR, 4, replace(MAJOR, decided_at=AWARE + HOUR), ("counted anew", 6, 5), ""),
        (MAJOR, 4, replace(MAJOR, basis="The clients could not pay for a whole day."), ("runs on", 6, None), "the same"),
        (MAJOR, 4, replace(MAJOR, major=False), ("waived", 6, None), "not owed"),
        (MAJOR, 7, replace(MAJOR, decided_at=AWARE + 5 * HOUR), ("stays missed", 6, None), "the same"),
        (MAJOR, 7, replace(MAJOR, major=False), ("stays missed", 6, None), "the same"),
    ],
)
def test_it_shows_what_recording_then_does(
    lemon: Ground, before: Classification | None, at: float, decision: Classification, initial: tuple[str, float | None, float | None], instead: str
) -> None:
    breach = turned_on(lemon)
    if before is not None:
        classify(lemon, breach, 3, before)
    now, events = AWARE + at * HOUR, lemon.session.query(BreachClassification).count()
    lines = effects(lemon.session, breach, dora.duty(breach, decision), now)
    assert told(lines)[:1] == [("dora:initial", *initial)]
    assert [(line.name, line.words) for line in lines[1:]] == (LATER if decision.major else [])
    assert lines[0].instead == instead or initial[2] is not None
    assert lemon.session.query(BreachClassification).count() == events, "nothing was recorded"
    if initial[2] is not None:
        assert lines[0].why.steps[-1].label == "Due"
        classify(lemon, breach, at, decision, WHY if before else "")
        entry = lemon.session.query(DocketEntry).filter_by(kind=KIND).order_by(DocketEntry.id.desc()).first()
        assert entry is not None
        assert (entry.target_at, entry.basis) == (lines[0].new_due_at, lines[0].article), "what was shown is what is done"


def test_after_the_submission_the_clock_is_frozen_and_the_next_report_runs_from_it(lemon: Ground) -> None:
    breach = turned_on(lemon)
    classify(lemon, breach, 3)
    submit(lemon, breach, 4)
    assert told(effects(lemon.session, breach, dora.duty(breach, replace(MAJOR, decided_at=AWARE + HOUR)), AWARE + 6 * HOUR))[:2] == [
        ("dora:initial", "frozen", 6, None), ("dora:intermediate", "runs on", 76, None),
    ]  # fmt: skip
    assert told(effects(lemon.session, breach, dora.duty(breach, replace(MAJOR, major=False)), AWARE + 6 * HOUR)) == [
        ("dora:initial", "frozen", 6, None), ("dora:intermediate", "waived", 76, None),
    ]  # fmt: skip


def test_of_both_readings_the_earlier_counts(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.DORA, Profile.DORA_NO_ROLL)
    lines = effects(lemon.session, breach, dora.duty(breach, replace(MAJOR, decided_at=AWARE + 96 * HOUR)), AWARE + 97 * HOUR)
    assert [line.name for line in lines] == ["dora:initial", "dora:intermediate", "dora:final"]
    assert hours(lines[0].new_due_at) == 100


# Pages


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def main(page: str) -> str:
    return page.split("<main", 1)[1].split("</main>", 1)[0]


def test_the_page_shows_it_records_nothing_and_goes_back_with_what_was_typed(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    on(house)
    assert 'name="preview"' in client.get(f"{case}/classification").text
    answer = client.post(f"{case}/classification", data=TYPED | {"preview": "1"})
    assert answer.status_code == 200
    page = re.sub(r"\s+", " ", main(answer.text))
    for words in (
        "What the classification does", "Nothing is recorded yet", "Head of risk", "Lemon Learning, to its competent authority, under DORA without its weekend rule", "Initial notification",
        "4 hours from classification as major", "starts", "Sun 22 Nov 15:30", "2 h 30 min left", "Intermediate report", "Wed 25 Nov 15:30", "Final report", "Clocks of customers do not move",
    ):  # fmt: skip
        assert words in page, words
    assert house.count(BreachClassification) == 0
    carried = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    assert {name: carried[name] for name in TYPED} == TYPED
    back = client.post(f"{case}/classification", data=TYPED | {"edit": "1"})
    assert (back.status_code, house.count(BreachClassification)) == (200, 0)
    assert all(value in back.text for value in TYPED.values())
    assert client.post(f"{case}/classification", data=TYPED).status_code == 303
    clock_of(house.app).advance(timedelta(hours=6))
    late = main(house.client("dpo").post(f"{case}/classification", data=TYPED | {"major": "no", "reason": WHY, "preview": "1"}).text)
    for words in ("not major, was major", WHY, "stays missed", "The decision before stays on record"):
        assert words in late
    assert "Intermediate report" not in late


def test_what_cannot_be_recorded_has_no_preview(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    assert client.post(f"{case}/classification", data=TYPED | {"preview": "1"}).status_code == 422, "DORA is off"
    on(house)
    answer = client.post(f"{case}/classification", data=TYPED | {"decided_at": "2026-11-22T23:00", "preview": "1"})
    assert (answer.status_code, "cannot lie in the future" in answer.text) == (422, True)
    assert house.client("outsider").post(f"{case}/classification", data=TYPED | {"preview": "1"}).status_code == 404
    assert house.client("auditor").post(f"{case}/classification", data=TYPED | {"preview": "1"}).status_code == 404
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.close_as_no_breach(unit, unit.session.get_one(Breach, 1), "No personal data were in these systems.")
    assert house.client("dpo").post(f"{case}/classification", data=TYPED | {"preview": "1"}).status_code == 422, "the case is closed"


def test_where_dora_is_off_the_page_says_where_it_is_turned_on(house: House) -> None:
    case = house.record()
    page = main(house.client("dpo").get(f"{case}/classification").text)
    assert f'href="/settings/organisations/{house.org}/breaches#profiles"' in page
    assert f'href="/settings/organisations/{house.org}/breaches/agreements"' in page
    assert 'id="profiles"' in house.client("dpo").get(f"/settings/organisations/{house.org}/breaches").text
    house.people["operator"] = add_person(house.app, "op@example.org", {house.org: Role.OPERATOR})
    for who in ("auditor", "operator"):
        page = main(house.client(who).get(f"{case}/classification").text)
        assert "Whoever may change the settings of the organisation can turn it on: DPO or Administrator." in page
        assert "/settings/organisations/" not in page
    on(house)
    assert "not turned on" not in main(house.client("auditor").get(f"{case}/classification").text)
