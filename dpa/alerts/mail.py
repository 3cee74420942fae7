"""From a stored message to the bytes of a mail: headers that survive the journey, and the same bytes at every attempt.

Sources: RFC 5322 (format), RFC 2045 (encodings), RFC 3834 (Auto-Submitted); the standard library's policies fold a long List-*
or References header into encoded words, which destroys its addresses (python/cpython#85725), so those are written unfolded.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage, Message
from email.policy import EmailPolicy
from email.policy import default as reading
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from typing import Any, cast

from dpa.alerts.attachments import Attachment
from dpa.alerts.rules import Category
from dpa.config import Settings, secret_key

PRODUCT = "DPA Desk"
BASE64_LINE = 76
"""Characters in a line of an encoded file, RFC 2045."""


class Policy(EmailPolicy):
    """CRLF and 7 bit for the wire; identifiers stay on one line, and words beyond ASCII keep their spaces."""

    def fold(self, name: str, value: Any) -> str:
        """Write one header for a text message."""
        return f"{name}: {self._written(name, value)}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Write one header for the wire."""
        return self.fold(name, value).encode("ascii")

    def _written(self, name: str, value: Any) -> str:
        kind = name.lower()
        if kind in {"message-id", "references", "in-reply-to"} or kind.startswith("list-"):
            return str(value)
        if kind == "subject" and not _is_plain(value):
            return self._encoded(name, str(value))
        if kind in {"from", "to"} and not _is_plain(value):
            (address,) = value.addresses
            return f"{self._encoded(name, address.display_name)}{self.linesep} <{address.addr_spec}>"
        return cast("str", super().fold(name, value)).removeprefix(f"{name}:").strip()

    def _encoded(self, name: str, text: str) -> str:
        # The policy's own folding loses the space between a plain word and an encoded one.
        return Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text


POLICY = Policy(linesep="\r\n", cte_type="7bit", utf8=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail is built from: a stored message without its life."""

    category: Category
    from_name: str
    from_address: str
    to_name: str
    to_address: str
    reply_to: str | None
    subject: str
    text: str
    html: str
    message_id: str
    created_at: datetime
    repeated: bool = False
    """Whether the recipient may already hold a copy."""
    attachments: tuple[Attachment, ...] = ()
    """Files that go along."""


def message_id(settings: Settings, dedupe_key: str) -> str:
    """Return the Message-ID of a message, without brackets: the same key gives the same one for ever, in this installation."""
    host = settings.host if ":" not in settings.host else "localhost"
    return f"{hmac.digest(_key(settings), b'message-id' + dedupe_key.encode(), 'sha256').hex()[:32]}@{host}"


@lru_cache(maxsize=8)
def _key(settings: Settings) -> bytes:
    # Read once: a release makes thousands of identifiers in one act.
    return secret_key(settings)


def sender(settings: Settings) -> str:
    """Return the envelope's sender, without a name."""
    return parseaddr(settings.mail_from)[1] or settings.mail_from


def build(letter: Letter) -> bytes:
    """Return the mail as it goes over the wire. Raises ValueError for line breaks in headers.

    The standard library writes the headers that hold people's words. The parts below them have headers of our own choosing and a content that
    is only encoded, so they are put together here: a release sends thousands of them, and the library takes ten times as long.
    """
    text = _part('text/plain; charset="utf-8"', "quoted-printable", _quoted(letter.text))
    html = _part('text/html; charset="utf-8"', "quoted-printable", _quoted(letter.html))
    body = _multipart("alternative", f"{letter.message_id} words", [text, html])
    if letter.attachments:
        body = _multipart("mixed", letter.message_id, [body, *map(_file, letter.attachments)])
    return b"".join([*_headers(letter), b"MIME-Version: 1.0\r\n", body])


def _headers(letter: Letter) -> Iterator[bytes]:
    yield _address("From", letter.from_name, letter.from_address)
    yield _address("To", letter.to_name, letter.to_address)
    yield _subject(letter.subject)
    if not letter.message_id.isprintable():
        raise ValueError("a Message-ID holds control characters")
    yield f"Date: {format_datetime(letter.created_at)}\r\nMessage-ID: <{letter.message_id}>\r\n".encode("ascii")
    if letter.reply_to:
        yield _address("Reply-To", "", letter.reply_to)
    if letter.category is not Category.NOTICE:
        # A notice was released by a person: its answers are wanted, so it must not look automatic.
        yield b"Auto-Submitted: auto-generated\r\n"
        yield b"X-Auto-Response-Suppress: OOF, AutoReply\r\n"
    if letter.repeated:
        yield b"X-DPA-Desk-Repeat: possible; a copy has the same Message-ID\r\n"


def _header(name: str, value: str | Address) -> bytes:
    """Return one header as the policy writes it."""
    message = EmailMessage(policy=POLICY)
    message[name] = value
    return POLICY.fold_binary(name, message[name])


# Sender, Reply-To and often the subject are the same in all mails of a release.
@lru_cache(maxsize=256)
def _address(name: str, person: str, address: str) -> bytes:
    return _header(name, _person(person, address))


@lru_cache(maxsize=256)
def _subject(text: str) -> bytes:
    return _header("Subject", text)


def _multipart(kind: str, name: str, parts: Iterable[bytes]) -> bytes:
    """Return parts with what divides them. Copies of a message are equal byte for byte, so the boundary comes from its name; no encoded text holds one."""
    boundary = f"=_{hashlib.sha256(name.encode()).hexdigest()[:32]}"
    mark = f"--{boundary}".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return b"".join([head, *(mark + b"\r\n" + part + b"\r\n" for part in parts), mark, b"--\r\n"])


def _part(media: str, encoding: str, content: bytes, more: str = "") -> bytes:
    return f"Content-Type: {media}\r\nContent-Transfer-Encoding: {encoding}\r\n{more}\r\n".encode() + content


def _file(file: Attachment) -> bytes:
    """Return an attached file. Raises ValueError for a name that does not fit into a header."""
    if not file.name.isprintable():
        raise ValueError("the name of a file holds control characters")
    head = Message()
    # Beyond ASCII as RFC 2231 asks; with quotes and backslashes escaped.
    head.add_header("Content-Disposition", "attachment", filename=file.name if file.name.isascii() else ("utf-8", "", file.name))
    return _part(file.media, "base64", _encoded(file.content), f"Content-Disposition: {head['Content-Disposition']}\r\n")


def _quoted(text: str) -> bytes:
    """Return text as quoted-printable (RFC 2045, 6.7) with line ends of the wire.

    The encoder breaks long lines as the first line ends, so there must be one: a text without any would get bare line feeds.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"
    return binascii.b2a_qp(lines.replace("\n", "\r\n").encode(), istext=True)


def _encoded(content: bytes) -> bytes:
    """Return base64 in the lines of RFC 2045, as the standard library writes it."""
    text = binascii.b2a_base64(content, newline=False)
    lines = [text[start : start + BASE64_LINE] for start in range(0, len(text), BASE64_LINE)]
    return b"\r\n".join([*lines, b""])


def _person(name: str, address: str) -> Address:
    """Return name and address, or the address alone where folding the name would change whom the mail is for."""
    whole = Address(display_name=name, addr_spec=address)
    if not name or (name.isascii() and name.replace(" ", "").replace("-", "").isalnum() and len(name) <= 40):
        return whole
    trial = EmailMessage(policy=POLICY)
    trial["To"] = whole
    read = cast("AddressHeader", message_from_bytes(trial.as_bytes(policy=POLICY), policy=reading)["To"])
    kept = [found.addr_spec for found in read.addresses] == [address]
    return whole if kept else Address(addr_spec=address)
