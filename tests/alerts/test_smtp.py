"""Handing over to a mail server that misbehaves in every way: what the answer is taken for, and what becomes of the message."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from dpa.alerts import queries
from dpa.alerts.rules import Outcome, State
from dpa.alerts.smtp import SmtpTransport
from dpa.alerts.transports import FileTransport, transport_for
from dpa.config import Settings
from tests.alerts.desk import Desk
from tests.support.mail import Answer, MailServer, always, in_turn


def to(server: MailServer, seconds: float = 5) -> SmtpTransport:
    return SmtpTransport("127.0.0.1", server.port, connect_seconds=seconds, reply_seconds=seconds)


def test_accepted_mail_arrives_with_its_identifier_and_the_answer_is_kept(small_desk: Desk, mail_server: MailServer) -> None:
    one, two = small_desk.enqueue("a", "b")
    small_desk.settings = small_desk.settings.model_copy(update={"smtp_url": mail_server.url})
    assert small_desk.dispatch() == "2 accepted"
    assert [(got.sender, got.recipients, got.message_id) for got in mail_server.received] == [
        ("dpa-desk@localhost", (row.to_address,), f"<{row.message_id}>") for row in (small_desk.row(one), small_desk.row(two))
    ]
    (event,) = queries.events(small_desk.session, one)
    assert (event.smtp_code, event.reply_text) == (250, "OK queued as 1")


@pytest.mark.parametrize(
    ("reply", "state", "record"),
    [
        ("421 4.3.2 closing", State.PENDING, [("deferred", 421)]),
        ("450 4.2.1 mailbox busy", State.PENDING, [("deferred", 450)]),
        ("550 5.1.1 no such user", State.DEAD, [("refused", 550)]),
        ("530 5.7.0 authentication required", State.PENDING, [("unreachable", 530)]),
    ],
)
def test_one_of_several_is_refused(small_desk: Desk, mail_server: MailServer, reply: str, state: State, record: list[tuple[str, int]]) -> None:
    numbers = small_desk.enqueue("a", "b", "c")
    mail_server.refused_recipients["b@customer.example"] = reply
    small_desk.dispatch(to(mail_server))
    small_desk.dispatch(to(mail_server))
    states = {number: small_desk.row(number).state for number in numbers}
    assert states == {numbers[0]: State.SENT, numbers[1]: state, numbers[2]: State.SENT}
    assert small_desk.record(numbers[1]) == record
    assert len(mail_server.to("a@customer.example")) == len(mail_server.to("c@customer.example")) == 1


@pytest.mark.parametrize(
    ("answer", "outcome", "uncertain", "kept"),
    [
        (Answer.REFUSE_FOR_NOW, "1 deferred", 0, 1),
        (Answer.REFUSE, "1 refused", 0, 0),
        (Answer.DROP_BEFORE, "1 deferred", 1, 1),
        (Answer.DROP_UNSAID, "1 deferred", 1, 2),
        (Answer.DROP_AFTER, "1 accepted", 0, 1),
        (Answer.HANG, "1 deferred", 1, 1),
    ],
)
def test_what_an_answer_after_the_text_means(
    small_desk: Desk, mail_server: MailServer, answer: Answer, outcome: str, uncertain: int, kept: int
) -> None:
    """A connection lost after the 250 was sent but not received gives one copy with the same Message-ID; nothing else does."""
    (number,) = small_desk.enqueue("a", organisation_id=None)
    mail_server.plan = in_turn(answer)
    assert small_desk.dispatch(to(mail_server, seconds=0.4)) == outcome
    assert small_desk.row(number).uncertain == uncertain
    mail_server.release()
    small_desk.clock.set(max(small_desk.row(number).next_at, small_desk.clock.now()))
    small_desk.dispatch(to(mail_server))
    assert len(mail_server.received) == kept
    assert len({got.message_id for got in mail_server.received}) <= 1


def test_a_closed_port_is_unreachable_and_nobody_is_given_up(small_desk: Desk) -> None:
    numbers = small_desk.enqueue("a", "b")
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    assert small_desk.dispatch(SmtpTransport("127.0.0.1", port)) == "1 unreachable"
    assert [small_desk.row(number).state for number in numbers] == [State.PENDING, State.PENDING]
    assert "refused" in (small_desk.row(numbers[0]).last_error or "").lower()


def _serve(script: Callable[[socket.socket], None]) -> tuple[int, threading.Thread, socket.socket]:
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with server, server.accept()[0] as client:
            script(client)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return server.getsockname()[1], thread, server


def _say(client: socket.socket, *replies: bytes) -> None:
    client.sendall(b"220 ready\r\n")
    for reply in replies:
        client.recv(4096)
        client.sendall(reply)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (lambda client: client.recv(10), "no answer in time"),
        (lambda client: client.sendall(b"554 not today\r\n"), "554 not today"),
        (lambda client: _say(client, b"250 hello\r\n", b"550 sender unknown\r\n"), "sender not accepted: sender unknown"),
    ],
    ids=["silent", "unwilling", "sender"],
)
def test_a_server_that_does_not_want_us_is_no_reason_to_give_up(script: Callable[[socket.socket], None], words: str) -> None:
    port, thread, _ = _serve(script)
    with SmtpTransport("127.0.0.1", port, connect_seconds=0.4, reply_seconds=0.4).connect() as carrier:
        answer = carrier.send("a@example.org", "b@example.org", b"Subject: x\r\n\r\nx\r\n")
    thread.join(5)
    assert (answer.outcome, answer.uncertain) == (Outcome.UNREACHABLE, False)
    assert words in answer.text


def test_encryption_is_demanded_of_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dpa.alerts.smtp.is_loopback", lambda _host: False)
    port, thread, _ = _serve(lambda client: _say(client, b"250 hello\r\n"))
    with SmtpTransport("127.0.0.1", port, reply_seconds=1).connect() as carrier:
        answer = carrier.send("a@example.org", "b@example.org", b"x")
    thread.join(5)
    assert answer.outcome is Outcome.UNREACHABLE
    assert "does not offer STARTTLS" in answer.text


def test_a_connection_closed_between_two_mails_costs_nothing(small_desk: Desk, mail_server: MailServer) -> None:
    small_desk.enqueue("a", "b", "c")
    mail_server.plan = always(Answer.DROP_AFTER)
    assert small_desk.dispatch(to(mail_server)) == "3 accepted"
    assert len(mail_server.received) == 3


def test_one_connection_serves_a_batch(small_desk: Desk, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    plain = SmtpTransport.open

    def counted(self: SmtpTransport) -> object:
        opened.append(1)
        return plain(self)

    monkeypatch.setattr(SmtpTransport, "open", counted)
    small_desk.enqueue(*"abcdefgh")
    mail_server.refused_recipients["c@customer.example"] = "450 later"
    small_desk.dispatch(to(mail_server))
    assert len(opened) == 1
    assert len(mail_server.received) == 7


def test_settings_choose_the_way(tmp_path: object) -> None:
    assert isinstance(transport_for(Settings(instance=str(tmp_path))), FileTransport)
    found = transport_for(Settings(smtp_url="smtps://us%40er:p%2Fw@mail.example.org", base_url="https://desk.example.org"))
    assert found == SmtpTransport("mail.example.org", 465, implicit_tls=True, user="us@er", password="p/w", greeting="desk.example.org")
    assert transport_for(Settings(smtp_url="smtp://mail.example.org")) == SmtpTransport("mail.example.org", 587)


def test_a_file_mailbox_that_cannot_be_written_keeps_the_message(small_desk: Desk) -> None:
    (number,) = small_desk.enqueue("a")
    small_desk.settings.mailbox.write_text("in the way")
    assert small_desk.dispatch() == "1 unreachable"
    assert small_desk.row(number).state is State.PENDING
