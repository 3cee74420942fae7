"""What holds for engaging a further processor: the model, the window and its origin, and what silence means.

Article 28(2) GDPR; EDPB Guidelines 07/2020, paragraph 156: under a specific authorisation an unanswered request is
refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from dpa.agreements.terms.duties import SubprocessorAuthorisation
from dpa.agreements.terms.stack import TermStack, effective
from dpa.agreements.terms.values import Period
from dpa.agreements.terms.words import Ground, Origin, Silence, SubprocessorModel


@dataclass(frozen=True, slots=True)
class SubprocessorTerms:
    """The rules for one agreement. ``silence_approves`` is true only where the contract itself says so."""

    model: SubprocessorModel
    silence: Silence
    ground: Ground
    window: Period
    origin: Origin
    clause: str | None
    window_origin: Origin
    window_clause: str | None
    awaiting: str | None
    items: tuple[str, ...]

    @property
    def silence_approves(self) -> bool:
        """Whether an unanswered notice lets the processor go ahead once the window has passed."""
        return self.silence is Silence.ACCEPTS and self.window_origin is not Origin.HOUSE_POLICY


def subprocessor_terms(stack: TermStack) -> SubprocessorTerms:
    """What holds for engaging a further processor; law and policy guarantee an answer."""
    found = effective(stack, "subprocessors.authorisation")
    authorisation = found.value
    if not isinstance(authorisation, SubprocessorAuthorisation):
        authorisation = SubprocessorAuthorisation(model=SubprocessorModel.NONE_STATED, silence=Silence.NOTHING)
    origin = found.origin or Origin.STATUTE
    window = effective(stack, "subprocessors.window")
    assert isinstance(window.value, Period), "the house policy gives a window"
    return SubprocessorTerms(
        model=authorisation.model, silence=authorisation.silence, ground=authorisation.ground, window=window.value,
        origin=origin, clause=found.clause, window_origin=window.origin or Origin.HOUSE_POLICY, window_clause=window.clause,
        awaiting=found.awaiting, items=found.items,
    )
