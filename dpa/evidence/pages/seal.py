"""The seal of an organisation: what it seals with, until when, at which level, and what it sealed with before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence.pages.badges import Badge, Fact, fingerprint_fact, grouped
from dpa.evidence.seal import queries
from dpa.evidence.seal.models import Backend, IdentityState, SealIdentity
from dpa.evidence.seal.rules import ROTATE_DAYS, expiry_warning
from dpa.web.identity import OrganisationRef
from dpa.web.words import instant_text, plural

BACKENDS: Mapping[Backend, tuple[str, str]] = {
    Backend.BUILTIN: ("Made by DPA Desk", "an own root certificate; both keys encrypted in the folder of keys"),
    Backend.PKCS12: ("A file from elsewhere (PKCS#12)", "the file stays where the operator put it"),
    Backend.PKCS11: ("A token or hardware module (PKCS#11)", "the key never leaves it"),
}  # fmt: skip
STATES: Mapping[IdentityState, Badge] = {
    IdentityState.ACTIVE: Badge("seals now", "met", "circle-check"), IdentityState.RETIRED: Badge("retired", "off", "history"),
    IdentityState.REVOKED: Badge("revoked", "late", "ban"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Former:
    """An identity that no longer seals."""

    id: int
    subject: str
    badge: Badge
    ended_at: datetime | None
    because: str
    shown: str
    """Fingerprint in groups of four."""
    fingerprint: str
    root_fingerprint: str


@dataclass(frozen=True, slots=True)
class View:
    """The page of an organisation's seal."""

    organisation: OrganisationRef
    identity_id: int | None
    """The active identity; none when nothing seals."""
    facts: tuple[Fact, ...]
    badge: Badge | None
    level: tuple[Fact, ...]
    root_fingerprint: str | None
    """The root that documents lead to now."""
    former: tuple[Former, ...]
    can_rotate: bool
    """Whether a new identity can be made here: under a root of the product's own."""
    advice: str
    """What else to know or do; empty when nothing."""


def view(session: Session, house: OrganisationRef, settings: Settings, now: datetime) -> View:
    """Return the page, in one statement."""
    known = queries.identities(session, house.id)
    active = next((one for one in known if one.state is IdentityState.ACTIVE), None)
    newest = active or (known[0] if known else None)
    return View(
        organisation=house, identity_id=active.id if active else None, facts=_facts(active, house.zone, now) if active else (),
        badge=_end_badge(active, now) if active else None, level=_level(active, settings), root_fingerprint=newest.root_fingerprint if newest else None,
        former=tuple(_former(one) for one in known if one is not active), can_rotate=newest is not None and newest.backend is Backend.BUILTIN,
        advice=_advice(active, newest),
    )  # fmt: skip


def _facts(identity: SealIdentity, zone: str, now: datetime) -> tuple[Fact, ...]:
    words, hint = BACKENDS[identity.backend]
    left = (identity.not_after - now).days
    return (
        Fact("Sealed as", identity.subject),
        Fact("Key", words, hint),
        Fact("In use since", instant_text(identity.created_at, zone)),
        Fact("Valid until", instant_text(identity.not_after, zone), f"{plural(left, 'day')} left" if left >= 0 else "expired; nothing can be sealed with it"),
        fingerprint_fact("Root certificate", identity.root_fingerprint, "SHA-256; hand it to customers on another way, such as in the contract"),
        fingerprint_fact("Sealing certificate", identity.fingerprint, "SHA-256"),
    )  # fmt: skip


def _end_badge(identity: SealIdentity, now: datetime) -> Badge:
    warning = expiry_warning(identity, now)
    if warning is None:
        return STATES[IdentityState.ACTIVE]
    if warning == 0:
        return Badge("expired", "late", "calendar-off")
    return Badge(f"ends in less than {plural(warning, 'day')}", "soon" if warning > ROTATE_DAYS else "late", "hourglass")


def _level(identity: SealIdentity | None, settings: Settings) -> tuple[Fact, ...]:
    if not settings.tsa_url:
        return (
            Fact("Level of new documents", "PAdES B-B", "time asserted by the issuer"),
            Fact("Why", "No time-stamp authority is set", "with one (DPA_TSA_URL, DPA_TSA_ROOTS) an authority proves the time, and documents stay checkable after the certificate ends"),
        )  # fmt: skip
    own = identity is None or identity.backend is Backend.BUILTIN
    level = "PAdES B-LTA" if own else "PAdES B-T"
    hint = "time proved by an authority, with what later checks need" if own else "time proved by an authority; higher where the issuer's list of revoked certificates is held"
    return (Fact("Level of new documents", level, hint), Fact("Why", "A time-stamp authority is set", "when it does not answer, documents are issued and the stamp follows"))


def _former(identity: SealIdentity) -> Former:
    return Former(
        identity.id, identity.subject, STATES[identity.state], identity.ended_at, identity.ended_because, grouped(identity.fingerprint),
        identity.fingerprint, identity.root_fingerprint,
    )  # fmt: skip


def _advice(active: SealIdentity | None, newest: SealIdentity | None) -> str:
    if newest is None:
        return "The worker makes a seal within minutes; nothing needs doing. To seal with a certificate from elsewhere, have your operator install it with dpa seal."
    if newest.backend is not Backend.BUILTIN:
        return "Its successor comes from its issuer; have your operator install it with dpa seal use-pkcs12 or dpa seal use-pkcs11."
    if active is None:
        return "Documents wait until a new seal is made. Make one here, under the same root, so that nobody need learn a new fingerprint."
    return f"The worker makes its successor {ROTATE_DAYS} days before the end, under the same root; nothing needs doing."
