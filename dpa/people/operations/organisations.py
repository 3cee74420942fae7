"""Setting the installation up, and the facts of organisations."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from zoneinfo import available_timezones

from sqlalchemy import select

from dpa.config import Settings
from dpa.deadlines.calendars import calendar_named
from dpa.evidence import trail
from dpa.evidence.register import rules as numbering
from dpa.evidence.register import store
from dpa.languages.countries import country_fault
from dpa.people import links, queries, rules
from dpa.people.events import Event
from dpa.people.models import LinkPurpose, Organisation, Person
from dpa.people.operations.accounts import NewPerson, new_person, who
from dpa.people.operations.memberships import join
from dpa.people.roles import Role
from dpa.problems import Conflict, Invalid, NotFound
from dpa.unit import Unit


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """What is known of an organisation; `zone` is an IANA name, `calendar` a name such as FR or FR-57.

    `address` holds the lines of its letterhead below the name, one after the other; it may be empty.
    """

    name: str
    zone: str
    calendar: str
    country: str
    mail_domains: tuple[str, ...] = ()
    address: str = ""


def set_up(unit: Unit, token: str, person: NewPerson, password_hash: str, facts: OrganisationFacts) -> Person:
    """Use the set-up link: make the first administrator and the first organisation. Refused once anybody exists."""
    links.use(unit, token, LinkPurpose.SETUP)
    if queries.anybody(unit.session):
        raise NotFound(links.REFUSED)
    account = new_person(unit, person)
    account.password_hash = password_hash
    unit.session.flush()
    unit.actor = f"u:{account.id}"
    trail.record(
        unit, Event.SET_UP, subject=("person", account.id), organisation_id=None, covers=[account], personal=who(account)
    )
    add_organisation(unit, facts, first=account)
    return account


def add_organisation(
    unit: Unit, facts: OrganisationFacts, *, slug: str | None = None, first: Person | None = None
) -> Organisation:
    """Add an organisation; `first` becomes its administrator. Raises `Invalid` per field, also for a name in use."""
    check_facts(facts)
    wanted = slug or rules.slug_of(facts.name)
    if not wanted or rules.slug_of(wanted) != wanted:
        raise Invalid("Use a name with Latin letters or digits; its short form in addresses is made from them.", field="name")
    if unit.session.scalar(select(Organisation.id).where(Organisation.slug == wanted)) is not None:
        raise Invalid("This name is taken in this installation; add a place or a legal form to tell them apart.", field="name")
    taken = set(unit.session.scalars(select(Organisation.letters)))
    organisation = Organisation(slug=wanted, letters=numbering.free_letters(wanted, taken), created_at=unit.now)
    _write(organisation, facts)
    unit.session.add(organisation)
    unit.session.flush()
    trail.record(
        unit,
        Event.ORGANISATION_ADDED,
        subject=("organisation", organisation.id),
        organisation_id=organisation.id,
        covers=[organisation],
        data={"slug": wanted},
    )
    if first is not None:
        join(unit, first, organisation.id, Role.ADMINISTRATOR)
    return organisation


def change_organisation(unit: Unit, organisation: Organisation, facts: OrganisationFacts) -> tuple[str, ...]:
    """Change an organisation's facts; returns their names. Running deadlines keep what they were counted with."""
    check_facts(facts)
    before = facts_of(organisation)
    changed = tuple(item.name for item in fields(facts) if getattr(before, item.name) != getattr(facts, item.name))
    if changed:
        _write(organisation, facts)
        trail.record(
            unit,
            Event.ORGANISATION_CHANGED,
            subject=("organisation", organisation.id),
            organisation_id=organisation.id,
            covers=[organisation],
            data={"fields": ", ".join(name.replace("_", " ") for name in changed)},
        )
    return changed


def store_logo(settings: Settings, png: bytes) -> str:
    """Keep a logo in the store of documents and return its digest; belongs before the unit that uses it.

    Raises `Invalid` with the reason for anything but a PNG that can stand in a letterhead, `Conflict` when it cannot be written.
    """
    from dpa.evidence import pdf  # Loads the libraries for documents; only whoever uploads a logo needs them.

    pdf.check_logo(png)
    try:
        return store.put(settings.document_store, png)
    except OSError as error:
        words = f"The logo could not be stored ({error.strerror}); have your operator see that the disk has room and the data folder can be written."
        raise Conflict(words, field="logo") from error


def change_logo(unit: Unit, organisation: Organisation, sha256: str | None) -> bool:
    """Use a stored picture as the organisation's logo, or none from now on; tells whether that changed anything.

    Documents issued before keep theirs, and the picture stays in the store for them.
    """
    if organisation.logo_sha256 == sha256:
        return False
    organisation.logo_sha256 = sha256
    trail.record(
        unit, Event.LOGO_CHANGED if sha256 else Event.LOGO_REMOVED, subject=("organisation", organisation.id),
        organisation_id=organisation.id, covers=[organisation], data={"sha256": sha256} if sha256 else {},
    )
    return True


def logo_of(settings: Settings, organisation: Organisation) -> bytes:
    """Return the organisation's logo (PNG). Raises `NotFound` without one, `store.Missing` when the file is gone or damaged."""
    if organisation.logo_sha256 is None:
        raise NotFound("This organisation has no logo.")
    return store.get(settings.document_store, organisation.logo_sha256)


def facts_of(organisation: Organisation) -> OrganisationFacts:
    """Return the facts of a stored organisation."""
    return OrganisationFacts(
        organisation.name,
        organisation.zone,
        organisation.calendar,
        organisation.country,
        tuple(organisation.mail_domains),
        organisation.address,
    )


@functools.cache
def _zones() -> frozenset[str]:
    # Gathered from the files of the system: far slower than all other checks together.
    return frozenset(available_timezones())


def check_facts(facts: OrganisationFacts) -> None:
    """Raise `Invalid` naming every fact that cannot be used."""
    wrong: dict[str, str] = {}
    if fault := rules.name_fault(facts.name, "the organisation's name"):
        wrong["name"] = fault
    if facts.zone not in _zones():
        wrong["zone"] = f"There is no time zone {facts.zone[:60]!r}; use a name such as Europe/Paris."
    if fault := country_fault(facts.country):
        wrong["country"] = fault
    try:
        calendar_named(facts.calendar)
    except Invalid as error:
        wrong["calendar"] = error.message
    for domain in facts.mail_domains:
        if domain != domain.lower() or rules.email_fault(f"x@{domain}"):
            wrong["mail_domains"] = f"{domain[:60]!r} is not a mail domain; write one a line, such as example.org."
    if fault := rules.address_fault(facts.address):
        wrong["address"] = fault
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=wrong)


def _write(organisation: Organisation, facts: OrganisationFacts) -> None:
    organisation.name = facts.name.strip()
    organisation.zone = facts.zone
    organisation.calendar = facts.calendar
    organisation.country = facts.country
    organisation.mail_domains = sorted(set(facts.mail_domains))
    organisation.address = facts.address
