"""Where an act does not go on, its page says what is true and leads on: nobody to tell, no right to release, a closed case, a reason for many."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from dpa.breaches.models import Affected
from dpa.extensions import db
from dpa.parties import operations as parties
from dpa.parties.models import Contact, Controller
from dpa.unit import Unit
from tests.breaches.conftest import NO_FINAL
from tests.breaches.test_case_pages import TEXT, WHY, Desk
from tests.support.databases import Database


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return Desk(sqlite_database)


def closed(desk: Desk) -> None:
    desk.tell()
    desk.client("dpo").post(f"{desk.case}/close", data={"summary": "All customers were told.", "no_final": NO_FINAL})


def test_a_release_to_nobody_says_who_cannot_be_told_and_what_helps(desk: Desk) -> None:
    def lose(unit: Unit, _: object) -> None:
        contact = unit.session.get_one(Contact, 1)
        parties.remove_contact(unit, unit.session.get_one(Controller, contact.controller_id), contact)

    desk.do(lose)
    desk.tell()
    page = desk.client("dpo").get(f"{desk.case}/release").text
    assert "1 customer cannot be mailed, and nobody else is left to tell. Add a contact" in page
    assert "Nobody is left to tell." not in page


def test_nobody_late_is_not_everybody_told(desk: Desk) -> None:
    page = desk.client("dpo").get(f"{desk.case}/lateness").text
    assert "Nobody is late without a reason so far" in page
    assert "Every customer was told" not in page


def test_who_may_not_release_comes_back_to_the_case_and_reads_who_may(desk: Desk) -> None:
    operator = desk.client("operator")
    answer = operator.post(f"{desk.case}/notice", data=TEXT)
    assert (answer.status_code, answer.location) == (303, desk.case)
    page = operator.get(desk.case)
    assert page.status_code == 200
    assert "somebody who may release notices (" in page.text
    assert "Sara Second" in page.text
    for path in ("notice/text/de", "notice/text/de/remove"):
        assert operator.post(f"{desk.case}/{path}", data=TEXT).location == desk.case, path
    assert desk.client("dpo").post(f"{desk.case}/notice", data=TEXT).location == f"{desk.case}/release"


def test_a_refused_act_leads_to_its_case_and_from_a_closed_one_to_opening_it(desk: Desk) -> None:
    client = desk.client("dpo")
    page = client.get(f"{desk.case}/notice/discard")
    assert page.status_code == 409
    assert f'href="{desk.case}">Go to the case' in page.text
    assert "Open it again" not in page.text
    closed(desk)
    for path in (f"{desk.case}/affected", f"{desk.case}/lateness", f"{desk.customer()}/hand-over"):
        page = client.get(path)
        assert page.status_code == 409, path
        for words in ("The case is closed", f'href="{desk.case}">Go to the case', f'href="{desk.case}/reopen">Open it again'):
            assert words in page.text, (path, words)
    assert client.post(f"{desk.case}/affected", data={"selection": "all"}).status_code == 409
    assert "Open it again" not in desk.client("operator").get(f"{desk.case}/affected").text


def ticked(page: str) -> list[str]:
    return [box for box in re.findall("<input[^>]*name=\"customer\"[^>]*>", page) if "checked" in box]


def test_nobody_is_ticked_beforehand_among_several_and_all_can_be_chosen_at_once(desk: Desk) -> None:
    desk.later(30)
    desk.tell()
    client, path = desk.client("dpo"), f"{desk.case}/lateness"
    page = client.get(path).text
    assert ticked(page) == []
    assert "Give it for all of them" in page
    assert len(ticked(client.post(path, data={"reason": "so", "customer": str(desk.rows()[0])}).text)) == 1
    client.post(path, data={"reason": WHY, "customer": str(desk.rows()[0])})
    page = client.get(path).text
    assert len(ticked(page)) == 1, "the only one left is meant"
    assert "Give it for all of them" not in page


def test_a_reason_is_not_longer_than_a_reader_bears(desk: Desk) -> None:
    desk.later(30)
    desk.tell()
    client = desk.client("dpo")
    for path, chosen in ((f"{desk.case}/lateness", {"everybody": "y"}), (f"{desk.customer()}/lateness", {})):
        answer = client.post(path, data={"reason": "x" * 5_001, **chosen})
        assert answer.status_code == 422
        assert "Shorten the reason to 5,000 characters." in answer.text
    with desk.app.app_context():
        assert set(db.session.scalars(select(Affected.late_reason))) == {""}
    assert client.post(f"{desk.case}/lateness", data={"reason": "x" * 5_000, "everybody": "y"}).status_code == 303
