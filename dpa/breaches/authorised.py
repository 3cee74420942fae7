"""Whether the subprocessor at fault is one that the affected agreements authorise (Art. 28(2) GDPR).

Only a contract that asks for specific prior authorisation can be read for it: whom it names is authorised, and silence authorises nobody.
What was authorised outside the contract is not on file here, so this is a question to the reader and never a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.agreements import book as books
from dpa.agreements.book import Answers
from dpa.agreements.models import Agreement
from dpa.agreements.terms import TermStack, effective
from dpa.agreements.terms.duties import Subprocessors
from dpa.agreements.terms.subprocessors import subprocessor_terms
from dpa.agreements.terms.words import SubprocessorModel
from dpa.breaches.clocks import cited
from dpa.breaches.models import Affected, Breach
from dpa.web.words import plural

LIST = "subprocessors.list"


@dataclass(frozen=True, slots=True)
class NotNamed:
    """How a contract names its subprocessors, where the one at fault is not among them."""

    clause: str
    """`clause 15.4`: what asks for specific prior authorisation."""
    listed: tuple[str, ...]
    """Whom it names; empty where it names nobody."""
    listed_in: str


def not_named(stack: TermStack, name: str) -> NotNamed | None:
    """Return how a contract leaves a subprocessor out; none where it names it, or asks for no specific authorisation."""
    terms = subprocessor_terms(stack)
    if terms.model is not SubprocessorModel.SPECIFIC_PRIOR:
        return None
    found = effective(stack, LIST)
    listed = tuple(entry.name for entry in found.value.entries) if isinstance(found.value, Subprocessors) else ()
    wanted = _plain(name)
    if not wanted or any(wanted in _plain(one) or _plain(one) in wanted for one in listed):
        return None
    return NotNamed(cited(terms.clause or "Art. 28(2) GDPR"), listed, cited(found.clause) if found.clause and listed else "")


def _plain(name: str) -> str:
    return " ".join(name.lower().split())


def warnings(session: Session, breach: Breach) -> tuple[str, ...]:
    """Return what must be looked up about the subprocessor of an incident, a sentence for each kind of contract; nothing for incidents of our own."""
    name = breach.upstream.strip()
    if not name:
        return ()
    book = books.open_book(session, [breach.organisation_id], breach.aware_at).filled(session)
    kinds: dict[NotNamed, None] = {}

    def note(answers: Answers) -> bool:
        if (found := not_named(answers.stack, name)) is not None:
            kinds[found] = None
        return False

    book.where(note)
    sentences = []
    for kind in kinds:
        condition = book.where(lambda answers, kind=kind: not_named(answers.stack, name) == kind)  # type: ignore[misc]
        query = select(func.count()).select_from(Affected).join(Agreement, Agreement.id == Affected.agreement_id)
        if count := session.scalar(query.where(Affected.breach_id == breach.id, condition)):
            sentences.append(sentence(name, kind, count))
    return tuple(sentences)


def sentence(name: str, kind: NotNamed, customers: int) -> str:
    """Return the question to the reader."""
    listed = f" names {_joined(kind.listed)}{f' ({kind.listed_in})' if kind.listed_in else ''}" if kind.listed else " names nobody"
    return (
        f"{name} is not among the subprocessors that the contract of {plural(customers, 'customer')} names: it asks for specific prior authorisation "
        f"({kind.clause}) and{listed}. Look up whether it was authorised otherwise before the notice goes; the notice may say where it happened."
    )


def _joined(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
