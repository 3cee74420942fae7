"""The sheet: what it takes, what it refuses, and its text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpa.breaches.facts import words as w
from dpa.breaches.facts.problem import FactsProblem
from dpa.breaches.facts.sheet import Contact, Count, FactSheet, build, read
from tests.breaches.facts.ground import full, sheets


def test_an_empty_sheet_and_one_with_two_fields_are_valid() -> None:
    assert FactSheet().is_empty
    assert FactSheet().canonical() == '{"v":1}'
    assert build({"nature": "Something leaked.", "natures": ["confidentiality"]}).canonical() == (
        '{"nature":"Something leaked.","natures":["confidentiality"],"v":1}'
    )


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"people": {"precision": "exact"}}, "people", "Enter the number, or choose “To be determined”."),
        ({"people": {"precision": "approximate"}}, "people", "Enter the number, or choose “To be determined”."),
        ({"people": {"precision": "to_be_determined", "value": 3}}, "people", "A number cannot stand beside “To be determined”"),
        ({"records": {"precision": "undeterminable", "value": 0}}, "records", "A number cannot stand beside “Cannot be determined”"),
        ({"people": {"precision": "exact", "value": -1}}, "people", "The number cannot be below 0."),
        ({"people": {"precision": "exact", "value": 10**11}}, "people", "The number cannot be above 10000000000; check it."),
        ({"people": {"precision": "exact", "value": 1.5}}, "people", "Enter a whole number, without a fraction."),
        ({"people": {"precision": "exact", "value": "12"}}, "people", "Enter a whole number, without a fraction."),
        ({"occurrence": {"span": "ongoing"}}, "occurrence", "Enter when it began"),
        ({"occurrence": {"span": "undeterminable", "began_at": "2026-11-22T10:00:00Z"}}, "occurrence", "A time cannot stand beside"),
        ({"occurrence": {"span": "ongoing", "began_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T11:00:00Z"}}, "occurrence",
         "What is still going on has no end yet"),
        ({"occurrence": {"span": "period", "began_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T10:59:00+01:00"}}, "occurrence",
         "It cannot end before it began"),
        ({"next_word_at": "2026-11-22T10:00:00"}, "next_word_at", "Give the time with its zone."),
        ({"next_word_at": datetime(2026, 11, 22, 10)}, "next_word_at", "Give the time with its zone."),
        ({"next_word_at": 1_800_000_000}, "next_word_at", "This cannot be read"),
        ({"next_word_at": "0001-01-01T00:00:00+05:00"}, "next_word_at", "The year 1 cannot be right"),
        ({"natures": ["secrecy"]}, "natures", "Choose one of the words offered."),
        ({"nature": "x" * 20_001}, "nature", "Shorten this to 20000 characters."),
        ({"nature": 7}, "nature", "This cannot be read; enter it again."),
        ({"systems": [f"System {number}" for number in range(101)]}, "systems", "Name at most 100 here"),
        ({"countries": [{"code": "FR"}, {"code": "FR", "people": 3}]}, "countries", "Name each country once."),
        ({"countries": [{"code": "fr"}]}, "countries", "This cannot be read"),
        ({"subprocessor": {"name": " "}}, "subprocessor", "This cannot be empty."),
        ({"contact": {"fax": "1"}}, "contact", "This field is not part of the fact sheet"),
        ({"special": ["health"]}, "special", "This field is not part of the fact sheet"),
        ({"severity_inputs": {"data": "simple"}}, "severity_inputs", "Something is missing here"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_with_the_field_and_a_sentence(fields: dict[str, object], field: str, sentence: str) -> None:
    with pytest.raises(FactsProblem) as caught:
        build(fields)
    assert list(caught.value.fields) == [field]
    assert caught.value.fields[field].startswith(sentence)
    assert sentence in caught.value.message


def test_what_lasted_a_moment_began_and_ended_at_once() -> None:
    at = "2026-11-22T10:00:00Z"
    assert build({"occurrence": {"span": "day", "began_at": at, "ended_at": at}}).occurrence is not None


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(FactsProblem, match=r"1 more to correct\.") as caught:
        build({"people": {"precision": "exact"}, "cause": "fate"})
    assert set(caught.value.fields) == {"people", "cause"}


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-9, minutes=-30))])
def test_equal_facts_have_equal_texts_however_they_were_given(zone: timezone) -> None:
    at = datetime(2026, 11, 22, 10, tzinfo=UTC)
    one = build({"natures": ["availability", "confidentiality", "availability"], "next_word_at": at.astimezone(zone), "nature": " It leaked.\r\n"})
    other = FactSheet(natures=(w.Nature.CONFIDENTIALITY, w.Nature.AVAILABILITY), next_word_at=at, nature="It leaked.")
    assert one == other
    assert one.canonical() == other.canonical()
    assert '"next_word_at":"2026-11-22T10:00:00.000000Z"' in one.canonical()


def test_what_no_database_or_document_takes_is_replaced_and_never_loses_the_save() -> None:
    found = build({"nature": "a\x00b\ud800c\td\ne", "systems": ["one\ntwo", " ", "one two"]})
    assert found.nature == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c\td\ne"
    assert found.systems == ("one two",)


def test_an_empty_contact_is_none_and_special_categories_are_derived() -> None:
    found = build({"contact": {"name": " "}, "data_types": ["criminal", "basic", "health"]})
    assert found.contact is None
    assert found.special == (w.DataType.CRIMINAL, w.DataType.HEALTH)
    assert "special" not in json.loads(found.canonical())


def test_a_sheet_never_changes_and_takes_nothing_for_something_else() -> None:
    sheet = FactSheet()
    with pytest.raises(ValueError, match="frozen"):
        sheet.nature = "x"  # type: ignore[misc]
    with pytest.raises(ValueError, match="people"):
        FactSheet(people=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="systems"):
        FactSheet(systems=["one"])  # type: ignore[arg-type]


def test_a_revision_keeps_the_rest_and_is_checked() -> None:
    sheet = full()
    found = sheet.revised(people=Count.exact(3114), contact=None)
    assert (found.people, found.contact, found.nature) == (Count.exact(3114), None, sheet.nature)
    assert sheet.revised() == sheet
    with pytest.raises(FactsProblem):
        sheet.revised(people={"precision": "exact"})


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", '{"v":"1"}', '{"v":2}', '{"v":1,"natures":"confidentiality"}', '{"v":1,"people":{"precision":"exact","value":1.0}}',
     '{"v":1,"people":{"precision":"exact","value":NaN}}', '{"v":1,"colour":"red"}', "[" * 100_000],
)  # fmt: skip
def test_a_text_that_is_no_sheet_of_this_version_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(FactsProblem) as caught:
        read(text)
    assert caught.value.message.endswith(".")


def test_another_version_is_named() -> None:
    with pytest.raises(FactsProblem, match="version 2 of the sheet, and this program reads version 1"):
        read('{"v":2}')


def test_the_full_sheet_says_something_in_every_field() -> None:
    said = json.loads(full().canonical())
    assert set(said) == {*FactSheet.model_fields, "v"}


@given(sheet=sheets())
@settings(max_examples=150, deadline=None)
def test_every_sheet_is_read_back_as_it_was(sheet: FactSheet) -> None:
    text = sheet.canonical()
    again = read(text)
    assert again == sheet
    assert again.canonical() == text
    assert sheet.revised() == sheet
    text.encode()
    assert "\x00" not in text


@given(contact=st.builds(Contact, name=st.text(max_size=30)))
@settings(max_examples=50, deadline=None)
def test_a_line_is_one_line(contact: Contact) -> None:
    assert len(contact.name.splitlines()) <= 1
    assert contact.name == " ".join(contact.name.split())
