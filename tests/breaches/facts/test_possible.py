"""Answers that cannot be are refused when they are new, and stay readable where they were kept before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dpa.breaches.facts import FactSheet, build
from dpa.breaches.facts.possible import impossible

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOTICED = NOW - 3 * HOUR


def sheet(**answers: object) -> FactSheet:
    return build(answers)


def began(hours: float, ended: float | None = None) -> dict[str, object]:
    ends = NOW + ended * HOUR if ended is not None else None
    return {"span": "period", "began_at": NOW + hours * HOUR, "ended_at": ends}


@pytest.mark.parametrize(("answers", "field"), [
    ({}, None),
    ({"next_word_at": NOW + HOUR}, None),
    ({"next_word_at": NOW}, "next_word_at"),
    ({"next_word_at": datetime(2020, 1, 1, tzinfo=UTC)}, "next_word_at"),
    ({"contact": {"name": "Ana", "mail": "ana@lemon.example"}}, None),
    ({"contact": {"name": "Ana", "mail": ""}}, None),
    ({"contact": {"name": "Ana", "mail": "abc, not a mail"}}, "contact_mail"),
    ({"occurrence": began(-5)}, None),
    ({"occurrence": began(-3)}, None),
    ({"occurrence": began(-2)}, "occurrence_began"),
    ({"occurrence": began(-5, 1)}, "occurrence_ended"),
    ({"subprocessor": {"name": "Nimbus", "told_at": NOW - HOUR}}, None),
    ({"subprocessor": {"name": "Nimbus", "told_at": NOW + HOUR}}, "subprocessor_told"),
    ({"countries": [{"code": "FR"}, {"code": "GB", "people": 3}]}, None),
    ({"countries": [{"code": "FR"}, {"code": "UK", "people": 3}]}, "countries"),
])  # fmt: skip
def test_new_answers_that_cannot_be_are_refused(answers: dict[str, object], field: str | None) -> None:
    new = sheet(**answers)
    assert set(impossible(new, FactSheet(), now=NOW, detected_at=NOTICED)) == ({field} if field else set())
    assert impossible(new, new, now=NOW, detected_at=NOTICED) == {}, "what was kept before is not asked again"


def test_a_promise_that_passed_since_it_was_given_stops_no_later_save() -> None:
    before = sheet(next_word_at=NOW - HOUR, nature="It leaked.")
    assert impossible(before.revised(nature="It leaked twice."), before, now=NOW, detected_at=NOTICED) == {}
