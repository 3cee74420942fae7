"""Every state of a running case in a browser: sound for axe in both themes, nothing scrolls sideways at 390 px, no policy violation.

With SHOTS=folder the same states are kept as pictures, both themes and both widths, to be looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.closing import Ending
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft, Incident, Selection
from dpa.extensions import db
from dpa.people.models import Organisation, Person
from dpa.unit import Unit
from tests.breaches.conftest import NO_FINAL, with_news
from tests.browser.conftest import Desk
from tests.support.browser import THEMES, check_axe, watch_csp
from tests.support.pages import act

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOUR = timedelta(hours=1)
TEXT = Draft(
    "A scheduled export with names, work addresses and training progress of about 3,100 employees went to an address outside the customer’s domain. "
    "It was opened once.",
    "Ana Duarte, data protection officer, +33 1 99 00 12 34, at any hour", "Unwanted mail, and inferences about who is being trained for what.",
    "The export was stopped, the address blocked, and the recipient asked to delete what came.", "Whether the file was passed on.",
)  # fmt: skip
SHOTS = os.environ.get("SHOTS")


class Story:
    """A breach at Lemon Learning, led by operations between looks at its pages."""

    def __init__(self, desk: Desk, page: Any) -> None:
        self.desk, self.page = desk, page
        with desk.app.app_context():
            self.organisation = db.session.scalars(select(Organisation.id).where(Organisation.slug == "lemon-learning")).one()
            self.person = db.session.scalars(select(Person.id).order_by(Person.id)).first()
        self.id = 0

    def do(self, act_on: Callable[[Unit, Breach], object], actor: str = "") -> None:
        with self.desk.app.app_context(), act(self.desk.app, db.session(), actor or f"u:{self.person}") as unit:
            act_on(unit, unit.session.get_one(Breach, self.id))

    def record(self, title: str, **facts: Any) -> None:
        now = self.desk.clock.now()
        with self.desk.app.app_context(), act(self.desk.app, db.session(), f"u:{self.person}") as unit:
            organisation = unit.session.get_one(Organisation, self.organisation)
            incident = Incident(title, "An export went to an unknown address.", now - 14 * HOUR, now - 12 * HOUR, "The log had to be matched with the address first.", **facts)
            self.id = operations.record_incident(unit, organisation, incident).id

    def name_all(self) -> None:
        from datetime import date

        from dpa.agreements import queries as agreements

        with self.desk.app.app_context():
            running = [row.id for row in agreements.running(db.session(), self.organisation, date(2026, 11, 22))]
        self.do(lambda unit, breach: operations.add_affected(unit, breach, running, Selection.ALL))

    def release(self, phase: Phase | None = None, word: timedelta | None = None, **reasons: str) -> None:
        at = self.desk.clock.now() + word if word else None
        self.do(lambda unit, breach: operations.save_draft(unit, breach, with_news(breach, TEXT), phase, at))
        self.do(lambda unit, breach: operations.release_notice(unit, breach, unit.session.get_one(Organisation, self.organisation), **reasons))

    def rows(self) -> list[int]:
        with self.desk.app.app_context():
            return list(db.session.scalars(select(Affected.id).where(Affected.breach_id == self.id).order_by(Affected.id)))

    def look(self, path: str, name: str) -> None:
        """Open a page of the case, check it, and keep its picture where that is wanted."""
        page, address = self.page, f"{self.desk.url}{path}"
        page.set_viewport_size({"width": 1440, "height": 900})
        answer = page.goto(address)
        assert answer.status == 200, f"{path} answered {answer.status}"
        self.check(name)

    def check(self, name: str) -> None:
        """Check the page that is open."""
        page = self.page
        page.set_viewport_size({"width": 1440, "height": 900})
        check_axe(page)
        self._keep(name, "1440")
        page.set_viewport_size({"width": 390, "height": 844})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{name} scrolls sideways at 390 px ({wide} px)"
        self._keep(name, "390")

    def _keep(self, name: str, width: str) -> None:
        if not SHOTS:
            return
        folder = Path(SHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        self.page.emulate_media(reduced_motion="reduce")
        for theme in THEMES:
            self.page.evaluate("theme => ['data-theme', 'data-bs-theme'].forEach(n => document.documentElement.setAttribute(n, theme))", theme)
            self.page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=True)

    def later(self, span: timedelta) -> None:
        """Let time pass, and sign in anew: no session outlives a night."""
        self.desk.clock.advance(span)
        self.page.goto(self.desk.link())
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/board")

    @property
    def case(self) -> str:
        return f"/breaches/{self.id}"


@pytest.fixture
def story(desk: Desk, signed_in: Any) -> Story:
    return Story(desk, signed_in)


def test_a_case_from_nobody_named_to_released(story: Story) -> None:
    complaints = watch_csp(story.page)
    story.record("Export leak in the reporting service")
    story.look(story.case, "01-case-nobody-named")
    story.name_all()
    story.look(story.case, "02-case-to-write")
    story.look(f"{story.case}/close", "03-close-todo")
    story.look(f"{story.case}/notice", "04-notice-first")
    story.page.get_by_label("What happened").fill("")
    story.page.get_by_role("button", name="Save and review").click()
    story.check("05-notice-errors")
    story.do(lambda unit, breach: operations.save_draft(unit, breach, TEXT, None, unit.now + 30 * HOUR))
    story.look(f"{story.case}/release", "06-release")
    story.look(f"{story.case}/notice/discard", "07-discard")
    story.do(lambda unit, _: operations.change_settings(unit, story.organisation, four_eyes=True, acknowledge_hours=24, profiles=()))
    story.look(f"{story.case}/release", "08-release-own-text")
    story.page.get_by_role("button", name="Release to").click()
    story.check("09-release-refused")
    story.do(lambda unit, breach: operations.save_draft(unit, breach, Draft(TEXT.nature, TEXT.contact, "", "", ""), None, None), "u:99")
    story.look(f"{story.case}/release", "10-release-to-approve")
    story.page.get_by_role("button", name="Approve").click()
    story.check("11-release-own-approval")
    complaints.check()


def test_a_case_from_released_to_closed(story: Story) -> None:
    complaints = watch_csp(story.page)
    story.record("Export leak in the reporting service")
    story.name_all()
    story.release(word=20 * HOUR)
    story.look(story.case, "20-case-on-its-way")
    story.desk.clock.advance(timedelta(minutes=3))
    story.desk.work()
    rows = story.rows()
    with story.desk.app.app_context():
        told = db.session.scalars(select(Delivery.affected_id).where(Delivery.given_at.is_not(None)).order_by(Delivery.id)).all()
        harbour = next(row for row in rows if row not in set(told))
    customer = f"{story.case}/customers/{told[-1]}"
    story.do(lambda unit, breach: operations.acknowledge(unit, breach, unit.session.get_one(Affected, told[0]), "Jeanne Roux", "link"))
    story.do(lambda unit, breach: operations.read(unit, breach, unit.session.get_one(Affected, told[-1])))
    story.do(lambda unit, breach: operations.ask(unit, breach, unit.session.get_one(Affected, told[-1]), "Jeanne Roux", "j.roux@example.org", "Were passwords among the data, and which of our sites are concerned?"))
    story.look(story.case, "21-case-told")
    story.look(customer, "22-customer-told")
    story.look(f"{story.case}/customers/{harbour}", "23-customer-not-told")
    for act_page, name in (("hand-over?channel=phone", "24-hand-over"), ("acknowledged", "25-acknowledged"), ("link", "26-link"), ("link/revoke", "27-revoke"), ("questions/1", "28-answer")):
        story.look(f"{customer}/{act_page}", name)
    story.page.goto(f"{story.desk.url}{customer}/link")
    story.page.get_by_role("button", name="Make the link").click()
    story.page.get_by_text("The new link of").wait_for()
    story.check("29-link-shown-once")
    story.look(f"{story.case}/customers/{harbour}/not-owed", "30-not-owed")
    story.later(25 * HOUR)
    story.look(story.case, "31-case-late")
    story.look(f"{story.case}/lateness", "32-lateness")
    story.look(f"{story.case}/notice?phase=supplement", "33-notice-supplement")
    story.do(lambda unit, breach: operations.save_draft(unit, breach, with_news(breach, TEXT), Phase.SUPPLEMENT, None))
    story.look(f"{story.case}/release", "34-release-late-word")
    story.page.get_by_role("button", name="Release to").click()
    story.check("35-release-needs-reason")
    story.do(lambda unit, breach: operations.release_notice(
        unit, breach, unit.session.get_one(Organisation, story.organisation), late_reason="The log analysis took a day longer than expected.",
    ))  # fmt: skip
    with story.desk.app.app_context(), act(story.desk.app, db.session()) as unit:
        refused = unit.session.scalars(select(Delivery).where(Delivery.given_at.is_(None)).order_by(Delivery.id)).first()
        assert refused is not None
        unit.session.get_one(OutboxMessage, refused.outbox_id).state = "dead"  # type: ignore[assignment]
        number = refused.affected_id
    story.look(f"{story.case}/customers/{number}", "36-customer-refused")
    story.do(lambda unit, breach: operations.hand_over(unit, breach, unit.session.get_one(Affected, harbour), Handed(Channel.POST, unit.now, "RR 1234 5678 9 FR")))
    story.look(f"{story.case}/customers/{harbour}", "37-customer-post")
    story.later(190 * HOUR)  # Past the fifth working day after posting.
    story.desk.work()
    story.do(lambda unit, breach: operations.hand_over(unit, breach, unit.session.get_one(Affected, number), Handed(Channel.PHONE, unit.now, "Spoke to the desk, M. Blanc")))
    story.look(story.case, "38-case-lateness-next")
    story.do(lambda unit, breach: operations.explain_lateness(unit, breach, [unit.session.get_one(Affected, harbour)], "No contact was on file; the letter was the first way that worked."))
    story.look(story.case, "39-case-to-close")
    story.look(f"{story.case}/close", "40-close")
    story.look(f"{story.case}/no-breach", "41-no-breach")
    story.do(lambda unit, breach: operations.close(unit, breach, Ending("Every customer was told; the recipient deleted the file.", NO_FINAL)))
    story.look(story.case, "42-case-closed")
    story.look(f"{story.case}/customers/{harbour}", "43-customer-closed")
    story.look(f"{story.case}/reopen", "44-reopen")
    story.look("/breaches/year", "45-year")
    complaints.check()


def test_an_exercise_a_year_without_any_and_the_style_guide(story: Story) -> None:
    story.record("Stolen laptop", drill=True)
    story.name_all()
    story.do(lambda unit, breach: operations.save_draft(unit, breach, TEXT))
    story.look(story.case, "50-drill-case")
    story.look(f"{story.case}/release", "51-drill-release")
    story.look("/breaches/year?year=2019", "52-year-empty")
    story.look("/styleguide", "60-styleguide")


def test_clocks_of_single_agreements_and_slower_promises_upstream(story: Story) -> None:
    complaints = watch_csp(story.page)
    story.record("Export leak in the reporting service")
    story.page.goto(f"{story.desk.url}{story.case}/affected")
    story.page.get_by_label("Customers of these systems").check()
    story.page.get_by_label("Backup store").check()
    story.page.get_by_role("button", name="Show the clocks this starts").click()
    story.page.get_by_text("Nimbus Cloud may take 48 hours to tell you of a breach").wait_for()
    story.check("70-preview-upstream")
    story.name_all()
    story.look(story.case, "71-case-upstream")
    shelf = f"/settings/organisations/{story.organisation}/breaches/agreements"
    story.look(shelf, "72-no-agreement-clocks")
    story.page.get_by_label("Agreement").first.fill("LL-2024-003")
    story.page.get_by_role("button", name="Open its clocks").click()
    story.page.get_by_role("heading", name="Other clocks of one agreement").wait_for()
    story.check("73-agreement-clocks")
    story.page.get_by_label("DORA: initial").check()
    story.page.get_by_label("NIS2").first.check()
    story.page.get_by_role("button", name="Save").click()
    story.page.get_by_text("The clocks of this agreement were saved").wait_for()
    story.check("74-agreement-clocks-saved")
    story.look(f"{story.case}/other-clocks", "75-other-clocks")
    story.look("/agreements/matrix?organisation=lemon-learning", "76-matrix-upstream")
    story.look("/breaches", "77-list")
    story.look(f"{story.case}/evidence", "78-evidence")
    complaints.check()
