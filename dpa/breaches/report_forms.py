"""The form about a report that was submitted to an authority."""

from __future__ import annotations

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired

from dpa.breaches.reports import Submission
from dpa.web.forms import Form, Needed, ZonedDateTimeField


class SubmissionForm(Form):
    """When a report was submitted, how, and what shows it."""

    at = ZonedDateTimeField("Submitted", [InputRequired("Enter when it was submitted.")], description="When the authority got it, not when you record it.")
    how = StringField("To whom, and how", [InputRequired("Say to whom it was submitted, and how.")], description="Such as: BaFin, through its reporting portal.")
    proof = StringField("Reference or proof", [InputRequired("Say what shows that it was submitted.")], description="The authority’s reference, or where the receipt is kept.")
    late_reason = TextAreaField(
        "Why it came late", [Needed("needed when it was submitted late")], description="An authority may ask. It stands with the report in dossiers and register."
    )

    def begin(self, zone: str, *, may_be_late: bool) -> None:
        """Read times in the case's zone; a reason is asked for only where the date has passed."""
        self.at.zone = zone
        if not may_be_late:
            del self.late_reason

    def validate_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def submission(self) -> Submission:
        """Return what was typed."""
        at = self.at.instant()
        assert at is not None, "the form requires it"
        late = self.late_reason.data or "" if "late_reason" in self else ""
        return Submission(at, (self.how.data or "").strip(), (self.proof.data or "").strip(), late.replace("\r\n", "\n").strip())
