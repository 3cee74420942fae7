"""What evidence must say on every page: that the trail was found tampered with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.evidence.trail import queries
from dpa.slice import Banner


def tampered(session: Session, _now: datetime, _settings: Settings) -> Sequence[Banner]:
    """Return a banner while the newest verification found something wrong."""
    last = queries.last_verification(session)
    if last is None or last.ok:
        return ()
    text = f"The last check of the trail found {last.findings} thing(s) wrong. Keep a copy of the database as it is and call your operator."
    return (Banner("late", text, "/trail", "Open the trail"),)
