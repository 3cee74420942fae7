"""The journeys of docs/workflows/breaches.md by hand in a browser: a breach from the first form to the dossier, one that is late, an exercise.

With PICTURES=folder the pages of the journeys are kept as pictures, as the documentation shows them:
`PICTURES=docs/images .venv/bin/pytest -q tests/browser/test_journey.py`.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.closing import Ending
from dpa.breaches.models import Affected
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.evidence.register import store
from dpa.evidence.register.models import IssuedDocument
from dpa.extensions import db
from dpa.people.models import Organisation
from tests.browser.conftest import Desk
from tests.browser.test_case_pages import HOUR, Story
from tests.support.browser import THEMES, watch_csp
from tests.support.mail import MailServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("PICTURES")
PATIENCE = 90_000
"""Milliseconds for a page, on a machine that is busy."""
WHAT = "A scheduled export with names, work addresses and training progress of about 3,100 employees went to a mailbox outside the customers. It was opened once."
FINAL = Draft(WHAT, "Ana Duarte, +33 1 99 00 12 34", "Unwanted mail.", "The recipient deleted the file and confirmed it in writing.", "")


class Journey(Story):
    """A breach led by clicks, with a camera."""

    def go(self, path: str) -> None:
        self.page.set_viewport_size({"width": 1440, "height": 900})
        answer = self.page.goto(f"{self.desk.url}{path}")
        assert answer.status == 200, f"{path} answered {answer.status}"

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label).first.fill(text)

    def keep(self, name: str, page: Any = None, *, theme: str = "light", width: int = 1440, height: int = 1100) -> None:
        """Keep what a reader sees of the page: its upper part."""
        if not PICTURES:
            return
        page = page or self.page
        assert theme in THEMES
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(reduced_motion="reduce")
        page.evaluate("theme => ['data-theme', 'data-bs-theme'].forEach(n => document.documentElement.setAttribute(n, theme))", theme)
        page.evaluate("window.scrollTo(0, 0)")
        save(page.screenshot(), name)
        page.evaluate("['data-theme', 'data-bs-theme'].forEach(n => document.documentElement.setAttribute(n, 'light'))")

    def record_by_hand(self, title: str, *, noticed: str, aware: str) -> None:
        self.go("/board")
        self.page.get_by_role("link", name="Record an incident").first.click()
        self.page.get_by_role("main").get_by_role("button", name="Lemon Learning").click()
        self.fill("What happened, in a few words", title)
        self.fill("What is known so far", "A scheduled export went to a mailbox outside the customers; the log is being read.")
        self.page.get_by_label("First noticed").fill(noticed)
        self.page.get_by_label("Aware since").fill(aware)
        self.fill("Why awareness came later", "The export log had to be matched with the address first.")

    def recorded(self) -> None:
        self.press("Record the incident")
        self.page.wait_for_url("**/affected")
        self.id = int(self.page.url.split("/")[-2])

    def name_everybody(self) -> None:
        self.page.get_by_label("All running agreements").check()
        self.press("Show the clocks this starts")

    def write(self, label: str, *, unknown: str = "", word: str = "") -> None:
        self.fill("What happened", WHAT)
        self.fill("Contact that answers now", "Ana Duarte, +33 1 99 00 12 34, at any hour")
        self.fill("Measures taken or proposed", "The export was stopped, the address blocked, the recipient asked to delete the file.")
        self.fill("What is not known yet", unknown)
        if word:
            self.page.get_by_label("Next word promised for").fill(word)
        self.press("Save and review")
        self.page.get_by_role("heading", name="Review and release").wait_for()
        assert self.page.get_by_text(label).first.is_visible()

    def mail_leaves(self) -> None:
        self.desk.clock.advance(timedelta(minutes=3))
        self.desk.work()
        self.desk.work()

    def release_for(self, phase: Phase) -> None:
        self.do(lambda unit, breach: operations.save_draft(unit, breach, FINAL, phase, None))
        self.do(lambda unit, breach: operations.release_notice(unit, breach, unit.session.get_one(Organisation, self.organisation)))
        self.mail_leaves()

    def tell_by_telephone(self) -> list[int]:
        """Tell whoever could not be written to."""
        with self.desk.app.app_context():
            left = list(db.session.scalars(select(Affected.id).where(Affected.breach_id == self.id, Affected.sent_at.is_(None))))
        for number in left:
            self.do(lambda unit, breach, number=number: operations.hand_over(  # type: ignore[misc]
                unit, breach, unit.session.get_one(Affected, number), Handed(Channel.PHONE, unit.now, "Read out to the registrar, Ms Hale, who repeated it.")
            ))  # fmt: skip
        return left

    def newest_paper(self, name: str, page: int = 1) -> str:
        """Keep a page of the document that was issued last as a picture; returns its whole text."""
        with self.desk.app.app_context():
            row = db.session.scalars(select(IssuedDocument).order_by(IssuedDocument.id.desc()).limit(1)).one()
            assert row.sha256 is not None, "it is issued"
            content = store.get(self.desk.settings.document_store, row.sha256)
        if PICTURES:
            found = subprocess.run(["pdftoppm", "-r", "100", "-png", "-f", str(page), "-l", str(page), "-singlefile", "-"], input=content, capture_output=True, check=True)
            save(found.stdout, name)
        text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True).stdout.decode()
        return " ".join(text.split())


def save(png: bytes, name: str) -> None:
    """Write a picture of at most 250 kB with the colours that it really has."""
    folder = Path(PICTURES or "")
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    picture.save(folder / f"{name}.png", optimize=True)
    assert (folder / f"{name}.png").stat().st_size < 250_000, name


@pytest.fixture
def journey(desk: Desk, signed_in: Any, mail_server: MailServer) -> Journey:
    """The demonstration with a mail server of its own on this machine, so that notices really leave."""
    desk.settings = desk.settings.model_copy(update={"smtp_url": mail_server.url})
    desk.app.extensions["dpa_settings"] = desk.settings
    signed_in.set_default_timeout(PATIENCE)
    if PICTURES:
        desk.work()  # Else every picture would warn that the worker has not run yet.
    return Journey(desk, signed_in)


def link_of(session: Any, address: str) -> str:
    """Return the customer's own link as its mail holds it."""
    body = session.scalars(select(OutboxMessage.body_text).where(OutboxMessage.to_address == address, OutboxMessage.mail == "breaches/notice")).first()
    found = re.search(r"/n/[\w-]+", body or "")
    assert found is not None
    return found[0]


def test_from_the_first_form_to_the_dossier(journey: Journey) -> None:
    page, complaints = journey.page, watch_csp(journey.page)
    journey.record_by_hand("Export leak in the reporting service", noticed="2026-11-22T10:30", aware="2026-11-22T11:46")
    journey.keep("journey-1-incident")
    journey.recorded()
    journey.name_everybody()
    assert not page.get_by_text("Nimbus Cloud may take 48 hours").count(), "it has nothing to do with the reporting service"
    journey.keep("journey-2-affected")
    journey.press("Start the clocks")
    page.get_by_role("link", name="Write the notice").first.click()
    journey.write("Initial notice", unknown="Whether the file was passed on.", word="2026-11-23T18:00")
    journey.keep("journey-3-review", height=1300)
    journey.press("Release to 8 customers")
    page.get_by_text("The notice is released to 8 customers").wait_for()
    journey.mail_leaves()
    journey.go(journey.case)
    assert page.get_by_text("7 of 8 told").is_visible()
    journey.keep("journey-4-released", height=1300)
    journey.keep("journey-4-released-dark-390", theme="dark", width=390, height=844)
    the_customer_confirms(journey)
    journey.tell_by_telephone()
    journey.go(f"{journey.case}/notice?phase=supplement")
    journey.write("Supplement", unknown="")
    journey.press("Release to 8 customers")  # The eighth has no address for mails and gets a document to be handed over.
    journey.mail_leaves()
    journey.go(journey.case)
    assert page.get_by_text("2. Supplement").is_visible()
    journey.keep("journey-6-supplement", height=1300)
    it_ends_with_a_dossier(journey)
    complaints.check()


def it_ends_with_a_dossier(journey: Journey) -> None:
    page = journey.page
    journey.release_for(Phase.FINAL)
    journey.go(f"{journey.case}/close")
    journey.fill("How it ended", "Every customer was told; the recipient deleted the file and confirmed it.")
    journey.keep("journey-7-close", height=900)
    page.locator("form button.btn-primary[type=submit]").last.click()
    page.get_by_text("closed", exact=True).first.wait_for()
    journey.go(f"{journey.case}/evidence")
    page.get_by_role("row", name="Kestrel Insurance").get_by_role("button", name="Issue").click()
    page.wait_for_url("**/documents/*")
    journey.desk.work()
    text = journey.newest_paper("journey-8-dossier")
    assert "Kestrel Insurance" in text
    assert "kept" in text


def the_customer_confirms(journey: Journey) -> None:
    """Kestrel Insurance opens its link without any account, and confirms."""
    with journey.desk.app.app_context():
        link = link_of(db.session(), "security@kestrel-insurance.example")
    visitor = journey.page.context.browser.new_context()
    page = visitor.new_page()
    page.goto(f"{journey.desk.url}{link}")
    page.get_by_role("button", name="Open the notices").click()
    page.wait_for_url("**/notices")
    journey.keep("journey-5-link", page, height=1000)
    journey.keep("journey-5-link-dark-390", page, theme="dark", width=390, height=844)
    page.locator("#confirm-name").fill("Orla Kestrel")
    page.keyboard.press("Enter")
    page.get_by_text("sees that you confirmed, and when.").wait_for()
    visitor.close()


def test_late_is_said_asked_for_and_stays(journey: Journey) -> None:
    page = journey.page
    journey.record_by_hand("Backup tape missing", noticed="2026-11-19T10:00", aware="2026-11-19T12:00")
    journey.recorded()
    assert page.get_by_text("late").first.is_visible(), "the page says at once that the shortest promise is over"
    journey.name_everybody()
    journey.press("Start the clocks")
    page.get_by_role("link", name="Write the notice").first.click()
    journey.write("Initial notice")
    journey.press("Release to 8 customers")
    journey.mail_leaves()
    journey.tell_by_telephone()
    journey.go(f"{journey.case}/close")
    assert page.get_by_text("Give the reason why 8 customers were told late.").is_visible()
    assert page.get_by_label("How it ended").count() == 0, "there is no way to close it"
    journey.keep("late-2-refused", height=700)
    journey.go(f"{journey.case}/lateness")
    journey.fill("Why they were told late", "The courier reported the loss only after two days.")
    everybody = page.get_by_label("Give it for all of them")
    if everybody.count():
        everybody.check()
    page.locator("form button.btn-primary[type=submit]").last.click()
    journey.go(f"{journey.case}/close")
    assert page.get_by_label("How it ended").count() == 1
    journey.go(f"{journey.case}/evidence")
    page.get_by_role("row", name="Kestrel Insurance").get_by_role("button", name="Issue").click()
    page.wait_for_url("**/documents/*")
    journey.desk.work()
    text = journey.newest_paper("late-3-dossier")
    assert "missed" in text
    assert "The courier reported the loss only after two days." in text


def test_an_exercise_to_its_report(journey: Journey) -> None:
    page = journey.page
    journey.record("Exercise: stolen laptop", drill=True)
    journey.name_all()
    journey.release(word=20 * HOUR)
    journey.mail_leaves()
    journey.go(journey.case)
    assert page.get_by_text("exercise", exact=True).first.is_visible()
    journey.keep("drill-1-case", height=1300)
    with journey.desk.app.app_context():
        notices = db.session.scalars(select(OutboxMessage).where(OutboxMessage.mail == "breaches/notice")).all()
        assert {row.to_address.partition("@")[2] for row in notices} == {"lemon-learning.example"} or len({row.to_address for row in notices}) == 1, "nothing leaves the house"
    journey.release_for(Phase.FINAL)
    journey.do(lambda unit, breach: operations.close(unit, breach, Ending("The exercise ended as planned.")))
    journey.go(f"{journey.case}/evidence")
    journey.press("Issue the report")
    page.wait_for_url("**/documents/*")
    journey.desk.work()
    text = journey.newest_paper("drill-2-report")
    assert "Exercise" in text
