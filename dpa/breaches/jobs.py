"""What the worker does for breaches: a letter that counts as received some days after it was posted meets its clock when that day ends."""

from __future__ import annotations

from sqlalchemy import select, text

from dpa.breaches.closing import CaseState
from dpa.breaches.models import BY_HAND, Affected, Breach, Delivery
from dpa.breaches.operations.giving import count_as_received
from dpa.breaches.queries import RUNNING
from dpa.docket.models import DocketEntry
from dpa.slice import Tick
from dpa.web.words import plural

DEEMED_SECONDS = 60.0
ACTOR = "system:breaches"
MOST = 500


def deemed(tick: Tick) -> str:
    """Meet the clocks of customers whose notice counts as received by now; returns how many.

    A closed case is left alone, and so is a clock that was waived: when the case is opened again, what came meanwhile counts from its own moment.
    """
    due = (
        select(Delivery.id, Breach.organisation_id)
        .join(Affected, Affected.id == Delivery.affected_id)
        .join(Breach, Breach.id == Affected.breach_id)
        .join(DocketEntry, DocketEntry.id == Affected.docket_entry_id)
        .where(
            text(f"breach_delivery.{BY_HAND}"), Delivery.effective_at <= tick.now, ~Delivery.returned, Affected.sent_at.is_(None), Breach.state == CaseState.OPEN,
            DocketEntry.state.in_(RUNNING),
        )
        .order_by(Delivery.id)
        .limit(MOST)
    )  # fmt: skip
    found = tick.session.execute(due).all()
    if not found:
        return ""
    met = 0
    with tick.begin(ACTOR) as unit:
        for number, organisation_id in found:
            delivery = unit.session.get_one(Delivery, number, with_for_update=True, populate_existing=True)
            if unit.session.get_one(Affected, delivery.affected_id, populate_existing=True).sent_at is None:
                count_as_received(unit, delivery, organisation_id)
                met += 1
    return f"{plural(met, 'notice counts', 'notices count')} as received"
