"""Breaches at the worst hours: in the night that has an hour twice, in the night that lacks one, and over Christmas.

Every hour the worker does its round, and real mails arrive at a mail server on this machine.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from dpa.alerts.models import OutboxMessage
from dpa.alerts.rules import State
from dpa.breaches import operations
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.closing import CaseState, Ending
from dpa.breaches.models import Affected, Breach
from dpa.breaches.operations.documenting import order_dossiers
from dpa.breaches.pages.happening import Happening, happenings
from dpa.breaches.phases import Phase
from dpa.deadlines import explain_warnings, recompute
from dpa.evidence.register import store
from dpa.evidence.register.models import DocumentState, FileRole, IssuedDocument
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.verify import verify_database
from dpa.problems import Conflict
from tests.breaches.conftest import NO_FINAL
from tests.journeys.traveller import HOUR, Traveller, words
from tests.support.mail import Received

Travel = Callable[[datetime], Traveller]
MINUTE = timedelta(minutes=1)
REASON = "The export log could be read only after the reporting service was up again."


def of_notifying(mails: list[Received]) -> list[str]:
    """Return what alerts about the customers' clock said was left."""
    subjects = [
        str(mail.message["Subject"]) for mail in mails if " to notify " in str(mail.message["Subject"])
    ]
    return [subject.split(": ")[1].split(" to notify")[0].removesuffix(" left") for subject in subjects]


def test_the_hour_that_comes_twice_is_counted_twice(travel: Travel) -> None:
    # 02:30 of the night in which Paris sets its clocks back, before they are set back: 24 hours later it is 01:30.
    aware = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    desk = travel(aware)
    desk.record("A backup was open", customers=2)
    assert [(clock.due_at, clock.target_at) for clock in desk.clocks()] == [(aware + 24 * HOUR,) * 2] * 2
    desk.wait_until(aware + 23 * HOUR)
    assert of_notifying(desk.alerts()) == ["1 d", "23 h", "22 h", "21 h", "12 h", "6 h", "3 h", "1 h"]
    assert all(
        "Due: Mon 26 Oct 2026, 01:30 Paris" in words(mail)
        for mail in desk.alerts()
        if " to notify " in str(mail.message["Subject"])
    )

    desk.tell()
    assert [(clock.met_at, clock.late_s) for clock in desk.clocks()] == [(aware + 23 * HOUR, -3600)] * 2
    [notice] = desk.server.to("security@c1.example")
    assert "Aware since Sun 25 Oct 2026, 02:30 (+02:00) Paris" in words(notice)
    assert next(part.get_content_type() for part in notice.message.iter_attachments()) == "application/pdf"
    assert any(
        "clocks go back by 60 minutes" in warning
        for warning in explain_warnings(recompute(desk.clocks()[0].rule["target"]))
    )
    desk.wait_until(aware + 30 * HOUR)
    assert len(of_notifying(desk.alerts())) == 8, "a clock that was met went on ringing"


def test_the_hour_that_never_comes_is_not_given_away_and_lateness_is_owned(travel: Travel) -> None:
    aware = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)  # 01:30; half an hour later Paris is at 03:00
    desk = travel(aware)
    desk.record("A laptop was stolen")
    due = aware + 24 * HOUR
    desk.wait_until(due)
    [entry] = desk.clocks()
    assert entry.due_at == due
    last = desk.alerts()[-1]
    assert "due now" in str(last.message["Subject"])
    assert "Due: Mon 29 Mar 2027, 02:30 Paris" in words(last)

    desk.wait_until(due + 10 * MINUTE)
    desk.tell()  # Nothing delays a late notice; its reason is demanded afterwards.
    [entry] = desk.clocks()
    assert entry.late_s == 600
    desk.tell(Phase.FINAL)
    with pytest.raises(Conflict, match="reason"):
        desk.act(lambda unit, breach: operations.close(unit, breach, Ending("Everybody was told.", NO_FINAL)))
    desk.act(
        lambda unit, breach: operations.explain_lateness(
            unit, breach, list(unit.session.scalars(select(Affected))), REASON
        )
    )
    desk.act(lambda unit, breach: operations.close(unit, breach, Ending("Everybody was told.", NO_FINAL)))

    told = dossier(desk)
    assert "10 min late" in told
    assert REASON in told
    assert "Due Mon 29 Mar 2027 02:30 +02:00" in told or "Mon 29 Mar 2027 02:30 +02:00 missed, 10 min late" in told, "the dossier does not say when the notice was due"


def dossier(desk: Traveller) -> str:
    """Issue the only customer's dossier and read its text back from the file."""
    rows = desk.session.scalars(select(Affected)).all()
    desk.act(
        lambda unit, breach: order_dossiers(
            unit, breach, unit.session.merge(desk.ground.organisation), rows, unit.now
        )
    )
    desk.work()
    paper = desk.session.scalars(select(IssuedDocument).where(IssuedDocument.kind == "breach-dossier")).one()
    assert paper.state is DocumentState.ISSUED
    file = next(file for file in paper.files if file.role is FileRole.SEALED)
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext here: install poppler-utils")
    text = subprocess.run(
        ["pdftotext", store.path_of(desk.settings.document_store, file.sha256), "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    return " ".join(text.stdout.split())


def history(desk: Traveller) -> tuple[Happening, ...]:
    """Return the timeline of the case, as its page tells it."""
    breach = desk.session.get_one(Breach, desk.breach_id)
    query = select(TrailEvent).where(TrailEvent.subject_type == "breach", TrailEvent.subject_id == str(breach.id))
    rows = desk.session.scalars(query.order_by(TrailEvent.idx.desc())).all()
    return happenings(desk.session, breach, rows, {})


def christmas(travel: Travel) -> Traveller:
    """Aware on Christmas Eve at 17:00, told at ten in the morning of Christmas Day; one mail server does not know its customer's address."""
    desk = travel(datetime(2026, 12, 24, 16, 0, tzinfo=UTC))
    desk.record("A mailing went to the wrong list", customers=2)
    desk.server.refused_recipients["security@c2.example"] = "550 5.1.1 no such user"
    desk.wait_until(datetime(2026, 12, 25, 9, 0, tzinfo=UTC))
    desk.tell()
    return desk


def test_christmas_stops_no_clock_and_a_letter_counts_only_when_it_is_deemed_received(travel: Travel) -> None:
    desk = christmas(travel)
    assert of_notifying(desk.alerts())[:5] == ["1 d", "23 h", "22 h", "21 h", "12 h"]
    first, second = desk.clocks()
    assert (first.late_s, second.met_at) == (-7 * 3600, None)
    assert second.due_at == datetime(2026, 12, 25, 16, 0, tzinfo=UTC)
    dead = desk.session.scalars(
        select(OutboxMessage).where(OutboxMessage.to_address == "security@c2.example")
    ).one()
    assert dead.state is State.DEAD
    assert any("could not be delivered" in words(mail) for mail in desk.alerts()), (
        "nobody was told of the refused mail"
    )
    assert (
        "had the mail of the initial notice refused for good by the customer's mail server (550); nobody was told by it (Customer 2)"
        in " ".join(one.text for one in history(desk))
    )

    posted = desk.clock.now() + 30 * MINUTE
    desk.wait_until(posted)
    row = desk.session.scalars(select(Affected).where(Affected.docket_entry_id == second.id)).one()
    handed = Handed(Channel.POST, posted, "Registered letter RK 4711 0815 FR")
    desk.act(
        lambda unit, breach: operations.hand_over(
            unit, breach, unit.session.get_one(Affected, row.id), handed
        )
    )
    received = datetime(2027, 1, 4, 22, 59, 59, tzinfo=UTC)  # the end of the fifth working day after Christmas, in Paris; New Year is none
    desk.wait_until(received - timedelta(seconds=1), 12 * HOUR)
    assert desk.clocks()[1].met_at is None
    desk.wait_until(received)
    assert (desk.clocks()[1].met_at, desk.clocks()[1].late_s) == (
        received,
        int((received - second.due_at).total_seconds()),
    )


def test_a_case_over_christmas_ends_only_when_its_lateness_has_a_reason(travel: Travel) -> None:
    desk = christmas(travel)
    received = desk.clock.now() + 8 * HOUR
    desk.wait_until(received)
    row = desk.session.scalars(select(Affected).where(Affected.sent_at.is_(None))).one()
    call = Handed(Channel.PHONE, received, "Mr Petit reached on +33 1 99 00 00 00")
    desk.act(
        lambda unit, breach: operations.hand_over(unit, breach, unit.session.get_one(Affected, row.id), call)
    )
    desk.wait_until(datetime(2026, 12, 28, 8, 0, tzinfo=UTC), 24 * HOUR)
    desk.server.refused_recipients.clear()
    desk.tell(Phase.FINAL)
    with pytest.raises(Conflict, match="reason"):
        desk.act(lambda unit, breach: operations.close(unit, breach, Ending("Everybody was told.", NO_FINAL)))
    desk.act(
        lambda unit, breach: operations.explain_lateness(
            unit, breach, [unit.session.get_one(Affected, row.id)], REASON
        )
    )
    desk.act(
        lambda unit, breach: operations.close(unit, breach, Ending("Everybody was told and the list was corrected.", NO_FINAL))
    )
    desk.wait_until(desk.clock.now() + 48 * HOUR, 24 * HOUR)
    breach = desk.session.get_one(Breach, desk.breach_id)
    assert breach.state is CaseState.CLOSED
    silent = len(desk.alerts())
    desk.wait_until(desk.clock.now() + 48 * HOUR, 24 * HOUR)
    assert [
        str(mail.message["Subject"])
        for mail in desk.alerts()[silent:]
        if breach.reference in str(mail.message["Subject"])
    ] == []
    assert verify_database(desk.session.get_bind()).ok  # type: ignore[arg-type]
