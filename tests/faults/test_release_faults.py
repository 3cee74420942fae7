"""A release while the mail server is away and workers are killed: nothing is lost, nothing is sent twice unknown, and the case page tells the truth at each moment.

With SHOTS=folder the case page of each moment is kept as a picture.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.alerts.models import OutboxMessage
from dpa.alerts.rules import State
from dpa.breaches.models import Affected, Delivery
from dpa.breaches.paper_models import NoticePaper
from dpa.docket.models import DocketEntry
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from dpa.parties import operations as parties
from dpa.parties.models import Controller
from dpa.parties.rules import ContactInput, Purpose
from tests.faults.release_desk import (
    EVERYBODY,
    REACHABLE,
    REFUSING,
    URGENT,
    WITHOUT,
    CasePage,
    ReleaseDesk,
    address,
)
from tests.support.databases import Database
from tests.support.mail import Answer, MailServer, Received

SHOTS = os.environ.get("SHOTS")
Look = Callable[[str], CasePage]


@pytest.fixture
def desk(database: Database, mail_server: MailServer) -> Iterator[ReleaseDesk]:
    made = ReleaseDesk(database, mail_server)
    yield made
    if made.worker is not None:
        made.kill()
        made.bury()
    made.close()


@pytest.fixture
def look(desk: ReleaseDesk, request: pytest.FixtureRequest) -> Look:
    """Read the case page as it stands; where pictures are wanted, keep one."""
    if not SHOTS:
        return lambda _: desk.page()
    page, url = request.getfixturevalue("page"), request.getfixturevalue("live_server")(desk.app).url
    kind = "sqlite" if desk.settings.database.startswith("sqlite") else "postgres"

    def looked(name: str) -> CasePage:
        desk.show(page, url, Path(SHOTS or "") / f"release-{kind}-{name}.png")
        return desk.page()

    return looked


@pytest.mark.faults
@pytest.mark.slow
def test_a_release_survives_killed_workers_and_a_mail_server_that_is_away(desk: ReleaseDesk, mail_server: MailServer, look: Look) -> None:
    mail_server.stop()
    before = look("1-written")
    assert all("notice not released" in before.states[n] for n in (*REACHABLE, REFUSING))
    assert "no usable contact" in before.states[WITHOUT]
    desk.release()
    nobody_told(look("2-released"))
    killed_while_documents_are_made(desk, look)
    the_mail_server_is_away(desk, look)
    the_deadline_passes(desk, look)
    answered = killed_in_the_middle_of_delivering(desk, mail_server, look)
    everything_arrives(desk, look)
    nothing_lost_and_nothing_twice_unknown(desk, mail_server, answered)
    late_stays_late(desk)
    the_others_are_told_after_repair(desk, mail_server, look)
    assert verify_database(desk.session.get_bind()).ok  # type: ignore[arg-type]


def nobody_told(page: CasePage) -> None:
    assert page.says("0 of 6 told", "0 of 6 customers reached")
    assert all("on its way" in page.states[n] for n in (*REACHABLE, REFUSING))
    assert "no usable contact" in page.states[WITHOUT]


def killed_while_documents_are_made(desk: ReleaseDesk, look: Look) -> None:
    desk.spawn()
    desk.wait_for(lambda _: desk.stored() >= 1)
    desk.kill()
    desk.bury()
    desk.session.rollback()
    assert desk.issued(desk.session) < len(EVERYBODY), "killed too late to be in the middle"
    nobody_told(look("3-killed-while-documents-are-made"))
    desk.pass_time(timedelta(minutes=3))


def the_mail_server_is_away(desk: ReleaseDesk, look: Look) -> None:
    desk.spawn()
    desk.wait_for(lambda session: desk.issued(session) == len(EVERYBODY) and offered(session) > 0)
    page = look("4-mail-server-away")
    assert page.says("0 of 6 told", "5 notices are on their way", "The mail server did not take them at the last attempt")
    said = [n for n in REACHABLE if "The mail server could not be used: 127.0.0.1" in desk.page(f"/customers/{desk.row_of(n)}").text]
    assert said, "which one was tried is chance; it says so"
    desk.kill()
    desk.bury()


def offered(session: Session) -> int:
    """Return about how many notices a mail server was asked in vain."""
    query = select(func.count()).where(OutboxMessage.mail == "breaches/notice", OutboxMessage.last_error.is_not(None))
    return session.scalar(query) or 0


def the_deadline_passes(desk: ReleaseDesk, look: Look) -> None:
    desk.pass_time(timedelta(minutes=70))
    page = look("5-deadline-passed")
    assert page.says("0 of 6 told", "The worker has been silent")
    for number in URGENT:
        assert "late" in page.states[number]
    assert all("late" not in page.states[n] for n in (3, 4))


def killed_in_the_middle_of_delivering(desk: ReleaseDesk, server: MailServer, look: Look) -> dict[int, int]:
    """Return how often each customer whose mail was answered by then had been uncertain: which of them came first is chance."""

    def plan(got: Received) -> Answer:
        if address(2) not in got.recipients or server.to(address(2)):
            return Answer.ACCEPT
        # What was answered before is written down while this mail is on its way; then the worker dies. The server keeps the mail, and
        # whoever sent it never hears the answer.
        others = sum(bool(server.to(address(n))) for n in REACHABLE)
        with Session(desk.session.get_bind()) as session:
            end = time.monotonic() + 20
            while desk.told(session) < others and time.monotonic() < end:
                session.rollback()
                time.sleep(0.02)
        desk.kill()
        return Answer.DROP_UNSAID

    server.plan = plan
    server.refused_recipients[address(REFUSING)] = "550 5.1.1 no such user"
    server.start(desk.port)
    desk.spawn()
    desk.bury()
    desk.session.rollback()
    page = look("6-killed-while-delivering")
    answered = {n for n in REACHABLE if server.to(address(n))} - {2}
    assert all(("told" in page.states[n]) == (n in answered) for n in REACHABLE), "told is only who is known to have been reached"
    assert desk.told(desk.session) == len(answered)
    before = uncertain(desk.session)
    desk.session.rollback()
    desk.pass_time(timedelta(minutes=3))
    return {n: before[address(n)] for n in answered}


def everything_arrives(desk: ReleaseDesk, look: Look) -> None:
    desk.spawn()
    desk.wait_for(lambda session: desk.told(session) == len(REACHABLE) and dead(session) == [address(REFUSING)])
    desk.kill()
    desk.bury()
    page = look("7-all-who-can-be-reached")
    assert page.says("4 of 6 told", "4 of 6 customers reached")
    assert "mail refused" in page.states[REFUSING]
    assert "no such user" in page.states[REFUSING]
    assert "no usable contact" in page.states[WITHOUT]
    assert "a second copy with the same Message-ID may have arrived" in desk.page(f"/customers/{desk.row_of(2)}").text


def dead(session: Session) -> list[str]:
    return list(session.scalars(select(OutboxMessage.to_address).where(OutboxMessage.state == State.DEAD)))


def uncertain(session: Session) -> dict[str, int]:
    query = select(OutboxMessage.to_address, OutboxMessage.uncertain).where(OutboxMessage.mail == "breaches/notice")
    found: dict[str, int] = dict(tuple(row) for row in session.execute(query))
    return found


def nothing_lost_and_nothing_twice_unknown(desk: ReleaseDesk, server: MailServer, answered: dict[int, int]) -> None:
    rows = {row.to_address: row for row in desk.session.scalars(select(OutboxMessage).where(OutboxMessage.mail == "breaches/notice"))}
    copies = Counter((got.recipients[0], got.message_id) for got in server.received if got.recipients[0] in rows)
    assert copies == {(address(n), f"<{rows[address(n)].message_id}>"): 2 if n == 2 else 1 for n in REACHABLE}
    assert rows[address(2)].uncertain > 0
    # The mails built to follow it were in the dead worker's hands, too; our own tables cannot tell that they never left.
    assert {n: rows[address(n)].uncertain for n in answered} == answered, "their answers were written down before"
    papers = desk.session.scalars(select(IssuedDocument).order_by(IssuedDocument.number)).all()
    assert [one.reference for one in papers] == [f"LL-BN-2026-{n:04d}" for n in range(1, len(EVERYBODY) + 1)], "no document lost, none made twice"
    by_hand = desk.session.scalars(select(NoticePaper)).one()
    assert (by_hand.affected_id, by_hand.document_id) == (desk.row_of(WITHOUT), papers[-1].id), "the last is for whom no mail carries it"
    for got in server.received:
        if got.recipients[0] in rows:
            assert [part.get_filename() for part in got.message.iter_attachments()], "a notice went without its document"
    told = desk.session.scalars(select(TrailEvent).where(TrailEvent.action == "breaches:notice:sent")).all()
    assert len(told) == len(REACHABLE)


def late_stays_late(desk: ReleaseDesk) -> None:
    query = select(DocketEntry.late_s).join(Affected, Affected.docket_entry_id == DocketEntry.id).where(Affected.breach_id == desk.breach_id)
    late = list(desk.session.scalars(query.order_by(Affected.id)))
    assert all(seconds is not None and seconds > 0 for seconds in late[: len(URGENT)])
    assert all(seconds is not None and seconds < 0 for seconds in late[len(URGENT) : len(REACHABLE)])
    assert late[len(REACHABLE) :] == [None, None]
    assert "Give the reason why 2 customers were told late." in desk.page("/close").text


def the_others_are_told_after_repair(desk: ReleaseDesk, server: MailServer, look: Look) -> None:
    server.refused_recipients.clear()
    with desk.unit() as unit:
        for number in (REFUSING, WITHOUT):
            row = unit.session.get_one(Affected, desk.row_of(number))
            parties.add_contact(unit, unit.session.get_one(Controller, row.controller_id), ContactInput(Purpose.SECURITY, f"new@c{number}.example"))
    desk.release()
    desk.spawn()
    desk.wait_for(lambda session: desk.told(session) == len(EVERYBODY))
    desk.kill()
    desk.bury()
    page = look("8-everybody-told")
    assert page.says("6 of 6 told", "Say why 2 customers were told late")
    assert len(desk.session.scalars(select(Delivery.id)).all()) == len(EVERYBODY) + 1, "the refused one was tried again"
    assert len(desk.session.scalars(select(IssuedDocument.id)).all()) == len(EVERYBODY), "who was owed a document before gets that one"
    assert all(len(server.to(address(n))) == (2 if n == 2 else 1) for n in REACHABLE), "told already, and mailed again"
