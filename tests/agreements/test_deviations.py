"""Deviation sheets read from people, and differences between texts. No database."""

from __future__ import annotations

import pytest

from dpa.agreements.deviations import differences, heading_differences, read_sheet, with_breach_hours
from dpa.agreements.terms import (
    DeviationSheet,
    Term,
    TermStack,
    dump_sheet,
    governing_clock,
    load_sheet,
    shipped_contract,
)
from dpa.agreements.terms.words import State
from dpa.agreements.uploads import as_text, either
from dpa.problems import Invalid

SHEET = dump_sheet(DeviationSheet(template="lemon-learning", deviations=with_breach_hours((), 12, "annex 2")))
DECIDED = SHEET.replace(
    '"template": "lemon-learning",',
    '"template": "lemon-learning", "decisions": [{"group": "deletion", "option": "at-end", "who": "u:1", "at": "2026-01-01T00:00:00Z", "why": "because"}],',
)


def test_a_sheet_is_read_and_its_hours_govern() -> None:
    stack = TermStack(template=shipped_contract("lemon-learning"), deviations=read_sheet(SHEET, "lemon-learning"))
    clock = governing_clock(stack)
    assert clock is not None
    assert (clock.target.amount, clock.clause) == (12, "annex 2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Choose a file or paste"),
        ("{", "not readable JSON at line 1"),
        ("[]", "one JSON object"),
        ('{"template": "lighton"}', "for the terms “lighton”"),
        ('{"template": "lemon-learning", "deviations": [{"key": "breach.notfy", "state": "absent"}]}', "did you mean breach.notify"),
        ('{"template": "lemon-learning", "surprise": 1}', "not known"),
        (DECIDED, "holds decisions"),
        (SHEET.replace('"hours"', '"fortnights"'), "must be one of"),
        ('{"template": "lemon-learning", "template": "lighton"}', "given twice"),
        pytest.param("[" * 100_000, "nested too deeply", id="deep"),
    ],
)
def test_a_wrong_sheet_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        read_sheet(text, "lemon-learning")
    assert caught.value.field == "sheet"


@pytest.mark.parametrize(("hours", "clause", "field"), [(0, "1", "hours"), (721, "1", "hours"), (12, " ", "clause"), (12, "x" * 61, "clause")])
def test_hours_must_be_a_promise_somebody_could_make(hours: int, clause: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        with_breach_hours((), hours, clause)
    assert caught.value.field == field


def test_new_hours_replace_earlier_ones_and_keep_the_other_deviations() -> None:
    other = Term(key="audit.notice", state=State.ABSENT)
    terms = with_breach_hours((*with_breach_hours((), 24, "annex 1"), other), 12, "annex 2")
    assert [term.key for term in terms] == ["audit.notice", "breach.notify"]


def test_differences_name_what_is_new_changed_and_gone() -> None:
    document = shipped_contract("lemon-learning")
    first, *rest = document.terms
    changed = with_breach_hours(rest, 12, "15.4")
    found = {line.key: (line.before, line.after) for line in differences(document.terms, changed)}
    assert found.keys() == {first.key, "breach.notify"}
    assert found[first.key][1] is None
    assert "12 hours" in (found["breach.notify"][1] or "")
    assert differences(document.terms, document.terms) == ()


def test_a_change_of_words_alone_is_still_a_difference() -> None:
    document = shipped_contract("lemon-learning")
    index = next(place for place, term in enumerate(document.terms) if term.key == "audit.right")
    terms = list(document.terms)
    terms[index] = terms[index].changed(clause="12.1")
    (line,) = differences(document.terms, terms)
    assert line.before != line.after
    assert "12.1" in (line.after or "")


def test_headings_differ_by_title_and_faults_in_print() -> None:
    document = shipped_contract("lemon-learning")
    found = heading_differences(document, document.changed(title="New title", printed_defects=()))
    assert [(line.label, line.before, line.after) for line in found] == [
        ("Title", document.title, "New title"), ("Faults in print", "2", "0"),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (b"PK\x03\x04\x14", "Excel workbook"),
        (b"%PDF-1.7", "a PDF"),
        ("a;b".encode("utf-16"), "UTF-16"),
        (b"a,b\x00c", "binary data"),
        ("é".encode("latin-1"), "Line 1 is not UTF-8"),
        (b"a\nb\nc\xff", "Line 3 is not UTF-8"),
    ],
)
def test_a_file_that_is_no_text_is_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        as_text(data, field="file", what="a CSV file")
    assert caught.value.field == "file"


def test_a_mark_at_the_beginning_is_not_text() -> None:
    assert as_text("\ufeffa".encode(), field="file", what="a file") == "a"


@pytest.mark.parametrize(
    ("data", "pasted", "words"),
    [(b"a", "b", "not both"), (b"", " ", "Choose a CSV file"), (b"", "a\x00", "NUL")],
)
def test_exactly_one_text_is_wanted(data: bytes, pasted: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        either(data, pasted, file_field="file", text_field="text", what="a CSV file")


def test_a_sheet_survives_a_round_trip() -> None:
    assert dump_sheet(load_sheet(SHEET)) == SHEET
