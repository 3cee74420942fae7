"""What of a sheet is told, and to whom: without remnants of the form, and with the numbers of one controller's own data.

One incident may touch many controllers. Each needs the numbers of its own people (Art. 33(3)(a) GDPR is about *its* breach), and none
needs the others'; where they are not known per controller, the incident's total may be told as what it is, never as the controller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dpa.breaches.facts.sheet import Count, Country, FactSheet
from dpa.breaches.facts.words import DataType, Nature, SubjectCategory

ONLY_WITH: Mapping[Nature, tuple[str, ...]] = MappingProxyType({
    Nature.CONFIDENTIALITY: ("disclosure", "unintelligible", "confidentiality_consequences", "confidentiality_note"),
    Nature.INTEGRITY: ("alteration", "integrity_consequences", "integrity_note"),
    Nature.AVAILABILITY: ("unavailability", "availability_consequences", "availability_note"),
})  # fmt: skip
"""Fields that make sense only when the nature is named."""


def told(sheet: FactSheet) -> FactSheet:
    """Return the sheet without answers about a loss that is not named among the natures; the stored sheet keeps them."""
    dropped = {name: FactSheet.model_fields[name].default for nature, names in ONLY_WITH.items() if nature not in sheet.natures for name in names}
    return sheet.model_copy(update=dropped)


def remnants(sheet: FactSheet) -> tuple[Nature, ...]:
    """Return the natures that are not named although something is said about them."""
    return tuple(
        nature for nature, names in ONLY_WITH.items() if nature not in sheet.natures and any(getattr(sheet, name) for name in names)
    )


SHARED = ("people", "records", "subjects", "data_types", "countries", "subjects_note", "data_note")


@dataclass(frozen=True, slots=True)
class Share:
    """What is known of one controller's part in an incident; none leaves the incident's own answer."""

    people: Count | None = None
    records: Count | None = None
    subjects: tuple[SubjectCategory, ...] | None = None
    data_types: tuple[DataType, ...] | None = None
    countries: tuple[Country, ...] | None = None
    subjects_note: str | None = None
    data_note: str | None = None


def for_controller(sheet: FactSheet, share: Share | None, *, controllers: int) -> FactSheet:
    """Return the sheet as one controller may be told it.

    `controllers` is how many the incident touches. With more than one, the incident's numbers of people and records and the countries its
    people live in are dropped unless the share gives this controller's own: another controller's people are no part of its breach.
    """
    share = share or Share()
    given = {name: value for name in SHARED if (value := getattr(share, name)) is not None}
    own: dict[str, object] = {}
    if controllers > 1:
        own = {"people": None, "records": None, "countries": ()}
    return told(sheet).revised(**(own | given))
