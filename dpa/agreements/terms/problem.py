"""The problem raised when terms cannot be read, and how its sentences are built from what pydantic found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dpa.agreements.terms.forms import IN_WORDS
from dpa.problems import Invalid


class TermsProblem(Invalid):
    """Terms that cannot be accepted: each fault says where it is, what is wrong and what to do."""

    def __init__(self, message: str, *, faults: Sequence[str] = (), fields: dict[str, str] | None = None) -> None:
        super().__init__(message, fields=fields)
        self.faults: tuple[str, ...] = tuple(faults) or (message,)
        """Every fault found, one sentence each; the message repeats the first."""


_ADVICE: dict[str, str] = {
    "missing": "this field is missing; add it",
    "extra_forbidden": "this field is not known here; remove it or correct its name",
    "int_type": "this must be a whole number without quotation marks",
    "int_parsing": "this must be a whole number",
    "int_from_float": "this must be a whole number",
    "greater_than": "this must be greater than {gt}",
    "greater_than_equal": "this must be at least {ge}",
    "less_than_equal": "this must be at most {le}",
    "bool_type": "this must be true or false, without quotation marks",
    "string_type": "this must be text in quotation marks",
    "string_too_short": "this may not be empty",
    "string_too_long": "this is longer than the {max_length} characters allowed; shorten it",
    "enum": "this must be one of {expected}",
    "literal_error": "this must be {expected}",
    "union_tag_invalid": "the kind '{tag}' is not known; use one of {expected_tags}",
    "union_tag_not_found": "the value has no kind; add \"kind\"",
    "tuple_type": "this must be a list in square brackets",
    "too_short": "this list needs at least {min_length} entry; add one",
    "too_long": "this list may hold at most {max_length} entries; shorten it",
    "model_type": "this must be an object in braces",
    "model_attributes_type": "this must be an object in braces",
    "frozen_instance": "terms are never changed in place; make a new version",
}


def _advice(error: ErrorDetails) -> str:
    """Say in plain words what one pydantic error asks for."""
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "string_pattern_mismatch":
        pattern = str(error["ctx"]["pattern"])
        return f"this does not have the expected form; write {IN_WORDS.get(pattern, pattern)}"
    advice = _ADVICE.get(error["type"])
    if advice is None:
        return f"{error['msg'][0].lower()}{error['msg'][1:]}; correct it"
    return advice.format_map(_Blank(error.get("ctx", {})))


class _Blank(dict[str, Any]):
    """A mapping that leaves an unknown placeholder empty instead of failing inside an error message."""

    def __missing__(self, key: str) -> str:
        return ""


def _place(location: Sequence[int | str], raw: object) -> str:
    """Name the place of a fault: the path, with the key of the term or the id of the group it lies in."""
    path = ""
    here: object = raw
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
            here = here[step] if isinstance(here, list | tuple) and step < len(here) else None
            name = _own_name(here)
            path += f" ({name})" if name else ""
        elif isinstance(here, dict) and step in here:
            path += f".{step}" if path else step
            here = here[step]
        elif not (isinstance(here, dict) and here.get("kind") == step):
            path += f".{step}" if path else step
            here = None
    return path or "the document"


def _own_name(thing: object) -> str:
    """The name by which a person would find one entry of a list."""
    if not isinstance(thing, dict):
        return ""
    for field in ("key", "id", "name"):
        if isinstance(thing.get(field), str):
            return str(thing[field])
    return ""


def _inside(inner: Sequence[int | str], outer: Sequence[int | str]) -> bool:
    """Whether one place lies inside another."""
    return len(inner) > len(outer) and tuple(inner[: len(outer)]) == tuple(outer)


def from_validation(error: ValidationError, raw: object, what: str) -> TermsProblem:
    """Turn pydantic's findings into one problem with a sentence per fault.

    ``what`` names the thing being read ("the terms document"); ``raw`` is the decoded input, used to name places.
    """
    fields: dict[str, str] = {}
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and any(_inside(other["loc"], detail["loc"]) for other in details):
            continue  # the list is only short because its faulty entries were left out
        fields.setdefault(_place(detail["loc"], raw), _advice(detail))
    faults = [f"{place}: {advice}." for place, advice in fields.items()]
    more = f" There are {len(faults) - 1} more faults." if len(faults) > 2 else ""
    more = " There is one more fault." if len(faults) == 2 else more
    return TermsProblem(f"{what} cannot be read at {faults[0]}{more}", faults=faults, fields=fields)
