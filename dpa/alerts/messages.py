"""A message as a value, and how its three templates become the words that will be sent.

A mail is a folder under templates/emails/ with `subject.txt`, `body.txt` and `body.html`; both bodies extend templates/emails/_base/
and say in their *reason* block why the recipient gets them. Rendering happens when a message is stored, never when it is sent: what
the Outbox page shows is what left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from dpa.alerts import addresses
from dpa.alerts.rules import Category
from dpa.config import Settings
from dpa.languages import zone_name
from dpa.problems import Invalid
from dpa.web import words

TEMPLATES: tuple[Path, ...] = (Path(__file__).resolve().parents[2] / "templates" / "emails",)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OWN_LINK = re.compile(r"/n/[A-Za-z0-9_-]{16,}")
OWN_LINK_WORDS = "/n/… (the customer's own link)"
SUBJECT_MAX = 300


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said to one recipient."""

    mail: str
    """Folder of the templates, such as `docket/alert`."""
    organisation_id: int | None
    to_address: str
    to_name: str
    dedupe_key: str
    """What makes this message this one: the same key is stored and sent once."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """Values the templates name; a missing one is an error."""
    category: str = Category.ALERT
    """`alert`, `notice`, `witness` or `account`."""
    person_id: int | None = None
    contact_id: int | None = None
    about: tuple[str, int] | None = None
    """The case it concerns, such as ("breach", 7)."""
    give_up_at: datetime | None = None
    """Until when to try; none for five days."""
    reply_to: str | None = None
    """Where answers go; none for the organisation's DPO on notices, and the sender's address otherwise."""
    from_name: str | None = None
    """Sender's name; none for the organisation's on notices and the product's otherwise."""
    deadline: int | None = None
    """Docket entry it speaks of."""
    deadline_version: int | None = None
    attachments: tuple[int, ...] = ()
    """Issued or ordered documents that go with it."""
    hold_until: datetime | None = None
    """Until when it waits for its documents at most; none when it does not wait."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The words of a message as they will be sent."""

    subject: str
    text: str
    html: str


def without_own_links(text: str) -> str:
    """Return the text of a mail with each customer's own link made unusable: whoever reads it is not the one it was made for.

    The mail itself must hold the link whole; the trail and what is made of it never do, and pages only for mail that nobody received.
    """
    return _OWN_LINK.sub(OWN_LINK_WORDS, text)


def render(message: Message, settings: Settings) -> Rendered:
    """Render the three templates. Raises `Invalid` for a subject of several lines, Jinja's errors for faults in a template.

    Every template also knows `to_name` and `base_url`.
    """
    values = {"to_name": message.to_name, "base_url": settings.base_url, **message.context}
    templates = environment()
    subject = templates.get_template(f"{message.mail}/subject.txt").render(values).strip()
    if re.search(r"[\r\n]", subject) or not subject:
        raise Invalid("The subject of a mail must be one line; take the line break out of the title it is made of.")
    text = templates.get_template(f"{message.mail}/body.txt").render(values)
    html = templates.get_template(f"{message.mail}/body.html").render(values)
    return Rendered(_clean(subject)[:SUBJECT_MAX], _paragraphs(text), _clean(html).strip() + "\n")


def check_address(address: str) -> str:
    """Return a mail address that can stand in a header and an envelope, its domain in ASCII. Raises `Invalid`."""
    if fault := addresses.fault(address):
        raise Invalid(f"Mail cannot be sent to this address: {fault}", field="to_address")
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def check_name(name: str) -> str:
    """Return a display name fit for a header. Raises `Invalid` when it holds a line break: it could smuggle headers in."""
    if re.search(r"[\r\n]", name):
        raise Invalid("A name in a mail must be one line.", field="to_name")
    return _clean(name).strip()[:200]


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _paragraphs(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in _clean(text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


@cache
def environment() -> Environment:
    """Return the mails' own template environment: undefined names are errors, only HTML is escaped, no page helper is known."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # Looking at six files for each of ten thousand mails costs more than making them.
    )
    found.filters.update(
        instant_text=words.instant_text, zone_name=zone_name, left=words.left, length_text=words.length, plural=words.plural
    )
    return found
