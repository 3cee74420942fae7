"""Periods, options, zones and calendars: what they accept, and the sentence when they refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dpa.deadlines import (
    Closure,
    DeadlineProblem,
    Direction,
    HourOfEvent,
    Options,
    Period,
    PeriodUnit,
    Regime,
    Roll,
    Workweek,
    calendar_named,
    compute,
    due_instant,
    zone_named,
)
from dpa.problems import Problem

FR = calendar_named("FR")


@pytest.mark.parametrize(
    ("text", "amount", "unit", "direction", "written"),
    [
        ("24 hours", 24, "hours", "after", "24 hours"),
        ("1 hour", 1, "hours", "after", "1 hour"),
        ("15 days", 15, "calendar_days", "after", "15 calendar days"),
        ("30 Business Days", 30, "working_days", "after", "30 working days"),
        ("5 working_days", 5, "working_days", "after", "5 working days"),
        ("2 weeks", 2, "weeks", "after", "2 weeks"),
        ("3 months before", 3, "months", "before", "3 months before"),
        ("1year after", 1, "years", "after", "1 year"),
        ("0 hours", 0, "hours", "after", "0 hours"),
    ],
)
def test_periods_are_read_and_written(text, amount, unit, direction, written):
    period = Period.parse(text)
    assert period == Period(amount, PeriodUnit(unit), Direction(direction))
    assert str(period) == written
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "cannot be read"),
        ("soon", "cannot be read"),
        ("24", "cannot be read"),
        ("24 fortnights", "cannot be read"),
        ("-24 hours", "negative"),
        ("1.5 days", "whole number"),
        ("1,5 days", "whole number"),
        ("２４ hours", "cannot be read"),
        ("99999999 days", "larger than any calendar"),
        ("9" * 30 + " days", "whole number"),
    ],
)
def test_periods_that_cannot_be_read(text, word):
    with pytest.raises(DeadlineProblem, match=word):
        Period.parse(text)


@pytest.mark.parametrize("bad", [{"amount": -1}, {"amount": True}, {"amount": 1.0}, {"unit": "moons"}, {"direction": "up"}])
def test_periods_are_checked_when_made(bad):
    given = {"amount": 1, "unit": PeriodUnit.HOURS, "direction": Direction.AFTER} | bad
    with pytest.raises(DeadlineProblem):
        Period(**given)


def test_a_problem_is_both_a_problem_and_a_value_error():
    with pytest.raises(Problem) as caught:
        Period.parse("soon")
    assert isinstance(caught.value, ValueError)
    assert caught.value.field == "period"


@pytest.mark.parametrize(
    ("regime", "unit", "roll", "two_day_min"),
    [
        ("contract", "hours", Roll.NONE, False),
        ("contract", "months", Roll.NONE, False),
        ("gdpr_statutory", "hours", Roll.NONE, False),
        ("gdpr_statutory", "months", Roll.NEXT_WORKING_DAY, True),
        ("reg1182", "calendar_days", Roll.NEXT_WORKING_DAY, True),
        ("nis2", "hours", Roll.NONE, False),
        ("nis2", "months", Roll.NONE, False),
        ("dora", "hours", Roll.NOON_NEXT_WORKING_DAY, False),
        ("reg1049", "working_days", Roll.NONE, False),
        ("proposal_com2025_837", "hours", Roll.NONE, False),
    ],
)
def test_defaults_per_regime(regime, unit, roll, two_day_min):
    options = Options.for_regime(Regime(regime), PeriodUnit(unit))
    assert (options.roll, options.two_day_min) == (roll, two_day_min)
    assert options.hour_of_event is HourOfEvent.INCLUDED
    assert options.workweek is Workweek.MON_FRI
    assert options.suspended_days == 0


@pytest.mark.parametrize("regime", Regime)
@pytest.mark.parametrize("unit", PeriodUnit)
def test_every_regime_has_defaults_that_fit_and_can_be_overridden(regime, unit):
    Options.for_regime(regime, unit).require_fit(Period(1, unit))
    changed = Options.for_regime(regime, unit, roll="none", two_day_min=True, workweek="mon-sat", suspended_days=3)
    assert changed == Options(regime, Roll.NONE, True, HourOfEvent.INCLUDED, Workweek.MON_SAT, 3)


@pytest.mark.parametrize(
    "bad",
    [{"regime": "custom"}, {"roll": "monday"}, {"two_day_min": "yes"}, {"hour_of_event": "maybe"}, {"workweek": "sun-thu"},
     {"suspended_days": -1}, {"suspended_days": 1.5}, {"suspended_days": 10**9}],
)  # fmt: skip
def test_options_are_checked(bad):
    with pytest.raises(DeadlineProblem, match=next(iter(bad))):
        Options(**bad)


def test_hours_do_not_roll_to_a_day_and_backward_periods_are_not_suspended():
    start = datetime(2026, 6, 5, 10, tzinfo=UTC)
    for period, options, word in (
        (Period.parse("24 hours"), Options(roll="next_working_day"), "hours does not move"),
        (Period.parse("5 days before"), Options(suspended_days=2), "cannot be suspended"),
    ):
        for count in (compute, due_instant):
            with pytest.raises(DeadlineProblem, match=word):
                count(period, start, zone="UTC", calendar=FR, options=options)


# --- zones -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown", "hours"),
    [("+01:00", "+01:00", 1), ("GMT+1", "+01:00", 1), ("UTC-05:30", "-05:30", -5.5), ("-00:00", "+00:00", 0), ("+0200", "+02:00", 2)],
)  # fmt: skip
def test_fixed_offsets(name, shown, hours):
    zone = zone_named(name)
    assert zone.name == shown
    assert zone.local(datetime(2026, 7, 1, tzinfo=UTC)).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name", ["", "Mars/Base", "Europe", "../etc/passwd", "/etc/localtime", "localtime", "right/Europe/Paris", "+25:00",
             "+01:99", "Europe/Paris\0", "tzdata.zi", "é\udcff"],
)  # fmt: skip
def test_unknown_zones(name):
    with pytest.raises(DeadlineProblem, match="no time zone"):
        zone_named(name)


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Europe/Paris", date(2026, 3, 29), "2026-03-29T21:59:59+00:00"),
        ("Europe/Paris", date(2026, 10, 25), "2026-10-25T22:59:59+00:00"),
        # Sao Paulo put its clocks back at midnight: 23:59:59 came twice, the second one ends the day.
        ("America/Sao_Paulo", date(2018, 2, 17), "2018-02-18T02:59:59+00:00"),
        # Nuuk jumps from 23:00 to midnight on this Saturday: the day's last second is 22:59:59.
        ("America/Nuuk", date(2024, 3, 30), "2024-03-31T00:59:59+00:00"),
        # Apia had no 30 December 2011 at all.
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T09:59:59+00:00"),
        ("+01:00", date(2026, 7, 1), "2026-07-01T22:59:59+00:00"),
    ],
)
def test_the_last_second_of_a_local_day(zone, day, end):
    assert zone_named(zone).last_second(day).isoformat() == end


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        (datetime(2026, 6, 1, 12), "2026-06-01T10:00:00+00:00"),
        (datetime(2026, 10, 25, 2, 30), "2026-10-25T00:30:00+00:00"),  # repeated: the first pass
        (datetime(2026, 3, 29, 2, 30), "2026-03-29T01:30:00+00:00"),  # missing: 03:30 on the new clock
    ],
)
def test_wall_times_become_instants(wall, instant):
    assert zone_named("Europe/Paris").instant(wall).isoformat() == instant


# --- calendars -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "closed", "open_"),
    [
        ("FR", ["2026-05-01", "2026-05-08", "2026-04-06"], ["2026-04-03", "2028-12-26"]),
        ("FR-57", ["2026-04-03", "2028-12-26"], ["2026-04-02"]),
        ("DK", ["2026-04-02", "2026-04-03", "2026-04-06", "2023-05-05"], ["2026-05-01", "2026-06-05", "2026-12-24", "2024-04-26"]),
        ("DE", ["2026-05-01", "2028-10-03"], ["2026-01-06"]),
        ("NL", ["2026-04-27"], ["2026-05-01"]),
        ("GB-ENG", ["2026-05-04", "2026-12-28"], ["2026-05-01"]),
        ("custom", [], ["2026-12-25", "2026-01-01"]),
    ],
)
def test_public_holidays(name, closed, open_):
    calendar = calendar_named(name)
    assert [day for day in closed if calendar.is_working_day(date.fromisoformat(day))] == []
    assert [day for day in open_ if not calendar.is_working_day(date.fromisoformat(day))] == []


def test_own_closures_make_another_version_and_the_same_ones_the_same():
    eve = Closure(date(2026, 12, 24), "Company closed")
    own = calendar_named("FR", [eve])
    assert own is calendar_named("FR", (eve,))
    assert own.version != FR.version
    assert own != FR
    assert not own.is_working_day(eve.on)
    assert FR.is_working_day(eve.on)
    assert own.reason_closed(eve.on) == "Company closed"
    assert "holidays 0." in FR.version
    assert calendar_named("FR", [date(2026, 12, 25)]).reason_closed(date(2026, 12, 25)) == "Christmas Day"


def test_working_days_are_counted_both_ways():
    friday, monday = date(2026, 4, 3), date(2026, 4, 7)
    assert FR.nth_working_day(friday, 1) == monday, "Easter Monday lies between"
    assert FR.nth_working_day(monday, -1) == friday
    assert FR.nth_working_day(friday, 1, Workweek.MON_SAT) == date(2026, 4, 4)
    assert FR.count_working_days(friday, monday) == 1
    assert FR.nth_working_day(date(2026, 4, 5), 0) == date(2026, 4, 5)


@pytest.mark.parametrize("name", ["", "XX", "fr", "FRA", "FR-", "FR-99", "France", "FR 57", "Custom"])
def test_unknown_calendars(name):
    with pytest.raises(DeadlineProblem, match="no holiday calendar"):
        calendar_named(name)


@pytest.mark.parametrize(
    ("text", "start"),
    [("1 day", "1969-12-30T12:00+00:00"), ("1 day", "2100-12-31T12:00+00:00"), ("100 years", "2026-01-01T12:00+00:00"),
     ("9999999 years", "2026-01-01T12:00+00:00"), ("9999999 hours", "2026-01-01T12:00+00:00"),
     ("9999999 working days", "2026-01-01T12:00+00:00"), ("9999999 weeks before", "2026-01-01T12:00+00:00"),
     ("60000 working days before", "2026-01-01T12:00+00:00"), ("1 hour", "0001-01-01T00:00+05:00"),
     ("1 hour", "9999-12-31T23:00-05:00"), ("2 hours", "2100-12-31T23:00+01:00")],
)  # fmt: skip
def test_dates_beyond_the_calendar_are_refused(text, start):
    for count in (compute, due_instant):
        with pytest.raises(DeadlineProblem, match="beyond"):
            count(Period.parse(text), datetime.fromisoformat(start), zone="Europe/Paris", calendar=FR, options=Options())


def test_a_closure_outside_the_calendar_is_refused():
    with pytest.raises(DeadlineProblem, match="beyond"):
        calendar_named("FR", [date(2200, 1, 1)])


def test_a_naive_start_is_refused():
    for count in (compute, due_instant):
        with pytest.raises(DeadlineProblem, match="no offset"):
            count(Period.parse("24 hours"), datetime(2026, 1, 1), zone="UTC", calendar=FR, options=Options())
