"""The part of verification that looks at personal parts: each is there as committed, or erased by a recorded act."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from dpa.evidence.events import Event
from dpa.evidence.trail import bodies
from dpa.evidence.trail.findings import Findings
from dpa.evidence.trail.models import TrailEvent, TrailPayload, table

_EVENT, _PAYLOAD = table(TrailEvent), table(TrailPayload)


class PayloadCheck:
    """Compares the payloads of one batch of events after another."""

    def __init__(self, connection: Connection, findings: Findings) -> None:
        self.connection = connection
        self.findings = findings
        self.erased = 0
        self._seen = 0

    def batch(self, first: int, last: int, events: Mapping[int, Mapping[str, Any]]) -> None:
        """Check the payloads of the events `first` to `last`; `events` holds the parsed ones that may have any."""
        held: dict[int, dict[str, Any]] = {}
        where = _PAYLOAD.c.event_idx.between(first, last)
        for row in self.connection.execute(select(_PAYLOAD).where(where)):
            held.setdefault(row.event_idx, {})[row.part] = row
            self._seen += 1
        erased: list[Any] = []
        for idx, event in events.items():
            promised, parts = event.get("pd"), held.pop(idx, {})
            if promised or parts:
                erased += self._compare(idx, event, promised if isinstance(promised, dict) else {}, parts)
        for idx in held:
            self.findings.add(idx, None, "personal parts are stored for it that its text does not know")
        self._erasures_exist(erased)
        self._erasures_done([event for event in events.values() if event.get("action") == Event.PAYLOAD_ERASED])

    def orphans(self) -> None:
        """After the last batch: find payloads whose event does not exist."""
        count = self.connection.execute(select(func.count()).select_from(_PAYLOAD)).scalar_one()
        if count == self._seen:
            return
        lost = (
            select(_PAYLOAD.c.event_idx).outerjoin(_EVENT, _EVENT.c.idx == _PAYLOAD.c.event_idx)
            .where(_EVENT.c.idx.is_(None)).order_by(_PAYLOAD.c.event_idx).limit(10)
        )
        for idx in self.connection.execute(lost).scalars():
            self.findings.add(idx, None, "personal parts are stored for it, but it is missing")

    def _compare(self, idx: int, event: Mapping[str, Any], promised: Mapping[str, Any], parts: Mapping[str, Any]) -> list[Any]:
        event_id = event.get("id")
        erased = []
        for part in sorted(promised.keys() | parts.keys()):
            row = parts.get(part)
            if row is None:
                self.findings.add(idx, event_id, f"its personal part {part} is missing and no act erased it")
            elif part not in promised:
                self.findings.add(idx, event_id, f"a personal part {part} is stored that its text does not know")
            elif row.body is None:
                erased.append(row)
                if row.salt != bodies.ERASED_SALT:
                    self.findings.add(idx, event_id, f"its personal part {part} was removed, but the salt is still there")
            elif row.erased_by_idx is not None:
                self.findings.add(idx, event_id, f"its personal part {part} is marked as erased but is still there")
            elif not _matches(row.salt, part, row.body, promised[part]):
                self.findings.add(idx, event_id, f"its personal part {part} does not match the commitment in its text")
        return erased

    def _erasures_exist(self, rows: list[Any]) -> None:
        """Each removed part must name an event that says it erased just this."""
        acts = {row.erased_by_idx for row in rows if row.erased_by_idx is not None}
        said: dict[int, tuple[Any, Any]] = {}
        for idx, body in self.connection.execute(select(_EVENT.c.idx, _EVENT.c.body).where(_EVENT.c.idx.in_(acts))) if acts else ():
            said[idx] = _erasure_in(body)
        for row in rows:
            if said.get(row.erased_by_idx) == (row.event_idx, row.part):
                self.erased += 1
            else:
                self.findings.add(row.event_idx, None, f"its personal part {row.part} is gone and no act erased it")

    def _erasures_done(self, acts: list[Mapping[str, Any]]) -> None:
        """Each act of erasure must have had its effect."""
        wanted = {(act["data"].get("event"), act["data"].get("part")): act for act in acts if isinstance(act.get("data"), dict)}
        keys = [key for key in wanted if isinstance(key[0], int) and isinstance(key[1], str)]
        if not keys:
            return
        where = tuple_(_PAYLOAD.c.event_idx, _PAYLOAD.c.part).in_(keys)
        for row in self.connection.execute(select(_PAYLOAD).where(where)):
            act = wanted[row.event_idx, row.part]
            if row.body is not None or row.erased_by_idx != act.get("i"):
                self.findings.add(act.get("i"), act.get("id"), f"it says that part {row.part} of event {row.event_idx} was erased, "
                                                               "but the part is still there or another act claims it")


def _matches(salt: Any, part: str, body: Any, promised: Any) -> bool:
    if not isinstance(salt, bytes) or len(salt) != bodies.SALT_BYTES or not isinstance(body, str):
        return False
    try:
        return hmac.compare_digest(bodies.commitment(salt, part, body), str(promised))
    except UnicodeEncodeError:
        return False


def _erasure_in(body: str) -> tuple[Any, Any]:
    try:
        event = json.loads(body)
        data = event["data"] if event["action"] == Event.PAYLOAD_ERASED else {}
        return data.get("event"), data.get("part")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, None
