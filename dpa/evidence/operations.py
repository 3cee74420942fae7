"""Acts of evidence: keeping the result of a verification, noting that a document was handed out."""

from __future__ import annotations

from datetime import datetime

from dpa.evidence.events import Event
from dpa.evidence.trail import append
from dpa.evidence.trail.findings import Verification
from dpa.evidence.trail.models import TrailVerification
from dpa.unit import Unit


def keep_verification(unit: Unit, result: Verification, begun_at: datetime) -> TrailVerification:
    """Store a result for the board and record that the trail was verified, and with what outcome."""
    first = result.findings[0].text() if result.findings else ""
    row = TrailVerification(at=begun_at, size=result.size, root=result.root, findings=result.finding_count, first_finding=first)
    unit.session.add(row)
    append.record(
        unit, Event.TRAIL_VERIFIED, subject=("trail", 1), organisation_id=None,
        data={"size": result.size, "root": result.root, "findings": result.finding_count},
    )
    return row


def note_download(unit: Unit, document_id: int, organisation_id: int, reference: str, what: str) -> None:
    """Record that whoever acts was handed a file of a document; `what` says which, such as "the file as issued"."""
    append.record(
        unit, Event.DOCUMENT_DOWNLOADED, subject=("document", document_id), organisation_id=organisation_id,
        data={"number": reference, "what": what},
    )  # fmt: skip
