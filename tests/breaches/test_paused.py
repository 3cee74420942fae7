"""A paused clock is shown as paused wherever it is shown, with the date; and an act never borrows another clock's countdown."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dpa.breaches.models import Affected
from dpa.breaches.phases import Phase
from dpa.docket import operations as docket
from dpa.docket.models import DocketEntry
from dpa.parties import operations as parties
from dpa.parties.models import Contact, Controller
from dpa.unit import Unit
from tests.breaches.test_case_pages import HOUR, Desk
from tests.support.databases import Database

WHY = "The customer asked in writing to wait for its own inquiry."


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return Desk(sqlite_database)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page))


def pause(desk: Desk, *places: int) -> None:
    rows = desk.rows()

    def do(unit: Unit, _: Any) -> None:
        for place in places:
            docket.pause(unit, unit.session.get_one(DocketEntry, unit.session.get_one(Affected, rows[place]).docket_entry_id), unit.now, WHY)

    desk.do(do)


def test_a_paused_clock_of_one_customer_leaves_the_running_one_to_act_by(desk: Desk) -> None:
    pause(desk, 0)
    desk.later(1)
    case = desk.client("dpo").get(desk.case).text
    said = words(case)
    assert "data-due" in case.partition("Affected customers")[0], "the other customer's clock still runs"
    row = words(case.partition("<tbody")[2].partition("</tr>")[0])
    assert "paused" in row
    assert "since Sun 22 Nov 13:00" in row
    assert "paused since Sun 22 Nov 13:00" in said, "the axis of promises says it, too"


def test_the_page_of_an_agreement_lists_its_paused_clock_as_paused(desk: Desk) -> None:
    client, address = desk.client("dpo"), "/agreements/1?tab=clocks"
    assert "Running clocks 1" in words(client.get(address).text)
    pause(desk, 0)
    desk.later(1)
    client = desk.client("dpo")
    page = client.get(address).text
    row = page.partition('<li class="deadline')[2].partition("</li>")[0]
    said = words(page)
    assert "Running and paused clocks 1" in said
    assert "Notify Customer 1 of breach" in said
    assert "Paused since Sun 22 Nov 13:00" in words(row)
    assert "data-live" not in row, "what stands still is not counted down"
    assert "paused" not in words(client.get("/agreements/2?tab=clocks").text).partition("Running clocks")[2].partition("Facts")[0]
    assert desk.client("outsider").get(address).status_code == 404


def test_where_every_clock_is_paused_no_page_counts_down(desk: Desk) -> None:
    pause(desk, 0, 1)
    desk.later(2)
    client = desk.client("dpo")
    case, customer, listed = client.get(desk.case).text, client.get(desk.customer()).text, client.get("/breaches").text
    assert "The clock is paused since Sun 22 Nov 2026, 13:00 Paris" in words(case)
    for page in (case, customer, listed):
        assert "data-due" not in page
        assert "paused" in words(page).lower()
    assert "since Sun 22 Nov 2026, 13:00 Paris ; due Mon 23 Nov 2026, 10:00 Paris before the pause" in words(customer)
    assert "not told, clock paused" in words(client.get(f"{desk.case}/evidence").text)


def test_nobody_is_late_while_the_clock_is_paused(desk: Desk) -> None:
    pause(desk, 0, 1)
    desk.later(72)
    client = desk.client("dpo")
    assert "Say why it came late" not in client.get(desk.customer()).text
    assert "Customer 1" not in client.get(f"{desk.case}/lateness").text


def test_reaching_who_was_not_told_shows_no_countdown_of_the_promised_next_word(desk: Desk) -> None:
    desk.tell(word=48 * HOUR)

    def lose(unit: Unit, _: Any) -> None:
        contact = unit.session.get_one(Contact, 1)
        parties.remove_contact(unit, unit.session.get_one(Controller, contact.controller_id), contact)

    desk.do(lose)
    desk.tell(Phase.SUPPLEMENT, word=96 * HOUR)
    page = desk.client("dpo").get(desk.case).text
    act = page.partition('aria-label="Act next"')[2].partition("</section>")[0]
    assert "Reach the customers" in act
    assert "data-due" not in act
