"""What people contribute to documents: who issues them, and who approved what they say."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence.register.records import SIGNED_IN, Approval, Issuer
from dpa.people import queries
from dpa.people.models import Organisation, Person
from dpa.people.roles import TITLES
from dpa.unit import Unit


def issuer(organisation: Organisation) -> Issuer:
    """Return an organisation as the letterhead of a document shows it now."""
    return Issuer(
        name=organisation.name, slug=organisation.slug, letters=organisation.letters, zone=organisation.zone, country=organisation.country,
        address=organisation.address, logo_sha256=organisation.logo_sha256,
    )  # fmt: skip


def approval(unit: Unit, organisation_id: int, act: str) -> Approval:
    """Return what whoever acts in this unit approves by it: their name, role, and how they are signed in; the product under its own name."""
    return _approval(unit.session, unit.actor, organisation_id, act, unit.now, SIGNED_IN.get(unit.auth, unit.auth))


def approval_of(session: Session, actor: str, organisation_id: int, act: str, at: datetime) -> Approval:
    """Return what somebody approved before, in an act of their own; how they had signed in stands in that act's event."""
    return _approval(session, actor, organisation_id, act, at, "see the trail's event of the approval")


def _approval(session: Session, actor: str, organisation_id: int, act: str, at: datetime, signed_in_by: str) -> Approval:
    kind, _, number = actor.partition(":")
    if kind != "u" or not number.isdecimal():
        return Approval("DPA Desk", "the product itself", act, at, signed_in_by)
    name = session.scalar(select(Person.name).where(Person.id == int(number)))
    role = queries.role_in(session, int(number), organisation_id)
    return Approval(name or f"Person {number}", TITLES[role] if role else "no role in this organisation", act, at, signed_in_by)
