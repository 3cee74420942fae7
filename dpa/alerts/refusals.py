"""Addresses that refused their newest mail for good, whatever it was about and whichever organisation's page asks.

A mail server that said no, or kept saying "later" until we gave up, speaks of the address; a server of ours that was away does not, nor does a
mail that was set aside before any was asked. Setting a refused mail aside changes nothing of what was answered. An address is fine again once a
later mail to it was taken by a server: the file mailbox of a demonstration proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Subquery, bindparam, exists, or_, select, text
from sqlalchemy.orm import Session, aliased

from dpa.alerts.models import REACHED, REFUSED, DeliveryEvent, OutboxMessage
from dpa.alerts.rules import EventKind, State

CHUNK = 500
HINT = "INDEXED BY ix_outbox_message_refused"
"""Without statistics, SQLite would read every mail of the organisation."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The newest mail to an address, which was refused for good."""

    message_id: int
    at: datetime
    """When it was stored."""


def refusals(session: Session, organisation_ids: Collection[int], addresses: Collection[str]) -> Mapping[tuple[int, str], Refusal]:
    """Return which of these addresses refused their newest mail, by organisation and address; one statement for five hundred."""
    wanted, places = sorted(set(addresses)), list(organisation_ids)
    found: dict[tuple[int, str], Refusal] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(_query(), {"places": places, "addresses": wanted[start : start + CHUNK]})
        found.update({(place, address): Refusal(number, at) for place, address, number, at in sorted(rows, key=lambda row: row[2])})
    return found


@lru_cache(maxsize=1)
def _query() -> Any:
    # Kept: to put it together takes longer than to ask it, and the page of each customer asks it.
    mail = _refused()
    return (
        select(mail.organisation_id, mail.to_address, mail.id, mail.created_at)
        .with_hint(mail, HINT, "sqlite")
        .where(*_newest(mail), mail.organisation_id.in_(bindparam("places", expanding=True)), mail.to_address.in_(bindparam("addresses", expanding=True)))
    )


def refuses(organisation_id: Any, address: Any) -> ColumnElement[bool]:
    """Say the same in SQL of an address in a column, for one organisation."""
    mail = _refused()
    return exists().where(*_newest(mail), mail.organisation_id == organisation_id, mail.to_address == address)


def refusing(organisation_id: Any) -> Subquery:
    """Return in SQL the addresses of one organisation that refuse, in the column `address`: few, however many mails there are."""
    mail = _refused()
    query = select(mail.to_address.label("address")).with_hint(mail, HINT, "sqlite")
    return query.where(*_newest(mail), mail.organisation_id == organisation_id).distinct().subquery("refusing")


def _refused() -> Any:
    return aliased(OutboxMessage, name="refused")


def _newest(mail: Any) -> tuple[Any, ...]:
    """Say that a mail was refused, and none to the same address was taken after it."""
    later = aliased(OutboxMessage, name="later")
    same = later.organisation_id == mail.organisation_id, later.to_address == mail.to_address, later.id > mail.id
    taken = exists().where(*same, text(_of("later", REACHED))).correlate(mail)
    aside = exists().where(DeliveryEvent.outbox_id == mail.id, DeliveryEvent.kind == EventKind.SET_ASIDE).correlate(mail)
    return text(_of("refused", REFUSED)), or_(mail.state == State.DEAD, aside), ~taken


def _of(alias: str, condition: str) -> str:
    """Return the condition of a partial index for an alias of the table: word for word otherwise, or SQLite will not use the index."""
    return re.sub(r"\b(state|attempts|kept)\b", rf"{alias}.\1", condition)
