"""The seal of an organisation: what it seals with, until when, at which level, and what it sealed with before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence.pages.badges import Badge, Fact, fingerprint_fact, grouped
from dpa.evidence.register import proofs
from dpa.evidence.seal import queries
from dpa.evidence.seal.models import Backend, IdentityState, SealIdentity
from dpa.evidence.seal.rules import ROTATE_DAYS, expiry_warning
from dpa.problems import Problem
from dpa.web.identity import OrganisationRef
from dpa.web.words import instant_text, plural

BACKENDS: Mapping[Backend, tuple[str, str]] = {
    Backend.BUILTIN: ("Made by DPA Desk", "an own root certificate; both keys encrypted in the folder of keys"),
    Backend.PKCS12: ("A file from elsewhere (PKCS#12)", "the file stays where the operator put it"),
    Backend.PKCS11: ("A token or hardware module (PKCS#11)", "the key never leaves it"),
}  # fmt: skip
MOST_NAMED = 12
"""Numbers of documents that a review names; the list of documents shows all."""
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
    serial: str
    """Serial number of its certificate, as OpenSSL prints it."""
    sealed: str
    """How many documents it sealed, and for how many of them nothing proves when."""
    can_revoke: bool


@dataclass(frozen=True, slots=True)
class Review:
    """What revoking one seal would do, before it is done."""

    id: int
    rows: tuple[Mapping[str, str], ...]
    """As components/confirm.html takes them."""
    consequence: str
    is_active: bool


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
    """Return the page; the number of statements does not depend on how many seals or documents there are."""
    known = queries.identities(session, house.id)
    active = next((one for one in known if one.state is IdentityState.ACTIVE), None)
    newest = active or (known[0] if known else None)
    sealed = proofs.touched(session, house.id) if known else {}
    return View(
        organisation=house, identity_id=active.id if active else None,
        facts=_facts(active, sealed.get(active.id, proofs.Touched()), house.zone, now) if active else (),
        badge=_end_badge(active, now) if active else None, level=_level(active, settings, now), root_fingerprint=newest.root_fingerprint if newest else None,
        former=tuple(_former(one, sealed.get(one.id, proofs.Touched())) for one in known if one is not active), can_rotate=newest is not None and newest.backend is Backend.BUILTIN,
        advice=_advice(active, newest),
    )  # fmt: skip


def _facts(identity: SealIdentity, sealed: proofs.Touched, zone: str, now: datetime) -> tuple[Fact, ...]:
    number = serial(identity)
    words, hint = BACKENDS[identity.backend]
    left = (identity.not_after - now).days
    return (
        Fact("Sealed as", identity.subject),
        Fact("Key", words, hint),
        Fact("In use since", instant_text(identity.created_at, zone)),
        Fact("Valid until", instant_text(identity.not_after, zone), f"{plural(left, 'day')} left" if left >= 0 else "expired; nothing can be sealed with it"),
        fingerprint_fact("Root certificate", identity.root_fingerprint, "SHA-256; give it to customers by another way than the documents, such as in the contract"),
        fingerprint_fact("Sealing certificate", identity.fingerprint, "SHA-256"),
        Fact("Serial number", number, "as openssl x509 -serial prints it", copies=number),
        Fact("Documents", _sealed(sealed)),
    )  # fmt: skip


def serial(identity: SealIdentity) -> str:
    """Return the serial number of the sealing certificate, as OpenSSL prints it."""
    from dpa.evidence.seal import certificates  # Loads cryptography, which few pages need.

    return certificates.serial(identity.certificate)


def _sealed(sealed: proofs.Touched) -> str:
    if not sealed.number:
        return "none sealed yet"
    return f"{plural(sealed.number, 'document')} sealed" + (f", {sealed.unproved:,} without a time-stamp" if sealed.unproved else ", all with a time-stamp")


def review(session: Session, house: OrganisationRef, identity: SealIdentity) -> Review:
    """Return what revoking a seal would do: which documents stay good, of which it could not be told any more, and what waits."""
    sealed, active = proofs.touched(session, house.id).get(identity.id, proofs.Touched()), identity.state is IdentityState.ACTIVE
    since = f"in use since {instant_text(identity.created_at, house.zone)}" if active else f"retired on {instant_text(identity.ended_at or identity.created_at, house.zone)}"
    rows = [
        {"label": "Seal", "value": f"{identity.subject}, {since}"},
        {"label": "Fingerprint", "value": f"{grouped(identity.fingerprint)[:39]} …"},
        {"label": "From now on", "value": "its key is not trusted; a signed list says so and travels in later documents"},
        {"label": "Documents that stay good", "value": f"{sealed.proved:,}: a time-stamp proves that they were sealed before"},
        {"label": "Documents that cannot be told any more", "value": _untold(sealed.unproved, proofs.unproved(session, identity.id, MOST_NAMED))},
    ]  # fmt: skip
    if active:
        waiting = proofs.waiting(session, house.id)
        rows.append({"label": "Documents that wait", "value": f"{waiting:,} now, and every later one, until you make a new seal" if waiting else "none now; every later one, until you make a new seal"})
    else:
        rows.append({"label": "The seal in use", "value": "is not touched, and goes on sealing"})
    return Review(identity.id, tuple(rows), _consequence(sealed), active)


def _untold(count: int, numbers: Sequence[str]) -> str:
    if not count:
        return "0"
    more = f" and {count - len(numbers):,} more" if count > len(numbers) else ""
    return f"{count:,}, for no time-stamp proves when they were sealed: {', '.join(numbers)}{more}"


def _consequence(sealed: proofs.Touched) -> str:
    if not sealed.unproved:
        return "This cannot be undone. No document loses its value."
    what = "it anew if it" if sealed.unproved == 1 else "those anew that"
    return f"This cannot be undone. {plural(sealed.unproved, 'document')} will show as sealed with a revoked seal at every check: issue {what} must stay valid, and tell the recipients."


def _end_badge(identity: SealIdentity, now: datetime) -> Badge:
    warning = expiry_warning(identity, now)
    if warning is None:
        return STATES[IdentityState.ACTIVE]
    if warning == 0:
        return Badge("expired", "late", "calendar-off")
    return Badge(f"ends in less than {plural(warning, 'day')}", "soon" if warning > ROTATE_DAYS else "late", "hourglass")


def _level(identity: SealIdentity | None, settings: Settings, now: datetime) -> tuple[Fact, ...]:
    if not settings.tsa_url:
        return (
            Fact("Level of new documents", "PAdES B-B", "time asserted by the issuer"),
            Fact("Why", "No time-stamp authority is set", "with one (DPA_TSA_URL, DPA_TSA_ROOTS) an authority proves the time, and documents stay checkable after the certificate ends"),
        )  # fmt: skip
    missing = "" if identity is None or identity.backend is Backend.BUILTIN else _missing(identity, settings, now)
    facts = (
        Fact("Level of new documents", "PAdES B-T" if missing else "PAdES B-LTA", "time proved by an authority" + ("" if missing else ", with what later checks need")),
        Fact("Why", "A time-stamp authority is set", "when it does not answer, documents are issued and the stamp follows"),
    )
    return (*facts, Fact("For a higher level", "The issuer’s lists of revoked certificates", missing)) if missing else facts


def _missing(identity: SealIdentity, settings: Settings, now: datetime) -> str:
    """Say what keeps a bought seal at the level B-T; empty where nothing does."""
    from dpa.evidence.seal import certificates, issuer_lists, sealers  # Load cryptography.

    if settings.seal_lists is None:
        return "have your operator put them into a file, name it in DPA_SEAL_LISTS, and fetch it daily"
    try:
        issuer_lists.lists(settings)
    except Problem as problem:
        return problem.message
    material = sealers.material_for_stamp(identity, settings)
    revoked_at = issuer_lists.revoked_at(material)
    if revoked_at is not None:
        return f"they call this seal revoked since {revoked_at:%d %B %Y}: nothing is sealed with it; revoke it here as well"
    return "" if certificates.lists_cover(material, now) else "the file of DPA_SEAL_LISTS holds no list that is good today for each issuer up to the root; have your operator fetch them anew"


def _former(identity: SealIdentity, sealed: proofs.Touched) -> Former:
    return Former(
        identity.id, identity.subject, STATES[identity.state], identity.ended_at, identity.ended_because, grouped(identity.fingerprint),
        identity.fingerprint, identity.root_fingerprint, serial(identity), _sealed(sealed), identity.state is IdentityState.RETIRED,
    )  # fmt: skip


def _advice(active: SealIdentity | None, newest: SealIdentity | None) -> str:
    if newest is None:
        return "The worker makes a seal within minutes; nothing needs doing. To seal with a certificate from elsewhere, have your operator install it with dpa seal."
    if newest.backend is not Backend.BUILTIN:
        return "Its successor comes from its issuer; have your operator install it with dpa seal use-pkcs12 or dpa seal use-pkcs11."
    if active is None:
        return "Documents wait until a new seal is made. Make one here, under the same root, so that nobody need learn a new fingerprint."
    return f"The worker makes its successor {ROTATE_DAYS} days before the end, under the same root; nothing needs doing."
