"""Countries of the European Economic Area, which the template's sections on cross-border processing ask for. Names in English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EEA: Mapping[str, str] = MappingProxyType({
    "AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "CY": "Cyprus", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark", "EE": "Estonia",
    "ES": "Spain", "FI": "Finland", "FR": "France", "GR": "Greece", "HR": "Croatia", "HU": "Hungary", "IE": "Ireland", "IS": "Iceland",
    "IT": "Italy", "LI": "Liechtenstein", "LT": "Lithuania", "LU": "Luxembourg", "LV": "Latvia", "MT": "Malta", "NL": "Netherlands",
    "NO": "Norway", "PL": "Poland", "PT": "Portugal", "RO": "Romania", "SE": "Sweden", "SI": "Slovenia", "SK": "Slovakia",
})  # fmt: skip
"""ISO 3166-1 code and name: the 27 member states, Iceland, Liechtenstein and Norway."""
_NEAR: Mapping[str, str] = MappingProxyType({"CH": "Switzerland", "GB": "United Kingdom", "US": "United States"})


def country_name(code: str) -> str:
    """Return a country's name, or its code where we hold no name."""
    return EEA.get(code) or _NEAR.get(code) or code
