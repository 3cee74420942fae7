"""How each field of the sheet is called and put into words: one table, which rows, sentences and differences all use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dpa.breaches.facts.severity import SeverityInputs, assess
from dpa.breaches.facts.sheet import Attachment, Contact, Count, Country, FactSheet, Occurrence, Subprocessor
from dpa.breaches.facts.words import AttachmentKind, Precision, Span, Word
from dpa.deadlines.explaining import instant_text
from dpa.languages.countries import country_name

NOT_KNOWN_YET = "not known yet"


class Form(StrEnum):
    """How differences of a field are told."""

    VALUE = "value"
    """New and old value side by side."""
    LIST = "list"
    """What was added and removed."""
    TEXT = "text"
    """That the text is new, rewritten or withdrawn; the text itself is too long for a sentence."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One field: its name in the sheet, its label for people, how it is put into words."""

    name: str
    label: str
    form: Form = Form.VALUE
    says: Callable[[Any, str], str] | None = None
    """Value and zone to text; none for words and texts that speak for themselves."""


def figure(count: Count | None) -> str:
    """Return a number as a table shows it: "3,112", "about 3,112", "not determinable", "to be determined", "not known yet"."""
    if count is None:
        return NOT_KNOWN_YET
    if count.value is None:
        return "not determinable" if count.precision is Precision.UNDETERMINABLE else "to be determined"
    return f"about {count.value:,}" if count.precision is Precision.APPROXIMATE else f"{count.value:,}"


def counted(count: Count | None, one: str, many: str) -> str:
    """Return a number with its noun: "3,112 people", "about 3,112 people", "number of people not determinable"."""
    if count is None or count.value is None:
        return f"number of {many} {figure(count)}"
    noun = one if count.value == 1 else many
    return f"{figure(count)} {noun}"


def listed(parts: Sequence[str]) -> str:
    """Return parts as a list in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else ""


def lowered(label: str) -> str:
    """Return a label as it stands inside a sentence; abbreviations such as IT and E-mail keep their capitals."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def occurrence_text(occurrence: Occurrence, zone: str) -> str:
    """Return when it happened as a phrase, without a full stop."""
    began = instant_text(occurrence.began_at, zone) if occurrence.began_at else ""
    ended = instant_text(occurrence.ended_at, zone) if occurrence.ended_at else ""
    said = {
        Span.DAY: f"on one day, {began}" + (f" to {ended}" if ended else ""),
        Span.PERIOD: f"from {began} to {ended or 'an end not known yet'}",
        Span.ONGOING: f"since {began}, and still going on",
        Span.UNDETERMINABLE: "cannot be determined",
        Span.TO_BE_DETERMINED: "to be determined",
    }[occurrence.span]
    return f"{said} (estimated)" if occurrence.estimated and occurrence.began_at else said


def contact_text(contact: Contact, zone: str = "") -> str:  # noqa: ARG001  (every text of the table takes a zone)
    """Return a contact on one line: "Ana Duarte, DPO, +33 1 23 45 67 89, dpo@example.org (day and night)"."""
    line = ", ".join(filter(None, (contact.name, contact.role, contact.phone, contact.mail)))
    return " ".join(filter(None, (line, f"({contact.note})" if contact.note else "")))


def subprocessor_text(subprocessor: Subprocessor, zone: str) -> str:
    """Return the subprocessor at fault and when it told us."""
    told = f"told us on {instant_text(subprocessor.told_at, zone)}" if subprocessor.told_at else "when it told us is not stated"
    return "; ".join(filter(None, (subprocessor.name, told, subprocessor.contact)))


def country_text(country: Country) -> str:
    """Return a country with its number of people, where known."""
    return country_name(country.code) + (f" ({country.people:,})" if country.people is not None else "")


def _attachment_text(attachment: Attachment) -> str:
    return attachment.name if attachment.kind is AttachmentKind.OTHER else f"{attachment.name} ({lowered(attachment.kind.label)})"


def _score_text(inputs: SeverityInputs, zone: str) -> str:  # noqa: ARG001
    found = assess(inputs)
    return f"{found.score}, {lowered(found.band.label)} (information for the controller)"


def _figure(count: Count, zone: str) -> str:  # noqa: ARG001
    return figure(count)


SHOWN: tuple[Shown, ...] = (
    Shown("nature", "What happened", Form.TEXT),
    Shown("natures", "Nature of the breach", Form.LIST),
    Shown("disclosure", "Disclosure"),
    Shown("unintelligible", "Readable to those without authority"),
    Shown("alteration", "Alteration"),
    Shown("unavailability", "Loss of availability"),
    Shown("data_types", "Types of data", Form.LIST),
    Shown("data_note", "More about the data", Form.TEXT),
    Shown("subjects", "Categories of people", Form.LIST),
    Shown("subjects_note", "More about the people", Form.TEXT),
    Shown("people", "People concerned", says=_figure),
    Shown("records", "Records concerned", says=_figure),
    Shown("records_note", "What a record is", Form.TEXT),
    Shown("consequences", "Likely consequences", Form.TEXT),
    Shown("confidentiality_consequences", "Consequences of the loss of confidentiality", Form.LIST),
    Shown("confidentiality_note", "Other consequences of the loss of confidentiality", Form.TEXT),
    Shown("integrity_consequences", "Consequences of the loss of integrity", Form.LIST),
    Shown("integrity_note", "Other consequences of the loss of integrity", Form.TEXT),
    Shown("availability_consequences", "Consequences of the loss of availability", Form.LIST),
    Shown("availability_note", "Other consequences of the loss of availability", Form.TEXT),
    Shown("impacts", "Potential impact on people", Form.LIST),
    Shown("impacts_note", "More about the impact", Form.TEXT),
    Shown("severity", "Severity of the impact, as we propose"),
    Shown("severity_inputs", "Score by the ENISA method", says=_score_text),
    Shown("measures_taken", "Measures taken by the processor", Form.TEXT),
    Shown("measures_proposed", "Measures proposed to the controller", Form.TEXT),
    Shown("contact", "Contact reachable now", says=contact_text),
    Shown("unknown", "Still unknown", Form.TEXT),
    Shown("next_word_at", "Next word at the latest", says=instant_text),
    Shown("occurrence", "When it happened", says=occurrence_text),
    Shown("discovery", "How it was discovered"),
    Shown("discovery_note", "More about the discovery", Form.TEXT),
    Shown("incident_type", "Kind of incident"),
    Shown("further_types", "Further kinds of incident", Form.LIST),
    Shown("cause", "Cause"),
    Shown("systems", "Systems involved", Form.LIST),
    Shown("subprocessor", "Subprocessor involved", says=subprocessor_text),
    Shown("countries", "Countries of the people concerned", Form.LIST),
    Shown("measures_before", "Measures in place", Form.LIST),
    Shown("measures_before_note", "More about the measures in place", Form.TEXT),
    Shown("prevention", "Measures against a repetition", Form.LIST),
    Shown("prevention_note", "More about these measures", Form.TEXT),
    Shown("police", "Reported by us to police or court"),
    Shown("authorities", "Notified by us to other authorities"),
    Shown("reports_note", "Which authorities", Form.TEXT),
    Shown("attachments", "Attachments", Form.LIST),
)
"""Every field of the sheet, in the order in which documents show them."""
LABELS: Mapping[str, str] = {shown.name: shown.label for shown in SHOWN}
"""Label of each field."""


def items(value: Sequence[object], *, inside: bool = False) -> tuple[str, ...]:
    """Return the entries of a list in words; `inside` a sentence our own words begin small, names stay as they are."""
    return tuple(lowered(item.brief) if inside and isinstance(item, Word) else _item(item) for item in value)


def _item(item: object) -> str:
    if isinstance(item, Word):
        return item.brief
    if isinstance(item, Country):
        return country_text(item)
    return _attachment_text(item) if isinstance(item, Attachment) else str(item)


def value_text(shown: Shown, sheet: FactSheet, zone: str, *, inside: bool = False) -> str:
    """Return what a field says in words, empty where nothing has been said; `inside` a sentence our own words begin small."""
    value = getattr(sheet, shown.name)
    if value in (None, (), ""):
        return ""
    if shown.form is Form.LIST:
        return "; ".join(items(value, inside=inside))
    if shown.says is not None:
        return shown.says(value, zone)
    if isinstance(value, Word):
        return lowered(value.label) if inside else value.label
    return str(value)
