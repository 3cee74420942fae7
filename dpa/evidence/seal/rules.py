"""Rules of sealing identities that need nothing but the identity and the time. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dpa.evidence.seal.models import SealIdentity

WARN_DAYS = (60, 30, 7)
"""Days before expiry at which people are warned."""
ROTATE_DAYS = 30
"""Days before expiry at which the product replaces its own certificates by itself."""
LIST_EVERY = timedelta(hours=20)
"""Age from which a list of revoked certificates is signed anew, so that each day of sealing has its own."""


def expiry_warning(identity: SealIdentity, now: datetime) -> int | None:
    """Return which warning is due for an identity: 60, 30 or 7 (days before expiry), 0 once it has expired, none before or when it is not active."""
    if identity.state != "active":
        return None
    left = identity.not_after - now
    if left <= timedelta(0):
        return 0
    return next((days for days in sorted(WARN_DAYS) if left <= timedelta(days=days)), None)


def rotation_due(identity: SealIdentity, now: datetime) -> bool:
    """Tell whether a built-in identity is to be replaced now."""
    return identity.state == "active" and identity.backend == "builtin" and identity.not_after - now <= timedelta(days=ROTATE_DAYS)
