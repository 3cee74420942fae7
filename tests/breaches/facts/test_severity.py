"""ENISA's method: its check vectors, its bounds, and that a worse circumstance never lowers the score."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpa.breaches.facts import words as w
from dpa.breaches.facts.problem import FactsProblem
from dpa.breaches.facts.severity import (
    Adjustment,
    Band,
    DataKind,
    Ease,
    Factor,
    Loss,
    SeverityInputs,
    assess,
    band_of,
)
from dpa.breaches.facts.sheet import FactSheet, build
from dpa.breaches.facts.suggesting import suggested
from tests.breaches.facts.ground import full, inputs, sheets

D, E, L = DataKind, Ease, Loss


@pytest.mark.parametrize(
    ("given_inputs", "score", "band"),
    [
        (SeverityInputs(data=D.FINANCIAL, ease=E.MAXIMUM, confidentiality=L.FULL, malicious=True), "4.00", Band.VERY_HIGH),
        (SeverityInputs(data=D.SIMPLE, ease=E.NEGLIGIBLE), "0.25", Band.LOW),
        (SeverityInputs(data=D.BEHAVIOURAL, ease=E.SIGNIFICANT, confidentiality=L.FULL), "2.00", Band.MEDIUM),
        (SeverityInputs(data=D.SENSITIVE, ease=E.SIGNIFICANT), "3.00", Band.HIGH),
        (SeverityInputs(data=D.FINANCIAL, ease=E.MAXIMUM, confidentiality=L.FULL, integrity=L.PARTIAL), "3.75", Band.HIGH),
        (SeverityInputs(data=D.SENSITIVE, ease=E.MAXIMUM, confidentiality=L.FULL, integrity=L.PARTIAL, availability=L.FULL, malicious=True),
         "5.75", Band.VERY_HIGH),
        (SeverityInputs(data=D.SENSITIVE, ease=E.MAXIMUM, confidentiality=L.FULL, integrity=L.FULL, availability=L.FULL, malicious=True),
         "6.00", Band.VERY_HIGH),
        (SeverityInputs(data=D.BEHAVIOURAL, ease=E.SIGNIFICANT, confidentiality=L.PARTIAL), "1.75", Band.LOW),
    ],
)  # fmt: skip
def test_check_vectors(given_inputs: SeverityInputs, score: str, band: Band) -> None:
    found = assess(given_inputs)
    assert (str(found.score), found.band) == (score, band)


@pytest.mark.parametrize(
    ("hundredths", "band"),
    [(25, Band.LOW), (199, Band.LOW), (200, Band.MEDIUM), (299, Band.MEDIUM), (300, Band.HIGH), (399, Band.HIGH), (400, Band.VERY_HIGH),
     (600, Band.VERY_HIGH)],
)  # fmt: skip
def test_a_bound_belongs_to_the_band_above(hundredths: int, band: Band) -> None:
    assert band_of(hundredths) is band


@pytest.mark.parametrize(
    ("data", "adjustments", "kept", "said"),
    [
        (D.SIMPLE, (), 1, "none; the score stays 1."),
        (D.SIMPLE, ((Factor.VOLUME, 1),), 2, "the score becomes 2."),
        (D.SENSITIVE, ((Factor.CONTROLLER, 1),), 4, "the score becomes 5, kept within 1 to 4: 4."),
        (D.SIMPLE, ((Factor.PUBLIC, 1),), 1, "the score becomes 0, kept within 1 to 4: 1."),
        (D.FINANCIAL, ((Factor.PUBLIC, 2), (Factor.PEOPLE, 1)), 2, "the score becomes 2."),
        (D.SENSITIVE, ((Factor.VOLUME, 3), (Factor.OUTDATED, 3)), 4, "the score becomes 4."),
    ],
)  # fmt: skip
def test_adjustments_are_whole_points_kept_within_one_to_four(
    data: DataKind, adjustments: tuple[tuple[Factor, int], ...], kept: int, said: str
) -> None:
    made = tuple(Adjustment(factor=factor, points=points) for factor, points in adjustments)
    found = assess(SeverityInputs(data=data, ease=E.MAXIMUM, adjustments=made))
    assert found.context == kept
    assert found.steps[1].endswith(said)


def test_the_reckoning_is_said_step_by_step() -> None:
    found = assess(
        SeverityInputs(
            data=D.FINANCIAL, ease=E.SIGNIFICANT, confidentiality=L.FULL, malicious=True,
            adjustments=(Adjustment(factor=Factor.PUBLIC, reason="printed in the trade register"),),
        ),
        people=3112, unintelligible=True,
    )  # fmt: skip
    assert found.steps == (
        "Data processing context: financial data, base score 3.",
        "Contextual adjustments: -1 because the data were public already (printed in the trade register); the score becomes 2.",
        "Ease of identification: significant (reasonably easy), factor 0.75.",
        ("Circumstances of the breach: confidentiality 0.50 (published, or disclosed to unknown recipients), integrity 0.00 (no incorrect or "
        "unlawful use found), availability 0.00 (recoverable without difficulty), malicious intent 0.50; together 1.00."),
        "Severity: 2 × 0.75 + 1.00 = 2.50.",
        "Band: medium, people may meet significant inconveniences that they can overcome despite some difficulty.",
    )
    assert found.flags == ("More than 100 people are concerned (3,112).", "The data cannot be read by those without authority.")
    assert "information for the controller" in found.advice
    assert "never delays the notice" in found.advice


@pytest.mark.parametrize(("people", "flagged"), [(None, False), (0, False), (100, False), (101, True)])
def test_more_than_a_hundred_people_are_flagged(people: int | None, flagged: bool) -> None:
    assert bool(assess(SeverityInputs(data=D.SIMPLE, ease=E.LIMITED), people=people).flags) is flagged


@pytest.mark.parametrize(
    "adjustments",
    [[{"factor": "volume", "points": 0}], [{"factor": "volume", "points": 4}], [{"factor": "public", "points": -1}],
     [{"factor": "volume"}, {"factor": "volume"}], [{"factor": "weather"}]],
)  # fmt: skip
def test_a_factor_moves_the_score_once_and_in_its_direction(adjustments: list[object]) -> None:
    with pytest.raises(FactsProblem) as caught:
        build({"severity_inputs": {"data": "simple", "ease": "limited", "adjustments": adjustments}})
    assert list(caught.value.fields) == ["severity_inputs"]


@given(made=inputs, people=st.none() | st.integers(0, 1000), unintelligible=st.booleans())
@settings(max_examples=200, deadline=None)
def test_the_score_is_exact_within_its_bounds_and_flags_change_nothing(made: SeverityInputs, people: int | None, unintelligible: bool) -> None:
    found = assess(made, people=people, unintelligible=unintelligible)
    assert isinstance(found.score, Decimal)
    assert Decimal("0.25") <= found.score <= 6
    assert found.score == found.context * found.ease + found.circumstances
    assert found.score % Decimal("0.25") == 0
    assert 1 <= found.context <= 4
    assert assess(made).score == found.score


WORSE = {"data": D, "ease": E, "confidentiality": L, "integrity": L, "availability": L}


@given(made=inputs, field=st.sampled_from(sorted(WORSE)), up=st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_worse_circumstance_never_lowers_the_score(made: SeverityInputs, field: str, up: bool) -> None:
    kind = list(WORSE[field])
    at = kind.index(getattr(made, field))
    other = kind[min(at + 1, len(kind) - 1)] if up else kind[max(at - 1, 0)]
    before, after = assess(made), assess(made.model_copy(update={field: other}))
    assert (after.score >= before.score) if up else (after.score <= before.score)
    bands = list(Band)
    assert (bands.index(after.band) >= bands.index(before.band)) is (after.score >= before.score or after.band is before.band)
    assert assess(made.model_copy(update={"malicious": True})).score >= before.score


@given(made=inputs, factor=st.sampled_from(list(Factor)), points=st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_a_factor_moves_the_score_only_in_its_direction(made: SeverityInputs, factor: Factor, points: int) -> None:
    rest = tuple(one for one in made.adjustments if one.factor is not factor)
    without = assess(made.model_copy(update={"adjustments": rest}))
    with_it = assess(made.model_copy(update={"adjustments": (*rest, Adjustment(factor=factor, points=points))}))
    assert (with_it.score - without.score) * factor.direction >= 0


def test_all_plain_inputs_make_scores_between_the_named_ends() -> None:
    found = {
        assess(SeverityInputs(data=d, ease=e, confidentiality=c, integrity=i, availability=a, malicious=m)).score
        for d, e, c, i, a, m in product(D, E, L, L, L, (False, True))
    }
    assert (min(found), max(found)) == (Decimal("0.25"), Decimal(6))


def test_the_score_neither_holds_a_notice_nor_hides_a_question() -> None:
    from dpa.breaches.facts.asking import missing

    low = full().revised(severity_inputs=SeverityInputs(data=D.SIMPLE, ease=E.NEGLIGIBLE))
    assert missing(low) == missing(full()) == missing(full().revised(severity_inputs=None))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (None, None, None, None, None)),
        ({"data_types": ["contact", "payment"]}, (D.FINANCIAL, None, None, None, None)),
        ({"data_types": ["contact", "health", "location"]}, (D.SENSITIVE, None, None, None, None)),
        ({"data_types": ["credentials", "not_yet_known"]}, (None, None, None, None, None)),
        ({"natures": ["confidentiality"], "disclosure": "not_disclosed"}, (None, L.NONE, None, None, None)),
        ({"natures": ["confidentiality"], "disclosure": "disclosed"}, (None, None, None, None, None)),
        ({"natures": ["integrity"], "alteration": "no_wrong_use"}, (None, None, L.NONE, None, None)),
        ({"natures": ["integrity"], "alteration": "irreversible"}, (None, None, L.FULL, None, None)),
        ({"alteration": "irreversible"}, (None, None, None, None, None)),
        ({"natures": ["availability"], "unavailability": "temporary"}, (None, None, None, L.PARTIAL, None)),
        ({"natures": ["availability"], "unavailability": "not_determined"}, (None, None, None, None, None)),
        ({"cause": "internal"}, (None, None, None, None, False)),
        ({"cause": "external_malicious"}, (None, None, None, None, True)),
        ({"cause": "unknown"}, (None, None, None, None, None)),
    ],
)
def test_a_start_is_suggested_only_where_it_follows(fields: dict[str, object], expected: tuple[object, ...]) -> None:
    found = suggested(build(fields))
    assert (found.data, found.confidentiality, found.integrity, found.availability, found.malicious) == expected
    assert len(found.reasons) == sum(value is not None for value in expected)


@given(sheet=sheets())
@settings(max_examples=60, deadline=None)
def test_a_suggestion_can_be_made_of_every_sheet(sheet: FactSheet) -> None:
    found = suggested(sheet)
    assert found.unintelligible is (w.Nature.CONFIDENTIALITY in sheet.natures and sheet.unintelligible is w.Unintelligible.PROTECTED)
    assert all(reason.endswith(".") for reason in found.reasons)
