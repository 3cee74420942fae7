"""The severity by ENISA's method as a customer reads it: a help with its reckoning, in its language. Pure.

It decides nothing: the controller alone assesses the risk (Art. 33(1) and 34(1) GDPR), and a processor's notice never waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce

from dpa.breaches.facts.severity import LOSSES, Assessment, Loss, SeverityInputs, assess
from dpa.evidence.trail import bodies
from dpa.languages import Wording


def severity_text(inputs: SeverityInputs | None) -> str:
    """Return what a reckoning is made of as canonical text, to be kept with a phase; empty for none.

    The reasons of the adjustments are left out: they were written for the house, in one language.
    """
    if inputs is None:
        return ""
    said = inputs.model_dump(mode="json")
    said["adjustments"] = [{"factor": one["factor"], "points": one["points"]} for one in said["adjustments"]]
    return bodies.canonical(said)


def severity_rows(text: str, say: Wording) -> tuple[tuple[str, str], ...]:
    """Return a kept reckoning as label and text; empty where a phase tells none."""
    if not text:
        return ()
    inputs = SeverityInputs.model_validate_json(text)
    found = assess(inputs)
    result = say("severity.result_text", score=_number(found.score, say), band=say(f"severity.band_{found.band.value}"), meaning=say(f"severity.means_{found.band.value}"))
    reckoned = f"{found.context} × {_number(found.ease, say)} + {_number(found.circumstances, say)} = {_number(found.score, say)}"
    rows = (
        (say("severity.result"), result), (say("severity.data"), _data(inputs, found, say)),
        (say("severity.ease"), say("severity.named", what=say(f"severity.ease_{inputs.ease.value}"), number=_number(found.ease, say))),
        (say("severity.circumstances"), _circumstances(inputs, found, say)), (say("severity.reckoning"), reckoned),
    )  # fmt: skip
    return tuple((label, said[:1].upper() + said[1:]) for label, said in rows)


def _data(inputs: SeverityInputs, found: Assessment, say: Wording) -> str:
    said = [say("severity.named", what=say(f"severity.kind_{inputs.data.value}"), number=inputs.data.score)]
    said += [say("severity.named", what=say(f"severity.factor_{one.factor.value}"), number=f"{one.signed:+d}") for one in inputs.adjustments]
    total = inputs.data.score + sum(one.signed for one in inputs.adjustments)
    if inputs.adjustments:
        said.append(say("severity.together", number=total))
    if total != found.context:
        said.append(say("severity.bounded", number=found.context))
    return _joined(said, say)


def _circumstances(inputs: SeverityInputs, found: Assessment, say: Wording) -> str:
    said = []
    for name in LOSSES:
        loss: Loss = getattr(inputs, name)
        why = "" if loss is Loss.NONE else f" ({say(f'severity.{name}_{loss.value}')})"
        said.append(say("severity.named", what=say(f"severity.loss_{name}"), number=f"{_number(Decimal(loss.hundredths).scaleb(-2), say)}{why}"))
    said.append(say("severity.named", what=say("severity.malicious"), number=_number(Decimal(50 if inputs.malicious else 0).scaleb(-2), say)))
    return _joined([*said, say("severity.together", number=_number(found.circumstances, say))], say)


def _joined(said: Sequence[str], say: Wording) -> str:
    return reduce(lambda first, second: say("part.also", first=first, second=second), said)


def _number(value: Decimal, say: Wording) -> str:
    """Return an exact number without zeros that say nothing, with this language's sign before the fraction."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", say("severity.point"))
