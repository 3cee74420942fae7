"""Numbers in addresses that no row can have."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule

from dpa.web.numbers import LARGEST, RowNumber

MAP = Map([Rule("/documents/<int:number>", endpoint="document")], converters={"int": RowNumber}).bind("localhost")


@pytest.mark.parametrize("number", [0, 1, LARGEST])
def test_a_number_of_a_row_is_found(number: int) -> None:
    assert MAP.match(f"/documents/{number}") == ("document", {"number": number})


@pytest.mark.parametrize("text", [str(LARGEST + 1), "9" * 5000, "٣", "-1", "1.0"])
def test_any_other_leads_nowhere(text: str) -> None:
    with pytest.raises(NotFound):
        MAP.match(f"/documents/{text}")
