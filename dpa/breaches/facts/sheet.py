"""The fact sheet: what is known of a breach, as one frozen value. Every field may stay empty; little is refused.

It holds what GDPR Art. 33(3) asks and what a processor can contribute to the EDPB's notification template (fields 38-41, 44-47,
50-53, 55-63, 65-68, 70-73, 75-76, 79-87, 92-95, 109-111, 116-117, 125-126). Facts may follow in phases (Art. 33(4) GDPR), so a sheet
with two fields is as valid as a full one: an empty field means "nobody has said anything yet", and words such as *to be determined*
mean "somebody looked and does not know yet". Only what contradicts itself in one answer is refused: a number that says it is exact
and is not given, an end before its beginning. What looks odd across answers is shown by `asking.contradictions`, never refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationError, field_validator, model_validator

from dpa.breaches.facts import words
from dpa.breaches.facts.base import (
    LIST_MAX,
    CountryCode,
    Instant,
    Line,
    Lines,
    Name,
    Number,
    Record,
    Text,
    clean,
    in_order,
)
from dpa.breaches.facts.problem import FactsProblem, from_validation
from dpa.breaches.facts.severity import SeverityInputs
from dpa.breaches.facts.words import Nature, Precision, Span
from dpa.evidence.trail import bodies

VERSION = 1
"""Version of the sheet's text; it stands in every stored sheet as `v`."""


class Count(Record):
    """A number of people or records, and how sure it is (template fields 67-68, 72-73; "approximate number", Art. 33(3)(a) GDPR)."""

    precision: Precision
    value: Number | None = None
    """The number: required where it is exact or approximate, not allowed otherwise."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        known = self.precision in {Precision.EXACT, Precision.APPROXIMATE}
        if known and self.value is None:
            raise ValueError(f"Enter the number, or choose “{Precision.TO_BE_DETERMINED.label}”.")
        if not known and self.value is not None:
            raise ValueError(f"A number cannot stand beside “{self.precision.label}”; choose exact or approximate, or remove the number.")
        return self

    @classmethod
    def exact(cls, value: int) -> Count:
        """Return a number that is known exactly."""
        return cls(precision=Precision.EXACT, value=value)

    @classmethod
    def about(cls, value: int) -> Count:
        """Return an approximate number."""
        return cls(precision=Precision.APPROXIMATE, value=value)


class Occurrence(Record):
    """When it happened (template fields 44-47)."""

    span: Span
    estimated: bool = False
    """Whether the times are estimates; `explanation` should then say how."""
    began_at: Instant | None = None
    ended_at: Instant | None = None
    """The end of a period; none while the end is not known."""
    explanation: Text = ""
    """How times were estimated, or why they cannot be determined."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        dated = self.span in {Span.DAY, Span.PERIOD, Span.ONGOING}
        if dated and self.began_at is None:
            raise ValueError(f"Enter when it began, or choose “{Span.TO_BE_DETERMINED.label}”; an estimate is enough.")
        if not dated and (self.began_at or self.ended_at):
            raise ValueError(f"A time cannot stand beside “{self.span.label}”; choose another answer or remove the time.")
        if self.span is Span.ONGOING and self.ended_at:
            raise ValueError("What is still going on has no end yet; remove the end or choose “From one time to another”.")
        if self.began_at and self.ended_at and self.ended_at < self.began_at:
            raise ValueError("It cannot end before it began; correct one of the two times.")
        return self


class Contact(Record):
    """Who answers now (Art. 33(3)(b) GDPR; template field 41). All text: at night a wrong form is better than no number."""

    name: Line = ""
    role: Line = ""
    phone: Line = ""
    mail: Line = ""
    note: Line = ""
    """When and how to reach the person, such as "day and night, in English or French"."""

    @property
    def reachable(self) -> bool:
        """Whether there is a number or an address to use."""
        return bool(self.phone or self.mail)


class Subprocessor(Record):
    """The subprocessor in whose systems it happened (Art. 28(4) GDPR)."""

    name: Name
    told_at: Instant | None = None
    """When it told us; its time, not ours."""
    contact: Line = ""


class Country(Record):
    """A country where people concerned live, with their number where it is known (template fields 116-117)."""

    code: CountryCode
    people: Number | None = None


class Attachment(Record):
    """The name of something that goes with the notice (template fields 125-126)."""

    name: Name
    kind: words.AttachmentKind = words.AttachmentKind.OTHER


def _one_each(countries: tuple[Country, ...]) -> tuple[Country, ...]:
    if len({country.code for country in countries}) != len(countries):
        raise ValueError("Name each country once.")
    return tuple(sorted(countries, key=lambda country: country.code))


def _names_once(attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    return tuple({attachment.name: attachment for attachment in attachments}.values())


Natures = Annotated[tuple[Nature, ...], AfterValidator(in_order)]
Kinds = Annotated[tuple[words.IncidentType, ...], AfterValidator(in_order)]
Subjects = Annotated[tuple[words.SubjectCategory, ...], AfterValidator(in_order)]
DataTypes = Annotated[tuple[words.DataType, ...], AfterValidator(in_order)]
InPlace = Annotated[tuple[words.MeasureInPlace, ...], AfterValidator(in_order)]
Impacts = Annotated[tuple[words.Impact, ...], AfterValidator(in_order)]
Preventions = Annotated[tuple[words.Prevention, ...], AfterValidator(in_order)]
Confidential = Annotated[tuple[words.ConfidentialityConsequence, ...], AfterValidator(in_order)]
Integral = Annotated[tuple[words.IntegrityConsequence, ...], AfterValidator(in_order)]
Available = Annotated[tuple[words.AvailabilityConsequence, ...], AfterValidator(in_order)]


class FactSheet(Record):
    """What is known of a breach. `FactSheet()` is valid. Two sheets that say the same are equal and have the same text."""

    nature: Text = ""
    """What happened, in free text (Art. 33(3)(a) GDPR; field 62)."""
    natures: Natures = ()
    """Confidentiality, integrity, availability (field 55)."""
    disclosure: words.Disclosure | None = None
    """For confidentiality: whether data were disclosed (field 56)."""
    unintelligible: words.Unintelligible | None = None
    """For confidentiality: whether the data could be read (field 57)."""
    alteration: words.Alteration | None = None
    """For integrity: what was altered (field 58)."""
    unavailability: words.Unavailability | None = None
    """For availability: for how long (field 59)."""
    data_types: DataTypes = ()
    """Types of data (field 70)."""
    data_note: Text = ""
    """More about the data (field 71)."""
    subjects: Subjects = ()
    """Categories of people (field 65)."""
    subjects_note: Text = ""
    """More about the people (field 66)."""
    people: Count | None = None
    """How many people (fields 67-68)."""
    records: Count | None = None
    """How many records (fields 72-73)."""
    records_note: Text = ""
    """What one record is, which the template asks beside the number (field 72)."""
    consequences: Text = ""
    """Likely consequences, in free text (Art. 33(3)(c) GDPR)."""
    confidentiality_consequences: Confidential = ()
    """Field 79."""
    confidentiality_note: Text = ""
    """Other consequences of the breach of confidentiality (field 80)."""
    integrity_consequences: Integral = ()
    """Field 81."""
    integrity_note: Text = ""
    """Other consequences of the breach of integrity (field 82)."""
    availability_consequences: Available = ()
    """Field 83."""
    availability_note: Text = ""
    """Other consequences of the breach of availability (field 84)."""
    impacts: Impacts = ()
    """Potential impact on people (field 85)."""
    impacts_note: Text = ""
    """Other impact (field 86)."""
    severity: words.Severity | None = None
    """Our proposal for the severity of the impact (field 87); the controller assesses."""
    severity_inputs: SeverityInputs | None = None
    """What the ENISA score is computed from; kept with the facts so that it can be computed again. Information only."""
    measures_taken: Text = ""
    """What we did about it, in free text (Art. 33(3)(d) GDPR; field 92)."""
    measures_proposed: Text = ""
    """What we propose that the controller does (Art. 33(3)(d) GDPR, "proposed to be taken")."""
    contact: Contact | None = None
    """Who answers now (Art. 33(3)(b) GDPR; field 41)."""
    unknown: Text = ""
    """What is still unknown (Art. 33(4) GDPR)."""
    next_word_at: Instant | None = None
    """When we write again at the latest; none where nothing was promised."""
    occurrence: Occurrence | None = None
    """When it happened (fields 44-47)."""
    discovery: words.Discovery | None = None
    """How it was discovered (field 50)."""
    discovery_note: Text = ""
    """More about the discovery (field 51)."""
    incident_type: words.IncidentType | None = None
    """The kind of incident that describes it best (field 60)."""
    further_types: Kinds = ()
    """Further kinds that also apply; the template takes one only."""
    cause: words.Cause | None = None
    """Cause (field 61)."""
    systems: Lines = ()
    """Systems, software and services involved, and where they stand (field 63)."""
    subprocessor: Subprocessor | None = None
    """The subprocessor at fault."""
    countries: Annotated[tuple[Country, ...], Field(max_length=LIST_MAX), AfterValidator(_one_each)] = ()
    """Countries where people concerned live (fields 116-117)."""
    measures_before: InPlace = ()
    """Measures in place (field 75)."""
    measures_before_note: Text = ""
    """More about the measures in place (field 76)."""
    prevention: Preventions = ()
    """Measures so that it does not happen again (field 94)."""
    prevention_note: Text = ""
    """More about these measures (field 95)."""
    police: words.Answer | None = None
    """Whether we reported it to the police or a court (field 109)."""
    authorities: words.Answer | None = None
    """Whether we notified other authorities, such as a cyber security centre (field 110)."""
    reports_note: Text = ""
    """Which authorities, and their case numbers (field 111)."""
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=LIST_MAX), AfterValidator(_names_once)] = ()
    """Names of what goes with the notice (fields 125-126)."""

    @field_validator("contact")
    @classmethod
    def _no_empty_contact(cls, contact: Contact | None) -> Contact | None:
        return None if contact == Contact() else contact

    @property
    def special(self) -> tuple[words.DataType, ...]:
        """The types of data that Art. 9 or 10 GDPR protects especially; derived, never typed."""
        return tuple(kind for kind in self.data_types if kind.article)

    @property
    def also(self) -> tuple[words.IncidentType, ...]:
        """The further kinds of incident beside the one that describes it best."""
        return tuple(kind for kind in self.further_types if kind is not self.incident_type)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been said yet."""
        return self == FactSheet()

    def canonical(self) -> str:
        """Return the sheet's text: canonical JSON (RFC 8785) of what was said, with its version as `v`.

        Contains personal data (the contact): in the trail it belongs to the personal parts, never to `data=`.
        """
        said = {"v": VERSION, **self.model_dump(mode="json", exclude_defaults=True)}
        return bodies.canonical(bodies.restricted(said, "facts", personal=True))

    def revised(self, **fields: object) -> FactSheet:
        """Return a copy with some fields replaced, checked; raises `FactsProblem` naming each field that cannot stand."""
        return build({name: getattr(self, name) for name in type(self).model_fields} | fields)


def build(fields: Mapping[str, object]) -> FactSheet:
    """Return the sheet for answers given by name; absent names stay empty.

    Words may be given as such or by their values ("confidentiality"), lists as any list, records as mappings, instants aware.
    Raises `FactsProblem`, whose `fields` holds one sentence for each field that cannot stand.
    """
    return _validated(json.dumps(_plain(fields)))


def read(text: str) -> FactSheet:
    """Read a stored sheet back; raises `FactsProblem` for a text of another version or one that is no sheet."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("v"), int):
        raise FactsProblem("This is no fact sheet; restore it from a backup or enter the facts anew.")
    version = said.pop("v")
    if version != VERSION:
        raise FactsProblem(f"These facts were written in version {version} of the sheet, and this program reads version {VERSION}; update it.")
    return _validated(json.dumps(said))


def _validated(text: str) -> FactSheet:
    try:
        return FactSheet.model_validate_json(text)
    except ValidationError as error:
        raise from_validation(error) from error


def _plain(value: object) -> Any:
    """Return answers as JSON has them."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return clean(value)
