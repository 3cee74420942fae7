"""A mail server for tests: on this machine, remembering what it accepted, failing in every way a real one can."""

from __future__ import annotations

import asyncio
import email
import email.policy
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import Enum
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HANG_SECONDS = 60.0


class Answer(Enum):
    """What the server does with a message after its last line."""

    ACCEPT = "250 OK queued as {number}"
    REFUSE_FOR_NOW = "451 4.3.0 try again later"
    REFUSE = "550 5.7.1 not wanted here"
    HANG = "no answer until `release`"
    DROP_BEFORE = "connection lost before the answer, message not kept"
    DROP_UNSAID = "message kept, connection lost before the answer reached the client"
    DROP_AFTER = "250 said, then connection lost"


@dataclass(frozen=True)
class Received:
    """One message the server kept."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def message_id(self) -> str:
        """Its Message-ID, by which copies are known."""
        return str(self.message["Message-ID"])


Plan = Callable[[Received], Answer]


def always(answer: Answer) -> Plan:
    """Answer every message alike."""
    return lambda _message: answer


def share(part: float, answer: Answer, *, seed: int = 1) -> Plan:
    """Give `answer` to a share of the messages (0.25: a quarter), chosen by a fixed seed; accept the others."""
    dice = random.Random(seed)
    return lambda _message: answer if dice.random() < part else Answer.ACCEPT


def in_turn(*answers: Answer) -> Plan:
    """Give the answers one after another, then accept."""
    left = iter(answers)
    return lambda _message: next(left, Answer.ACCEPT)


@dataclass
class MailServer:
    """The sink. Change `plan` and `refused_recipients` at any time; read `received`."""

    plan: Plan = field(default_factory=lambda: always(Answer.ACCEPT))
    refused_recipients: dict[str, str] = field(default_factory=dict)
    """Reply to RCPT for an address, such as `550 5.1.1 no such user`."""
    received: list[Received] = field(default_factory=list)
    tries: int = 0
    """How many messages reached their last line, kept or not."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _released: threading.Event = field(default_factory=threading.Event)
    _controller: Any = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._controller.port)

    @property
    def url(self) -> str:
        """Value for DPA_SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    def release(self) -> None:
        """Let clients go that hang."""
        self._released.set()

    def to(self, address: str) -> list[Received]:
        """Return what one recipient got."""
        return [message for message in self.received if address in message.recipients]

    def start(self, port: int = 0) -> MailServer:
        """Start listening on a port of this machine, a free one unless named; a server that was stopped may be started again."""
        self._controller = _Listener(self, hostname="127.0.0.1", port=port, ready_timeout=10)
        self._controller.start()
        return self

    def stop(self) -> None:
        """Stop listening; open connections are cut."""
        self.release()
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    # The methods below are called by aiosmtpd; their names are its protocol.
    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:  # noqa: N802
        """Refuse chosen recipients, take the others."""
        if address in self.refused_recipients:
            return self.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Decide about a message after its last line."""
        content = envelope.original_content or b""
        message = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.SMTP)
        got = Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), message)
        with self._lock:
            self.tries += 1
            number = self.tries
            answer = self.plan(got)
            if answer in {Answer.ACCEPT, Answer.DROP_UNSAID, Answer.DROP_AFTER}:
                self.received.append(got)
        return await self._answer(server, answer, number)

    async def _answer(self, server: SMTP, answer: Answer, number: int) -> str:
        if answer is Answer.HANG:
            for _ in range(int(HANG_SECONDS / 0.05)):
                if self._released.is_set():
                    break
                await asyncio.sleep(0.05)
            return Answer.REFUSE_FOR_NOW.value
        if answer in {Answer.DROP_BEFORE, Answer.DROP_UNSAID}:
            _cut(server)
        if answer is Answer.DROP_AFTER:
            await server.push(Answer.ACCEPT.value.format(number=number))
            _cut(server)
        return answer.value.format(number=number) if answer.value[:1].isdigit() else "421 closing"


def _cut(server: SMTP) -> None:
    if server.transport is not None:
        server.transport.close()


class _Listener(Controller):
    def _trigger_server(self) -> None:
        # The port was chosen by the system; the library's own first contact needs to know it.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A running mail server of this test."""
    server = MailServer().start()
    yield server
    server.stop()
