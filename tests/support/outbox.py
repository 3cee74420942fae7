"""Mails as a worker left them, written past the unit of work: what became of each is all that a test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, insert, select

from dpa.alerts.models import DeliveryEvent, OutboxMessage

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ASIDE: dict[str, Any] = {"state": "cancelled", "attempts": 1}
"""A refused one that somebody dealt with otherwise, with `set_aside`."""
REFUSED: dict[str, Any] = {"state": "dead", "attempts": 1}
TAKEN: dict[str, Any] = {"state": "sent", "attempts": 1, "sent_at": AT}
COMMON: dict[str, Any] = {
    "mail": "subprocessors/notice", "category": "notice", "from_name": "", "to_name": "", "subject": "Of another matter", "body_text": "", "body_html": "", "next_at": AT,
    "give_up_at": AT, "created_at": AT, "claims": 0, "uncertain": 0, "lease_token": 0, "follow_up": False, "kept": False, "attempts": 0,
}  # fmt: skip


def store(engine: Engine, *mails: dict[str, Any], set_aside: bool = False, **values: Any) -> list[int]:
    """Store mails, oldest first; `values` hold for each. Returns their numbers."""
    found: list[int] = []
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        for mail in mails:
            key = f"stored:{connection.scalar(select(func.count()).select_from(OutboxMessage))}"
            row = COMMON | values | mail | {"dedupe_key": key, "message_id": key}
            number = connection.scalar(insert(OutboxMessage.__table__).values(**row).returning(OutboxMessage.__table__.c.id))  # type: ignore[arg-type]
            found.append(int(number or 0))
            if set_aside:
                connection.execute(insert(DeliveryEvent.__table__).values(outbox_id=number, at=AT, kind="set_aside", reply_text="called"))  # type: ignore[arg-type]
    return found
