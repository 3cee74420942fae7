"""What the worker does for people: forget what is no longer needed (GDPR Art. 5(1)(e))."""

from __future__ import annotations

from sqlalchemy import delete, or_

from dpa.people import sessions, throttle
from dpa.people.models import LoginSession, OneTimeLink
from dpa.slice import Tick


def forget(tick: Tick) -> str:
    """Delete sessions and links that ended 90 days ago and counters whose window has passed."""
    before = tick.now - sessions.KEEP_ENDED
    with tick.begin("system:people") as unit:
        counters = throttle.sweep(unit)
        ended = unit.session.execute(
            delete(LoginSession).where(or_(LoginSession.ended_at < before, LoginSession.expires_at < before))
        )
        unit.session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < before))
    gone = int(ended.rowcount)  # type: ignore[attr-defined]
    return f"forgot {gone} sessions and {counters} counters" if gone or counters else ""
