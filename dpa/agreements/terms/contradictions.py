"""Contradictions of a contract: shown as groups of options, decided once by a person, stricter while undecided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dpa.agreements.terms.conditions import Value
from dpa.agreements.terms.document import ConflictGroup, Decision, Term, TermsDocument
from dpa.agreements.terms.problem import TermsProblem
from dpa.agreements.terms.strictness import strictest
from dpa.agreements.terms.words import Origin


@dataclass(frozen=True, slots=True)
class Option:
    """One way out, with the value that would hold. ``term`` is empty for a value composed of several statements."""

    id: str
    title: str
    value: Value
    term: Term | None
    items: tuple[str, ...]

    @property
    def clause(self) -> str | None:
        """The clause of the statement; none for a composed value."""
        return self.term.clause if self.term else None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A conflict group bound to the statements of its document. ``stricter`` is the option that runs undecided."""

    id: str
    key: str
    title: str
    options: tuple[Option, ...]
    stricter: str
    suggested: str | None
    note: str | None
    items: tuple[str, ...]

    def option(self, option_id: str) -> Option:
        """The option with this id; raises `TermsProblem` listing the options there are."""
        found = next((option for option in self.options if option.id == option_id), None)
        if found is None:
            known = ", ".join(option.id for option in self.options)
            raise TermsProblem(
                f"The conflict '{self.title}' has no option '{option_id}'; choose one of: {known}.", fields={"option": known},
            )
        return found


@dataclass(frozen=True, slots=True)
class Resolution:
    """What holds for a conflict: the decided option, or the stricter one while nobody has decided."""

    conflict: Conflict
    option: Option
    decision: Decision | None
    sentence: str

    @property
    def decided(self) -> bool:
        """Whether a person has decided."""
        return self.decision is not None

    @property
    def value(self) -> Value:
        """The value that holds."""
        return self.option.value

    @property
    def origin(self) -> Origin:
        """On whose word it holds: the contract's own statement, a decision, or policy for an undecided composition."""
        if self.option.term is not None:
            return self.option.term.origin
        return Origin.DECISION if self.decided else Origin.HOUSE_POLICY


def conflict(document: TermsDocument, group: ConflictGroup) -> Conflict:
    """Bind one group to the statements of its document; the document's own checks guarantee that they exist."""
    options = tuple(_option(document, group, place) for place in range(len(group.options)))
    computed = strictest([option.value for option in options])
    stricter = group.stricter or options[computed if computed is not None else 0].id
    return Conflict(
        id=group.id, key=group.key, title=group.title, options=options, stricter=stricter,
        suggested=group.suggested, note=group.note, items=group.items,
    )


def conflicts(document: TermsDocument) -> tuple[Conflict, ...]:
    """Every contradiction a document contains, with the statements side by side."""
    return tuple(conflict(document, group) for group in document.conflicts)


def _option(document: TermsDocument, group: ConflictGroup, place: int) -> Option:
    printed = group.options[place]
    term = document.term(printed.term) if printed.term else None
    value = printed.value or (term.value if term else None)
    assert value is not None, "the document's checks refuse an option without a value"
    return Option(printed.id, printed.title, value, term, printed.items or (term.items if term else ()))


def resolve(conflict: Conflict, decision: Decision | None) -> Resolution:
    """Say what holds for a conflict under a decision, or under none.

    Raises `TermsProblem` when the decision concerns another conflict or names an option that does not exist.
    """
    if decision is None:
        option = conflict.option(conflict.stricter)
        return Resolution(
            conflict, option, None,
            f"Nobody has decided '{conflict.title}' yet; the stricter option runs: {option.title}.",
        )
    if decision.group != conflict.id:
        raise TermsProblem(
            f"The decision concerns '{decision.group}', not '{conflict.id}'; record it for the right conflict.",
            fields={"group": conflict.id},
        )
    option = conflict.option(decision.option)
    return Resolution(conflict, option, decision, f"Decided on {decision.at.date().isoformat()}: {option.title}. {decision.why}")


def decision_for(conflict: Conflict, decisions: Iterable[Decision]) -> Decision | None:
    """The latest decision on a conflict, or none."""
    mine = [decision for decision in decisions if decision.group == conflict.id]
    return max(mine, key=lambda decision: decision.at, default=None)
