"""`dpa demo`: five example organisations under the five shipped contracts, with invented customers and two incidents.

Everything goes through the same operations people use, so the demonstration's trail, docket and alerts are real.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

import dpa.slices  # noqa: F401  loads every table and installs the trail
from dpa import unit as units
from dpa.agreements import operations as agreements
from dpa.agreements.models import Activity, System, Template
from dpa.agreements.rules import AgreementInput
from dpa.agreements.serving import served_by
from dpa.agreements.terms import shipped_contract
from dpa.breaches import operations as breaches
from dpa.breaches.rules import Draft, Incident, Selection
from dpa.cli import demo_data as data
from dpa.clock import Clock, SystemClock
from dpa.config import Settings, load_settings
from dpa.database import make_engine
from dpa.parties import operations as parties
from dpa.parties.rules import ContactInput, ControllerInput, Purpose
from dpa.people.models import Organisation, Person
from dpa.people.operations.accounts import NewPerson, new_person
from dpa.people.operations.memberships import join
from dpa.people.operations.organisations import OrganisationFacts, add_organisation
from dpa.problems import Conflict
from dpa.unit import Unit

ACTOR = "system:demo"
LOADED = f"The demonstration is loaded: {len(data.ORGANISATIONS)} organisations, {sum(len(o.customers) for o in data.ORGANISATIONS)} customers, {len(data.INCIDENTS)} running incidents."


def load_if_empty(settings: Settings, clock: Clock | None = None) -> str | None:
    """Load the demonstration into an empty installation; returns a sentence about it, or none when there is something already."""
    engine = make_engine(settings.database)
    try:
        with Session(engine) as session:
            if session.scalar(select(Organisation.id).limit(1)) is not None:
                return None
            session.rollback()
            load(session, settings, (clock or SystemClock()).now())
            return LOADED
    finally:
        engine.dispose()


def load(session: Session, settings: Settings, now: datetime) -> None:
    """Write the demonstration: ground first, then the two incidents, each act in its own transaction."""
    with _unit(session, settings, now - timedelta(hours=30)) as unit:
        people = [_person(unit, person) for person in data.PEOPLE]
        for organisation in data.ORGANISATIONS:
            _organisation(unit, organisation, people, now.date())
    for incident in data.INCIDENTS:
        _incident(session, settings, now, incident)


@contextmanager
def _unit(session: Session, settings: Settings, now: datetime, actor: str = ACTOR) -> Iterator[Unit]:
    with units.transaction(session, actor=actor, now=now, settings=settings, auth="system") as unit:
        yield unit


def _person(unit: Unit, newcomer: NewPerson) -> Person:
    person = new_person(unit, newcomer)
    unit.session.flush()
    return person


def _organisation(unit: Unit, facts: data.DemoOrganisation, people: list[Person], today: date) -> None:
    document = shipped_contract(facts.contract)
    organisation = add_organisation(
        unit,
        OrganisationFacts(facts.name, facts.zone, facts.calendar, facts.country, document.vendor.domains),
        slug=facts.contract,
    )
    for person, role in zip(people, data.ROLES, strict=True):
        newly = [person] if facts is data.ORGANISATIONS[0] else []
        join(unit, person, organisation.id, role, changed=newly)
    template = agreements.add_template(unit, organisation.id, document, date(2024, 1, 1), "Read from the contract.")
    systems = [agreements.add_system(unit, organisation.id, system.name, system.operator, system.hours) for system in facts.systems]
    activities = [agreements.add_activity(unit, organisation.id, name) for name in facts.activities]
    for place, customer in enumerate(facts.customers):
        _customer(unit, organisation, template, systems, activities, place, customer, facts.prefix, today)


def _customer(
    unit: Unit, organisation: Organisation, template: Template, systems: list[System], activities: list[Activity],
    place: int, customer: data.DemoCustomer, prefix: str, today: date,
) -> None:
    contacts = [ContactInput(Purpose(purpose), address) for purpose, address in customer.contacts]
    if customer.vendor_mailbox and organisation.mail_domains:
        # The trap one of the contracts sets: the address printed for the controller is the vendor's own mailbox.
        contacts.append(ContactInput(Purpose.PRIVACY, f"dpo@{organisation.mail_domains[0]}"))
    controller = parties.add_controller(
        unit, organisation.id, ControllerInput(f"{prefix}-C{place + 1:03d}", customer.name, customer.country, customer.language), contacts
    )
    used = [system for index, system in enumerate(systems) if (place + index) % 2 == 0] or systems[:1]
    started = date(today.year - 2, 1 + place % 12, 1)
    agreements.add_agreement(
        unit, controller.id, template, AgreementInput(f"{prefix}-{2024 + place % 2}-{place + 1:03d}", started), systems=used,
        activities=[activity for index, activity in enumerate(activities) if index == 0 or (place + index) % 2 == 0],
    )


def _incident(session: Session, settings: Settings, now: datetime, story: data.DemoIncident) -> None:
    aware = now - timedelta(hours=story.aware_hours_ago)
    dpo = session.scalars(select(Person.id).where(Person.email == data.PEOPLE[0].email)).one()
    with _unit(session, settings, aware + timedelta(minutes=10), f"u:{dpo}") as unit:
        organisation = unit.session.scalars(select(Organisation).where(Organisation.slug == story.organisation)).one()
        incident = Incident(story.title, story.known, aware - timedelta(hours=2), aware, story.reason)
        breach = breaches.record_incident(unit, organisation, incident)
        systems = select(System.id).where(System.organisation_id == organisation.id, System.name == story.system)
        found = served_by(unit.session, organisation.id, list(unit.session.scalars(systems)), aware.date())
        breaches.add_affected(unit, breach, found, Selection.BY_SYSTEM, dpo)
        breaches.save_draft(unit, breach, Draft(story.known, data.CONTACT, "", "", ""))


@click.command()
def demo() -> None:
    """Load the demonstration into an empty installation."""
    from dpa.cli.migrate import upgrade

    settings = load_settings()
    upgrade(settings)
    loaded = load_if_empty(settings)
    if loaded is None:
        raise Conflict("This installation already has organisations; the demonstration only goes into an empty one. Set DPA_INSTANCE to another folder.")
    click.echo(f"{loaded} Run `dpa serve --demo` to have a sign-in link printed for {data.PEOPLE[0].name}.")


