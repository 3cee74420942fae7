"""Forms of a customer's pages. Two stand on one page, so their fields have ids of their own."""

from __future__ import annotations

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired

from dpa.web.forms import Form


class ConfirmForm(Form):
    """That the notices were received, and by whom."""

    name = StringField("Your name", [DataRequired("Give the name of whoever confirms.")], id="confirm-name")


class QuestionForm(Form):
    """A question to the organisation."""

    name = StringField("Your name", [DataRequired("Give your name.")], id="question-name")
    reply_to = StringField(
        "Mail address or telephone for the answer", [DataRequired("Say where the answer should go: a mail address or a telephone number.")], id="question-reply"
    )
    text = TextAreaField("Your question", [DataRequired("Write your question.")], id="question-text")
