"""What only the file mailbox kept told nobody: the customer's own page shows its clock as the house's page does."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.models import Delivery
from tests.portal.desk import Desk


def kept_in_the_mailbox(desk: Desk, *, drill: bool = False) -> None:
    """Have the file mailbox take every notice of a new case."""
    desk.open(drill=drill)
    desk.release()
    with desk.unit("system:alerts") as unit:
        for one in unit.session.scalars(select(Delivery)).all():
            message = unit.session.get_one(OutboxMessage, one.outbox_id)
            message.sent_at, message.state, message.kept = unit.now, "sent", True  # type: ignore[assignment]
            operations.notices_sent(unit, [message])


def strip_of(page: str) -> tuple[str, str]:
    """Return state and sentence of the page's clock."""
    found = re.search(r'<svg class="clock state-(\w+)" role="img" aria-label="([^"]*)"', page)
    assert found is not None
    return found[1], found[2]


@pytest.mark.parametrize(("hours", "state", "words"), [(1, "soon", "left"), (30, "late", "late")])
def test_the_clock_of_a_customer_whom_nobody_told_runs_on_on_its_own_page(bare: Desk, hours: int, state: str, words: str) -> None:
    kept_in_the_mailbox(bare)
    bare.pass_time(hours=hours)
    client, link = bare.inside()
    own = strip_of(client.get(f"{link}/notices").text)
    house = strip_of(bare.house.client("ana").get(f"/breaches/{bare.case}/customers/{bare.rows[0]}").text)
    assert own[0] == house[0] == state
    assert words in own[1]
    assert "met" not in own[1]


def test_in_an_exercise_the_mailbox_stands_for_the_customer(bare: Desk) -> None:
    kept_in_the_mailbox(bare, drill=True)
    client, link = bare.inside()
    assert strip_of(client.get(f"{link}/notices").text)[0] == "met"
