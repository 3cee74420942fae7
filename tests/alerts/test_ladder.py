"""The alert ladder as tables: one second before, at and after each rung, both DST nights, outages, acknowledgement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dpa.alerts.ladder import (
    DUE,
    LADDER_24H,
    LADDER_DAYS,
    OPEN,
    Ladder,
    Step,
    due_step,
    next_at,
    plan,
    recipients_at,
    words,
)

OPENED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TARGET = OPENED + timedelta(hours=24)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)

RUNGS_24H = [
    ("open", 0), ("escalate-1", 1), ("escalate-2", 2), ("escalate-3", 3),
    ("before-12h", 12), ("before-6h", 18), ("before-3h", 21), ("before-1h", 23), ("due", 24),
]


def test_plan_of_a_24_hour_clock() -> None:
    assert plan(LADDER_24H, OPENED, TARGET) == tuple(Step(name, OPENED + hours * HOUR) for name, hours in RUNGS_24H)


def test_plan_of_a_clock_of_months_leaves_out_what_lies_before_the_opening() -> None:
    opened = datetime(2026, 11, 1, tzinfo=UTC)
    names = [step.name for step in plan(LADDER_DAYS, opened, opened + timedelta(days=10))]
    assert names == ["open", "escalate-1", "before-7d", "before-3d", "before-1d", "due"]
    names = [step.name for step in plan(LADDER_DAYS, opened, opened + timedelta(days=90))]
    assert names == ["open", "escalate-1", "before-30d", "before-7d", "before-3d", "before-1d", "due"]


@pytest.mark.parametrize(("name", "hours"), RUNGS_24H)
def test_a_rung_is_due_at_its_second_and_not_before(name: str, hours: int) -> None:
    at = OPENED + hours * HOUR
    names = [rung for rung, _ in RUNGS_24H]
    last = names[names.index(name) - 1] if name != OPEN else None
    assert due_step(LADDER_24H, OPENED, TARGET, at - SECOND, last) is None
    for now in (at, at + SECOND):
        found = due_step(LADDER_24H, OPENED, TARGET, now, last)
        assert found is not None
        assert (found.step, found.missed) == (Step(name, at), ())
    assert due_step(LADDER_24H, OPENED, TARGET, at + SECOND, name) is None
    assert next_at(LADDER_24H, OPENED, TARGET, last) == at


@pytest.mark.parametrize(
    ("after_open", "last", "step", "missed"),
    [
        (13 * HOUR, "open", "before-12h", ["escalate-1", "escalate-2", "escalate-3"]),
        (22 * HOUR, "before-12h", "before-3h", ["before-6h"]),
        (23.5 * HOUR, "before-12h", "before-1h", ["before-6h", "before-3h"]),
        (24 * HOUR, "before-3h", "due", ["before-1h"]),
        (26 * HOUR, "before-1h", "after-2", ["due", "after-1"]),
        (27.5 * HOUR, "after-1", "after-3", ["after-2"]),
        (25 * HOUR, None, "after-1", [name for name, _ in RUNGS_24H]),
    ],
)
def test_missed_rungs_collapse_into_the_newest(after_open: timedelta, last: str | None, step: str, missed: list[str]) -> None:
    found = due_step(LADDER_24H, OPENED, TARGET, OPENED + after_open, last)
    assert found is not None
    assert (found.step.name, [one.name for one in found.missed], found.missed_count) == (step, missed, len(missed))


def test_a_year_of_silence_is_one_alert_with_a_short_list() -> None:
    found = due_step(LADDER_24H, OPENED, TARGET, TARGET + timedelta(days=365), "open")
    assert found is not None
    assert found.step == Step("after-8760", TARGET + timedelta(days=365))
    assert (len(found.missed), found.missed_count) == (24, 8 + 8759)


def test_repeats_go_on_until_acknowledged() -> None:
    assert next_at(LADDER_24H, OPENED, TARGET, DUE) == TARGET + HOUR
    assert next_at(LADDER_24H, OPENED, TARGET, "after-7") == TARGET + 8 * HOUR
    assert next_at(LADDER_24H, OPENED, TARGET, DUE, acknowledged=True) is None
    assert due_step(LADDER_24H, OPENED, TARGET, TARGET + 9 * HOUR, DUE, acknowledged=True) is None


def test_acknowledging_stops_escalation_but_not_the_rungs_before_the_target() -> None:
    assert due_step(LADDER_24H, OPENED, TARGET, OPENED + 3 * HOUR, OPEN, acknowledged=True) is None
    assert next_at(LADDER_24H, OPENED, TARGET, OPEN, acknowledged=True) == TARGET - 12 * HOUR
    found = due_step(LADDER_24H, OPENED, TARGET, TARGET - 12 * HOUR, OPEN, acknowledged=True)
    assert found is not None
    assert found.step.name == "before-12h"


def test_a_clock_that_opens_after_its_target_is_due_at_once() -> None:
    late = TARGET + 5 * HOUR
    assert plan(LADDER_24H, late, TARGET) == (Step(DUE, late),)
    assert due_step(LADDER_24H, late, TARGET, late, None) is not None
    assert next_at(LADDER_24H, late, TARGET, DUE) == late + HOUR


def test_a_moved_target_is_counted_from_the_opening_without_telling_it_again() -> None:
    moved = TARGET + timedelta(days=2)
    now = TARGET - HOUR
    found = due_step(LADDER_24H, OPENED, moved, now, OPEN, acknowledged=True)
    assert found is None
    assert next_at(LADDER_24H, OPENED, moved, OPEN, acknowledged=True) == moved - 12 * HOUR


def test_a_rung_of_an_older_ladder_still_has_its_place() -> None:
    found = due_step(LADDER_24H, OPENED, TARGET, TARGET - 3 * HOUR, "before-4h")
    assert found is not None
    assert (found.step.name, found.missed) == ("before-3h", ())
    with pytest.raises(ValueError, match="not the name"):
        due_step(LADDER_24H, OPENED, TARGET, TARGET, "nonsense")


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("Europe/Paris", datetime(2026, 3, 28, 15, 30)),  # spring: the night lacks an hour
        ("Europe/Paris", datetime(2026, 10, 24, 15, 30)),  # autumn: it has one more
        ("America/New_York", datetime(2026, 3, 7, 20, 0)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 20, 0)),
    ],
)
def test_rungs_are_elapsed_hours_across_dst_nights(zone: str, local: datetime) -> None:
    opened = local.replace(tzinfo=ZoneInfo(zone))
    target = (opened.astimezone(UTC) + timedelta(hours=24)).astimezone(ZoneInfo(zone))
    for step in plan(LADDER_24H, opened, target):
        if step.name.startswith("before-"):
            hours = int(step.name.removeprefix("before-").removesuffix("h"))
            assert (target.astimezone(UTC) - step.at) == hours * HOUR
        assert step.at.tzinfo is UTC
    found = due_step(LADDER_24H, opened, target, opened.astimezone(UTC) + 12 * HOUR, "escalate-3")
    assert found is not None
    assert found.step.name == "before-12h"


PEOPLE = ("dpo", "second", "third", "fourth", "fifth")


@pytest.mark.parametrize(
    ("name", "hours", "acknowledged", "told"),
    [
        ("open", 0, False, 1),
        ("escalate-1", 1, False, 2),
        ("escalate-3", 3, False, 4),
        ("before-12h", 12, False, 4),
        ("before-12h", 12, True, 1),
        ("due", 24, True, 5),
        ("due", 24, False, 5),
        ("after-1", 25, False, 5),
    ],
)
def test_who_is_told(name: str, hours: int, acknowledged: bool, told: int) -> None:
    step = Step(name, OPENED + hours * HOUR)
    assert recipients_at(LADDER_24H, OPENED, step, PEOPLE, acknowledged=acknowledged) == PEOPLE[:told]
    assert recipients_at(LADDER_24H, OPENED, step, PEOPLE[:1], acknowledged=acknowledged) == PEOPLE[:1]
    assert recipients_at(LADDER_24H, OPENED, step, (), acknowledged=acknowledged) == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("open", "at the opening"), ("due", "at the target"), ("before-12h", "12 hours before the target"),
        ("before-1d", "1 day before the target"), ("escalate-2", "nobody has acknowledged it yet"), ("after-3", "repeat 3 after the target"),
    ],
)
def test_words(name: str, text: str) -> None:
    assert words(name) == text


@pytest.mark.parametrize(
    "wrong",
    [
        {"before": (HOUR, 3 * HOUR)}, {"before": (HOUR, HOUR)}, {"before": (-HOUR,)},
        {"repeat_after_due": timedelta(seconds=5)}, {"escalate_after": timedelta(0)},
    ],
)
def test_a_ladder_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Ladder(**wrong)  # type: ignore[arg-type]


def test_naive_instants_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        plan(LADDER_24H, datetime(2026, 11, 20), TARGET)
