"""Countries: which codes there are and what is said of others; known ones by name, regions with their code, and other codes as they are."""

from __future__ import annotations

import pytest

from dpa.languages.countries import BY_NAME, EEA, codes, country_fault, country_name


@pytest.mark.parametrize(
    ("code", "name"),
    [("FR", "France"), ("DK", "Denmark"), ("GB", "United Kingdom"), ("FR-57", "France (FR-57)"), ("BR", "BR"), ("EU", "EU"), ("custom", "custom"), ("", "")],
)
def test_a_code_becomes_a_name_where_we_hold_one(code: str, name: str) -> None:
    assert country_name(code) == name


@pytest.mark.parametrize("code", [*EEA, *BY_NAME.values(), "JP", "AX", "PS", "TW", "XK"])
def test_the_codes_of_iso_3166_are_countries(code: str) -> None:
    assert country_fault(code) is None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ZZ", "There is no country “ZZ”"), ("EU", "There is no country “EU”"), ("SU", "There is no country “SU”"), ("UK", "write GB for the United Kingdom"),
        ("EL", "write GR for Greece"), ("fr", "in capital letters: FR"), ("FRA", "two capital letters"), ("France", "two capital letters"),
        ("FR-57", "two capital letters"), ("", "two capital letters"), ("ＦＲ", "two capital letters"), ("#c", "two capital letters"),
    ],
)  # fmt: skip
def test_another_code_is_refused_with_what_to_write_instead(code: str, words: str) -> None:
    assert words in (country_fault(code) or "")


def test_all_codes_are_there_and_nothing_else() -> None:
    assert len(codes()) == 249 + 1
    assert {len(code) for code in codes()} == {2}


def test_the_european_economic_area_has_thirty_states() -> None:
    assert len(EEA) == 30
