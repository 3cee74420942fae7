"""What became of a letter or of what a courier carries: it was received, or it came back undelivered, told nobody, and the customer is owed the phase again."""

from __future__ import annotations

from sqlalchemy import select

from dpa.breaches import channels
from dpa.breaches.channels import CameBack, Receipt
from dpa.breaches.events import Event
from dpa.breaches.models import Affected, Breach, Delivery
from dpa.breaches.operations.giving import count_as_received
from dpa.breaches.operations.guards import must_be_open, one_at_a_time
from dpa.breaches.paper_models import DeliveryReceipt, DeliveryReturn
from dpa.evidence import trail
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit

COUNTS = "It counts as received already, by its receipt, the contract or the house rule, and what that met stays met. Give the notice again by another way, and say there that this one came back."


def received(unit: Unit, breach: Breach, row: Affected, delivery_id: int, said: Receipt) -> DeliveryReceipt:
    """Record that what a person handed over was received, and meet the clock with it. Raises `Conflict` for a delivery that cannot be on its way, `Invalid` by field."""
    delivery = _under_way(unit, breach, row, delivery_id, "This counts as received already.")
    assert delivery.given_at is not None
    if errors := channels.receipt_errors(delivery.given_at, said, unit.now):
        raise Invalid("This cannot be recorded like this.", fields=errors)
    delivery.effective_at = said.at
    found = DeliveryReceipt(delivery_id=delivery.id, received_at=said.at, proof=said.proof.strip(), recorded_at=unit.now, recorded_by=unit.actor)
    unit.session.add(found)
    unit.session.flush()
    trail.record(
        unit, Event.RECEIVED, subject=("breach", breach.id), organisation_id=breach.organisation_id, covers=[delivery, found],
        data={"agreement": row.agreement_id, "channel": delivery.channel.value, "received_at": said.at.isoformat()}, personal={"proof": found.proof},
    )  # fmt: skip
    count_as_received(unit, delivery, breach.organisation_id)
    return found


def _under_way(unit: Unit, breach: Breach, row: Affected, delivery_id: int, counts: str) -> Delivery:
    """Return a delivery to a customer that is on its way; raises `Conflict` for any other, with `counts` for one that counts as received."""
    one_at_a_time(unit, breach)
    must_be_open(breach)
    delivery = unit.session.get(Delivery, delivery_id)
    if delivery is None or delivery.affected_id != row.id or delivery.given_at is None or delivery.channel not in channels.CARRIED:
        raise Conflict("Only a letter or what a courier carried can come back, or be received later.")
    if delivery.returned:
        raise Conflict("This is recorded already: it came back.")
    if delivery.acknowledged_at is not None:
        raise Conflict("The customer confirmed that it arrived, so it is known already.")
    if delivery.effective_at is not None and delivery.effective_at <= unit.now:
        raise Conflict(counts)
    return delivery


def came_back(unit: Unit, breach: Breach, row: Affected, delivery_id: int, said: CameBack) -> DeliveryReturn:
    """Record that what a person handed over came back undelivered: it counts as given no more, and what was given before it speaks for the customer again.

    Its clock goes on. What counts as received, by receipt, contract or house rule, does not come back: what that met is frozen. Raises `Conflict`
    for a delivery that cannot come back, `Invalid` by field.
    """
    delivery = _under_way(unit, breach, row, delivery_id, COUNTS)
    assert delivery.given_at is not None
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
