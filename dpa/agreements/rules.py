"""What an agreement, a system and a decision must be. Pure; the terms themselves are in `dpa.agreements.terms`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
OPERATOR_MAX = 200
HOURS_MOST = 8_760
"""A year; a longer promise to tell of a breach is a slip of the hand."""
REASON_MIN = 10
REASON_MAX = 800
"""Most characters of a reason, as the terms model keeps it."""


@dataclass(frozen=True, slots=True)
class AgreementInput:
    """An agreement as typed or imported."""

    reference: str
    starts_on: date
    ends_on: date | None = None


def agreement_errors(agreement: AgreementInput) -> Mapping[str, str]:
    """Return a sentence for each input that cannot stand."""
    errors: dict[str, str] = {}
    if not REFERENCE.fullmatch(agreement.reference):
        errors["reference"] = "A reference has 1 to 40 letters, digits, dots, dashes, slashes or underscores and begins with a letter or digit."
    if not 1990 <= agreement.starts_on.year <= 2099:
        errors["starts_on"] = "Enter a first day between 1990 and 2099."
    if agreement.ends_on is not None and agreement.ends_on < agreement.starts_on:
        errors["ends_on"] = "The last day lies before the first; correct one of them."
    elif agreement.ends_on is not None and agreement.ends_on.year > 2099:
        errors["ends_on"] = "Enter a last day before 2100, or leave it empty while the agreement runs."
    return errors


def operator_errors(operator: str, hours: int | None) -> Mapping[str, str]:
    """Return what keeps a system from being said to be run by a subprocessor that tells of a breach within some hours."""
    errors: dict[str, str] = {}
    if len(operator) > OPERATOR_MAX:
        errors["operator"] = f"Shorten the name to {OPERATOR_MAX} characters."
    elif hours is not None and not operator:
        errors["operator"] = "Name the subprocessor that promised these hours, or leave the hours empty."
    if hours is not None and not 1 <= hours <= HOURS_MOST:
        errors["operator_hours"] = f"Enter 1 to {HOURS_MOST:,} hours, or leave it empty when no number was promised."
    return errors


def reason_error(reason: str) -> str | None:
    """Return a sentence when a reason is too short to mean anything to a later reader."""
    if len(reason.strip()) < REASON_MIN:
        return "Give the reason in a sentence that somebody else will understand in two years."
    return None


def version_error(valid_from: date, latest: date) -> str | None:
    """Return a sentence when an amendment would not come after the version before it."""
    if valid_from <= latest:
        return f"The version in force begins on {latest.isoformat()}; an amendment must begin on a later day."
    return None


def is_active(starts_on: date, ends_on: date | None, on: date) -> bool:
    """Tell whether an agreement runs on a legal day; first and last day belong to it."""
    return starts_on <= on and (ends_on is None or on <= ends_on)
