"""Whom a notice goes to, and why some addresses are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.agreements import book as books
from dpa.agreements import queries as agreements
from dpa.agreements.book import Answers, Book
from dpa.agreements.terms import check_recipient
from dpa.alerts import addresses
from dpa.breaches import addressed
from dpa.breaches.addressed import Named, named_in
from dpa.breaches.models import Affected
from dpa.parties import queries as parties
from dpa.parties.queries import Recipient
from dpa.parties.rules import Purpose
from dpa.people import queries as people
from dpa.people.models import Organisation


@dataclass(frozen=True, slots=True)
class Addressee:
    """What was found for one affected customer: a recipient, or the reason why there is none."""

    recipient: Recipient | None
    problem: str | None
    why: str = ""
    """Why this contact and no other, as a part of a sentence."""
    unmatched: bool = False
    """Whether the contract names somebody whom no usable contact of the customer is."""


NOBODY_INSIDE = "Nobody of the organisation may release notices, so nobody can take the customer's part in the exercise."
INSIDE = "a colleague takes the customer’s part in the exercise"


@dataclass(frozen=True, slots=True)
class Names:
    """Whom the agreements of one organisation name today, for the notices of a breach."""

    book: Book
    organisation: Organisation
    read: dict[int, Named | None] = field(default_factory=dict, compare=False)
    """What was read, by the identity of the answers, which the book keeps: agreements on the same terms are read once."""

    def of(self, answers: Answers) -> Named | None:
        """Return whom one set of terms names."""
        if id(answers) not in self.read:
            self.read[id(answers)] = named_in(answers.stack, self.organisation.mail_domains)
        return self.read[id(answers)]

    def is_named(self, named: Named, answers: Answers) -> bool:
        """Tell whether a set of terms names just this."""
        return self.of(answers) == named

    def all(self) -> list[Named]:
        """Return everybody whom any agreement names, each once."""
        found: dict[Named, None] = {}

        def note(answers: Answers) -> bool:
            if (named := self.of(answers)) is not None:
                found[named] = None
            return False

        self.book.where(note)
        return list(found)

    def by_agreement(self, session: Session, agreement_ids: Sequence[int]) -> Mapping[int, Named | None]:
        """Return whom each agreement names."""
        rows = agreements.by_ids(session, self.organisation.id, agreement_ids)
        return {key: self.of(self.book.answers(key, row.template_id)) for key, row in rows.items()}


def names(session: Session, organisation: Organisation, now: datetime) -> Names:
    """Return whom the organisation's agreements name, in four statements however many there are."""
    return Names(books.open_book(session, [organisation.id], now).filled(session), organisation)


def addressees(
    session: Session, organisation: Organisation, affected: Sequence[Affected], now: datetime, *, drill: bool = False, named: Names | None = None
) -> Mapping[int, Addressee]:
    """Return for each affected row the usable contact that its agreement names, else the first of security, privacy and notices.

    An address at one of the organisation's own domains is refused: the notice would never reach the customer. In a drill nothing may leave the organisation:
    the organisation's first DPO takes every customer's part. `named` saves reading the agreements again.
    """
    if drill:
        inside = people.members(session, organisation.id, "breaches.release")
        colleague = Addressee(Recipient(0, Purpose.NOTICES, inside[0].name, inside[0].email), None, INSIDE) if inside else Addressee(None, NOBODY_INSIDE)
        return {row.id: colleague for row in affected}
    contacts = parties.recipients(session, [row.controller_id for row in affected])
    wanted = (named or names(session, organisation, now)).by_agreement(session, [row.agreement_id for row in affected])
    return {row.id: choose(contacts.get(row.controller_id, ()), organisation.mail_domains, wanted.get(row.agreement_id)) for row in affected}


def stand_in(session: Session, organisation: Organisation) -> str:
    """Return the address of the colleague who takes every customer's part in an exercise; empty when there is none."""
    return next((member.email for member in people.members(session, organisation.id, "breaches.release")), "")


def choose(contacts: Sequence[Recipient], own_domains: Sequence[str], named: Named | None = None) -> Addressee:
    """Return the contact that may be written to and comes first, whom the contract names before all others; or why none may."""
    refused: str | None = None
    for contact in addressed.ordered(named, contacts):
        problem = _problem(contact.email, own_domains)
        if problem is None:
            return Addressee(contact, None, addressed.why(named, contact), addressed.unmatched(named, contact))
        refused = refused or problem
    return Addressee(None, refused or "No security, privacy or notices contact is registered for this customer.")


def _problem(address: str, own_domains: Sequence[str]) -> str | None:
    """Say why a notice cannot go to an address; one that the outbox would refuse must not stop the mails to all others."""
    wrong = check_recipient(address, own_domains)
    return wrong.sentence if wrong else addresses.sentence(address)


def usable(session: Session, organisation: Organisation, affected: Sequence[Affected], now: datetime, *, drill: bool = False) -> Mapping[int, Recipient]:
    """Return the recipients of the affected rows that have one."""
    found = addressees(session, organisation, affected, now, drill=drill)
    return {row_id: addressee.recipient for row_id, addressee in found.items() if addressee.recipient is not None}
