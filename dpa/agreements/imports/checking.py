"""What the rows of an import mean, and a sentence for everything in them that cannot stand. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

from dpa.agreements import rules
from dpa.agreements.imports.reading import RawRow
from dpa.agreements.rules import AgreementInput
from dpa.agreements.terms import RecipientFault, check_recipient
from dpa.parties import rules as parties
from dpa.parties.rules import ContactInput, ControllerInput, Purpose

CONTACTS: Mapping[str, Purpose] = {
    "contact_privacy": Purpose.PRIVACY, "contact_security": Purpose.SECURITY, "contact_notices": Purpose.NOTICES,
}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MOST_SYSTEMS = 50


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored already, as far as the rows of one file touch it."""

    controllers: Mapping[str, str]
    """Name by reference of the customers there are."""
    agreements: frozenset[str]
    """References of agreements there are."""
    templates: frozenset[str]
    """Short names of the standard terms."""
    systems: frozenset[str]
    """Names of systems, in small letters."""
    mail_domains: tuple[str, ...] = ()
    """The organisation's own mail domains."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that could be read; dates are ISO text, empty when open, so that a draft can be stored as it is."""

    number: int
    controller_reference: str
    controller_name: str
    country: str
    language: str
    agreement_reference: str
    template: str
    starts_on: str
    ends_on: str
    systems: tuple[str, ...]
    contacts: tuple[tuple[str, str], ...]
    """Purpose and address."""
    errors: tuple[str, ...] = ()
    """What cannot stand; nothing is imported while any row has one."""

    def to_json(self) -> dict[str, Any]:
        """Return the row as a draft stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Row:
        """Return a row from a stored draft."""
        plain = dict(stored)
        plain["systems"] = tuple(plain["systems"])
        plain["contacts"] = tuple((purpose, address) for purpose, address in plain["contacts"])
        plain["errors"] = tuple(plain["errors"])
        return cls(**plain)


@dataclass(slots=True)
class _Seen:
    """What earlier rows of the file said."""

    agreements: dict[str, int] = field(default_factory=dict)
    controllers: dict[str, tuple[int, str, str, str]] = field(default_factory=dict)


def check(raw: Iterable[RawRow], known: Known) -> tuple[Row, ...]:
    """Return every row with its errors, in the order of the file."""
    seen = _Seen()
    return tuple(_checked(row, known, seen) for row in raw)


def recheck(rows: Sequence[Row], known: Known) -> tuple[Row, ...]:
    """Return the rows of a draft checked against what is stored by now."""
    cells = [RawRow(row.number, _cells(row)) for row in rows]
    return check(cells, known)


def counts(rows: Sequence[Row], known: Known) -> dict[str, int]:
    """Return what confirming would make: customers, agreements, contacts and systems that are new, and rows with errors."""
    fresh = {row.controller_reference for row in rows} - set(known.controllers)
    systems = {name.lower() for row in rows for name in row.systems} - known.systems
    return {
        "rows": len(rows),
        "wrong": sum(bool(row.errors) for row in rows),
        "agreements": sum(not row.errors for row in rows),
        "controllers": len(fresh),
        "matched": len({row.controller_reference for row in rows} & set(known.controllers)),
        "contacts": len({(row.controller_reference, *contact) for row in rows for contact in row.contacts}),
        "systems": len(systems),
    }


def _cells(row: Row) -> dict[str, str]:
    by_purpose = dict(row.contacts)
    return {
        "controller_reference": row.controller_reference, "controller_name": row.controller_name, "country": row.country,
        "language": row.language, "agreement_reference": row.agreement_reference, "template": row.template,
        "starts_on": row.starts_on, "ends_on": row.ends_on, "systems": ";".join(row.systems),
        **{column: by_purpose.get(purpose.value, "") for column, purpose in CONTACTS.items()},
    }


def _checked(raw: RawRow, known: Known, seen: _Seen) -> Row:
    cells = raw.cells
    row = Row(
        number=raw.number,
        controller_reference=cells["controller_reference"],
        controller_name=" ".join(cells["controller_name"].split()),
        country=cells["country"].upper(),
        language=cells["language"].lower(),
        agreement_reference=cells["agreement_reference"],
        template=cells["template"],
        starts_on=cells["starts_on"],
        ends_on=cells["ends_on"],
        systems=tuple(dict.fromkeys(name for part in cells["systems"].split(";") if (name := " ".join(part.split())))),
        contacts=tuple((purpose.value, cells[column]) for column, purpose in CONTACTS.items() if cells[column]),
    )
    if raw.fault:
        return _with(row, (raw.fault,))
    wrong = (
        *(f"{name} holds a control character; remove it." for name, cell in cells.items() if CONTROL.search(cell)),
        *_controller_errors(row, known, seen),
        *_agreement_errors(row, known, seen),
        *_contact_errors(row, known),
        *_system_errors(row),
    )
    return _with(row, wrong)


def _with(row: Row, errors: tuple[str, ...]) -> Row:
    return Row(**{name: getattr(row, name) for name in Row.__slots__ if name != "errors"}, errors=errors)


def _controller_errors(row: Row, known: Known, seen: _Seen) -> list[str]:
    given = ControllerInput(row.controller_reference, row.controller_name, row.country, row.language)
    names = {"reference": "controller_reference", "name": "controller_name"}
    wrong = [f"{names.get(name, name)}: {text}" for name, text in parties.controller_errors(given).items()]
    stored = known.controllers.get(row.controller_reference)
    if stored is not None and row.controller_name and _plain(stored) != _plain(row.controller_name):
        wrong.append(
            f"controller_name: {row.controller_reference} already is “{stored}”; correct the name here, change it on the customer's page, or use another reference."
        )
    said = (row.controller_name, row.country, row.language)
    first = seen.controllers.setdefault(row.controller_reference, (row.number, *said))
    if first[1:] != said:
        wrong.append(f"controller_reference: line {first[0]} describes {row.controller_reference} differently; name, country and language must agree.")
    return wrong


def _agreement_errors(row: Row, known: Known, seen: _Seen) -> list[str]:
    wrong: list[str] = []
    starts_on = _day(row.starts_on, "starts_on", wrong)
    ends_on = _day(row.ends_on, "ends_on", wrong) if row.ends_on else None
    if starts_on is not None:
        given = AgreementInput(row.agreement_reference, starts_on, ends_on)
        names = {"reference": "agreement_reference"}
        wrong += [f"{names.get(name, name)}: {text}" for name, text in rules.agreement_errors(given).items()]
    if row.agreement_reference in known.agreements:
        wrong.append(f"agreement_reference: there already is an agreement {row.agreement_reference}; remove the row or choose another reference.")
    elif row.agreement_reference:
        first = seen.agreements.setdefault(row.agreement_reference, row.number)
        if first != row.number:
            wrong.append(f"agreement_reference: {row.agreement_reference} already stands in line {first}; each agreement needs its own.")
    if row.template not in known.templates:
        near = get_close_matches(row.template, known.templates, n=1)
        hint = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(sorted(known.templates)) or 'none yet; add standard terms first'}."
        wrong.append(f"template: there are no standard terms “{row.template[:80]}”; {hint}")
    return wrong


def _day(text: str, column: str, wrong: list[str]) -> date | None:
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        wrong.append(f"{column}: “{text}” is not a day of the calendar; correct it.")
        return None
    shown = f"“{text[:40]}” is not a date" if text else "the date is missing"
    wrong.append(f"{column}: {shown}; write it as year-month-day, such as 2026-05-28.")
    return None


def _contact_errors(row: Row, known: Known) -> list[str]:
    wrong: list[str] = []
    for purpose, address in row.contacts:
        problem = parties.contact_errors(ContactInput(Purpose(purpose), address)).get("email")
        own = None if problem else check_recipient(address, known.mail_domains)
        if own is not None and own.fault is RecipientFault.OWN_MAILBOX:
            problem = f"{address} is a mailbox of your own organisation and cannot reach the customer; enter the customer's address."
        if problem:
            wrong.append(f"contact_{purpose}: {problem}")
    return wrong


def _system_errors(row: Row) -> list[str]:
    wrong = [f"systems: “{name[:40]}…” is longer than 120 characters; shorten it." for name in row.systems if len(name) > 120]
    if len(row.systems) > MOST_SYSTEMS:
        wrong.append(f"systems: more than {MOST_SYSTEMS} systems; look for a missing separator.")
    folded: defaultdict[str, list[str]] = defaultdict(list)
    for name in row.systems:
        folded[name.lower()].append(name)
    wrong += [f"systems: {' and '.join(names)} are the same system; keep one spelling." for names in folded.values() if len(names) > 1]
    return wrong


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
