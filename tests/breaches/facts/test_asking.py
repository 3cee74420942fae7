"""What is still asked, in which order, and what looks odd."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from dpa.breaches.facts import words as w
from dpa.breaches.facts.asking import QUESTIONS, Need, completeness, contradictions, missing
from dpa.breaches.facts.sheet import Count, FactSheet, build
from tests.breaches.facts.ground import full, sheets


def fields_of(sheet: FactSheet) -> list[str]:
    return [one.field for one in missing(sheet)]


def test_the_empty_sheet_is_asked_first_for_what_a_controller_decides_on() -> None:
    assert fields_of(FactSheet())[:9] == [
        "nature", "natures", "data_types", "subjects", "people", "consequences", "measures_taken", "measures_proposed", "contact",
    ]  # fmt: skip


def test_everything_the_article_names_comes_before_the_template() -> None:
    needs = [question.need for question in QUESTIONS]
    assert needs == sorted(needs, key=list(Need).index)
    assert all(question.sentence.endswith(".") and question.basis for question in QUESTIONS)
    assert {question.field for question in QUESTIONS} <= set(FactSheet.model_fields)


def test_the_full_sheet_is_asked_for_nothing() -> None:
    assert missing(full()) == ()
    found = completeness(full())
    assert (found.answered, found.looked_for, found.article_complete) == (found.asked, 0, True)
    assert found.asked == len(QUESTIONS)
    assert contradictions(full()) == ()


@pytest.mark.parametrize(
    ("fields", "asked", "not_asked"),
    [
        ({"natures": ["confidentiality"]}, {"disclosure", "unintelligible", "confidentiality_consequences"}, {"alteration", "unavailability"}),
        ({"natures": ["integrity"]}, {"alteration", "integrity_consequences"}, {"disclosure", "unintelligible", "unavailability"}),
        ({"natures": ["availability"]}, {"unavailability", "availability_consequences"}, {"disclosure", "alteration"}),
        ({"records": {"precision": "exact", "value": 5}}, {"records_note"}, {"records"}),
        ({"records": {"precision": "undeterminable"}}, set(), {"records", "records_note"}),
        ({"police": "yes"}, {"reports_note"}, {"police"}),
        ({"police": "no"}, set(), {"reports_note", "police"}),
        ({"police": "unknown"}, set(), {"police"}),
        ({"occurrence": {"span": "undeterminable"}}, set(), {"occurrence"}),
        ({"occurrence": {"span": "period", "began_at": "2026-11-22T10:00:00Z"}}, {"occurrence"}, set()),
        ({"occurrence": {"span": "ongoing", "began_at": "2026-11-22T10:00:00Z"}}, set(), {"occurrence"}),
        ({"data_types": ["not_yet_known"]}, {"data_types"}, set()),
        ({"data_types": ["basic", "not_yet_known"]}, set(), {"data_types"}),
    ],
)
def test_only_what_applies_is_asked(fields: dict[str, object], asked: set[str], not_asked: set[str]) -> None:
    found = set(fields_of(build(fields)))
    assert asked <= found
    assert not not_asked & found


@pytest.mark.parametrize(
    ("fields", "field", "looked_for"),
    [
        ({}, "people", False),
        ({"people": {"precision": "to_be_determined"}}, "people", True),
        ({"cause": "to_be_determined"}, "cause", True),
        ({"subjects": ["not_yet_known"]}, "subjects", True),
        ({"occurrence": {"span": "to_be_determined"}}, "occurrence", True),
    ],
)
def test_to_be_determined_is_open_but_not_forgotten(fields: dict[str, object], field: str, looked_for: bool) -> None:
    found = next(one for one in missing(build(fields)) if one.field == field)
    assert found.looked_for is looked_for


@pytest.mark.parametrize("name", ["people", "records"])
def test_who_has_said_that_a_number_is_being_determined_is_not_asked_to_say_so(name: str) -> None:
    before, after = (next(one for one in missing(build(fields)) if one.field == name) for fields in ({}, {name: {"precision": "to_be_determined"}}))
    assert before.sentence == f"Say how many {name} are concerned, or that it is being determined."
    assert after.sentence == f"Say how many {name} are concerned as soon as it is determined."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"natures": ["confidentiality", "integrity"]}, "a loss of availability"),
        ({"people": Count.exact(0), "countries": ()}, "no personal data breach"),
        ({"people": Count.exact(100)}, "add up to more people"),
        ({"subprocessor": {"name": "Hostco"}}, "not when it told you"),
        ({"contact": {"name": "Ana"}}, "neither telephone nor e-mail"),
        ({"occurrence": {"span": "day", "began_at": "2026-11-22T10:00:00Z", "estimated": True}}, "say how"),
    ],
)
def test_what_does_not_fit_together_is_said_and_not_refused(change: dict[str, object], words: str) -> None:
    found = contradictions(full().revised(**change))
    assert len(found) == 1
    assert words in found[0]


@given(sheet=sheets())
@settings(max_examples=100, deadline=None)
def test_counts_and_questions_agree(sheet: FactSheet) -> None:
    found, still = completeness(sheet), missing(sheet)
    assert found.asked - found.answered == len(still)
    assert found.article_asked - found.article_answered == sum(one.need is Need.ARTICLE for one in still)
    assert 0 <= found.looked_for <= len(still)
    assert found.article_complete is (found.article_answered == found.article_asked)
    assert all(sentence.endswith(".") for sentence in contradictions(sheet))


def test_answering_takes_a_question_away() -> None:
    before = fields_of(FactSheet())
    after = fields_of(FactSheet(cause=w.Cause.UNKNOWN))
    assert [field for field in before if field != "cause"] == after
