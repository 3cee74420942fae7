"""Deemed delivery, last safe posting, chained periods and the ledger of pauses."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from dpa.deadlines import (
    DeadlineProblem,
    DeliveryRule,
    Link,
    Options,
    Pause,
    Period,
    PostalFacts,
    calendar_named,
    chain,
    delivery,
    earliest,
    explain_posting,
    last_safe_posting,
    suspension_days,
    suspension_ledger,
)

PARIS = "Europe/Paris"
FR = calendar_named("FR")
at = datetime.fromisoformat


def delivered(rule, **facts):
    return delivery(rule, PostalFacts(**facts), zone=PARIS, calendar=FR, options=Options())


@pytest.mark.parametrize(
    ("posted", "deemed"),
    [
        ("2026-06-06T10:00+02:00", date(2026, 6, 12)),
        ("2026-10-23T10:00+02:00", date(2026, 10, 30)),
        ("2026-10-26T10:00+01:00", date(2026, 11, 2)),
        ("2028-12-21T10:00+01:00", date(2028, 12, 29)),
    ],
)
def test_fifth_business_day_after_posting(posted, deemed):
    found = delivered(DeliveryRule.NTH_WORKING_DAY_AFTER_POSTING, posted_at=at(posted))
    assert found is not None
    assert found.on == deemed
    assert found.counted is not None


def test_presentation_and_actual_delivery_take_the_local_day():
    late = at("2026-05-31T22:30+00:00")
    assert delivered(DeliveryRule.FIRST_PRESENTATION, presented_at=late, delivered_at=at("2026-06-05T10:00+02:00")).on == date(2026, 6, 1)
    assert delivered(DeliveryRule.ACTUAL_DELIVERY, delivered_at=late).on == date(2026, 6, 1)


@pytest.mark.parametrize("rule", DeliveryRule)
def test_nothing_is_delivered_without_its_fact(rule):
    assert delivered(rule) is None


def test_delivery_at_a_naive_time_is_refused():
    with pytest.raises(DeadlineProblem, match="offset"):
        delivered(DeliveryRule.ACTUAL_DELIVERY, delivered_at=datetime(2026, 6, 1, 10))


def posting(expiry, notice="60 days before", calendar=FR, deemed_after=5):
    return last_safe_posting(
        at(expiry), Period.parse(notice), deemed_after=deemed_after, zone=PARIS, calendar=calendar, options=Options()
    )


def test_last_safe_posting_for_an_expiry_at_the_end_of_2026():
    found = posting("2026-12-31T23:59:59+01:00")
    assert found.limit.local_due.isoformat() == "2026-11-01T23:59:59+01:00"
    assert found.last_posting == date(2026, 10, 23)
    assert found.deemed_on == date(2026, 10, 30)
    assert found.too_late == date(2026, 10, 26)
    assert found.too_late_deemed_on == date(2026, 11, 2)
    assert explain_posting(found)[-2:] == (
        "Post the notice on Fri 23 Oct 2026 at the latest: it then counts as delivered on Fri 30 Oct 2026, within the limit.",
        "Posted one working day later, on Mon 26 Oct 2026, it would count as delivered on Mon 2 Nov 2026, after the limit.",
    )


@pytest.mark.parametrize("expiry", [f"{year}-{month:02d}-28T23:59:59+01:00" for year in (2026, 2027, 2028) for month in range(1, 13)])
@pytest.mark.parametrize("deemed_after", [0, 1, 5])
def test_last_safe_posting_is_in_time_and_the_next_working_day_is_not(expiry, deemed_after):
    found = posting(expiry, deemed_after=deemed_after)
    limit = found.limit.local_due.date()
    assert FR.is_working_day(found.last_posting)
    assert FR.nth_working_day(found.last_posting, deemed_after) == found.deemed_on <= limit
    assert FR.nth_working_day(found.too_late, deemed_after) == found.too_late_deemed_on > limit


def test_a_notice_that_does_not_count_backwards_is_refused():
    with pytest.raises(DeadlineProblem, match="backwards"):
        posting("2026-12-31T23:59:59+01:00", notice="60 days")
    with pytest.raises(DeadlineProblem, match="negative"):
        posting("2026-12-31T23:59:59+01:00", deemed_after=-1)


def test_a_chain_starts_each_period_at_the_end_of_the_one_before():
    links = [Link(Period.parse(text), PARIS, FR, Options()) for text in ("15 days", "1 month", "30 days")]
    found = chain(at("2026-09-01T10:00+02:00"), links)
    assert [each.local_due.date() for each in found] == [date(2026, 9, 16), date(2026, 10, 16), date(2026, 11, 15)]
    assert found[1].start == found[0].due
    assert earliest(reversed(found)) is found[0]


def pause(since, until):
    return Pause(at(since), at(until))


@pytest.mark.parametrize(
    ("pauses", "days"),
    [
        ([], 0),
        ([("2026-03-03T10:00+01:00", "2026-03-10T10:00+01:00")], 7),
        ([("2026-03-03T10:00+01:00", "2026-03-10T09:59+01:00")], 6),
        ([("2026-03-03T23:00+01:00", "2026-03-04T01:00+01:00")], 0),
        # A day of 23 and one of 25 hours are whole days.
        ([("2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00")], 1),
        ([("2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00")], 1),
        # Overlapping pauses count once; separate ones add up.
        ([("2026-03-08T10:00+01:00", "2026-03-12T10:00+01:00"), ("2026-03-03T10:00+01:00", "2026-03-10T10:00+01:00")], 9),
        ([("2026-03-03T10:00+01:00", "2026-03-20T10:00+01:00"), ("2026-03-05T10:00+01:00", "2026-03-06T10:00+01:00")], 17),
        ([("2026-03-03T10:00+01:00", "2026-03-04T10:00+01:00"), ("2026-03-10T10:00+01:00", "2026-03-12T11:00+01:00")], 3),
    ],
)  # fmt: skip
def test_suspension_days(pauses, days):
    ledger = suspension_ledger([pause(*each) for each in pauses], zone=PARIS)
    assert suspension_days([pause(*each) for each in pauses], zone=PARIS) == days == sum(line.days for line in ledger)


def test_pauses_must_run_forward_and_have_offsets():
    with pytest.raises(DeadlineProblem, match="before it begins"):
        suspension_days([pause("2026-03-10T10:00+01:00", "2026-03-03T10:00+01:00")], zone=PARIS)
    with pytest.raises(DeadlineProblem, match="offset"):
        suspension_days([Pause(datetime(2026, 3, 3), at("2026-03-10T10:00+01:00"))], zone=PARIS)
