"""Names of countries: known ones by name, regions with their code, and other codes as they are."""

from __future__ import annotations

import pytest

from dpa.languages.countries import EEA, country_name


@pytest.mark.parametrize(
    ("code", "name"),
    [("FR", "France"), ("DK", "Denmark"), ("GB", "United Kingdom"), ("FR-57", "France (FR-57)"), ("BR", "BR"), ("EU", "EU"), ("custom", "custom"), ("", "")],
)
def test_a_code_becomes_a_name_where_we_hold_one(code: str, name: str) -> None:
    assert country_name(code) == name


def test_the_european_economic_area_has_thirty_states() -> None:
    assert len(EEA) == 30
