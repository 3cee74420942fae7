"""What every part of the terms model shares: frozen, strict records and the small checked types.

Records refuse unknown fields and never change. In JSON they leave out what equals its default, keep their fields in
the order of declaration and always show their ``kind``, so that equal terms are equal bytes.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any, Self
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationError,
    model_serializer,
)

from dpa.agreements.terms import forms
from dpa.agreements.terms.problem import from_validation


class Frozen(BaseModel):
    """A record that refuses unknown fields, never changes, and writes itself without its defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, defer_build=True)

    @model_serializer(mode="wrap")
    def _lean(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out fields that equal their default; the kind always stays, it names the type."""
        full: dict[str, Any] = handler(self)
        return {
            name: full[name]
            for name, field in type(self).model_fields.items()
            if name in full and (name == "kind" or field.is_required() or getattr(self, name) != field.get_default())
        }

    def changed(self, **fields: object) -> Self:
        """Return a validated copy with some fields replaced; raises `TermsProblem` when the result is not allowed."""
        merged = {name: getattr(self, name) for name in type(self).model_fields} | fields
        try:
            return type(self).model_validate(merged)
        except ValidationError as error:
            raise from_validation(error, merged, f"the changed {type(self).__name__}") from error


LITERAL_WORDS = 12
"""The most words of a contract that one value may quote: enough to recognise the place, never a sentence."""


def _few_words(text: str) -> str:
    if len(text.split()) > LITERAL_WORDS:
        raise ValueError(f"the literal quotes more than {LITERAL_WORDS} words; keep only the words that carry the value")
    return text


Short = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
"""A name or a few words of our own."""
Note = Annotated[str, StringConstraints(min_length=1, max_length=800, strip_whitespace=True)]
"""Our reading in our own words."""
LiteralWords = Annotated[Short, AfterValidator(_few_words)]
"""Words as printed in the contract, at most twelve."""
Slug = Annotated[str, StringConstraints(pattern=forms.SLUG, max_length=80)]
"""A name in addresses and files: small letters, digits and single hyphens."""
Key = Annotated[str, StringConstraints(pattern=forms.KEY, max_length=80)]
"""The dotted name of a term: group, dot, name."""
ItemId = Annotated[str, StringConstraints(pattern=forms.ITEM)]
"""The number under which a contract reading lists the item, such as LL-19."""
Clause = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
"""Where it stands: clause, article or section numbers as printed."""
Count = Annotated[StrictInt, Field(ge=1, le=100_000)]
"""A whole number above zero."""
Yes = StrictBool
"""True or false; neither text nor number stands for it."""
Country = Annotated[str, StringConstraints(pattern=forms.COUNTRY)]
"""An ISO 3166 country code, with a subdivision where one matters: FR, DK, FR-57."""
Region = Annotated[str, StringConstraints(pattern=forms.REGION)]
"""A place data may be: an ISO country code, EU or EEA."""
Language = Annotated[str, StringConstraints(pattern=forms.LANGUAGE)]
"""An ISO 639-1 language code."""
Currency = Annotated[str, StringConstraints(pattern=forms.CURRENCY)]
"""An ISO 4217 currency code."""


@lru_cache(maxsize=1)
def _iana() -> frozenset[str]:
    return frozenset(available_timezones())


_OFFSET = re.compile(r"^[+-](0\d|1[0-4]):[0-5]\d$")


def _zone(name: str) -> str:
    if not _OFFSET.fullmatch(name) and name not in _iana():
        raise ValueError(f"the zone '{name}' is not known; use a name such as Europe/Paris or an offset such as +01:00")
    return name


Zone = Annotated[str, AfterValidator(_zone)]
"""An IANA zone, or a fixed offset kept exactly as a contract prints it."""


def is_fixed_offset(zone: str) -> bool:
    """Whether a zone is a fixed offset, which does not follow summer time."""
    return bool(_OFFSET.fullmatch(zone))


def _iso_day(raw: object) -> object:
    if type(raw) is date:
        return raw
    if isinstance(raw, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", raw):
        return raw
    raise ValueError("a date is written as year-month-day, such as 2026-05-28; correct it")


Day = Annotated[date, BeforeValidator(_iso_day)]
"""A calendar day, written year-month-day; instants and numbers are refused."""


def _instant_form(raw: object) -> object:
    if isinstance(raw, datetime) or (isinstance(raw, str) and "T" in raw):
        return raw
    raise ValueError("an instant is written with its offset, such as 2026-05-28T10:00:00+02:00; correct it")


def _to_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc), BeforeValidator(_instant_form)]
"""An instant with its offset, kept in UTC; a time without an offset is refused."""


def _amount(raw: object) -> Decimal:
    if isinstance(raw, Decimal):
        value = raw
    elif isinstance(raw, str) and re.fullmatch(r"\d{1,12}(\.\d{1,4})?", raw):
        try:
            value = Decimal(raw)
        except InvalidOperation as error:
            raise ValueError("this amount is not a number; correct it") from error
    else:
        raise ValueError('an amount is written as text with a point, such as "1500" or "7.5"; correct it')
    if not value.is_finite() or value < 0:
        raise ValueError("an amount must be zero or more")
    return value


Amount = Annotated[Decimal, BeforeValidator(_amount), PlainSerializer(str, return_type=str, when_used="json")]
"""A decimal amount, exact, zero or more; its digits survive a round trip as written."""
Clock = Annotated[str, StringConstraints(pattern=forms.CLOCK)]
"""A time of day, 24 hours, such as 09:00."""
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$", max_length=254)]
"""An e-mail address as printed."""
Domain = Annotated[str, StringConstraints(pattern=forms.DOMAIN, max_length=253)]
"""A domain name in small letters."""
