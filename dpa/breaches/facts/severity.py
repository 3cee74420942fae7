"""The severity of a breach by ENISA's method of 2013: SE = DPC × EI + CB, in exact hundredths, with every step said.

Source: ENISA, "Recommendations for a methodology of the assessment of severity of personal data breaches", v1.0, December 2013, as
quoted in `enisa-factors-reference.md` of NicklawAI/edpb-breach-notification-assistant (CC BY 4.0), which marks what it took from the
PDF: the formula, the four base scores, adjustments in whole points, the four factors of identification, the points of Annex 3
(0, 0.25 or 0.5 for each loss, 0.5 for malicious intent) and the band below 2. The bands from 2, 3 and 4 on are those commonly used.
Contextual adjustments never leave 1 to 4.

This is information for the controller, who alone assesses the risk (Art. 33(1), 34(1) GDPR). It never gates, delays or hides a
notice: a processor does not first weigh the likelihood of a risk (EDPB Guidelines 9/2022, para 44).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, model_validator

from dpa.breaches.facts.base import Line, Record
from dpa.breaches.facts.words import Word

LEAST, MOST = 25, 600
"""Bounds of the score in hundredths: 1 × 0.25 and 4 × 1 + 2."""
MANY = 100
"""ENISA's flag: more individuals than this."""
ADVICE = "This score is information for the controller, who alone assesses the risk (Art. 33(1) and 34(1) GDPR). It never delays the notice."


class DataKind(Word):
    """Data processing context, base score by the most sensitive data (ENISA, table 1)."""

    SIMPLE = "simple", "Simple data (biography, contact)"
    BEHAVIOURAL = "behavioural", "Behavioural data (location, traffic, preferences)"
    FINANCIAL = "financial", "Financial data"
    SENSITIVE = "sensitive", "Sensitive data (Art. 9 and 10 GDPR)"

    @property
    def score(self) -> int:
        """Base score, 1 to 4."""
        return list(DataKind).index(self) + 1


class Factor(Word):
    """What moves the base score in this context; each factor moves it in one direction only."""

    VOLUME = "volume", "Much data about each person, in time or content"
    CONTROLLER = "controller", "The controller's field of work makes the data critical"
    PEOPLE = "people", "The people concerned are vulnerable"
    PUBLIC = "public", "The data were public already"
    OUTDATED = "outdated", "The data are inaccurate or outdated"

    @property
    def direction(self) -> int:
        """1 for a factor that raises the score, -1 for one that lowers it."""
        return -1 if self in {Factor.PUBLIC, Factor.OUTDATED} else 1


class Ease(Word):
    """Ease of identifying a person from the data, a factor on the context."""

    NEGLIGIBLE = "negligible", "Negligible (practically impossible)"
    LIMITED = "limited", "Limited (difficult but possible)"
    SIGNIFICANT = "significant", "Significant (reasonably easy)"
    MAXIMUM = "maximum", "Maximum (the data name the person)"

    @property
    def hundredths(self) -> int:
        """The factor: 25, 50, 75 or 100 hundredths."""
        return 25 * (list(Ease).index(self) + 1)


class Loss(Word):
    """How much of confidentiality, integrity or availability was lost (ENISA, annex 3)."""

    NONE = "none", "None"
    PARTIAL = "partial", "Partial"
    FULL = "full", "Full"

    @property
    def hundredths(self) -> int:
        """The points: 0, 25 or 50 hundredths."""
        return 25 * list(Loss).index(self)


class Band(Word):
    """Bands of the score."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    VERY_HIGH = "very_high", "Very high"


LOSSES: Mapping[str, Mapping[Loss, str]] = MappingProxyType({
    "confidentiality": MappingProxyType({
        Loss.NONE: "no sign that anybody used the data unlawfully",
        Loss.PARTIAL: "disclosed to a number of known recipients",
        Loss.FULL: "published, or disclosed to unknown recipients",
    }),
    "integrity": MappingProxyType({
        Loss.NONE: "no incorrect or unlawful use found",
        Loss.PARTIAL: "altered and can be recovered",
        Loss.FULL: "altered and cannot be recovered",
    }),
    "availability": MappingProxyType({
        Loss.NONE: "recoverable without difficulty",
        Loss.PARTIAL: "unavailable for a time, or in part",
        Loss.FULL: "wholly unavailable and cannot be recovered",
    }),
})  # fmt: skip
"""What each level means for each of the three losses."""

MEANINGS: Mapping[Band, str] = MappingProxyType({
    Band.LOW: "people are not affected or meet a few inconveniences",
    Band.MEDIUM: "people may meet significant inconveniences that they can overcome despite some difficulty",
    Band.HIGH: "people may meet significant consequences that they should overcome, with serious difficulty",
    Band.VERY_HIGH: "people may meet significant or even irreversible consequences that they may not overcome",
})  # fmt: skip


class Adjustment(Record):
    """One contextual adjustment: whole points in the factor's direction, with the reason a controller can check."""

    factor: Factor
    points: Annotated[int, Field(ge=1, le=3)] = 1
    """How many points, 1 to 3; the factor says whether up or down."""
    reason: Line = ""

    @property
    def signed(self) -> int:
        """The points with their sign."""
        return self.factor.direction * self.points


class SeverityInputs(Record):
    """What the score is computed from. The two required choices cannot be guessed from other facts."""

    data: DataKind
    ease: Ease
    adjustments: Annotated[tuple[Adjustment, ...], Field(max_length=len(Factor))] = ()
    confidentiality: Loss = Loss.NONE
    integrity: Loss = Loss.NONE
    availability: Loss = Loss.NONE
    malicious: bool = False

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if len({adjustment.factor for adjustment in self.adjustments}) != len(self.adjustments):
            raise ValueError("Name each contextual factor once.")
        return self


@dataclass(frozen=True, slots=True)
class Assessment:
    """The score and how it came about."""

    score: Decimal
    """SE, exact, 0.25 to 6.00."""
    band: Band
    context: int
    """DPC after adjustments, 1 to 4."""
    ease: Decimal
    """EI."""
    circumstances: Decimal
    """CB, 0 to 2.00."""
    steps: tuple[str, ...]
    """The reckoning in sentences, the result last."""
    flags: tuple[str, ...]
    """What ENISA asks to note beside the score; it changes no number."""
    advice: str = ADVICE


def assess(inputs: SeverityInputs, *, people: int | None = None, unintelligible: bool = False) -> Assessment:
    """Return ENISA's score for the inputs, with each step in words.

    `people` is the number of people where it is known; `unintelligible` says that the data cannot be read by those without authority.
    Both only set flags. Never raises for valid inputs.
    """
    context = max(1, min(4, inputs.data.score + sum(adjustment.signed for adjustment in inputs.adjustments)))
    circumstances = _circumstances(inputs)
    score = context * inputs.ease.hundredths + circumstances
    band = band_of(score)
    return Assessment(
        score=_decimal(score), band=band, context=context, ease=_decimal(inputs.ease.hundredths), circumstances=_decimal(circumstances),
        steps=(
            f"Data processing context: {_lower(inputs.data.label)}, base score {inputs.data.score}.",
            _adjusted(inputs, context),
            f"Ease of identification: {_lower(inputs.ease.label)}, factor {_decimal(inputs.ease.hundredths)}.",
            _counted(inputs, circumstances),
            f"Severity: {context} × {_decimal(inputs.ease.hundredths)} + {_decimal(circumstances)} = {_decimal(score)}.",
            f"Band: {_lower(band.label)}, {MEANINGS[band]}.",
        ),
        flags=_flags(people, unintelligible=unintelligible),
    )  # fmt: skip


def band_of(hundredths: int) -> Band:
    """Return the band of a score in hundredths; each bound belongs to the band above it."""
    if hundredths < 200:
        return Band.LOW
    if hundredths < 300:
        return Band.MEDIUM
    return Band.HIGH if hundredths < 400 else Band.VERY_HIGH


def _circumstances(inputs: SeverityInputs) -> int:
    losses = inputs.confidentiality.hundredths + inputs.integrity.hundredths + inputs.availability.hundredths
    return losses + (50 if inputs.malicious else 0)


def _adjusted(inputs: SeverityInputs, context: int) -> str:
    if not inputs.adjustments:
        return f"Contextual adjustments: none; the score stays {context}."
    said = "; ".join(
        f"{adjustment.signed:+d} because {_lower(adjustment.factor.label)}" + (f" ({adjustment.reason})" if adjustment.reason else "")
        for adjustment in inputs.adjustments
    )
    reckoned = inputs.data.score + sum(adjustment.signed for adjustment in inputs.adjustments)
    kept = f"{reckoned}, kept within 1 to 4: {context}" if reckoned != context else str(context)
    return f"Contextual adjustments: {said}; the score becomes {kept}."


def _counted(inputs: SeverityInputs, total: int) -> str:
    parts = [
        f"{name} {_decimal(loss.hundredths)} ({LOSSES[name][loss]})"
        for name, loss in (("confidentiality", inputs.confidentiality), ("integrity", inputs.integrity), ("availability", inputs.availability))
    ]
    parts.append(f"malicious intent {_decimal(50 if inputs.malicious else 0)}")
    return f"Circumstances of the breach: {', '.join(parts)}; together {_decimal(total)}."


def _flags(people: int | None, *, unintelligible: bool) -> tuple[str, ...]:
    flags = []
    if people is not None and people > MANY:
        flags.append(f"More than {MANY} people are concerned ({people:,}).")
    if unintelligible:
        flags.append("The data cannot be read by those without authority.")
    return tuple(flags)


def _decimal(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


def _lower(label: str) -> str:
    return label[0].lower() + label[1:]
