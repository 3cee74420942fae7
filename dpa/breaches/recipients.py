"""Whom a notice goes to, and why some addresses are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from dpa.agreements.terms import check_recipient
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


NOBODY_INSIDE = "Nobody of the organisation may release notices, so nobody can take the customer's part in the exercise."


def addressees(session: Session, organisation: Organisation, affected: Sequence[Affected], *, drill: bool = False) -> Mapping[int, Addressee]:
    """Return for each affected row the first usable contact of its customer (security, then privacy, then notices).

    An address at one of the organisation's own domains is refused: the notice would never reach the customer. In a drill nothing may leave the organisation:
    the organisation's first DPO takes every customer's part.
    """
    if drill:
        inside = people.members(session, organisation.id, "breaches.release")
        colleague = Addressee(Recipient(0, Purpose.NOTICES, inside[0].name, inside[0].email), None) if inside else Addressee(None, NOBODY_INSIDE)
        return {row.id: colleague for row in affected}
    contacts = parties.recipients(session, [row.controller_id for row in affected])
    return {row.id: choose(contacts.get(row.controller_id, ()), organisation.mail_domains) for row in affected}


def stand_in(session: Session, organisation: Organisation) -> str:
    """Return the address of the colleague who takes every customer's part in an exercise; empty when there is none."""
    return next((member.email for member in people.members(session, organisation.id, "breaches.release")), "")


def choose(contacts: Sequence[Recipient], own_domains: Sequence[str]) -> Addressee:
    """Return the first contact that may be written to, or why none may."""
    refused: str | None = None
    for contact in contacts:
        problem = check_recipient(contact.email, own_domains)
        if problem is None:
            return Addressee(contact, None)
        refused = refused or problem.sentence
    return Addressee(None, refused or "No security, privacy or notices contact is registered for this customer.")


def usable(session: Session, organisation: Organisation, affected: Sequence[Affected], *, drill: bool = False) -> Mapping[int, Recipient]:
    """Return the recipients of the affected rows that have one."""
    found = addressees(session, organisation, affected, drill=drill)
    return {row_id: addressee.recipient for row_id, addressee in found.items() if addressee.recipient is not None}
