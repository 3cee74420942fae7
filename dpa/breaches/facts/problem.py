"""The problem raised when facts cannot be kept as they were given, with a sentence for each input."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dpa.problems import Invalid


class FactsProblem(Invalid):
    """Facts that cannot be kept: `fields` has a sentence for each input, by the name of the sheet's field."""


_ADVICE: Mapping[str, str] = {
    "missing": "Something is missing here; add it or empty the whole entry.",
    "extra_forbidden": "This field is not part of the fact sheet; remove it.",
    "enum": "Choose one of the words offered.",
    "int_type": "Enter a whole number, without a fraction.",
    "int_from_float": "Enter a whole number, without a fraction.",
    "greater_than_equal": "The number cannot be below {ge}.",
    "less_than_equal": "The number cannot be above {le}; check it.",
    "string_too_long": "Shorten this to {max_length} characters.",
    "string_too_short": "This cannot be empty.",
    "too_long": "Name at most {max_length} here; describe the rest in the text.",
    "timezone_aware": "Give the time with its zone.",
    "bool_type": "Answer with yes or no.",
}


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    advice = _ADVICE.get(error["type"], "This cannot be read; enter it again.")
    return advice.format_map(dict(error.get("ctx", {})))


def from_validation(error: ValidationError) -> FactsProblem:
    """Turn what pydantic found into one problem; the first sentence for each field of the sheet stands."""
    fields: dict[str, str] = {}
    for detail in error.errors(include_url=False):
        fields.setdefault(str(detail["loc"][0]) if detail["loc"] else "sheet", _sentence(detail))
    first = next(iter(fields.items()))
    more = f" {len(fields) - 1} more to correct." if len(fields) > 1 else ""
    return FactsProblem(f"The facts cannot be kept yet: {first[1]}{more}", fields=fields)
