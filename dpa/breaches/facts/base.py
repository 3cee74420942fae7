"""What the records of the fact sheet share: frozen and strict, with bounded texts and aware instants."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)

from dpa.evidence.trail.bodies import timestamp

TEXT_MAX = 20_000
"""Characters of a free text, as for the notice itself."""
LINE_MAX = 300
"""Characters of a name or a line."""
LIST_MAX = 100
"""Entries of a list."""
NUMBER_MAX = 10_000_000_000
"""The largest number of people or records; more is a slip of the hand."""
FIRST_YEAR, LAST_YEAR = 1970, 2200

_BROKEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Control signs and half characters, which neither a database nor a PDF takes."""

E = TypeVar("E", bound=Enum)


class Record(BaseModel):
    """A record that never changes, refuses unknown fields and takes nothing for something else (no text for a number)."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


def clean(value: Any) -> Any:
    """Return a text with plain line ends and without blanks around it; what cannot be printed becomes U+FFFD.

    Logs pasted at night hold such signs; refusing the save for them would cost more than it protects.
    """
    if not isinstance(value, str) or isinstance(value, Enum):
        return value
    return _BROKEN.sub("\N{REPLACEMENT CHARACTER}", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _one_line(value: Any) -> Any:
    cleaned = clean(value)
    return " ".join(cleaned.split()) if isinstance(cleaned, str) else cleaned


def _in_utc(at: datetime) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"The year {at.year} cannot be right; enter a time between {FIRST_YEAR} and {LAST_YEAR}.")
    return at.astimezone(UTC)


def in_order(chosen: tuple[E, ...]) -> tuple[E, ...]:
    """Return words without repeats in the order in which they are declared, so that equal choices are equal texts."""
    return tuple(word for word in type(chosen[0]) if word in chosen) if chosen else ()


def without_repeats(lines: Iterable[str]) -> tuple[str, ...]:
    """Return lines without empty ones and repeats, in the order given."""
    return tuple(dict.fromkeys(line for line in lines if line))


Text = Annotated[str, StringConstraints(max_length=TEXT_MAX), BeforeValidator(clean)]
"""A free text, lines allowed."""
Line = Annotated[str, StringConstraints(max_length=LINE_MAX), BeforeValidator(_one_line)]
"""A name or a few words on one line."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=LINE_MAX), BeforeValidator(_one_line)]
"""A line that cannot be empty."""
Lines = Annotated[tuple[Line, ...], Field(max_length=LIST_MAX), AfterValidator(without_repeats)]
"""A list of names in the order given."""
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc), PlainSerializer(timestamp, return_type=str, when_used="json")]
"""An aware instant, kept in UTC and written as the trail writes it."""
Number = Annotated[int, Field(ge=0, le=NUMBER_MAX)]
"""A number of people or records."""
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166-1 alpha-2 code."""
