"""The form about the classification as major under DORA."""

from __future__ import annotations

from datetime import datetime

from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from dpa.breaches.dora import Classification
from dpa.web.forms import Form, ZonedDateTimeField
from dpa.web.words import local_time


class ClassificationForm(Form):
    """Whether an incident is major, since when, and who says so. Whether the words say enough is for the rules to decide."""

    major = RadioField(
        "Is the incident major?", [InputRequired("Choose yes or no.")],
        choices=[SelectChoice("yes", label="Yes, it is major"), SelectChoice("no", label="No, it is not")],
        description="Regulation (EU) 2022/2554, Art. 18. The initial notification is due 4 hours after the classification, and 24 hours after awareness at the latest.",
    )  # fmt: skip
    decided_at = ZonedDateTimeField("Classified", [InputRequired("Enter when it was classified.")])
    person = StringField("Who classified it", [InputRequired("Say who classified it: a name, or a function.")])
    basis = TextAreaField("On what basis", [InputRequired("Say which criteria were met, or why it is not major.")])
    reason = TextAreaField("Why the classification is corrected", [InputRequired("Say in a sentence why the classification is corrected; the earlier one stays on record.")])

    def begin(self, zone: str, standing: Classification | None) -> None:
        """Read times in the case's zone and show the decision that stands; a first one needs no reason."""
        self.decided_at.zone = zone
        if standing is None:
            del self.reason
        elif not self.is_submitted():
            self.major.data, self.person.data, self.basis.data = "yes" if standing.major else "no", standing.person, standing.basis
            self.decided_at.process_data(local_time(standing.decided_at, zone).replace(tzinfo=None))

    def validate_decided_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def decision(self, standing: Classification | None) -> Classification:
        """Return what was typed; a time left as it stood keeps its seconds, which the form does not show."""
        typed = _given(self.decided_at.instant())
        same = standing is not None and typed == standing.decided_at.replace(second=0, microsecond=0)
        basis = (self.basis.data or "").replace("\r\n", "\n").strip()
        return Classification(self.major.data == "yes", standing.decided_at if same and standing else typed, (self.person.data or "").strip(), basis)

    def correction(self) -> str:
        """Return why the decision is corrected; empty for a first one."""
        return self.reason.data or "" if "reason" in self else ""


def _given(instant: datetime | None) -> datetime:
    assert instant is not None, "the form requires it"
    return instant
