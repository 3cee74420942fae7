"""Every page of the demonstration: sound for axe in both themes, no sideways scrolling at 390 px, no policy violation."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.browser.conftest import Desk
from tests.support.browser import check_axe, watch_csp

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SKIPPED = re.compile(r"\.(csv|json|pdf|zip|pem|txt|png|xlsx|py|crl|eml|note)(\?|$)|/sign-out|^/static/|/health/")
MOST = 120


def addresses(page: Any, url: str) -> list[str]:
    found = page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
    return [link.split("#")[0] for link in found if link.startswith("/") and not SKIPPED.search(link)]


def shape(path: str) -> str:
    """Two addresses of one shape show the same page with other facts; of the query only a tab, and an organisation to record for, make another page."""
    plain, _, query = path.partition("?")
    tabs = sorted(part for part in query.split("&") if part.startswith("tab="))
    if plain == "/breaches/new" and "organisation=" in query:
        tabs.append("organisation")  # Without one, whoever has several is asked for it, and sees no form yet.
    return re.sub(r"\d+", "N", plain) + "?" + "&".join(tabs)


def issue_a_statement(desk: Desk, page: Any) -> None:
    """Have one document and one checkpoint, so that their pages are among those looked at."""
    page.goto(f"{desk.url}/breaches/1")
    page.get_by_text("Issue a trail statement").click()
    page.get_by_role("button", name="Issue it").click()
    page.wait_for_load_state()
    desk.clock.advance(timedelta(minutes=1))
    desk.work()


def test_every_page_is_sound(desk: Desk, signed_in: Any) -> None:
    page = signed_in
    complaints = watch_csp(page)
    issue_a_statement(desk, page)
    waiting, seen, looked = ["/board", "/breaches/new?organisation=lemon-learning"], set(), 0
    while waiting and looked < MOST:
        path = waiting.pop(0)
        if shape(path) in seen:
            continue
        seen.add(shape(path))
        looked += 1
        page.set_viewport_size({"width": 1440, "height": 900})
        answer = page.goto(desk.url + path)
        assert answer.status == 200, f"{path} answered {answer.status}"
        check_axe(page)
        waiting += addresses(page, path)
        page.set_viewport_size({"width": 390, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{path} scrolls sideways at 390 px ({wide} px)"
    complaints.check()
    missed = {shape(path) for path in ("/documents/1", "/checkpoints/1", "/settings/organisations/1/seal", "/verify")} - seen
    assert not missed, f"no page leads to {missed}"
    assert looked >= 20, f"only {looked} pages were found: {sorted(seen)}"


def test_pages_before_sign_in_and_errors_are_sound(desk: Desk, page: Any) -> None:
    for path, status in (("/sign-in", 200), ("/verify", 200), ("/nowhere", 404), ("/link/unknown-token-unknown-token", 404)):
        assert page.goto(desk.url + path).status == status
        check_axe(page)
