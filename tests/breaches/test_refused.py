"""A mail that was refused for good, or given up, stands in the history of the case and of its customer, with no word of the server that may name somebody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.rules import EventKind, State
from dpa.breaches import operations, queries
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.customer_file import customer_files
from dpa.breaches.evidence.dossier_story import story
from dpa.breaches.models import Breach
from dpa.evidence.pdf.blocks import Tone
from dpa.evidence.trail.models import TrailEvent
from dpa.extensions import db
from dpa.unit import Unit
from tests.breaches.test_case_pages import DRAFT, Desk
from tests.support.databases import Database
from tests.support.pages import clock_of

ANSWER = "5.1.1 <s@c1.example>: no such user"


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    desk = Desk(sqlite_database)
    desk.do(lambda unit, breach: operations.save_draft(unit, breach, DRAFT))
    desk.release()
    return desk


def end(desk: Desk, *addresses: str, kind: EventKind = EventKind.REFUSED, code: int | None = 550) -> None:
    """Have what is on its way to these addresses end as delivery writes it down."""

    def do(unit: Unit, _: Breach) -> None:
        found = unit.session.scalars(select(OutboxMessage).where(OutboxMessage.to_address.in_(addresses)).order_by(OutboxMessage.id)).all()
        for message in found:
            message.state, message.last_error, message.attempts = State.DEAD, ANSWER, 8
            unit.session.add(DeliveryEvent(outbox_id=message.id, at=unit.now, kind=kind, smtp_code=code, reply_text=ANSWER))
            operations.notices_refused(unit, [message])

    desk.do(do)


@pytest.mark.parametrize(("kind", "code", "words"), [
    (EventKind.REFUSED, 550, "refused for good by the customer&#39;s mail server (550)"), (EventKind.REFUSED, None, "refused for good"),
    (EventKind.DEAD, 451, "given up after 8 attempts"),
])  # fmt: skip
def test_the_timeline_says_whose_mail_it_was_and_what_became_of_it(desk: Desk, kind: EventKind, code: int | None, words: str) -> None:
    end(desk, "s@c1.example", kind=kind, code=code)
    page = desk.client("dpo").get(desk.case).text
    assert f"had the mail of the initial notice {words}; nobody was told by it (Customer 1)" in page
    with desk.app.app_context():
        [said] = db.session.scalars(select(TrailEvent).where(TrailEvent.action == "breaches:notice:refused"))
        assert "s@c1.example" not in said.body


def test_many_in_a_row_are_told_as_one(desk: Desk) -> None:
    end(desk, "s@c1.example", "s@c2.example")
    page = desk.client("dpo").get(desk.case).text
    assert page.count("2 mails were refused for good or given up; nobody was told by them") == 1
    assert "had the mail of" not in page


def test_the_dossier_tells_it_among_the_acts_with_the_answer(desk: Desk) -> None:
    desk.later(1)
    end(desk, "s@c1.example")

    def said(after: float) -> Any:
        with desk.app.app_context():
            session, breach = db.session(), db.session.get_one(Breach, desk.id)
            case = case_file(session, breach, clock_of(desk.app).now() + timedelta(hours=after))
            return {**case.said, **customer_files(session, case, [queries.affected_row(session, breach, desk_row)])[0].said}

    desk_row = desk.rows()[0]
    found = [one for one in story(said(1), "Europe/Paris") if "mail was" in one.title]
    assert [(one.title, one.text, one.tone) for one in found] == [("Notice 1: the mail was refused for good", f"550 {ANSWER}", Tone.LATE)]
    assert not [one for one in story(said(-0.5), "Europe/Paris") if "mail was" in one.title], "not before it happened"
