"""The facts as JSON in the structure of the EDPB's notification template, for a controller to import into its own notification.

Only what the processor knows is filled. What the controller must decide is listed and never filled, whatever the sheet says; nothing is
derived that nobody stated. It is no notification and no draft of a risk assessment (Art. 33(1) and 34 GDPR).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dpa.breaches.facts.severity import assess
from dpa.breaches.facts.sheet import Count, FactSheet
from dpa.breaches.facts.showing import contact_text, listed, lowered
from dpa.breaches.facts.suggesting import suggested
from dpa.breaches.facts.telling import Share, for_controller
from dpa.breaches.facts.template import ADOPTED, FIELDS, VERSION, Field
from dpa.breaches.facts.words import Answer, AttachmentKind, Nature, Word
from dpa.deadlines.explaining import instant_text
from dpa.languages.countries import EEA

FORMAT = "dpa-desk-edpb-prefill"
FORMAT_VERSION = 1
NOTES = (
    "This file holds facts from a processor. It is not a notification and was sent to no supervisory authority.",
    "Fields 79 to 87 are the processor's proposals; the controller assesses.",
    "Answers marked as lists are lists of letters; all letters are those of the template.",
    "The template was read in version 1.0, adopted on 8 June 2026, through a third-party extraction; compare it with the final version.",
)
EXERCISE = "This is an exercise. Nothing in this file happened; never submit it."
WITHDRAWN = "The newest notice took this back: there was no personal data breach. The facts stand as they were told; never submit them as a breach."
DEMONSTRATION = "This file comes from a demonstration without a mail server: no notice it speaks of reached the controller by mail. Do not submit it."

METHOD = "ENISA, Recommendations for a methodology of the assessment of severity of personal data breaches, v1.0, December 2013"

Value = str | int | bool | list[str] | list[int]


@dataclass(frozen=True, slots=True)
class Context:
    """What the package needs beside the sheet."""

    processor: str
    """Name of the organisation that processes."""
    controller: str
    """Name of the controller the package is for."""
    reference: str
    """Our reference of the incident, such as LL-2026-007."""
    detected_at: datetime
    """When it was first noticed, aware."""
    aware_at: datetime
    """When the processor was aware, aware."""
    notified_at: datetime | None
    """When this controller was informed, aware; none before that."""
    as_of: datetime
    """The moment whose facts these are, aware."""
    zone: str
    """IANA zone in which days and times are said."""
    facts_version: int
    """Running number of the sheet, 1 for the first."""
    phase: str = "initial"
    """Phase of the notice this package belongs to."""
    withdrawn: bool = False
    """Whether that notice took everything back: there was no breach."""
    controllers: int = 1
    """How many controllers the incident touches."""
    share: Share | None = None
    """What is known of this controller's own part."""
    processor_contact: str = ""
    """Contact details where the sheet names no contact."""
    exercise: bool = False
    """Whether this is a drill."""
    demonstration: bool = False
    """Whether no mail server was set, or the file mailbox kept what this controller should have been told."""
    facts_saved_at: datetime | None = None
    """When the newest sheet was saved, aware; none where none was kept."""
    last_notice_at: datetime | None = None
    """When the newest notice was released, aware; none before the first."""
    facts_behind: bool = False
    """Whether that notice is newer than the sheet and says other things."""
    measures_told: bool = False
    """Whether the measures are those told in that notice, because the sheet's are older."""
    own_aware_at: datetime | None = None
    """When it was aware that this controller is affected, where that was later, aware."""
    own_aware_why: str = ""
    """Why later."""


def package(sheet: FactSheet, context: Context) -> dict[str, Any]:
    """Return the facts for one controller as a mapping ready for JSON: no fractions, keys in lower case.

    `fields` maps the schema's names (`field_55`) to letters, texts, numbers and lists, in the order of the template; `readable` says the
    same in words; `open` lists what the processor may contribute and does not know yet; `left_to_the_controller` lists the rest with the
    reason; `statements` holds what Art. 33(3) and (4) GDPR ask and the template has no field for. `exercise`, `withdrawn`,
    `demonstration` and `facts_behind_last_notice` say beside the template's structure what the file is worth. Raises ValueError for naive instants.
    """
    own = for_controller(sheet, context.share, controllers=context.controllers)
    filled = _filled(own, context)
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "template": {"name": "EDPB template for personal data breach notification", "version": VERSION, "adopted": ADOPTED},
        "exercise": context.exercise,
        "demonstration": context.demonstration,
        "processor": context.processor,
        "controller": context.controller,
        "reference": context.reference,
        "phase": context.phase,
        "withdrawn": context.withdrawn,
        "facts_version": context.facts_version,
        "facts_saved_at": _or_none(context.facts_saved_at),
        "last_notice_at": _or_none(context.last_notice_at),
        "facts_behind_last_notice": context.facts_behind,
        "as_of": _rfc3339(context.as_of),
        "fields": {FIELDS[number].name: value for number, (value, _said) in filled.items()},
        "readable": [
            {"field": FIELDS[number].name, "title": FIELDS[number].title, "text": said} for number, (_value, said) in filled.items()
        ],
        "statements": _statements(own),
        "open": _open(filled, own, context.controllers),
        "left_to_the_controller": [
            {"field": field.name, "title": field.title, "mandatory": field.mandatory, "reason": field.left.value}
            for field in FIELDS.values()
            if field.left
        ],
        "notes": [*_warnings(context), *NOTES, *_shared(context)],
    }


def _statements(own: FactSheet) -> dict[str, Any]:
    return {
        "consequences": own.consequences, "measures_proposed": own.measures_proposed, "still_unknown": own.unknown,
        "next_word_at": _or_none(own.next_word_at), "severity": _severity(own),
    }  # fmt: skip


def _severity(own: FactSheet) -> dict[str, Any] | None:
    """Return the saved severity by ENISA's method with its inputs and its reckoning; none where nobody reckoned it. It fills no field."""
    if own.severity_inputs is None:
        return None
    hint = suggested(own)
    found = assess(own.severity_inputs, people=hint.people, unintelligible=hint.unintelligible)
    return {
        "method": METHOD, "about": "the incident as a whole", "inputs": own.severity_inputs.model_dump(mode="json"), "reckoning": list(found.steps),
        "score": str(found.score), "band": found.band.value, "flags": list(found.flags), "advice": found.advice,
    }  # fmt: skip


class _Form:
    """Collects answers with their words, by number; what nobody stated is not collected."""

    def __init__(self) -> None:
        self.answers: dict[int, tuple[Value, str]] = {}

    def word(self, number: int, word: Word | None) -> None:
        """Take one choice."""
        if word is not None:
            self.answers[number] = (word.code, word.label)

    def words(self, number: int, chosen: tuple[Word, ...]) -> None:
        """Take a list of choices."""
        if chosen:
            self.answers[number] = ([word.code for word in chosen], "; ".join(word.label for word in chosen))

    def text(self, number: int, text: str) -> None:
        """Take a text."""
        if text:
            self.answers[number] = (text, text)

    def count(self, kind: int, number: int, count: Count | None) -> None:
        """Take a number with its precision, which are two fields."""
        if count is not None:
            self.word(kind, count.precision)
            if count.value is not None:
                self.answers[number] = (count.value, f"{count.value:,}")

    def instant(self, number: int, at: datetime | None, zone: str) -> None:
        """Take an instant."""
        if at is not None:
            self.answers[number] = (_rfc3339(at), instant_text(at, zone))


def _filled(sheet: FactSheet, context: Context) -> dict[int, tuple[Value, str]]:
    form = _Form()
    _parties(form, sheet, context)
    _timeline(form, sheet, context)
    _nature(form, sheet)
    _people_and_data(form, sheet)
    _consequences(form, sheet)
    _reports(form, sheet)
    return dict(sorted(form.answers.items()))


def _parties(form: _Form, sheet: FactSheet, context: Context) -> None:
    contact = contact_text(sheet.contact) if sheet.contact else context.processor_contact
    parties = [("Processor", context.processor, contact)]
    if sheet.subprocessor:
        parties.append(("Subprocessor of the processor", sheet.subprocessor.name, sheet.subprocessor.contact))
    form.answers[38] = ("a", "Yes")
    for at, number in enumerate((39, 40, 41)):
        column = [party[at] for party in parties]
        if any(column):
            form.answers[number] = (column, "; ".join(filter(None, column)))


def _timeline(form: _Form, sheet: FactSheet, context: Context) -> None:
    if sheet.occurrence:
        form.word(44, sheet.occurrence.span)
        form.instant(46, sheet.occurrence.began_at, context.zone)
        form.instant(47, sheet.occurrence.ended_at, context.zone)
        if sheet.occurrence.began_at:
            form.answers[45] = (sheet.occurrence.estimated, "Yes" if sheet.occurrence.estimated else "No")
    form.word(50, sheet.discovery)
    form.text(51, sheet.discovery_note)
    if context.notified_at:
        day = context.notified_at.astimezone(ZoneInfo(context.zone)).date().isoformat()
        form.answers[52] = (day, day)
    form.text(53, _comments(sheet, context))


def _comments(sheet: FactSheet, context: Context) -> str:
    zone = context.zone
    noticed, aware = instant_text(context.detected_at, zone), instant_text(context.aware_at, zone)
    said = [f"The processor {context.processor} first noticed signs on {noticed} and was aware of the breach on {aware}."]
    if context.own_aware_at:
        why = f" Why later: {context.own_aware_why}" if context.own_aware_why else ""
        said.append(f"It was aware on {instant_text(context.own_aware_at, zone)} that the controller {context.controller} is affected.{why}")
    if sheet.subprocessor and sheet.subprocessor.told_at:
        said.append(f"The subprocessor {sheet.subprocessor.name} informed the processor on {instant_text(sheet.subprocessor.told_at, zone)}.")
    if context.notified_at:
        said.append(f"The processor informed the controller on {instant_text(context.notified_at, zone)}.")
    if sheet.occurrence and sheet.occurrence.explanation:
        said.append(sheet.occurrence.explanation)
    return "\n".join(said)


def _nature(form: _Form, sheet: FactSheet) -> None:
    form.words(55, sheet.natures)
    form.word(56, sheet.disclosure)
    form.word(57, sheet.unintelligible)
    form.word(58, sheet.alteration)
    form.word(59, sheet.unavailability)
    form.word(60, sheet.incident_type)
    form.word(61, sheet.cause)
    further = f"Further kinds of incident: {listed([lowered(kind.label) for kind in sheet.also])}." if sheet.also else ""
    form.text(62, "\n".join(filter(None, (sheet.nature, further))))
    form.text(63, "\n".join(sheet.systems))


def _people_and_data(form: _Form, sheet: FactSheet) -> None:
    form.words(65, sheet.subjects)
    form.text(66, sheet.subjects_note)
    form.count(67, 68, sheet.people)
    form.words(70, sheet.data_types)
    form.text(71, "\n".join(filter(None, (sheet.data_note, sheet.records_note))))
    form.count(72, 73, sheet.records)
    form.words(75, sheet.measures_before)
    form.text(76, sheet.measures_before_note)
    inside = [country for country in sheet.countries if country.code in EEA]
    form.text(116, ", ".join(EEA[country.code] for country in inside))
    numbers = [country.people for country in inside if country.people is not None]
    if inside and len(numbers) == len(inside):
        form.answers[117] = (numbers, "; ".join(f"{EEA[country.code]}: {country.people:,}" for country in inside))


def _consequences(form: _Form, sheet: FactSheet) -> None:
    form.words(79, sheet.confidentiality_consequences)
    form.text(80, sheet.confidentiality_note)
    form.words(81, sheet.integrity_consequences)
    form.text(82, sheet.integrity_note)
    form.words(83, sheet.availability_consequences)
    form.text(84, sheet.availability_note)
    form.words(85, sheet.impacts)
    form.text(86, "\n".join(filter(None, (sheet.impacts_note, sheet.consequences))))
    form.word(87, sheet.severity)
    form.text(92, sheet.measures_taken)
    form.words(94, sheet.prevention)
    form.text(95, sheet.prevention_note)


def _reports(form: _Form, sheet: FactSheet) -> None:
    """Take what we reported. A "no" of ours says nothing about the controller, so it is not written into its notification."""
    for number, answer in ((109, sheet.police), (110, sheet.authorities)):
        if answer is Answer.YES:
            form.word(number, answer)
    if Answer.YES in {sheet.police, sheet.authorities}:
        form.text(111, sheet.reports_note)
    kinds = {attachment.kind for attachment in sheet.attachments}
    form.words(125, tuple(kind for kind in AttachmentKind if kind in kinds))
    form.text(126, "\n".join(attachment.name for attachment in sheet.attachments))


_ONLY_IF: Mapping[int, Nature] = {
    56: Nature.CONFIDENTIALITY, 57: Nature.CONFIDENTIALITY, 79: Nature.CONFIDENTIALITY, 58: Nature.INTEGRITY, 81: Nature.INTEGRITY,
    59: Nature.AVAILABILITY, 83: Nature.AVAILABILITY,
}  # fmt: skip
"""Fields that the template shows only for one nature of breach."""


def _open(filled: Mapping[int, object], sheet: FactSheet, controllers: int) -> list[dict[str, Any]]:
    """Return what the processor may contribute, the template demands and nobody has stated."""
    demanded = [field for field in FIELDS.values() if field.left is None and field.number not in filled and _demanded(field, sheet, controllers)]
    return [{"field": field.name, "title": field.title} for field in demanded]


def _demanded(field: Field, sheet: FactSheet, controllers: int) -> bool:
    if field.number in _ONLY_IF:
        return _ONLY_IF[field.number] in sheet.natures
    if field.number == 73:
        return sheet.records is None
    # The countries of the incident are those of all its controllers, so for one of several nobody has stated them.
    return field.mandatory or field.number == 52 or (field.number == 116 and controllers > 1 and not sheet.countries)


def _warnings(context: Context) -> tuple[str, ...]:
    """Return what a reader must know before anything else of the file."""
    said = [text for text, holds in ((EXERCISE, context.exercise), (WITHDRAWN, context.withdrawn)) if holds]
    if context.demonstration:
        said.append(DEMONSTRATION)
    if context.facts_behind and context.facts_saved_at and context.last_notice_at:
        saved, told = instant_text(context.facts_saved_at, context.zone), instant_text(context.last_notice_at, context.zone)
        said.append(
            f"The facts were saved last on {saved}; the notice of {told} is newer and says other things. Where they differ, the notice is the newer word."
        )
        if context.measures_told:
            said.append("Field 92 holds the measures told in that notice, taken and proposed together.")
    return tuple(said)


def _shared(context: Context) -> tuple[str, ...]:
    if context.controllers <= 1:
        return ()
    return (
        f"The incident touches {context.controllers:,} controllers; numbers and countries are given only where they are known for this controller alone.",
    )


def _or_none(at: datetime | None) -> str | None:
    return _rfc3339(at) if at else None


def _rfc3339(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("an instant of the package must carry its zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
