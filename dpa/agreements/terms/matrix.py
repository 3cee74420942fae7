"""The matrix of promises: what each agreement owes, in nine columns that can be sorted, filtered and exported."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from dpa.agreements.terms.breach import governing_clock
from dpa.agreements.terms.conditions import Law
from dpa.agreements.terms.duties import AuditRight, Forwarding, Proof, RetentionRules
from dpa.agreements.terms.stack import Effective, TermStack, effective
from dpa.agreements.terms.strictness import rank, rough_hours
from dpa.agreements.terms.subprocessors import subprocessor_terms
from dpa.agreements.terms.text_words import AUTHORISATION, ORIGIN, SILENCE, WORD, by
from dpa.agreements.terms.texts import describe, describe_length, describe_notice
from dpa.agreements.terms.values import Length, Period, Qualitative
from dpa.agreements.terms.words import Event, Origin, ProofKind, State


class Column(StrEnum):
    """The columns of the matrix, in order."""

    BREACH = "breach"
    SUBPROCESSORS = "subprocessors"
    FORWARDING = "forwarding"
    AUDIT = "audit"
    DELETION = "deletion"
    PROOF = "proof"
    INFORMATION = "information"
    END_NOTICE = "end_notice"
    LAW = "law"


COLUMN_LABEL: dict[Column, str] = {
    Column.BREACH: "Breach", Column.SUBPROCESSORS: "Subprocessors", Column.FORWARDING: "Subject requests",
    Column.AUDIT: "Audit notice", Column.DELETION: "Deletion", Column.PROOF: "Proof of deletion",
    Column.INFORMATION: "Information requests", Column.END_NOTICE: "Notice to end", Column.LAW: "Law",
}
"""The heading of each column."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One cell. ``hours`` orders and filters (a rough length, none where there is none); ``sort`` orders the rest.

    ``origin`` belongs to the number shown: a house target beside a word of the contract is house policy.
    """

    column: Column
    text: str
    hours: float | None
    sort: str
    origin: Origin | None
    clause: str | None
    items: tuple[str, ...]
    awaiting: str | None = None

    @property
    def label(self) -> str:
        """The heading of the column."""
        return COLUMN_LABEL[self.column]


def promises(stack: TermStack) -> tuple[Promise, ...]:
    """All nine cells of one agreement, in the order of the columns."""
    return (
        _breach(stack), _subprocessors(stack), _forwarding(stack), _audit(stack), _deletion(stack), _proof(stack),
        _information(stack), _end_notice(stack), _law(stack),
    )


_Row = TypeVar("_Row", bound=Hashable)


def select(
    rows: Mapping[_Row, Iterable[Promise]],
    column: Column,
    *,
    within_hours: float | None = None,
    origins: Collection[Origin] = (),
) -> tuple[_Row, ...]:
    """The agreements whose cell fits, in the order given: "who must hear within 24 hours?".

    ``within_hours`` keeps cells with a length of at most so many hours; ``origins`` keeps cells resting on one of
    these, none given keeps all.
    """
    return tuple(
        row for row, cells in rows.items()
        for cell in cells
        if cell.column is column
        and (within_hours is None or (cell.hours is not None and cell.hours <= within_hours))
        and (not origins or cell.origin in origins)
    )


def _cell(column: Column, found: Effective, text: str, hours: float | None, origin: Origin | None = None) -> Promise:
    return Promise(column, text, hours, text.lower(), origin or found.origin, found.clause, found.items, found.awaiting)


def _absent(column: Column, found: Effective) -> Promise:
    text = {
        State.NOT_APPLICABLE: "Not applicable", State.EXTERNAL: f"In the {found.awaiting}, not loaded",
    }.get(found.state, "Not stated")
    return _cell(column, found, text, None)


def _with_target(column: Column, found: Effective, length: Length, suffix: str = "") -> Promise:
    """A cell for a length: the number as it is, or the word with the house target that gives it one."""
    if isinstance(length, Period) or found.target is None:
        hours = rough_hours(length)
        return _cell(column, found, f"{_capital(describe_length(length))}{suffix}", hours)
    target = describe_length(found.target.target)
    text = f"{_capital(WORD[length.word])}{suffix}; house target {target}"
    return _cell(column, found, text, rough_hours(found.target.target), Origin.HOUSE_POLICY)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _breach(stack: TermStack) -> Promise:
    clock = governing_clock(stack)
    found = effective(stack, "breach.notify")
    if clock is None:
        return _absent(Column.BREACH, found)
    channel = (" from when it was first noticed" if clock.start is Event.DISCOVERY else "") + (f" {by(clock.channel)}" if clock.channel else "")
    if clock.latest:
        # A word in another clause may bring the house's target before the number; the number stays what was promised.
        aim = f"; house target {describe_length(clock.target)}" if clock.target_origin is Origin.HOUSE_POLICY else ""
        text, origin = f"{_capital(describe_length(clock.latest))}{channel}{aim}", clock.origin
    else:
        word = _capital(describe_length(clock.stated))
        text, origin = f"{word}{channel}; house target {describe_length(clock.target)}", Origin.HOUSE_POLICY
    return Promise(Column.BREACH, text, rough_hours(clock.target), text.lower(), origin, clock.clause, clock.items, clock.awaiting)


def _subprocessors(stack: TermStack) -> Promise:
    terms = subprocessor_terms(stack)
    policy = f" ({ORIGIN[Origin.HOUSE_POLICY]})" if terms.window_origin is Origin.HOUSE_POLICY else ""
    text = f"{_capital(AUTHORISATION[terms.model])}; {describe_length(terms.window)}{policy}; {SILENCE[terms.silence]}"
    order = f"{tuple(AUTHORISATION).index(terms.model)} {rough_hours(terms.window):012.1f}"
    return Promise(
        Column.SUBPROCESSORS, text, rough_hours(terms.window), order, terms.origin, terms.clause, terms.items, terms.awaiting,
    )


def _forwarding(stack: TermStack) -> Promise:
    found = effective(stack, "subject_requests.forward")
    if not isinstance(found.value, Forwarding):
        return _absent(Column.FORWARDING, found)
    channel = f" {by(found.value.channel)}" if found.value.channel else ""
    return _with_target(Column.FORWARDING, found, found.value.limit, channel)


def _audit(stack: TermStack) -> Promise:
    right = effective(stack, "audit.right")
    if isinstance(right.value, AuditRight) and right.value.notice:
        written = ", in writing" if right.value.written else ""
        return _with_target(Column.AUDIT, right, right.value.notice, f" of notice{written}")
    notice = effective(stack, "audit.notice")
    if not isinstance(notice.value, Period | Qualitative):
        return _absent(Column.AUDIT, right)
    if isinstance(notice.value, Period) or notice.target is None:
        return _cell(Column.AUDIT, notice, _capital(describe_notice(notice.value)), rough_hours(notice.value))
    text = f"{_capital(describe_notice(notice.value))}; house target {describe_length(notice.target.target)}"
    return _cell(Column.AUDIT, notice, text, rough_hours(notice.target.target), Origin.HOUSE_POLICY)


def _deletion(stack: TermStack) -> Promise:
    found = effective(stack, "retention.after_end")
    if not isinstance(found.value, RetentionRules):
        return _absent(Column.DELETION, found)
    open_note = " (conflict undecided)" if found.resolution and not found.resolution.decided else ""
    hours = max((rough_hours(rule.keep) if rule.keep else 0.0 for rule in found.value.rules if rule.limit != "open"), default=None)
    if found.origin is Origin.STATUTE:
        hours = None
    return _cell(Column.DELETION, found, describe(found.value) + open_note, hours)


def _proof(stack: TermStack) -> Promise:
    found = effective(stack, "retention.proof")
    if not isinstance(found.value, Proof):
        return _absent(Column.PROOF, found)
    order = rank(found.value) or (float(len(ProofKind)),)
    cell = _cell(Column.PROOF, found, describe(found.value), None)
    return Promise(cell.column, cell.text, None, f"{order[0]:.0f}", cell.origin, cell.clause, cell.items, cell.awaiting)


def _information(stack: TermStack) -> Promise:
    found = effective(stack, "information.answer")
    notice = effective(stack, "information.notice")
    after = f", after {describe_length(notice.value)} of notice" if isinstance(notice.value, Period) else ""
    if not isinstance(found.value, Period | Qualitative):
        return _absent(Column.INFORMATION, found)
    return _with_target(Column.INFORMATION, found, found.value, after)


def _end_notice(stack: TermStack) -> Promise:
    for key in ("term.non_renewal_notice", "term.termination_notice"):
        found = effective(stack, key)
        if isinstance(found.value, Period):
            return _cell(Column.END_NOTICE, found, describe(found.value), rough_hours(found.value))
    return _absent(Column.END_NOTICE, effective(stack, "term.non_renewal_notice"))


def _law(stack: TermStack) -> Promise:
    found = effective(stack, "disputes.law")
    if not isinstance(found.value, Law):
        return _absent(Column.LAW, found)
    return _cell(Column.LAW, found, describe(found.value), None)
