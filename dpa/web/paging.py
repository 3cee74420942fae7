"""Keyset paging: a page is named by the last row of the page before, never by a number of rows to skip."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from dpa.problems import Invalid

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
    """Read an instant out of a decoded key; raises `Invalid` when somebody has changed it."""
    try:
        instant = datetime.fromisoformat(str(part))
    except ValueError:
        raise Invalid(DAMAGED) from None
    if instant.tzinfo is None:
        raise Invalid(DAMAGED)
    return instant


def decode_key(key: str | None, length: int) -> list[Any] | None:
    """Read a key back; raises `Invalid` when somebody has changed it."""
    if not key:
        return None
    try:
        parts = json.loads(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
    except (binascii.Error, ValueError):
        parts = None
    if not isinstance(parts, list) or len(parts) != length or not all(isinstance(p, str | int | None) for p in parts):
        raise Invalid(DAMAGED)
    return parts
