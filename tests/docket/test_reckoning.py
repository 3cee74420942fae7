"""Pauses and extensions: how far a date moves, that it is stored without loss, and that it can be counted again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from dpa.deadlines import Deadline, DeadlineProblem, Options, Pause, Period, Regime, calendar_named, compute
from dpa.docket import explaining, reckoning
from dpa.docket.reckoning import Dates, Reckoned
from dpa.problems import Conflict

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PARIS = "Europe/Paris"


def counted(text: str, start: datetime = START, regime: Regime = Regime.contract) -> Deadline:
    period = Period.parse(text)
    options = Options.for_regime(regime, period.unit)
    return compute(period, start, zone=PARIS, calendar=calendar_named("FR"), options=options)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def pause(since: str, until: str) -> Pause:
    return Pause(at(since), at(until))


@pytest.mark.parametrize(
    ("period", "since", "until", "due"),
    [
        # hour clocks: the whole elapsed pause, to the second
        ("24 hours", "2026-11-02T12:00:00+01:00", "2026-11-02T15:30:20+01:00", "2026-11-03T13:30:20+01:00"),
        ("24 hours", "2026-11-02T12:00:00+01:00", "2026-11-02T12:00:00+01:00", "2026-11-03T10:00:00+01:00"),
        # day clocks: whole days only
        ("15 days", "2026-11-03T10:00:00+01:00", "2026-11-10T09:59:59+01:00", "2026-11-23T23:59:59+01:00"),
        ("15 days", "2026-11-03T10:00:00+01:00", "2026-11-10T10:00:00+01:00", "2026-11-24T23:59:59+01:00"),
        ("15 days", "2026-11-03T10:00:00+01:00", "2026-11-04T09:59:59+01:00", "2026-11-17T23:59:59+01:00"),
        ("1 month", "2026-11-03T10:00:00+01:00", "2026-11-05T10:00:00+01:00", "2026-12-04T23:59:59+01:00"),
    ],
)
def test_a_resumed_clock_moves_by_its_pause(period: str, since: str, until: str, due: str) -> None:
    assert Reckoned(counted(period)).resumed(pause(since, until)).due == at(due)


def test_a_day_with_25_hours_is_one_day() -> None:
    part = Reckoned(counted("15 days", at("2026-10-20T09:00:00+02:00")))
    moved = part.resumed(pause("2026-10-24T12:00:00+02:00", "2026-10-25T12:00:00+01:00"))
    assert moved.due - part.due == timedelta(days=1)


def test_a_statutory_period_rolls_after_the_suspended_days_were_added() -> None:
    part = Reckoned(counted("1 month", at("2026-11-02T09:00:00+01:00"), Regime.gdpr_statutory))
    assert part.due == at("2026-12-02T23:59:59+01:00")
    moved = part.resumed(pause("2026-11-03T10:00:00+01:00", "2026-11-06T10:00:00+01:00"))
    assert moved.due == at("2026-12-07T23:59:59+01:00")  # 5 December is a Saturday


def test_two_pauses_add_up() -> None:
    part = Reckoned(counted("15 days"))
    part = part.resumed(pause("2026-11-03T10:00:00+01:00", "2026-11-05T11:00:00+01:00"))
    part = part.resumed(pause("2026-11-06T10:00:00+01:00", "2026-11-09T09:00:00+01:00"))
    assert part.due == at("2026-11-21T23:59:59+01:00")
    assert part.computed.rule.options.suspended_days == 4


def test_a_decided_date_moves_too() -> None:
    hours = Reckoned(counted("24 hours")).extended(at("2026-11-05T18:00:00+01:00"))
    assert hours.resumed(pause("2026-11-03T10:00:00+01:00", "2026-11-03T11:00:00+01:00")).due == at("2026-11-05T19:00:00+01:00")
    days = Reckoned(counted("15 days")).extended(at("2026-11-30T23:59:59+01:00"))
    moved = days.resumed(pause("2026-11-03T10:00:00+01:00", "2026-11-04T23:00:00+01:00"))
    assert moved.due == at("2026-12-01T23:59:59+01:00")


def test_the_target_never_passes_the_latest() -> None:
    dates = Dates(Reckoned(counted("24 hours")), Reckoned(counted("1 days")))
    moved = dates.resumed(pause("2026-11-02T12:00:00+01:00", "2026-11-03T11:00:00+01:00"))
    assert dates.target_at < moved.target_at <= (moved.due_at or moved.target_at)
    late = moved.resumed(pause("2026-11-03T12:00:00+01:00", "2026-11-04T11:00:00+01:00"))
    assert late.target_at == late.due_at


@pytest.mark.parametrize("period", ["24 hours", "15 days", "30 working days", "3 months"])
def test_the_stored_form_is_lossless_and_counts_again_to_the_same_date(period: str) -> None:
    dates = Dates(Reckoned(counted(period)), Reckoned(counted("1 year")))
    dates = dates.resumed(pause("2026-11-02T12:00:00+01:00", "2026-11-04T12:00:00.123456+01:00"))
    again = reckoning.from_rule(json.loads(json.dumps(reckoning.to_rule(dates))))
    assert again == dates
    found = reckoning.recount(again.target)
    assert (found.same, found.due, found.calendar_changed) == (True, dates.target_at, False)


def test_a_wrong_stored_date_is_found() -> None:
    rule = reckoning.to_rule(Dates(Reckoned(counted("15 days")), None))
    rule["target"]["due"] = "2026-11-18T22:59:59+00:00"
    found = reckoning.recount(reckoning.from_rule(rule).target)
    assert not found.same
    assert "gives Tue 17 Nov 2026" in explaining.recount_sentence(found, PARIS)


def test_new_holidays_are_told_and_change_nothing() -> None:
    deadline = counted("5 working days")  # 3, 4, 5, 6, 9 November
    rule = reckoning.to_rule(Dates(Reckoned(deadline), None))
    assert "2026-11-11" not in json.dumps(rule)
    longer = counted("8 working days")
    rule = reckoning.to_rule(Dates(Reckoned(longer), None))
    text = json.dumps(rule).replace('["2026-11-11", "Armistice Day"]', "").replace('"closed": []', '"closed": []')
    assert text != json.dumps(rule), "the calendar's name of the day has changed; adapt this test"
    stored = json.loads(text)
    stored["target"]["due"] = "2026-11-12T22:59:59+00:00"
    for step in stored["target"]["steps"]:
        if step["kind"] == "end_of_day":
            step.update(at="2026-11-12T22:59:59+00:00", on="2026-11-12")
    stored["target"]["calendar"]["last"] = "2026-11-12"
    found = reckoning.recount(reckoning.from_rule(stored).target)
    assert (found.same, found.calendar_changed) == (True, True)


def test_a_damaged_rule_is_a_problem_and_not_a_crash() -> None:
    with pytest.raises(DeadlineProblem):
        reckoning.from_rule({"target": {"form": 1}})


def test_a_backward_count_cannot_be_paused() -> None:
    with pytest.raises(Conflict, match="backwards"):
        reckoning.check_pausable(Reckoned(counted("60 days before")))


def test_the_explanation_names_rule_clause_start_and_due() -> None:
    dates = Dates(Reckoned(counted("12 hours")), Reckoned(counted("24 hours")))
    told = explaining.explain(dates, basis="Contract, GTC 15.4", begins="awareness of the breach")
    assert [step.label for step in told.steps] == ["Rule", "Start", "Count", "Due", "Target"]
    assert told.steps[0].text == "24 hours."
    assert told.steps[0].basis == "Contract, GTC 15.4"
    assert told.steps[1].text.startswith("awareness of the breach, Mon 2 Nov 2026 10:00 +01:00 (Europe/Paris). Hours")
    assert told.steps[3].text == "Tue 3 Nov 2026 10:00 +01:00 (Europe/Paris)."


def test_the_calendar_is_named_where_days_are_counted_and_not_where_hours_run_through_them() -> None:
    def calendar(text: str) -> list[str]:
        return [step.text for step in explaining.explain_part(Reckoned(counted(text)), basis="Contract").steps if step.label == "Calendar"]

    assert calendar("5 working days") == calendar("30 days") == ["public holidays of France."]
    assert calendar("24 hours") == []


def test_moves_are_told() -> None:
    part = Reckoned(counted("24 hours")).extended(at("2026-11-05T18:00:00+01:00"))
    part = part.resumed(pause("2026-11-03T10:00:00+01:00", "2026-11-03T11:30:00+01:00"))
    told = explaining.explain_part(part, basis="Contract")
    texts = {step.label: step.text for step in told.steps}
    assert texts["Extended"] == "a decision set Thu 5 Nov 2026 18:00 +01:00 (Europe/Paris) instead."
    assert texts["Pause"] == "the clock stood still for 1 h 30 min, which are added."
    assert texts["Due"] == "Thu 5 Nov 2026 19:30 +01:00 (Europe/Paris)."
