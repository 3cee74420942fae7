"""Standard terms where nothing can be exported yet: a sample to adapt, and a form that fills in the first promise."""

from __future__ import annotations

import html
import re

import pytest

from dpa.agreements import plain
from dpa.agreements.models import Template
from dpa.agreements.terms import TermStack, dump_terms, governing_clock, load_terms
from dpa.problems import Invalid
from tests.agreements.conftest import Desk
from tests.agreements.test_pages import count

NEW = {"valid_from": "2026-01-01", "note": "First reading"}


def test_the_sample_is_valid_canonical_and_says_that_it_is_one() -> None:
    document = load_terms(plain.sample_text())
    assert dump_terms(document) == plain.sample_text()
    assert plain.sample_text().count(plain.ADAPT) == 4
    with pytest.raises(Invalid, match="still the sample"):
        plain.check_adapted(document, "file")


def test_a_filled_form_promises_what_was_typed_and_nothing_else() -> None:
    document = plain.filled("Processing agreement 2026", "Lemon Learning", 36, "15.4")
    clock = governing_clock(TermStack(template=document))
    assert (document.slug, document.title, document.vendor.name) == ("processing-agreement-2026", "Processing agreement 2026", "Lemon Learning")
    assert [term.key for term in document.terms] == ["breach.notify"]
    assert clock is not None
    assert (clock.target.amount, clock.clause, clock.channel) == (36, "15.4", None)
    assert plain.filled("条款", "L", 36, "1").slug == "standard-terms", "a title without Latin letters still has an address"


def test_the_sample_cannot_be_added_as_it_stands(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    page = client.get("/agreements/templates/new").text
    assert "/agreements/templates/plain" in page
    text = client.get("/agreements/templates/sample.json").text
    before = count(desk.app, Template)
    answer = client.post("/agreements/templates/new", data=NEW | {"terms": text})
    assert (answer.status_code, "still the sample" in answer.text, count(desk.app, Template)) == (422, True, before)
    assert client.post("/agreements/templates/new", data=NEW | {"terms": text.replace(plain.ADAPT, "15.4")}).status_code == 303


def test_the_plain_form_fills_the_text_that_can_be_added(desk: Desk) -> None:
    client = desk.client(desk.dpo)
    assert client.get("/agreements/templates/plain").status_code == 200
    good = {"title": "Processing agreement 2026", "hours": "36", "clause": "15.4"}
    for wrong in ({"title": ""}, {"hours": "0"}, {"hours": "soon"}, {"clause": ""}, {"clause": "adapt before use"}, {"title": " "}):
        assert client.post("/agreements/templates/plain", data=good | wrong).status_code == 422, wrong
    before = count(desk.app, Template)
    page = client.post("/agreements/templates/plain", data=good)
    assert (page.status_code, count(desk.app, Template)) == (200, before)
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.DOTALL)
    assert found is not None
    answer = client.post("/agreements/templates/new", data=NEW | {"terms": html.unescape(found[1])})
    assert answer.status_code == 303
    assert "36 hours" in client.get(answer.headers["Location"]).text


def test_only_those_who_may_edit_agreements_start_standard_terms(desk: Desk) -> None:
    client = desk.client(desk.auditor)
    assert client.get("/agreements/templates/plain").status_code == 403
