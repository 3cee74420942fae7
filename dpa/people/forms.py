"""What people type about themselves, their organisation and colleagues. Passwords are never put back into a page."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from wtforms import (
    EmailField,
    FileField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from dpa.people import rules
from dpa.people.operations import NewPerson, OrganisationFacts
from dpa.people.roles import TITLES, Role
from dpa.web.forms import Form

REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the IANA zones a person may choose, by name."""
    return ("UTC", *sorted(name for name in available_timezones() if name.partition("/")[0] in REGIONS))


class SignInForm(Form):
    """Address and password."""

    email = EmailField("E-mail address", [DataRequired("Enter your e-mail address.")])
    password = PasswordField("Password", [InputRequired("Enter your password.")])
    next = HiddenField()


class PasswordForm(Form):
    """The person's own password, asked for again."""

    password = PasswordField("Your password", [InputRequired("Enter your password.")])
    next = HiddenField()


class NewPasswordForm(Form):
    """A first password."""

    password = PasswordField("New password", [InputRequired("Enter a new password.")])


class ChangePasswordForm(NewPasswordForm):
    """Another password, the present one proving who asks."""

    current = PasswordField("Present password", [InputRequired("Enter your present password.")])


class _OrganisationFields(Form):
    name = StringField("Name of the organisation", [DataRequired("Enter the organisation's name."), Length(max=200)])
    country = StringField("Country", [DataRequired("Enter the two letters of the country, such as FR.")])
    calendar = StringField("Public holidays", [DataRequired("Enter a calendar, such as FR.")])
    zone = SelectField("Time zone", [InputRequired("Choose a time zone.")], default="Europe/Paris")
    mail_domains = TextAreaField("Own mail domains")
    address = TextAreaField("Address")

    def offer(self, present: str | None = None) -> None:
        """Fill the list of zones; a stored zone that is not on it stays on offer."""
        names = zone_names() if present is None or present in zone_names() else (present, *zone_names())
        self.zone.choices = [SelectChoice(name, label=name) for name in names]

    def facts(self) -> OrganisationFacts:
        """Return what was typed about the organisation."""
        domains = (line.strip().lower().removeprefix("@") for line in (self.mail_domains.data or "").splitlines())
        return OrganisationFacts(
            name=(self.name.data or "").strip(),
            zone=self.zone.data or "",
            calendar=(self.calendar.data or "").strip(),
            country=(self.country.data or "").strip().upper(),
            mail_domains=tuple(sorted({domain for domain in domains if domain})),
            address=rules.address_lines(self.address.data or ""),
        )


class OrganisationForm(_OrganisationFields):
    """The facts of an organisation."""

    @classmethod
    def showing(cls, facts: OrganisationFacts | None) -> OrganisationForm:
        """Return the form with what is stored, ready to be changed."""
        if facts is None:
            form = cls()
        else:
            form = cls(data={
                "name": facts.name, "country": facts.country, "calendar": facts.calendar, "zone": facts.zone,
                "mail_domains": "\n".join(facts.mail_domains), "address": facts.address,
            })
        form.offer(facts.zone if facts else None)
        return form


class LogoForm(Form):
    """The logo of the letterhead."""

    logo = FileField("Logo as a PNG file", [InputRequired("Choose a PNG file.")])

    def png(self) -> bytes:
        """Return what was uploaded."""
        with self.logo.data.stream as file:  # A large one lies in a temporary file, which goes at once.
            content: bytes = file.read()
        return content


class SetUpForm(_OrganisationFields):
    """The first administrator and the first organisation."""

    person_name = StringField("Your name", [DataRequired("Enter your name."), Length(max=200)])
    email = EmailField("Your e-mail address", [DataRequired("Enter your e-mail address.")])
    password = PasswordField("Password", [InputRequired("Choose a password.")])

    def person(self) -> NewPerson:
        """Return who sets up."""
        return NewPerson((self.email.data or "").strip(), self.person_name.data or "")


class RoleForm(Form):
    """A role in an organisation."""

    role = RadioField(
        "Role",
        [InputRequired("Choose a role.")],
        choices=[SelectChoice(role.value, label=TITLES[role]) for role in Role],
    )

    def chosen_role(self) -> Role:
        """Return the role chosen."""
        return Role(self.role.data)


class InviteForm(RoleForm):
    """Somebody new, and their role."""

    person_name = StringField("Name", [DataRequired("Enter the person's name."), Length(max=200)])
    email = EmailField("E-mail address", [DataRequired("Enter the person's e-mail address.")])

    def person(self) -> NewPerson:
        """Return who is invited."""
        return NewPerson((self.email.data or "").strip(), self.person_name.data or "")
