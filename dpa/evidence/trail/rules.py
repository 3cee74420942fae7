"""When the newest copy of the trail held outside is too old. Pure.

Whoever owns both the database and the key can rewrite what happened since that copy, and nobody can prove it; so its age is the length of
the window that is open at any moment.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

DUE = timedelta(hours=24)
ALARM = timedelta(hours=36)
"""From this age on it is an alarm: one day was missed, and half of the next is gone."""


class AnchorAge(StrEnum):
    """How the age of the newest copy outside is to be seen."""

    OK = "ok"
    DUE = "due"
    ALARM = "alarm"


def anchor_age_state(newest_at: datetime | None, oldest_event_at: datetime | None, now: datetime) -> AnchorAge:
    """Return the state at `now`, given when the newest checkpoint held outside was taken.

    Before the first copy the clock runs from the oldest event; without any event there is nothing to hold. An instant ahead of `now`
    (the clock was set back) counts as new. All instants are aware.
    """
    since = newest_at or oldest_event_at
    if since is None or now - since < DUE:
        return AnchorAge.OK
    return AnchorAge.ALARM if now - since >= ALARM else AnchorAge.DUE
