"""Recording: events are gathered while an act runs and appended, in one go, just before its commit.

The closing step locks the head as the very last lock of the transaction, so that no two acts can wait for each other,
numbers the events without gaps, and writes text, hashes and nodes. A rolled-back act leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy import inspect as state_of
from sqlalchemy.orm import Session

from dpa.columns import Base
from dpa.evidence.events import Event
from dpa.evidence.trail import bodies, guard, registry
from dpa.evidence.trail.models import TrailEvent, TrailHead, TrailNode, TrailPayload, table
from dpa.evidence.trail.tree import Frontier, Node, leaf_hash
from dpa.unit import Unit

STEP_TOLERATED = timedelta(seconds=2)

_EVENT, _PAYLOAD, _NODE, _HEAD = (table(model) for model in (TrailEvent, TrailPayload, TrailNode, TrailHead))


@dataclass(slots=True)
class Pending:
    """An event that waits for its number."""

    action: str
    subject: tuple[str, str]
    organisation_id: int | None
    data: Mapping[str, Any]
    personal: Mapping[str, str]
    """Canonical text of each personal part."""
    covers: tuple[Base, ...] = ()
    once_numbered: Callable[[Session, int], None] | None = None
    """Called inside the transaction with the event's index, for acts that refer to their own event."""


@dataclass(slots=True)
class _Batch:
    """Rows ready to be written."""

    events: list[dict[str, Any]] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)


def record(
    unit: Unit,
    event: str,
    *,
    subject: tuple[str, int | str],
    organisation_id: int | None,
    covers: Iterable[Base] = (),
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> None:
    """Record that something happened; written when the unit commits, or never.

    `event` is a registered name, `data` holds facts that are not personal, `personal` the parts that may have to be
    erased one day, and `covers` names the changed, new or deleted rows this event accounts for (flush first where
    the subject's number comes from the database). Raises `UnknownEvent`, `BadBody`, and RuntimeError inside a savepoint,
    whose rollback could otherwise leave an event about nothing.
    """
    add(unit, Pending(str(event), _subject(subject), organisation_id, bodies.restricted(data or {}),
                      _personal(personal or {}), tuple(covers)))


def covering_many(
    unit: Unit,
    event: str,
    *,
    rows: Iterable[Base],
    subject: tuple[str, int | str],
    organisation_id: int | None,
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> None:
    """Record one event for many rows; its data gets `count` and, per table, the digest of the sorted keys in `rows`."""
    held = tuple(rows)
    unit.session.flush()
    keys: dict[str, list[tuple[Any, ...]]] = {}
    for row in held:
        identity = state_of(row).identity
        if identity is None:
            raise bodies.BadBody(f"a {type(row).__name__} has no key yet: add it to the session before covering it")
        keys.setdefault(row.__tablename__, []).append(tuple(identity))
    record(unit, event, subject=subject, organisation_id=organisation_id, covers=held, personal=personal,
           data={**(data or {}), **digest_of_keys(keys)})


def digest_of_keys(keys: Mapping[str, list[tuple[Any, ...]]]) -> dict[str, Any]:
    """Return what an event says about many rows: their count, and per table a SHA-256 over the sorted list of keys."""
    rows = {
        name: {
            "count": len(found),
            "keys_sha256": hashlib.sha256(bodies.canonical([list(key) for key in sorted(found)]).encode()).hexdigest(),
        }
        for name, found in keys.items()
    }
    return {"count": sum(map(len, keys.values())), "rows": rows}


def add(unit: Unit, pending: Pending) -> None:
    """Check an event and put it into the unit's queue."""
    if unit.session.in_nested_transaction():
        raise RuntimeError(f"{pending.action} was recorded inside a savepoint; record after it, so that no event survives its rollback")
    registry.require(pending.action)
    bodies.check_heading(action=pending.action, actor=unit.actor, subject=pending.subject, parts=tuple(pending.personal))
    unit.pending.append(pending)


def close(unit: Unit) -> None:
    """Append everything the unit recorded; refuse it when an audited row changed unrecorded. The unit's last step."""
    session = unit.session
    pending: list[Pending] = unit.pending
    guard.require_covered(session, (row for waiting in pending for row in waiting.covers))
    if not pending:
        return
    connection = session.connection()
    head = connection.execute(select(_HEAD.c.size, _HEAD.c.frontier).where(_HEAD.c.id == 1).with_for_update()).one_or_none()
    if head is None:
        raise RuntimeError("the trail has no head row: run `dpa migrate`")
    frontier = Frontier.from_bytes(head.size, head.frontier)
    step = _step_back(session, head.size, unit.now)
    queue = [step, *pending] if step else pending
    batch = _number(unit, queue, frontier)
    connection.execute(insert(_EVENT), batch.events)
    if batch.payloads:
        connection.execute(insert(_PAYLOAD), batch.payloads)
    if batch.nodes:
        connection.execute(insert(_NODE), [{"level": node.level, "idx": node.place, "hash": node.hash} for node in batch.nodes])
    connection.execute(update(_HEAD).where(_HEAD.c.id == 1).values(size=frontier.size, frontier=frontier.to_bytes()))
    for index, waiting in enumerate(queue, start=head.size):
        if waiting.once_numbered:
            waiting.once_numbered(session, index)
    unit.pending.clear()


def _step_back(session: Session, size: int, now: datetime) -> Pending | None:
    newest = session.connection().execute(select(_EVENT.c.at).where(_EVENT.c.idx == size - 1)).scalar_one_or_none()
    if newest is None or newest - now <= STEP_TOLERATED:
        return None
    data = {"seconds": int((newest - now).total_seconds()), "before": bodies.timestamp(newest)}
    return Pending(Event.CLOCK_STEPPED, ("trail", "1"), None, data, {})


def _number(unit: Unit, queue: Iterable[Pending], frontier: Frontier) -> _Batch:
    batch = _Batch()
    for waiting in queue:
        index = frontier.size
        commitments: dict[str, str] = {}
        for part, text in waiting.personal.items():
            salt = secrets.token_bytes(bodies.SALT_BYTES)
            commitments[part] = bodies.commitment(salt, part, text)
            batch.payloads.append({"event_idx": index, "part": part, "salt": salt, "body": text, "erased_by_idx": None})
        event_id = secrets.token_hex(16)
        body = bodies.event_body(
            index=index, event_id=event_id, at=unit.now, request_id=unit.request_id, actor=unit.actor, auth=unit.auth,
            action=waiting.action, subject=waiting.subject, organisation_id=waiting.organisation_id, data=waiting.data,
            commitments=commitments,
        )
        leaf = leaf_hash(body.encode())
        batch.nodes += frontier.push(leaf)
        batch.events.append({
            "idx": index, "event_id": event_id, "body": body, "leaf_hash": leaf, "at": unit.now, "action": waiting.action,
            "actor": unit.actor, "organisation_id": waiting.organisation_id, "subject_type": waiting.subject[0],
            "subject_id": waiting.subject[1], "request_id": unit.request_id,
        })
    return batch


def _subject(subject: tuple[str, int | str]) -> tuple[str, str]:
    kind, identifier = subject
    if identifier is None:
        raise bodies.BadBody(f"the {kind} of this event has no number yet: flush before recording")
    return kind, str(identifier)


def _personal(parts: Mapping[str, Any]) -> dict[str, str]:
    return {part: bodies.canonical(bodies.restricted(value, part, personal=True)) for part, value in parts.items()}
