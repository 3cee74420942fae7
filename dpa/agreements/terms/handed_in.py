"""Terms as people hand them in: beyond what the model can hold, they may ask only what the product can run.

What is stored was read by the model alone, and stays readable; see `breach.counted_from` for what was let in before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dpa.agreements.terms.breach import COUNTABLE, named_starts
from dpa.agreements.terms.codec import load_sheet, load_terms
from dpa.agreements.terms.conditions import Value
from dpa.agreements.terms.document import DeviationSheet, TermsDocument
from dpa.agreements.terms.duties import BreachTrigger, BreachTriggers
from dpa.agreements.terms.problem import TermsProblem
from dpa.agreements.terms.text_words import EVENT


def read_terms(text: str) -> TermsDocument:
    """Read a contract that somebody hands in; raises `TermsProblem` with one sentence per fault."""
    document = load_terms(text)
    options = (option.value for group in document.conflicts for option in group.options)
    _check([term.value for term in document.terms] + list(options))
    return document


def read_deviations(text: str) -> DeviationSheet:
    """Read one agreement's deviations that somebody hands in; raises `TermsProblem` with one sentence per fault."""
    sheet = load_sheet(text)
    _check([term.value for term in sheet.deviations])
    return sheet


def _check(values: Iterable[Value | None]) -> None:
    triggers = (one for value in values if isinstance(value, BreachTriggers) for one in value.triggers)
    if faults := [fault for one in triggers for fault in _faults(one)]:
        raise TermsProblem(faults[0] if len(faults) == 1 else f"{faults[0]} ({len(faults) - 1} more of this kind.)", faults=faults)


def _faults(trigger: BreachTrigger) -> Iterator[str]:
    where = f"The breach trigger “{trigger.id}” ({trigger.clause})"
    for start in sorted(named_starts(trigger) - COUNTABLE):
        yield (
            f"{where} counts from {EVENT[start]} (“{start.value}”), but a breach can only be counted from “awareness”, such as knowledge or confirmation, "
            "or from “discovery”, when it was first noticed or suspected; write the one that fits."
        )
        return
    if len(named_starts(trigger)) > 1:
        yield f"{where} names two starts, “{trigger.start.value}” and in its limit “{trigger.limit.start}”; write one of them, beside the limit."
