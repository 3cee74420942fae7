"""Contracts that say of breaches what a test wants, and nothing else differently from a real one."""

from __future__ import annotations

from typing import Any

from dpa.agreements.terms import TermsDocument, TermStack, shipped_contract
from dpa.agreements.terms.policy import DEFAULT_POLICY
from dpa.deadlines import calendar_named

HOURS = {"kind": "period", "unit": "hours"}
DELAY = {"limit": {"kind": "qualitative", "word": "without_undue_delay"}}
AT_ONCE = {"limit": {"kind": "qualitative", "word": "immediately"}}
CALENDAR = calendar_named("FR")


def hours(amount: int, **more: Any) -> dict[str, Any]:
    """Return a trigger of so many hours."""
    return {"limit": HOURS | {"amount": amount}, **more}


def days(amount: int, unit: str = "working_days", **more: Any) -> dict[str, Any]:
    """Return a trigger of so many days."""
    return {"limit": {"kind": "period", "unit": unit, "amount": amount}, **more}


def contract(*triggers: dict[str, Any], **more: Any) -> TermsDocument:
    """Return the terms of Lemon Learning with these triggers, under clauses 1.1, 2.1 and so on."""
    model = shipped_contract("lemon-learning").model_dump(mode="json")
    for term in model["terms"]:
        if term["key"] == "breach.notify":
            term["value"]["triggers"] = [
                {"id": f"t{n}", "event": "personal data breach", "clause": f"{n}.1", **one}
                for n, one in enumerate(triggers, 1)
            ]
    return TermsDocument.model_validate(model | {"slug": "house"} | more)


def stack(*triggers: dict[str, Any]) -> TermStack:
    """Return such terms ready to be asked."""
    return TermStack(template=contract(*triggers), policy=DEFAULT_POLICY)
