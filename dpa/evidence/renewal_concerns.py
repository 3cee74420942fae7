"""The concern about time-stamps that end and were not renewed; asked only where `concerns.facts` found one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence.register import renewal
from dpa.evidence.register.models import IssuedDocument
from dpa.evidence.register.proofs import DocumentProof
from dpa.slice import Concern
from dpa.web import words

PRESSING = timedelta(days=30)
"""How long before the end it is no longer a warning."""
Names = Callable[[Session, Sequence[int]], Mapping[int, str]]


def unrenewed(session: Session, now: datetime, settings: Settings, names: Names) -> list[Concern]:
    """Return one concern for each organisation whose documents have a time-stamp that ends and should have been renewed for more than 24 hours."""
    proof, document = DocumentProof, IssuedDocument
    rows = session.execute(
        select(document.organisation_id, func.count().label("number"), func.min(proof.ends_at).label("ends_at"), func.min(proof.stamped_at).label("stamped_at"))
        .join(document, document.id == proof.document_id)
        .where(proof.ends_at <= now + renewal.RENEW_BEFORE - renewal.RENEWAL_LATE, proof.stamped_at <= now - renewal.RENEWAL_LATE)
        .group_by(document.organisation_id)
        .order_by(document.organisation_id)
    ).all()
    named = names(session, [row.organisation_id for row in rows])
    return [_concern(row.organisation_id, named[row.organisation_id], row.number, row.ends_at, row.stamped_at, now, settings) for row in rows]


def _concern(organisation_id: int, name: str, number: int, ends_at: datetime, stamped_at: datetime, now: datetime, settings: Settings) -> Concern:
    since = max(ends_at - renewal.RENEW_BEFORE, stamped_at)
    over, pressing = ends_at <= now, ends_at - now <= PRESSING
    if settings.tsa_url:
        advice = "The time-stamp authority does not answer, or signs with a certificate that ends no later: have your operator check DPA_TSA_URL and ask the authority for its next certificate."
    else:
        advice = "No time-stamp authority is set, so no newer one can be added: have your operator set DPA_TSA_URL and DPA_TSA_ROOTS."
    return Concern(
        # Said once when it begins, and once more when little time is left.
        key=f"stamp-renewal:{organisation_id}:{ends_at:%Y%m%d}:{'late' if pressing else 'soon'}", kind="late" if pressing else "soon",
        since=since, mail_after=max(since + renewal.RENEWAL_LATE, ends_at - PRESSING) if pressing else since + renewal.RENEWAL_LATE,
        text=f"{words.plural(number, 'document')} of {name} {'has' if number == 1 else 'have'} a time-stamp whose certificate "
        f"{'ended' if over else 'ends'} on {words.day(ends_at.date())}{'' if number == 1 else ' at the earliest'}, and it could not be renewed.",
        advice=f"{advice} {'Only the register vouches for the time now.' if over else 'After that only the register vouches for the time.'}",
        path="/documents", link_text="Open the documents", organisation_id=organisation_id, permission="seal.manage",
    )
