"""Taking back alerts that a change made wrong, without losing those of other deadlines told in the same mail.

Deadlines of one case are told in one mail, which is filed under the first of them. When that one changes before the
mail has left, the mail is cancelled and the others are put back to the scan, which tells of them anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select

from dpa.alerts import operations as outbox
from dpa.docket import alerting
from dpa.docket.models import DocketEntry
from dpa.docket.rules import State
from dpa.unit import Unit


def take_back(unit: Unit, entry: DocketEntry) -> Sequence[DocketEntry]:
    """Cancel waiting alerts about an entry as it still is; returns other entries put back, to be covered by the event."""
    if not outbox.cancel_for_deadline(unit, entry.id, entry.version + 1):
        return ()
    others = unit.session.scalars(others_told_with(entry)).all()
    for other in others:
        other.last_step = alerting.step_before(other)
        other.next_alert_at = unit.now
    return others


def take_back_many(unit: Unit, entries: Collection[DocketEntry]) -> dict[int, Sequence[DocketEntry]]:
    """Do the same for many entries, most of which have no alert waiting; returns the others by the entry's number."""
    waiting = outbox.spoken_of(unit.session, [entry.id for entry in entries])
    return {entry.id: take_back(unit, entry) for entry in entries if entry.id in waiting}


def others_told_with(entry: DocketEntry) -> Select[DocketEntry]:
    """Return the query for the open entries of an entry's case and kind that reached the same rung."""
    return select(DocketEntry).where(
        DocketEntry.subject_type == entry.subject_type,
        DocketEntry.subject_id == entry.subject_id,
        DocketEntry.kind == entry.kind,
        DocketEntry.organisation_id == entry.organisation_id,
        DocketEntry.state == State.OPEN,
        DocketEntry.last_step == entry.last_step,
        DocketEntry.id != entry.id,
    )
