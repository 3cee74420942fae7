"""Forms of agreements, standard terms, systems, house targets and imports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from wtforms import (
    DateField,
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from dpa.agreements import uploads
from dpa.agreements.deviations import MOST_HOURS
from dpa.agreements.pages.terms import ConflictLine
from dpa.agreements.rules import OPERATOR_MAX, AgreementInput
from dpa.agreements.serving import ActivityRow, SystemRow
from dpa.agreements.terms import Unit, Word
from dpa.agreements.terms.text_words import WORD
from dpa.problems import Invalid
from dpa.web.forms import Form
from dpa.web.identity import OrganisationRef

DAY = "Enter the day as year, month and day."
NOTE = "Say why, so that somebody else understands it in two years."
UNITS = {Unit.HOURS: "hours", Unit.CALENDAR_DAYS: "calendar days", Unit.WORKING_DAYS: "working days"}
GROUPS = {"all": "everything else", "breach": "breach notification"}
JSON_TEXT = "terms as JSON"


def _uploaded(field: FileField) -> tuple[bytes, str]:
    """Return content and name of an uploaded file; both empty when none was chosen."""
    storage: Any = field.data
    if not storage or not getattr(storage, "filename", ""):
        return b"", ""
    content: bytes = storage.read()
    if not content:
        raise Invalid("The file is empty; choose another one.", field=field.name)
    return content, str(storage.filename).replace("\\", "/").rpartition("/")[2]


class TicksField(SelectMultipleField):  # type: ignore[misc]
    """Systems or activities as a list of ticks."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, coerce=int, **kwargs)

    def offer(self, rows: Iterable[SystemRow] | Iterable[ActivityRow]) -> None:
        """Offer what belongs to one organisation."""
        self.choices = [SelectChoice(row.id, label=row.name) for row in rows]


class AgreementForm(Form):
    """A new agreement on standard terms."""

    customer = StringField("Customer's reference", [DataRequired("Enter your own number for the customer."), Length(max=40)])
    template = SelectField("Standard terms", [InputRequired("Choose the standard terms.")], coerce=int)
    reference = StringField("Reference of the agreement", [DataRequired("Enter your own number for the agreement."), Length(max=40)])
    starts_on = DateField("First day", [InputRequired(DAY)])
    ends_on = DateField("Last day", [Optional()])
    systems = TicksField("Systems that process the customer's data")
    activities = TicksField("Processing activities done for the customer")

    def offer(self, templates: Sequence[tuple[int, str]], systems: Iterable[SystemRow], activities: Iterable[ActivityRow]) -> None:
        """Offer what belongs to the organisation, and nothing else."""
        self.template.choices = [SelectChoice(key, label=title) for key, title in templates]
        self.systems.offer(systems)
        self.activities.offer(activities)

    def agreement(self) -> AgreementInput:
        """Return what was typed."""
        return AgreementInput((self.reference.data or "").strip(), self.starts_on.data, self.ends_on.data)


class EndForm(Form):
    """The last day of an agreement."""

    ends_on = DateField("Last day", [InputRequired(DAY)])


class SystemsForm(Form):
    """The systems of an agreement."""

    systems = TicksField("Systems that process the customer's data")


class ActivitiesForm(Form):
    """The processing activities of an agreement."""

    activities = TicksField("Processing activities done for the customer")


class ActivityForm(Form):
    """A new processing activity."""

    name = StringField("Name", [DataRequired("Enter the name people in the organisation use."), Length(max=120)])


class OperatorForm(Form):
    """Who runs a system."""

    operator = StringField("Run by", [Length(max=OPERATOR_MAX)])
    operator_hours = IntegerField("Hours promised to tell of a breach", [Optional()])


class SystemForm(OperatorForm):
    """A new system."""

    name = StringField("Name", [DataRequired("Enter the name people in the organisation use."), Length(max=120)])


class DecisionForm(Form):
    """Which of several contradicting readings is followed, and why."""

    option = RadioField("Which reading do you follow?", [InputRequired("Choose one of the readings.")])
    reason = TextAreaField("Why", [DataRequired(NOTE), Length(max=800, message="Shorten the reason to 800 characters.")])

    def offer(self, conflict: ConflictLine) -> None:
        """Offer the readings of one contradiction."""
        self.option.choices = [SelectChoice(option.id, label=option.title) for option in conflict.options]


class HoursForm(Form):
    """The commonest deviation: another number of hours for a breach."""

    hours = IntegerField("Hours to tell of a breach", [InputRequired("Enter the hours as a whole number."), NumberRange(1, MOST_HOURS)])
    clause = StringField("Clause", [DataRequired("Name the clause that promises this."), Length(max=60)])
    hours_from = DateField("In force from", [InputRequired(DAY)])
    hours_note = StringField("Why", [DataRequired(NOTE), Length(max=400)])


class SheetForm(Form):
    """All deviations at once, as a deviation sheet."""

    file = FileField("Deviation sheet as a file")
    sheet = TextAreaField("Or its text")
    valid_from = DateField("In force from", [InputRequired(DAY)])
    note = StringField("Why", [DataRequired(NOTE), Length(max=400)])

    def text(self) -> str:
        """Return the one text given."""
        data, _ = _uploaded(self.file)
        return uploads.either(data, self.sheet.data or "", file_field="file", text_field="sheet", what="a deviation sheet as JSON")


class TermsForm(Form):
    """A version of standard terms: the first, or an amendment."""

    file = FileField("Terms as a file")
    terms = TextAreaField("Or the same JSON as text")
    valid_from = DateField("In force from", [InputRequired(DAY)])
    note = StringField("Why", [DataRequired(NOTE), Length(max=400)])

    def text(self) -> str:
        """Return the one text given."""
        data, _ = _uploaded(self.file)
        return uploads.either(data, self.terms.data or "", file_field="file", text_field="terms", what=JSON_TEXT)


class PlainTermsForm(Form):
    """The first promise of a contract, from which the text of standard terms is made."""

    title = StringField("Title of the terms", [DataRequired("Enter what the contract is called."), Length(max=200)])
    hours = IntegerField("Hours in which a customer is told of a breach", [InputRequired("Enter a whole number of hours."), NumberRange(1, MOST_HOURS)])
    clause = StringField("Clause that says so", [DataRequired("Enter the number of the clause, as the contract prints it."), Length(max=60)])


class TargetForm(Form):
    """A house target for a word."""

    word = SelectField("Word", [InputRequired("Choose a word.")], choices=[SelectChoice(word.value, label=text) for word, text in WORD.items()])
    group = SelectField("Where", [InputRequired("Choose where it holds.")], choices=[SelectChoice(value, label=text) for value, text in GROUPS.items()])
    amount = IntegerField("How many", [InputRequired("Enter a whole number above zero."), NumberRange(1, 100_000)])
    unit = SelectField("Of what", [InputRequired("Choose a unit.")], choices=[SelectChoice(unit.value, label=text) for unit, text in UNITS.items()])
    ceiling = IntegerField("Escalate after", [Optional(), NumberRange(1, 100_000)])

    def target(self) -> tuple[Word, str, int, Unit, int | None]:
        """Return what was typed."""
        group = "" if self.group.data == "all" else str(self.group.data)
        return Word(self.word.data), group, int(self.amount.data), Unit(self.unit.data), self.ceiling.data


class ImportForm(Form):
    """A CSV file of customers and agreements."""

    organisation = SelectField("Organisation", [InputRequired("Choose an organisation.")], coerce=int)
    file = FileField("CSV file")
    text = TextAreaField("Or its text")

    def offer(self, organisations: Iterable[OrganisationRef]) -> None:
        """Offer the organisations the person may import into."""
        self.organisation.choices = [SelectChoice(one.id, label=one.name) for one in organisations]

    def content(self) -> tuple[str, str]:
        """Return the one text given and the name of its file."""
        data, name = _uploaded(self.file)
        text = uploads.either(data, self.text.data or "", file_field="file", text_field="text", what="a CSV file")
        return text, name or "pasted text"


def first_day(after: date, today: date) -> date:
    """Return the day an amendment is proposed to begin: today, or the day after the version before it."""
    return max(today, date.fromordinal(after.toordinal() + 1))
