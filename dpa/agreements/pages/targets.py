"""House targets in words."""

from __future__ import annotations

from dataclasses import dataclass

from dpa.agreements.terms import DEFAULT_POLICY, HousePolicy, describe_length
from dpa.agreements.terms.text_words import WORD


@dataclass(frozen=True, slots=True)
class TargetLine:
    """The target of one word."""

    word: str
    where: str
    period: str
    ceiling: str | None
    own: bool
    """Whether the organisation set it; else it is the product's suggestion."""


def target_lines(policy: HousePolicy) -> tuple[TargetLine, ...]:
    """Return the targets of a policy, in the order of the words, narrower ones first."""
    order = list(WORD)
    ordered = sorted(policy.targets, key=lambda target: (order.index(target.word), target.group is None))
    return tuple(
        TargetLine(
            word=WORD[target.word], where="breach notification" if target.group == "breach" else target.group or "everything else",
            period=describe_length(target.target), ceiling=describe_length(target.ceiling) if target.ceiling else None,
            own=target not in DEFAULT_POLICY.targets,
        )
        for target in ordered
    )
