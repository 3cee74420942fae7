"""Names of countries in English, for those our customers and their data subjects are in; other codes stay codes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EEA: Mapping[str, str] = MappingProxyType({
    "AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "CY": "Cyprus", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark", "EE": "Estonia",
    "ES": "Spain", "FI": "Finland", "FR": "France", "GR": "Greece", "HR": "Croatia", "HU": "Hungary", "IE": "Ireland", "IS": "Iceland",
    "IT": "Italy", "LI": "Liechtenstein", "LT": "Lithuania", "LU": "Luxembourg", "LV": "Latvia", "MT": "Malta", "NL": "Netherlands",
    "NO": "Norway", "PL": "Poland", "PT": "Portugal", "RO": "Romania", "SE": "Sweden", "SI": "Slovenia", "SK": "Slovakia",
})  # fmt: skip
"""ISO 3166-1 code and name: the European Economic Area, which is the 27 member states, Iceland, Liechtenstein and Norway."""
_NEAR: Mapping[str, str] = MappingProxyType({"CH": "Switzerland", "GB": "United Kingdom", "US": "United States"})


def country_name(code: str) -> str:
    """Return the name of a country, or of the country a region such as FR-57 lies in with the region's code; the code itself where we hold no name."""
    country, _, region = code.partition("-")
    name = EEA.get(country) or _NEAR.get(country)
    if name is None:
        return code
    return f"{name} ({code})" if region else name
