"""What the revocation of a sealing certificate does to one document that was sealed with it. Pure.

A revocation says that somebody else may have the key from then on, and such a person can write any time into a seal. Only a time-stamp of an
authority that is older than the revocation shows that a seal was made before (the idea of a proof of existence, ETSI EN 319 102-1, 5.6.2.3).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """How a document stands towards the revocation of its seal."""

    SOUND = "not revoked"
    BEFORE = "sealed before the revocation"
    """A time-stamp proves it: the document stays good."""
    UNTOLD = "cannot be told"
    """It may have been sealed before, but nothing outside the issuer's house proves it."""
    AFTER = "sealed after the revocation"
    """It states so itself: nobody was allowed to seal with this certificate any more."""


def standing(revoked_at: datetime | None, sealed_at: datetime | None, proved_at: datetime | None) -> Standing:
    """Return how a document stands.

    `revoked_at` is when its certificate was revoked, none when it was not; `sealed_at` the time that the seal states, which proves
    nothing in its favour; `proved_at` the oldest instant at which a trusted time-stamp proves that the seal existed. A time-stamp after the
    revocation does not show that the seal was made after it, only that nothing shows it was made before.
    """
    if revoked_at is None:
        return Standing.SOUND
    if proved_at is not None and proved_at < revoked_at:
        return Standing.BEFORE
    if sealed_at is not None and sealed_at >= revoked_at:
        return Standing.AFTER
    return Standing.UNTOLD
