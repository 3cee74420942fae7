"""Ten thousand generated cases against the slow reference, and laws every deadline keeps."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dpa.deadlines import (
    Closure,
    Deadline,
    Options,
    Period,
    calendar_named,
    compute,
    due_instant,
    explain,
    from_json,
    recompute,
    recompute_due,
    to_json,
)
from tests.deadlines.reference import Slow

ZONES = ("Europe/Paris", "Europe/Copenhagen", "Europe/London", "America/New_York", "Asia/Kolkata", "America/Nuuk", "UTC")
CALENDARS = ("FR", "FR-57", "DK", "DE", "GB-ENG", "custom")
LARGEST = {"hours": 1000, "calendar_days": 200, "working_days": 60, "weeks": 20, "months": 40, "years": 6}
OWN = (date(2026, 12, 24), date(2026, 12, 31), date(2027, 5, 7))
# Both clock changes of several years, leap days, the turn of the year and the Danish Easter.
DELICATE = (
    datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC),
    datetime(2027, 10, 31, 1, tzinfo=UTC), datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2024, 2, 29, 12, tzinfo=UTC), datetime(2026, 12, 31, 12, tzinfo=UTC),
    datetime(2027, 3, 24, 12, tzinfo=UTC),
)  # fmt: skip
FIRST = datetime(2010, 1, 1, tzinfo=UTC)

exact = settings(derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))

starts = st.one_of(
    st.integers(0, 25 * 365 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds)),
    st.builds(lambda base, seconds: base + timedelta(seconds=seconds), st.sampled_from(DELICATE), st.integers(-400_000, 400_000)),
)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Period, datetime, str, str, tuple[date, ...], Options]:
    unit = draw(st.sampled_from(sorted(LARGEST)))
    direction = draw(st.sampled_from(("after", "after", "after", "before")))
    amounts = st.integers(0, LARGEST[unit])
    if unit in {"hours", "calendar_days"}:
        amounts = st.one_of(amounts, st.sampled_from((1, 2, 3, 24, 47, 48, 72)))  # around the minimum rule's threshold
    period = Period(draw(amounts), unit, direction)
    rolls = ("none", "noon_next_working_day") if unit == "hours" else ("none", "next_working_day", "noon_next_working_day")
    options = Options(
        regime="contract",
        roll=draw(st.sampled_from(rolls)),
        two_day_min=draw(st.booleans()),
        hour_of_event=draw(st.sampled_from(("included", "included", "excluded"))),
        workweek=draw(st.sampled_from(("mon-fri", "mon-fri", "mon-sat"))),
        suspended_days=0 if direction == "before" else draw(st.sampled_from((0, 0, 0, 1, 9))),
    )
    own = draw(st.sampled_from(((), OWN)))
    return period, draw(starts), draw(st.sampled_from(ZONES)), draw(st.sampled_from(CALENDARS)), own, options


@cache
def slow(zone: str, calendar: str, week: int, own: tuple[date, ...]) -> Slow:
    country, _, part = calendar.partition("-")
    return Slow(zone, country, part or None, week, frozenset(own))


def counted(question: tuple[Period, datetime, str, str, tuple[date, ...], Options]) -> Deadline:
    period, start, zone, name, own, options = question
    return compute(period, start, zone=zone, calendar=calendar_named(name, map(Closure, own)), options=options)


@settings(exact, max_examples=8_000)
@given(questions())
def test_the_due_instant_is_what_slow_counting_finds(question):
    period, start, zone, name, own, options = question
    reference = slow(zone, name, 5 if options.workweek == "mon-fri" else 6, own)
    expected = reference.due(
        int(start.timestamp()),
        period.amount,
        period.unit,
        back=period.direction == "before",
        roll=options.roll,
        minimum=options.two_day_min,
        left_out=options.hour_of_event == "excluded",
        suspended=options.suspended_days,
    )
    calendar = calendar_named(name, map(Closure, own))
    due = due_instant(period, start, zone=zone, calendar=calendar, options=options)
    assert due == datetime.fromtimestamp(expected, UTC)


@settings(exact, max_examples=1_500)
@given(questions())
def test_steps_stored_form_and_recount_all_agree(question):
    period, start, zone, name, own, options = question
    deadline = counted(question)
    calendar = calendar_named(name, map(Closure, own))
    assert deadline.due == due_instant(period, start, zone=zone, calendar=calendar, options=options)
    ends = [step.at for step in deadline.steps if step.at]
    assert ends[-1] == deadline.due, "the last instant the steps name is the result"
    stored = json.loads(json.dumps(to_json(deadline)))
    assert from_json(stored) == deadline
    assert recompute(stored) == deadline, "the excerpt of the calendar is enough to count again"
    assert recompute_due(stored, calendar) == deadline.due
    sentences = explain(deadline)
    assert len(sentences) == len(deadline.steps) + 1 + deadline.heeds_calendar + len(deadline.warnings)
    assert all(sentence.endswith(".") and "(no " not in sentence for sentence in sentences)


@settings(exact, max_examples=500)
@given(questions(), st.integers(0, 5_000_000))
def test_a_later_event_never_ends_earlier(question, seconds):
    period, start, zone, name, own, options = question
    if options.roll == "noon_next_working_day":
        return  # moving Sunday to Monday noon rightly overtakes a period that ends on Monday morning
    later = counted((period, start + timedelta(seconds=seconds), zone, name, own, options))
    assert counted(question).due <= later.due
