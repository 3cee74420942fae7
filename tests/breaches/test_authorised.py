"""A subprocessor at fault whom a contract with specific authorisation does not name is asked about, on the case and at the review; and what else a case says of it."""

from __future__ import annotations

from datetime import date

import pytest

from dpa.agreements.terms import DEFAULT_POLICY, TermStack, shipped_contract
from dpa.breaches.authorised import not_named
from tests.breaches.test_case_pages import Desk
from tests.breaches.test_pages import GOOD, House
from tests.support.databases import Database


@pytest.mark.parametrize(("contract", "name", "clause"), [
    ("lemon-learning", "Nimbus Cloud", "clause 15.4"),
    ("lemon-learning", "Microsoft Azure", None),
    ("lemon-learning", "microsoft  azure France", None),
    ("lemon-learning", "Azure", None),
    ("lemon-learning", " ", None),
    ("lightenup", "Nimbus Cloud", "GDPR Art. 28(2)"),
    ("lightenup", "Nebius", None),
    ("light-and-shadows", "Nimbus Cloud", None),
    ("light-company", "Nimbus Cloud", None),
    ("lighton", "Nimbus Cloud", None),
])  # fmt: skip
def test_who_is_not_named_where_each_needs_authorisation(contract: str, name: str, clause: str | None) -> None:
    found = not_named(TermStack(template=shipped_contract(contract), policy=DEFAULT_POLICY, on=date(2026, 11, 22)), name)
    assert (found.clause if found else None) == clause


@pytest.mark.parametrize(("name", "asked"), [("Nimbus Cloud", True), ("Microsoft Azure", False), ("", False)])
def test_case_and_review_ask_about_it(sqlite_database: Database, name: str, asked: bool) -> None:
    house = House(sqlite_database)
    client = house.client("dpo")
    told = {"upstream": name, "upstream_told_at": "2026-11-22T10:00"} if name else {}
    case = client.post("/breaches/new", data=GOOD | told).location.removesuffix("/affected")
    words = "Nimbus Cloud is not among the subprocessors that the contract of 2 customers names: it asks for specific prior authorisation (clause 15.4) and names Microsoft Azure (clause 15.5(c))."
    assert words not in client.get(case).text, "nobody is affected yet"
    client.post(f"{case}/affected", data={"selection": "all"})
    client.post(f"{case}/notice", data={"nature": "It leaked.", "contact": "DPO, now"})
    page = client.get(case).text
    assert (words in page, words in client.get(f"{case}/release").text) == (asked, asked)
    assert ("Subprocessor where it happened" in page) == bool(name)
    assert ("told you Sun 22 Nov 2026, 10:00 Paris" in page) == bool(name)


def test_lines_of_the_timeline_say_whose_they_are(sqlite_database: Database) -> None:
    desk = Desk(sqlite_database)
    desk.tell()
    client = desk.client("dpo")
    assert client.post(f"{desk.customer(1)}/acknowledged", data={"name": "Jeanne Roux", "how": "telephone"}).status_code == 303
    page = client.get(desk.case).text
    assert "(Customer 2)" in page.partition('id="timeline"')[2]
    assert "(Name who is affected)" in page.partition('id="timeline"')[2]
