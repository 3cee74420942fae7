"""The codes of countries, and names in English for those our customers and their data subjects are in; other codes stay codes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

EEA: Mapping[str, str] = MappingProxyType({
    "AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "CY": "Cyprus", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark", "EE": "Estonia",
    "ES": "Spain", "FI": "Finland", "FR": "France", "GR": "Greece", "HR": "Croatia", "HU": "Hungary", "IE": "Ireland", "IS": "Iceland",
    "IT": "Italy", "LI": "Liechtenstein", "LT": "Lithuania", "LU": "Luxembourg", "LV": "Latvia", "MT": "Malta", "NL": "Netherlands",
    "NO": "Norway", "PL": "Poland", "PT": "Portugal", "RO": "Romania", "SE": "Sweden", "SI": "Slovenia", "SK": "Slovakia",
})  # fmt: skip
"""ISO 3166-1 code and name: the European Economic Area, which is the 27 member states, Iceland, Liechtenstein and Norway."""
_NEAR: Mapping[str, str] = MappingProxyType({"CH": "Switzerland", "GB": "United Kingdom", "US": "United States"})
BY_NAME: Mapping[str, str] = MappingProxyType({name.lower(): code for code, name in (*EEA.items(), *_NEAR.items())})
"""Code by name in small letters, for those we hold a name of."""
_KOSOVO = "XK"
"""Not in ISO 3166-1, which leaves it to its users; what the European Union writes for a country whose customers could not be recorded otherwise."""
_USUAL: Mapping[str, str] = MappingProxyType({"EL": "write GR for Greece", "UK": "write GB for the United Kingdom"})
"""Codes of other lists that people type for a country, and what to write instead. One country has one code here, so that lists and files agree."""


@cache
def codes() -> frozenset[str]:
    """Return the codes of ISO 3166-1 alpha-2, from the package that brings the time zones, and Kosovo's."""
    text = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return frozenset(line.partition("\t")[0] for line in text.splitlines() if line and not line.startswith("#")) | {_KOSOVO}


def country_fault(code: str) -> str | None:
    """Return a sentence when `code` is no country's code, which says what to write instead; none for one that is."""
    if code in codes():
        return None
    if code in _USUAL:
        return f"“{code}” is no code of ISO 3166; {_USUAL[code]}."
    if code.upper() in codes():
        return f"Write the country in capital letters: {code.upper()}."
    if re.fullmatch("[A-Z]{2}", code):
        return f"There is no country “{code}”; enter the two capital letters ISO 3166 gives it, such as FR."
    return "Enter the two capital letters of the country, such as FR."


def country_name(code: str) -> str:
    """Return the name of a country, or of the country a region such as FR-57 lies in with the region's code; the code itself where we hold no name."""
    country, _, region = code.partition("-")
    name = EEA.get(country) or _NEAR.get(country)
    if name is None:
        return code
    return f"{name} ({code})" if region else name
