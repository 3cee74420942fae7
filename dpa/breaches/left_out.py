"""What a customer is not told because only its agreement or only the fact sheet names it, in sentences for whoever releases. Customers never read them."""

from __future__ import annotations

from dpa.breaches.facts.shares import LeftOut, Part


def sentences(part: Part) -> tuple[str, ...]:
    """Say what was left out of a customer's own part and why, what the incident touched first; empty for nothing."""
    return (*touched(part), *(text for what, left in _found(part) for text in _of_agreement(what, left)))


def touched(part: Part) -> tuple[str, ...]:
    """Say only what the incident touched and the agreement does not name: what a customer may miss. For lists, where the rest would drown it."""
    return tuple(text for what, left in _found(part) for text in _of_incident(what, left))


def _found(part: Part) -> tuple[tuple[str, LeftOut], ...]:
    return (("people", part.subjects_left), ("data", part.data_left))


def _of_incident(what: str, left: LeftOut) -> tuple[str, ...]:
    return (f"Left out of {what}: {'; '.join(left.incident)}. The fact sheet names {_them(left.incident)}, its agreement does not.",) if left.incident else ()


def _of_agreement(what: str, left: LeftOut) -> tuple[str, ...]:
    return (f"Left out of {what}: {'; '.join(left.agreement)}. Its agreement names {_them(left.agreement)}, the fact sheet does not.",) if left.agreement else ()


def _them(names: tuple[str, ...]) -> str:
    return "this" if len(names) == 1 else "these"
