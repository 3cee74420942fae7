"""The first day of a new installation: an incident is recorded before any agreement is on file, and no page may forget it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dpa.extensions import db
from tests.breaches.test_pages import GOOD, House
from tests.support.databases import Database


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    """Lend a house, and close its connections afterwards."""
    made = House(database)
    yield made
    with made.app.app_context():
        db.engine.dispose()


def test_the_board_and_the_case_show_an_incident_of_a_house_without_agreements(house: House) -> None:
    client = house.client("outsider")
    case = client.post("/breaches/new", data=GOOD).headers["Location"].removesuffix("/affected")
    board, page = client.get("/board").text, client.get(case).text
    assert "No deadline is running" not in board
    assert "Name who is affected by breach" in board
    assert "no agreement on file runs; house target 24 hours." in page
    assert "act-count" in page


def test_the_page_that_asks_for_names_leads_to_what_is_missing(house: House) -> None:
    client = house.client("outsider")
    path = client.post("/breaches/new", data=GOOD).headers["Location"]
    page = client.get(path).text
    assert "The incident is kept meanwhile" in page
    for way in ("/agreements/templates/new?organisation=other-house", "/customers/new?organisation=other-house", "/agreements/new?organisation=other-house"):
        assert way in page
    own = house.client("dpo")
    assert "kept meanwhile" not in own.get(own.post("/breaches/new", data=GOOD).headers["Location"]).text
