"""Numbers in addresses: digits of ours, and no larger than a database can hold; any other is an address that leads nowhere (404)."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, ValidationError

LARGEST = 2**63 - 1
"""Largest value of a 64-bit column; SQLite and PostgreSQL refuse more with an error."""


class RowNumber(IntegerConverter):
    """The converter behind `<int:...>` in every address."""

    regex = r"[0-9]+"

    def to_python(self, value: str) -> int:
        """Return the number. Raises `ValidationError`, which Werkzeug answers with 404."""
        number = int(super().to_python(value)) if len(value) <= len(str(LARGEST)) else LARGEST + 1
        if number > LARGEST:
            raise ValidationError
        return number


def row_number(text: str) -> int:
    """Read the number of a row, as `type` of what a query string or a form says: of any other, `get` returns its default."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(LARGEST)) or int(text) > LARGEST:
        raise ValueError(text)
    return int(text)


def install(app: Flask) -> None:
    """Have every address of the application use it; before any blueprint is registered."""
    app.url_map.converters["int"] = RowNumber
