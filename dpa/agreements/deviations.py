"""What changes between texts: deviation sheets read from people, and the differences of two versions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dpa.agreements.terms import (
    Period,
    State,
    Term,
    TermsDocument,
    TermsProblem,
    Unit,
    describe,
    label,
    read_deviations,
)
from dpa.agreements.terms.duties import BreachTrigger, BreachTriggers
from dpa.problems import Invalid

BREACH = "breach.notify"
MOST_HOURS = 720
"""A promise of more hours than a month holds is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One term that two texts state differently."""

    key: str
    ref: str
    label: str
    before: str | None
    """What the earlier text says; none when it is silent."""
    after: str | None


def read_sheet(text: str, template: str) -> tuple[Term, ...]:
    """Return the deviations of a sheet for one template; raises `Invalid` with a sentence for each fault."""
    if not text.strip():
        raise Invalid("Choose a file or paste the text of a deviation sheet.", field="sheet")
    try:
        sheet = read_deviations(text)
    except TermsProblem as problem:
        raise Invalid(problem.message, field="sheet") from problem
    if sheet.template != template:
        raise Invalid(f"This sheet is for the terms “{sheet.template}”; this agreement follows “{template}”.", field="sheet")
    if sheet.decisions:
        raise Invalid("This sheet holds decisions on contradictions; remove them and record each on the tab Contradictions.", field="sheet")
    return sheet.deviations


def with_breach_hours(current: Sequence[Term], hours: int, clause: str) -> tuple[Term, ...]:
    """Return deviations in which a breach must be told within so many elapsed hours; raises `Invalid` for wrong input."""
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid(f"Enter the hours as a whole number from 1 to {MOST_HOURS}.", field="hours")
    where = clause.strip()
    if not where or len(where) > 60:
        raise Invalid("Name the clause that promises this, in at most 60 characters.", field="clause")
    trigger = BreachTrigger(id="agreed", event="personal data breach", limit=Period(amount=hours, unit=Unit.HOURS), clause=where)
    term = Term(key=BREACH, value=BreachTriggers(triggers=(trigger,)), clause=where)
    return (*(one for one in current if one.key != BREACH), term)


def differences(before: Iterable[Term], after: Iterable[Term]) -> tuple[Difference, ...]:
    """Return what two lists of terms state differently, in the order of the later one, what is gone last."""
    old, new = {_place(term): term for term in before}, {_place(term): term for term in after}
    changed = [place for place, term in new.items() if old.get(place) != term]
    gone = [place for place in old if place not in new]
    return tuple(_difference(old.get(place), new.get(place)) for place in (*changed, *gone))


def heading_differences(before: TermsDocument, after: TermsDocument) -> tuple[Difference, ...]:
    """Return what two documents say differently outside their terms: title, vendor, defects, contradictions."""
    named = (
        ("Title", before.title, after.title),
        ("Vendor", before.vendor.name, after.vendor.name),
        ("Documents pointed to", _listed(d.name for d in before.external_documents), _listed(d.name for d in after.external_documents)),
        ("Missing parts", _listed(p.part for p in before.missing_parts), _listed(p.part for p in after.missing_parts)),
        ("Faults in print", str(len(before.printed_defects)), str(len(after.printed_defects))),
        ("Contradictions", _listed(g.title for g in before.conflicts), _listed(g.title for g in after.conflicts)),
    )
    return tuple(Difference("", title, title, old or None, new or None) for title, old, new in named if old != new)


def said(term: Term) -> str:
    """Return what a term states, in words."""
    if term.value is not None:
        return describe(term.value)
    return {State.ABSENT: "Not stated", State.NOT_APPLICABLE: "Not applicable"}.get(term.state, f"In the {term.document}")


def _difference(old: Term | None, new: Term | None) -> Difference:
    one = new or old
    assert one is not None
    before, after = (said(old) if old else None), (said(new) if new else None)
    if before == after and old and new:
        # The value is the same; clause, words or our note differ.
        before, after = f"{before} ({_written(old)})", f"{after} ({_written(new)})"
    return Difference(one.key, one.ref, label(one.key), before, after)


def _written(term: Term) -> str:
    return ", ".join(part for part in (term.clause, f"“{term.literal}”" if term.literal else None, term.note) if part) or "no clause"


def _place(term: Term) -> tuple[str, object]:
    return term.ref, term.valid_from


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
