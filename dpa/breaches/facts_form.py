"""The fact sheet as a form: nothing is required, and what was typed becomes a sheet or a sentence beside the field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from dpa.breaches.facts import FactSheet, FactsProblem, attachments, build, living, words
from dpa.breaches.facts.severity import LOSSES, DataKind, Ease, Factor, Loss
from dpa.breaches.facts.showing import lowered
from dpa.breaches.facts.words import Word
from dpa.web.forms import Form, ZonedDateTimeField

NOT_SAID = "Nothing said yet"
WHOLE = "Enter a whole number, such as 3112, or leave it empty."


def _choice(label: str, kind: type[Word]) -> SelectField:
    choices = [SelectChoice("", label=NOT_SAID), *(SelectChoice(word.value, label=word.label) for word in kind)]
    return SelectField(label, choices=choices, default="")


def _several(label: str, kind: type[Word]) -> SelectMultipleField:
    choices = [SelectChoice(word.value, label=word.label) for word in kind]
    return SelectMultipleField(label, choices=choices, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())


class NumberField(IntegerField):  # type: ignore[misc]
    """A whole number as people write it: 3112, 3,112 or 3 112."""

    widget = TextInput()

    def __init__(self, label: str, validators: Any = (), **kwargs: Any) -> None:
        super().__init__(label, validators, render_kw={"inputmode": "numeric"}, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; errors name the form wanted."""
        typed = "".join(valuelist).replace(",", "").replace(" ", "").replace("\N{NO-BREAK SPACE}", "").replace("\N{NARROW NO-BREAK SPACE}", "")
        if not typed:
            self.data = None
        elif typed.isascii() and typed.isdigit() and len(typed) < 16:
            self.data = int(typed)
        else:
            self.data = None
            raise ValueError(WHOLE)


def _loss(name: str) -> SelectField:
    return SelectField(
        f"Loss of {name}", choices=[SelectChoice(loss.value, label=f"{loss.label}: {LOSSES[name][loss]}") for loss in Loss], default=Loss.NONE.value
    )


class FactsForm(Form):
    """Everything the sheet asks, in the order in which a controller needs it."""

    version = HiddenField()
    """The version the person was looking at; another one was saved meanwhile when it differs from the newest."""
    nature = TextAreaField("What happened")
    natures = _several("What was breached", words.Nature)
    disclosure = _choice("Were data taken or disclosed?", words.Disclosure)
    unintelligible = _choice("Could those without authority read the data?", words.Unintelligible)
    alteration = _choice("How were data altered?", words.Alteration)
    unavailability = _choice("For how long are the data lost?", words.Unavailability)
    data_types = _several("Types of data", words.DataType)
    data_note = TextAreaField("More about the data")
    subjects = _several("Categories of people", words.SubjectCategory)
    subjects_note = TextAreaField("More about the people")
    people = _choice("How many people", words.Precision)
    people_value = NumberField("Number of people", [Optional()])
    records = _choice("How many records", words.Precision)
    records_value = NumberField("Number of records", [Optional()])
    records_note = TextAreaField("What one record is")
    consequences = TextAreaField("Likely consequences")
    confidentiality_consequences = _several("Of the loss of confidentiality", words.ConfidentialityConsequence)
    confidentiality_note = TextAreaField("More about these consequences")
    integrity_consequences = _several("Of the loss of integrity", words.IntegrityConsequence)
    integrity_note = TextAreaField("More about the consequences of the loss of integrity")
    availability_consequences = _several("Of the loss of availability", words.AvailabilityConsequence)
    availability_note = TextAreaField("More about the consequences of the loss of availability")
    impacts = _several("Impact it may have on people", words.Impact)
    impacts_note = TextAreaField("More about the impact")
    severity = _choice("How severe may the impact be? The controller assesses", words.Severity)
    measures_taken = TextAreaField("What you did about it")
    measures_proposed = TextAreaField("What the controller should do now")
    measures_before = _several("Measures in place when it happened", words.MeasureInPlace)
    measures_before_note = TextAreaField("More about the measures in place")
    prevention = _several("Measures against a repetition", words.Prevention)
    prevention_note = TextAreaField("More about the measures against a repetition")
    contact = StringField("Name")
    contact_role = StringField("Function")
    contact_phone = StringField("Telephone")
    contact_mail = StringField("E-mail address")
    contact_note = StringField("When and how to reach the person")
    unknown = TextAreaField("What is still unknown")
    next_word_at = ZonedDateTimeField("Next word at the latest", [Optional()])
    occurrence = _choice("When it happened", words.Span)
    occurrence_began = ZonedDateTimeField("Began", [Optional()])
    occurrence_ended = ZonedDateTimeField("Ended", [Optional()])
    occurrence_estimated = BooleanField("These times are estimates")
    occurrence_note = TextAreaField("How the times were estimated, or why they cannot be determined")
    discovery = _choice("How it was discovered", words.Discovery)
    discovery_note = TextAreaField("More about the discovery")
    incident_type = _choice("Kind of incident that describes it best", words.IncidentType)
    further_types = _several("Further kinds that also apply", words.IncidentType)
    cause = _choice("Cause", words.Cause)
    systems = TextAreaField("Systems involved")
    subprocessor = StringField("Subprocessor in whose systems it happened")
    subprocessor_told = ZonedDateTimeField("When it told you", [Optional()])
    subprocessor_contact = StringField("Its contact")
    countries = TextAreaField("Countries of the people concerned")
    police = _choice("Reported by you to the police or a court", words.Answer)
    authorities = _choice("Notified by you to other authorities", words.Answer)
    reports_note = TextAreaField("Which authorities, and their case numbers")
    attachments = TextAreaField("What you give customers besides, by name")
    severity_inputs = _choice("Most sensitive data", DataKind)
    severity_ease = _choice("Ease of identifying a person", Ease)
    severity_confidentiality = _loss("confidentiality")
    severity_integrity = _loss("integrity")
    severity_availability = _loss("availability")
    severity_malicious = BooleanField("Somebody meant it")

    def tell_times_in(self, zone: str) -> None:
        """Read times in the zone of the case."""
        for field in self.times:
            field.zone = zone

    @property
    def times(self) -> tuple[ZonedDateTimeField, ...]:
        """The times of the form."""
        return self.next_word_at, self.occurrence_began, self.occurrence_ended, self.subprocessor_told

    def sheet(self, standing: FactSheet) -> FactSheet:
        """Return what was typed as a sheet; raises `FactsProblem` by field."""
        faults: dict[str, str] = {}
        plain = {name: self._fields[name].data or None for name in _ONE} | {name: self._fields[name].data or () for name in _MANY}
        texts = {name: self._fields[name].data or "" for name in _TEXTS}
        given = {name: self._instant(name, faults) for name in ("next_word_at", "occurrence_began", "occurrence_ended", "subprocessor_told")}
        groups = {
            "people": self._count("people"), "records": self._count("records"), "contact": self._contact(), "next_word_at": given["next_word_at"],
            "occurrence": self._occurrence(given, faults), "subprocessor": self._subprocessor(given, faults), "systems": lines_of(self.systems.data),
            "countries": self._countries(faults), "attachments": self._attachments(standing, faults),
            "severity_inputs": self._severity(faults),
        }  # fmt: skip
        try:
            sheet = build({**plain, **texts, **groups})
        except FactsProblem as problem:
            faults = {**problem.fields, **faults}
        if faults:
            raise FactsProblem("The facts cannot be kept yet.", fields=faults)
        return sheet

    def _instant(self, name: str, faults: dict[str, str]) -> datetime | None:
        try:
            found: datetime | None = self._fields[name].instant()
        except ValueError as error:
            faults[name] = str(error)
            return None
        return found

    def _count(self, name: str) -> Mapping[str, Any] | None:
        precision, value = self._fields[name].data, self._fields[f"{name}_value"].data
        # A number alone is an approximate one: it must not claim more than was said.
        precision = precision or (words.Precision.APPROXIMATE.value if value is not None else "")
        return {"precision": precision, "value": value} if precision else None

    def _contact(self) -> Mapping[str, str] | None:
        said = {"name": self.contact, "role": self.contact_role, "phone": self.contact_phone, "mail": self.contact_mail, "note": self.contact_note}
        found = {name: field.data or "" for name, field in said.items()}
        return found if any(found.values()) else None

    def _occurrence(self, given: Mapping[str, Any], faults: dict[str, str]) -> Mapping[str, Any] | None:
        began, ended, note = given["occurrence_began"], given["occurrence_ended"], self.occurrence_note.data or ""
        if not self.occurrence.data:
            if began or ended or note.strip() or self.occurrence_estimated.data:
                faults["occurrence"] = "Choose what is known about the time, so that the rest has a meaning."
            return None
        estimated = bool(self.occurrence_estimated.data)
        return {"span": self.occurrence.data, "estimated": estimated, "began_at": began, "ended_at": ended, "explanation": note}

    def _subprocessor(self, given: Mapping[str, Any], faults: dict[str, str]) -> Mapping[str, Any] | None:
        name, told, contact = (self.subprocessor.data or "").strip(), given["subprocessor_told"], (self.subprocessor_contact.data or "").strip()
        if not name:
            if told or contact:
                faults["subprocessor"] = "Name the subprocessor."
            return None
        return {"name": name, "told_at": told, "contact": contact}

    def _countries(self, faults: dict[str, str]) -> list[Mapping[str, Any]]:
        try:
            return living.listed(lines_of(self.countries.data))
        except ValueError as problem:
            faults["countries"] = str(problem)
            return []

    def _attachments(self, standing: FactSheet, faults: dict[str, str]) -> list[Mapping[str, Any]]:
        try:
            return attachments.listed(lines_of(self.attachments.data), standing.attachments)
        except ValueError as problem:
            faults["attachments"] = str(problem)
            return []

    def _severity(self, faults: dict[str, str]) -> Mapping[str, Any] | None:
        losses = {name: self._fields[f"severity_{name}"].data for name in LOSSES}
        adjustments = self._adjustments(faults)
        malicious = bool(self.severity_malicious.data)
        anything = adjustments or malicious or any(loss != Loss.NONE for loss in losses.values())
        if not (self.severity_inputs.data or self.severity_ease.data or anything):
            return None
        if not self.severity_inputs.data:
            faults["severity_inputs"] = "Choose the most sensitive data; the score cannot be computed without."
        if not self.severity_ease.data:
            faults["severity_ease"] = "Choose how easily a person can be identified; it cannot be guessed."
        return {"data": self.severity_inputs.data, "ease": self.severity_ease.data, "malicious": malicious, "adjustments": adjustments, **losses}

    def _adjustments(self, faults: dict[str, str]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for factor in Factor:
            points, reason = self._fields[f"adjust_{factor.value}"].data, (self._fields[f"adjust_{factor.value}_why"].data or "").strip()
            if points and points != "0":
                found.append({"factor": factor.value, "points": int(points), "reason": reason})
            elif reason:
                faults[f"adjust_{factor.value}"] = "Choose by how many points, or take the reason out."
        return found


def _points(factor: Factor) -> SelectField:
    sign = "+" if factor.direction > 0 else "−"
    choices = [SelectChoice("0", label="no"), *(SelectChoice(str(points), label=f"{sign}{points}") for points in (1, 2, 3))]
    return SelectField(factor.label, choices=choices, default="0")


for _factor in Factor:
    setattr(FactsForm, f"adjust_{_factor.value}", _points(_factor))
    setattr(FactsForm, f"adjust_{_factor.value}_why", StringField(f"Why: {lowered(_factor.label)}"))


_ONE = (
    "disclosure", "unintelligible", "alteration", "unavailability", "severity", "discovery", "incident_type", "cause", "police", "authorities",
)
_MANY = (
    "natures", "data_types", "subjects", "confidentiality_consequences", "integrity_consequences", "availability_consequences", "impacts",
    "measures_before", "prevention", "further_types",
)  # fmt: skip
_TEXTS = (
    "nature", "data_note", "subjects_note", "records_note", "consequences", "confidentiality_note", "integrity_note", "availability_note",
    "impacts_note", "measures_taken", "measures_proposed", "measures_before_note", "prevention_note", "unknown", "discovery_note", "reports_note",
)  # fmt: skip


def lines_of(text: str | None) -> list[str]:
    """Return the lines of a text area that say something."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def values(sheet: FactSheet, zone: str) -> dict[str, Any]:
    """Return what the form shows of a sheet; times as the wall clock of `zone` shows them."""
    found: dict[str, Any] = {name: _value(getattr(sheet, name)) for name in _ONE} | {name: getattr(sheet, name) for name in _TEXTS}
    found |= {name: [word.value for word in getattr(sheet, name)] for name in _MANY}
    for name in ("people", "records"):
        count = getattr(sheet, name)
        found |= {name: _value(count.precision) if count else "", f"{name}_value": count.value if count else None}
    if sheet.contact:
        who = sheet.contact
        found |= {"contact": who.name, "contact_role": who.role, "contact_phone": who.phone, "contact_mail": who.mail, "contact_note": who.note}
    if when := sheet.occurrence:
        found |= {
            "occurrence": when.span.value, "occurrence_began": _local(when.began_at, zone), "occurrence_ended": _local(when.ended_at, zone),
            "occurrence_estimated": when.estimated, "occurrence_note": when.explanation,
        }  # fmt: skip
    if one := sheet.subprocessor:
        found |= {"subprocessor": one.name, "subprocessor_told": _local(one.told_at, zone), "subprocessor_contact": one.contact}
    found |= {
        "next_word_at": _local(sheet.next_word_at, zone), "systems": "\n".join(sheet.systems),
        "countries": "\n".join(living.line(country) for country in sheet.countries),
        "attachments": "\n".join(attachments.line(attachment) for attachment in sheet.attachments),
    }  # fmt: skip
    return found | _severity_values(sheet)


def _severity_values(sheet: FactSheet) -> dict[str, Any]:
    if (inputs := sheet.severity_inputs) is None:
        return {}
    return {
        "severity_inputs": inputs.data.value, "severity_ease": inputs.ease.value, "severity_malicious": inputs.malicious,
        **{f"severity_{name}": getattr(inputs, name).value for name in LOSSES},
        **{f"adjust_{one.factor.value}": str(one.points) for one in inputs.adjustments},
        **{f"adjust_{one.factor.value}_why": one.reason for one in inputs.adjustments},
    }  # fmt: skip


def _value(word: StrEnum | None) -> str:
    return word.value if word is not None else ""


def _local(at: datetime | None, zone: str) -> datetime | None:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if at else None
