"""Which version of terms is in force on a day. Amendments make a new version; running deadlines keep their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, Protocol, TypeVar

from dpa.agreements.terms.problem import TermsProblem


class Dated(Protocol):
    """Anything with days of validity, both inclusive; none means open."""

    @property
    def valid_from(self) -> date | None:
        """The first day."""

    @property
    def valid_to(self) -> date | None:
        """The last day."""


_Content = TypeVar("_Content")
_Version = TypeVar("_Version", bound=Dated)


@dataclass(frozen=True, slots=True)
class Version(Generic[_Content]):
    """One version of something, with its number and days of validity (legal days, inclusive)."""

    number: int
    content: _Content
    valid_from: date | None = None
    valid_to: date | None = None


def in_force(versions: Iterable[_Version], on: date) -> _Version:
    """The one version that holds on a day.

    Raises `TermsProblem` when none holds or when two do, naming the days at fault.
    """
    listed = list(versions)
    found = [version for version in listed if _holds(version, on)]
    if len(found) == 1:
        return found[0]
    if found:
        raise TermsProblem(f"{len(found)} versions of the terms hold on {on.isoformat()}; end one before the next begins.")
    first = min((version.valid_from for version in listed if version.valid_from), default=None)
    when = f"the first begins on {first.isoformat()}" if first else "there is none"
    raise TermsProblem(f"No version of the terms holds on {on.isoformat()}; {when}. Add a version for that day.")


def _holds(version: Dated, on: date) -> bool:
    return (version.valid_from is None or version.valid_from <= on) and (version.valid_to is None or on <= version.valid_to)
