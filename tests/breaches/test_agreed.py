"""What the contract says of letters and mails: as a table, and in an act."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dpa.agreements.terms import DEFAULT_POLICY, TermStack, governing_clock, shipped_contract
from dpa.breaches.agreed import Agreed, Counted, Wanted, Ways, caveat, demanded, own_ways, rules_of, wanted_of
from dpa.breaches.channels import Channel, Handed
from dpa.deadlines import calendar_named

HOUR = timedelta(hours=1)
SUNDAY = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
FIVE = {Channel.POST: Agreed(5, on_receipt=False, confirmed=False, signed=False)}
RECEIPT = {Channel.POST: Agreed(None, on_receipt=True, confirmed=False, signed=False)}


def ways(rules: dict[Channel, Agreed]) -> Ways:
    return Ways(rules, "16.4", "Europe/Paris", calendar_named("FR"))


def test_lemon_learnings_four_ways_are_read_with_their_clause() -> None:
    rules, clause = rules_of(TermStack(template=shipped_contract("lemon-learning"), policy=DEFAULT_POLICY, on=date(2026, 11, 22)))
    assert clause == "16.4"
    assert rules == {
        Channel.EMAIL: Agreed(None, on_receipt=True, confirmed=True, signed=False),
        Channel.POST: Agreed(5, on_receipt=False, confirmed=False, signed=False),
        Channel.COURIER: Agreed(None, on_receipt=True, confirmed=False, signed=False),
    }


@pytest.mark.parametrize(("given", "received"), [
    (SUNDAY, datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC)),
    (datetime(2026, 11, 20, 14, 0, tzinfo=UTC), datetime(2026, 11, 27, 22, 59, 59, tzinfo=UTC)),
    (datetime(2026, 12, 24, 14, 0, tzinfo=UTC), datetime(2027, 1, 4, 22, 59, 59, tzinfo=UTC)),  # Christmas and New Year are no working days
    (datetime(2026, 3, 23, 14, 0, tzinfo=UTC), datetime(2026, 3, 30, 21, 59, 59, tzinfo=UTC)),  # over the spring night
])  # fmt: skip
def test_a_letter_counts_on_the_working_day_of_the_contract(given: datetime, received: datetime) -> None:
    assert ways(FIVE).received_at(Handed(Channel.POST, given, "RR 1")) == received


def test_a_proven_receipt_comes_first_and_the_house_rule_last() -> None:
    proven = Handed(Channel.POST, SUNDAY, "RR 1", datetime(2026, 11, 24, 9, tzinfo=UTC))
    for one in (ways(FIVE), ways(RECEIPT), ways({})):
        assert one.received_at(proven) == proven.received_at
    assert ways({}).received_at(Handed(Channel.POST, SUNDAY, "RR 1")) == datetime(2026, 11, 25, 22, 59, 59, tzinfo=UTC)


LEMON = {
    Channel.EMAIL: Agreed(None, on_receipt=True, confirmed=True, signed=False), Channel.POST: Agreed(5, on_receipt=False, confirmed=False, signed=False),
    Channel.COURIER: Agreed(None, on_receipt=True, confirmed=False, signed=False),
}  # fmt: skip
REALLY = "counts only when it is really received: left empty, it is on its way until you record the receipt."
SIGNED = {Channel.COURIER: Agreed(None, on_receipt=False, confirmed=False, signed=True)}


@pytest.mark.parametrize(("rules", "channel", "on_its_way"), [
    (RECEIPT, Channel.POST, True), (LEMON, Channel.COURIER, True), (SIGNED, Channel.COURIER, True), ({}, Channel.COURIER, True), (FIVE, Channel.COURIER, True),
    (LEMON, Channel.POST, False), (LEMON, Channel.PHONE, False), (SIGNED, Channel.POST, False),
])  # fmt: skip
def test_where_only_the_receipt_counts_it_is_on_its_way_until_that_is_known(rules: dict[Channel, Agreed], channel: Channel, on_its_way: bool) -> None:
    assert ways(rules).received_at(Handed(channel, SUNDAY, "RR 1", SUNDAY + HOUR)) == SUNDAY + HOUR
    assert (ways(rules).received_at(Handed(channel, SUNDAY, "RR 1")) is None) is on_its_way


@pytest.mark.parametrize(("rules", "words"), [
    ({}, f"By house rule a notice by courier or by hand {REALLY} Left empty, a letter counts as received 3 days later, by house rule; what was said counts at once."),
    (LEMON, f"Under clause 16.4 a notice by courier or by hand {REALLY} Left empty, a letter counts as received on working day 5 after posting (16.4); what was said counts at once."),
    (RECEIPT, f"By house rule a notice by courier or by hand {REALLY} Under clause 16.4 a letter {REALLY} What was said counts at once."),
])  # fmt: skip
def test_the_form_tells_what_the_receipt_is_for_under_this_agreement(rules: dict[Channel, Agreed], words: str) -> None:
    assert ways(rules).receipts() == f"When it was demonstrably received, such as by a signed receipt. {words}"


@pytest.mark.parametrize(("slug", "own", "clause"), [
    ("lemon-learning", {Channel.EMAIL: "clause 15.4", Channel.POST: "clause 16.4", Channel.COURIER: "clause 16.4"}, "clause 16.4"),
    ("light-and-shadows", {Channel.POST: "clause 31"}, ""),
    ("lighton", {}, ""),
])  # fmt: skip
def test_the_ways_a_contract_names_and_whether_it_demands_an_answer(slug: str, own: dict[Channel, str], clause: str) -> None:
    stack = TermStack(template=shipped_contract(slug), policy=DEFAULT_POLICY, on=date(2026, 11, 22))
    assert (own_ways(stack, governing_clock(stack)), demanded(stack)) == (own, clause)


def test_each_rule_is_said_in_words() -> None:
    mail = {Channel.EMAIL: Agreed(None, on_receipt=True, confirmed=True, signed=False)}
    assert ways(FIVE).says(Channel.POST) == "counts as received on working day 5 after posting (16.4)"
    said = Ways(mail, "16.4", special="clause 15.4").says(Channel.EMAIL)
    assert said == (
        "a notice in general counts only once it is acknowledged or answered (16.4). For a breach clause 15.4 is the special rule: "
        "sending it in time is enough, and the acknowledgement is chased"
    )
    assert ways({}).says(Channel.POST) == "counts as received 3 days later, by house rule"
    assert ways({}).says(Channel.COURIER) == "counts when it is really received, by house rule"


MAIL = Wanted(frozenset({Channel.EMAIL}), "by e-mail", "clause 15.4")


def test_the_way_the_clause_on_breaches_names_is_read() -> None:
    clock = governing_clock(TermStack(template=shipped_contract("lemon-learning"), policy=DEFAULT_POLICY, on=date(2026, 11, 22)))
    assert clock is not None
    assert wanted_of(clock) == MAIL


@pytest.mark.parametrize(("counted", "said"), [
    ([], ""),
    ([(Channel.EMAIL, 0)], ""),
    ([(Channel.PHONE, 1)], "first told by telephone"),
    ([(Channel.PERSON, 1)], "first told in person"),
    ([(Channel.PHONE, 1), (Channel.EMAIL, 2)], ""),
    ([(Channel.PHONE, 1), (Channel.EMAIL, 30)], "first told by telephone"),
    ([(Channel.EMAIL, 30), (Channel.PHONE, 31)], ""),
])  # fmt: skip
def test_another_way_than_the_contract_names_is_said_beside_the_clock(counted: list[tuple[Channel, int]], said: str) -> None:
    found = caveat(MAIL, [Counted(channel, SUNDAY + hours * HOUR) for channel, hours in counted], SUNDAY + 24 * HOUR)
    assert said in found
    assert bool(said) == bool(found)
    assert not found or "asks for the notice by e-mail (clause 15.4)" in found
    assert caveat(None, [Counted(Channel.PHONE, SUNDAY)], SUNDAY) == ""
