"""The vocabularies against the counts of the template, and their labels."""

from __future__ import annotations

import string

import pytest

from dpa.breaches.facts import words as w
from dpa.breaches.facts.template import FIELDS

OF_FIELD = {
    44: w.Span, 50: w.Discovery, 55: w.Nature, 56: w.Disclosure, 57: w.Unintelligible, 58: w.Alteration, 59: w.Unavailability,
    60: w.IncidentType, 61: w.Cause, 65: w.SubjectCategory, 67: w.Precision, 70: w.DataType, 72: w.Precision, 75: w.MeasureInPlace,
    79: w.ConfidentialityConsequence, 81: w.IntegrityConsequence, 83: w.AvailabilityConsequence, 85: w.Impact, 87: w.Severity,
    94: w.Prevention, 109: w.Answer, 110: w.Answer, 125: w.AttachmentKind,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "count"),
    [(w.IncidentType, 25), (w.Cause, 6), (w.SubjectCategory, 11), (w.DataType, 21), (w.MeasureInPlace, 12), (w.Impact, 15), (w.Severity, 4),
     (w.Prevention, 15), (w.Precision, 4), (w.Discovery, 6), (w.AttachmentKind, 10)],
)  # fmt: skip
def test_a_vocabulary_has_as_many_words_as_the_template(kind: type[w.Word], count: int) -> None:
    assert len(kind) == count


@pytest.mark.parametrize("number", OF_FIELD)
def test_the_letters_are_those_of_the_field_in_its_order(number: int) -> None:
    kind = OF_FIELD[number]
    assert [word.code for word in kind] == list(string.ascii_lowercase[: FIELDS[number].options])


@pytest.mark.parametrize("kind", list(dict.fromkeys(OF_FIELD.values())))
def test_every_word_has_its_own_label_and_a_value_that_can_be_stored(kind: type[w.Word]) -> None:
    labels = [word.label for word in kind]
    assert len(set(labels)) == len(labels)
    assert all(label[0].isupper() and not label.endswith(".") for label in labels)
    assert all(word.value.replace("_", "").isalpha() and word.value.islower() for word in kind)
    assert all(kind(word.value) is word for word in kind)


@pytest.mark.parametrize(
    ("data_type", "article"),
    [(w.DataType.HEALTH, "Art. 9(1) GDPR"), (w.DataType.EMPLOYMENT_HEALTH, "Art. 9(1) GDPR"), (w.DataType.CRIMINAL, "Art. 10 GDPR"),
     (w.DataType.BASIC, ""), (w.DataType.FINANCIAL, ""), (w.DataType.NOT_YET_KNOWN, "")],
)  # fmt: skip
def test_special_categories_are_derived_from_the_article(data_type: w.DataType, article: str) -> None:
    assert data_type.article == article


def test_nine_types_are_special_categories() -> None:
    assert sum(kind.article.startswith("Art. 9") for kind in w.DataType) == 9


@pytest.mark.parametrize(
    ("cause", "malicious"),
    [(w.Cause.INTERNAL, False), (w.Cause.INTERNAL_MALICIOUS, True), (w.Cause.EXTERNAL, False), (w.Cause.EXTERNAL_MALICIOUS, True),
     (w.Cause.UNKNOWN, None), (w.Cause.TO_BE_DETERMINED, None)],
)  # fmt: skip
def test_intent_follows_from_the_cause_only_where_it_is_known(cause: w.Cause, malicious: bool | None) -> None:
    assert cause.malicious is malicious


@pytest.mark.parametrize(
    ("word", "is_open"),
    [(w.Cause.TO_BE_DETERMINED, True), (w.Cause.UNKNOWN, False), (w.Precision.UNDETERMINABLE, False), (w.SubjectCategory.NOT_YET_KNOWN, True),
     (w.ConfidentialityConsequence.UNDER_ASSESSMENT, True), (w.Disclosure.NOT_ASSESSABLE, False), (w.Unavailability.NOT_DETERMINED, True)],
)  # fmt: skip
def test_a_word_says_whether_the_answer_is_still_sought(word: w.Word, is_open: bool) -> None:
    assert word.is_open is is_open
