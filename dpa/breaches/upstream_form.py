"""The form of the act that says where an incident happened."""

from __future__ import annotations

from datetime import datetime

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from dpa.docket.forms import typed
from dpa.web.forms import Form, ZonedDateTimeField


class UpstreamForm(Form):
    """At which subprocessor it happened, when that told us, and why it is said or corrected now."""

    name = StringField(
        "Subprocessor where it happened", [Length(max=200)], render_kw={"list": "offered", "autocomplete": "off"},
        description="Leave it empty to take out what was said: it happened in your own systems.",
    )  # fmt: skip
    told_at = ZonedDateTimeField("When it told you", [Optional()], description="Its time, from the first sign on; leave it empty while you do not know.")
    reason = TextAreaField("Why you say so now", [InputRequired("Give a reason.")], description="It stands in the dossier of each customer.")

    def begin(self, zone: str, name: str, told_at: datetime | None) -> None:
        """Read times in the zone of the case, and show what stands."""
        self.told_at.zone = zone
        if not self.is_submitted():
            self.name.data = name
            self.told_at.process_data(typed(told_at, zone) if told_at else None)

    def validate_told_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def when(self, standing: datetime | None) -> datetime | None:
        """Return when it told; a time left as it stood keeps its seconds, which the form does not show."""
        found = self.told_at.instant()
        return standing if standing is not None and found == standing.replace(second=0, microsecond=0) else found
