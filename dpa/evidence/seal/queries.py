"""Reading sealing identities: who seals, with what, and which roots are ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from dpa.evidence.seal.models import IdentityState, SealIdentity

_BEGIN = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Root:
    """A root certificate that documents of an organisation lead to."""

    organisation_id: int
    fingerprint: str
    """SHA-256 of the certificate (DER), lower-case hexadecimal."""
    certificate: bytes
    """DER."""
    crl: bytes
    """Its newest list of revoked certificates, DER; empty where the issuer is not ours."""
    crl_number: int


@dataclass(frozen=True, slots=True)
class Roots:
    """All roots, of active, retired and revoked identities: old documents must stay verifiable."""

    roots: tuple[Root, ...]

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Every root certificate once, DER."""
        return tuple(dict.fromkeys(root.certificate for root in self.roots))

    @property
    def crls(self) -> tuple[bytes, ...]:
        """The newest list of each own root, DER."""
        return tuple(dict.fromkeys(root.crl for root in self.roots if root.crl))


def active(session: Session, organisation_id: int) -> SealIdentity | None:
    """Return what an organisation seals with now, or none."""
    return session.scalars(
        select(SealIdentity).where(SealIdentity.organisation_id == organisation_id, SealIdentity.state == IdentityState.ACTIVE)
    ).one_or_none()


def identities(session: Session, organisation_id: int | None = None) -> list[SealIdentity]:
    """Return all identities ever used, of one organisation or of all, the newest first."""
    query = select(SealIdentity).order_by(SealIdentity.organisation_id, SealIdentity.id.desc())
    if organisation_id is not None:
        query = query.where(SealIdentity.organisation_id == organisation_id)
    return list(session.scalars(query))


def every_active(session: Session) -> list[SealIdentity]:
    """Return the active identities of all organisations."""
    return list(session.scalars(select(SealIdentity).where(SealIdentity.state == IdentityState.ACTIVE).order_by(SealIdentity.organisation_id)))


def revocations(session: Session, ids: Sequence[int]) -> Mapping[int, datetime]:
    """Return from when those of the identities are revoked that are; no statement for none.

    Where two organisations use one certificate, a revocation by either counts for both: it is one key.
    """
    if not ids:
        return {}
    own, any_ = aliased(SealIdentity), aliased(SealIdentity)
    found = session.execute(
        select(own.id, func.min(any_.ended_at).label("at"))
        .join(any_, any_.fingerprint == own.fingerprint)
        .where(own.id.in_(set(ids)), any_.state == IdentityState.REVOKED)
        .group_by(own.id)
    )
    return {number: at for number, at in found if at is not None}


def of_root(session: Session, organisation_id: int, root_fingerprint: str) -> list[SealIdentity]:
    """Return all identities of an organisation under one root, the oldest first."""
    return list(session.scalars(
        select(SealIdentity)
        .where(SealIdentity.organisation_id == organisation_id, SealIdentity.root_fingerprint == root_fingerprint)
        .order_by(SealIdentity.id)
    ))  # fmt: skip


def names(session: Session, keys: Sequence[str]) -> Mapping[str, str]:
    """Return what the trail calls seals: the beginning of their fingerprints."""
    wanted = [int(key) for key in keys if key.isdecimal()]
    found = session.execute(select(SealIdentity.id, SealIdentity.fingerprint).where(SealIdentity.id.in_(wanted)))
    return {str(number): f"Seal {fingerprint[:16]}" for number, fingerprint in found}


def root_certificate(session: Session, fingerprint: str) -> str | None:
    """Return the root certificate with this SHA-256 fingerprint, PEM; none for one that no identity of the installation leads to."""
    found = session.scalars(select(SealIdentity).where(SealIdentity.root_fingerprint == fingerprint).limit(1)).first()
    if found is None:
        return None
    *_, last = (found.chain.strip() or found.certificate.strip()).partition(_BEGIN)[2].split(_BEGIN)
    return f"{_BEGIN}{last.rstrip()}\n"


def trusted_roots(session: Session) -> Roots:
    """Return every root that an identity of the installation leads to, with its newest list of revoked certificates."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from dpa.evidence.seal.sealers import material_of

    newest: dict[tuple[int, str], SealIdentity] = {}
    for identity in session.scalars(select(SealIdentity).order_by(SealIdentity.id)):
        place = (identity.organisation_id, identity.root_fingerprint)
        if place not in newest or identity.crl_number >= newest[place].crl_number:
            newest[place] = identity
    return Roots(tuple(
        Root(
            organisation, fingerprint, material_of(identity).root,
            x509.load_pem_x509_crl(identity.crl.encode()).public_bytes(Encoding.DER) if identity.crl.strip() else b"",
            identity.crl_number,
        )
        for (organisation, fingerprint), identity in newest.items()
    ))  # fmt: skip
