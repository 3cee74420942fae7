"""Event texts: canonical as RFC 8785 says, restricted, free of personal data."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from dpa.evidence.trail import bodies

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(lambda text: "@" not in text)
keys = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=12)
scalars = st.none() | st.booleans() | st.integers(-bodies.MAX_INTEGER, bodies.MAX_INTEGER) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5), max_leaves=20)
mappings = st.dictionaries(keys, values, max_size=6)


@settings(max_examples=250, deadline=None)
@given(mappings)
def test_the_text_is_what_rfc_8785_says_and_reads_back(value: dict[str, Any]) -> None:
    text = bodies.canonical(bodies.restricted(value))
    assert text.encode() == rfc8785.dumps(value)
    assert json.loads(text) == value


@settings(max_examples=100, deadline=None)
@given(mappings, st.integers(0, 2**40), st.none() | st.integers(1, 2**31))
def test_a_whole_event_is_canonical(data: dict[str, Any], index: int, organisation_id: int | None) -> None:
    text = bodies.event_body(
        index=index, event_id="0" * 32, at=datetime(2026, 11, 22, 11, tzinfo=UTC), request_id="1" * 32, actor="u:17", auth="pwd",
        action="breaches:notice:released", subject=("breach", "42"), organisation_id=organisation_id,
        data=bodies.restricted(data), commitments={"name": "ab" * 32},
    )
    event = json.loads(text)
    assert text.encode() == rfc8785.dumps(event)
    assert event["data"] == data
    assert (event["i"], event["org"], event["v"], event["ts"]) == (index, organisation_id, 1, "2026-11-22T11:00:00.000000Z")


@pytest.mark.parametrize(("value", "words"), [
    ({"amount": 1.5}, "data.amount is a float"),
    ({"amount": float("nan")}, "is a float"),
    ({"Amount": 1}, "has the key 'Amount'"),
    ({"é": 1}, "has the key"),
    ({"": 1}, "has the key"),
    ({1: 1}, "has the key 1"),
    ({"n": 2**53}, "below 2**53"),
    ({"n": -(2**53)}, "below 2**53"),
    ({"list": [0, {"deep": "\ud800"}]}, "data.list[1].deep holds a broken character"),
    ({"at": datetime(2026, 1, 1, tzinfo=UTC)}, "is a datetime"),
    ({"raw": b"x"}, "is a bytes"),
    ({"who": "write to anna@example.org please"}, "mail address"),
    ({"set": {1}}, "is a set"),
])
def test_what_may_not_stand_in_the_trail_is_refused_naming_the_place(value: Any, words: str) -> None:
    with pytest.raises(bodies.BadBody) as refused:
        bodies.restricted(value)
    assert words in str(refused.value)


def test_nesting_is_limited() -> None:
    value: Any = 1
    for _ in range(bodies.MAX_DEPTH + 1):
        value = [value]
    with pytest.raises(bodies.BadBody, match="nested deeper"):
        bodies.restricted(value)


def test_personal_parts_may_hold_addresses() -> None:
    assert bodies.restricted({"mail": "anna@example.org"}, personal=True) == {"mail": "anna@example.org"}


@pytest.mark.parametrize(("change", "words"), [
    ({"action": "released"}, "slice:object:action"),
    ({"action": "Breach:notice:released"}, "slice:object:action"),
    ({"action": "a" * 40 + ":b:" + "c" * 40}, "slice:object:action"),
    ({"actor": "anna@example.org"}, "opaque reference"),
    ({"actor": "Anna Duarte"}, "opaque reference"),
    ({"actor": "u:" + "1" * 50}, "opaque reference"),
    ({"subject": ("Breach", "1")}, "opaque number"),
    ({"subject": ("breach", "Anna Duarte")}, "opaque number"),
    ({"subject": ("breach", "")}, "opaque number"),
    ({"parts": ("Name",)}, "personal part"),
])
def test_names_in_an_event_are_opaque(change: dict[str, Any], words: str) -> None:
    good: dict[str, Any] = {"action": "breaches:notice:released", "actor": "u:17", "subject": ("breach", "42"), "parts": ("name",)}
    bodies.check_heading(**good)
    with pytest.raises(bodies.BadBody, match=words):
        bodies.check_heading(**(good | change))


def test_the_commitment_is_an_hmac_over_label_part_and_text() -> None:
    salt = bytes(range(32))
    expected = hmac.new(salt, b'trail-pd/v1\x00name\x00"Anna"', hashlib.sha256).hexdigest()
    assert bodies.commitment(salt, "name", '"Anna"') == expected
    assert bodies.commitment(salt, "nam", 'e"Anna"') != expected
    with pytest.raises(bodies.BadBody, match="32 bytes"):
        bodies.commitment(b"short", "name", "x")


def test_instants_are_written_in_utc_and_must_be_aware() -> None:
    at = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    assert bodies.timestamp(at) == "2026-11-22T11:00:00.123456Z"
    with pytest.raises(bodies.BadBody, match="aware"):
        bodies.timestamp(datetime(2026, 1, 1))
