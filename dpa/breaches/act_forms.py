"""Forms of the acts on a running case: writing and releasing a phase, dealing with one customer, ending the case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Optional

from dpa.breaches import channels
from dpa.breaches.agreed import Ways
from dpa.breaches.case import Offer
from dpa.breaches.channels import BY_HAND, CameBack, Channel, Handed, Receipt
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.docket.forms import typed
from dpa.web.forms import Form, Needed, ZonedDateTimeField

SENTENCE = "A sentence that a colleague or a regulator will understand in a year."


class DraftForm(Form):
    """The text of one phase, written once for all customers."""

    phase = RadioField("What this notice is")
    correction = RadioField(
        "What a correction does", [Optional()],
        choices=[
            SelectChoice("facts", label="It corrects facts; the breach stands"),
            SelectChoice("withdraws", label="It takes the notice back: there was no breach"),
        ],
        description="Only for a correction. Taking back has wording of its own, and comes before a case is closed as no breach.",
    )  # fmt: skip
    nature = TextAreaField("What happened", [DataRequired("Say what happened; everything else may follow in a later phase.")])
    consequences = TextAreaField("Likely consequences")
    measures = TextAreaField("Measures taken or proposed")
    unknown = TextAreaField("What is not known yet")
    severity = BooleanField("Tell the severity by ENISA’s method, as a help")
    next_word_at = ZonedDateTimeField("Next word promised for", [Optional()])
    contact = TextAreaField("Contact that answers now", [DataRequired("Name a contact that answers now.")])

    def begin(self, zone: str, offers: Sequence[Offer], promised: datetime | None, *, withdraws: bool) -> None:
        """Read times in the case's zone, offer the phases that may come now, and show the promise the text begins with."""
        self.next_word_at.zone = zone
        if len(offers) < 2:
            del self.phase
        else:
            self.phase.choices = [SelectChoice(one.phase.value, label=one.title) for one in offers]
        if not any(one.phase is Phase.CORRECTION for one in offers):
            del self.correction
        elif not self.is_submitted():
            self.correction.data = "withdraws" if withdraws else "facts"
        if not self.is_submitted():
            self.next_word_at.process_data(typed(promised, zone) if promised else None)

    def validate_next_word_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def draft(self) -> Draft:
        """Return what was typed."""
        return Draft(
            nature=self.nature.data or "", contact=self.contact.data or "", consequences=self.consequences.data or "",
            measures=self.measures.data or "", unknown=self.unknown.data or "",
        )  # fmt: skip

    def offer_severity(self, *, reckoned: bool, told: bool) -> None:
        """Offer to tell the severity, where one is reckoned; `told` is whether the text begins with the tick."""
        if not reckoned:
            del self.severity
        elif not self.is_submitted():
            self.severity.data = told

    def tells_severity(self) -> bool | None:
        """Tell whether the severity is told; none where there is none to tell."""
        return bool(self.severity.data) if "severity" in self else None

    def withdraws(self) -> bool:
        """Tell whether the notice takes back what was told: there was no breach."""
        return "correction" in self and self.correction.data == "withdraws"

    def chosen_phase(self) -> Phase | None:
        """Return the phase chosen; none where only one may come."""
        return Phase(self.phase.data) if "phase" in self else None


class ReleaseForm(Form):
    """What a release may have to be given with it."""

    late_reason = TextAreaField("Why the word comes later than promised", description="Every customer reads it: in the notice, on its page and in its dossier.")
    emergency = BooleanField("Release without a second person, in an emergency")
    emergency_reason = TextAreaField("Why nobody else could approve it in time", description="It stands in the dossier and in the trail; the notice itself does not hold it.")

    def reasons(self) -> dict[str, str]:
        """Return the reasons typed, as a release takes them."""
        emergency = (self.emergency_reason.data or "").strip()
        # A tick without words must not pass as no emergency at all: the rules then ask for the words.
        return {"late_reason": self.late_reason.data or "", "emergency_reason": (emergency or "?") if self.emergency.data else ""}


class EmptyForm(Form):
    """Only the protection against cross-site requests, for acts with nothing to type."""


class ReasonForm(Form):
    """An act that needs only its reason. Whether it says enough is for the rules to decide."""

    reason = TextAreaField("Reason", [InputRequired("Give a reason.")], description=SENTENCE)


class SummaryForm(Form):
    """How a case ended."""

    summary = TextAreaField("How it ended", [InputRequired("Say in a sentence how the case ended.")], description="It stands in the incident register.")
    no_final = TextAreaField(
        "Why customers get no final notice", [Needed("needed when no final notice was sent")],
        description="They were told that further information follows. The reason stands in the register and in their dossiers.",
    )  # fmt: skip


    def in_exercise(self) -> None:
        """Say where it stands when nothing happened: the register leaves an exercise out, and nobody gets a dossier of it."""
        self.summary.description = "It stands in the report of the exercise."
        self.no_final.description = "They were told that further information follows. The reason stands in the trail."


class SignificanceForm(Form):
    """Whether an incident is significant in the sense of NIS2."""

    significant = RadioField(
        "Is the incident significant?", [InputRequired("Choose yes or no.")],
        choices=[SelectChoice("yes", label="Yes: severe disruption or financial loss, or considerable damage to others"), SelectChoice("no", label="No")],
        description="Directive (EU) 2022/2555, Art. 23(3). The decision is recorded under your name; a later one may replace it.",
    )  # fmt: skip
    reason = TextAreaField("Reason", [InputRequired("Give a reason.")], description=SENTENCE)


class RationaleForm(Form):
    """Why no notice is owed to a customer."""

    rationale = TextAreaField(
        "Why no notice is owed", [InputRequired("Say why no notice is owed to this customer.")],
        description="The decision is recorded under your name. The clock is waived with it, and stays on record.",
    )  # fmt: skip


class HandOverForm(Form):
    """A notice given by another channel than mail."""

    channel = RadioField(
        "How it was given", [InputRequired("Choose how the notice was given.")],
        choices=[SelectChoice(one.value, label=channels.TITLES[one]) for one in BY_HAND],
    )  # fmt: skip
    given_at = ZonedDateTimeField("Given", [InputRequired("Enter when it was given.")])
    proof = TextAreaField("What proves it", [InputRequired("Say what proves it.")])
    said = TextAreaField(
        "What was said", [Needed("for a call or a talk before the text was released")],
        description="What the customer was told before there was a text. It stands in the dossier as proof.",
    )  # fmt: skip
    received_at = ZonedDateTimeField("Received", [Optional()])

    def begin(self, zone: str, channel: Channel | None, ways: Ways) -> None:
        """Read times in the case's zone; `channel` is what was proposed, `ways` what the agreement says of each."""
        self.given_at.zone = self.received_at.zone = zone
        self.received_at.description = ways.receipts()
        if not self.is_submitted() and channel in BY_HAND:
            self.channel.data = channel.value

    def validate_given_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def validate_received_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def handed(self) -> Handed:
        """Return what was typed."""
        return Handed(Channel(self.channel.data), _given(self.given_at.instant()), self.proof.data or "", self.received_at.instant(), self.said.data or "")


class ReceivedForm(Form):
    """The receipt of a letter, or of what a courier carried."""

    received_at = ZonedDateTimeField("Received", [InputRequired("Enter when it was received.")])
    proof = TextAreaField("What proves it", [InputRequired("Say what proves the receipt.")], description="Who signed for it, or what the carrier's tracking says. It stands in the dossier.")

    def begin(self, zone: str) -> None:
        """Read times in the case's zone."""
        self.received_at.zone = zone

    def validate_received_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def said(self) -> Receipt:
        """Return what was typed."""
        return Receipt(_given(self.received_at.instant()), self.proof.data or "")


class CameBackForm(Form):
    """A letter or a courier that came back undelivered."""

    came_back_at = ZonedDateTimeField("Came back", [InputRequired("Enter when it came back.")], description="Or when you learned that it will not arrive.")
    reason = TextAreaField("Why it came back", [InputRequired("Say why it came back.")], description="What the carrier noted, such as “moved, new address unknown”. It stands in the dossier.")

    def begin(self, zone: str) -> None:
        """Read times in the case's zone."""
        self.came_back_at.zone = zone

    def validate_came_back_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def said(self) -> CameBack:
        """Return what was typed."""
        return CameBack(_given(self.came_back_at.instant()), self.reason.data or "")


class AcknowledgedForm(Form):
    """An acknowledgement that was heard otherwise than by the link."""

    name = StringField("Who confirmed", [InputRequired("Give the name of whoever confirms.")], description="Name, and function where you know it.")
    how = RadioField(
        "How you heard of it", [InputRequired("Choose how you heard of it.")],
        choices=[SelectChoice(word, label=label) for word, label in (("telephone", "By telephone"), ("mail", "By a mail in answer"), ("letter", "By letter"), ("in person", "In person"))],
    )  # fmt: skip


class AnswerForm(Form):
    """How a question was answered."""

    answer = TextAreaField("Answer, shown to the customer", [InputRequired("Say what was answered, or how.")], description="The customer reads it on its page as soon as you keep it. No mail is sent: if it is urgent, also answer by mail or telephone.")
    remark = TextAreaField("Internal remark", description="Stays inside: the customer never sees it, and no document holds it.")


class OneLatenessForm(Form):
    """Why one customer was told late."""

    reason = TextAreaField(
        "Reason", [InputRequired("Say why it was told late.")],
        description="The customer reads it: at once on its page, in the documents of later notices and in its dossier. It is never changed.",
    )  # fmt: skip


class LatenessForm(Form):
    """One reason for many customers."""

    reason = TextAreaField("Why they were told late", [InputRequired("Say why they were told late.")], description="Each of these customers reads it: at once on its page, in the documents of later notices and in its dossier. It is never changed.")
    everybody = BooleanField("Give it for all of them, also on further pages")


def _given(instant: datetime | None) -> datetime:
    assert instant is not None, "the form requires it"
    return instant
