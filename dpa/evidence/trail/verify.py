"""Verification: the tree is built anew from the stored texts and compared with everything kept beside them.

Rows stream through in batches, so memory does not grow with the trail. What is compared: each text with its leaf hash,
the indices (no gap, nothing beyond the head), the copies in columns, the stored nodes, the head, and every
personal part with its commitment, and the roots of all signed checkpoints. Without the latter this finds every change by
somebody who does not also compute the whole tree anew; with them, that too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Engine, String, and_, func, or_, select, type_coerce
from sqlalchemy import inspect as schema_of
from sqlalchemy.exc import OperationalError

from dpa.evidence.events import Event
from dpa.evidence.trail import bodies
from dpa.evidence.trail.findings import Findings, Verification
from dpa.evidence.trail.models import TrailEvent, TrailHead, TrailNode, table
from dpa.evidence.trail.tree import (
    HASH_BYTES,
    STORED_LEVEL,
    Frontier,
    Node,
    TreeError,
    leaf_hash,
    stored_node_count,
)
from dpa.evidence.trail.verify_checkpoints import NOTHING, Against, CheckpointCheck
from dpa.evidence.trail.verify_payloads import PayloadCheck
from dpa.problems import Invalid

BATCH = 2_000

_EVENT, _NODE, _HEAD = table(TrailEvent), table(TrailNode), table(TrailHead)


def verify_database(engine: Engine, *, columns: bool = True, against: Against = NOTHING) -> Verification:
    """Verify the trail as it stands at this moment, on a connection and a snapshot of its own; writes nothing.

    `against` is what lies outside the database: `verify_checkpoints.beside_the_key(settings)`, made before this call.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # One snapshot for all statements, so that acts committed meanwhile are no findings.
            connection.execution_options(isolation_level="REPEATABLE READ")
        return verify(connection, columns=columns, against=against)


def verify(connection: Connection, *, columns: bool = True, against: Against = NOTHING) -> Verification:
    """Verify the trail inside the connection's transaction, which must see one snapshot throughout.

    With `columns` false the copies beside the texts are not compared (for a copy made without them). Raises
    `Invalid` when the database holds no trail at all.
    """
    tables = frozenset(schema_of(connection).get_table_names())
    if _HEAD.name not in tables:
        raise Invalid("This database holds no trail: run `dpa migrate`, or name the right database in DATABASE_URL.")
    try:
        return _Check(connection, columns, against, tables).run()
    except OperationalError as error:
        driver = connection.connection.dbapi_connection
        if connection.dialect.name != "sqlite" or "decode" not in str(error.orig).lower() or driver is None:
            raise
        # SQLite lets anybody store bytes that are no text; read them as they are, so that their row can be named.
        driver.text_factory = _any_bytes
        try:
            return _Check(connection, columns, against, tables).run()
        finally:
            driver.text_factory = str


class _Check:
    """One pass over the trail."""

    def __init__(self, connection: Connection, columns: bool, against: Against, tables: Collection[str]) -> None:
        self.connection = connection
        self.columns = columns
        self.findings = Findings()
        self.checkpoints = CheckpointCheck(connection, self.findings, against, tables)
        self.frontier = Frontier()
        self.payloads = PayloadCheck(connection, self.findings)
        self.next_idx = 0
        self.broken = False
        """Rows are missing, so the tree cannot be computed any further."""
        self.is_sqlite = connection.dialect.name == "sqlite"

    def run(self) -> Verification:
        """Stream the events, then compare the head."""
        head = self.connection.execute(select(_HEAD.c.size, _HEAD.c.frontier).where(_HEAD.c.id == 1)).one_or_none()
        size = head.size if head else 0
        for rows in self._batches():
            self._batch(rows, size)
        self._tail(size)
        self._node_count(size)
        self.payloads.orphans()
        self._head(size, head.frontier if head else None)
        self.checkpoints.finish(size)
        root = "" if self.broken else self.frontier.root().hex()
        return Verification(size, root, self.columns, self.payloads.erased, self.findings.sorted(), self.findings.count,
                            self.checkpoints.said.compared, self.checkpoints.set_aside, bool(self.checkpoints.said.outside.agreed
                            or self.checkpoints.said.outside.against.count))

    def _batches(self) -> Iterator[Sequence[Any]]:
        # On SQLite the instant is compared as the text it is stored as; parsing a million of them would cost seconds.
        at = type_coerce(_EVENT.c.at, String() if self.is_sqlite else DateTime(timezone=True))
        event = _EVENT.c
        statement = select(
            event.idx, event.event_id, event.body, event.leaf_hash, at, event.action, event.actor, event.organisation_id,
            event.subject_type, event.subject_id, event.request_id,
        ).order_by(event.idx)
        result = self.connection.execute(statement, execution_options={"stream_results": True, "yield_per": BATCH})
        yield from result.partitions(BATCH)

    def _batch(self, rows: Sequence[Any], size: int) -> None:
        made: list[Node] = []
        parsed: dict[int, dict[str, Any]] = {}
        for row in rows:
            idx, event_id, body = row[0], row[1], row[2]
            self._place(idx, event_id, size)
            leaf = leaf_hash(_bytes_of(body))
            if leaf != row[3]:
                self.findings.add(idx, event_id, "its text does not match its leaf hash; one of the two was changed")
            if not self.broken:
                made += self.frontier.push(leaf)
                if self.frontier.size == self.checkpoints.wanted:
                    self.checkpoints.reach(self.frontier)
            if self._is_plain(row):
                continue
            event = _parse(body)
            if event is None:
                self.findings.add(idx, event_id, "its text is not an event")
                continue
            parsed[idx] = event
            if self.columns:
                self._columns(row, event)
        self._nodes(made)
        self.payloads.batch(rows[0][0], rows[-1][0], parsed)

    def _place(self, idx: int, event_id: str, size: int) -> None:
        if idx != self.next_idx:
            self.broken = True
            if idx > self.next_idx:
                self.findings.add(self.next_idx, None, _missing(self.next_idx, idx - 1))
            else:
                self.findings.add(idx, event_id, "an index below 0 does not belong to the trail")
        elif idx == size:
            self.broken = True
            self.findings.add(idx, event_id, f"it lies beyond the head, which counts {size} events")
        self.next_idx = max(self.next_idx, idx + 1)

    def _is_plain(self, row: Any) -> bool:
        """Tell whether an event needs no parsing: no personal parts, no erasure, and its copies stand in its text.

        The text's keys are sorted, so the copies are its very beginning and end; none of them can hold a quote.
        """
        idx, event_id, body, _, at, action, actor, org, kind, identifier, tx = row
        if not isinstance(body, str) or action == Event.PAYLOAD_ERASED:
            return False
        if not self.columns:
            return '"pd":{}' in body and Event.PAYLOAD_ERASED not in body
        end = (f',"i":{idx},"id":"{event_id}","org":{"null" if org is None else org},"pd":{{}},"subj":["{kind}","{identifier}"],'
               f'"ts":"{self._instant(at)}","tx":"{tx}","v":{bodies.VERSION}}}')
        return body.endswith(end) and body.startswith(f'{{"action":"{action}","actor":"{actor}","auth":"')

    def _columns(self, row: Any, event: dict[str, Any]) -> None:
        subject = event.get("subj")
        kind, identifier = subject if isinstance(subject, list) and len(subject) == 2 else (None, None)
        beside = (row[0], row[1], self._instant(row[4]), row[5], row[6], row[7], row[8], row[9], row[10])
        inside = (event.get("i"), event.get("id"), event.get("ts"), event.get("action"), event.get("actor"), event.get("org"),
                  kind, identifier, event.get("tx"))
        if beside == inside:
            return
        for name, copy, original in zip(_COPIES, beside, inside, strict=True):
            if copy != original:
                self.findings.add(row[0], row[1], f"its column {name} holds {copy!r} where its text says {original!r}")

    def _instant(self, at: Any) -> str:
        if not isinstance(at, datetime):
            return str(at).replace(" ", "T", 1) + "Z"
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def _nodes(self, made: list[Node]) -> None:
        if not made:
            return
        bounds: dict[int, tuple[int, int]] = {}
        for node in made:
            low, high = bounds.get(node.level, (node.place, node.place))
            bounds[node.level] = (min(low, node.place), max(high, node.place))
        wanted = or_(*(and_(_NODE.c.level == level, _NODE.c.idx.between(low, high)) for level, (low, high) in bounds.items()))
        stored = {(row.level, row.idx): row.hash
                  for row in self.connection.execute(select(_NODE.c.level, _NODE.c.idx, _NODE.c.hash).where(wanted))}
        for node in made:
            found = stored.get((node.level, node.place))
            first, last = node.place << node.level, ((node.place + 1) << node.level) - 1
            if found is None:
                self.findings.add(first, None, f"the stored node of level {node.level} over events {first} to {last} is missing")
            elif found != node.hash and not self.findings:
                # After an earlier finding this would only repeat it: every node above a changed event differs.
                self.findings.add(first, None, f"events {first} to {last} do not match their stored node of level {node.level}")

    def _node_count(self, size: int) -> None:
        count = self.connection.execute(select(func.count()).select_from(_NODE)).scalar_one()
        expected = stored_node_count(size)
        if count != expected and not self.findings:
            self.findings.add(None, None, f"there are {count} stored nodes where {size} events make {expected}")

    def _tail(self, size: int) -> None:
        if self.next_idx < size:
            self.broken = True
            self.findings.add(self.next_idx, None, _missing(self.next_idx, size - 1) + "; the end of the trail was cut off")

    def _head(self, size: int, frontier: bytes | None) -> None:
        if frontier is None:
            self.findings.add(None, None, "the trail's head row is missing")
            return
        try:
            Frontier.from_bytes(size, frontier)
        except (TreeError, TypeError):
            self.findings.add(None, None, f"the trail's head does not fit its size of {size} events "
                                          f"({len(frontier)} bytes, {size.bit_count() if size > 0 else 0} hashes of {HASH_BYTES})")
            return
        if not self.findings and self.frontier.to_bytes() != frontier:
            whole = (size >> STORED_LEVEL) << STORED_LEVEL
            self.findings.add(whole if whole < size else None, None,
                              f"events {whole} to {size - 1} do not match the trail's head; one of them or the head was changed"
                              if whole < size else "the events do not match the trail's head")


_COPIES = ("idx", "event_id", "at", "action", "actor", "organisation_id", "subject_type", "subject_id", "request_id")


def _missing(first: int, last: int) -> str:
    return "it is missing" if first == last else f"events {first} to {last} are missing"


def _any_bytes(value: bytes) -> str:
    return value.decode(errors="surrogateescape")


def _bytes_of(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode(errors="surrogateescape")
    return body if isinstance(body, bytes) else repr(body).encode()


def _parse(body: Any) -> dict[str, Any] | None:
    if not isinstance(body, str):
        return None
    try:
        event = json.loads(body)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.get("v") == bodies.VERSION else None
