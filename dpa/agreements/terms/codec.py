"""Reading and writing terms as JSON text, so that equal terms are equal bytes.

Canonical text: fields in the order of the model, defaults left out, two spaces of indent, characters unescaped, one
newline at the end. Reading refuses what JSON itself would pass over in silence: a name given twice, NaN, infinities.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import ValidationError

from dpa.agreements.terms.base import Frozen
from dpa.agreements.terms.document import DeviationSheet, TermsDocument
from dpa.agreements.terms.problem import TermsProblem, from_validation

_Record = TypeVar("_Record", bound=Frozen)


def load_terms(text: str) -> TermsDocument:
    """Read a contract from JSON text; raises `TermsProblem` with one sentence per fault."""
    return _load(text, TermsDocument, "The terms document")


def dump_terms(document: TermsDocument) -> str:
    """Write a contract as canonical JSON text; reading it back gives an equal document and the same bytes."""
    return _dump(document)


def load_sheet(text: str) -> DeviationSheet:
    """Read one agreement's deviations and decisions; raises `TermsProblem` with one sentence per fault."""
    return _load(text, DeviationSheet, "The deviation sheet")


def dump_sheet(sheet: DeviationSheet) -> str:
    """Write one agreement's deviations and decisions as canonical JSON text."""
    return _dump(sheet)


def load_record(text: str, record: type[_Record]) -> _Record:
    """Read any single record of the model, such as one `Term`; raises `TermsProblem`."""
    return _load(text, record, f"The {record.__name__}")


def dump_record(record: Frozen) -> str:
    """Write any single record of the model as canonical JSON text, for instance to store one term in a row."""
    return _dump(record)


def _load(text: str, record: type[_Record], what: str) -> _Record:
    raw = _decode(text, what)
    try:
        return record.model_validate(raw)
    except ValidationError as error:
        raise from_validation(error, raw, what) from error


def _dump(record: Frozen) -> str:
    return json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _decode(text: str, what: str) -> object:
    try:
        raw: object = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise TermsProblem(
            f"{what} is not readable JSON at line {error.lineno}, column {error.colno}: {error.msg}; correct the text there.",
        ) from error
    except RecursionError as error:
        raise TermsProblem(f"{what} is nested too deeply to be terms; check that this is the right file.") from error
    if not isinstance(raw, dict):
        raise TermsProblem(f"{what} must be one JSON object in braces; check that this is the right file.")
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise TermsProblem(f"The field '{name}' is given twice in the same object; keep it once.")
        found[name] = value
    return found


def _no_constant(name: str) -> object:
    raise TermsProblem(f"'{name}' is not a value terms can hold; write a number or leave the field out.")
