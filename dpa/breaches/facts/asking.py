"""What is still to be asked, in the order in which a controller needs it, and what looks odd. Nothing here holds a notice back.

The controller has 72 hours from its own awareness (Art. 33(1) GDPR). First come the four matters of Art. 33(3) and what decides whether
there is a risk at all: kind of breach, whether the data can be read, which data, of whom, how many (EDPB Guidelines 9/2022, IV.B). The
rest of the template follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dpa.breaches.facts.sheet import Count, FactSheet, Occurrence
from dpa.breaches.facts.telling import remnants
from dpa.breaches.facts.words import Answer, Nature, Precision, Span, Word


class Need(StrEnum):
    """Why something is asked."""

    ARTICLE = "article"
    """Art. 33(3) GDPR names it, or the controller cannot weigh the risk without it."""
    TEMPLATE = "template"
    """The EDPB template asks for it."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to find out."""

    field: str
    """Name of the field in the sheet."""
    need: Need
    sentence: str
    """What to do, as a sentence."""
    basis: str
    """Article, and field of the EDPB template."""
    applies: Callable[[FactSheet], bool] = lambda _sheet: True
    """Whether the question makes sense for what is known."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing still asked for."""

    field: str
    need: Need
    sentence: str
    basis: str
    looked_for: bool
    """Whether somebody has said that it is being determined; then it is open, and nobody has forgotten it."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far the sheet has come, as counts. Only what applies is counted; `article` counts are part of the whole."""

    answered: int
    asked: int
    article_answered: int
    article_asked: int
    looked_for: int
    """Open, and known to be open (*to be determined*)."""

    @property
    def article_complete(self) -> bool:
        """Whether everything that Art. 33(3) names has an answer."""
        return self.article_answered == self.article_asked


OR_SOUGHT = ", or that it is being determined."


def _of(nature: Nature) -> Callable[[FactSheet], bool]:
    return lambda sheet: nature in sheet.natures


def _records_counted(sheet: FactSheet) -> bool:
    return sheet.records is not None and sheet.records.value is not None


QUESTIONS: tuple[Question, ...] = (
    Question("nature", Need.ARTICLE, "Say what happened, in a sentence or two.", "Art. 33(3)(a) GDPR; field 62"),
    Question("natures", Need.ARTICLE, "Say whether confidentiality, integrity or availability was breached.", "Art. 33(3)(a) GDPR; field 55"),
    Question("data_types", Need.ARTICLE, "Name the types of data.", "Art. 33(3)(a) GDPR; field 70"),
    Question("subjects", Need.ARTICLE, "Name the categories of people.", "Art. 33(3)(a) GDPR; field 65"),
    Question("people", Need.ARTICLE, "Say how many people are concerned, or that it is being determined.", "Art. 33(3)(a) GDPR; fields 67-68"),
    Question("disclosure", Need.ARTICLE, "Say whether data were taken or disclosed.", "EDPB Guidelines 9/2022, IV.B; field 56",
             _of(Nature.CONFIDENTIALITY)),
    Question("unintelligible", Need.ARTICLE, "Say whether those without authority could read the data.", "Art. 34(3)(a) GDPR; field 57",
             _of(Nature.CONFIDENTIALITY)),
    Question("alteration", Need.ARTICLE, "Say how data were altered and whether that was used.", "EDPB Guidelines 9/2022, IV.B; field 58",
             _of(Nature.INTEGRITY)),
    Question("unavailability", Need.ARTICLE, "Say whether the data are lost for a time or for good.", "EDPB Guidelines 9/2022, paras 17-22; field 59",
             _of(Nature.AVAILABILITY)),
    Question("consequences", Need.ARTICLE, "Describe the likely consequences.", "Art. 33(3)(c) GDPR"),
    Question("measures_taken", Need.ARTICLE, "Describe what you did about it.", "Art. 33(3)(d) GDPR; field 92"),
    Question("measures_proposed", Need.ARTICLE, "Say what the controller should do now, even if it is nothing.", "Art. 33(3)(d) GDPR"),
    Question("contact", Need.ARTICLE, "Name a contact that answers now, with telephone or e-mail.", "Art. 33(3)(b) GDPR; field 41"),
    Question("records", Need.ARTICLE, "Say how many records are concerned, or that it is being determined.", "Art. 33(3)(a) GDPR; fields 72-73"),
    Question("occurrence", Need.TEMPLATE, "Say when it began and ended; an estimate is enough.", "fields 44-47"),
    Question("impacts", Need.TEMPLATE, "Name the impact it may have on people.", "field 85"),
    Question("severity", Need.TEMPLATE, "Propose how severe the impact may be; the controller assesses.", "field 87"),
    Question("next_word_at", Need.TEMPLATE, "Say when you will write again at the latest.", "Art. 33(4) GDPR"),
    Question("discovery", Need.TEMPLATE, "Say how it was discovered.", "field 50"),
    Question("discovery_note", Need.TEMPLATE, "Describe how it was discovered.", "field 51"),
    Question("incident_type", Need.TEMPLATE, "Choose the kind of incident that describes it best.", "field 60"),
    Question("cause", Need.TEMPLATE, "Name the cause.", "field 61"),
    Question("systems", Need.TEMPLATE, "Name the systems involved and where they stand.", "field 63"),
    Question("confidentiality_consequences", Need.TEMPLATE, "Choose the likely consequences of the loss of confidentiality.", "field 79",
             _of(Nature.CONFIDENTIALITY)),
    Question("integrity_consequences", Need.TEMPLATE, "Choose the likely consequences of the loss of integrity.", "field 81", _of(Nature.INTEGRITY)),
    Question("availability_consequences", Need.TEMPLATE, "Choose the likely consequences of the loss of availability.", "field 83",
             _of(Nature.AVAILABILITY)),
    Question("subjects_note", Need.TEMPLATE, "Describe the people concerned.", "field 66"),
    Question("data_note", Need.TEMPLATE, "Describe the data.", "field 71"),
    Question("records_note", Need.TEMPLATE, "Say what one record is.", "field 72", _records_counted),
    Question("measures_before", Need.TEMPLATE, "Name the measures that were in place.", "Art. 32 GDPR; field 75"),
    Question("measures_before_note", Need.TEMPLATE, "Describe the measures that were in place.", "field 76"),
    Question("prevention", Need.TEMPLATE, "Name the measures against a repetition.", "Art. 33(3)(d) GDPR; field 94"),
    Question("prevention_note", Need.TEMPLATE, "Describe the measures against a repetition.", "field 95"),
    Question("countries", Need.TEMPLATE, "Name the countries where people concerned live.", "fields 116-117"),
    Question("police", Need.TEMPLATE, "Say whether you reported it to the police.", "field 109"),
    Question("authorities", Need.TEMPLATE, "Say whether you notified other authorities.", "field 110"),
    Question("reports_note", Need.TEMPLATE, "Name the authorities you told and their case numbers.", "field 111",
             lambda sheet: Answer.YES in {sheet.police, sheet.authorities}),
)  # fmt: skip
"""All questions, most urgent first."""


def missing(sheet: FactSheet) -> tuple[Missing, ...]:
    """Return what Art. 33(3) and the template still ask for, most urgent first. Information: no notice waits for it."""
    return tuple(
        Missing(question.field, question.need, _sentence(question, sheet), question.basis, looked_for=_looked_for(getattr(sheet, question.field)))
        for question in QUESTIONS
        if question.applies(sheet) and not _answered(getattr(sheet, question.field))
    )


def _sentence(question: Question, sheet: FactSheet) -> str:
    """Return what to do; who has said that it is being determined is not asked to say so again."""
    if not _looked_for(getattr(sheet, question.field)):
        return question.sentence
    return question.sentence.replace(OR_SOUGHT, " as soon as it is determined.")


def completeness(sheet: FactSheet) -> Completeness:
    """Return how many of the questions that apply have an answer."""
    asked = [question for question in QUESTIONS if question.applies(sheet)]
    still = missing(sheet)
    article = [question for question in asked if question.need is Need.ARTICLE]
    article_open = sum(1 for one in still if one.need is Need.ARTICLE)
    return Completeness(
        answered=len(asked) - len(still), asked=len(asked), article_answered=len(article) - article_open, article_asked=len(article),
        looked_for=sum(1 for one in still if one.looked_for),
    )  # fmt: skip


def contradictions(sheet: FactSheet) -> tuple[str, ...]:
    """Return what does not fit together, in sentences to show beside the form. Nothing is refused for it."""
    found = [
        f"Something is said about a loss of {nature.value}, but {nature.value} is not named among what was breached; it is left out of notices."
        for nature in remnants(sheet)
    ]
    found += [sentence for holds, sentence in _odd(sheet) if holds]
    return tuple(found)


def _odd(sheet: FactSheet) -> tuple[tuple[bool, str], ...]:
    people = sheet.people.value if sheet.people else None
    by_country = sum(country.people or 0 for country in sheet.countries)
    exact = sheet.people is not None and sheet.people.precision is Precision.EXACT
    return (
        (people == 0, "No person is concerned: then it is no personal data breach. Say “to be determined” if that is meant."),
        (exact and people is not None and by_country > people, "The countries add up to more people than are concerned in all."),
        (
            sheet.subprocessor is not None and sheet.subprocessor.told_at is None,
            "A subprocessor is named, but not when it told you; its time tells the controller how the news travelled.",
        ),
        (
            sheet.contact is not None and not sheet.contact.reachable,
            "The contact has neither telephone nor e-mail; nobody can reach it.",
        ),
        (
            bool(sheet.occurrence and sheet.occurrence.estimated and not sheet.occurrence.explanation),
            "The times are estimated; say how, because the template asks for it.",
        ),
    )


def _answered(value: Any) -> bool:
    if isinstance(value, Count):
        return value.precision is not Precision.TO_BE_DETERMINED
    if isinstance(value, Occurrence):
        ended = value.ended_at is not None or value.span is not Span.PERIOD
        return not value.span.is_open and ended
    if isinstance(value, tuple):
        return any(not (isinstance(item, Word) and item.is_open) for item in value)
    if isinstance(value, Word):
        return not value.is_open
    return value not in (None, "")


def _looked_for(value: Any) -> bool:
    """Whether a value without an answer still says that one is sought."""
    return value not in (None, "", ())
