"""What people type on the pages of evidence: the narrowing of the trail, read from the address, and the forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, EmailField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from dpa.evidence.trail.bodies import ACTOR, IDENTIFIER, KIND
from dpa.evidence.trail.queries import Narrowing
from dpa.problems import Invalid, Problem
from dpa.web.forms import Form
from dpa.web.identity import OrganisationRef


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, and what it means."""

    typed: Mapping[str, str]
    narrowing: Narrowing
    errors: tuple[str, ...]

    @property
    def is_narrowed(self) -> bool:
        """Tell whether anything was asked for."""
        return any(self.typed.values())


FIELDS = ("kind", "id", "person", "from", "to")


def read(arguments: Mapping[str, str], zone: str) -> Asked:
    """Read the address; days count in `zone`, and the last day is shown whole."""
    typed = {name: arguments.get(name, "").strip()[:64] for name in FIELDS}
    errors: list[str] = []
    if typed["kind"] and not KIND.match(typed["kind"]):
        errors.append("“About” must be one of the kinds in the list.")
    if typed["id"] and not IDENTIFIER.match(typed["id"]):
        errors.append("“Number” must be the number of the object, such as 42.")
    if typed["id"] and not typed["kind"]:
        errors.append("Say what kind of object the number belongs to.")
    if typed["person"] and not ACTOR.match(typed["person"]):
        errors.append("“By” must be one of the people in the list.")
    since = _day(typed["from"], "From", errors)
    until = _day(typed["to"], "To", errors)
    if since and until and until < since:
        errors.append("“To” is before “From”: no day lies between them.")
    narrowing = Narrowing(
        kind=typed["kind"], identifier=typed["id"], actor=typed["person"],
        since=_midnight(since, zone), until=_midnight(until + timedelta(days=1), zone) if until else None,
    )
    return Asked(typed, narrowing, tuple(errors))


def _day(text: str, label: str, errors: list[str]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1970 <= day.year <= 9000:
        errors.append(f"“{label}” must be a day such as 2026-11-22.")
        return None
    return day


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) if day else None


class NoteForm(Form):
    """The note somebody kept, to be compared: pasted, or as a file."""

    note = TextAreaField("The note you kept", [Length(max=100_000, message="A note has at most 100,000 characters.")])
    file = FileField("Or the file of it")

    def text(self) -> str:
        """Return what was given, the file first; empty when nothing was."""
        content: bytes = self.file.data.read() if self.file.data else b""
        return content.decode(errors="replace") if content.strip() else str(self.note.data or "").strip()

    def show_missing(self) -> None:
        """Say that nothing was given to compare."""
        self.show_problem(Invalid("Paste the note you kept, or choose the file of it.", field="note"))


class KeepForm(NoteForm):
    """Where a person keeps a copy of a checkpoint, and the copy itself."""

    where = StringField("Where you keep it", [DataRequired("Say where the copy is kept.")])


class RemoveWitnessForm(Form):
    """Why a witness is removed."""

    reason = StringField("Why", [DataRequired("Say why the witness is removed; the reason is kept with the erasure.")])


class WitnessForm(Form):
    """Somebody outside to whom checkpoints are mailed."""

    organisation = SelectField("For which organisation", [DataRequired("Choose the organisation.")])
    who = StringField("Who reads there", [DataRequired("Say who reads there.")])
    address = EmailField("Mail address", [DataRequired("Give the mail address of somebody outside your organisation.")])

    def offer(self, organisations: Sequence[OrganisationRef]) -> None:
        """Offer the organisations for which the person may name one."""
        self.organisation.choices = [SelectChoice(str(one.id), one.name) for one in organisations]

    def show_problem(self, problem: Problem) -> None:
        """Put a problem beside the field it names; the form's own attribute of a name is taken."""
        if problem.field == "name":
            problem = Invalid(problem.message, field="who")
        super().show_problem(problem)


class RotateForm(Form):
    """Why a new seal is made; may stay empty."""

    reason = StringField("Why", [Length(max=500, message="Use at most 500 characters.")])


class RevokeForm(Form):
    """Why a seal is revoked, and that it is meant."""

    reason = TextAreaField("Why it is revoked", [DataRequired("Say why the seal is revoked; the reason is kept."), Length(max=2000, message="Use at most 2,000 characters.")])
    sure = BooleanField("I understand what revoking does", [DataRequired("Confirm that you understand what revoking does.")])


class UploadForm(Form):
    """A file to be checked."""

    file = FileField("PDF file, or the checkpoint that came with it", [FileRequired("Choose the PDF as you received it, or the checkpoint beside it.")])


class NumberForm(Form):
    """What a printed page says of itself."""

    number = StringField("Number", [DataRequired("Enter the number, such as LL-BN-2026-0007."), Length(max=60, message="A number has at most 60 characters.")])
    code = StringField("Check code", [DataRequired("Enter the check code from the foot of a page, such as 3f2a 91c4 0b7d 88e1."), Length(max=100, message="A check code has 16 digits.")])


class FingerprintForm(Form):
    """The fingerprint of a seal, as a document prints it."""

    fingerprint = StringField("Fingerprint", [DataRequired("Enter the fingerprint that the last pages of the document print."), Length(max=200, message="A fingerprint has 64 digits.")])
