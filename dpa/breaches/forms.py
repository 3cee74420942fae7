"""Forms of the breach workflow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from dpa.agreements import uploads
from dpa.agreements.serving import ActivityRow, SystemRow
from dpa.breaches import references
from dpa.breaches.awareness import Decision
from dpa.breaches.operations.settings import HOURS_MOST
from dpa.breaches.pages.affecting import Choices
from dpa.breaches.references import Listed
from dpa.breaches.regimes import TITLES, Profile
from dpa.breaches.rules import Incident, Selection
from dpa.languages import NAMES
from dpa.problems import Invalid
from dpa.web.forms import Form, Needed, ZonedDateTimeField
from dpa.web.identity import OrganisationRef
from dpa.web.words import plural

PERSON_MAX, ONE_MAX = 200, 300
"""Characters of a name."""


class IncidentForm(Form):
    """What is known when an incident is recorded. Little is required: everything else can follow."""

    organisation = HiddenField()
    """The organisation whose zone the times are typed in; it is chosen before, so that the two cannot drift apart."""
    title = StringField("What happened, in a few words", [DataRequired("Give the incident a short title.")])
    known = TextAreaField("What is known so far", [DataRequired("Write what is known so far; one sentence is enough.")])
    detected_at = ZonedDateTimeField("First noticed", [InputRequired("Enter when it was first noticed.")])
    aware_at = ZonedDateTimeField("Aware since", [InputRequired("Enter since when you are reasonably certain that personal data are affected.")])
    awareness_reason = TextAreaField("Why awareness came later")
    person = StringField("Who was aware", [Length(max=PERSON_MAX)])
    upstream = StringField("Subprocessor where it happened", [Length(max=PERSON_MAX)], render_kw={"list": "operators", "autocomplete": "off"})
    upstream_told_at = ZonedDateTimeField("When it told you", [Optional()])
    drill = BooleanField("This is an exercise")

    def belong_to(self, organisation: OrganisationRef) -> None:
        """Read times in the organisation's zone."""
        self.organisation.data = str(organisation.id)
        for field in self.times:
            field.zone = organisation.zone

    def typed(self) -> tuple[tuple[str, str], ...]:
        """Return what was sent, as it was, by name; not the organisation, which is still to be chosen."""
        return tuple((field.name, text) for field in self if field.name not in {"organisation", "csrf_token"} for text in field.raw_data or () if text)

    @property
    def times(self) -> tuple[ZonedDateTimeField, ...]:
        """The times of the form."""
        return self.detected_at, self.aware_at, self.upstream_told_at

    def validate_upstream_told_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def validate_detected_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def validate_aware_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def incident(self) -> Incident:
        """Return what was typed."""
        return Incident(
            title=self.title.data or "",
            known=self.known.data or "",
            detected_at=_given(self.detected_at.instant()),
            aware_at=_given(self.aware_at.instant()),
            awareness_reason=self.awareness_reason.data or "",
            person=self.person.data or "",
            drill=bool(self.drill.data),
            upstream=self.upstream.data or "",
            upstream_told_at=self.upstream_told_at.instant(),
        )


class AwarenessForm(Form):
    """A correction of the decision about awareness."""

    detected_at = ZonedDateTimeField("First noticed", [InputRequired("Enter when it was first noticed.")])
    aware_at = ZonedDateTimeField("Aware since", [InputRequired("Enter since when you were reasonably certain that personal data are affected.")])
    awareness_reason = TextAreaField("What made it certain, or why awareness came later")
    person = StringField("Who was aware", [Length(max=PERSON_MAX)])
    reason = TextAreaField("Why the decision is corrected", [DataRequired("Say in a sentence why the decision is corrected; the earlier one stays on record.")])

    def tell_times_in(self, zone: str) -> None:
        """Read times in the zone of the case."""
        self.detected_at.zone = self.aware_at.zone = zone

    def validate_detected_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def validate_aware_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def decision(self, standing: Decision) -> Decision:
        """Return what was typed; a time left as it stood keeps its seconds, which the form does not show."""
        return Decision(
            _kept(_given(self.detected_at.instant()), standing.detected_at), _kept(_given(self.aware_at.instant()), standing.aware_at),
            (self.awareness_reason.data or "").replace("\r\n", "\n").strip(), (self.person.data or "").strip(),
        )  # fmt: skip


class SettingsForm(Form):
    """How an organisation handles breaches."""

    four_eyes = BooleanField("A second person must approve each notice before it is released")
    acknowledge_hours = IntegerField(
        "Hours after which missing acknowledgements are chased",
        [InputRequired(f"Enter 0 to {HOURS_MOST} hours; 0 for never."), NumberRange(0, HOURS_MOST, f"Enter 0 to {HOURS_MOST} hours; 0 for never.")],
    )
    language = SelectField("Language of notices", choices=[SelectChoice(code, label=name) for code, name in NAMES.items()], default="en")
    tell_severity = BooleanField("Notices tell the severity by ENISA’s method, where it was reckoned")
    profiles = SelectMultipleField(
        "Other clocks on the same facts", choices=[SelectChoice(profile.value, label=title) for profile, title in TITLES.items()],
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
    )  # fmt: skip

    def chosen(self) -> list[Profile]:
        """Return the clocks that are on."""
        return [Profile(value) for value in self.profiles.data or []]


def _ticks(label: str) -> SelectMultipleField:
    return SelectMultipleField(label, coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())


class AffectedForm(Form):
    """Which agreements an incident touches."""

    selection = RadioField(
        "Who is affected",
        choices=[
            SelectChoice(Selection.BY_SYSTEM.value, label="Customers of these systems"),
            SelectChoice(Selection.BY_ACTIVITY.value, label="Customers of these processing activities"),
            SelectChoice(Selection.BY_SUBPROCESSOR.value, label="Customers of a subprocessor’s systems"),
            SelectChoice(Selection.BY_LIST.value, label="One customer by name, or the agreements I list"),
            SelectChoice(Selection.ALL.value, label="All running agreements of the organisation"),
        ],
        validators=[DataRequired("Choose how the affected agreements are found.")],
    )
    systems = _ticks("Systems")
    activities = _ticks("Processing activities")
    operator = SelectField("Subprocessor at fault", [Needed("needed when chosen above")], validate_choice=False)
    one = StringField("One customer, by name or reference", [Length(max=ONE_MAX)], render_kw={"list": "customers", "autocomplete": "off"})
    references = TextAreaField("Or agreement references")
    file = FileField("Or a file with references", render_kw={"accept": ".csv,.txt,text/csv,text/plain"})
    ended = BooleanField("Also agreements that have ended")
    aware_at = ZonedDateTimeField("Aware that these are affected since", [Optional()])
    aware_reason = TextAreaField("Why you became aware of it later", description="Each of these customers reads it in its notice and on its page; it stands in its dossier.")

    def offer(self, choices: Choices) -> None:
        """Offer what can be chosen; ways that lead nowhere are left out."""
        self.systems.choices = _counted(choices.systems)
        self.activities.choices = _counted(choices.activities)
        self.operator.choices = [
            SelectChoice("", label="Choose"), *(SelectChoice(name, label=f"{name} ({plural(count, 'agreement')})") for name, count in choices.operators)
        ]
        nowhere = {
            Selection.BY_SYSTEM.value: not choices.systems, Selection.BY_ACTIVITY.value: not choices.activities,
            Selection.BY_SUBPROCESSOR.value: not choices.operators,
        }  # fmt: skip
        self.selection.choices = [choice for choice in self.selection.choices if not nowhere.get(choice.value)]

    def validate_systems(self, field: SelectMultipleField) -> None:
        """Ask for a system when the choice is by system."""
        if self.selection.data == Selection.BY_SYSTEM and not field.data:
            raise ValidationError("Tick at least one system, or choose another way.")

    def validate_activities(self, field: SelectMultipleField) -> None:
        """Ask for an activity when the choice is by activity."""
        if self.selection.data == Selection.BY_ACTIVITY and not field.data:
            raise ValidationError("Tick at least one processing activity, or choose another way.")

    def validate_operator(self, field: SelectField) -> None:
        """Ask for a subprocessor when the choice is by subprocessor."""
        if self.selection.data == Selection.BY_SUBPROCESSOR and field.data not in {choice.value for choice in field.choices[1:]}:
            raise ValidationError("Choose the subprocessor, or choose another way.")

    def validate_aware_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def why(self) -> str:
        """Return why awareness came later."""
        return (self.aware_reason.data or "").replace("\r\n", "\n").strip()

    def named(self) -> str:
        """Return the customer typed by name or reference; empty for none."""
        return " ".join((self.one.data or "").replace("\x00", " ").split())

    def listed(self) -> tuple[Listed, ...]:
        """Return the references given, pasted or as a file; raises `Invalid` for none, both, and what cannot be read.

        The text of a file takes the place of the pasted one, so that it can be corrected on the page and nothing must be uploaded twice.
        """
        data = uploaded(self.file)
        if data:
            pasted = self.references.data or ""
            self.references.data = uploads.either(data, pasted, file_field="file", text_field="references", what="a CSV or text file")
        found = references.listed((self.references.data or "").replace("\x00", " "))
        if not found and not self.named():
            raise Invalid("Name a customer, or list at least one agreement reference, one on each line.", field="one")
        return found


def _counted(rows: Iterable[SystemRow] | Iterable[ActivityRow]) -> list[SelectChoice]:
    return [SelectChoice(row.id, label=f"{row.name} ({plural(row.agreements, 'agreement')})") for row in rows]


def uploaded(field: FileField) -> bytes:
    """Return what a file field holds; empty without a file. Raises `Invalid` for an empty file."""
    storage: Any = field.data
    if not storage or not getattr(storage, "filename", ""):
        return b""
    content: bytes = storage.read()
    if not content:
        raise Invalid("The file is empty; choose another one.", field=field.name)
    return content


def _kept(typed: datetime, before: datetime) -> datetime:
    return before if typed == before.replace(second=0, microsecond=0) else typed


class StatementForm(Form):
    """What a trail statement of the case shows."""

    personal = BooleanField("Print names, texts and addresses too")


def _given(instant: datetime | None) -> datetime:
    assert instant is not None, "the form requires it"
    return instant
