"""Forms of a customer's pages. Two stand on one page, so their fields have ids of their own."""

from __future__ import annotations

from typing import Any

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from dpa.breaches.operations.giving import NAME_MAX, REPLY, REPLY_MAX, TEXT_MAX
from dpa.languages import Wording
from dpa.web.forms import Form


def _demand(field: Any, label: str, missing: str, length: tuple[int, int], wrong: str) -> None:
    """Give a field its label and its refusals, in the customer's language."""
    field.label.text = label
    field.validators = [DataRequired(missing), Length(*length, message=wrong)]


class _Reachable:
    """Refuses what no answer can be sent to, such as "nowhere"."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, form: object, field: Any) -> None:  # noqa: ARG002
        """Look for a mail address or a telephone number, unless the field was refused for something else."""
        if not field.errors and not REPLY.search(field.data or ""):
            raise ValidationError(self.message)


class ConfirmForm(Form):
    """That the notices were received, and by whom."""

    name = StringField(id="confirm-name", validators=[DataRequired()])

    def speak(self, say: Wording) -> ConfirmForm:
        """Put the form into a customer's language."""
        _demand(self.name, say("portal.name"), say("portal.name_confirm"), (2, NAME_MAX), say("portal.name_long"))
        return self


class QuestionForm(Form):
    """A question to the organisation."""

    name = StringField(id="question-name", validators=[DataRequired()])
    reply_to = StringField(id="question-reply", validators=[DataRequired()])
    text = TextAreaField(id="question-text", validators=[DataRequired()])

    def speak(self, say: Wording) -> QuestionForm:
        """Put the form into a customer's language."""
        _demand(self.name, say("portal.name"), say("portal.name_missing"), (2, NAME_MAX), say("portal.name_long"))
        _demand(self.reply_to, say("portal.reply_to"), say("portal.reply_missing"), (-1, REPLY_MAX), say("portal.reply_long"))
        self.reply_to.validators = [*self.reply_to.validators, _Reachable(say("portal.reply_missing"))]
        _demand(self.text, say("portal.text"), say("portal.text_missing"), (3, TEXT_MAX), say("portal.text_long"))
        return self
