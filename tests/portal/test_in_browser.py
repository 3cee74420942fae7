"""A customer in a real browser: by keyboard alone, both themes, narrow and wide, on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dpa.breaches import operations
from dpa.breaches.models import Question
from dpa.breaches.phases import Phase
from tests.portal.desk import LATER, Desk
from tests.support.browser import LiveServer, check_axe, watch_csp

pytestmark = pytest.mark.browser


def look(page: Any) -> None:
    """Sound for axe in both themes, no sideways scrolling on a telephone."""
    page.set_viewport_size({"width": 1440, "height": 900})
    check_axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def answer_all(desk: Desk) -> None:
    with desk.unit() as unit:
        operations.answer(unit, desk.breach(unit), unit.session.query(Question).one(), "No, names only.")


def test_a_customer_reads_confirms_and_asks_by_keyboard(desk: Desk, live_server: Callable[[Any], LiveServer], page: Any) -> None:
    desk.house.work()
    complaints, url, link = watch_csp(page), live_server(desk.house.app).url, desk.link()
    page.goto(url + link)
    look(page)
    page.get_by_role("button", name="Open the notices").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/notices")
    look(page)
    page.get_by_role("button", name="Send the question").press("Enter")
    page.get_by_role("heading", name="There is a problem").wait_for()
    look(page)
    page.get_by_role("link", name="Write your question.").press("Enter")
    page.keyboard.type("Were passwords among the data?")
    page.get_by_label("Mail address or telephone to reach you").fill("j.roux@lille.example")
    page.locator("#question-name").fill("Jeanne Roux")
    page.get_by_role("button", name="Send the question").press("Enter")
    page.get_by_text("received, not answered yet").wait_for()
    page.locator("#confirm-name").fill("Jeanne Roux")
    page.keyboard.press("Enter")
    page.get_by_text("sees that you confirmed, and when.").wait_for()
    answer_all(desk)
    desk.tell(LATER, Phase.SUPPLEMENT)
    page.goto(f"{url}{link}/notices")
    assert page.url == url + link
    page.get_by_role("button", name="Open the notices").click()
    page.get_by_text("No, names only.").wait_for()
    look(page)
    check_axe(page, themes=("light",))
    with page.expect_download() as loading:
        page.get_by_role("link", name="Download LL-BN-2026-0001").click()
    assert loading.value.suggested_filename == "LL-BN-2026-0001.pdf"
    page.emulate_media(media="print")
    for selector in ("#confirm", "#question", ".skip", ".phase-paper .btn"):
        assert not page.locator(selector).first.is_visible(), selector
    for words in ("It was 120 names.", "LL-BN-2026-0001", "Were passwords among the data?", "No, names only."):
        assert page.get_by_text(words).first.is_visible()
    complaints.check()


def test_an_exercise_and_a_link_that_does_not_work(bare: Desk, live_server: Callable[[Any], LiveServer], page: Any) -> None:
    bare.open(drill=True)
    bare.tell()
    url = live_server(bare.house.app).url
    page.goto(url + bare.link())
    assert page.get_by_text("Exercise", exact=True).evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 28
    look(page)
    page.goto(f"{url}/n/{'x' * 43}")
    look(page)
