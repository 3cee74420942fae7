"""Periods and instants as typed into an address; clocks and cases taken back to an instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dpa.breaches.closing import CaseState
from dpa.breaches.events import Event
from dpa.breaches.evidence import asking
from dpa.breaches.evidence.moments import Clock, Ending, Move, Promise, case_at, clock_at, promise
from dpa.problems import Invalid

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("text", "instant"), [
    ("", NOW),
    ("2026-11-22", NOW),
    ("2026-11-21", datetime(2026, 11, 21, 22, 59, 59, 999999, tzinfo=UTC)),
    ("2026-10-25", datetime(2026, 10, 25, 22, 59, 59, 999999, tzinfo=UTC)),
    ("2026-11-22T09:30", datetime(2026, 11, 22, 8, 30, tzinfo=UTC)),
    ("2026-11-22T09:30:15+00:00", datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC)),
    ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
])  # fmt: skip
def test_an_instant_is_read_in_the_zone(text: str, instant: datetime) -> None:
    assert asking.as_of(text, "Europe/Paris", NOW) == instant


@pytest.mark.parametrize(("text", "words"), [
    ("soon", "Enter a day"), ("2026-02-30", "Enter a day"), ("2026-11-22T13:01", "Nobody knows yet"), ("2026-11-23", "Nobody knows yet"),
    ("1999-01-01", "The year 1999"), ("9999-12-31", "Enter a day"), ("0001-01-01T00:00", "The year 1"), ("2026-11-22T09:30; DROP", "Enter a day"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_field(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        asking.as_of(text, "Europe/Paris", NOW)
    assert caught.value.field == "as_of"


def test_a_period_is_the_running_year_unless_said() -> None:
    assert asking.period({}, "Europe/Paris", NOW) == asking.Asked(date(2026, 1, 1), date(2026, 11, 22), NOW)
    given = {"from": "2025-03-01", "to": "2025-04-01", "state": "no_breach", "list": "exercises"}
    assert asking.period(given, "Europe/Paris", NOW) == asking.Asked(date(2025, 3, 1), date(2025, 4, 1), NOW, CaseState.NO_BREACH, True)
    assert asking.period({"as_of": "2025-06-01"}, "Europe/Paris", NOW).first == date(2025, 1, 1)


@pytest.mark.parametrize("given", [{"from": "x"}, {"to": "2026-13-01"}, {"from": "2026-02-01", "to": "2026-01-01"}, {"state": "gone"}, {"from": "0001-01-01"}])
def test_a_period_that_cannot_be_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        asking.period(given, "Europe/Paris", NOW)


CLOCK = Clock(7, NOW, NOW + 24 * HOUR, NOW + 24 * HOUR, "met", NOW + 30 * HOUR, 21_600, "Europe/Paris", "contract", "Contract, 15.4")


@pytest.mark.parametrize(("hours", "state", "outcome"), [
    (1, "open", Promise.RUNNING), (24, "open", Promise.RUNNING), (25, "open", Promise.OVERDUE), (31, "met", Promise.LATE),
])  # fmt: skip
def test_a_clock_is_taken_back(hours: float, state: str, outcome: Promise) -> None:
    as_of = NOW + hours * HOUR
    found = clock_at(CLOCK, NOW + 30 * HOUR, (), as_of)
    assert (found.state, promise(found, not_owed=False, as_of=as_of)) == (state, outcome)


def test_moves_made_later_are_taken_away_and_a_pause_shows() -> None:
    moves = (Move(NOW + HOUR, NOW + 20 * HOUR, None, True), Move(NOW + 3 * HOUR, NOW + 20 * HOUR, None, False), Move(NOW + 5 * HOUR, NOW + 22 * HOUR, NOW + 23 * HOUR))
    seen = [clock_at(CLOCK, None, moves, NOW + hours * HOUR) for hours in (0.5, 2, 4, 6)]
    assert [(one.target_at - NOW) / HOUR for one in seen] == [20, 20, 22, 24]
    assert [one.due_at and (one.due_at - NOW) / HOUR for one in seen] == [None, None, 23, 24]
    assert [one.state for one in seen] == ["open", "paused", "open", "open"]
    assert promise(replace(seen[1], target_at=NOW - HOUR), not_owed=False, as_of=NOW) is Promise.RUNNING


@pytest.mark.parametrize(("state", "met", "not_owed", "outcome"), [
    ("met", True, True, Promise.LATE), ("waived", False, True, Promise.NOT_OWED), ("waived", False, False, Promise.WAIVED),
    ("open", False, True, Promise.NOT_OWED),
])  # fmt: skip
def test_what_was_told_counts_before_what_was_decided(state: str, met: bool, not_owed: bool, outcome: Promise) -> None:
    clock = replace(CLOCK, state=state, met_at=NOW if met else None, late_s=5 if met else None)
    assert promise(clock, not_owed=not_owed, as_of=NOW) is outcome


def test_a_case_stands_as_its_last_ending_by_then_says() -> None:
    endings = [Ending(NOW, Event.NO_BREACH, "u:1", "a"), Ending(NOW + HOUR, Event.REOPENED, "u:1", "b"), Ending(NOW + 2 * HOUR, Event.CLOSED, "u:2", "c")]
    seen = [case_at(endings, NOW + hours * HOUR) for hours in (-1, 0, 1.5, 3)]
    assert [(one.state, one.words) for one in seen] == [
        (CaseState.OPEN, ""), (CaseState.NO_BREACH, "a"), (CaseState.OPEN, ""), (CaseState.CLOSED, "c"),
    ]
