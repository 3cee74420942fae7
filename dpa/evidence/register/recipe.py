"""What checking a document without us takes: certificates, the list of revoked ones, and the recipe. It travels with every export.

Whoever holds only a document asks for it by a fingerprint that the document prints. Nothing here tells a stranger which organisations
there are: a fingerprint of ours is 256 bits nobody guesses, and the root of a bought certificate, which everybody knows, opens nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence.seal.models import Backend, SealIdentity

ISSUERS, REVOKED, RECIPE, STAMP_ROOTS = "seal-issuers.pem", "seal-revoked.pem", "VERIFY.txt", "tsa-roots.pem"
_FINGERPRINT = re.compile(r"[0-9a-f]{64}\Z")
_NOT_HEX = re.compile(r"[\s:.…·-]|sha-?256|fingerprint|=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Means:
    """The seals that a fingerprint leads to."""

    named: SealIdentity
    """The identity the fingerprint names; the newest where it is that of a root."""
    others: tuple[SealIdentity, ...]
    """What the same organisation seals or sealed with besides, the newest first."""

    @property
    def revoked(self) -> str:
        """The newest list of seals revoked under the same root, PEM; empty where the issuer is not ours."""
        family = [one for one in (self.named, *self.others) if one.root_fingerprint == self.named.root_fingerprint]
        return max(family, key=lambda one: one.crl_number).crl


def files(identity: SealIdentity, settings: Settings, revoked: str = "") -> dict[str, bytes]:
    """Return the files by name; the roots of the time-stamp authority are among them where one is set.

    `revoked` is the list of revoked seals (PEM) to hand out, where a newer one is known than the identity's own.
    """
    from dpa.evidence.seal.recipe import recipe

    chain = identity.chain.strip() or identity.certificate.strip()
    revoked = revoked.strip() or identity.crl.strip()
    newer = f"{settings.base_url}{address(identity)}/{REVOKED}" if revoked else ""
    found = {ISSUERS: f"{chain}\n".encode(), RECIPE: recipe(identity.root_fingerprint, newer).encode()}
    if settings.tsa_roots is not None and settings.tsa_roots.is_file():
        found[STAMP_ROOTS] = settings.tsa_roots.read_bytes()
    if revoked:
        found[REVOKED] = f"{revoked}\n".encode()
    return found


def address(identity: SealIdentity) -> str:
    """Return the path of the public page with the files of a seal."""
    return f"/verify/seals/{identity.fingerprint}"


def typed_fingerprint(text: str) -> str | None:
    """Return a SHA-256 fingerprint as people copy it (colons, spaces, capitals, a word before it) in its plain form; none for anything else."""
    found = _NOT_HEX.sub("", text).lower()
    return found if _FINGERPRINT.match(found) else None


def means(session: Session, fingerprint: str) -> Means | None:
    """Return the seals behind the fingerprint of a sealing certificate, or of a root that the product made; none for any other.

    Where organisations share a certificate, only that: who holds a document of one must not learn of the other.
    """
    if not _FINGERPRINT.match(fingerprint):
        return None
    of_root = and_(SealIdentity.root_fingerprint == fingerprint, SealIdentity.backend == Backend.BUILTIN)
    found = list(session.scalars(select(SealIdentity).where(or_(SealIdentity.fingerprint == fingerprint, of_root)).order_by(SealIdentity.id.desc())))
    if not found:
        return None
    houses = {one.organisation_id for one in found}
    if len(houses) > 1:
        return Means(found[0], ())
    everything = select(SealIdentity).where(SealIdentity.organisation_id.in_(houses), SealIdentity.id != found[0].id)
    return Means(found[0], tuple(session.scalars(everything.order_by(SealIdentity.id.desc()))))
