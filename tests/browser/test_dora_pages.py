"""The pages about DORA, and the board with something that waits for a second person, in a browser: sound for axe in both themes, nothing scrolls sideways."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dpa.breaches import operations
from dpa.breaches.dora import Classification
from dpa.breaches.operations import dora
from dpa.breaches.regimes import Profile
from dpa.extensions import db
from dpa.web.words import local_time
from tests.browser.conftest import Desk
from tests.browser.test_case_pages import HOUR, TEXT, Story
from tests.support.browser import watch_csp
from tests.support.pages import act

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_major_incident_and_a_notice_that_waits_for_approval(desk: Desk, signed_in: Any) -> None:
    story = Story(desk, signed_in)
    complaints = watch_csp(story.page)
    with desk.app.app_context(), act(desk.app, db.session(), f"u:{story.person}") as unit:
        operations.change_settings(unit, story.organisation, four_eyes=True, acknowledge_hours=24, profiles=[Profile.DORA])
    story.record("Payments stood still")
    story.name_all()
    story.look(f"{story.case}/classification", "80-classify")
    now = desk.clock.now()
    page = story.page
    page.get_by_label("Yes, it is major").check()
    page.get_by_label("Classified", exact=True).fill(local_time(now - 2 * HOUR, "Europe/Paris").strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Who classified it").fill("Head of risk")
    page.get_by_label("On what basis").fill("More than a tenth of the clients could not pay.")
    page.get_by_role("button", name="Show what this does to the clocks").click()
    page.get_by_text("Nothing is recorded yet").wait_for()
    story.check("80-classify-preview")
    first = Classification(major=True, decided_at=now - 2 * HOUR, person="Head of risk", basis="More than a tenth of the clients could not pay.")
    story.do(lambda unit, breach: dora.classify(unit, breach, first, ""))
    again = Classification(major=True, decided_at=now - timedelta(hours=1), person="Head of risk", basis=first.basis)
    story.do(lambda unit, breach: dora.classify(unit, breach, again, "The minutes of the crisis team give another time."))
    story.do(lambda unit, breach: operations.save_draft(unit, breach, TEXT), "u:99")
    story.look("/board", "81-board-errand")
    story.page.get_by_role("link", name="Read and approve").wait_for()
    story.look(story.case, "82-case-dora")
    story.page.get_by_text("The initial notification under DORA is due").wait_for()
    story.look(f"{story.case}/classification", "83-classified")
    story.look(f"{story.case}/other-clocks", "84-other-clocks-dora")
    story.look(f"{story.case}/reports/dora-initial", "85-submitted")
    story.look(f"{story.case}/release", "86-release-names")
    story.page.get_by_text("names somebody who is none of their contacts").wait_for()
    complaints.check()
