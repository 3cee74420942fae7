"""The Outbox in a real browser: accessible in both themes, no complaint about the content security policy, readable on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dpa.people.roles import Role
from tests.alerts.test_pages import ACCEPTED, REFUSED, Office
from tests.support import pages
from tests.support.browser import LiveServer, check_axe, watch_csp
from tests.support.databases import Database


@pytest.mark.browser
def test_the_outbox_in_a_browser(sqlite_database: Database, live_server: Callable[[Any], LiveServer], page: Any) -> None:
    office = Office(sqlite_database)
    office.beat()
    office.message("k1", ACCEPTED)
    number = office.message("k2", REFUSED)
    person = pages.add_person(office.app, "bea@lemon.example", {office.lemon: Role.DPO})
    client = office.app.test_client()
    pages.sign_in(client, person)
    url = live_server(office.app).url
    cookie = client.get_cookie("dpa_session")
    assert cookie is not None
    page.context.add_cookies([{"name": "dpa_session", "value": cookie.value, "url": url}])
    complaints = watch_csp(page)
    for path in ("/outbox", f"/outbox/{number}"):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} scrolls sideways at {width} px"
        check_axe(page)
    page.get_by_role("button", name="Send again").click()
    page.get_by_text("The message is on its way again.").wait_for()
    complaints.check()
