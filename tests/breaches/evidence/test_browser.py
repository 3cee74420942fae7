"""The pages of evidence in a browser: axe in both themes, no sideways scrolling on a phone, by keyboard to a sealed dossier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.breaches.evidence.test_pages import Evidence
from tests.support.browser import LiveServer, check_axe, watch_csp
from tests.support.databases import Database
from tests.support.pages import clock_of
from tests.support.seals import SealGround

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def signed_in(desk: Evidence, page: Any, url: str) -> None:
    """Hand the browser a session of the DPO."""
    client = desk.client("dpo")
    cookie = client.get_cookie("dpa_session")
    assert cookie is not None
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


def test_the_pages_are_sound_in_both_themes_and_on_a_phone(
    sqlite_database: Database, seal_ground: SealGround, live_server: Callable[[Any], LiveServer], page: Any
) -> None:
    desk = Evidence(sqlite_database, seal_ground)
    desk.client("dpo").post("/breaches/1/evidence/dossiers", data={"customer": "1"})
    clock_of(desk.app).advance(timedelta(days=2))
    url = live_server(desk.app).url
    signed_in(desk, page, url)
    complaints = watch_csp(page)
    for path in ("/breaches/1/evidence", "/breaches/2/evidence", "/breaches/register", "/breaches/register?list=exercises", "/breaches/register?to=2026-01-01"):
        page.set_viewport_size({"width": 1440, "height": 900})
        assert page.goto(url + path).status == 200
        check_axe(page)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    complaints.check()

