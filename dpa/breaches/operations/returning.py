"""A letter or a courier that came back undelivered: it told nobody, and the customer is owed the phase again."""

from __future__ import annotations

from sqlalchemy import select

from dpa.breaches import channels
from dpa.breaches.channels import CameBack
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.operations.guards import must_be_open, one_at_a_time
from dpa.breaches.paper_models import DeliveryReturn
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit


def came_back(unit: Unit, breach: Breach, row: Affected, delivery_id: int, said: CameBack) -> DeliveryReturn:
    """Record that what a person handed over came back undelivered: it counts as given no more, and what was given before it speaks for the customer again.

    A clock that it had not met goes on; one that it had met stays met, since a first fulfilment is frozen, and the pages say what became of it.
    Raises `Conflict` for a delivery that cannot come back, `Invalid` by field.
    """
    one_at_a_time(unit, breach)
    must_be_open(breach)
    delivery = unit.session.get(Delivery, delivery_id)
    if delivery is None or delivery.affected_id != row.id or delivery.given_at is None or delivery.channel not in channels.CARRIED:
        raise Conflict("Only a letter or what a courier carried can come back.")
    if delivery.returned:
        raise Conflict("This is recorded already: it came back.")
    if delivery.acknowledged_at is not None:
        raise Conflict("The customer confirmed that it arrived, so it cannot have come back undelivered.")
    if errors := channels.returned_errors(delivery.given_at, said, unit.now):
        raise Invalid("This cannot be recorded like this.", fields=errors)
    spoke = not delivery.replaced
    delivery.returned = delivery.replaced = True
    unit.session.flush()  # Before another one speaks again: the database takes one that is not replaced for each customer and phase.
    before = _before(unit, delivery) if spoke else None
    if before is not None:
        before.replaced = False
    found = DeliveryReturn(delivery_id=delivery.id, came_back_at=said.at, reason=said.reason.strip(), recorded_at=unit.now, recorded_by=unit.actor)
    unit.session.add(found)
    unit.session.flush()
    trail.record(
        unit, Event.CAME_BACK, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[delivery, found, *([before] if before else [])],
        data={"agreement": row.agreement_id, "channel": delivery.channel.value, "given_at": delivery.given_at.isoformat(), "came_back_at": said.at.isoformat()},
        personal={"reason": found.reason},
    )  # fmt: skip
    return found


def _before(unit: Unit, delivery: Delivery) -> Delivery | None:
    """Return what was given, or is being given, to the same customer of the same phase otherwise; the newest of it."""
    query = select(Delivery).where(
        Delivery.notice_id == delivery.notice_id, Delivery.affected_id == delivery.affected_id, ~Delivery.returned
    )
    return unit.session.scalars(query.order_by(Delivery.id.desc()).limit(1)).first()
