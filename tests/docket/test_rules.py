"""Tables of cases: what may be done in which state, by whom, and when a deadline is late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dpa.docket import rules
from dpa.docket.rules import Act, Facts, Standing, State
from dpa.people.roles import GRANTS, PERMISSIONS, Role
from dpa.problems import Conflict, Invalid

DUE = datetime(2026, 11, 22, 20, 46, tzinfo=UTC)
SECOND = timedelta(seconds=1)

ALLOWED = {
    State.OPEN: {Act.MEET, Act.EXTEND, Act.PAUSE, Act.WAIVE, Act.SUPERSEDE, Act.ACKNOWLEDGE, Act.ASSIGN},
    State.PAUSED: {Act.MEET, Act.RESUME, Act.WAIVE, Act.SUPERSEDE, Act.ASSIGN},
    State.MET: set(),
    State.WAIVED: set(),
    State.SUPERSEDED: set(),
}


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("state", State)
def test_only_these_acts_fit_a_state(state: State, act: Act) -> None:
    if act in ALLOWED[state]:
        assert rules.next_state(state, act) in State
    else:
        with pytest.raises(Conflict, match="cannot be"):
            rules.next_state(state, act)


def test_nothing_leaves_a_closed_state() -> None:
    assert not [key for key in rules.TRANSITIONS if key[0] in rules.CLOSED]


@pytest.mark.parametrize(
    ("role", "acts"),
    [
        (Role.DPO, {Act.ACKNOWLEDGE, Act.ASSIGN, Act.EXTEND, Act.PAUSE, Act.WAIVE}),
        (Role.ADMINISTRATOR, {Act.ACKNOWLEDGE, Act.ASSIGN, Act.EXTEND, Act.PAUSE, Act.WAIVE}),
        (Role.OPERATOR, {Act.ACKNOWLEDGE, Act.ASSIGN, Act.EXTEND, Act.PAUSE}),
        (Role.AUDITOR, set()),
    ],
)
def test_what_each_role_may_do_to_an_open_deadline(role: Role, acts: set[Act]) -> None:
    assert {act for act in Act if rules.may(State.OPEN, act, GRANTS[role])} == acts


def test_every_permission_named_exists() -> None:
    assert set(rules.PERMISSION.values()) <= PERMISSIONS


@pytest.mark.parametrize(
    ("met", "due", "target", "seconds"),
    [
        (DUE - SECOND, DUE, DUE, -1),
        (DUE, DUE, DUE, 0),
        (DUE + timedelta(milliseconds=999), DUE, DUE, 0),  # 23:59:59.999 is still the last day
        (DUE + SECOND, DUE, DUE, 1),
        (DUE - timedelta(hours=3), DUE, DUE - timedelta(hours=6), -10800),  # target missed, promise kept
        (DUE + timedelta(hours=2), None, DUE, 7200),  # no latest: the target is what there is
        (DUE - timedelta(milliseconds=1), DUE, DUE, -1),
    ],
)
def test_lateness_counts_whole_seconds_after_the_latest(met: datetime, due: datetime | None, target: datetime, seconds: int) -> None:
    assert rules.lateness(met, due, target) == seconds


@pytest.mark.parametrize(
    ("offset", "standing"),
    [
        (-SECOND, Standing.LATE),
        (timedelta(milliseconds=-999), Standing.DAY),
        (timedelta(0), Standing.DAY),
        (SECOND, Standing.DAY),
        (timedelta(days=1) - SECOND, Standing.DAY),
        (timedelta(days=1), Standing.DAY),
        (timedelta(days=1) + SECOND, Standing.WEEK),
        (timedelta(days=7), Standing.WEEK),
        (timedelta(days=7) + SECOND, Standing.LATER),
    ],
)
def test_standing_one_second_around_each_boundary(offset: timedelta, standing: Standing) -> None:
    assert rules.standing(Facts(State.OPEN, DUE + offset), DUE) is standing


@pytest.mark.parametrize(
    ("state", "standing"),
    [(State.PAUSED, Standing.PAUSED), (State.MET, Standing.CLOSED), (State.WAIVED, Standing.CLOSED), (State.SUPERSEDED, Standing.CLOSED)],
)
def test_what_does_not_run_is_never_late(state: State, standing: Standing) -> None:
    assert rules.standing(Facts(state, DUE - timedelta(days=9)), DUE) is standing


@pytest.mark.parametrize(
    ("facts", "after", "passed"),
    [
        (Facts(State.OPEN, DUE, DUE), timedelta(0), False),
        (Facts(State.OPEN, DUE, DUE), SECOND, True),
        (Facts(State.OPEN, DUE - timedelta(hours=5), DUE), timedelta(0), False),  # only the target was missed
        (Facts(State.OPEN, DUE), timedelta(days=3), False),  # there is no latest to break
        (Facts(State.MET, DUE, DUE), timedelta(days=3), False),
    ],
)
def test_when_contract_or_law_are_broken(facts: Facts, after: timedelta, passed: bool) -> None:
    assert rules.latest_passed(facts, DUE + after) is passed


@pytest.mark.parametrize("text", ["", "   ", "\n\t ", "too short", "          x", "1234567890 123", "x" * 2001])
def test_a_reason_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        rules.reason_given(text)
    assert caught.value.field == "reason"


def test_a_reason_is_trimmed() -> None:
    assert rules.reason_given("  Customer agreed by phone.\n") == "Customer agreed by phone."


H = timedelta(hours=1)


@pytest.mark.parametrize(
    ("facts", "target", "due", "field"),
    [
        (Facts(State.OPEN, DUE, DUE), DUE, DUE, "target_at"),  # nothing changes
        (Facts(State.OPEN, DUE, DUE), DUE - SECOND, DUE + H, "target_at"),  # a target moves later only
        (Facts(State.OPEN, DUE, DUE), DUE, DUE - SECOND, "due_at"),
        (Facts(State.OPEN, DUE, DUE), DUE + H, DUE, "target_at"),  # beyond the latest
        (Facts(State.OPEN, DUE), DUE + H, DUE + H, "due_at"),  # no latest to extend
    ],
)
def test_an_extension_must_extend(facts: Facts, target: datetime, due: datetime | None, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        rules.check_extension(facts, target, due)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("facts", "target", "due"),
    [(Facts(State.OPEN, DUE, DUE), DUE, DUE + H), (Facts(State.OPEN, DUE - H, DUE), DUE, DUE), (Facts(State.OPEN, DUE), DUE + SECOND, None)],
)
def test_what_counts_as_an_extension(facts: Facts, target: datetime, due: datetime | None) -> None:
    rules.check_extension(facts, target, due)


@pytest.mark.parametrize(
    ("at", "resumed"),
    [
        (DUE + 3 * H, None),  # after now
        (DUE - 25 * H, None),  # before the clock ran
        (DUE - 3 * H, DUE - 2 * H),  # inside the last pause
        (DUE + SECOND, None),  # too late to help
    ],
)
def test_pauses_that_cannot_be(at: datetime, resumed: datetime | None) -> None:
    with pytest.raises(Invalid):
        rules.check_pause(Facts(State.OPEN, DUE, DUE), at, started_at=DUE - 24 * H, resumed_at=resumed, now=DUE + 2 * H)


@pytest.mark.parametrize("at", [DUE - 24 * H, DUE - 2 * H, DUE])
def test_pauses_that_can(at: datetime) -> None:
    rules.check_pause(Facts(State.OPEN, DUE, DUE), at, started_at=DUE - 24 * H, resumed_at=DUE - 24 * H, now=DUE)


@pytest.mark.parametrize("at", [DUE - H - SECOND, DUE + SECOND])
def test_a_pause_ends_after_it_began_and_not_in_the_future(at: datetime) -> None:
    with pytest.raises(Invalid):
        rules.check_resume(Facts(State.PAUSED, DUE, DUE, paused_at=DUE - H), at, DUE)


def test_one_extension_moves_a_date_by_a_year_at_most() -> None:
    target = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    facts = rules.Facts(rules.State.OPEN, target, None, None, None)
    rules.check_extension(facts, target + timedelta(days=366), None)
    with pytest.raises(Invalid, match="check the year"):
        rules.check_extension(facts, target + timedelta(days=366, seconds=1), None)
