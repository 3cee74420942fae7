"""The five contracts that ship as data, one template each for the five example organisations."""

from __future__ import annotations

from functools import cache
from importlib import resources

from dpa.agreements.terms.codec import load_terms
from dpa.agreements.terms.document import TermsDocument
from dpa.agreements.terms.problem import TermsProblem

SHIPPED: tuple[str, ...] = ("lighton", "light-and-shadows", "lightenup", "lemon-learning", "light-company")
"""The slugs of the shipped contracts."""


def shipped_text(slug: str) -> str:
    """The canonical text of a shipped contract; raises `TermsProblem` for an unknown slug."""
    if slug not in SHIPPED:
        raise TermsProblem(f"There is no shipped contract '{slug}'; choose one of: {', '.join(SHIPPED)}.", fields={"slug": slug})
    return (resources.files("dpa.agreements") / "contracts" / f"{slug}.json").read_text(encoding="utf-8")


@cache
def shipped_contract(slug: str) -> TermsDocument:
    """A shipped contract, read once; raises `TermsProblem` for an unknown slug."""
    return load_terms(shipped_text(slug))
