"""What waits for people on the board: notices that want a second person's approval."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from dpa.breaches import phases, rules
from dpa.breaches.closing import CaseState
from dpa.breaches.models import Breach, BreachSettings, Notice
from dpa.breaches.operations.affecting import KIND
from dpa.breaches.versions import draft_of
from dpa.docket.errands import MOST, Errand, Errands
from dpa.docket.models import DocketEntry
from dpa.people.models import Organisation
from dpa.web.identity import Scope

APPROVE = "breaches.release"


def approvals(session: Session, scope: Scope, actor: str) -> Sequence[Errand]:
    """Return the notices this person may approve: ready, not approved, and written by somebody else, where the house asks for four eyes."""
    first = (
        select(func.min(DocketEntry.target_at))
        .where(DocketEntry.subject_type == "breach", DocketEntry.subject_id == Breach.id, DocketEntry.kind == KIND, DocketEntry.state.in_(["open", "paused"]))
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


APPROVALS = Errands(APPROVE, approvals)
