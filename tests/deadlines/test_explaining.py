"""The sentences a lawyer reads, word for word for the cases that matter, and the warnings."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from dpa.deadlines import (
    Closure,
    Options,
    Period,
    StepKind,
    WarningKind,
    calendar_named,
    compute,
    explain,
    explain_warnings,
    explaining,
    fixed,
)


def counted(text, start, *, regime="contract", zone="Europe/Paris", calendar="FR", own=(), **options):
    period = Period.parse(text)
    return compute(
        period,
        datetime.fromisoformat(start),
        zone=zone,
        calendar=calendar_named(calendar, own),
        options=Options.for_regime(regime, period.unit, **options),
    )


def test_a_statutory_month_is_counted_out():
    lines = explain(counted("1 month", "2026-03-05T09:00+01:00", regime="gdpr_statutory"))
    assert lines[:5] == (
        "Start: Thu 5 Mar 2026 09:00 +01:00 (Europe/Paris). The day of the event is not counted (Reg. 1182/71 Art. 3(1)).",
        "1 month after Thu 5 Mar 2026, the same day of the month (Reg. 1182/71 Art. 3(2)(c)): Sun 5 Apr 2026.",
        ("Sun 5 Apr 2026 is not a working day, so the end moves to the next working day (Reg. 1182/71 Art. 3(4)): "
        "Tue 7 Apr 2026. Passed over: Sun 5 Apr 2026 (Sunday), Mon 6 Apr 2026 (Easter Monday)."),
        "The period ends with the last second of Tue 7 Apr 2026: Tue 7 Apr 2026 23:59:59 +02:00 (Europe/Paris).",
        "Due: Tue 7 Apr 2026 23:59:59 +02:00 (Europe/Paris), under the GDPR.",
    )


def test_contract_working_days_name_the_closed_days():
    lines = explain(counted("30 working days", "2026-04-01T10:00+02:00"))
    assert lines[1] == (
        "30 working days after Wed 1 Apr 2026, Monday to Friday: Tue 19 May 2026. Closed days not counted: "
        "Mon 6 Apr 2026 (Easter Monday), Fri 1 May 2026 (Labour Day), Fri 8 May 2026 (Victory Day), "
        "Thu 14 May 2026 (Ascension Day)."
    )
    assert "the contract may say otherwise" in lines[0]


def test_a_contract_window_that_ends_on_a_holiday_stays_and_warns():
    deadline = counted("15 days", "2026-04-16T09:30+02:00")
    assert any("It stays, because the contract does not say that the end moves." in line for line in explain(deadline))
    assert explain_warnings(deadline) == (
        ("Note: Fri 1 May 2026 (Labour Day) is not a working day, and the end does not move; the last working day before it "
        "is Thu 30 Apr 2026."),
    )


def test_a_backward_period_on_a_weekend_proposes_the_working_day_before():
    deadline = counted("60 days before", "2027-03-31T23:59:59+02:00", roll="next_working_day")
    assert deadline.local_due.date() == date(2027, 1, 30)
    assert deadline.warnings[0].kind is WarningKind.BACKWARD_ON_CLOSED_DAY
    assert deadline.warnings[0].instead == date(2027, 1, 29)
    assert explain(deadline)[-1].startswith("Note: Sat 30 Jan 2027 is not a working day, and a backward period does not move")
    assert any("never moves to another day" in line for line in explain(deadline))


@pytest.mark.parametrize(
    ("start", "way", "at"),
    [
        ("2026-03-28T15:30+01:00", "forward", "Sun 29 Mar 2026 03:00 +02:00"),
        ("2026-10-24T20:00+02:00", "back", "Sun 25 Oct 2026 02:00 +01:00"),
    ],
)
def test_an_hour_clock_over_a_clock_change_warns(start, way, at):
    assert explain_warnings(counted("24 hours", start)) == (
        (f"Note: the clocks go {way} by 60 minutes at {at} (Europe/Paris), inside this period; the hours are elapsed time, "
        "so the time of day differs."),
    )


def test_day_clocks_and_hours_without_a_change_do_not_warn():
    assert counted("24 hours", "2026-06-02T10:15+02:00").warnings == ()
    assert counted("30 days", "2026-03-16T10:15+01:00").warnings == ()


@pytest.mark.parametrize(
    ("deadline", "named"),
    [
        (counted("24 hours", "2026-12-24T15:30+01:00"), False),  # through Christmas, and due on it
        (counted("72 hours", "2026-04-30T13:00+02:00", regime="gdpr_statutory"), False),
        (counted("24 hours", "2026-06-02T10:15+02:00", regime="dora"), False),
        (counted("72 hours", "2026-08-06T13:00+02:00", regime="dora"), True),
        (counted("72 hours", "2026-12-23T13:00+01:00", regime="gdpr_statutory", two_day_min=True), True),
        (counted("24 hours before", "2026-12-26T13:00+01:00"), True),
        (fixed(datetime.fromisoformat("2026-12-25T12:00+01:00"), zone="Europe/Paris", calendar=calendar_named("FR")), False),
        (counted("1 day", "2026-06-02T10:15+02:00"), True),
        (counted("1 working day", "2026-06-02T10:15+02:00"), True),
    ],
)  # fmt: skip
def test_a_calendar_is_named_only_where_closed_days_had_a_part(deadline, named):
    told = " ".join(explain(deadline))
    assert ("Calendar of working days" in told) is named
    assert deadline.heeds_calendar is named
    assert named or not any(word in told for word in ("holidays 0.", "Christmas", "Labour Day"))


def test_a_due_time_in_the_repeated_hour_says_which_one():
    deadline = counted("24 hours", "2026-10-24T02:30+02:00")
    assert [warning.kind for warning in deadline.warnings] == [WarningKind.REPEATED_HOUR]
    assert "Sun 25 Oct 2026 02:30 +02:00" in explain_warnings(deadline)[0]


def test_a_day_whose_end_the_clocks_skip_says_so():
    deadline = counted("1 day", "2024-03-29T12:00-02:00", zone="America/Nuuk", calendar="custom", workweek="mon-sat")
    assert [warning.kind for warning in deadline.warnings] == [WarningKind.DAY_ENDS_EARLY]
    assert deadline.local_due.isoformat() == "2024-03-30T22:59:59-02:00"


def test_a_proposal_is_marked_as_not_law():
    deadline = counted("96 hours", "2026-06-02T10:15+02:00", regime="proposal_com2025_837")
    assert explain_warnings(deadline) == (
        "Note: the proposal COM(2025) 837 is not law; this date is for information only.",
    )


@pytest.mark.parametrize(
    ("deadline", "sentence"),
    [
        (
            counted("72 hours", "2020-12-22T12:59+01:00", hour_of_event="excluded"),
            ("The hour of the event is not counted (read as in Reg. 1182/71 Art. 3(1); the contract may say otherwise): "
            "the clock runs from Tue 22 Dec 2020 13:00 +01:00 (Europe/Paris)."),
        ),
        (
            counted("1 month", "2023-08-31T14:00+02:00", regime="gdpr_statutory"),
            ("1 month after Thu 31 Aug 2023: September 2023 has no day 31, so the period ends on the last day of that month "
            "(Reg. 1182/71 Art. 3(2)(c)): Sat 30 Sep 2023."),
        ),
        (
            counted("72 hours", "2026-08-06T13:00+02:00", regime="dora"),
            "On that day the period ends at noon: Mon 10 Aug 2026 12:00 +02:00 (Europe/Paris).",
        ),
        (
            counted("2 days", "2026-11-20T10:00+01:00", regime="reg1182"),
            ("Up to Mon 23 Nov 2026 the period holds fewer than two working days, so its end moves to the second one "
            "(Reg. 1182/71 Art. 3(5)): Tue 24 Nov 2026."),
        ),
        (
            counted("1 month", "2026-03-05T09:00+01:00", suspended_days=7),
            "The clock was suspended for 7 days (a recorded decision), which are added: Sun 12 Apr 2026.",
        ),
        (
            counted("8 weeks", "2026-03-19T10:00+01:00", zone="+01:00"),
            ("8 weeks after Thu 19 Mar 2026, the same weekday (read as in Reg. 1182/71 Art. 3(2)(c); the contract may say "
            "otherwise): Thu 14 May 2026."),
        ),
        (
            counted("1 working day", "2026-06-02T09:00+02:00", own=(Closure(date(2026, 6, 3), "Company closed"),)),
            ("1 working day after Tue 2 Jun 2026, Monday to Friday: Thu 4 Jun 2026. Closed days not counted: "
            "Wed 3 Jun 2026 (Company closed)."),
        ),
    ],
)  # fmt: skip
def test_single_sentences(deadline, sentence):
    assert sentence in explain(deadline)


def test_every_kind_has_its_words():
    assert set(explaining._STEPS) == set(StepKind)
    assert set(explaining._WARNINGS) == set(WarningKind)


def test_a_long_list_of_closed_days_is_cut():
    lines = explain(counted("700 working days", "2026-04-01T10:00+02:00"))
    assert " more." in lines[1]
    assert lines[1].count("(") == 14
