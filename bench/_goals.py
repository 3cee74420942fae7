"""Goals: a benchmark that has some prints each with its figure, and ends in `Missed` when one was not reached."""

from __future__ import annotations


class Missed(Exception):
    """One goal or several were missed; the sentence names them."""


class Goals:
    """What is asked of a benchmark, and what was missed so far."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def most(self, what: str, found: float, limit: float, unit: str = "") -> str:
        """Note a figure that may be at most `limit`; returns the words to print."""
        return self._note(what, found, limit, unit, "at most", reached=found <= limit)

    def least(self, what: str, found: float, limit: float, unit: str = "") -> str:
        """Note a figure that must be at least `limit`; returns the words to print."""
        return self._note(what, found, limit, unit, "at least", reached=found >= limit)

    def settle(self) -> None:
        """Raise `Missed` when anything was missed."""
        if self.missed:
            raise Missed("; ".join(self.missed))

    def _note(self, what: str, found: float, limit: float, unit: str, word: str, *, reached: bool) -> str:
        goal = f"goal {word} {limit:g}{unit}"
        if not reached:
            self.missed.append(f"{what} {found:.2f}{unit}, {goal}")
        return f"{goal}: {'reached' if reached else 'MISSED'}"
