"""Customers of a case counted by sets: the corners in which exceptions meet. The state machine compares every case it reaches with a look at each customer."""

from __future__ import annotations

import pytest

from dpa.breaches import case_counts, operations
from dpa.breaches.models import Affected, Breach
from dpa.breaches.rules import Draft, Selection, Standing
from dpa.parties.rules import Purpose
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_operations import incident

REASON = "It has ended its contract and took its data with it."


@pytest.fixture
def case(lemon: Ground) -> Breach:
    """A case of two customers, the second without a contact."""
    ids = [lemon.customer(1, (Purpose.SECURITY, "s@c1.example")).id, lemon.customer(2).id]
    with lemon.unit(NOW) as unit:
        breach = operations.record_incident(unit, lemon.organisation, incident())
        operations.add_affected(unit, breach, ids, Selection.BY_LIST)
        operations.save_draft(unit, breach, Draft("It leaked.", "DPO", "", "", ""))
    return breach


def standings(lemon: Ground, case: Breach) -> dict[Standing, int]:
    return dict(case_counts.overview(lemon.session, case, lemon.organisation.mail_domains)[0])


def waive_the_second(lemon: Ground, case: Breach) -> None:
    with lemon.unit(NOW) as unit:
        row = unit.session.query(Affected).order_by(Affected.id.desc()).first()
        assert row is not None
        operations.owe_nothing(unit, unit.session.get_one(Breach, case.id), row, REASON)


def release(lemon: Ground, case: Breach) -> None:
    with lemon.unit(NOW) as unit:
        operations.release_notice(unit, unit.session.get_one(Breach, case.id), lemon.organisation)


def test_who_has_no_contact_and_is_owed_nothing_is_counted_once(lemon: Ground, case: Breach) -> None:
    assert standings(lemon, case) == {Standing.WAITING: 1, Standing.NO_RECIPIENT: 1}
    waive_the_second(lemon, case)
    assert standings(lemon, case) == {Standing.WAITING: 1, Standing.WAIVED: 1}
    release(lemon, case)
    assert standings(lemon, case) == {Standing.RELEASED: 1, Standing.WAIVED: 1}


def test_closing_asks_nobody_for_a_contact(lemon: Ground, case: Breach) -> None:
    release(lemon, case)
    assert standings(lemon, case) == {Standing.RELEASED: 1, Standing.NO_RECIPIENT: 1}
    counts = case_counts.closing_counts(lemon.session, case)
    assert (counts.affected, counts.open_clocks, counts.on_its_way) == (2, 2, 1)
