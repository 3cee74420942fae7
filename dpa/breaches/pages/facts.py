"""The page of the fact sheet: what is asked where, what is missing, how severe it looks, and the versions with what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches import facts
from dpa.breaches.denied import denied
from dpa.breaches.facts import (
    Assessment,
    Completeness,
    FactSheet,
    Matters,
    Missing,
    Subprocessor,
    Suggestion,
    attachments,
)
from dpa.breaches.facts.asking import QUESTIONS
from dpa.breaches.facts.severity import LOSSES, Factor
from dpa.breaches.models import Breach, BreachFacts
from dpa.breaches.pages.awareness import people
from dpa.breaches.rules import Draft
from dpa.problems import NotFound

SHOWN = 10
"""Versions on one page."""
CHANGES = 12
"""Changes named of one version."""


@dataclass(frozen=True, slots=True)
class Section:
    """A folded part of the form."""

    key: str
    title: str
    fields: tuple[str, ...]
    """Names of its form fields."""
    asks: tuple[str, ...]
    """Names of the sheet's fields it asks for."""


SECTIONS: tuple[Section, ...] = (
    Section("happened", "What happened", ("nature", "natures", "disclosure", "unintelligible", "alteration", "unavailability"),
            ("nature", "natures", "disclosure", "unintelligible", "alteration", "unavailability")),
    Section("data", "Data and people", ("data_types", "data_note", "subjects", "subjects_note", "people", "people_value", "records", "records_value", "records_note"),
            ("data_types", "data_note", "subjects", "subjects_note", "people", "records", "records_note")),
    Section("consequences", "Likely consequences", (
        "consequences", "confidentiality_consequences", "confidentiality_note", "integrity_consequences", "integrity_note",
        "availability_consequences", "availability_note", "impacts", "impacts_note", "severity"),
        ("consequences", "confidentiality_consequences", "integrity_consequences", "availability_consequences", "impacts", "severity")),
    Section("measures", "Measures", ("measures_taken", "measures_proposed", "measures_before", "measures_before_note", "prevention", "prevention_note"),
            ("measures_taken", "measures_proposed", "measures_before", "measures_before_note", "prevention", "prevention_note")),
    Section("contact-now", "Contact that answers now, and the next word", (
        "contact", "contact_role", "contact_phone", "contact_mail", "contact_note", "unknown", "next_word_at"), ("contact", "next_word_at")),
    Section("when", "When and how", (
        "occurrence", "occurrence_began", "occurrence_ended", "occurrence_estimated", "occurrence_note", "discovery", "discovery_note",
        "incident_type", "further_types", "cause"), ("occurrence", "discovery", "discovery_note", "incident_type", "cause")),
    Section("where", "Systems, subprocessor, countries", ("systems", "subprocessor", "subprocessor_told", "subprocessor_contact", "countries"),
            ("systems", "countries")),
    Section("reports", "Reports and attachments", ("police", "authorities", "reports_note", "attachments"), ("police", "authorities", "reports_note")),
    Section("enisa", "Help with the severity (ENISA), for information", (
        "severity_inputs", "severity_ease", *(f"adjust_{factor.value}{part}" for factor in Factor for part in ("", "_why")),
        *(f"severity_{name}" for name in LOSSES), "severity_malicious"), ()),
)  # fmt: skip
ONLY_WITH = {
    "disclosure": "confidentiality", "unintelligible": "confidentiality", "confidentiality_consequences": "confidentiality",
    "confidentiality_note": "confidentiality", "alteration": "integrity", "integrity_consequences": "integrity", "integrity_note": "integrity",
    "unavailability": "availability", "availability_consequences": "availability", "availability_note": "availability",
}  # fmt: skip
"""Form fields that make sense only when this kind of loss is named."""
HINTS = {
    "nature": "Nature of the breach, Art. 33(3)(a). Facts only, without names of people concerned",
    "natures": "Several may hold together", "data_note": "Fields or documents, in your own words", "people": "A number alone counts as approximate",
    "records": "A number alone counts as approximate", "consequences": "Art. 33(3)(c)", "measures_taken": "Art. 33(3)(d)",
    "measures_proposed": "Such as: reset passwords, warn users. Say so even if it is nothing", "contact": "A person or desk, Art. 33(3)(b)",
    "contact_note": "Such as: day and night, in English or French", "unknown": "Art. 33(4)", "next_word_at": "It is promised to customers once it stands in a notice",
    "systems": "One on each line, with where it stands", "countries": "One on each line, with the number of people where it is known: FR 1200",
    "attachments": f"No file is kept here; send them yourself. One name on each line, with its kind behind a semicolon, such as report.pdf; investigation. Kinds: {', '.join(attachments.KINDS)}", "subprocessor_told": "Its time, not yours", "severity": "Your proposal, field 87 of the EDPB template",
    "severity_inputs": "The most sensitive kind among the data", "severity_ease": "Never guessed from other facts",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fold:
    """A section with how far it has come."""

    section: Section
    answered: int
    asked: int
    open: bool


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One saved version, with what changed since the one before."""

    number: int
    who: str
    at: datetime
    changes: tuple[str, ...]
    more: int
    """Changes beyond those named."""


@dataclass(frozen=True, slots=True)
class FactsPage:
    """Everything the page shows beside the form."""

    number: int
    """Newest version; 0 before the first."""
    saved: bool
    sheet: FactSheet
    missing: tuple[Missing, ...]
    completeness: Completeness
    odd: tuple[str, ...]
    assessment: Assessment | None
    suggestion: Suggestion
    matters: Matters
    versions: tuple[VersionLine, ...]
    older: int | None
    """Number below which older versions are listed; none when there are none."""


def start(breach: Breach) -> FactSheet:
    """Return what the recorded incident says already, for the first version; nothing of it is kept before somebody saves."""
    upstream = breach.upstream.strip()
    return FactSheet(nature=breach.known[:20_000], subprocessor=Subprocessor(name=upstream[:300], told_at=breach.upstream_told_at) if upstream else None)


def page(session: Session, breach: Breach, newest: BreachFacts | None, *, before: int | None) -> FactsPage:
    """Return the page of a case; `before` lists the versions below a number."""
    sheet = facts.read(newest.sheet) if newest else start(breach)
    rows = _versions(session, breach, before)
    inputs = sheet.severity_inputs
    return FactsPage(
        number=newest.number if newest else 0, saved=newest is not None, sheet=sheet, missing=facts.missing(sheet),
        completeness=facts.completeness(sheet), odd=(*facts.contradictions(sheet), *denied(session, breach, sheet)),
        assessment=_assessment(sheet) if inputs else None, suggestion=facts.suggested(sheet), matters=facts.matters(sheet, breach.zone, numbers=False),
        versions=_lines(session, breach, rows), older=rows[SHOWN - 1].number if len(rows) > SHOWN else None,
    )  # fmt: skip


def folds(sheet: FactSheet, wrong: Sequence[str]) -> tuple[Fold, ...]:
    """Return the sections; open are those with a mistake, else the first that still lacks something Art. 33(3) names."""
    missing = facts.missing(sheet)
    asked = [question.field for question in QUESTIONS if question.applies(sheet)]
    urgent = {one.field for one in missing if one.need is facts.Need.ARTICLE and not one.looked_for}
    first = next((section.key for section in SECTIONS if urgent & set(section.asks)), SECTIONS[0].key)
    lacking = {one.field for one in missing}
    found = []
    for section in SECTIONS:
        of_section = [name for name in asked if name in section.asks]
        has_mistake = bool(set(wrong) & set(section.fields))
        found.append(Fold(section, sum(name not in lacking for name in of_section), len(of_section), has_mistake or (not wrong and section.key == first)))
    return tuple(found)


def version(session: Session, breach: Breach, number: int) -> tuple[BreachFacts, FactSheet]:
    """Return one version of a case's sheet; raises `NotFound`."""
    row = session.scalar(select(BreachFacts).where(BreachFacts.breach_id == breach.id, BreachFacts.number == min(number, 2**31 - 1)))
    if row is None:
        raise NotFound("There is no such version of the fact sheet.")
    return row, facts.read(row.sheet)


def merged(matters: Matters, standing: Draft | None) -> Draft:
    """Return a notice's draft made of the sheet; matters the sheet says nothing about keep the text that stands."""
    old = standing or Draft("", "", "", "", "")
    said = {name: "\n\n".join(getattr(matters, name)) for name in ("nature", "contact", "consequences", "measures", "unknown")}
    return Draft(**{name: text or getattr(old, name) for name, text in said.items()})


def _assessment(sheet: FactSheet) -> Assessment | None:
    if sheet.severity_inputs is None:
        return None
    hint = facts.suggested(sheet)
    return facts.assess(sheet.severity_inputs, people=hint.people, unintelligible=hint.unintelligible)


def _versions(session: Session, breach: Breach, before: int | None) -> Sequence[BreachFacts]:
    query = select(BreachFacts).where(BreachFacts.breach_id == breach.id).order_by(BreachFacts.number.desc()).limit(SHOWN + 1)
    return session.scalars(query.where(BreachFacts.number < min(before, 2**31 - 1)) if before is not None else query).all()


def _lines(session: Session, breach: Breach, rows: Sequence[BreachFacts]) -> tuple[VersionLine, ...]:
    who = people(session, {row.by for row in rows})
    older = [*(facts.read(row.sheet) for row in rows[1:]), FactSheet()]
    lines = []
    for row, before in zip(rows[:SHOWN], older, strict=False):
        told = [change.sentence for change in facts.changes(before, facts.read(row.sheet), breach.zone)]
        lines.append(VersionLine(row.number, who[row.by], row.at, tuple(told[:CHANGES]), max(len(told) - CHANGES, 0)))
    return tuple(lines)
