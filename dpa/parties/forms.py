"""Forms for controllers, contacts and closure days."""

from __future__ import annotations

from wtforms import DateField, EmailField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from dpa.languages import NAMES, offered
from dpa.parties.rules import PURPOSE_TITLES, ClosureInput, ContactInput, ControllerInput, Purpose
from dpa.web.forms import Form

PURPOSE_WORDS = {
    **PURPOSE_TITLES,
    Purpose.SECURITY: f"{PURPOSE_TITLES[Purpose.SECURITY]}: hears of breaches first, unless the contract names somebody",
    Purpose.PRIVACY: f"{PURPOSE_TITLES[Purpose.PRIVACY]}: requests and, without a security contact, breaches",
}


def _languages(stored: str) -> list[SelectChoice]:
    """Return the languages offered; one that an import brought and we hold no texts in stays choosable for its customer."""
    known = [SelectChoice("", label="The organisation’s own"), *(SelectChoice(code, label=name) for code, name in NAMES.items())]
    return known if not stored or offered(stored) else [*known, SelectChoice(stored, label=f"{stored} (no texts yet: the organisation’s own is used)")]


class ControllerForm(Form):
    """A customer's details."""

    organisation = SelectField("Organisation", [InputRequired("Choose an organisation.")], coerce=int)
    name = StringField("Legal name", [DataRequired("Enter the customer's legal name."), Length(max=200)])
    reference = StringField("Your reference", [DataRequired("Enter your own number for this customer."), Length(max=40)])
    country = StringField("Country", [Length(max=2, message="Enter the two capital letters of the country, such as FR.")])
    language = SelectField("Language of notices", choices=_languages(""), default="")

    def keep(self, stored: str) -> ControllerForm:
        """Offer the language a customer has now, too."""
        self.language.choices = _languages(stored)
        return self

    def controller(self) -> ControllerInput:
        """Return what was typed."""
        return ControllerInput(
            reference=(self.reference.data or "").strip(),
            name=self.name.data or "",
            country=(self.country.data or "").strip().upper(),
            language=self.language.data or "",
        )


class ContactForm(Form):
    """A contact of a customer."""

    purpose = SelectField("Purpose", [InputRequired("Choose a purpose.")], choices=[SelectChoice(p.value, label=w) for p, w in PURPOSE_WORDS.items()])
    email = EmailField("E-mail address", [DataRequired("Enter an e-mail address.")])
    name = StringField("Name of the person or desk", [Length(max=200)])
    phone = StringField("Telephone", [Length(max=40)])

    def contact(self) -> ContactInput:
        """Return what was typed."""
        return ContactInput(
            purpose=Purpose(self.purpose.data),
            email=(self.email.data or "").strip(),
            name=self.name.data or "",
            phone=(self.phone.data or "").strip(),
        )


class ClosureForm(Form):
    """A closure day of an organisation."""

    day = DateField("Day", [InputRequired("Enter the day as year, month and day.")])
    label = StringField("Why", [DataRequired("Say why the organisation is closed, such as “Company holiday”."), Length(max=80)])

    def closure(self) -> ClosureInput:
        """Return what was typed."""
        return ClosureInput(self.day.data, self.label.data or "")
