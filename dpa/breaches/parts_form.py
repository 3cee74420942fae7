"""Forms of what concerns each customer, and of a text in a further language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import FileField, SelectField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from dpa.agreements import uploads
from dpa.breaches.facts import Count, FactsProblem, Share, build, living, words
from dpa.breaches.facts.listing import Line, table
from dpa.breaches.facts.words import Word
from dpa.breaches.facts_form import NumberField, lines_of
from dpa.breaches.forms import uploaded
from dpa.breaches.rules import Draft
from dpa.languages.countries import country_fault
from dpa.problems import Invalid
from dpa.web.forms import Form

NOTHING = "As it stands: nothing said for this customer"


def _precision(label: str) -> SelectField:
    return SelectField(label, choices=[SelectChoice("", label=NOTHING), *(SelectChoice(one.value, label=one.label) for one in words.Precision)], default="")


def _several(label: str, kind: type[Word]) -> SelectMultipleField:
    choices = [SelectChoice(one.value, label=one.label) for one in kind if not one.is_open]
    return SelectMultipleField(label, choices=choices, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())


class PartForm(Form):
    """What concerns one customer; what is left empty is as the agreement and the fact sheet say."""

    people = _precision("How many people")
    people_value = NumberField("Number of people", [Optional()])
    records = _precision("How many records")
    records_value = NumberField("Number of records", [Optional()])
    subjects = _several("Categories of people", words.SubjectCategory)
    subjects_note = TextAreaField("More about the people")
    data_types = _several("Kinds of data", words.DataType)
    data_note = TextAreaField("More about the data")
    countries = TextAreaField("Countries of its people")

    @classmethod
    def of(cls, share: Share) -> PartForm:
        """Return the form filled with what was said before."""
        return cls(data={
            **_count_fields("people", share.people), **_count_fields("records", share.records),
            "subjects": [one.value for one in share.subjects or ()], "data_types": [one.value for one in share.data_types or ()],
            "subjects_note": share.subjects_note or "", "data_note": share.data_note or "",
            "countries": "\n".join(living.line(one) for one in share.countries or ()),
        })  # fmt: skip

    def share(self) -> Share:
        """Return what was typed; raises `Invalid` by field."""
        given = {
            "people": _count(self.people.data, self.people_value.data), "records": _count(self.records.data, self.records_value.data),
            "subjects": self.subjects.data or [], "data_types": self.data_types.data or [],
            "subjects_note": self.subjects_note.data or "", "data_note": self.data_note.data or "",
        }  # fmt: skip
        try:
            sheet = build({**given, "countries": living.listed(lines_of(self.countries.data))})
        except ValueError as problem:
            raise Invalid(str(problem), fields={"countries": str(problem)}) from None
        except FactsProblem as problem:
            raise Invalid(problem.message, fields={f"{key}_value" if key in {"people", "records"} else key: text for key, text in problem.fields.items()}) from None
        if fault := next((fault for one in sheet.countries if (fault := country_fault(one.code))), None):
            raise Invalid(fault, fields={"countries": fault})
        return Share(
            countries=sheet.countries or None, people=sheet.people, records=sheet.records, subjects=sheet.subjects or None, data_types=sheet.data_types or None,
            subjects_note=sheet.subjects_note or None, data_note=sheet.data_note or None,
        )  # fmt: skip


def _count_fields(name: str, count: Count | None) -> Mapping[str, Any]:
    return {name: count.precision.value if count else "", f"{name}_value": count.value if count else None}


def _count(precision: str | None, value: int | None) -> Mapping[str, Any] | None:
    # A number alone is an approximate one: it must not claim more than was said.
    precision = precision or (words.Precision.APPROXIMATE.value if value is not None else "")
    return {"precision": precision, "value": value} if precision else None


class TableForm(Form):
    """What concerns many customers, pasted or as a file."""

    table = TextAreaField("One line for each customer")
    file = FileField("Or a CSV file", render_kw={"accept": ".csv,.txt,text/csv,text/plain"})

    def lines(self) -> Sequence[Line]:
        """Return the lines given; raises `Invalid` for none, both, and what cannot be read. The text of a file stays on the page, to be corrected."""
        if data := uploaded(self.file):
            self.table.data = uploads.either(data, self.table.data or "", file_field="file", text_field="table", what="a CSV or text file")
        return table(self.table.data or "")


class TextForm(Form):
    """The text of a phase in a further language."""

    nature = TextAreaField("What happened", [DataRequired("Say what happened; everything else may follow in a later phase.")])
    consequences = TextAreaField("Likely consequences")
    measures = TextAreaField("Measures taken or proposed")
    unknown = TextAreaField("What is not known yet")
    contact = TextAreaField("Contact that answers now", [DataRequired("Name a contact that answers now.")])

    def draft(self) -> Draft:
        """Return what was typed."""
        return Draft(
            nature=self.nature.data or "", contact=self.contact.data or "", consequences=self.consequences.data or "",
            measures=self.measures.data or "", unknown=self.unknown.data or "",
        )  # fmt: skip
