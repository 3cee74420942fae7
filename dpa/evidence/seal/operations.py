"""Acts on sealing identities: putting one to use, revoking it, renewing the list of what was revoked.

Keys are made and opened beforehand (`prepare_*`, `issuer_for`), for that is slow and an act holds the database.
"""

from __future__ import annotations

from cryptography import x509
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence import trail
from dpa.evidence.events import Event
from dpa.evidence.seal import queries
from dpa.evidence.seal.authority import Revoked
from dpa.evidence.seal.certificates import pem
from dpa.evidence.seal.models import Backend, IdentityState, SealIdentity
from dpa.evidence.seal.preparing import (
    Issuer,
    Prepared,
    issuer_for,
    prepare_builtin,
    prepare_next,
    prepare_pkcs11,
    prepare_pkcs12,
    prepare_rotation,
)
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit

__all__ = [
    "Issuer", "Prepared", "install", "issuer_for", "prepare_builtin", "prepare_next", "prepare_pkcs11", "prepare_pkcs12",
    "prepare_rotation", "refresh_crl", "revoke", "revoked_under",
]  # fmt: skip
_REPLACED = "replaced"


def install(unit: Unit, prepared: Prepared, reason: str = "") -> SealIdentity:
    """Put a prepared identity to use; the active one of the organisation, if any, is retired. What that sealed stays valid.

    An identity that was retired before is taken back. Raises `Conflict` when it is active already, was revoked, or when another one was
    installed or one was revoked at the same moment.
    """
    session = unit.session
    known = session.scalars(
        select(SealIdentity).where(SealIdentity.organisation_id == prepared.organisation_id, SealIdentity.fingerprint == prepared.fingerprint)
    ).one_or_none()
    if known is not None and known.state is not IdentityState.RETIRED:
        raise Conflict(f"The seal {known.fingerprint[:16]} is {'in use already' if known.state is IdentityState.ACTIVE else 'revoked'}.")
    _retire(unit, prepared.organisation_id, reason)
    if known is None:
        _check_list(session, prepared)
    identity = known or SealIdentity(
        organisation_id=prepared.organisation_id, backend=prepared.backend, state=IdentityState.ACTIVE,
        certificate=pem([prepared.certificate]), chain=pem(prepared.chain), fingerprint=prepared.fingerprint,
        root_fingerprint=prepared.root_fingerprint, subject=prepared.certificate.subject.rfc4514_string()[:300],
        not_before=prepared.certificate.not_valid_before_utc, not_after=prepared.certificate.not_valid_after_utc,
        source=prepared.source, crl=prepared.crl, crl_number=prepared.crl_number, created_at=unit.now, created_by=unit.actor,
    )  # fmt: skip
    identity.state, identity.ended_at, identity.ended_because, identity.source = IdentityState.ACTIVE, None, "", prepared.source
    session.add(identity)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict("Another seal was put to use for this organisation at the same moment; look at it with: dpa seal list") from error
    trail.record(
        unit, Event.SEAL_INSTALLED, subject=("seal", identity.id), organisation_id=identity.organisation_id, covers=[identity],
        data={
            "backend": str(identity.backend), "fingerprint": identity.fingerprint, "root": identity.root_fingerprint,
            "until": f"{identity.not_after:%Y-%m-%d}",
        },
        personal=_because(reason),
    )  # fmt: skip
    return identity


def revoke(unit: Unit, identity: SealIdentity, reason: str, settings: Settings, issuer: Issuer | None = None) -> None:
    """Withdraw trust in an identity from now on, and sign a list that says so; documents sealed later embed it.

    Hand in the `issuer` opened beforehand; else it is opened here, which holds the database for 0.2 s. Where the root's key is away, the
    identity is revoked without a list, and `refresh_crl` signs it once the key is back. Only documents with a time-stamp from before keep their
    value: without one, nobody can tell when they were sealed. Raises `Conflict` for an identity revoked before, `Invalid` without a reason.
    """
    if identity.state is IdentityState.REVOKED:
        raise Conflict(f"The seal {identity.fingerprint[:16]} was revoked already.")
    if not reason.strip():
        raise Invalid("Say why the seal is revoked; the reason is kept.", field="reason")
    identity.state, identity.ended_at, identity.ended_because = IdentityState.REVOKED, unit.now, reason.strip()
    unit.session.flush()
    trail.record(
        unit, Event.SEAL_REVOKED, subject=("seal", identity.id), organisation_id=identity.organisation_id, covers=[identity],
        data={"fingerprint": identity.fingerprint}, personal=_because(reason),
    )  # fmt: skip
    held = issuer or issuer_for(settings, identity)
    if held is not None:
        refresh_crl(unit, identity, held)


def refresh_crl(unit: Unit, identity: SealIdentity, issuer: Issuer) -> None:
    """Sign a new list of revoked certificates of an own root and keep it with every identity that stands under it and needs it.

    Its number is one higher than any before (RFC 5280, 5.2.3). Raises `Invalid` for an identity whose issuer is not ours.
    """
    if identity.backend is not Backend.BUILTIN:
        raise Invalid("The list of revoked certificates of this seal is its issuer's to sign.")
    family = queries.of_root(unit.session, identity.organisation_id, identity.root_fingerprint)
    number = max(one.crl_number for one in family) + 1
    text = issuer.list_of(revoked_under(unit.session, identity), number, unit.now)
    kept = [one for one in family if one is identity or one.state is not IdentityState.RETIRED]
    for one in kept:
        one.crl, one.crl_number = text, number
    unit.session.flush()
    trail.record(
        unit, Event.SEAL_LIST_SIGNED, subject=("seal", identity.id), organisation_id=identity.organisation_id, covers=kept,
        data={"number": number, "root": identity.root_fingerprint},
    )  # fmt: skip


def revoked_under(session: Session, identity: SealIdentity) -> list[Revoked]:
    """Return what the root of an identity has to list as revoked."""
    family = queries.of_root(session, identity.organisation_id, identity.root_fingerprint)
    return [
        Revoked(x509.load_pem_x509_certificate(one.certificate.encode()).serial_number, one.ended_at)
        for one in family
        if one.state is IdentityState.REVOKED and one.ended_at is not None
    ]


def _check_list(session: Session, prepared: Prepared) -> None:
    """Raise `Conflict` where a list as new as the prepared one was signed meanwhile: the prepared one may lack what was revoked since."""
    newest = session.scalar(
        select(func.max(SealIdentity.crl_number))
        .where(SealIdentity.organisation_id == prepared.organisation_id, SealIdentity.root_fingerprint == prepared.root_fingerprint)
    )  # fmt: skip
    if prepared.backend is Backend.BUILTIN and newest is not None and newest >= prepared.crl_number:
        raise Conflict("Another seal was made or one was revoked at the same moment; look at what seals now, and try again if need be.")


def _retire(unit: Unit, organisation_id: int, reason: str) -> None:
    identity = unit.session.scalars(
        select(SealIdentity)
        .where(SealIdentity.organisation_id == organisation_id, SealIdentity.state == IdentityState.ACTIVE)
        .with_for_update()
    ).one_or_none()
    if identity is None:
        return
    identity.state, identity.ended_at, identity.ended_because = IdentityState.RETIRED, unit.now, reason or _REPLACED
    unit.session.flush()
    trail.record(
        unit, Event.SEAL_RETIRED, subject=("seal", identity.id), organisation_id=organisation_id, covers=[identity],
        data={"fingerprint": identity.fingerprint},
    )  # fmt: skip


def _because(reason: str) -> dict[str, str]:
    """The reason is somebody's own words, so it goes where it could be erased."""
    return {"reason": reason.strip()} if reason.strip() else {}
