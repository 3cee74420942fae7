"""What the demonstration shows: people, organisations and customers, all but the five contracts invented.

Addresses end in .example, which nobody can own (RFC 2606), so no mail of the demonstration can reach anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from dpa.people.operations.accounts import NewPerson
from dpa.people.roles import Role

PEOPLE: tuple[NewPerson, ...] = (
    NewPerson("ana.duarte@dpa-desk.example", "Ana Duarte"),
    NewPerson("jon.rask@dpa-desk.example", "Jon Rask"),
    NewPerson("mia.lang@dpa-desk.example", "Mia Lang"),
)
ROLES: tuple[Role, ...] = (Role.DPO, Role.OPERATOR, Role.ADMINISTRATOR)
CONTACT = "Ana Duarte, data protection officer, ana.duarte@dpa-desk.example, +33 1 99 00 12 34, day and night"


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A customer with its contacts as (purpose, address)."""

    name: str
    country: str
    language: str
    contacts: tuple[tuple[str, str], ...]
    vendor_mailbox: bool = False


@dataclass(frozen=True, slots=True)
class DemoSystem:
    """A system, with the subprocessor that runs it and the hours it promised to tell of a breach."""

    name: str
    operator: str = ""
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    """An organisation with the contract it promises by."""

    contract: str
    name: str
    zone: str
    calendar: str
    country: str
    prefix: str
    systems: tuple[DemoSystem, ...]
    activities: tuple[str, ...]
    customers: tuple[DemoCustomer, ...]


@dataclass(frozen=True, slots=True)
class DemoIncident:
    """An incident that is already running when the demonstration starts."""

    organisation: str
    system: str
    title: str
    known: str
    reason: str
    aware_hours_ago: float


def _customer(name: str, country: str, language: str, domain: str, *purposes: str, vendor_mailbox: bool = False) -> DemoCustomer:
    contacts = tuple((purpose, f"{purpose}@{domain}.example") for purpose in purposes)
    return DemoCustomer(name, country, language, contacts, vendor_mailbox)


ORGANISATIONS: tuple[DemoOrganisation, ...] = (
    DemoOrganisation(
        "lemon-learning", "Lemon Learning", "Europe/Paris", "FR", "FR", "LL",
        (DemoSystem("Adoption platform"), DemoSystem("Reporting service"), DemoSystem("Backup store", "Nimbus Cloud", 48)),
        ("Digital adoption", "Learning analytics"),
        (
            _customer("Académie de Lille", "FR", "fr", "academie-lille", "security", "privacy"),
            _customer("Alder Clinics", "FR", "fr", "alder-clinics", "privacy"),
            _customer("Banque Rivoire", "FR", "fr", "banque-rivoire", "security", "privacy", "notices"),
            _customer("Clinique Saint-Rémi", "FR", "fr", "clinique-saint-remi", "security"),
            _customer("Département de la Marne-Sud", "FR", "fr", "marne-sud", "privacy", "notices"),
            _customer("Harbour Museums", "GB", "en", "harbour-museums", vendor_mailbox=True),
            _customer("Kestrel Insurance", "IE", "en", "kestrel-insurance", "security", "privacy"),
            _customer("Orangerie Transport", "FR", "fr", "orangerie-transport", "privacy"),
        ),
    ),
    DemoOrganisation(
        "light-and-shadows", "Light and Shadows", "Europe/Paris", "FR", "FR", "LS",
        (DemoSystem("Simulation cloud", "Rechenhaus Nord"), DemoSystem("Licence server")),
        ("Simulation services",),
        (
            _customer("Atelier Brumaire", "FR", "fr", "atelier-brumaire", "privacy"),
            _customer("Brasserie du Nord", "FR", "fr", "brasserie-du-nord", "security", "privacy"),
            _customer("Fonderie Valmont", "FR", "fr", "fonderie-valmont", "security"),
            _customer("Rotor Aéronautique", "FR", "fr", "rotor-aero", "security", "notices"),
        ),
    ),
    DemoOrganisation(
        "lighton", "LightOn", "Europe/Paris", "FR", "FR", "LO",
        (DemoSystem("Inference cloud", "Nimbus Cloud", 24), DemoSystem("Console")),
        ("Model inference", "Customer support"),
        (
            _customer("Fjord Bank", "DK", "en", "fjord-bank", "security", "privacy"),
            _customer("Ministère des Phares", "FR", "fr", "ministere-phares", "security"),
            _customer("Sonnenfeld AG", "DE", "de", "sonnenfeld", "privacy"),
        ),
    ),
    DemoOrganisation(
        "lightenup", "LightenUp", "Europe/Paris", "FR", "FR", "LU",
        (DemoSystem("Assistant service"), DemoSystem("Mail gateway", "Postrelay", 72)),
        ("Assistance by AI",),
        (
            _customer("Cobalt Studios", "NL", "en", "cobalt-studios", "privacy"),
            _customer("Linden Schools Trust", "GB", "en", "linden-schools", "privacy", "notices"),
        ),
    ),
    DemoOrganisation(
        "light-company", "Light Company ApS", "Europe/Copenhagen", "DK", "DK", "LC",
        (DemoSystem("Ledger service"), DemoSystem("Invoice capture", "Scanworks")),
        ("Bookkeeping", "Payroll"),
        (
            _customer("Havnegade Logistik", "DK", "da", "havnegade-logistik", "security", "privacy"),
            _customer("Nordsø Energi", "DK", "da", "nordsoe-energi", "security"),
            _customer("Tivoli Optik", "DK", "da", "tivoli-optik", "privacy"),
        ),
    ),
)

INCIDENTS: tuple[DemoIncident, ...] = (
    DemoIncident(
        "light-company", "Ledger service", "Ledger export sent to the wrong mailbox",
        "A scheduled ledger export with names and bank details of suppliers went to a mailbox outside the customer. The mailbox owner reported it.",
        "The report had to be matched with the export log before it was certain that data had left.", 26.0,
    ),
    DemoIncident(
        "light-and-shadows", "Simulation cloud", "Unknown sign-in to the simulation cloud",
        "A sign-in from an unknown network opened two project spaces. They hold names and work addresses of project members.",
        "The network address was first taken for a new office of a customer.", 5.0,
    ),
)
