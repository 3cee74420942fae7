"""Whether special categories that the fact sheet names are ones that contracts say are not processed: a question to ask, never a reason to wait.

A customer that agreed on no such data must hear of it all the same; either the contract or the sheet is wrong, and somebody has to find out which.
"""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.agreements import queries as agreements
from dpa.agreements import stacks
from dpa.agreements.terms import effective
from dpa.agreements.terms.values import Fact
from dpa.breaches.clocks import cited
from dpa.breaches.counting import legal_day
from dpa.breaches.facts import FactSheet
from dpa.breaches.models import Affected, Breach
from dpa.web.words import plural

KEY = "processing.sensitive_data"
NAMED = 5


def denied(session: Session, breach: Breach, sheet: FactSheet) -> tuple[str, ...]:
    """Return a sentence for each clause that says no special categories are processed, where the sheet names some; asks nothing where it names none."""
    if not sheet.special:
        return ()
    ids = list(session.scalars(select(Affected.agreement_id).where(Affected.breach_id == breach.id).order_by(Affected.id)))
    clauses: dict[tuple[str, str], list[int]] = defaultdict(list)
    answers: dict[int, tuple[str, str] | None] = {}
    for key, terms in stacks.load(session, breach.organisation_id, ids, legal_day(breach, breach.aware_at)).items():
        if id(terms.stack) not in answers:
            found = effective(terms.stack, KEY)
            says_none = isinstance(found.value, Fact) and not found.value.yes and found.from_contract
            answers[id(terms.stack)] = (cited(found.clause or "the contract"), found.source or "the terms") if says_none else None
        if (said := answers[id(terms.stack)]) is not None:
            clauses[said].append(key)
    return tuple(_sentence(session, breach, *said, keys) for said, keys in clauses.items())


def _sentence(session: Session, breach: Breach, clause: str, source: str, keys: list[int]) -> str:
    rows = agreements.by_ids(session, breach.organisation_id, keys[:NAMED])
    names = ", ".join(rows[key].reference for key in keys[:NAMED]) + (f" and {len(keys) - NAMED:,} more" if len(keys) > NAMED else "")
    return (
        f"Special categories of data are named, but {source}, {clause}, says that none are processed; it binds {plural(len(keys), 'agreement')} of this case ({names}). "
        "Find out which is right. The notice tells what is known all the same."
    )
