"""The chase of acknowledgements: it ends when everybody who is owed the newest phase has confirmed that one, and not before."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from dpa.agreements import operations as agreements
from dpa.agreements.terms import shipped_contract
from dpa.alerts.models import OutboxMessage
from dpa.breaches import customer, operations
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.models import Affected
from dpa.breaches.operations import following
from dpa.breaches.phases import Phase
from dpa.docket.models import DocketEntry
from dpa.parties.rules import Purpose
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_phases import HOUR, Case

SAID = "That an export with the names of their users was found in the open."


@pytest.fixture
def case(lemon: Ground) -> Case:
    return Case(lemon)


def confirm(case: Case, place: int, hours: float) -> None:
    with case.at(hours) as unit:
        operations.acknowledge(unit, case.breach, unit.session.get_one(Affected, case.rows[place].id), "The desk", "telephone")


def chases(case: Case) -> list[tuple[str, float, str | None]]:
    """Return each chase: its state, how many hours after NOW it started, and how it was met."""
    case.ground.session.expire_all()
    rows = case.ground.session.scalars(select(DocketEntry).where(DocketEntry.kind == following.ACKNOWLEDGE).order_by(DocketEntry.id))
    return [(row.state.value, (row.started_at - NOW) / HOUR, row.closed_reason) for row in rows]  # type: ignore[attr-defined]


def test_a_later_phase_starts_it_anew_and_who_confirmed_only_the_one_before_has_not_confirmed_it(case: Case) -> None:
    case.tell(1)
    confirm(case, 0, 2)
    confirm(case, 1, 2)
    assert chases(case) == [("met", 1, "every customer confirmed the initial notice")]
    case.tell(3, Phase.SUPPLEMENT)
    confirm(case, 0, 4)
    assert chases(case)[1:] == [("open", 3, None)]
    confirm(case, 1, 5)
    assert chases(case)[1:] == [("met", 3, "every customer confirmed the supplement")]


def test_a_later_phase_is_chased_on_by_the_clock_that_runs(case: Case) -> None:
    case.tell(1)
    confirm(case, 0, 2)
    case.tell(3, Phase.SUPPLEMENT)
    confirm(case, 1, 4)
    assert chases(case) == [("open", 1, None)], "one clock, and the first customer has not confirmed the supplement"
    confirm(case, 0, 5)
    assert [state for state, *_ in chases(case)] == ["met"]


def test_it_does_not_end_while_a_mail_is_on_its_way(case: Case) -> None:
    case.tell(1)
    confirm(case, 0, 2)
    case.write(phase=Phase.SUPPLEMENT, hours=3)
    case.release(3)
    confirm(case, 1, 4)
    assert [state for state, *_ in chases(case)] == ["open"], "what was confirmed is the initial notice"
    case.deliver(5)
    confirm(case, 0, 6)
    confirm(case, 1, 6)
    assert [state for state, *_ in chases(case)] == ["met"]


def test_it_waits_for_who_has_not_got_the_phase_and_not_for_who_is_owed_none(case: Case) -> None:
    case.tell(1)
    case.name(case.ground.customer(3), hours=2)  # Nobody can be written to there.
    confirm(case, 0, 3)
    confirm(case, 1, 3)
    assert [state for state, *_ in chases(case)] == ["open"]
    with case.at(4) as unit:
        operations.owe_nothing(unit, case.breach, unit.session.get_one(Affected, case.rows[2].id), "Their data were not in the export.")
    assert [state for state, *_ in chases(case)] == ["met"]


def test_who_confirmed_a_call_before_there_was_a_text_has_not_confirmed_the_text(case: Case) -> None:
    case.tell(1)
    confirm(case, 1, 2)
    case.name(case.ground.customer(3), hours=2)
    with case.at(3) as unit:
        handed = Handed(Channel.PHONE, NOW + HOUR / 2, "Called the desk at +33 1.", said=SAID)
        operations.hand_over(unit, case.breach, unit.session.get_one(Affected, case.rows[2].id), handed)
    confirm(case, 0, 4)
    confirm(case, 2, 4)
    assert [state for state, *_ in chases(case)] == ["open"]
    view = customer.view(case.ground.session, case.breach, case.rows[2].id, NOW + 5 * HOUR)
    assert (view.words, view.heard_only) == ("told by word of mouth, text owed", True)
    with case.at(6) as unit:
        operations.hand_over(unit, case.breach, unit.session.get_one(Affected, case.rows[2].id), Handed(Channel.PERSON, NOW + 5.5 * HOUR, "Given to Jeanne Roux."))
    view = customer.view(case.ground.session, case.breach, case.rows[2].id, NOW + 6 * HOUR)
    assert (view.words, view.heard_only, view.proposal is not None) == ("told, not confirmed", False, True)
    confirm(case, 2, 7)
    assert [state for state, *_ in chases(case)] == ["met"]


# What only a contract demands


@pytest.fixture
def mixed(lemon: Ground) -> Case:
    """Of two customers, the first under Lemon Learning (16.4: a mail counts once it is acknowledged), the second under a contract without such a rule; the house chases nobody."""
    case = Case(lemon, customers=1)
    with lemon.unit() as unit:
        lemon.template = agreements.add_template(unit, lemon.organisation.id, shipped_contract("light-and-shadows"), date(2024, 1, 1))
        operations.change_settings(unit, lemon.organisation.id, four_eyes=False, acknowledge_hours=0, profiles=())
    case.name(lemon.customer(2, (Purpose.SECURITY, "s@c2.example")))
    return case


def test_with_no_hours_of_the_house_a_contract_that_demands_it_is_chased_all_the_same(mixed: Case) -> None:
    mixed.tell(1)
    [chase] = mixed.open(following.ACKNOWLEDGE)
    assert (chase.basis, chase.origin) == ("Contract, clause 16.4: a notice by mail counts only once it is acknowledged or answered; house target 24 hours", "house_policy")
    assert chase.target_at == NOW + 25 * HOUR
    confirm(mixed, 1, 2)
    assert [state for state, *_ in chases(mixed)] == ["open"]
    first, second = (customer.view(mixed.ground.session, mixed.breach, row.id, NOW + 26 * HOUR).proposal for row in mixed.rows)
    assert second is None
    assert first is not None
    assert (first.channel, first.urgent) == (Channel.COURIER, True)
    assert first.why == (
        "Not confirmed within 24 hours. Under clause 16.4 a notice by mail counts in general only once it is acknowledged or answered. The contract names this way (clause 16.4)."
    )


def test_it_ends_with_the_customers_whose_contract_demands_it(mixed: Case) -> None:
    mixed.tell(1)
    confirm(mixed, 0, 2)
    assert [(state, by) for state, _, by in chases(mixed)] == [("met", "every customer whose contract asks for it confirmed the initial notice")]


def test_where_no_contract_demands_it_either_nobody_is_chased(mixed: Case) -> None:
    with mixed.at(0) as unit:
        operations.owe_nothing(unit, mixed.breach, unit.session.get_one(Affected, mixed.rows[0].id), "Their data were not in the export.")
    mixed.tell(1)
    assert chases(mixed) == []


def test_a_chase_of_the_house_stays_about_every_customer_when_its_hours_are_taken_away(mixed: Case) -> None:
    def hours(number: int, at: float) -> None:
        with mixed.at(at) as unit:
            operations.change_settings(unit, mixed.ground.organisation.id, four_eyes=False, acknowledge_hours=number, profiles=())

    hours(24, 0)
    mixed.tell(1)
    hours(0, 2)
    confirm(mixed, 0, 3)
    assert [state for state, *_ in chases(mixed)] == ["open"]
    confirm(mixed, 1, 4)
    assert [state for state, *_ in chases(mixed)] == ["met"]


def test_a_mail_that_was_refused_proposes_the_contracts_way_and_says_that_a_call_is_quicker(case: Case) -> None:
    case.write()
    case.release(1)
    with case.at(2) as unit:
        message = unit.session.scalars(select(OutboxMessage).where(OutboxMessage.to_address == "s@c1.example")).one()
        message.state, message.attempts = "dead", 1  # type: ignore[assignment]
    proposal = customer.view(case.ground.session, case.breach, case.rows[0].id, NOW + 3 * HOUR).proposal
    assert proposal is not None
    assert (proposal.channel, proposal.why) == (
        Channel.COURIER, "The mail could not be delivered. The contract names this way (clause 16.4). The clock still runs: a call meets it at once.",
    )
