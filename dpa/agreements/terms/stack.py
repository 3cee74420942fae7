"""The layers that answer for an agreement, and the one answer that holds: value, origin, clause, words, target.

Order: the agreement's deviations, the template contract, an external document if loaded, the law, the house policy.
A document that prevails for personal data by its order of precedence is asked before the template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from dpa.agreements.terms.catalogue import all_entries, entry
from dpa.agreements.terms.conditions import Precedence, Value
from dpa.agreements.terms.contradictions import Resolution, conflict, decision_for, resolve
from dpa.agreements.terms.document import Decision, DpaStatus, Term, TermsDocument, dpa_status
from dpa.agreements.terms.duties import AuditRight, Forwarding, Proof, SubprocessorAuthorisation
from dpa.agreements.terms.policy import DEFAULT_POLICY, HousePolicy, HouseTarget
from dpa.agreements.terms.statute import statute_term
from dpa.agreements.terms.values import Length, Period, Qualitative
from dpa.agreements.terms.words import Confidence, Flag, Origin, State


class Layer(StrEnum):
    """Who is asked for a term."""

    AGREEMENT = "agreement"
    TEMPLATE = "template"
    EXTERNAL = "external"
    STATUTE = "statute"
    POLICY = "policy"


_NOTHING: Mapping[str, TermsDocument] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TermStack:
    """Everything that can answer for one agreement at one day.

    ``external`` holds loaded external documents by the name under which the contract points to them. ``on`` is a
    legal day in the agreement's zone; without it, terms of every validity answer.
    """

    template: TermsDocument
    deviations: tuple[Term, ...] = ()
    external: Mapping[str, TermsDocument] = field(default_factory=lambda: _NOTHING)
    policy: HousePolicy = DEFAULT_POLICY
    decisions: tuple[Decision, ...] = ()
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What one layer said when asked: a state, or nothing at all."""

    layer: Layer
    source: str
    state: State | None
    term: Term | None = None
    resolution: Resolution | None = None

    @property
    def value(self) -> Value | None:
        """The value this layer gives, after a conflict is resolved."""
        if self.resolution is not None:
            return self.resolution.value
        return self.term.value if self.term else None


@dataclass(frozen=True, slots=True)
class Effective:
    """The answer that holds for one key, and how it was found.

    ``target`` is policy wherever the value is a word instead of a number. ``awaiting`` names an external document
    that may say more but is not loaded. ``looks`` lists every layer that was asked, in order.
    """

    key: str
    label: str
    state: State
    value: Value | None
    origin: Origin | None
    source: str | None
    clause: str | None
    literal: str | None
    items: tuple[str, ...]
    confidence: Confidence | None
    note: str | None
    flags: tuple[Flag, ...]
    target: HouseTarget | None
    resolution: Resolution | None
    awaiting: str | None
    looks: tuple[Look, ...]

    @property
    def from_contract(self) -> bool:
        """Whether the parties agreed this, in the contract, in a loaded document or by a recorded decision."""
        return self.origin in {Origin.CONTRACT, Origin.EXTERNAL_DOC, Origin.DECISION}


def effective(stack: TermStack, key: str) -> Effective:
    """The value that holds for a key, with its origin; raises `TermsProblem` for an unknown key."""
    known = entry(key)
    looks: list[Look] = []
    for look in _layers(stack, key):
        looks.append(look)
        if look.state in {State.VALUE, State.NOT_APPLICABLE}:
            break
    return _answer(stack, known.key, known.label, tuple(looks))


def effective_all(stack: TermStack) -> tuple[Effective, ...]:
    """The answers for every key any layer speaks about, in the order of the catalogue, free keys last."""
    documents = (stack.template, *stack.external.values())
    spoken = {term.key for document in documents for term in document.terms} | {term.key for term in stack.deviations}
    listed = [key for key in all_entries() if key in spoken or statute_term(key) or stack.policy.term(key)]
    free = sorted(key for key in spoken if key not in all_entries())
    return tuple(effective(stack, key) for key in (*listed, *free))


def _answer(stack: TermStack, key: str, label: str, looks: tuple[Look, ...]) -> Effective:
    last = looks[-1]
    found = last if last.state in {State.VALUE, State.NOT_APPLICABLE} else None
    awaiting = next(
        (look.term.document for look in looks
         if look.state is State.EXTERNAL and look.term and look.term.document not in stack.external), None,
    )
    term, value = (found.term, found.value) if found else (None, None)
    state = (found.state if found else None) or (State.EXTERNAL if awaiting else State.ABSENT)
    word = _word_of(value)
    return Effective(
        key=key, label=label, state=state, value=value, origin=_origin(found),
        source=found.source if found else None, clause=_clause(found),
        literal=term.literal if term else None, items=_items(found), confidence=term.confidence if term else None,
        note=term.note if term else None, flags=term.flags if term else (),
        target=stack.policy.target_for(word.word, key.partition(".")[0]) if word else None,
        resolution=found.resolution if found else None, awaiting=awaiting, looks=looks,
    )


def _origin(look: Look | None) -> Origin | None:
    if look is None:
        return None
    if look.resolution is not None and look.term is None:
        return look.resolution.origin
    if look.layer is Layer.EXTERNAL:
        return Origin.EXTERNAL_DOC
    return look.term.origin if look.term else None


def _clause(look: Look | None) -> str | None:
    """The clause of the value; for a composed value the clauses of all statements it settles."""
    if look is None:
        return None
    if look.term is None and look.resolution is not None:
        clauses = [option.clause for option in look.resolution.conflict.options if option.clause]
        return ", ".join(dict.fromkeys(clauses)) or None
    return look.term.clause if look.term else None


def _items(look: Look | None) -> tuple[str, ...]:
    if look is None:
        return ()
    if look.resolution is not None:
        return look.resolution.option.items
    return look.term.items if look.term else ()


def _word_of(value: Value | None) -> Qualitative | None:
    """The word a value uses instead of a number, if it does. Breach triggers have targets of their own, per clock."""
    length: Length | None = None
    match value:
        case Qualitative() | Period():
            length = value
        case Forwarding():
            length = value.limit
        case Proof():
            length = value.within
    return length if isinstance(length, Qualitative) else None


def _derived(parent: Term, key: str) -> Term:
    """A length that another term carries inside it, as a term of its own; absent where that term leaves it open."""
    value = parent.value
    inner: Period | None = None
    if isinstance(value, SubprocessorAuthorisation):
        inner = value.window
    elif isinstance(value, AuditRight):
        inner = value.notice
    state = State.VALUE if inner else State.ABSENT if parent.state is State.VALUE else parent.state
    return parent.model_copy(update={"key": key, "value": inner, "state": state, "flags": ()})


_PARENTS = {"subprocessors.window": "subprocessors.authorisation", "audit.notice": "audit.right"}


def _stated(terms: Iterable[Term], key: str, on: date | None) -> Term | None:
    """What a list of terms says under a key, directly or inside the term the key is part of."""
    held = tuple(terms)
    direct = next((term for term in held if term.key == key and term.holds_on(on)), None)
    if direct is not None or key not in _PARENTS:
        return direct
    parent = next((term for term in held if term.key == _PARENTS[key] and term.holds_on(on)), None)
    return _derived(parent, key) if parent else None


def _layers(stack: TermStack, key: str) -> Iterator[Look]:
    deviation = _stated(stack.deviations, key, stack.on)
    if deviation is not None:
        yield Look(Layer.AGREEMENT, "This agreement", deviation.state, deviation)
    contract = [] if deviation is not None else [_document_look(stack, stack.template, Layer.TEMPLATE, key)]
    loaded = [_document_look(stack, document, Layer.EXTERNAL, key) for document in stack.external.values()]
    yield from loaded + contract if key != "document.precedence" and dpa_prevails(stack) else contract + loaded
    law = statute_term(key)
    yield Look(Layer.STATUTE, "GDPR", law.state if law else None, law)
    house = stack.policy.term(key)
    yield Look(Layer.POLICY, f"{stack.policy.name}, version {stack.policy.version}", house.state if house else None, house)


def _document_look(stack: TermStack, document: TermsDocument, layer: Layer, key: str) -> Look:
    """Ask one document; a key settled by a conflict group answers with the option that holds."""
    groups = document.groups_for(key)
    if groups:
        bound = conflict(document, groups[0])
        resolution = resolve(bound, decision_for(bound, stack.decisions))
        return Look(layer, document.title, State.VALUE, resolution.option.term, resolution)
    term = _stated(document.terms, key, stack.on)
    return Look(layer, document.title, term.state if term else None, term)


def dpa_prevails(stack: TermStack) -> bool:
    """Whether a loaded data processing agreement is asked before the contract that points to it."""
    if not stack.external:
        return False
    order = effective(stack, "document.precedence").value
    return isinstance(order, Precedence) and order.dpa_first


def dpa_of(stack: TermStack) -> DpaStatus:
    """Where the data processing agreement of this agreement is; a deviation may say that one was concluded."""
    looks = effective(stack, "document.dpa").looks
    return dpa_status(next((look.term for look in looks if look.term is not None), None))


def resolutions(stack: TermStack) -> tuple[Resolution, ...]:
    """What holds for every contradiction of the contract and of loaded documents, decided or not."""
    bound = [conflict(document, group) for document in (stack.template, *stack.external.values()) for group in document.conflicts]
    return tuple(resolve(each, decision_for(each, stack.decisions)) for each in bound)
