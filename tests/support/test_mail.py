"""The test mail server fails the way it is told to."""

from __future__ import annotations

import smtplib
from collections import Counter
from email.message import EmailMessage

import pytest

from tests.support.mail import Answer, MailServer, always, in_turn, share


def send(server: MailServer, to: str = "dpo@example.org", *, number: int = 1, wait: float = 5) -> tuple[int, bytes]:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@example.org", to, "A clock is running"
    message["Message-ID"] = f"<{number}@example.org>"
    message.set_content("Grüße")
    with smtplib.SMTP("127.0.0.1", server.port, timeout=wait) as client:
        client.ehlo()
        client.mail("desk@example.org")
        code, words = client.rcpt(to)
        return client.data(message.as_bytes()) if code == 250 else (code, words)


def test_a_message_arrives_whole(mail_server: MailServer) -> None:
    assert send(mail_server) == (250, b"OK queued as 1")
    [got] = mail_server.to("dpo@example.org")
    assert (got.sender, got.message_id) == ("desk@example.org", "<1@example.org>")
    assert got.message.get_content().strip() == "Grüße"


@pytest.mark.parametrize(("answer", "code"), [(Answer.REFUSE, 550), (Answer.REFUSE_FOR_NOW, 451)])
def test_a_refused_message_is_not_kept(mail_server: MailServer, answer: Answer, code: int) -> None:
    mail_server.plan = always(answer)
    assert send(mail_server)[0] == code
    assert (mail_server.received, mail_server.tries) == ([], 1)


def test_a_recipient_can_be_refused(mail_server: MailServer) -> None:
    mail_server.refused_recipients["gone@example.org"] = "550 5.1.1 no such user"
    assert send(mail_server, "gone@example.org") == (550, b"5.1.1 no such user")
    assert send(mail_server)[0] == 250


@pytest.mark.parametrize(("answer", "kept"), [(Answer.DROP_BEFORE, 0), (Answer.DROP_UNSAID, 1)])
def test_a_lost_connection_before_the_answer(mail_server: MailServer, answer: Answer, kept: int) -> None:
    mail_server.plan = always(answer)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(mail_server)
    assert len(mail_server.received) == kept


def test_a_lost_connection_after_the_answer(mail_server: MailServer) -> None:
    mail_server.plan = always(Answer.DROP_AFTER)
    assert send(mail_server)[0] == 250
    assert len(mail_server.received) == 1


def test_a_server_that_hangs_until_released(mail_server: MailServer) -> None:
    mail_server.plan = always(Answer.HANG)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(mail_server, wait=0.3)
    assert mail_server.received == []


def test_a_share_is_refused_and_repeats_with_its_seed(mail_server: MailServer) -> None:
    mail_server.plan = share(0.25, Answer.REFUSE_FOR_NOW, seed=7)
    first = [send(mail_server, number=number)[0] for number in range(40)]
    mail_server.plan = share(0.25, Answer.REFUSE_FOR_NOW, seed=7)
    assert [send(mail_server, number=number)[0] for number in range(40)] == first
    assert 4 <= Counter(first)[451] <= 16


def test_answers_in_turn(mail_server: MailServer) -> None:
    mail_server.plan = in_turn(Answer.REFUSE_FOR_NOW, Answer.REFUSE)
    assert [send(mail_server)[0] for _ in range(3)] == [451, 550, 250]
