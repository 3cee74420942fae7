"""Checkpoints to witnesses: once a day, in words for an outsider, held outside only when a real mail server took them."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select, update

from dpa.alerts import concerns, witnessing
from dpa.alerts.models import DeliveryEvent, OutboxMessage
from dpa.alerts.rules import Answer, Category, Outcome, State
from dpa.evidence import concerns as evidence_concerns
from dpa.evidence.trail import checkpoints, witnesses
from dpa.evidence.trail.models import TrailAnchor, TrailEvent, TrailWitness, table
from dpa.evidence.trail.notes import VerifierKey, open_checkpoint
from dpa.people.models import Organisation
from tests.alerts.desk import Desk
from tests.alerts.scripted import Scripted
from tests.support.mail import MailServer

GOLDEN = Path(__file__).with_name("golden") / "checkpoint"
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
DOWN = Answer(Outcome.UNREACHABLE, None, "no connection")


def name_witness(desk: Desk, address: str = "archive@auditor.example", name: str = "Audit Archive", organisation_id: int | None = None) -> int:
    with desk.unit("u:1") as unit:
        return witnesses.add(unit, organisation_id or desk.organisation_id, name, address).id


def with_server(desk: Desk, url: str = "smtp://127.0.0.1:2525") -> None:
    desk.settings = desk.settings.model_copy(update={"smtp_url": url})


def messages(desk: Desk) -> list[OutboxMessage]:
    desk.session.rollback()
    return list(desk.session.scalars(select(OutboxMessage).where(OutboxMessage.mail == witnessing.MAIL).order_by(OutboxMessage.id)))


def anchors(desk: Desk) -> list[TrailAnchor]:
    desk.session.rollback()
    return list(desk.session.scalars(select(TrailAnchor).order_by(TrailAnchor.id)))


def test_without_witnesses_nothing_happens(desk: Desk) -> None:
    assert witnessing.mail_witnesses(desk.tick()) == ""
    assert checkpoints.newest(desk.session) is None


def test_a_witness_is_mailed_once_a_day_from_when_they_were_named(desk: Desk) -> None:
    name_witness(desk)
    assert witnessing.mail_witnesses(desk.tick()).endswith("mailed to 1 witness")
    for step, expected in ((SECOND, 1), (DAY - 2 * SECOND, 1), (SECOND, 2), (HOUR, 2), (3 * DAY, 3), (timedelta(0), 3)):
        desk.clock.advance(step)
        witnessing.mail_witnesses(desk.tick())
        assert len(messages(desk)) == expected, step
    desk.clock.set(desk.clock.now() - 2 * DAY)
    witnessing.mail_witnesses(desk.tick())
    assert len(messages(desk)) == 4, "a day that was passed over is not repeated for a day that was not"
    desk.clock.set(desk.clock.now() - DAY)
    witnessing.mail_witnesses(desk.tick())
    assert len(messages(desk)) == 4, "a clock set back repeats no day"


def test_two_workers_mail_once(desk: Desk) -> None:
    name_witness(desk)
    first, second = desk.tick("a:1:a"), desk.tick("b:2:b")
    witnessing.mail_witnesses(first)
    witnessing.mail_witnesses(second)
    assert len(messages(desk)) == 1


def test_each_organisation_s_witnesses_are_mailed_in_its_name(desk: Desk) -> None:
    light = desk.add_organisation("light", "Light", ("Lena Light",))
    name_witness(desk)
    name_witness(desk, "safe@notary.example", "Notary", light)
    witnessing.mail_witnesses(desk.tick())
    first, second = messages(desk)
    assert (first.from_name, first.reply_to, first.organisation_id) == ("Lemon Learning", "dana@lemon.example", desk.organisation_id)
    assert (second.from_name, second.reply_to, second.organisation_id) == ("Light", "lena@light.example", light)
    assert first.category is second.category is Category.WITNESS
    assert "Light" not in first.body_text


def test_a_witness_who_was_removed_is_mailed_no_more(small_desk: Desk) -> None:
    number = name_witness(small_desk)
    witnessing.mail_witnesses(small_desk.tick())
    with small_desk.unit("u:1") as unit:
        witnesses.remove(unit, [small_desk.organisation_id], number, "The audit ended")
    small_desk.clock.advance(DAY)
    assert witnessing.mail_witnesses(small_desk.tick()) == ""
    assert len(messages(small_desk)) == 1


def test_removing_a_witness_erases_them_from_the_outbox_and_stops_what_waits(desk: Desk) -> None:
    with_server(desk)
    number = name_witness(desk)
    other = name_witness(desk, "safe@notary.example", "Notary")
    witnessing.mail_witnesses(desk.tick())
    desk.dispatch(Scripted(Answer(Outcome.DEFERRED, 451, "<archive@auditor.example> is busy"), Answer(Outcome.ACCEPTED, 250, "OK")))
    with desk.unit("u:1") as unit:
        witnesses.remove(unit, [desk.organisation_id], number, "The audit ended")
    gone, kept = messages(desk)
    assert (gone.state, gone.to_address, gone.to_name) == (State.CANCELLED, "", "A former witness")
    assert "Audit Archive" not in gone.body_text + gone.body_html + (gone.last_error or "")
    assert not [line for line in desk.session.scalars(select(DeliveryEvent).where(DeliveryEvent.outbox_id == gone.id)) if "auditor" in line.reply_text]
    assert (kept.state, kept.to_address, "Notary" in kept.body_text) == (State.SENT, "safe@notary.example", True)
    desk.clock.advance(DAY)
    assert desk.dispatch(Scripted()) == "", "what waited is not sent any more"
    assert [anchor.target for anchor in anchors(desk)] == [f"witness:{other}"]


def test_an_address_that_cannot_be_mailed_is_told_and_stops_nobody(desk: Desk) -> None:
    """Named before addresses were checked, or come to lie inside since: a concern and a word on the page, told once."""
    first, second, third = name_witness(desk), name_witness(desk, "b@auditor.example"), name_witness(desk, "c@auditor.example", "C")
    with desk.engine.connect().execution_options(write=True) as connection:
        connection.execute(update(table(TrailWitness)).where(TrailWitness.id == first).values(address="prüfer@auditor.example"))
        connection.execute(update(table(TrailWitness)).where(TrailWitness.id == second).values(address="DANA@lemon.example"))
        connection.commit()
    assert witnessing.mail_witnesses(desk.tick()).endswith("mailed to 1 witness")
    desk.session.rollback()
    assert [row.trouble for row in desk.session.scalars(select(TrailWitness).order_by(TrailWitness.id))] == ["unusable", "inside", None]

    def judged() -> int:
        return desk.session.query(TrailEvent).filter(TrailEvent.action == "evidence:witness:judged").count()

    assert judged() == 2
    desk.add_organisation("blue-light", "Light", ("Lena Light",))  # Another act.
    assert witnessing.mail_witnesses(desk.tick()) == ""
    assert judged() == 2, "told once"
    newest = checkpoints.newest(desk.session)
    assert newest is not None
    assert newest.size < desk.session.query(TrailEvent).count(), "no checkpoint is taken for nobody every five minutes"
    told = [one for one in evidence_concerns.concerns(desk.session, desk.clock.now(), desk.settings) if one.key.startswith("witness-troubled")]
    assert [one.text for one in told] == [
        "2 witnesses of Lemon Learning are mailed no checkpoints: no mail can go to the address, or it lies inside the house."]
    assert "auditor" not in told[0].text + told[0].advice
    with desk.unit("u:1") as unit:
        for number in (first, second):
            witnesses.remove(unit, [desk.organisation_id], number, "Unusable")
    assert not [one for one in evidence_concerns.concerns(desk.session, desk.clock.now(), desk.settings) if one.key.startswith("witness-troubled")]
    assert third


def test_a_copy_that_came_to_lie_inside_is_not_counted(desk: Desk) -> None:
    with_server(desk)
    name_witness(desk)
    witnessing.mail_witnesses(desk.tick())
    with desk.engine.connect().execution_options(write=True) as connection:
        connection.execute(update(table(Organisation)).values(mail_domains=["auditor.example"]))
        connection.commit()
    assert desk.dispatch(Scripted()) == "1 accepted"
    assert anchors(desk) == []


def test_the_note_between_the_markers_is_the_checkpoint_byte_for_byte(small_desk: Desk, mail_server: MailServer) -> None:
    with_server(small_desk, mail_server.url)
    name_witness(small_desk)
    witnessing.mail_witnesses(small_desk.tick())
    assert small_desk.dispatch() == "1 accepted"
    (received,) = mail_server.to("archive@auditor.example")
    assert received.message["Auto-Submitted"] == "auto-generated"
    assert received.message["Reply-To"] == "dana@lemon.example"
    mail = message_from_bytes(received.message.as_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\r\n", "\n")
    found = re.search(rf"{witnessing.BEGIN}\n(.*\n){witnessing.END}\n", text, re.DOTALL)
    assert found is not None
    newest = checkpoints.newest(small_desk.session)
    assert newest is not None
    assert found[1] == newest.note
    vkey = re.search(r"^Public key: +(\S+)$", text, re.MULTILINE)
    assert vkey is not None
    assert open_checkpoint(found[1], [VerifierKey.parse(vkey[1])]).size == newest.size


def test_what_a_mail_server_accepted_is_held_outside(desk: Desk) -> None:
    with_server(desk)
    name_witness(desk)
    witnessing.mail_witnesses(desk.tick())
    assert anchors(desk) == []
    desk.clock.advance(HOUR)
    assert desk.dispatch(Scripted()) == "1 accepted"
    (anchor,) = anchors(desk)
    (message,) = messages(desk)
    assert (anchor.kind, anchor.reference, anchor.size) == ("witness", f"message:{message.id}", message.about_id)
    assert (anchor.target, anchor.at) == ("witness:1", desk.clock.now()), "by number: a name could not be erased from it"
    with desk.unit() as unit:
        witnessing.hold_outside(unit, [message])
    assert len(anchors(desk)) == 1, "harmless to repeat"


def test_what_the_file_mailbox_keeps_is_not_held_outside(desk: Desk) -> None:
    name_witness(desk)
    witnessing.mail_witnesses(desk.tick())
    assert desk.dispatch() == "1 accepted"
    assert anchors(desk) == []
    assert messages(desk)[0].state is State.SENT


def test_a_mail_server_down_for_two_days_is_an_alarm_at_36_hours_and_then_caught_up(desk: Desk) -> None:
    with_server(desk)
    name_witness(desk)
    day(desk, Scripted())
    held_at = desk.clock.now()
    assert len(anchors(desk)) == 1

    def alarmed() -> bool:
        return any(found.key.startswith("trail-unanchored") for found in evidence_concerns.concerns(desk.session, desk.clock.now(), desk.settings))

    told: list[timedelta] = []
    while desk.clock.now() - held_at < 48 * HOUR:
        desk.clock.advance(HOUR)
        day(desk, Scripted(*[DOWN] * 9))
        concerns.tell(desk.tick())
        if alarmed():
            told.append(desk.clock.now() - held_at)
    assert told[0] == 36 * HOUR
    mailed = desk.session.scalars(select(OutboxMessage).where(OutboxMessage.mail == "alerts/concern")).all()
    assert [row.to_name for row in mailed] == ["Dana Dpo"], "told once"
    assert "look into the Outbox" in mailed[0].body_text
    desk.clock.advance(timedelta(minutes=1))
    day(desk, Scripted())
    assert not alarmed()
    assert all(message.state is State.SENT for message in messages(desk))
    assert len(anchors(desk)) == len(messages(desk)) == 3


def day(desk: Desk, transport: Scripted) -> None:
    witnessing.mail_witnesses(desk.tick())
    desk.dispatch(transport)


def test_a_checkpoint_that_cannot_be_delivered_is_told_as_what_it_is(small_desk: Desk) -> None:
    with_server(small_desk)
    name_witness(small_desk)
    witnessing.mail_witnesses(small_desk.tick())
    small_desk.dispatch(Scripted(Answer(Outcome.REFUSED, 550, "no such user")))
    small_desk.session.rollback()
    dead = small_desk.session.scalars(select(OutboxMessage).where(OutboxMessage.mail == "alerts/dead").order_by(OutboxMessage.id)).all()
    assert {row.to_name for row in dead} == {"Dana Dpo", "Otto Operator"}
    assert "a checkpoint of the trail could not be delivered to its witness" in dead[0].body_text
    assert "a checkpoint of the trail could not be delivered to its witness" in dead[0].body_html


def test_a_trail_that_contradicts_its_checkpoints_is_mailed_to_nobody(small_desk: Desk) -> None:
    name_witness(small_desk)
    witnessing.mail_witnesses(small_desk.tick())
    name_witness(small_desk, "b@auditor.example")
    with small_desk.engine.connect().execution_options(write=True) as connection:
        from tests.evidence.ground import disarm

        disarm(connection)
        connection.exec_driver_sql("UPDATE trail_event SET body = replace(body, 'lemon', 'melon'), leaf_hash = zeroblob(32) WHERE idx = 0")
        connection.commit()
    small_desk.clock.advance(DAY)
    with pytest.raises(checkpoints.CheckpointRefused):
        witnessing.mail_witnesses(small_desk.tick())
    assert len(messages(small_desk)) == 1


def test_the_mail_word_for_word(small_desk: Desk) -> None:
    name_witness(small_desk)
    witnessing.mail_witnesses(small_desk.tick())
    (row,) = messages(small_desk)
    # Key, root and signature are random; everything else is the same for ever.
    texts = {
        name: re.sub(r"localhost/trail/[0-9a-f]+|127\.0\.0\.1[\w/]*", "ORIGIN", re.sub(r"[A-Za-z0-9+/]{43,}={0,2}", "BASE64", text.replace("<wbr>", "")))
        for name, text in {"subject.txt": row.subject + "\n", "body.txt": row.body_text, "body.html": row.body_html}.items()
    }
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            (GOLDEN / file).write_text(text, "utf-8")
    assert texts == {file: (GOLDEN / file).read_text("utf-8") for file in texts}
