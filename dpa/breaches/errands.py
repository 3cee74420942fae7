"""What waits for people on the board: notices that want a second person's approval, customers' questions, cases of which no customer's clock runs any more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Exists, bindparam, func, select, text, true
from sqlalchemy.orm import Session

from dpa.breaches import phases, rules
from dpa.breaches.closing import CaseState
from dpa.breaches.models import UNANSWERED, Affected, Breach, BreachSettings, Notice, Question
from dpa.breaches.operations.affecting import KIND
from dpa.breaches.reports import KINDS as REPORTS
from dpa.breaches.versions import draft_of
from dpa.docket.errands import MOST, Errand, Errands
from dpa.docket.models import RUNNING, DocketEntry
from dpa.parties.models import Controller
from dpa.people.models import Organisation
from dpa.web.identity import Scope

APPROVE, RECORD = "breaches.release", "breaches.record"
CLOCKS = ("breaches:notify", "breaches:name", "breaches:word")
"""Kinds of the clocks that a case is worked by; chasing acknowledgements ends none."""
CHASE = "breaches:acknowledge"
"""Kind of a clock that, like those of reports, may run beside an end that is near, and is named there."""
SHOWN = 160
"""Characters of a question on the board."""


PLACES = Breach.organisation_id.in_(bindparam("places", expanding=True))
# Written once: putting statements together for each look at the board would take longer than running them.
_APPROVALS = (
    select(
        Notice, Breach.id, Breach.reference, Breach.title, Breach.zone, Organisation.name.label("house"),
        select(func.min(DocketEntry.target_at))
        .where(DocketEntry.subject_type == "breach", DocketEntry.subject_id == Breach.id, DocketEntry.kind == KIND, text(RUNNING))
        .correlate(Breach).scalar_subquery().label("wanted_at"),
    )
    .join(Breach, Breach.id == Notice.breach_id)
    .join(Organisation, Organisation.id == Breach.organisation_id)
    .join(BreachSettings, BreachSettings.organisation_id == Breach.organisation_id)
    .where(
        PLACES, Breach.state == CaseState.OPEN, Breach.drill.is_(False), BreachSettings.four_eyes == true(),
        Notice.released_at.is_(None), Notice.approved_by.is_(None), Notice.sent_back_at.is_(None), Notice.drafted_by != bindparam("actor"),
    )
    .order_by(Notice.drafted_at, Notice.id)
)  # fmt: skip
_QUESTIONS = (
    select(Question.id, Question.affected_id, Question.text, Affected.breach_id, Breach.reference, Breach.drill, Controller.name.label("controller"))
    # From the few that wait: SQLite would look for them from every customer of every case.
    .with_hint(Question, "INDEXED BY ix_breach_question_waiting", "sqlite")
    .join(Affected, Affected.id == Question.affected_id)
    .join(Breach, Breach.id == Affected.breach_id)
    .join(Controller, Controller.id == Affected.controller_id)
    .where(PLACES, text(f"breach_question.{UNANSWERED}"))
    .order_by(Breach.drill, Question.at, Question.id)
    .limit(MOST)
)


def _runs(*kinds: str) -> Exists:
    return (
        select(DocketEntry.id).with_hint(DocketEntry, "INDEXED BY ix_docket_entry_case", "sqlite")
        .where(DocketEntry.subject_type == "breach", DocketEntry.subject_id == Breach.id, DocketEntry.kind.in_(kinds), text(RUNNING))
        .correlate(Breach).exists()
    )  # fmt: skip


_PHASES = select(Notice.id).where(Notice.breach_id == Breach.id)
_ENDINGS = (
    select(Breach.id, Breach.reference, Breach.title, Organisation.name.label("house"), _runs(CHASE).label("chased"), _runs(*REPORTS).label("reports"))
    .join(Organisation, Organisation.id == Breach.organisation_id)
    .where(
        PLACES, Breach.state == CaseState.OPEN, Breach.drill.is_(False),
        # The notices first: they are few for each case, and most cases end here.
        _PHASES.where(Notice.released_at.is_not(None)).exists(), ~_PHASES.where(Notice.released_at.is_(None)).exists(), ~_runs(*CLOCKS),
    )
    .order_by(Breach.aware_at, Breach.id)
    .limit(MOST)
)  # fmt: skip


def approvals(session: Session, scope: Scope, actor: str) -> Sequence[Errand]:
    """Return the notices this person may approve: ready, not approved, and written by somebody else, where the house asks for four eyes."""
    found = session.execute(_APPROVALS, {"places": sorted(scope.organisation_ids), "actor": actor})
    ready = [row for row in found if not rules.draft_errors(draft_of(row[0]))]
    return [
        Errand(
            title=f"Approve the {phases.title_of(row[0].phase, withdraws=row[0].withdraws).lower()} of {row.reference}", detail=f"{row.house}: {row.title}",
            path=f"/breaches/{row.id}/release#approval", act="Read and approve", wanted_at=row.wanted_at, zone=row.zone,
        )
        for row in ready[:MOST]
    ]  # fmt: skip


def questions(session: Session, scope: Scope, _actor: str) -> Sequence[Errand]:
    """Return the customers' questions nobody has answered, oldest first; those of exercises last."""
    return [
        Errand(
            title=f"{'Exercise: answer' if row.drill else 'Answer'} {row.controller}'s question about {row.reference}", detail=_short(row.text),
            path=f"/breaches/{row.breach_id}/customers/{row.affected_id}/questions/{row.id}", act="Answer",
        )
        for row in session.execute(_QUESTIONS, {"places": sorted(scope.organisation_ids)})
    ]  # fmt: skip


def endings(session: Session, scope: Scope, _actor: str) -> Sequence[Errand]:
    """Return real cases that were told of and in which no customer's clock runs any more, nor that of a next word: a final notice or the close is all that is left, and no deadline says so."""
    return [
        Errand(title=f"Bring {row.reference} to its end", detail=f"{row.house}: {row.title}. {_beside(row.chased, row.reports)}", path=f"/breaches/{row.id}", act="Open the case")
        for row in session.execute(_ENDINGS, {"places": sorted(scope.organisation_ids)})
    ]  # fmt: skip


def _beside(chased: bool, reports: bool) -> str:
    """Say that no customer's clock runs, and which others do."""
    others = [words for runs, words in ((chased, "acknowledgements are still chased"), (reports, "a report to an authority is still owed")) if runs]
    return f"No customer’s clock runs and no next word is owed{''.join(f'; {one}' for one in others)}. What is left stands on the case."


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= SHOWN else f"{words[:SHOWN].rsplit(' ', 1)[0]} …"


APPROVALS = Errands(APPROVE, approvals)
QUESTIONS = Errands(RECORD, questions)
ENDINGS = Errands(APPROVE, endings)
