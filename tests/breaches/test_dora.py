"""DORA: since when an incident is major, what that does to the clock of the initial notification, and what never undoes a missed one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from dpa.breaches import dora as rules
from dpa.breaches import operations
from dpa.breaches import reports as report_rules
from dpa.breaches.awareness import Decision
from dpa.breaches.closing import Obstacle, obstacles
from dpa.breaches.dora import Classification
from dpa.breaches.dora_models import BreachClassification
from dpa.breaches.evidence import authority_words
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.dossier_story import _authorities
from dpa.breaches.models import Breach
from dpa.breaches.operations import dora, reports
from dpa.breaches.operations.closing import facts_of
from dpa.breaches.regimes import Facts, Profile, report_due
from dpa.breaches.report_models import BreachReport
from dpa.breaches.reports import ClockFacts, Effect, Submission
from dpa.breaches.rules import Incident
from dpa.deadlines import calendar_named
from dpa.docket.models import DocketEntry
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from dpa.extensions import db
from dpa.problems import Conflict, Invalid
from tests.breaches.conftest import Ground
from tests.breaches.test_pages import House
from tests.support.databases import Database
from tests.support.pages import act, clock_of

HOUR = timedelta(hours=1)
AWARE = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
"""A Tuesday, far from any weekend."""
BASIS = "More than a tenth of the clients could not pay for three hours."
WHY = "The minutes of the crisis team give another time."
KIND = "breaches:dora"
INITIAL = "dora:initial"
MAJOR = Classification(major=True, decided_at=AWARE + 2 * HOUR, person="Head of risk", basis=BASIS)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, set()),
        ({"major": False}, set()),
        ({"decided_at": AWARE + 9 * HOUR}, {"decided_at"}),
        ({"decided_at": AWARE - 2 * HOUR}, {"decided_at"}),
        ({"decided_at": AWARE - HOUR}, set()),
        ({"person": " "}, {"person"}),
        ({"person": "x" * 201}, {"person"}),
        ({"basis": "big"}, {"basis"}),
        ({"basis": "x" * 2_001}, {"basis"}),
    ],
)
def test_a_classification_is_refused_with_the_field_named(change: dict[str, object], fields: set[str]) -> None:
    decision = replace(MAJOR, **change)  # type: ignore[arg-type]
    assert set(rules.errors(decision, detected_at=AWARE - HOUR, now=AWARE + 8 * HOUR)) == fields


@pytest.mark.parametrize(
    ("new", "reason", "fields"),
    [
        (MAJOR, WHY, {"decided_at"}),
        (replace(MAJOR, decided_at=AWARE), "typo", {"reason"}),
        (replace(MAJOR, decided_at=AWARE), WHY, set()),
        (replace(MAJOR, major=False), WHY, set()),
        (replace(MAJOR, person=""), "", {"person", "reason"}),
    ],
)
def test_a_correction_needs_a_reason_and_a_change(new: Classification, reason: str, fields: set[str]) -> None:
    assert set(rules.correction_errors(MAJOR, new, reason, detected_at=AWARE, now=AWARE + 8 * HOUR)) == fields


@pytest.mark.parametrize(
    ("state", "due", "new", "effect"),
    [
        (None, 0, 4, Effect.STARTED),
        (None, 0, None, Effect.SAME),
        ("open", 4, 6, Effect.RECOUNTED),
        ("open", 4, 3, Effect.RECOUNTED),
        ("open", 4, 4, Effect.SAME),
        ("open", 4, None, Effect.ENDED),
        ("paused", 4, 6, Effect.RECOUNTED),
        ("open", 1, 6, Effect.MISSED),
        ("open", 2, 6, Effect.MISSED),
        ("open", 1, None, Effect.MISSED),
        ("open", 1, -1, Effect.RECOUNTED),
        ("met", 4, 6, Effect.FROZEN),
        ("met", 1, None, Effect.FROZEN),
        ("waived", 4, 6, Effect.STARTED),
        ("waived", 4, None, Effect.SAME),
    ],
)
def test_what_a_decision_does_to_the_clock(state: str | None, due: int, new: int | None, effect: Effect) -> None:
    clock = ClockFacts(state, AWARE + due * HOUR) if state else None
    assert report_rules.effect(clock, AWARE + new * HOUR if new is not None else None, AWARE + 2 * HOUR) is effect


@pytest.mark.parametrize(
    ("profiles", "classified", "due"),
    [
        ((Profile.DORA,), 0, AWARE + 4 * HOUR),
        ((Profile.DORA,), 2, AWARE + 6 * HOUR),
        ((Profile.DORA,), 20, AWARE + 24 * HOUR),
        ((Profile.DORA,), 22, AWARE + 24 * HOUR),
        ((Profile.DORA,), 24, AWARE + 28 * HOUR),
        ((Profile.DORA,), -3, AWARE + HOUR),
        # Classified on a Saturday morning: noon of the next working day, and without the weekend rule four hours later.
        ((Profile.DORA,), 96, datetime(2026, 11, 30, 11, tzinfo=UTC)),
        ((Profile.DORA_NO_ROLL,), 96, AWARE + 100 * HOUR),
        ((Profile.DORA, Profile.DORA_NO_ROLL), 96, AWARE + 100 * HOUR),
        ((Profile.NIS2,), 2, None),
        ((), 2, None),
    ],
)
def test_four_hours_from_classification_and_at_most_twenty_four_from_awareness(profiles: tuple[Profile, ...], classified: int, due: datetime | None) -> None:
    found = report_due("dora:initial", profiles, Facts(AWARE, AWARE + classified * HOUR), zone="Europe/Paris", calendar=calendar_named("FR"))
    assert (found.due if found else None) == due


# Operations


def turned_on(ground: Ground, *profiles: Profile) -> Breach:
    with ground.unit(AWARE) as unit:
        operations.change_settings(unit, ground.organisation.id, four_eyes=False, acknowledge_hours=24, profiles=profiles or (Profile.DORA,))
    with ground.unit(AWARE) as unit:
        return operations.record_incident(unit, ground.organisation, Incident("Outage", "Payments stood still.", AWARE, AWARE, ""))


def clocks(ground: Ground) -> list[tuple[str, float]]:
    """Return each clock of the notification: its state, and hours from awareness to its end."""
    query = select(DocketEntry).where(DocketEntry.kind == KIND).order_by(DocketEntry.id)
    return [(row.state.value, (row.target_at - AWARE) / HOUR) for row in ground.session.scalars(query)]


def classify(ground: Ground, breach: Breach, at: float, decision: Classification = MAJOR, reason: str = "") -> Effect:
    with ground.unit(AWARE + at * HOUR) as unit:
        [initial, *_] = dora.classify(unit, breach, decision, reason)
        return initial.effect


def submit(ground: Ground, breach: Breach, at: float, name: str = INITIAL, *, recorded: float | None = None, **given: str) -> BreachReport:
    said = {"how": "BaFin, its portal", "proof": "receipt 4711", "late_reason": ""} | given
    with ground.unit(AWARE + (at if recorded is None else recorded) * HOUR) as unit:
        return reports.submit(unit, breach, name, Submission(AWARE + at * HOUR, **said))


def test_it_starts_the_clock_and_a_correction_counts_it_anew(lemon: Ground, database: Database) -> None:
    breach = turned_on(lemon)
    assert clocks(lemon) == []
    assert classify(lemon, breach, 3) is Effect.STARTED
    assert clocks(lemon) == [("open", 6)]
    assert classify(lemon, breach, 4, replace(MAJOR, decided_at=AWARE + HOUR), WHY) is Effect.RECOUNTED
    assert clocks(lemon) == [("superseded", 6), ("open", 5)]
    [_, entry] = lemon.session.scalars(select(DocketEntry).where(DocketEntry.kind == KIND).order_by(DocketEntry.id))
    assert (entry.origin, entry.started_at, entry.due_at) == ("statute", AWARE + HOUR, entry.target_at)
    assert entry.basis == "Reg. (EU) 2025/301 Art. 5(1)(a): 4 hours from classification as major"
    rows = lemon.session.scalars(select(BreachClassification).order_by(BreachClassification.number)).all()
    assert [(row.number, row.reason, row.person) for row in rows] == [(1, "", "Head of risk"), (2, WHY, "Head of risk")], "no decision is lost"
    assert verify_database(database.engine).ok


def test_twenty_four_hours_from_awareness_are_the_most_and_a_corrected_awareness_moves_them(lemon: Ground) -> None:
    breach = turned_on(lemon)
    classify(lemon, breach, 22, replace(MAJOR, decided_at=AWARE + 22 * HOUR))
    assert clocks(lemon) == [("open", 24)]
    with lemon.unit(AWARE + 22 * HOUR) as unit:
        operations.correct_awareness(unit, breach, Decision(AWARE - HOUR, AWARE - HOUR, "", ""), "The first call came an hour before.")
    assert clocks(lemon) == [("superseded", 24), ("open", 23)]
    assert "24 hours from awareness" in lemon.session.scalars(select(DocketEntry).where(DocketEntry.kind == KIND, DocketEntry.state == "open")).one().basis


@pytest.mark.parametrize("decision", [replace(MAJOR, decided_at=AWARE + 6 * HOUR), replace(MAJOR, major=False)], ids=["later", "not major"])
def test_no_correction_undoes_a_missed_deadline(lemon: Ground, decision: Classification) -> None:
    breach = turned_on(lemon)
    classify(lemon, breach, 3)
    assert classify(lemon, breach, 7, decision, WHY) is Effect.MISSED
    assert clocks(lemon) == [("open", 6)]
    assert classify(lemon, breach, 8, replace(MAJOR, decided_at=AWARE + HOUR), WHY) is Effect.RECOUNTED, "missed by even more, and that must show"
    assert clocks(lemon) == [("superseded", 6), ("open", 5)]


def test_not_major_ends_the_clock_and_major_again_starts_another(lemon: Ground) -> None:
    breach = turned_on(lemon)
    classify(lemon, breach, 3)
    assert classify(lemon, breach, 4, replace(MAJOR, major=False, decided_at=AWARE + 4 * HOUR), WHY) is Effect.ENDED
    assert classify(lemon, breach, 5, replace(MAJOR, decided_at=AWARE + 5 * HOUR), WHY) is Effect.STARTED
    assert clocks(lemon) == [("waived", 6), ("open", 9)]


def test_a_submission_meets_the_clock_and_freezes_its_lateness(lemon: Ground) -> None:
    breach = turned_on(lemon)
    with pytest.raises(Conflict, match="No initial notification under DORA is owed: nobody decided that the incident is major"):
        submit(lemon, breach, 1)
    classify(lemon, breach, 3)
    for at, change, field in ((99, {}, "at"), (-2, {}, "at"), (5, {"proof": " "}, "proof"), (5, {"how": ""}, "how"), (7, {"late_reason": "typo"}, "late_reason")):
        with pytest.raises(Invalid) as refused:
            submit(lemon, breach, at, recorded=8, **change)
        assert set(refused.value.fields) == {field}
    row = submit(lemon, breach, 7, recorded=8, late_reason="The portal of the authority was down.")
    assert (row.number, row.submitted_at, row.how, row.proof, row.late_reason) == (1, AWARE + 7 * HOUR, "BaFin, its portal", "receipt 4711", "The portal of the authority was down.")
    entry = lemon.session.scalars(select(DocketEntry).where(DocketEntry.kind == KIND)).one()
    assert (entry.met_at, entry.late_s, entry.closed_reason) == (AWARE + 7 * HOUR, 3600, "submitted: BaFin, its portal; receipt 4711")
    assert classify(lemon, breach, 9, replace(MAJOR, decided_at=AWARE + 6 * HOUR), WHY) is Effect.FROZEN
    assert clocks(lemon) == [("met", 6)]
    with pytest.raises(Conflict, match="was recorded before"):
        submit(lemon, breach, 8, recorded=9)
    event = lemon.session.scalars(select(TrailEvent).where(TrailEvent.action == "breaches:report:submitted")).one()
    assert "4711" not in event.body


def test_a_case_is_not_closed_while_the_notification_is_owed(lemon: Ground) -> None:
    breach = turned_on(lemon)
    classify(lemon, breach, 3)
    assert dict(obstacles(facts_of(lemon.session, breach, AWARE)))[Obstacle.REPORT] == "Submit the initial notification under DORA and record when, or record that the incident is not major."
    with pytest.raises(Invalid, match="initial notification under DORA"), lemon.unit(AWARE + 4 * HOUR) as unit:
        operations.close_as_no_breach(unit, breach, "No personal data were in these systems.")
    for at, name in ((4, INITIAL), (30, "dora:intermediate"), (60, "dora:final")):
        with pytest.raises(Invalid, match=name.removeprefix("dora:")), lemon.unit(AWARE + at * HOUR) as unit:
            operations.close_as_no_breach(unit, breach, "No personal data were in these systems.")
        submit(lemon, breach, at, name)
    with lemon.unit(AWARE + 61 * HOUR) as unit:
        operations.close_as_no_breach(unit, breach, "No personal data were in these systems.")
    with pytest.raises(Conflict, match="closed"):
        classify(lemon, breach, 62, replace(MAJOR, decided_at=AWARE), WHY)


def test_nobody_classifies_where_dora_is_off(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    with pytest.raises(Conflict, match="not turned on"):
        classify(lemon, breach, 3)


def test_a_dossier_tells_what_was_decided_by_its_instant(lemon: Ground) -> None:
    breach = turned_on(lemon)
    classify(lemon, breach, 3)
    classify(lemon, breach, 4, replace(MAJOR, decided_at=AWARE + HOUR), WHY)
    submit(lemon, breach, 5.5, recorded=8, late_reason="The portal of the authority was down.")
    said = {hours: case_file(lemon.session, breach, AWARE + hours * HOUR).said for hours in (1, 3, 6, 9)}
    assert [len(one["classifications"]) for one in said.values()] == [0, 1, 2, 2]
    assert [[report["due_at"][11:16] for report in one["reports"]] for one in said.values()] == [[], ["14:00"], ["13:00"], ["13:00", "13:30"]]
    assert authority_words.dossier(said[1], breach.zone) == ()
    assert authority_words.dossier({}, breach.zone) == (), "records made before hold nothing of it"
    assert "not recorded as submitted by then: 1 h late" in str(authority_words.dossier(said[6], breach.zone))
    text = str(authority_words.dossier(said[9], breach.zone))
    for words in ("submitted Tue 24 Nov 2026 14:30", "30 min late", "BaFin, its portal; receipt 4711", "Late because: The portal of the authority was down.", "Intermediate report under DORA"):
        assert words in text, words
    assert [one.title for one in _authorities(said[9])] == [
        "Classified as major under DORA", "The classification was corrected", "The initial notification under DORA was submitted",
    ]


def test_a_dossier_made_before_other_reports_were_kept_still_reads_as_it_did() -> None:
    decision = {"number": 1, "major": True, "decided_at": "2026-11-24T10:00:00Z", "person": "Head of risk", "basis": BASIS, "reason": "", "recorded_by": "Ana", "recorded_at": "2026-11-24T11:00:00Z"}
    clock = {"basis": "Art. 5(1)(a)", "due_at": "2026-11-24T14:00:00Z", "submitted_at": "2026-11-24T12:30:00Z", "late_s": -5400, "waived": False, "said": ""}
    said = {"as_of": "2026-11-24T17:00:00Z", "classifications": [decision], "dora_clock": clock}
    assert "It was submitted Tue 24 Nov 2026 13:30" in str(authority_words.dossier(said, "Europe/Paris"))
    assert [one.title for one in _authorities(said)] == ["Classified as major under DORA", "The initial notification under DORA was submitted"]


# Pages


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


TYPED = {"major": "yes", "decided_at": "2026-11-22T11:30", "person": "Head of risk", "basis": BASIS}


def on(house: House) -> None:
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.change_settings(unit, house.org, four_eyes=False, acknowledge_hours=24, profiles=[Profile.DORA_NO_ROLL])


def test_a_dpo_records_it_and_every_page_shows_the_clock(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    assert "is not turned on" in client.get(f"{case}/classification").text
    on(house)
    assert "Nobody has recorded yet whether the incident was classified" in client.get(f"{case}/other-clocks").text
    page = client.get(f"{case}/classification").text
    assert "Classify the incident" in page
    assert "Why the classification is corrected" not in page, "a first decision corrects nothing"
    done = client.post(f"{case}/classification", data=TYPED)
    assert (done.status_code, done.location) == (303, f"{case}/other-clocks")
    page = client.get(f"{case}/other-clocks").text
    for words in ("The initial notification is due Sun 22 Nov 2026, 15:30", "Classified", "by Head of risk: major", BASIS, "4 hours from classification as major", "Initial notification under DORA", f"{case}/reports/dora-initial", "expected"):
        assert words in page
    page = client.get(case).text
    for words in ("major, classified Sun 22 Nov 2026, 11:30", "The initial notification under DORA is due Sun 22 Nov 2026, 15:30 Paris, 2 h 30 min left.", "recorded that the incident was classified as major"):
        assert words in page
    assert "Submit the initial notification of" in client.get("/board").text
    path = f"{case}/reports/dora-initial"
    assert "Sun 22 Nov 2026, 15:30 Paris" in client.get(path).text
    sent = {"at": "2026-11-22T12:45", "how": "BaFin, its portal", "proof": "receipt 4711"}
    assert client.post(path, data=sent | {"proof": ""}).status_code == 422
    assert client.post(path, data=sent).status_code == 303
    page = client.get(f"{case}/other-clocks").text
    assert "Sun 22 Nov 12:45: BaFin, its portal; receipt 4711" in page
    assert ">Wed 25 Nov 12:45<" in page, "the intermediate report runs from what was submitted"
    assert "The intermediate report under DORA is due Wed 25 Nov 2026, 12:45 Paris" in client.get(case).text
    assert "recorded that the initial notification under DORA was submitted at Sun 22 Nov 2026, 12:45" in client.get(case).text
    assert client.post(path, data=sent).status_code == 409


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"major": ""}, "Choose yes or no."),
        ({"decided_at": ""}, "Enter when it was classified."),
        ({"decided_at": "2026-11-22T23:00"}, "cannot lie in the future"),
        ({"decided_at": "2026-11-22T09:00"}, "before it was first noticed"),
        ({"decided_at": "2026-03-29T02:30"}, "does not exist in Europe/Paris"),
        ({"person": ""}, "Say who classified it"),
        ({"basis": "big"}, "Say in a sentence which criteria were met"),
    ],
)
def test_a_refused_classification_keeps_what_was_typed(house: House, change: dict[str, str], words: str) -> None:
    case = house.record()
    on(house)
    answer = house.client("dpo").post(f"{case}/classification", data=TYPED | change)
    assert (answer.status_code, words in answer.text) == (422, True)
    for value in (TYPED | change).values():
        assert value in answer.text
    assert house.count(BreachClassification) == 0


def test_a_correction_shows_what_stands_and_says_what_stays_missed(house: House) -> None:
    case = house.record()
    on(house)
    house.client("dpo").post(f"{case}/classification", data=TYPED)
    clock_of(house.app).advance(timedelta(hours=6))
    client = house.client("dpo")
    page = client.get(f"{case}/classification").text
    assert 'value="2026-11-22T11:30"' in page
    assert "A deadline that was missed stays missed" in page
    assert client.post(f"{case}/classification", data=TYPED | {"reason": WHY}).status_code == 422, "nothing was changed"
    assert client.post(f"{case}/classification", data=TYPED | {"decided_at": "2026-11-22T16:00", "reason": WHY}).status_code == 303
    page = client.get(f"{case}/other-clocks").text
    assert "was due Sun 22 Nov 2026, 15:30" in page
    assert "stays missed" in page
    assert f"Corrected: {WHY}" in client.get(f"{case}/classification").text


def test_a_not_major_incident_owes_no_report(house: House) -> None:
    case = house.record()
    on(house)
    client = house.client("dpo")
    client.post(f"{case}/classification", data=TYPED | {"major": "no"})
    page = client.get(f"{case}/other-clocks").text
    assert "not major, so no DORA report is owed" in page
    assert "Intermediate report" not in page
    assert "not major, classified" in client.get(case).text


def test_outsiders_see_nothing_and_auditors_read(house: House) -> None:
    case = house.record()
    on(house)
    assert house.client("outsider").get(f"{case}/classification").status_code == 404
    assert house.client("outsider").post(f"{case}/classification", data=TYPED).status_code == 404
    assert house.client("outsider").get(f"{case}/reports/dora-initial").status_code == 404
    assert 'id="classification-form"' not in house.client("auditor").get(f"{case}/classification").text
    assert house.client("auditor").post(f"{case}/classification", data=TYPED).status_code == 404
    assert house.client("auditor").get(f"{case}/reports/dora-initial").status_code == 403
    assert house.count(BreachClassification) == 0
