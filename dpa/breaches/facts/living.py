"""Where the people concerned live, as people type it: `FR 1200` or `France`, one country on each line (template fields 116-117). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dpa.breaches.facts.sheet import Country
from dpa.languages.countries import BY_NAME


def line(country: Country) -> str:
    """Return a country as a line."""
    return country.code if country.people is None else f"{country.code} {country.people}"


def listed(lines: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return the countries that lines name by code or name, with the number of people where it is known, as `build` takes them. Raises ValueError for what is none."""
    found: list[Mapping[str, Any]] = []
    for typed in lines:
        name, _, number = typed.rpartition(" ")
        digits = number.replace(",", "").replace("\N{NO-BREAK SPACE}", "")
        if not (name and digits.isascii() and digits.isdigit()):
            name, digits = typed, ""
        code = BY_NAME.get(name.strip().lower(), name.strip().upper())
        if not (len(code) == 2 and code.isascii() and code.isalpha()):
            raise ValueError(f"“{name.strip()[:40]}” is no country we know; write its code of two letters, such as FR 1200.")
        found.append({"code": code, "people": int(digits) if digits and len(digits) < 16 else None})
    return found
