"""What people contribute to documents: who issues them, and who approved what they say."""

from __future__ import annotations

from sqlalchemy import select

from dpa.evidence.register.records import SIGNED_IN, Approval, Issuer
from dpa.people import queries
from dpa.people.models import Organisation, Person
from dpa.people.roles import TITLES
from dpa.unit import Unit


def issuer(organisation: Organisation) -> Issuer:
    """Return an organisation as the letterhead of a document shows it now."""
    return Issuer(
        name=organisation.name, slug=organisation.slug, zone=organisation.zone, country=organisation.country,
        address=organisation.address, logo_sha256=organisation.logo_sha256,
    )  # fmt: skip


def approval(unit: Unit, organisation_id: int, act: str) -> Approval:
    """Return what whoever acts in this unit approves by it: their name, role, and how they are signed in; the product under its own name."""
    signed_in_by = SIGNED_IN.get(unit.auth, unit.auth)
    kind, _, number = unit.actor.partition(":")
    if kind != "u" or not number.isdecimal():
        return Approval("DPA Desk", "the product itself", act, unit.now, signed_in_by)
    name = unit.session.scalar(select(Person.name).where(Person.id == int(number)))
    role = queries.role_in(unit.session, int(number), organisation_id)
    return Approval(name or f"Person {number}", TITLES[role] if role else "no role in this organisation", act, unit.now, signed_in_by)
