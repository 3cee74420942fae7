"""Mails as bytes: golden words, headers that survive folding, no smuggled headers, the same bytes every time."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import Any, cast

import pytest
from jinja2 import UndefinedError

from dpa.alerts import mail, messages
from dpa.alerts.attachments import Attachment
from dpa.alerts.messages import Message
from dpa.alerts.rules import Category
from dpa.config import Settings
from dpa.problems import Invalid
from tests.alerts.desk import CONTEXT

GOLDEN = Path(__file__).with_name("golden")
AT = datetime(2026, 11, 22, 21, 46, 7, tzinfo=UTC)


def letter(**changes: Any) -> mail.Letter:
    values: dict[str, Any] = {
        "category": Category.ALERT, "from_name": "DPA Desk", "from_address": "desk@example.org", "to_name": "Carla Customer",
        "to_address": "carla@customer.example", "reply_to": None, "subject": "Breach", "text": "Hello\n", "html": "<p>Hello</p>\n",
        "message_id": "0123456789abcdef0123456789abcdef@desk.example.org", "created_at": AT,
    }
    return mail.Letter(**(values | changes))


def read(data: bytes) -> EmailMessage:
    parsed = message_from_bytes(data, policy=default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def rendered(tmp_path: Path, **changes: Any) -> messages.Rendered:
    values: dict[str, Any] = {
        "mail": "alerts/dead", "organisation_id": 1, "to_address": "dana@lemon.example", "to_name": "Dana Dpo", "dedupe_key": "k",
        "context": CONTEXT,
    }
    settings = Settings(instance=tmp_path, base_url="https://desk.example.org")
    return messages.render(Message(**(values | changes)), settings)


@pytest.mark.parametrize("is_notice", [True, False], ids=["notice", "alert"])
def test_the_mail_about_an_undeliverable_message_reads_as_agreed(tmp_path: Path, is_notice: bool) -> None:
    found = rendered(tmp_path, context=CONTEXT | {"is_notice": is_notice, "answer": "550 <no> such user"})
    folder = GOLDEN / f"dead-{'notice' if is_notice else 'alert'}"
    texts = {"subject.txt": found.subject + "\n", "body.txt": found.text, "body.html": found.html}
    if os.environ.get("WRITE_GOLDEN"):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
    assert texts == {name: (folder / name).read_text("utf-8") for name in texts}


def test_html_is_escaped_and_plain_text_is_not(tmp_path: Path) -> None:
    found = rendered(tmp_path, context=CONTEXT | {"answer": "<script>&"})
    assert "&lt;script&gt;&amp;" in found.html
    assert "<script>&" in found.text


def test_html_fetches_nothing_and_sets_no_colour(tmp_path: Path) -> None:
    html = rendered(tmp_path).html
    for word in ("src=", "<link", "<style", "url(", "<img", "color:", "bgcolor", "<script"):
        assert word not in html


def test_a_missing_value_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UndefinedError):
        rendered(tmp_path, context={})


@pytest.mark.parametrize("title", ["Breach\r\nBcc: victim@example.org", "two\nlines", "two\rlines"])
def test_a_subject_of_several_lines_is_refused(tmp_path: Path, title: str) -> None:
    with pytest.raises(Invalid, match="one line"):
        rendered(tmp_path, context=CONTEXT | {"subject": title})


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b\r\nBcc: c@d.example", "a b@c.example", "a@b@c.example", "jörg@example.org", "<a@b.example>", "a@b.example,c@d.example", 'a"b@c.example'],
)
def test_an_address_that_cannot_stand_in_a_header_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        messages.check_address(address)


def test_an_international_domain_is_written_in_ascii() -> None:
    assert messages.check_address("dpo@bücher.example") == "dpo@xn--bcher-kva.example"


def test_a_name_of_several_lines_is_refused() -> None:
    with pytest.raises(Invalid):
        messages.check_name("Carla\nBcc: x@y.example")


@pytest.mark.parametrize("field", ["subject", "to_name", "from_name", "reply_to", "message_id"])
def test_no_header_can_be_smuggled_in(field: str) -> None:
    try:
        data = mail.build(letter(**{field: "x\r\nBcc: victim@example.org"}))
    except ValueError:
        return
    assert read(data)["Bcc"] is None


def test_headers_of_an_alert() -> None:
    found = read(mail.build(letter()))
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert found["Reply-To"] is None
    assert found["Date"] == "Sun, 22 Nov 2026 21:46:07 +0000"
    assert found["X-DPA-Desk-Repeat"] is None


def test_headers_of_a_notice_ask_for_answers_and_do_not_look_automatic() -> None:
    found = read(mail.build(letter(category=Category.NOTICE, from_name="Lemon Learning", reply_to="dpo@lemon.example", repeated=True)))
    assert found["Auto-Submitted"] is None
    assert found["Reply-To"] == "dpo@lemon.example"
    assert found["From"] == "Lemon Learning <desk@example.org>"
    assert found["X-DPA-Desk-Repeat"] is not None


def test_long_identifiers_are_not_folded() -> None:
    long = f"{'0123456789abcdef' * 2}@{'sub.' * 20}desk.example.org"
    data = mail.build(letter(message_id=long))
    assert f"\r\nMessage-ID: <{long}>\r\n".encode() in data
    policy = mail.POLICY
    value = "<https://desk.example.org/" + "x" * 90 + ">"
    for name in ("List-Unsubscribe", "References", "In-Reply-To"):
        assert policy.fold(name, value) == f"{name}: {value}\r\n"
        assert policy.fold_binary(name, value) == f"{name}: {value}\r\n".encode()


@pytest.mark.parametrize(
    "name",
    [
        "Carla Customer", "Müller, Jörg", "Société Générale de l’Éducation Numérique et de la Formation Professionnelle Continue, Département Protection",
        "x" * 150, 'Quote "me" <evil@example.org>', "a, evil@example.org", "日本語の名前", "",
    ],
)
def test_names_never_change_whom_a_mail_is_for(name: str) -> None:
    data = mail.build(letter(to_name=name))
    header = cast("AddressHeader", read(data)["To"])
    assert [address.addr_spec for address in header.addresses] == ["carla@customer.example"]
    # The newer reader of the standard library puts spaces between encoded words; RFC 2047 does not.
    shown = parseaddr(str(make_header(decode_header(message_from_bytes(data)["To"].replace("\r\n", "")))))[0]
    assert shown == name or not name.isascii()
    assert str(make_header(decode_header(message_from_bytes(data)["To"]))).startswith(name) or name.isascii()


def test_long_foreign_subjects_survive() -> None:
    subject = "Verletzung des Schutzes personenbezogener Daten – Größe unbekannt – " * 3
    assert read(mail.build(letter(subject=subject.strip())))["Subject"] == subject.strip()


def test_bodies_survive_the_wire() -> None:
    text = "Ein Satz mit Umlauten: äöü ß € – “Zitat”.\n.\n.Punkt am Anfang\n" + "lang " * 400 + "\n"
    data = mail.build(letter(text=text, html=f"<p>{text}</p>\n"))
    data.decode("ascii")
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")
    body = read(data).get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == text


def test_every_attempt_gives_the_same_bytes_and_identifier(tmp_path: Path) -> None:
    assert mail.build(letter()) == mail.build(letter())
    settings = Settings(instance=tmp_path / "a", base_url="https://desk.example.org")
    first = mail.message_id(settings, "deadline:7:v1:due:p3")
    assert first == mail.message_id(settings, "deadline:7:v1:due:p3")
    assert first != mail.message_id(settings, "deadline:7:v1:due:p4")
    assert first != mail.message_id(Settings(instance=tmp_path / "b", base_url="https://desk.example.org"), "deadline:7:v1:due:p3")
    left, _, host = first.partition("@")
    assert (len(left), host) == (32, "desk.example.org")
    assert mail.message_id(Settings(instance=tmp_path / "a", base_url="http://[::1]:8000"), "k").endswith("@localhost")


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 5_000])
def test_files_are_written_as_the_standard_library_writes_them(size: int) -> None:
    files = (
        Attachment("LC-BN-2026-0001.pdf", "application/pdf", bytes(number % 251 for number in range(size))),
        Attachment("é.txt", "text/plain; charset=utf-8", "origin\n1\n— desk\n".encode()),
    )
    message = read(mail.build(letter(attachments=files)))
    assert [(part.get_filename(), part.get_content_type(), part.get_payload(decode=True)) for part in message.iter_attachments()] == [
        (file.name, file.media.partition(";")[0], file.content) for file in files
    ]
    assert [part.get_content_charset() for part in message.iter_attachments()] == [None, "utf-8"]
    expected = EmailMessage(policy=mail.POLICY)
    expected.add_attachment(files[0].content, maintype="application", subtype="pdf", filename=files[0].name)
    (sample,) = expected.iter_attachments()
    body = sample.as_bytes(policy=mail.POLICY).partition(b"\r\n\r\n")[2]
    assert body in mail.build(letter(attachments=files)), "the same lines, byte for byte"


@pytest.mark.parametrize("body", ["x" * 500, "é" * 200 + "\n", "first\rsecond\r\nthird\n" + "y " * 300, ".\n.leading dot\n", "one line"])
def test_no_text_puts_a_bare_line_feed_or_a_long_line_on_the_wire(body: str) -> None:
    data = mail.build(replace(letter(), text=body, html=f"<p>{body}</p>"))
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data), "RFC 5321 2.3.8: servers refuse bare line feeds, or read them as they like"
    assert max(map(len, data.split(b"\r\n"))) <= 998
    plain = read(data).get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n").rstrip("\n") == body.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
