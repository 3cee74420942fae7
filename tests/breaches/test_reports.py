"""Reports to authorities under NIS2 and DORA: when each is owed, from what it is counted, and what no decision undoes."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from dpa.alerts.ladder import LADDER_DAYS
from dpa.breaches import operations, report_queries, reports, rules
from dpa.breaches.awareness import Decision
from dpa.breaches.closing import CaseFacts, CaseState, ReportOwed, no_breach_problems, obstacles
from dpa.breaches.dora import Classification
from dpa.breaches.evidence import authority_words, drill_pages
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.dossier_story import story
from dpa.breaches.models import Breach
from dpa.breaches.operations import documenting, dora, significance
from dpa.breaches.operations import reports as acts
from dpa.breaches.regimes import Law, Profile
from dpa.breaches.report_models import BreachReport
from dpa.breaches.reports import ClockFacts, Duty, Effect, Submission
from dpa.breaches.rules import Incident, NextAct, Situation, Standing
from dpa.deadlines import calendar_named
from dpa.docket import operations as docket
from dpa.docket.kinds import kind
from dpa.docket.models import DocketEntry
from dpa.evidence.pdf.blocks import Heading
from dpa.evidence.register import records
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
WHY = "The service stood still for two days."
NOT = "It turned out that only a test system stood still."
LATE = "The portal of the authority was down."
WARNING, NOTIFICATION, FINAL = "nis2:warning", "nis2:notification", "nis2:final"
NIS2, DORA, STRICT = (Profile.NIS2,), (Profile.DORA,), (Profile.DORA_NO_ROLL,)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def dues(law: Law, profiles: tuple[Profile, ...], aware: str, sent: Mapping[str, str], classified: str = "") -> dict[str, str]:
    """Return by when each report is owed in Paris; in brackets where that is only expected."""
    duty = Duty(law, True, at(aware), at(classified) if classified else None)
    instants = {name: at(text) for name, text in sent.items()}
    found = reports.foresee(duty, profiles, {}, instants, AWARE, zone="Europe/Paris", calendar=calendar_named("FR"))
    text = {one.report.name: one.deadline.local_due.isoformat(timespec="minutes") for one in found if one.deadline}
    return {one.report.name: f"({text[one.report.name]})" if one.expected else text[one.report.name] for one in found if one.report.name in text}


# Directive (EU) 2022/2555 Art. 23(4)(a), (b), (d): 24 and 72 hours are elapsed time; the month ends with the day that bears its number, or with the month.
NIS2_CASES = [
    ("nothing sent: the month is counted from the last moment", "2026-11-20T16:00+01:00", {}, ("2026-11-21T16:00+01:00", "2026-11-23T16:00+01:00", "(2026-12-23T23:59+01:00)")),
    ("autumn night, an hour more on the wall", "2026-10-24T22:00+02:00", {}, ("2026-10-25T21:00+01:00", "2026-10-27T21:00+01:00", "(2026-11-27T23:59+01:00)")),
    ("spring night, an hour less", "2027-03-27T22:00+01:00", {}, ("2027-03-28T23:00+02:00", "2027-03-30T23:00+02:00", "(2027-04-30T23:59+02:00)")),
    ("the warning sent moves nothing", "2026-11-20T16:00+01:00", {WARNING: "2026-11-20T17:00+01:00"}, ("2026-11-21T16:00+01:00", "2026-11-23T16:00+01:00", "(2026-12-23T23:59+01:00)")),
    ("the notification sent early brings the month forward", "2026-11-20T16:00+01:00", {NOTIFICATION: "2026-11-21T09:00+01:00"}, ("2026-11-21T16:00+01:00", "2026-11-23T16:00+01:00", "2026-12-21T23:59+01:00")),
    ("31 January to the end of February", "2027-01-29T10:00+01:00", {NOTIFICATION: "2027-01-31T10:00+01:00"}, ("2027-01-30T10:00+01:00", "2027-02-01T10:00+01:00", "2027-02-28T23:59+01:00")),
    ("31 January of a leap year", "2028-01-30T10:00+01:00", {NOTIFICATION: "2028-01-31T10:00+01:00"}, ("2028-01-31T10:00+01:00", "2028-02-02T10:00+01:00", "2028-02-29T23:59+01:00")),
    ("31 August to 30 September", "2026-08-29T10:00+02:00", {NOTIFICATION: "2026-08-31T10:00+02:00"}, ("2026-08-30T10:00+02:00", "2026-09-01T10:00+02:00", "2026-09-30T23:59+02:00")),
    ("no weekend rule: the month ends on Christmas Day", "2026-11-24T10:00+01:00", {NOTIFICATION: "2026-11-25T10:00+01:00"}, ("2026-11-25T10:00+01:00", "2026-11-27T10:00+01:00", "2026-12-25T23:59+01:00")),
]  # fmt: skip


@pytest.mark.parametrize(("aware", "sent", "due"), [case[1:] for case in NIS2_CASES], ids=[case[0] for case in NIS2_CASES])
def test_nis2_counts_hours_from_awareness_and_the_month_from_the_notification(aware: str, sent: dict[str, str], due: tuple[str, str, str]) -> None:
    assert tuple(dues(Law.NIS2, NIS2, aware, sent).values()) == due


def test_trust_service_providers_notify_within_a_day_and_the_earlier_reading_governs() -> None:
    found = dues(Law.NIS2, (Profile.NIS2, Profile.NIS2_TRUST), "2026-11-20T16:00+01:00", {})
    assert tuple(found.values()) == ("2026-11-21T16:00+01:00", "2026-11-21T16:00+01:00", "(2026-12-21T23:59+01:00)")


# Delegated Regulation (EU) 2025/301 Art. 5(1)(b), (c), (4) and (5): what ends on a weekend or bank holiday may come by noon of the next working day; for credit
# institutions and others not the first two reports. The final report follows the intermediate one or its latest update.
THEN = {"aware": "2026-08-05T09:00+02:00", "classified": "2026-08-05T10:00+02:00"}
DORA_CASES = [
    ("72 h end on a Sunday: noon of Monday", DORA, {"dora:initial": "2026-08-06T13:00+02:00"}, "2026-08-10T12:00+02:00", "(2026-09-10T23:59+02:00)"),
    ("the same without the weekend rule", STRICT, {"dora:initial": "2026-08-06T13:00+02:00"}, "2026-08-09T13:00+02:00", "(2026-09-09T23:59+02:00)"),
    ("both readings on: the earlier", DORA + STRICT, {"dora:initial": "2026-08-06T13:00+02:00"}, "2026-08-09T13:00+02:00", "(2026-09-09T23:59+02:00)"),
    ("72 h end on Christmas Day, a Friday: noon of Monday", DORA, {"dora:initial": "2026-12-22T10:00+01:00"}, "2026-12-28T12:00+01:00", "(2027-01-28T23:59+01:00)"),
    ("72 h end on Armistice Day, a Wednesday: noon of Thursday", DORA, {"dora:initial": "2026-11-08T09:00+01:00"}, "2026-11-12T12:00+01:00", "(2026-12-14T12:00+01:00)"),
    ("72 h end on a Saturday after noon: noon of Monday all the same", DORA, {"dora:initial": "2026-08-05T18:00+02:00"}, "2026-08-10T12:00+02:00", "(2026-09-10T23:59+02:00)"),
    ("72 h end on a working day", DORA, {"dora:initial": "2026-11-24T10:00+01:00"}, "2026-11-27T10:00+01:00", "(2026-12-28T12:00+01:00)"),
    ("a month ends on a working day", DORA, {"dora:initial": "2026-11-24T10:00+01:00", "dora:intermediate": "2026-11-30T10:00+01:00"}, "2026-11-27T10:00+01:00", "2026-12-30T23:59+01:00"),
    ("31 August to 30 September", DORA, {"dora:initial": "2026-08-28T10:00+02:00", "dora:intermediate": "2026-08-31T09:00+02:00"}, "2026-08-31T10:00+02:00", "2026-09-30T23:59+02:00"),
    ("a month ends on New Year's Day, a Friday", DORA, {"dora:initial": "2026-11-30T10:00+01:00", "dora:intermediate": "2026-12-01T09:00+01:00"}, "2026-12-03T10:00+01:00", "2027-01-04T12:00+01:00"),
    ("the last of February is a Sunday: the final report rolls for everybody", STRICT, {"dora:initial": "2027-01-28T10:00+01:00", "dora:intermediate": "2027-01-31T09:00+01:00"}, "2027-01-31T10:00+01:00", "2027-03-01T12:00+01:00"),
    ("31 January of a leap year", DORA, {"dora:initial": "2028-01-28T10:00+01:00", "dora:intermediate": "2028-01-31T09:00+01:00"}, "2028-01-31T10:00+01:00", "2028-02-29T23:59+01:00"),
]  # fmt: skip


@pytest.mark.parametrize(("profiles", "sent", "intermediate", "final"), [case[1:] for case in DORA_CASES], ids=[case[0] for case in DORA_CASES])
def test_dora_counts_each_report_from_the_one_that_was_submitted(profiles: tuple[Profile, ...], sent: dict[str, str], intermediate: str, final: str) -> None:
    found = dues(Law.DORA, profiles, THEN["aware"], sent, THEN["classified"])
    assert (found["dora:intermediate"], found["dora:final"]) == (intermediate, final)


def test_before_the_initial_notification_is_submitted_what_follows_is_expected_only() -> None:
    assert dues(Law.DORA, STRICT, "2026-11-24T09:00+01:00", {}, "2026-11-24T11:00+01:00") == {
        "dora:initial": "2026-11-24T15:00+01:00", "dora:intermediate": "(2026-11-27T15:00+01:00)", "dora:final": "(2026-12-28T12:00+01:00)",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "due", "new", "restart", "effect"),
    [
        (None, 0, 4, False, Effect.STARTED),
        ("waived", 4, 6, True, Effect.STARTED),
        ("waived", 4, 6, False, Effect.SAME),
        ("open", 4, 6, False, Effect.RECOUNTED),
        ("open", 1, 6, False, Effect.MISSED),
        ("met", 1, None, True, Effect.FROZEN),
    ],
)
def test_only_a_decision_begins_a_waived_clock_anew(state: str | None, due: int, new: int | None, restart: bool, effect: Effect) -> None:
    clock = ClockFacts(state, AWARE + due * HOUR) if state else None
    assert reports.effect(clock, AWARE + new * HOUR if new is not None else None, AWARE + 2 * HOUR, restart=restart) is effect


@pytest.mark.parametrize(
    ("change", "due", "fields"),
    [
        ({}, 4, set()),
        ({"at": AWARE + 5 * HOUR}, 4, {"late_reason"}),
        ({"at": AWARE + 5 * HOUR, "late_reason": LATE}, 4, set()),
        ({"at": AWARE + 5 * HOUR}, None, set()),
        ({"at": AWARE + 4 * HOUR + timedelta(milliseconds=900)}, 4, set()),
        ({"at": AWARE + 9 * HOUR}, 4, {"at"}),
        ({"at": AWARE - HOUR}, 4, {"at"}),
        ({"how": " "}, 4, {"how"}),
        ({"proof": "x"}, 4, {"proof"}),
        ({"proof": "x" * 2_001}, 4, {"proof"}),
    ],
)
def test_a_submission_is_refused_with_the_field_named(change: dict[str, object], due: int | None, fields: set[str]) -> None:
    given = Submission(**({"at": AWARE + HOUR, "how": "ANSSI, its portal", "proof": "receipt 12", "late_reason": ""} | change))  # type: ignore[arg-type]
    found = reports.submission_errors(given, due_at=AWARE + due * HOUR if due is not None else None, not_before=AWARE, after="the first sign", now=AWARE + 8 * HOUR)
    assert set(found) == fields


def test_what_is_owed_holds_a_case_up_with_its_act() -> None:
    owed = ReportOwed(WARNING, "early warning under NIS2", "decide that the incident is not significant", 7)
    facts = CaseFacts(CaseState.OPEN, 1, 0, 0, 0, 0, draft=False, word_owed=False, told=0, put_right=False, reports=(owed,))
    sentence = "Submit the early warning under NIS2 and record when, or decide that the incident is not significant."
    assert [text for _, text in obstacles(facts)] == [sentence]
    assert no_breach_problems(facts, NOT) == {"reason": sentence}


def test_a_report_comes_before_the_close_and_after_everything_owed_to_customers() -> None:
    case = Situation({Standing.SENT: 1}, open=True, draft=False, draft_ready=False, released=True, unexplained=0, word_owed=False, report_owed=True)
    assert rules.next_act(case) is NextAct.REPORT


# Operations


def turned_on(ground: Ground, *profiles: Profile, drill: bool = False) -> Breach:
    with ground.unit(AWARE) as unit:
        operations.change_settings(unit, ground.organisation.id, four_eyes=False, acknowledge_hours=24, profiles=profiles)
    with ground.unit(AWARE) as unit:
        return operations.record_incident(unit, ground.organisation, Incident("Outage", "The service stood still.", AWARE, AWARE, "", drill=drill))


def decide(ground: Ground, breach: Breach, hours: float, significant: bool = True, reason: str = WHY) -> list[Effect]:
    with ground.unit(AWARE + hours * HOUR) as unit:
        return [one.effect for one in significance.decide(unit, breach, significant=significant, reason=reason)]


def submit(ground: Ground, breach: Breach, name: str, hours: float, late_reason: str = "", recorded: float | None = None, proof: str = "receipt 12") -> BreachReport:
    with ground.unit(AWARE + (hours if recorded is None else recorded) * HOUR) as unit:
        return acts.submit(unit, breach, name, Submission(AWARE + hours * HOUR, "ANSSI, its portal", proof, late_reason))


def clocks(ground: Ground) -> list[tuple[str, str, float]]:
    """Return each clock of a report: which, its state, and hours from awareness to its end."""
    query = select(DocketEntry).where(DocketEntry.kind.in_(reports.KINDS)).order_by(DocketEntry.id)
    return [(reports.BY_KIND[row.kind].name, row.state.value, round((row.target_at - AWARE) / HOUR, 2)) for row in ground.session.scalars(query)]


MONTH = round((datetime(2026, 12, 25, 22, 59, 59, tzinfo=UTC) - AWARE) / HOUR, 2)
"""The last second of 25 December in Paris, a month after a notification of 25 November."""


def test_significant_starts_two_clocks_and_the_notification_starts_the_third(lemon: Ground, database: Database) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    assert clocks(lemon) == []
    assert decide(lemon, breach, 2) == [Effect.STARTED, Effect.STARTED, Effect.SAME]
    assert clocks(lemon) == [(WARNING, "open", 24), (NOTIFICATION, "open", 72)]
    entry = lemon.session.scalars(select(DocketEntry).where(DocketEntry.kind == "breaches:nis2_warning")).one()
    assert (entry.origin, entry.started_at, entry.basis, entry.next_alert_at) == ("statute", AWARE, "NIS2 Art. 23(4)(a): 24 hours from awareness", AWARE + 2 * HOUR)
    with pytest.raises(Conflict, match="counted from the incident notification; record first when that was submitted"):
        submit(lemon, breach, FINAL, 3)
    submit(lemon, breach, WARNING, 20)
    assert [name for name, *_ in clocks(lemon)] == [WARNING, NOTIFICATION], "nothing is counted from the warning"
    submit(lemon, breach, NOTIFICATION, 30)
    assert clocks(lemon) == [(WARNING, "met", 24), (NOTIFICATION, "met", 72), (FINAL, "open", MONTH)]
    submit(lemon, breach, FINAL, 200)
    assert report_queries.owed(lemon.session, breach) == ()
    assert verify_database(database.engine).ok


def test_clocks_of_hours_are_alerted_about_by_the_hour_and_those_of_a_month_by_the_day() -> None:
    assert [kind(report.kind).ladder is LADDER_DAYS for report in reports.REPORTS] == [False, False, True, False, False, True]
    assert all(kind(report.kind).needs == "breaches.release" for report in reports.REPORTS)


def test_the_basis_names_the_hours_of_the_reading_that_governs(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2_TRUST)
    decide(lemon, breach, 2)
    assert clocks(lemon) == [(WARNING, "open", 24), (NOTIFICATION, "open", 24)]
    assert lemon.session.scalars(select(DocketEntry.basis).where(DocketEntry.kind == "breaches:nis2_notification")).one() == "NIS2 Art. 23(4)(b): 24 hours from awareness"


def test_a_late_report_needs_its_reason_and_keeps_it(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    decide(lemon, breach, 2)
    with pytest.raises(Invalid) as refused:
        submit(lemon, breach, WARNING, 25)
    assert set(refused.value.fields) == {"late_reason"}
    row = submit(lemon, breach, WARNING, 25, LATE)
    entry = lemon.session.scalars(select(DocketEntry).where(DocketEntry.kind == "breaches:nis2_warning")).one()
    assert (row.late_reason, entry.late_s, entry.state.value) == (LATE, 3600, "met")


def test_an_extended_clock_is_kept_by_its_new_date(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    decide(lemon, breach, 2)
    submit(lemon, breach, NOTIFICATION, 3)
    entry = lemon.session.scalars(select(DocketEntry).where(DocketEntry.kind == "breaches:nis2_final")).one()
    with lemon.unit(AWARE + 4 * HOUR) as unit:
        docket.extend(unit, entry, target=AWARE + 2_000 * HOUR, latest=AWARE + 2_000 * HOUR, reason="A progress report was submitted; the incident goes on.")
    assert submit(lemon, breach, FINAL, 1_900).late_reason == "", "the clock went by the extension"


def test_a_reason_given_for_a_report_in_time_is_not_kept(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    decide(lemon, breach, 2)
    assert submit(lemon, breach, WARNING, 20, LATE).late_reason == ""


def test_not_significant_after_all_waives_what_runs_and_undoes_nothing(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    decide(lemon, breach, 2)
    submit(lemon, breach, WARNING, 20)
    assert decide(lemon, breach, 21, False, NOT) == [Effect.FROZEN, Effect.ENDED, Effect.SAME]
    assert clocks(lemon) == [(WARNING, "met", 24), (NOTIFICATION, "waived", 72)]
    entry = lemon.session.scalars(select(DocketEntry).where(DocketEntry.kind == "breaches:nis2_notification")).one()
    assert entry.closed_reason == f"Not significant: {NOT}"
    assert lemon.session.query(BreachReport).count() == 1
    assert decide(lemon, breach, 22) == [Effect.FROZEN, Effect.STARTED, Effect.SAME]
    assert clocks(lemon)[-1] == (NOTIFICATION, "open", 72), "counted from awareness as before: nobody gains time"


def test_a_final_report_that_runs_is_waived_too(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    decide(lemon, breach, 2)
    submit(lemon, breach, WARNING, 20)
    submit(lemon, breach, NOTIFICATION, 30)
    assert decide(lemon, breach, 40, False, NOT) == [Effect.FROZEN, Effect.FROZEN, Effect.ENDED]


def test_a_missed_report_stays_missed_and_the_case_says_how_it_is_ended(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    decide(lemon, breach, 2)
    assert decide(lemon, breach, 26, False, NOT) == [Effect.MISSED, Effect.ENDED, Effect.SAME]
    [owed] = report_queries.owed(lemon.session, breach)
    assert "was missed before it was decided that it is not owed" in owed.instruction
    with pytest.raises(Invalid, match="waive its clock"), lemon.unit(AWARE + 27 * HOUR) as unit:
        operations.close_as_no_breach(unit, breach, NOT)
    submit(lemon, breach, WARNING, 28, LATE)
    with lemon.unit(AWARE + 29 * HOUR) as unit:
        operations.close_as_no_breach(unit, breach, NOT)


def test_a_corrected_awareness_counts_the_clocks_that_run_anew(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    decide(lemon, breach, 2)
    submit(lemon, breach, WARNING, 3)
    with lemon.unit(AWARE + 4 * HOUR) as unit:
        operations.correct_awareness(unit, breach, Decision(AWARE - 2 * HOUR, AWARE - 2 * HOUR, "", ""), "The first call came two hours before.")
    assert clocks(lemon) == [(WARNING, "met", 24), (NOTIFICATION, "superseded", 72), (NOTIFICATION, "open", 70)]


def test_a_clock_waived_by_hand_is_begun_again_by_a_decision_alone(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    decide(lemon, breach, 2)
    entry = lemon.session.scalars(select(DocketEntry).where(DocketEntry.kind == "breaches:nis2_warning")).one()
    with lemon.unit(AWARE + 3 * HOUR) as unit:
        docket.waive(unit, entry, "The authority was told in the meeting and wants nothing in writing.")
    with lemon.unit(AWARE + 4 * HOUR) as unit:
        operations.correct_awareness(unit, breach, Decision(AWARE - HOUR, AWARE - HOUR, "", ""), "The first call came an hour before.")
    assert clocks(lemon)[0] == (WARNING, "waived", 24)
    with pytest.raises(Conflict, match="its clock was waived"):
        submit(lemon, breach, WARNING, 5)


def test_each_report_under_dora_starts_the_clock_of_the_next_and_an_update_moves_the_last(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.DORA_NO_ROLL)
    major = Classification(True, AWARE + 2 * HOUR, "Head of risk", WHY)
    with lemon.unit(AWARE + 3 * HOUR) as unit:
        assert [one.effect for one in dora.classify(unit, breach, major, "")] == [Effect.STARTED, Effect.SAME, Effect.SAME]
    submit(lemon, breach, "dora:initial", 4)
    submit(lemon, breach, "dora:intermediate", 30)
    assert clocks(lemon) == [("dora:initial", "met", 6), ("dora:intermediate", "met", 76), ("dora:final", "open", round((at("2026-12-28T12:00+01:00") - AWARE) / HOUR, 2))]
    with pytest.raises(Invalid) as refused:
        submit(lemon, breach, "dora:intermediate", 20, recorded=60)
    assert refused.value.fields == {"at": "It cannot have been submitted before the intermediate report; check the date."}
    update = submit(lemon, breach, "dora:intermediate", 120, proof="receipt 13")
    assert (update.number, update.late_reason) == (2, ""), "no law sets a date for an update"
    assert submit(lemon, breach, "dora:intermediate", 120, proof="receipt 13", recorded=121).id == update.id, "the button pressed twice"
    final = round((datetime(2026, 12, 29, 22, 59, 59, tzinfo=UTC) - AWARE) / HOUR, 2)
    assert clocks(lemon)[2:] == [("dora:final", "superseded", clocks(lemon)[2][2]), ("dora:final", "open", final)]
    submit(lemon, breach, "dora:final", 300)
    with pytest.raises(Conflict, match="nothing is updated after it"):
        submit(lemon, breach, "dora:intermediate", 310)


def test_not_major_after_all_waives_the_report_that_runs(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.DORA_NO_ROLL)
    major = Classification(True, AWARE + 2 * HOUR, "Head of risk", WHY)
    with lemon.unit(AWARE + 3 * HOUR) as unit:
        dora.classify(unit, breach, major, "")
    submit(lemon, breach, "dora:initial", 4)
    with lemon.unit(AWARE + 5 * HOUR) as unit:
        dora.classify(unit, breach, Classification(False, AWARE + 5 * HOUR, "Head of risk", NOT), "The criteria were counted again.")
    assert clocks(lemon) == [("dora:initial", "met", 6), ("dora:intermediate", "waived", 76)]


def test_turned_off_the_clocks_that_run_stay_and_no_further_one_starts(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    decide(lemon, breach, 2)
    with lemon.unit(AWARE + 3 * HOUR) as unit:
        operations.change_settings(unit, lemon.organisation.id, four_eyes=False, acknowledge_hours=24, profiles=[])
    with pytest.raises(Conflict, match="not turned on"):
        decide(lemon, breach, 4, False, NOT)
    submit(lemon, breach, NOTIFICATION, 5)
    assert clocks(lemon) == [(WARNING, "open", 24), (NOTIFICATION, "met", 72)]


def test_a_decision_from_before_the_clocks_is_recorded_again_to_start_them(lemon: Ground) -> None:
    from dpa.breaches.events import Event
    from dpa.breaches.models import BreachSignificance
    from dpa.evidence import trail

    breach = turned_on(lemon, Profile.NIS2)
    with lemon.unit(AWARE + HOUR) as unit:
        row = BreachSignificance(breach_id=breach.id, number=1, significant=True, reason=WHY, decided_at=unit.now, decided_by=unit.actor)
        unit.session.add(row)
        unit.session.flush()
        trail.record(unit, Event.SIGNIFICANCE, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[row], data={"significant": "significant"})
    assert decide(lemon, breach, 2) == [Effect.STARTED, Effect.STARTED, Effect.SAME]
    with pytest.raises(Conflict, match="decided before"):
        decide(lemon, breach, 3)


def test_a_dossier_tells_decisions_and_reports_as_of_its_instant(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2)
    decide(lemon, breach, 2)
    submit(lemon, breach, WARNING, 25, LATE, recorded=26)
    submit(lemon, breach, NOTIFICATION, 30)
    said = {hours: case_file(lemon.session, breach, AWARE + hours * HOUR).said for hours in (1, 3, 25.5, 31)}
    assert [[(one["name"], bool(one["submitted_at"])) for one in part["reports"]] for part in said.values()] == [
        [], [(WARNING, False), (NOTIFICATION, False)], [(WARNING, False), (NOTIFICATION, False)], [(WARNING, True), (NOTIFICATION, True), (FINAL, False)],
    ]  # fmt: skip
    assert [authority_words.missed(one, part["as_of"]) for part in said.values() for one in part["reports"]] == [False, False, True, False, True, False, False]
    text = str(authority_words.dossier(said[31], breach.zone))
    for words in ("Whether it was significant (NIS2 Art. 23(3))", WHY, "Early warning under NIS2", "1 h late", "ANSSI, its portal; receipt 12", f"Late because: {LATE}", "not recorded as submitted by then: 30 d left"):
        assert words in text, words
    whole = said[31] | {"controller": "Customer 1", "added_at": said[31]["recorded_at"], "deliveries": (), "questions": (), "late_reason": None, "not_owed": None, "changes": (), "outcome": "kept", "told_at": None}
    told = [one.title for one in story(whole, breach.zone)]
    assert told.index("Decided that it is significant under NIS2") < told.index("The early warning under NIS2 was submitted") < told.index("The incident notification under NIS2 was submitted")


# Pages


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def on(house: House, *profiles: Profile) -> None:
    with house.app.app_context(), act(house.app, db.session()) as unit:
        operations.change_settings(unit, house.org, four_eyes=False, acknowledge_hours=24, profiles=profiles or [Profile.NIS2])


YES = {"significant": "yes", "reason": WHY}
SENT = {"at": "2026-11-22T12:45", "how": "ANSSI, its portal", "proof": "receipt 12"}


def test_a_significant_incident_is_shown_on_board_case_and_clocks_until_it_was_reported(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    assert client.post(f"{case}/significance", data=YES).status_code == 409, "NIS2 is off"
    on(house)
    page = client.get(f"{case}/significance").text
    assert "Early warning, if significant" in page
    assert "Mon 23 Nov 2026, 10:00 Paris" in page
    assert client.post(f"{case}/significance", data=YES).status_code == 303
    assert "The early warning is due Mon 23 Nov 2026, 10:00 Paris. The incident notification is due Wed 25 Nov 2026, 10:00 Paris." in client.get(f"{case}/other-clocks").text
    board = client.get("/board").text
    assert "Submit the early warning of" in board
    assert f"{case}/reports/nis2-warning" in board
    page = client.get(case).text
    assert "The early warning under NIS2 is due Mon 23 Nov 2026, 10:00 Paris, 21 h left. Also owed: the incident notification under NIS2, due Wed 25 Nov 2026, 10:00 Paris." in page
    page = client.get(f"{case}/other-clocks").text
    for words in ("owed", "expected", "counted from the incident notification once that was submitted", f"{case}/reports/nis2-notification"):
        assert words in page, words
    assert f"{case}/reports/nis2-final" not in page, "nothing is owed that is only expected"
    assert "Record it" not in house.client("auditor").get(f"{case}/other-clocks").text
    assert "Submit the early warning under NIS2 and record when" in client.get(f"{case}/close").text
    assert client.get(f"{case}/reports/nis2-final").status_code == 409
    assert client.get(f"{case}/reports/nis9").status_code == 404
    assert client.post(f"{case}/reports/nis2-notification", data=SENT).status_code == 303
    assert "The early warning under NIS2 is due" in client.get(case).text
    assert "counted from the incident notification once" not in client.get(f"{case}/other-clocks").text
    assert client.get(f"{case}/reports/nis2-final").status_code == 200


def test_a_late_report_is_refused_without_its_reason_and_keeps_what_was_typed(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    on(house)
    client.post(f"{case}/significance", data=YES)
    clock_of(house.app).advance(timedelta(days=2))
    client = house.client("dpo")
    late = SENT | {"at": "2026-11-23T12:45"}
    answer = client.post(f"{case}/reports/nis2-warning", data=late)
    assert (answer.status_code, "It was submitted late. Say in a sentence why" in answer.text) == (422, True)
    assert all(value in answer.text for value in late.values())
    assert client.post(f"{case}/reports/nis2-warning", data=late | {"late_reason": LATE}).status_code == 303
    page = client.get(f"{case}/other-clocks").text
    assert "submitted late" in page
    assert f"late because: {LATE}" in page


def test_a_case_says_which_decision_nobody_has_made(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    on(house, Profile.NIS2, Profile.DORA)
    page = client.get(case).text
    assert "Nobody has decided whether this incident is significant under NIS2" in page
    assert "Nobody has recorded whether this incident is major under DORA" in page
    client.post(f"{case}/significance", data={"significant": "no", "reason": NOT})
    assert "Nobody has decided whether" not in client.get(case).text
    on(house, Profile.GDPR_72)
    assert "Nobody has recorded whether" not in client.get(case).text


def test_an_exercise_says_that_these_decisions_can_be_played(house: House) -> None:
    case, client = house.record(drill="y"), house.client("dpo")
    on(house, Profile.NIS2, Profile.DORA)
    page = client.get(case).text
    assert "Nobody has" not in page
    assert "would be significant under NIS2 can be played, too" in page
    assert "would be major under DORA can be played, too" in page
    client.post(f"{case}/significance", data={"significant": "no", "reason": NOT})
    assert "would be significant under NIS2" not in client.get(case).text


def test_a_correction_of_awareness_says_first_what_becomes_of_the_reports(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    on(house)
    correction = {"detected_at": "2026-11-22T09:00", "aware_at": "2026-11-22T09:30", "awareness_reason": "The log was read at 9:30.", "person": "Night desk", "reason": "The call of the night desk came first.", "preview": "1"}
    assert "Report to an authority" not in client.post(f"{case}/awareness", data=correction).text
    client.post(f"{case}/significance", data=YES)
    client.post(f"{case}/reports/nis2-warning", data=SENT)
    page = client.post(f"{case}/awareness", data=correction).text
    for words in ("Early warning", "frozen", "Incident notification", "counted anew", "Wed 25 Nov 10:00", "Wed 25 Nov 09:30"):
        assert words in page, words


def test_a_reason_is_asked_for_only_where_the_date_has_passed(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    on(house)
    client.post(f"{case}/significance", data=YES)
    assert 'name="late_reason"' not in client.get(f"{case}/reports/nis2-warning").text
    clock_of(house.app).advance(timedelta(days=2))
    assert 'name="late_reason"' in house.client("dpo").get(f"{case}/reports/nis2-warning").text


def test_a_closed_case_shows_the_reports_on_record_and_takes_none(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    on(house)
    client.post(f"{case}/significance", data=YES)
    client.post(f"{case}/reports/nis2-warning", data=SENT)
    client.post(f"{case}/significance", data={"significant": "no", "reason": NOT})
    assert client.post(f"{case}/no-breach", data={"reason": NOT}).status_code == 303
    page = client.get(f"{case}/other-clocks").text
    for words in ("Early warning under NIS2", "submitted", "receipt 12", "waived", f"Not significant: {NOT}"):
        assert words in page, words
    assert "Final report under NIS2" not in page
    assert client.get(f"{case}/reports/nis2-warning").status_code == 409


def test_the_register_tells_the_reports(house: House) -> None:
    case, client = house.record(), house.client("dpo")
    on(house)
    client.post(f"{case}/significance", data=YES)
    client.post(f"{case}/reports/nis2-warning", data=SENT)
    [row] = csv.DictReader(io.StringIO(client.get("/breaches/register.csv?from=2026-11-01&to=2026-11-22").text.lstrip("\ufeff")))
    warning, notification = row["Reports to authorities"].splitlines()
    assert warning == "Early warning under NIS2: due Mon 23 Nov 2026 10:00 +01:00; submitted Sun 22 Nov 2026 12:45 +01:00, 21 h 15 min early; ANSSI, its portal; receipt 12"
    assert notification.startswith("Incident notification under NIS2: due Wed 25 Nov 2026 10:00 +01:00; not recorded as submitted by then: ")


def test_an_exercise_plays_the_reports_and_its_report_tells_them(lemon: Ground) -> None:
    breach = turned_on(lemon, Profile.NIS2, drill=True)
    decide(lemon, breach, 2)
    assert lemon.session.scalars(select(DocketEntry.title).where(DocketEntry.kind == "breaches:nis2_warning")).one().startswith("Exercise: Submit the early warning of ")
    with pytest.raises(Invalid, match="early warning under NIS2"), lemon.unit(AWARE + 3 * HOUR) as unit:
        operations.close_as_no_breach(unit, breach, NOT)
    submit(lemon, breach, WARNING, 25, LATE)
    submit(lemon, breach, NOTIFICATION, 26)
    submit(lemon, breach, FINAL, 27)
    with lemon.unit(AWARE + 28 * HOUR) as unit:
        operations.close_as_no_breach(unit, breach, NOT)
    with lemon.unit(AWARE + 29 * HOUR) as unit:
        record = records.read(documenting.order_drill_report(unit, breach, unit.session.merge(lemon.organisation), unit.now).content)
    steps = {one["step"]: one["after_s"] for one in record["content"]["steps"]}
    assert steps["Early warning under NIS2 submitted"] == 25 * 3600
    body = drill_pages.build(record)
    assert "2 of 3 reports to authorities would have been submitted in time." in body.summary[1].text  # type: ignore[union-attr]
    headings = [block.text for block in body.detail if isinstance(block, Heading)]
    assert "Reports to authorities missed" in headings
    assert "Each report to an authority" in headings


def test_an_exercise_says_that_nothing_goes_to_an_authority(house: House) -> None:
    client = house.client("dpo")
    on(house)
    data = {"title": "Outage", "known": "It stood still.", "detected_at": "2026-11-22T10:00", "aware_at": "2026-11-22T10:00", "awareness_reason": "", "drill": "y"}
    case = client.post("/breaches/new", data=data).location.removesuffix("/affected")
    client.post(f"{case}/significance", data=YES)
    assert "Nothing goes to an authority" in client.get(f"{case}/reports/nis2-warning").text
