"""What people do with controllers, contacts and closure days."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from dpa.evidence import trail
from dpa.parties import rules
from dpa.parties.events import Event
from dpa.parties.models import ClosureDay, Contact, Controller
from dpa.parties.rules import ClosureInput, ContactInput, ControllerInput
from dpa.problems import Conflict, Invalid
from dpa.unit import Unit


def add_controller(
    unit: Unit, organisation_id: int, controller: ControllerInput, contacts: Sequence[ContactInput] = ()
) -> Controller:
    """Add a controller with its contacts. Raises `Invalid` for inputs, `Conflict` when the reference is taken."""
    if errors := rules.controller_errors(controller):
        raise Invalid("Some of the customer's details cannot be accepted.", fields=errors)
    if _by_reference(unit, organisation_id, controller.reference) is not None:
        raise Conflict(f"There already is a customer with the reference {controller.reference}; choose another.", field="reference")
    row = Controller(
        organisation_id=organisation_id,
        reference=controller.reference,
        name=controller.name.strip(),
        country=controller.country,
        language=controller.language,
        created_at=unit.now,
    )
    for contact in contacts:
        row.contacts.append(_contact(unit, contact))
    unit.session.add(row)
    unit.session.flush()
    trail.record(
        unit,
        Event.CONTROLLER_ADDED,
        subject=("controller", row.id),
        organisation_id=organisation_id,
        covers=[row, *row.contacts],
        data={"contacts": len(row.contacts)},
        personal={"contacts": [{"purpose": c.purpose.value, "email": c.email, "name": c.name} for c in row.contacts]},
    )
    return row


def change_controller(unit: Unit, row: Controller, controller: ControllerInput) -> None:
    """Change a controller's details; the reference included, as long as no other has it."""
    if errors := rules.controller_errors(controller):
        raise Invalid("Some of the customer's details cannot be accepted.", fields=errors)
    other = _by_reference(unit, row.organisation_id, controller.reference)
    if other is not None and other.id != row.id:
        raise Conflict(f"There already is a customer with the reference {controller.reference}; choose another.", field="reference")
    row.reference, row.name = controller.reference, controller.name.strip()
    row.country, row.language = controller.country, controller.language
    trail.record(
        unit, Event.CONTROLLER_CHANGED, subject=("controller", row.id), organisation_id=row.organisation_id, covers=[row]
    )


def add_contact(unit: Unit, row: Controller, contact: ContactInput) -> Contact:
    """Add a contact to a controller."""
    if any(c.purpose is contact.purpose and c.email.lower() == contact.email.strip().lower() for c in row.contacts):
        raise Conflict(f"This address already is a contact for {contact.purpose.value}.", field="email")
    added = _contact(unit, contact)
    row.contacts.append(added)
    unit.session.flush()
    trail.record(
        unit,
        Event.CONTACT_ADDED,
        subject=("controller", row.id),
        organisation_id=row.organisation_id,
        covers=[added],
        data={"purpose": contact.purpose.value},
        personal={"contact": {"email": added.email, "name": added.name, "phone": added.phone}},
    )
    return added


def remove_contact(unit: Unit, row: Controller, contact: Contact) -> None:
    """Remove a contact; what was sent to it stays in the outbox."""
    purpose = contact.purpose.value
    unit.session.delete(contact)
    trail.record(
        unit,
        Event.CONTACT_REMOVED,
        subject=("controller", row.id),
        organisation_id=row.organisation_id,
        covers=[contact],
        data={"purpose": purpose},
    )


def add_closure(unit: Unit, organisation_id: int, closure: ClosureInput) -> ClosureDay:
    """Add a closure day. Running deadlines keep the calendar version they started under."""
    if errors := rules.closure_errors(closure):
        raise Invalid("The closure day cannot be accepted.", fields=errors)
    taken = select(ClosureDay).where(ClosureDay.organisation_id == organisation_id, ClosureDay.day == closure.day)
    if unit.session.scalar(taken) is not None:
        raise Conflict("This day is already a closure day.", field="day")
    row = ClosureDay(organisation_id=organisation_id, day=closure.day, label=closure.label.strip())
    unit.session.add(row)
    unit.session.flush()
    _record_closure(unit, Event.CLOSURE_ADDED, row)
    return row


def remove_closure(unit: Unit, row: ClosureDay) -> None:
    """Remove a closure day."""
    unit.session.delete(row)
    _record_closure(unit, Event.CLOSURE_REMOVED, row)


def _record_closure(unit: Unit, event: Event, row: ClosureDay) -> None:
    trail.record(
        unit,
        event,
        subject=("organisation", row.organisation_id),
        organisation_id=row.organisation_id,
        covers=[row],
        data={"day": row.day.isoformat()},
    )


def _contact(unit: Unit, contact: ContactInput) -> Contact:
    if errors := rules.contact_errors(contact):
        raise Invalid("The contact cannot be accepted.", fields=errors)
    return Contact(
        purpose=contact.purpose,
        name=contact.name.strip(),
        email=contact.email.strip(),
        phone=contact.phone.strip(),
        created_at=unit.now,
    )


def _by_reference(unit: Unit, organisation_id: int, reference: str) -> Controller | None:
    query = select(Controller).where(Controller.organisation_id == organisation_id, Controller.reference == reference)
    return unit.session.scalar(query)
