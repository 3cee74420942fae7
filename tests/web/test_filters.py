"""The words for times and amounts, as tables of cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace as Row

import pytest

from dpa.web import filters, words
from dpa.web.clock_strip import clock_strip, time_axis

DUE = datetime(2026, 11, 22, 20, 46, tzinfo=UTC)
PARIS = "Europe/Paris"


@pytest.mark.parametrize(("seconds", "text"), [
    (9 * 3600 + 41 * 60, "9 h 41 min"), (10 * 3600 + 5 * 60 + 59, "10 h 05 min"), (3 * 3600, "3 h"), (41 * 60 + 59, "41 min"),
    (60, "1 min"), (59, "under 1 min"), (1, "under 1 min"), (0, "due now"), (-1, "under 1 min late"), (-61, "1 min late"),
    (-(2 * 3600 + 19 * 60), "2 h 19 min late"), (-(86400 + 2 * 3600), "1 d 2 h late"), (83 * 3600, "3 d 11 h"), (86400, "1 d"),
    (86400 - 1, "23 h 59 min"), (30 * 86400 - 1, "29 d 23 h"), (64 * 86400 + 5000, "64 d"), (1500 * 86400, "1,500 d"),
])
def test_left_never_promises_more_time_than_there_is(seconds: int, text: str) -> None:
    assert words.left(DUE, DUE - timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(("seconds", "text"), [
    (0, "on time"), (-0.5, "under 1 min late"), (0.5, "under 1 min early"), (6 * 3600 + 300, "6 h 05 min early"), (-93600, "1 d 2 h late"),
])
def test_lateness_says_late_from_the_first_moment(seconds: float, text: str) -> None:
    assert words.lateness(DUE, DUE - timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(("form", "text"), [
    ("long", "Sun 22 Nov 2026, 21:46 Paris"), ("full", "Sunday 22 November 2026, 21:46 in Paris"), ("short", "Sun 22 Nov 21:46"),
    ("tight", "Sun 21:46"), ("day", "Sun 22 Nov"), ("clock", "21:46"), ("exact", "2026-11-22 21:46:00 +01:00"),
])
def test_forms_of_an_instant(form: str, text: str) -> None:
    assert words.instant_text(DUE, PARIS, form) == text


@pytest.mark.parametrize(("utc", "zone", "text"), [
    (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), PARIS, "Sun 25 Oct 2026, 02:30 (+02:00) Paris"),
    (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), PARIS, "Sun 25 Oct 2026, 02:30 (+01:00) Paris"),
    (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), PARIS, "Sun 25 Oct 2026, 03:00 Paris"),
    (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), PARIS, "Sun 29 Mar 2026, 03:00 Paris"),
    (DUE, "Etc/GMT-1", "Sun 22 Nov 2026, 21:46 GMT+1"), (DUE, "UTC", "Sun 22 Nov 2026, 20:46 UTC"),
    (DUE, "America/New_York", "Sun 22 Nov 2026, 15:46 New York"),
])
def test_zones_and_the_hour_that_comes_twice(utc: datetime, zone: str, text: str) -> None:
    assert words.instant_text(utc, zone) == text


def test_instant_is_a_time_element_with_offset() -> None:
    assert filters.instant(DUE, PARIS, "tight") == '<time datetime="2026-11-22T21:46:00+01:00">Sun 21:46</time>'
    assert filters.instant(None, PARIS) == "not yet"


@pytest.mark.parametrize("call", [
    lambda: words.instant_text(datetime(2026, 1, 1), PARIS), lambda: words.left(datetime(2026, 1, 1), DUE), lambda: words.instant_text(DUE, PARIS, "odd"),
])
def test_what_would_mislead_is_refused(call: object) -> None:
    with pytest.raises(ValueError):
        call()  # type: ignore[operator]


def test_a_day_is_not_an_instant() -> None:
    assert words.day(date(2026, 2, 3)) == "Tue 3 Feb 2026"
    assert words.day(None) == "no date"
    with pytest.raises(TypeError):
        words.day(DUE)


@pytest.mark.parametrize(("seconds", "text"), [(4, "4 s ago"), (-3, "0 s ago"), (125, "2 min ago"), (3 * 3600, "3 h ago"), (50 * 3600, "2 d ago")])
def test_age(seconds: int, text: str) -> None:
    assert words.ago(DUE - timedelta(seconds=seconds), DUE) == text
    assert words.ago(None, DUE) == "never"


@pytest.mark.parametrize(("amount", "text"), [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (18_400, "18 kB"), (999_999, "1.0 MB"), (1_240_000, "1.2 MB"), (5_000_000_000_000, "5,000 GB"),
])
def test_file_sizes(amount: int, text: str) -> None:
    assert words.file_size(amount) == text


def test_plurals_and_initials() -> None:
    assert [words.plural(n, "customer") for n in (0, 1, 18412)] == ["0 customers", "1 customer", "18,412 customers"]
    assert words.plural(2, "party", "parties") == "2 parties"
    assert [words.initials(n) for n in ("Ana Duarte", "ana", "Jean-Luc de la Tour", "", "42")] == ["AD", "A", "JT", "?", "?"]


def clock(start: float, due: float, **more: object) -> Row:
    return Row(started_at=DUE + timedelta(hours=start), due_at=DUE + timedelta(hours=due), zone=PARIS, state="soon", **more)


def test_strip_of_a_running_clock() -> None:
    strip = clock_strip(clock(-12, 12, start_word="aware", target_at=DUE + timedelta(hours=6)), DUE)
    assert (strip.run, strip.due, strip.target, strip.over) == (50.0, 100.0, 75.0, False)
    assert [(label.kind, label.anchor, label.above) for label in strip.labels] == [
        ("start", "start", False), ("due", "end", False), ("now", "middle", False), ("target", "middle", True)]
    assert strip.sentence == ("aware Sun 22 Nov 2026, 09:46 Paris, target Mon 23 Nov 2026, 03:46 Paris, "
                              "due Mon 23 Nov 2026, 09:46 Paris: 12 h left")


@pytest.mark.parametrize(("start", "due", "met", "run", "at_due", "over"), [
    (-30, -6, None, 100.0, 80.0, True), (-30, -6, -18, 50.0, 100.0, False), (-40, -16, -10, 100.0, 80.0, True), (1, 3, None, 0.0, 100.0, False),
    (-1, -1, None, 100.0, 0.0, True), (0, 0, None, 100.0, 100.0, False),
])
def test_strip_of_late_met_and_future_clocks(start: float, due: float, met: float | None, run: float, at_due: float, over: bool) -> None:
    strip = clock_strip(clock(start, due, met_at=None if met is None else DUE + timedelta(hours=met)), DUE)
    assert (strip.run, strip.due, strip.over) == (run, at_due, over)


def test_axis_marks_local_midnights() -> None:
    axis = time_axis([clock(-24, 24, label="A"), clock(0, 72, label="B")], DUE, PARIS)
    assert [tick.text for tick in axis.ticks] == ["Mon 23 Nov", "Tue 24 Nov", "Wed 25 Nov"], "Sunday's would touch Monday's"
    assert [row.start for row in axis.rows] == [0.0, 25.0]
    assert (axis.now, axis.rows[0].left, axis.rows[1].due) == (25.0, "1 d", 100.0)
    assert time_axis([], DUE, PARIS).rows == ()


@pytest.mark.parametrize("begin", [-1, -7, -13, -23])
@pytest.mark.parametrize("hours", [26, 48, 72, 96, 120, 168, 192, 200, 300, 720, 24 * 400])
def test_the_words_of_an_axis_never_touch_on_the_narrowest_screen(begin: int, hours: int) -> None:
    """A day's words take 21 of a hundred parts of the axis on a phone of 390 px, as measured there."""
    ticks = time_axis([clock(begin, begin + hours, label="A")], DUE, PARIS).ticks
    assert ticks
    begins = [tick.at - {"start": 0.0, "middle": 10.5, "end": 21.0}[tick.anchor] for tick in ticks]
    assert all(after - before >= 21 for before, after in pairwise(begins)), ticks
    assert begins[0] >= -4.0
    assert begins[-1] + 21 <= 104.0
