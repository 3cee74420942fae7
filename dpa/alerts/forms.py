"""The form of the Outbox."""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from dpa.alerts.operations import REASON_MAX
from dpa.web.forms import Form


class SetAsideForm(Form):
    """How somebody who could not be reached by mail was told instead."""

    reason = TextAreaField(
        "How was the recipient told instead?",
        [InputRequired("Say how the recipient was told, or why that is not needed."),
         Length(3, REASON_MAX, message=f"Use 3 to {REASON_MAX} characters.")],
    )
