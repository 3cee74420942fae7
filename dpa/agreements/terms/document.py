"""A contract as data: the document's own facts, its terms, and the groups of terms that contradict each other."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from dpa.agreements.terms.base import (
    Clause,
    Country,
    Day,
    Domain,
    Frozen,
    Instant,
    ItemId,
    Key,
    Language,
    LiteralWords,
    Note,
    Short,
    Slug,
)
from dpa.agreements.terms.catalogue import complaint
from dpa.agreements.terms.conditions import Precedence, Value
from dpa.agreements.terms.forms import REF
from dpa.agreements.terms.problem import TermsProblem
from dpa.agreements.terms.strictness import strictest
from dpa.agreements.terms.values import Choice, DateLiteral
from dpa.agreements.terms.words import Confidence, Flag, Origin, State

Ref = Annotated[str, Field(pattern=REF, max_length=120)]
"""The address of a term inside its document: its key, and its variant where several statements share the key."""


class Term(Frozen):
    """One value read from a contract, with everything needed to check the reading.

    ``items`` are the numbers of the reading it rests on; ``document`` names the external document where the state is
    external. ``valid_from`` and ``valid_to`` are inclusive legal days in the zone of the agreement.
    """

    key: Key
    variant: Slug | None = None
    items: tuple[ItemId, ...] = ()
    state: State = State.VALUE
    value: Value | None = None
    document: Short | None = None
    origin: Origin = Origin.CONTRACT
    clause: Clause | None = None
    literal: LiteralWords | None = None
    confidence: Confidence = Confidence.HIGH
    conflicts_with: tuple[Short, ...] = ()
    note: Note | None = None
    flags: tuple[Flag, ...] = ()
    valid_from: Day | None = None
    valid_to: Day | None = None

    @property
    def ref(self) -> str:
        """The address of this term inside its document."""
        return f"{self.key}@{self.variant}" if self.variant else self.key

    def holds_on(self, on: date | None) -> bool:
        """Whether the term is valid on a day; without a day every term holds."""
        if on is None:
            return True
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    @model_validator(mode="after")
    def _state_fits(self) -> Term:
        if (self.state is State.VALUE) != (self.value is not None):
            raise ValueError(f"{self.ref} is in the state {self.state.value}; a value is needed for 'value', and only there")
        if (self.state is State.EXTERNAL) != (self.document is not None):
            raise ValueError(f"{self.ref} must name the external document if its state is external, and only then")
        if self.state is State.VALUE and self.origin is Origin.CONTRACT and self.clause is None:
            raise ValueError(f"{self.ref} comes from the contract; add the clause it stands in")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"{self.ref} ends on {self.valid_to} before it begins on {self.valid_from}; correct one")
        return self

    @model_validator(mode="after")
    def _value_fits_key(self) -> Term:
        choice = self.value.choice if isinstance(self.value, Choice) else None
        try:
            wrong = complaint(self.key, self.value.kind, choice) if self.value else complaint(self.key, "", None)
        except TermsProblem as problem:
            raise ValueError(problem.message) from problem
        if wrong and self.value:
            raise ValueError(wrong)
        return self


class Vendor(Frozen):
    """The company whose promises these are. ``domains`` are its own mail domains, in small letters."""

    name: Short
    printed_name: LiteralWords | None = None
    register_number: Short | None = None
    address: Short | None = None
    country: Country | None = None
    domains: tuple[Domain, ...] = ()


class ExternalDocument(Frozen):
    """A document the contract points to. Whether it is loaded is known by the agreement, not by the contract."""

    name: Short
    clause: Clause
    note: Note | None = None


class MissingPart(Frozen):
    """A part the text announces but does not contain."""

    id: Slug
    part: Short
    clause: Clause
    items: tuple[ItemId, ...] = ()


class PrintedDefect(Frozen):
    """A fault of the printed text itself: numbering, spelling, broken references."""

    id: Slug
    what: Note
    clause: Clause
    items: tuple[ItemId, ...] = ()


class ConflictOption(Frozen):
    """One way out of a contradiction: a term of the document, or a value put together from several.

    A composed value, once chosen, has the origin *decision*.
    """

    id: Slug
    title: Short
    term: Ref | None = None
    value: Value | None = None
    items: tuple[ItemId, ...] = ()

    @model_validator(mode="after")
    def _term_or_value(self) -> ConflictOption:
        if (self.term is None) == (self.value is None):
            raise ValueError(f"the option {self.id} must name a term or give a composed value, one of the two")
        return self


class ConflictGroup(Frozen):
    """Statements that cannot all be followed, decided once by a person with a reason.

    Undecided, the stricter option runs: the one the kinds of value allow to compute, or the one named here where
    the lengths alone do not tell. ``suggested`` is a proposal to the person, never applied by itself.
    """

    id: Slug
    key: Key
    title: Short
    options: Annotated[tuple[ConflictOption, ...], Field(min_length=2, max_length=8)]
    suggested: Slug | None = None
    stricter: Slug | None = None
    note: Note | None = None
    items: tuple[ItemId, ...] = ()

    @model_validator(mode="after")
    def _ids_known(self) -> ConflictGroup:
        ids = [option.id for option in self.options]
        if len(set(ids)) != len(ids):
            raise ValueError(f"two options of {self.id} have the same id; give each its own")
        for name in (self.suggested, self.stricter):
            if name is not None and name not in ids:
                raise ValueError(f"{self.id} names the option '{name}', which it does not have; use one of {', '.join(ids)}")
        return self


class Decision(Frozen):
    """What a person decided about one conflict. ``who`` is an opaque id, ``at`` an aware instant, kept in UTC."""

    group: Slug
    option: Slug
    who: Short
    at: Instant
    why: Note


DpaStatus = Literal["inside", "external", "none"]
"""Where the data processing agreement of a contract is."""


def dpa_status(term: Term | None) -> DpaStatus:
    """Read the status from the term ``document.dpa``; silence and absence both mean that there is none."""
    if term is None or not isinstance(term.value, Choice):
        return "external" if term and term.state is State.EXTERNAL else "none"
    return "inside" if term.value.choice == "inside" else "external"


class TermsDocument(Frozen):
    """One contract as data: facts, never its sentences."""

    format: Literal[1] = 1
    slug: Slug
    title: Short
    type: Literal["terms_of_use", "general_terms", "privacy_policy", "processing_agreement", "terms_of_service"]
    vendor: Vendor
    language: Language
    external_documents: tuple[ExternalDocument, ...] = ()
    missing_parts: tuple[MissingPart, ...] = ()
    printed_defects: tuple[PrintedDefect, ...] = ()
    terms: Annotated[tuple[Term, ...], Field(min_length=1, max_length=2000)]
    conflicts: tuple[ConflictGroup, ...] = ()

    @property
    def items(self) -> frozenset[str]:
        """Every item number carried by at least one term."""
        triggers = (
            item for term in self.terms if term.value and term.value.kind == "breach_triggers"
            for trigger in term.value.triggers for item in trigger.items
        )
        return frozenset(item for term in self.terms for item in term.items) | frozenset(triggers)

    def term(self, ref: str) -> Term | None:
        """The term with this key or reference, or none."""
        return next((term for term in self.terms if term.ref == ref), None)

    def terms_for(self, key: str, on: date | None = None) -> tuple[Term, ...]:
        """All statements under one key that hold on a day."""
        return tuple(term for term in self.terms if term.key == key and term.holds_on(on))

    def groups_for(self, key: str) -> tuple[ConflictGroup, ...]:
        """The conflict groups that settle this key."""
        return tuple(group for group in self.conflicts if group.key == key)

    @property
    def version(self) -> DateLiteral | None:
        """The printed date or version with every day it can mean; none for an undated text."""
        term = self.term("document.version_date")
        return term.value if term and isinstance(term.value, DateLiteral) else None

    @property
    def dpa(self) -> DpaStatus:
        """Where the data processing agreement is: in this text, in a document of its own, or nowhere."""
        return dpa_status(self.term("document.dpa"))

    @property
    def precedence(self) -> Precedence | None:
        """The printed order of precedence, if there is one."""
        term = self.term("document.precedence")
        return term.value if term and isinstance(term.value, Precedence) else None

    @model_validator(mode="after")
    def _whole(self) -> TermsDocument:
        faults = check_terms(self.terms) + _check_groups(self) + _check_external(self)
        if faults:
            raise ValueError(faults[0])
        return self


def check_terms(terms: tuple[Term, ...]) -> list[str]:
    """Faults between terms: one reference twice at the same time, a conflict with something unknown."""
    faults: list[str] = []
    refs = {term.ref for term in terms}
    for ref, count in Counter(term.ref for term in terms).items():
        same = sorted((term for term in terms if term.ref == ref), key=lambda term: term.valid_from or date.min)
        if count > 1 and any(_overlap(one, two) for one, two in pairwise(same)):
            faults.append(f"{ref} stands twice at the same time; give one a variant and put both into a conflict group")
    known = refs | {term.key for term in terms} | {item for term in terms for item in term.items}
    faults += [
        f"{term.ref} conflicts with '{other}', which this document does not have; use a key, an item number or an article"
        for term in terms for other in term.conflicts_with
        if other not in known and not other.startswith(("GDPR ", "SCC "))
    ]
    return faults


def _overlap(earlier: Term, later: Term) -> bool:
    return earlier.valid_to is None or later.valid_from is None or later.valid_from <= earlier.valid_to


def _check_groups(document: TermsDocument) -> list[str]:
    """Faults of conflict groups: unknown terms, shared keys without a group, no way to find the stricter option."""
    faults: list[str] = []
    for group in document.conflicts:
        values: list[Value] = []
        for option in group.options:
            term = document.term(option.term) if option.term else None
            value = option.value or (term.value if term else None)
            if value is None:
                faults.append(f"{group.id}: the option {option.id} points to '{option.term}', which has no value here")
            else:
                values.append(value)
        if len(values) == len(group.options) and group.stricter is None and strictest(values) is None:
            faults.append(f"{group.id}: the stricter option cannot be computed; name it in 'stricter'")
    for key, count in Counter(term.key for term in document.terms if term.variant).items():
        settled = {option.term for group in document.groups_for(key) for option in group.options}
        if count > 1 and not {term.ref for term in document.terms_for(key)} <= settled:
            faults.append(f"{key} is stated more than once; put all its statements into one conflict group")
    return faults


def _check_external(document: TermsDocument) -> list[str]:
    """Faults of references to documents that the contract does not list."""
    names = {external.name for external in document.external_documents}
    return [
        f"{term.ref} points to '{term.document}', which external_documents does not list; add it there"
        for term in document.terms if term.document and term.document not in names
    ]


class DeviationSheet(Frozen):
    """What one agreement changes against its template, and what was decided about the template's conflicts."""

    format: Literal[1] = 1
    template: Slug
    deviations: tuple[Term, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> DeviationSheet:
        faults = check_terms(self.deviations)
        faults += [f"{term.ref} is a deviation; a deviation replaces the key and has no variant" for term in self.deviations
                   if term.variant]
        if len({decision.group for decision in self.decisions}) != len(self.decisions):
            faults.append("one conflict is decided twice; keep the decision that holds")
        if faults:
            raise ValueError(faults[0])
        return self
