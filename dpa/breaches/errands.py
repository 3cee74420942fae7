"""What waits for people on the board: notices that want a second person's approval, customers' questions, cases of which no clock runs any more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, func, select, text, true
from sqlalchemy.orm import Session

from dpa.breaches import phases, rules
from dpa.breaches.closing import CaseState
from dpa.breaches.models import Affected, Breach, BreachSettings, Notice, Question
from dpa.breaches.operations.affecting import KIND
from dpa.breaches.versions import draft_of
from dpa.docket.errands import MOST, Errand, Errands
from dpa.docket.models import RUNNING, DocketEntry
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from dpa.web.identity import Scope

APPROVE, RECORD = "breaches.release", "breaches.record"
CLOCKS = ("breaches:notify", "breaches:name", "breaches:word")
"""Kinds of the clocks that a case is worked by; chasing acknowledgements ends none."""
SHOWN = 160
"""Characters of a question on the board."""


def approvals(session: Session, scope: Scope, actor: str) -> Sequence[Errand]:
    """Return the notices this person may approve: ready, not approved, and written by somebody else, where the house asks for four eyes."""
    first = (
        select(func.min(DocketEntry.target_at))
        .where(DocketEntry.subject_type == "breach", DocketEntry.subject_id == Breach.id, DocketEntry.kind == KIND, text(RUNNING))
        .correlate(Breach).scalar_subquery()
    )  # fmt: skip
    query = (
        select(Notice, Breach, Organisation.name, first)
        .join(Breach, Breach.id == Notice.breach_id)
        .join(Organisation, Organisation.id == Breach.organisation_id)
        .join(BreachSettings, BreachSettings.organisation_id == Breach.organisation_id)
        .where(
            Breach.organisation_id.in_(scope.organisation_ids), Breach.state == CaseState.OPEN, Breach.drill.is_(False), BreachSettings.four_eyes == true(),
            Notice.released_at.is_(None), Notice.approved_by.is_(None), Notice.drafted_by != actor,
        )
        .order_by(Notice.drafted_at, Notice.id)
    )  # fmt: skip
    ready = [row for row in session.execute(query) if not rules.draft_errors(draft_of(row[0]))]
    return [
        Errand(
            title=f"Approve the {phases.title_of(notice.phase, withdraws=notice.withdraws).lower()} of {breach.reference}", detail=f"{house}: {breach.title}",
            path=f"/breaches/{breach.id}/release#approval", act="Read and approve", wanted_at=wanted_at, zone=breach.zone,
        )
        for notice, breach, house, wanted_at in ready[:MOST]
    ]  # fmt: skip


def questions(session: Session, scope: Scope, _actor: str) -> Sequence[Errand]:
    """Return the customers' questions nobody has answered, oldest first; those of exercises last."""
    query = (
        select(Question, Breach, Controller.name)
        .join(Affected, Affected.id == Question.affected_id)
        .join(Breach, Breach.id == Affected.breach_id)
        .join(Controller, Controller.id == Affected.controller_id)
        .where(Breach.organisation_id.in_(scope.organisation_ids), Question.answered_at.is_(None))
        .order_by(Breach.drill, Question.at, Question.id)
        .limit(MOST)
    )
    return [
        Errand(
            title=f"{'Exercise: answer' if breach.drill else 'Answer'} {controller}'s question about {breach.reference}", detail=_short(asked.text),
            path=f"/breaches/{breach.id}/customers/{asked.affected_id}/questions/{asked.id}", act="Answer",
        )
        for asked, breach, controller in session.execute(query)
    ]  # fmt: skip


def endings(session: Session, scope: Scope, _actor: str) -> Sequence[Errand]:
    """Return real cases that were told of and in which no clock runs any more: a final notice or the close is all that is left, and no deadline says so."""
    running = exists().where(
        DocketEntry.subject_type == "breach", DocketEntry.subject_id == Breach.id, DocketEntry.kind.in_(CLOCKS), text(RUNNING)
    ).correlate(Breach)  # fmt: skip
    phases_of = select(Notice.id).where(Notice.breach_id == Breach.id)
    query = (
        select(Breach, Organisation.name)
        .join(Organisation, Organisation.id == Breach.organisation_id)
        .where(
            Breach.organisation_id.in_(scope.organisation_ids), Breach.state == CaseState.OPEN, Breach.drill.is_(False), ~running,
            phases_of.where(Notice.released_at.is_not(None)).exists(), ~phases_of.where(Notice.released_at.is_(None)).exists(),
        )
        .order_by(Breach.aware_at, Breach.id)
        .limit(MOST)
    )  # fmt: skip
    return [
        Errand(title=f"Bring {breach.reference} to its end", detail=f"{house}: {breach.title}. No clock of it runs; what is left stands on the case.", path=f"/breaches/{breach.id}", act="Open the case")
        for breach, house in session.execute(query)
    ]  # fmt: skip


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= SHOWN else f"{words[:SHOWN].rsplit(' ', 1)[0]} …"


APPROVALS = Errands(APPROVE, approvals)
QUESTIONS = Errands(RECORD, questions)
ENDINGS = Errands(APPROVE, endings)
