"""Keyset paging: a page is named by the last row of the page before, never by a number of rows to skip."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from dpa.problems import Invalid
from dpa.web.numbers import LARGEST

Row = TypeVar("Row")
SIZE = 50
DAMAGED = "The page address is damaged. Go back to the first page of the list."


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows and the key of the next."""

    rows: tuple[Row, ...]
    next_key: str | None
    """Value of the `after` parameter that leads to the next page; none on the last."""

    @classmethod
    def cut(cls, rows: Sequence[Row], key: Callable[[Row], Sequence[Any]], size: int = SIZE) -> Page[Row]:
        """Make a page from up to `size` + 1 rows, as the query fetched them."""
        more = len(rows) > size
        shown = tuple(rows[:size])
        return cls(shown, encode_key(key(shown[-1])) if more else None)


def encode_key(parts: Sequence[Any]) -> str:
    """Return an address-safe key of a row's sort values."""
    text = json.dumps(list(parts), separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def instant_of(part: Any) -> datetime:
    """Read an instant out of a decoded key, in UTC; raises `Invalid` when somebody has changed it, also into one that is none in UTC."""
    try:
        instant = datetime.fromisoformat(text_of(part))
        if instant.tzinfo is None:
            raise Invalid(DAMAGED)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(DAMAGED) from None


def number_of(part: Any) -> int:
    """Read the number of a row out of a decoded key; raises `Invalid` for what is none, and for numbers no row can have."""
    if not isinstance(part, int) or isinstance(part, bool) or not 0 < part <= LARGEST:
        raise Invalid(DAMAGED)
    return part


def text_of(part: Any) -> str:
    """Read a text out of a decoded key; raises `Invalid` for what is none."""
    if not isinstance(part, str):
        raise Invalid(DAMAGED)
    return part


def decode_key(key: str | None, length: int) -> list[Any] | None:
    """Read a key back; raises `Invalid` when somebody has changed it. Read its parts with `instant_of`, `number_of` and `text_of`."""
    if not key:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or len(parts) != length or not all(isinstance(p, int | None) or _storable(p) for p in parts):
        raise Invalid(DAMAGED)
    return parts


def _storable(part: Any) -> bool:
    """Whether it is a text that a database takes: PostgreSQL refuses NUL, both refuse half a pair of UTF-16."""
    return isinstance(part, str) and not any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in part)
