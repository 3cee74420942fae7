"""To whom an agreement wants a breach notice sent, and which of a customer's contacts that is. Pure.

Contracts name an address, a person or a function for notices. An entry that speaks of breaches, security or personal data comes before one
for notices in general. A mail goes to the contact it names; where none is that, to security, then privacy, then notices, and people are told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dpa.agreements.terms import Channel, TermStack, check_recipient, effective
from dpa.agreements.terms.text_words import CHANNEL
from dpa.agreements.terms.values import Address, Addresses
from dpa.agreements.terms.words import Party
from dpa.breaches.clocks import cited
from dpa.parties.queries import Recipient
from dpa.parties.rules import MAIL, NOTICE_ORDER, PURPOSE_TITLES, Purpose

KEY = "notices.addresses"
BREACH = re.compile(r"breach|incident|security|personal data|data protection|privacy|gdpr", re.IGNORECASE)
NOTICE = re.compile(r"\b(all|any|every|general)\b|notice|notif|communicat|correspond", re.IGNORECASE)
FUNCTIONS: tuple[tuple[Purpose, re.Pattern[str]], ...] = (
    (Purpose.SECURITY, re.compile(r"security|sécurité|sicherheit|incident|breach|\b(ciso|soc|csirt|cert|rssi)\b", re.IGNORECASE)),
    (Purpose.PRIVACY, re.compile(r"privacy|data protection|personal data|protection des données|datenschutz|gdpr|\b(dpo|dpd|rgpd)\b", re.IGNORECASE)),
    (Purpose.NOTICES, re.compile(r"notice|notif|administrati|legal|contract", re.IGNORECASE)),
)
"""Words of contracts behind each purpose, in the order in which a text that holds several is read."""
PAPER = frozenset({Channel.PRIORITY_POST, Channel.REGISTERED_LETTER, Channel.COURIER, Channel.BY_HAND, Channel.POST})
"""Ways that reach a place, not a mailbox: no contact has to match them."""


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a contract names."""

    words: str
    """As the contract calls them: a function, a name, or what the address is for."""
    clause: str
    """Clause in a sentence: `clause 16.4`."""
    purposes: tuple[Purpose, ...] = ()
    """Purposes of contacts that the words mean, the closest first."""
    address: str = ""
    """The mail address printed in the contract, in small letters; empty where it prints none."""
    paper: str = ""
    """The way, where it is one of paper; a mail goes its own way beside it."""

    def means(self, contact: Recipient) -> bool:
        """Tell whether a contact is whom the contract names."""
        if self.paper:
            return False
        if self.address:
            return contact.email.lower() == self.address
        return contact.purpose in self.purposes or self.words.lower() in contact.name.lower()


def named_in(stack: TermStack, own_domains: Sequence[str] = ()) -> Named | None:
    """Return whom an agreement names for a breach notice to the controller; none where it names nobody.

    A printed address that is the processor's own mailbox reaches no customer and names nobody; the agreement's page flags it.
    """
    found = effective(stack, KEY)
    if not isinstance(found.value, Addresses):
        return None
    ours = [one for one in found.value.addresses if one.party in {Party.CONTROLLER, Party.EITHER} and not _own(one, own_domains)]
    entry = next((one for pattern in (BREACH, NOTICE) for one in ours if pattern.search(one.purpose)), None)
    if entry is None:
        return None
    printed = _mail(entry)
    words = entry.recipient or (printed or entry.purpose)
    return Named(
        words=words, clause=cited(found.clause) if found.clause else "the contract", purposes=_purposes(entry.recipient or entry.purpose), address=printed,
        paper=CHANNEL[entry.channel] if entry.channel in PAPER and not printed else "",
    )  # fmt: skip


def _mail(entry: Address) -> str:
    text = (entry.printed or "").strip()
    return text.lower() if MAIL.fullmatch(text) else ""


def _own(entry: Address, own_domains: Sequence[str]) -> bool:
    return bool(printed := _mail(entry)) and check_recipient(printed, own_domains) is not None


def _purposes(text: str) -> tuple[Purpose, ...]:
    return tuple(purpose for purpose, pattern in FUNCTIONS if pattern.search(text))


def ordered(named: Named | None, contacts: Sequence[Recipient]) -> list[Recipient]:
    """Return contacts in the order in which they are tried: whom the contract names, then those its words mean, then the house's order."""
    if named is None:
        return sorted(contacts, key=lambda one: NOTICE_ORDER.index(one.purpose))

    def place(one: Recipient) -> tuple[bool, int, int]:
        meant = named.purposes.index(one.purpose) if one.purpose in named.purposes else len(named.purposes)
        return not named.means(one), meant, NOTICE_ORDER.index(one.purpose)

    return sorted(contacts, key=place)


def unmatched(named: Named | None, contact: Recipient) -> bool:
    """Tell whether the contract names somebody whom a chosen contact is not."""
    return named is not None and not named.paper and not named.means(contact)


def why(named: Named | None, contact: Recipient) -> str:
    """Return in a part of a sentence why this contact gets the notice."""
    who = f"{contact.purpose.value} contact"
    if named is None:
        return f"{who}; the agreement names nobody"
    if named.paper:
        return f"{who}; {named.clause} names “{named.words}”, by {named.paper}: record a letter on the customer’s page"
    if named.means(contact):
        return f"{who}, whom {named.clause} names: “{named.words}”"
    return f"{who}; {named.clause} names “{named.words}”, and no contact of this customer is that; {_to_add(named)}"


def _to_add(named: Named) -> str:
    """Say what the form of a contact must be given so that the contact is whom the contract names."""
    if named.address:
        return f"to add it, enter the address {named.address}"
    if named.purposes:
        return f"to add it, choose the purpose “{PURPOSE_TITLES[named.purposes[0]]}”"
    return "to add it, enter that as the name"
