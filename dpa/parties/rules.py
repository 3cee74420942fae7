"""What a controller, a contact, a closure day and a house target must be. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dpa.alerts import addresses
from dpa.languages.countries import country_fault

MAIL = re.compile(r"[^@\s,;:<>\"()\[\]\\\x00-\x20]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}")
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
NAME_MAX = 200


class Purpose(StrEnum):
    """What a contact is for."""

    PRIVACY = "privacy"
    SECURITY = "security"
    NOTICES = "notices"
    FINANCE = "finance"


PURPOSE_TITLES = {
    Purpose.SECURITY: "Security",
    Purpose.PRIVACY: "Privacy",
    Purpose.NOTICES: "Notices under the contract",
    Purpose.FINANCE: "Finance",
}
"""What the form calls each purpose."""
NOTICE_ORDER = (Purpose.SECURITY, Purpose.PRIVACY, Purpose.NOTICES)
"""Who hears of a breach: the first of these a controller has."""


@dataclass(frozen=True, slots=True)
class ControllerInput:
    """A controller as typed or imported."""

    reference: str
    name: str
    country: str = ""
    language: str = ""
    """ISO 639, or empty for the organisation's own language of notices."""


@dataclass(frozen=True, slots=True)
class ContactInput:
    """A contact as typed or imported."""

    purpose: Purpose
    email: str
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ClosureInput:
    """A day on which the organisation does not work, beside weekends and public holidays."""

    day: date
    label: str


def mail_problem(address: str) -> str | None:
    """Return a sentence when `address` cannot be a mail address, or is one that the outbox would refuse."""
    text = address.strip()
    if not text:
        return "Enter an e-mail address."
    if len(text) > 254 or not MAIL.fullmatch(text) or ".." in text:
        return f"“{text[:80]}” is not an e-mail address; write it as name@example.org."
    return addresses.sentence(text)


def is_mailable(address: str) -> bool:
    """Tell whether a notice can be mailed to an address, whoever it belongs to: the outbox takes it, and its domain is one that others can reach."""
    return addresses.fault(address) is None and "." in address.rpartition("@")[2].rstrip(".")


def is_own_mailbox(address: str, domains: Iterable[str]) -> bool:
    """Tell whether an address lies in one of the organisation's own mail domains or below, so that it reaches no customer."""
    host = address.strip().rpartition("@")[2].rstrip(".").lower()
    return any(host == own or host.endswith(f".{own}") for own in (domain.strip().rstrip(".").lower() for domain in domains) if own)


def controller_errors(controller: ControllerInput) -> Mapping[str, str]:
    """Return a sentence for each input that cannot stand."""
    errors: dict[str, str] = {}
    if not REFERENCE.fullmatch(controller.reference):
        errors["reference"] = "A reference has 1 to 40 letters, digits, dots, dashes, slashes or underscores and begins with a letter or digit."
    if not controller.name.strip() or len(controller.name) > NAME_MAX:
        errors["name"] = f"Enter the customer's legal name, at most {NAME_MAX} characters."
    if controller.country and (fault := country_fault(controller.country)):
        errors["country"] = fault
    if controller.language and not re.fullmatch(r"[a-z]{2}", controller.language):
        errors["language"] = "Enter the language as two small letters, such as fr, or leave it empty."
    return errors


def contact_errors(contact: ContactInput) -> Mapping[str, str]:
    """Return a sentence for each input that cannot stand."""
    errors: dict[str, str] = {}
    if problem := mail_problem(contact.email):
        errors["email"] = problem
    if len(contact.name) > NAME_MAX:
        errors["name"] = f"Shorten the name to {NAME_MAX} characters."
    elif re.search(r"[\r\n]", contact.name.strip()):
        errors["name"] = "Write the name in one line; it stands in the head of a mail."
    if contact.phone and not re.fullmatch(r"\+?[0-9 ()/.-]{4,40}", contact.phone):
        errors["phone"] = "Enter the telephone number in digits, such as +33 1 23 45 67 89."
    return errors


def closure_errors(closure: ClosureInput) -> Mapping[str, str]:
    """Return a sentence for each input that cannot stand."""
    errors: dict[str, str] = {}
    if not closure.label.strip() or len(closure.label) > 80:
        errors["label"] = "Say why the organisation is closed, in at most 80 characters."
    if not 2000 <= closure.day.year <= 2099:
        errors["day"] = "Enter a day between 2000 and 2099."
    return errors
