"""The document of a phase as a customer would get it, to be looked at before anything leaves. Nothing is ordered, stored or recorded by it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from dpa.agreements import queries as agreements
from dpa.breaches import documents, queries
from dpa.breaches.models import Affected, Breach
from dpa.breaches.versions import versions_of
from dpa.config import Settings
from dpa.evidence.register import making, records
from dpa.people import documents as people
from dpa.people.models import Organisation
from dpa.problems import NotFound


def pdf(session: Session, breach: Breach, row: Affected, organisation: Organisation, *, settings: Settings, now: datetime) -> bytes:
    """Return the PDF of the phase being written, or of the newest one, for one customer: unsealed, and marked as a preview. Raises `NotFound` without a text."""
    notice = breach.draft or breach.newest_released
    if notice is None:
        raise NotFound("There is no notice to look at yet; write its text first.")
    agreement = agreements.by_ids(session, breach.organisation_id, [row.agreement_id])[row.agreement_id]
    version = versions_of(session, breach, notice, [row])[row.id]
    entry = queries.entries(session, [row.docket_entry_id])[row.docket_entry_id]
    before = queries.papers_before(session, notice, [row.id]).get(row.id, ())
    order = records.ordered(
        identifier="0" * 32, kind=documents.DRILL_KIND if breach.drill else documents.KIND, number=version.say("engine.preview_mark"), title=breach.title,
        issuer=people.issuer(organisation), addressee={"name": agreement.controller}, approvals=(), supersedes=None,
        content=documents.content(breach, notice, row, entry, agreement, version, before=before), verify_at=f"{settings.base_url}/verify",
        language=version.language.tag, demonstration=not settings.smtp_url,
    )  # fmt: skip
    return making.preview(order, now, settings)
