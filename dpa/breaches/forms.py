"""Forms of the breach workflow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from wtforms import BooleanField, HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from dpa.agreements.serving import SystemRow
from dpa.breaches.rules import Draft, Incident, Selection
from dpa.web.forms import Form, ZonedDateTimeField
from dpa.web.identity import OrganisationRef


class IncidentForm(Form):
    """What is known when an incident is recorded. Little is required: everything else can follow."""

    organisation = HiddenField()
    """The organisation whose zone the times are typed in; it is chosen before, so that the two cannot drift apart."""
    title = StringField("What happened, in a few words", [DataRequired("Give the incident a short title.")])
    known = TextAreaField("What is known so far", [DataRequired("Write what is known so far; one sentence is enough.")])
    detected_at = ZonedDateTimeField("First noticed", [InputRequired("Enter when it was first noticed.")])
    aware_at = ZonedDateTimeField("Aware since", [InputRequired("Enter since when you are reasonably certain that personal data are affected.")])
    awareness_reason = TextAreaField("Why awareness came later")

    def belong_to(self, organisation: OrganisationRef) -> None:
        """Read times in the organisation's zone."""
        self.organisation.data = str(organisation.id)
        self.detected_at.zone = self.aware_at.zone = organisation.zone

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
        )


class AffectedForm(Form):
    """Which agreements an incident touches."""

    selection = RadioField(
        "Who is affected",
        choices=[
            SelectChoice(Selection.BY_SYSTEM.value, label="Customers of these systems"),
            SelectChoice(Selection.BY_LIST.value, label="The agreements I list"),
            SelectChoice(Selection.ALL.value, label="All running agreements of the organisation"),
        ],
        validators=[DataRequired("Choose how the affected agreements are found.")],
    )
    systems = SelectMultipleField("Systems", coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())
    references = TextAreaField("Agreement references")

    def offer(self, systems: Sequence[SystemRow]) -> None:
        """Fill the choice of systems."""
        self.systems.choices = [
            SelectChoice(row.id, label=f"{row.name} ({row.agreements} agreement{'' if row.agreements == 1 else 's'})") for row in systems
        ]

    def validate_systems(self, field: SelectMultipleField) -> None:
        """Ask for a system when the choice is by system."""
        if self.selection.data == Selection.BY_SYSTEM and not field.data:
            raise ValidationError("Tick at least one system, or choose another way.")

    def validate_references(self, field: TextAreaField) -> None:  # noqa: ARG002  (WTForms calls it with the field)
        """Ask for references when the choice is by list."""
        if self.selection.data == Selection.BY_LIST and not self.listed():
            raise ValidationError("List at least one agreement reference, one on each line.")

    def listed(self) -> list[str]:
        """Return the references typed: separated by lines, commas, semicolons or tabs, without repeats."""
        return list(dict.fromkeys(part for part in re.split(r"[\s,;]+", self.references.data or "") if part))


class DraftForm(Form):
    """The text of the notice."""

    nature = TextAreaField("What happened", [DataRequired("Say what happened; everything else may follow in a later phase.")])
    consequences = TextAreaField("Likely consequences")
    measures = TextAreaField("Measures taken or proposed")
    unknown = TextAreaField("What is not known yet, and when the next word comes")
    contact = TextAreaField("Contact that answers now", [DataRequired("Name a contact that answers now.")])

    def draft(self) -> Draft:
        """Return what was typed."""
        return Draft(
            nature=self.nature.data or "",
            contact=self.contact.data or "",
            consequences=self.consequences.data or "",
            measures=self.measures.data or "",
            unknown=self.unknown.data or "",
        )


class StatementForm(Form):
    """What a trail statement of the case shows."""

    personal = BooleanField("Print names, texts and addresses too")


class ReleaseForm(Form):
    """Only the protection against cross-site requests; the review page has nothing to type."""


def _given(instant: datetime | None) -> datetime:
    assert instant is not None, "the form requires it"
    return instant
