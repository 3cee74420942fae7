"""Forms: what a person typed becomes a frozen input, or sentences beside the fields that need correcting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField
from wtforms.validators import ValidationError

from dpa.problems import Invalid, Problem

MAX_TEXT = 20_000
EARLIEST, LATEST = 2000, 2100
"""Years a typed instant may lie in."""


class Form(FlaskForm):  # type: ignore[misc]
    """The parent of every form: cross-site protection, and one way to show what rules and operations refuse."""

    def show_problem(self, problem: Problem) -> None:
        """Put a problem beside the fields it names, or on top of the form."""
        fields: Mapping[str, str] = problem.fields if isinstance(problem, Invalid) else {}
        if not fields and problem.field:
            fields = {problem.field: problem.message}
        known = {name: text for name, text in fields.items() if name in self._fields}
        for name, text in known.items():
            self._fields[name].errors = [*self._fields[name].errors, text]
        if not known or len(known) < len(fields):
            self.form_errors.append(problem.message)

    def error_list(self) -> list[tuple[str | None, str]]:
        """Return every error as (id of its field or none, sentence), in the order of the form."""
        found: list[tuple[str | None, str]] = [(None, str(text)) for text in self.form_errors]
        for form_field in self._fields.values():
            found += [(form_field.id, str(text)) for text in _flat(form_field.errors)]
        return found


def _flat(errors: Any) -> list[Any]:
    if isinstance(errors, Mapping):
        return [text for part in errors.values() for text in _flat(part)]
    return [text for part in errors for text in (_flat(part) if isinstance(part, list | tuple) else [part])]


class Needed:
    """Marks a field that is not always required: `when` stands beside its label in the place of "optional"; the rules ask for it."""

    def __init__(self, when: str) -> None:
        self.field_flags = {"when": when}

    def __call__(self, form: object, field: object) -> None:
        """Accept everything: whether it is needed is for the rules to say."""


class ZonedDateTimeField(DateTimeLocalField):  # type: ignore[misc]
    """A local date and time that becomes an aware instant in the zone of `zone` (an IANA name).

    A time that the spring change skips is refused, and one that the autumn change repeats must be settled: the
    first pass is taken and `ambiguous` is true, so that the page can say so.
    """

    def __init__(self, label: str, validators: Any = (), *, zone: str = "UTC", **kwargs: Any) -> None:
        super().__init__(label, validators, format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **kwargs)
        self.zone = zone
        self.ambiguous = False

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; errors name the form wanted."""
        if not valuelist or not " ".join(valuelist).strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("Enter a date and a time, such as 2026-11-22 21:46.") from None
        typed: datetime | None = self.data
        if typed is not None and not EARLIEST <= typed.year <= LATEST:
            year, self.data = typed.year, None
            raise ValueError(f"The year {year} cannot be meant; enter one from {EARLIEST} to {LATEST}.")

    def instant(self) -> datetime | None:
        """Return the aware instant in UTC, or none when the field was left empty."""
        typed: datetime | None = self.data
        if typed is None:
            return None
        local = typed.replace(tzinfo=ZoneInfo(self.zone), fold=0)
        back = local.astimezone(UTC).astimezone(ZoneInfo(self.zone))
        if back.replace(tzinfo=None) != typed:
            raise ValidationError(f"This time does not exist in {self.zone}: the clocks were put forward over it.")
        self.ambiguous = local.utcoffset() != local.replace(fold=1).utcoffset()
        return local.astimezone(UTC)
