"""Numbers in addresses that no row can have."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule

from dpa.web.numbers import LARGEST, RowNumber, row_number

ROOT = Path(__file__).resolve().parents[2]
MAP = Map([Rule("/documents/<int:number>", endpoint="document")], converters={"int": RowNumber}).bind("localhost")


@pytest.mark.parametrize("number", [0, 1, LARGEST])
def test_a_number_of_a_row_is_found(number: int) -> None:
    assert MAP.match(f"/documents/{number}") == ("document", {"number": number})


@pytest.mark.parametrize("text", [str(LARGEST + 1), "9" * 5000, "٣", "-1", "1.0"])
def test_any_other_leads_nowhere(text: str) -> None:
    with pytest.raises(NotFound):
        MAP.match(f"/documents/{text}")


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), (str(LARGEST), LARGEST)])
def test_a_number_in_a_query_string_is_read(text: str, number: int) -> None:
    assert MultiDict({"after": text}).get("after", type=row_number) == number


@pytest.mark.parametrize("text", [str(LARGEST + 1), "9" * 5000, "٣", "-1", "1.0", "1_0", " 1", "", "x", "\0"])
def test_any_other_is_as_if_it_were_not_there(text: str) -> None:
    assert MultiDict({"after": text}).get("after", 5, type=row_number) == 5


def test_no_page_reads_a_number_without_bounds() -> None:
    read = [str(path) for path in (ROOT / "dpa").rglob("*.py") if "type=int)" in path.read_text("utf-8")]
    assert read == [], "use dpa.web.numbers.row_number"
