"""A sheet as plain English for notices, pages and documents: paragraphs and rows, as data. Calm, precise, nothing added.

What applies to a loss that is not named among the natures is left out, as `asking.contradictions` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dpa.breaches.facts.sheet import Country, FactSheet
from dpa.breaches.facts.showing import (
    SHOWN,
    contact_text,
    counted,
    country_text,
    listed,
    lowered,
    occurrence_text,
    subprocessor_text,
    value_text,
)
from dpa.breaches.facts.telling import Share, for_controller, told
from dpa.breaches.facts.words import Answer, Disclosure, Discovery, Span, Unavailability, Unintelligible, Word

_DISCLOSURE: Mapping[Disclosure, str] = {
    Disclosure.DISCLOSED: "Data were taken or disclosed",
    Disclosure.LIKELY: "Data were probably taken or disclosed; there is no proof",
    Disclosure.NOT_DISCLOSED: "There is reasonable evidence that data were neither taken nor disclosed",
    Disclosure.NOT_ASSESSABLE: "Whether data were taken or disclosed cannot be assessed",
    Disclosure.TO_BE_DETERMINED: "Whether data were taken or disclosed is being determined",
}
_READABLE: Mapping[Unintelligible, str] = {
    Unintelligible.PROTECTED: "Those without authority cannot read the data: their protection, such as encryption, is intact",
    Unintelligible.MAY_BE_SUBVERTED: "The data were protected, but the protection could probably be overcome",
    Unintelligible.READABLE: "Those without authority can read the data",
    Unintelligible.NOT_ASSESSABLE: "Whether those without authority can read the data cannot be assessed",
    Unintelligible.TO_BE_DETERMINED: "Whether those without authority can read the data is being determined",
}
_UNAVAILABLE: Mapping[Unavailability, str] = {
    Unavailability.TEMPORARY: "Access to the data is or was lost for a time only",
    Unavailability.PERMANENT: "Access to the data is lost for good",
    Unavailability.NOT_DETERMINED: "Whether access to the data is lost for good is not determined",
}
_OCCURRED: Mapping[Span, str] = {
    Span.UNDETERMINABLE: "When it happened cannot be determined",
    Span.TO_BE_DETERMINED: "When it happened is being determined",
}
_VERB: Mapping[Span, str] = {Span.ONGOING: "It has been happening"}
_DISCOVERED: Mapping[Discovery, str] = {
    Discovery.CONTROLLER: "The controller detected it",
    Discovery.PROCESSOR: "We detected it",
    Discovery.DATA_SUBJECT: "A person concerned reported it",
    Discovery.EXTERNAL_PARTY: "An outside party reported it",
    Discovery.PRESS: "The press reported it",
}
_POLICE: Mapping[Answer, str] = {Answer.YES: "We reported it to the police or a court", Answer.NO: "We have not reported it to the police or a court"}
_AUTHORITIES: Mapping[Answer, str] = {Answer.YES: "We notified other authorities", Answer.NO: "We have not notified other authorities"}


@dataclass(frozen=True, slots=True)
class Matters:
    """The matters of Art. 33(3) GDPR and what is open, each as paragraphs; empty where nothing is known. They fit a notice's draft."""

    nature: tuple[str, ...]
    """Art. 33(3)(a)."""
    contact: tuple[str, ...]
    """Art. 33(3)(b)."""
    consequences: tuple[str, ...]
    """Art. 33(3)(c)."""
    measures: tuple[str, ...]
    """Art. 33(3)(d)."""
    unknown: tuple[str, ...]
    """Art. 33(4)."""


def rows(sheet: FactSheet, zone: str) -> tuple[tuple[str, str], ...]:
    """Return (label, text) for everything that has been said, in the order of documents; times are said in `zone`."""
    sheet = told(sheet)
    return tuple((shown.label, text) for shown in SHOWN if (text := value_text(shown, sheet, zone)))


def matters(sheet: FactSheet, zone: str, *, numbers: bool = True) -> Matters:
    """Return the sheet as paragraphs for a notice; free texts come first and word for word.

    Without `numbers` the incident's counts of people and records are left out: one text goes to every customer, also to one that is named
    later, and each is told the numbers of its own part beside it. What somebody typed as free text stays as it was typed.

    When the next word comes is no part of them: a notice promises it in a field of its own, with a clock, and never in prose that a later
    notice would repeat.
    """
    sheet = told(sheet) if numbers else _without_numbers(sheet)
    who = _who(sheet) if numbers else _categories(sheet)
    return Matters(
        nature=_paragraphs(sheet.nature, _kind(sheet), _when(sheet, zone), who, _data(sheet), _where(sheet, zone)),
        contact=_paragraphs(contact_text(sheet.contact) if sheet.contact else ""),
        consequences=_paragraphs(sheet.consequences, _consequences(sheet), _impact(sheet)),
        measures=_paragraphs(
            sheet.measures_taken, _labelled("Our proposal to you", sheet.measures_proposed), _in_place(sheet), _prevention(sheet), _reports(sheet)
        ),
        unknown=_paragraphs(sheet.unknown),
    )


def _without_numbers(sheet: FactSheet) -> FactSheet:
    """Return the incident without its counts; where people live stays, since whoever writes to all reads it first."""
    return for_controller(sheet, Share(countries=tuple(Country(code=one.code) for one in sheet.countries)), controllers=2)


def _paragraphs(*texts: str) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def _sentences(*texts: str) -> str:
    """Join sentences, leaving out empty ones and closing each."""
    return " ".join(text if text.endswith((".", "!", "?", "…")) else f"{text}." for text in texts if text)


def _labelled(label: str, text: str) -> str:
    return f"{label}: {text}" if text else ""


def _words(chosen: tuple[Word, ...]) -> str:
    """Return words as a list in a sentence; commas inside a word make semicolons the separator."""
    said = [lowered(word.label) for word in chosen if not word.is_open]
    return "; ".join(said) if any("," in text for text in said) else listed(said)


def _kind(sheet: FactSheet) -> str:
    natures = listed([nature.value for nature in sheet.natures])
    return _sentences(
        f"This is a breach of {natures}" if natures else "",
        _DISCLOSURE[sheet.disclosure] if sheet.disclosure else "",
        _READABLE[sheet.unintelligible] if sheet.unintelligible else "",
        sheet.alteration.label if sheet.alteration else "",
        _UNAVAILABLE[sheet.unavailability] if sheet.unavailability else "",
        _labelled("Kind of incident", lowered(sheet.incident_type.label) if sheet.incident_type else ""),
        _labelled("Further kinds", _words(sheet.also)),
        _labelled("Cause", lowered(sheet.cause.label) if sheet.cause else ""),
    )


def _when(sheet: FactSheet, zone: str) -> str:
    found = sheet.occurrence
    happened = "" if found is None else _OCCURRED.get(found.span) or f"{_VERB.get(found.span, 'It happened')} {occurrence_text(found, zone)}"
    discovered = _DISCOVERED.get(sheet.discovery, "") if sheet.discovery else ""
    return _sentences(happened, found.explanation if found else "", discovered, sheet.discovery_note)


def _who(sheet: FactSheet) -> str:
    if sheet.people is None and not sheet.subjects:
        return _sentences(sheet.subjects_note, _countries(sheet))
    number = counted(sheet.people, "person", "people")
    categories = _words(sheet.subjects)
    return _sentences(
        f"People concerned: {number}" + (f": {categories}" if categories else ""), sheet.subjects_note, _countries(sheet)
    )  # fmt: skip


def _categories(sheet: FactSheet) -> str:
    return _sentences(_labelled("Categories of people", _words(sheet.subjects)), sheet.subjects_note, _countries(sheet))


def _countries(sheet: FactSheet) -> str:
    return _labelled("They live in", listed([country_text(country) for country in sheet.countries]))


def _data(sheet: FactSheet) -> str:
    special = _words(sheet.special)
    articles = listed(sorted({kind.article for kind in sheet.special}, reverse=True))
    records = _labelled("Records concerned", counted(sheet.records, "record", "records")) if sheet.records else ""
    return _sentences(
        _labelled("Types of data", _words(sheet.data_types)),
        f"Specially protected among them ({articles}): {special}" if special else "",
        sheet.data_note, records, sheet.records_note,
    )  # fmt: skip


def _where(sheet: FactSheet, zone: str) -> str:
    systems = _labelled("Systems involved", "; ".join(sheet.systems))
    return _sentences(systems, _labelled("Subprocessor involved", subprocessor_text(sheet.subprocessor, zone)) if sheet.subprocessor else "")


def _consequences(sheet: FactSheet) -> str:
    chosen = (*sheet.confidentiality_consequences, *sheet.integrity_consequences, *sheet.availability_consequences)
    named = tuple(word for word in chosen if word.value != "other" and not word.is_open)
    notes = (sheet.confidentiality_note, sheet.integrity_note, sheet.availability_note)
    assessed = "Further consequences are under assessment" if any(word.is_open for word in chosen) else ""
    return _sentences(*(word.label for word in named), *notes, assessed)


def _impact(sheet: FactSheet) -> str:
    named = tuple(word for word in sheet.impacts if word.value != "other")
    severity = sheet.severity
    proposed = f"We propose to rate its severity as {lowered(severity.label)}; the assessment is yours" if severity and not severity.is_open else ""
    return _sentences(_labelled("Possible impact on people", _words(named)), sheet.impacts_note, proposed)


def _in_place(sheet: FactSheet) -> str:
    named = tuple(word for word in sheet.measures_before if word.value != "other")
    return _sentences(_labelled("In place when it happened", _words(named)), sheet.measures_before_note)


def _prevention(sheet: FactSheet) -> str:
    named = tuple(word for word in sheet.prevention if word.value != "other")
    return _sentences(_labelled("So that it does not happen again", _words(named)), sheet.prevention_note)


def _reports(sheet: FactSheet) -> str:
    police = _POLICE.get(sheet.police, "") if sheet.police else ""
    return _sentences(police, _AUTHORITIES.get(sheet.authorities, "") if sheet.authorities else "", sheet.reports_note)
