"""Forms of the other clocks of single agreements."""

from __future__ import annotations

from wtforms import SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from dpa.breaches.regimes import TITLES, Profile
from dpa.web.forms import Form


class AgreementClocksForm(Form):
    """Which other clocks one agreement starts."""

    profiles = SelectMultipleField(
        "What this customer must report elsewhere", choices=[SelectChoice(profile.value, label=title) for profile, title in TITLES.items()],
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
    )  # fmt: skip

    def chosen(self) -> list[Profile]:
        """Return the clocks that are on."""
        return [Profile(value) for value in self.profiles.data or []]


class FindAgreementForm(Form):
    """Which agreement is meant, by its reference."""

    reference = StringField("Agreement", [InputRequired("Enter the reference of the agreement."), Length(max=120, message="Enter at most 120 characters.")])
