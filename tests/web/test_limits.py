"""How often something may be asked for, and how much of it at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dpa.web import limits

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def second(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


def test_so_often_within_the_window_and_then_one_waits() -> None:
    limit = limits.Limit(2, MINUTE, 1)
    assert [limit.take("a", second(at)) for at in (0, 10)] == [timedelta(0)] * 2
    assert limit.take("a", second(20)) == timedelta(seconds=40)
    assert limit.take("b", second(20)) == timedelta(0), "each asker counts for itself"
    assert limit.take("a", second(59.9)) == timedelta(seconds=0.1)
    assert limit.take("a", second(60)) == timedelta(0), "waiting was not counted"
    assert limit.take("a", second(61)) == timedelta(seconds=9)


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    limit = limits.Limit(1, MINUTE, 1)
    limit.take("a", second(7200))
    assert limit.take("a", second(0)) == timedelta(0)


def test_no_more_at_once_than_there_are_places() -> None:
    limit = limits.Limit(9, MINUTE, 1)
    with limit.place() as first:
        assert first
        with limit.place() as other:
            assert not other
        with limit.place() as again:
            assert not again, "who got no place gives none back"
    with limit.place() as free:
        assert free


def test_memory_is_bounded() -> None:
    limit = limits.Limit(1, MINUTE, 1)
    for number in range(limits.MOST_KEYS + 5):
        limit.take(str(number), NOW)
    assert len(limit._taken) == limits.MOST_KEYS
    assert limit.take("0", NOW) == timedelta(0), "the one who asked longest ago is forgotten"
    assert limit.take(str(limits.MOST_KEYS), NOW) > timedelta(0)
