"""When the archive time-stamp of a document is to be renewed. Pure.

A time-stamp proves by itself only while its own certificate is good. Before that ends, a newer one has to be put over the file, with what
a verifier needs for the older one (ETSI EN 319 142-1, 5.4.3 and 5.5; EN 319 102-1, 5.6.3): the chain of proofs must not break.
"""

from __future__ import annotations

from datetime import datetime, timedelta

RENEW_BEFORE = timedelta(days=180)
"""How long before the end. Half a year: an authority that closes says so months ahead, and a successor has to be found, bought and set up; yet it is
shorter than half the life of the certificates that authorities use (three years and more), so that a document gets few of them."""
LEAST_GAIN = timedelta(days=30)
"""How much longer a newer time-stamp must last. While the authority still signs with the same certificate, a newer one would only make the file longer."""
RENEWAL_LATE = timedelta(hours=24)
"""After this a renewal that is due and was not possible is told."""


def is_due(ends_at: datetime | None, now: datetime) -> bool:
    """Tell whether a time-stamp whose certificate ends then is to be renewed now; never where there is none."""
    return ends_at is not None and ends_at - now <= RENEW_BEFORE


def is_late(ends_at: datetime | None, now: datetime) -> bool:
    """Tell whether the renewal has been due for so long that somebody must look."""
    return ends_at is not None and ends_at - now <= RENEW_BEFORE - RENEWAL_LATE


def gains(ends_at: datetime, new_ends_at: datetime) -> bool:
    """Tell whether a time-stamp with a certificate until then is worth adding."""
    return new_ends_at - ends_at >= LEAST_GAIN
