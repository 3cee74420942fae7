"""Pages of languages and of what concerns each customer: sound for axe in both themes, nothing scrolls sideways at 390 px.

With SHOTS=folder they are kept as pictures, both themes and both widths, to be looked at.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.breaches import operations
from dpa.breaches.facts import Count, FactSheet, Share
from dpa.breaches.facts.words import DataType, SubjectCategory
from dpa.breaches.rules import Draft
from dpa.extensions import db
from dpa.languages import Language
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from tests.browser.conftest import Desk
from tests.browser.test_case_pages import Story
from tests.support.browser import watch_csp

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FRENCH = Draft(
    "Une exportation programmée contenant les noms et adresses professionnelles d’environ 3 100 employés a été envoyée à une adresse extérieure.",
    "Ana Duarte, déléguée à la protection des données, +33 1 99 00 12 34", "", "L’exportation a été arrêtée et l’adresse bloquée.", "Si le fichier a été transmis.",
)  # fmt: skip


def test_languages_and_parts(desk: Desk, signed_in: Any) -> None:
    page = signed_in
    complaints, story = watch_csp(page), Story(desk, page)
    story.record("Export sent to the wrong address")
    story.name_all()
    sheet = FactSheet(people=Count.about(3100), data_types=(DataType.BASIC, DataType.CONTACT, DataType.EMPLOYMENT_HEALTH), subjects=(SubjectCategory.EMPLOYEES,))
    story.do(lambda unit, breach: operations.save_facts(unit, breach, sheet.canonical()))
    rows, case = story.rows(), f"/breaches/{story.id}"
    shares = {rows[0]: Share(people=Count.about(3000), records=Count.exact(9120), data_types=(DataType.BASIC,)), rows[1]: Share(people=Count.exact(240))}
    story.do(lambda unit, breach: operations.save_shares(unit, breach, shares))
    story.do(lambda unit, breach: operations.save_draft(unit, breach, Draft("An export left.", "Ana Duarte, +33 1 99 00 12 34", "", "It was stopped.", "Who has it.")))
    story.look(f"{case}/notice/text/fr", "text-new")
    story.do(lambda unit, breach: operations.save_text(unit, breach, Language.FR, FRENCH))
    story.look(f"{case}/notice/text/fr", "text")
    story.look(f"{case}/release", "review")
    story.look(f"{case}/parts", "parts")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("#table-form textarea").fill("nobody; x")
    page.get_by_role("button", name="Save these lines").click()
    story.check("parts-refused")
    story.look(f"{case}/customers/{rows[0]}/part", "part")
    with desk.app.app_context():
        first, house = db.session.scalars(select(Controller.id).order_by(Controller.id)).first(), story.organisation
    story.look(f"/customers/{first}/edit", "customer")
    story.look(f"/settings/organisations/{house}/breaches", "settings")
    story.do(lambda unit, breach: operations.release_notice(unit, breach, unit.session.get_one(Organisation, house)))
    desk.work()
    desk.work()
    with desk.app.app_context():
        texts = [mail.body_text for mail in db.session.scalars(select(OutboxMessage).where(OutboxMessage.category == "notice").order_by(OutboxMessage.id))]
    link = next(found[0] for text in texts if "Violation" in text or "violation" in text for found in [re.findall(r"/n/[A-Za-z0-9_-]+", text)] if found)
    page.context.clear_cookies()  # A customer has no account; who is signed in cannot open its notices.
    story.look(link, "portal-cover")
    page.get_by_role("button", name="Ouvrir les notifications").click()
    page.wait_for_url("**/notices")
    story.check("portal-notices")
    complaints.check()
