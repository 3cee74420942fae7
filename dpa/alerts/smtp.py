"""Handing mail to a mail server, stage by stage, so that it is known what the server can have accepted.

The server's final answer to each mail is kept word for word: it names the queue number under which its log can be searched.
Sources: RFC 5321 (dialogue, reply codes), RFC 3207 (STARTTLS), RFC 8314 (implicit TLS on 465).
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from dpa.alerts.rules import Answer, Outcome
from dpa.config import Settings, is_loopback

CONNECT_SECONDS = 10.0
REPLY_SECONDS = 30.0
SHOWN = 500
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_CLOSING = 421
_NOT_FOR_US = frozenset({530, 535, 538})
"""Replies that refuse this client, not this recipient: sign-in or encryption is missing."""


class NoConversation(Exception):
    """The server could not be brought to talk about mail; the sentence says why."""


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """A mail server and how to talk to it."""

    host: str
    port: int
    implicit_tls: bool = False
    user: str = ""
    password: str = ""
    greeting: str = "localhost"
    """Name we introduce ourselves by."""
    connect_seconds: float = CONNECT_SECONDS
    reply_seconds: float = REPLY_SECONDS

    @classmethod
    def from_settings(cls, settings: Settings) -> SmtpTransport:
        """Read DPA_SMTP_URL, whose user and password may be percent-encoded."""
        parts = urlsplit(settings.smtp_url)
        implicit = parts.scheme == "smtps"
        name = settings.host
        greeting = name if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}", name) else "localhost"
        return cls(
            host=parts.hostname or "localhost",
            port=parts.port or (465 if implicit else 587),
            implicit_tls=implicit,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            greeting=greeting,
        )

    @contextmanager
    def connect(self) -> Iterator[SmtpCarrier]:
        """Hand out a carrier that connects with its first mail and says goodbye at the end."""
        carrier = SmtpCarrier(self)
        try:
            yield carrier
        finally:
            carrier.close()

    def open(self) -> smtplib.SMTP:
        """Return a connection ready for mail. Raises `NoConversation`: no server, no encryption, or no sign-in."""
        client: smtplib.SMTP | None = None
        try:
            client = self._dial()
            client.ehlo_or_helo_if_needed()
            if not self.implicit_tls and not is_loopback(self.host):
                self._encrypt(client)
            if self.user:
                client.login(self.user, self.password)
        except NoConversation:
            _drop(client)
            raise
        except smtplib.SMTPAuthenticationError as error:
            _drop(client)
            raise NoConversation(f"{self.host} did not accept the user and password of DPA_SMTP_URL ({error.smtp_code})") from None
        except smtplib.SMTPResponseException as error:
            _drop(client)
            raise NoConversation(f"{self.host} answered {error.smtp_code} {_words(error.smtp_error)}") from None
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            _drop(client)
            raise NoConversation(f"{self.host}, port {self.port}: {_reason(error)}") from None
        return client

    def _encrypt(self, client: smtplib.SMTP) -> None:
        if not client.has_extn("starttls"):
            raise NoConversation(f"{self.host} does not offer STARTTLS, and mail is not sent in clear")
        client.starttls(context=ssl.create_default_context())
        client.ehlo()

    def _dial(self) -> smtplib.SMTP:
        if self.implicit_tls:
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, self.greeting, timeout=self.connect_seconds, context=ssl.create_default_context()
            )
        else:
            client = smtplib.SMTP(self.host, self.port, self.greeting, timeout=self.connect_seconds)
        client.timeout = self.reply_seconds
        if client.sock is not None:
            client.sock.settimeout(self.reply_seconds)
        return client


class SmtpCarrier:
    """One connection, opened with the first mail and again after it broke."""

    def __init__(self, transport: SmtpTransport) -> None:
        self._transport = transport
        self._client: smtplib.SMTP | None = None

    def send(self, sender: str, recipient: str, data: bytes) -> Answer:
        """Hand one mail over; see `dpa.alerts.transports.Carrier`."""
        used_before = self._client is not None
        try:
            if self._client is None:
                self._client = self._transport.open()
        except NoConversation as error:
            return Answer(Outcome.UNREACHABLE, None, str(error))
        stage = _Stage(self._client)
        try:
            answer = stage.hand_over(sender, recipient, data)
        except (OSError, smtplib.SMTPException) as error:
            self.close(polite=False)
            if used_before and not stage.heard:
                # The server had closed the connection between two mails: say this one on a new one.
                return self._once_more(sender, recipient, data, error)
            words = "the connection broke after the whole text was sent" if stage.complete else "the connection broke"
            return Answer(Outcome.DEFERRED, None, f"{words}: {_reason(error)}", uncertain=stage.complete)
        if answer.code == _CLOSING:
            self.close(polite=False)
        elif answer.outcome is not Outcome.ACCEPTED:
            self._reset()
        return answer

    def _once_more(self, sender: str, recipient: str, data: bytes, error: Exception) -> Answer:
        try:
            self._client = self._transport.open()
        except NoConversation as problem:
            return Answer(Outcome.UNREACHABLE, None, str(problem))
        stage = _Stage(self._client)
        try:
            return stage.hand_over(sender, recipient, data)
        except (OSError, smtplib.SMTPException) as again:
            self.close(polite=False)
            return Answer(Outcome.DEFERRED, None, f"the connection broke twice: {_reason(error)}; {_reason(again)}", uncertain=stage.complete)

    def _reset(self) -> None:
        try:
            if self._client is not None:
                self._client.rset()
        except (OSError, smtplib.SMTPException):
            self.close(polite=False)

    def close(self, *, polite: bool = True) -> None:
        """End the connection; saying goodbye never costs a mail."""
        client, self._client = self._client, None
        if client is not None and polite:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()
        _drop(client)


class _Stage:
    """The dialogue about one mail, and how far it came."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self._client = client
        self.heard = False
        """Whether the server has said anything about this mail."""
        self.complete = False
        """Whether the whole text was sent, so that the server may have accepted it."""

    def hand_over(self, sender: str, recipient: str, data: bytes) -> Answer:
        """Go through MAIL, RCPT and DATA. Raises OSError or SMTPException when the connection breaks."""
        code, text = self._client.mail(sender)
        self.heard = True
        if code != 250:
            # The server refuses us as a sender: that is a setting to be corrected, never a reason to give a mail up.
            outcome = Outcome.DEFERRED if 400 <= code < 500 else Outcome.UNREACHABLE
            return Answer(outcome, code, f"sender not accepted: {_words(text)}")
        code, text = self._client.rcpt(recipient)
        if code not in {250, 251}:
            return _refusal(code, text)
        code, text = self._client.docmd("DATA")
        if code != 354:
            return _refusal(code, text)
        # Text and final dot in one piece: sent apart, the dot would wait 40 ms for the other side's acknowledgement.
        ending = b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n"
        self._client.send((_LEADING_DOT.sub(b"..", data) if _has_leading_dot(data) else data) + ending)
        self.complete = True
        code, text = self._client.getreply()
        return Answer(Outcome.ACCEPTED, code, _words(text)) if code == 250 else _refusal(code, text)


def _has_leading_dot(data: bytes) -> bool:
    # A hundred times quicker than the substitution, which most mails do not need.
    return data.startswith(b".") or b"\n." in data or b"\r." in data


def _refusal(code: int, text: bytes) -> Answer:
    if code in _NOT_FOR_US:
        return Answer(Outcome.UNREACHABLE, code, f"the server wants us to sign in: {_words(text)}")
    permanent = 500 <= code < 600
    return Answer(Outcome.REFUSED if permanent else Outcome.DEFERRED, code if code > 0 else None, _words(text))


def _words(text: bytes | str) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return re.sub(r"[\x00-\x1f\x7f]+", " ", plain).strip()[:SHOWN]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "no answer in time" if "timed out" in str(error) else "the server closed the connection"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    return _words(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def _drop(client: smtplib.SMTP | None) -> None:
    if client is not None:
        with contextlib.suppress(OSError):
            client.close()
