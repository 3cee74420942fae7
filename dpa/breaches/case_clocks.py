"""The different promises of a case on one axis, and the tint of a clock. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from dpa.agreements.terms.words import Event
from dpa.breaches.case_queries import PromiseGroup
from dpa.breaches.models import Breach
from dpa.web.clock_strip import Clock
from dpa.web.words import instant_text, plural

SOON = timedelta(hours=24)
CLOCKS_MOST = 12
"""Different promises up to which they are drawn on one axis."""


def drawn(groups: Sequence[PromiseGroup], breach: Breach, now: datetime) -> tuple[Clock, ...]:
    """Return the different promises of a case for one axis; none when there are too many to be drawn."""
    if len(groups) > CLOCKS_MOST:
        return ()
    return tuple(_clock(group, breach, now) for group in groups)


def _clock(group: PromiseGroup, breach: Breach, now: datetime) -> Clock:
    due = group.due_at or group.target_at
    met = None if group.running else group.last_met_at
    state = "off" if group.paused_at else state_of(due, None, now) if group.running else "late" if group.late else "met"
    # Met by an awareness that was corrected since, or run from one of their own: what is drawn is true of that one alone.
    noticed = group.start_event == Event.DISCOVERY
    usual, start = (breach.detected_at, "first noticed") if noticed else (breach.aware_at, "from awareness")
    since = "" if group.started_at == usual else f", {start} on {instant_text(group.started_at, group.zone)}"
    return Clock(
        started_at=group.started_at, due_at=due, zone=group.zone, state=state, start_word="noticed" if noticed else "aware", met_at=met, paused_at=group.paused_at,
        target_at=group.target_at if group.target_at != due else None, label=f"{group.promise}: {plural(group.customers, 'customer')}{f', {group.late} late' if 0 < group.late < group.customers else ''}{since}",
    )  # fmt: skip


def state_of(due_at: datetime, met_at: datetime | None, now: datetime) -> str:
    """Return the tint of a clock: met, late, soon (less than a day) or running."""
    if met_at is not None:
        return "met"
    if due_at < now:
        return "late"
    return "soon" if due_at - now < SOON else "running"
