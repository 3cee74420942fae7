"""Standard terms to begin with, where nothing can be exported yet: a sample to be adapted, and the same filled in with a first promise.

The sample is nobody's contract. It cannot be added as it stands, so that it never promises anything by itself.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from dpa.agreements.terms import Period, TermsDocument, Unit, Vendor, load_terms
from dpa.agreements.terms.duties import BreachTriggers
from dpa.people.rules import slug_of
from dpa.problems import Invalid

NAME = "standard-terms-sample.json"
ADAPT = "adapt before use"
"""The clause under which the sample's promise stands."""


@cache
def sample_text() -> str:
    """Return the sample as it is downloaded."""
    return (resources.files("dpa.agreements") / "samples" / "standard-terms.json").read_text(encoding="utf-8")


def filled(title: str, vendor: str, hours: int, clause: str) -> TermsDocument:
    """Return the sample with a house's own title, name, and promise to tell of a breach; it says nothing else."""
    sample = load_terms(sample_text())
    (term,) = sample.terms
    assert isinstance(term.value, BreachTriggers)
    (trigger,) = term.value.triggers
    own = trigger.changed(limit=Period(amount=hours, unit=Unit.HOURS), clause=clause, channel=None)
    promise = term.changed(value=BreachTriggers(triggers=(own,)), clause=clause, note=None)
    return sample.changed(slug=slug_of(title)[:80].strip("-") or "standard-terms", title=title, vendor=Vendor(name=vendor), terms=(promise,))


def check_adapted(document: TermsDocument, field: str) -> None:
    """Refuse the sample while its promise still stands under the clause that says to adapt it; raises `Invalid` at `field`."""
    triggers = [one for term in document.terms if isinstance(term.value, BreachTriggers) for one in term.value.triggers]
    if any(one.clause == ADAPT for one in triggers) or any(term.clause == ADAPT for term in document.terms):
        raise Invalid("This is still the sample: write your own hours and the clause of your contract where it says “adapt before use”.", field=field)
