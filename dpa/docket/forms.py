"""Forms of the acts on a deadline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from dpa.docket.models import DocketEntry
from dpa.docket.rules import SECOND
from dpa.people.queries import Member
from dpa.people.roles import TITLES
from dpa.web.forms import Form, ZonedDateTimeField


class ReasonForm(Form):
    """An act that only needs its reason. Whether the reason says enough is for the rules to decide."""

    reason = TextAreaField("Reason", [InputRequired("Give a reason: it is kept in the history for whoever checks this later.")])


class MomentForm(ReasonForm):
    """An act with the moment from which it holds: the beginning or the end of a pause."""

    at = ZonedDateTimeField("From when", [InputRequired("Enter a date and a time, such as 2026-11-22 21:46.")])

    def moment(self) -> datetime:
        """Return the instant that was typed; only for a form that was validated."""
        at = self.at.instant()
        assert at is not None
        return at

    def validate_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()


class ExtendForm(ReasonForm):
    """New dates for a deadline; a date left as it is stays."""

    target_at = ZonedDateTimeField("New target", [InputRequired("Enter a date and a time, such as 2026-11-22 21:46.")])
    due_at = ZonedDateTimeField("New latest date", [Optional()])

    def validate_target_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def validate_due_at(self, field: ZonedDateTimeField) -> None:
        """Refuse a time that the clocks skipped."""
        field.instant()

    def changed(self, entry: DocketEntry) -> tuple[datetime | None, datetime | None]:
        """Return the new target and the new latest date, none for one that was left as it is."""
        latest = None if entry.due_at is None else _changed(self.due_at, entry.due_at)
        return _changed(self.target_at, entry.target_at), latest

    def place(self, entry: DocketEntry) -> None:
        """Count times in the deadline's zone, and leave out the latest date where contract and law give none."""
        self.target_at.zone = self.due_at.zone = entry.zone
        if entry.due_at is None:
            del self.due_at


class OwnerForm(Form):
    """Who answers for a deadline."""

    owner = SelectField("Owner", coerce=str)

    def offer(self, members: Sequence[Member]) -> None:
        """Fill the choice of people."""
        people = [SelectChoice(str(member.person_id), label=f"{member.name}, {TITLES[member.role]}") for member in members]
        self.owner.choices = [SelectChoice("", label="Nobody"), *people]

    def person_id(self) -> int | None:
        """Return the person chosen, or none for nobody."""
        return int(self.owner.data) if self.owner.data else None


def typed(at: datetime, zone: str) -> datetime:
    """Return an instant as a date field shows it: local, to the minute, without zone."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)


def _changed(field: ZonedDateTimeField, present: datetime | None) -> datetime | None:
    """Return what was typed, unless it is the present date to the minute.

    A day ends with its last second: 23:59 means 23:59:59 where the present date does.
    """
    found = field.instant()
    if found is None or present is None:
        return found
    if found == present.replace(second=0, microsecond=0):
        return None
    local = present.astimezone(ZoneInfo(field.zone))
    ends_days = (local.hour, local.minute, local.second) == (23, 59, 59)
    chosen = found.astimezone(ZoneInfo(field.zone))
    return found + 59 * SECOND if ends_days and (chosen.hour, chosen.minute) == (23, 59) else found
