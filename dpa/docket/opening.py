"""Opening deadlines: one, or many thousands in one act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dpa.deadlines import Deadline, to_json
from dpa.docket import alerting, kinds, rules
from dpa.docket.events import Event
from dpa.docket.models import DocketEntry
from dpa.docket.rules import State
from dpa.evidence import trail
from dpa.unit import Unit

TITLE_MAX = 300


@dataclass(frozen=True, slots=True)
class Opening:
    """What a workflow says when it starts a clock."""

    kind: str
    """Registered kind, such as `breaches:notify`."""
    organisation_id: int
    subject: tuple[str, int]
    """The case: its kind and number."""
    subject_label: str
    """What people call the case."""
    title: str
    """What must be done for this one promise."""
    basis: str
    """Where the promise is written."""
    origin: str
    """contract, statute, house_policy, decision or external_doc."""
    target: Deadline
    """The house's own date."""
    started_at: datetime
    """The fact the clock runs from, aware, in UTC."""
    start_event: str = ""
    """Which fact that is, of those its kind knows (`DeadlineKind.starts`); empty for the usual one."""
    latest: Deadline | None = None
    """The latest that contract or statute allow; none where neither gives a number."""
    agreement_id: int | None = None
    controller_id: int | None = None
    owner_id: int | None = None
    terms_version: str | int | None = None
    """Version of the agreement's terms in force when the clock started."""


def open_entry(unit: Unit, opening: Opening, *, record: bool = True) -> DocketEntry:
    """Open one deadline. With `record=False` the caller's own event must cover the row."""
    entry = _entry(unit, opening, {})
    unit.session.add(entry)
    unit.session.flush()
    if record:
        trail.record(
            unit,
            Event.OPENED,
            subject=(entry.subject_type, entry.subject_id),
            organisation_id=entry.organisation_id,
            covers=(entry,),
            data={"kind": entry.kind, "due": entry.target_at.isoformat(), "entry": entry.id},
        )
    return entry


def open_many(unit: Unit, openings: Sequence[Opening], *, record: bool = True) -> list[DocketEntry]:
    """Open many deadlines with one event per organisation and case; returns them in the order given."""
    stored: dict[int, dict[str, Any]] = {}
    entries = [_entry(unit, opening, stored) for opening in openings]
    unit.session.add_all(entries)
    unit.session.flush()
    if record:
        record_opened(unit, entries)
    return entries


def record_opened(unit: Unit, entries: Sequence[DocketEntry]) -> None:
    """Write the event that accounts for entries just opened, one per organisation and case."""
    cases: dict[tuple[int, str, int], list[DocketEntry]] = {}
    for entry in entries:
        cases.setdefault((entry.organisation_id, entry.subject_type, entry.subject_id), []).append(entry)
    for (organisation_id, subject_type, subject_id), rows in cases.items():
        first = min(row.target_at for row in rows)
        trail.covering_many(
            unit,
            Event.OPENED_MANY,
            rows=rows,
            subject=(subject_type, subject_id),
            organisation_id=organisation_id,
            data={"due": first.isoformat()},
        )


def _entry(unit: Unit, opening: Opening, stored: dict[int, dict[str, Any]]) -> DocketEntry:
    kind = kinds.kind(opening.kind)
    target, latest = opening.target, opening.latest
    rules.check_dates(target.due, latest.due if latest else None)
    entry = DocketEntry(
        organisation_id=opening.organisation_id,
        kind=kind.name,
        subject_type=opening.subject[0],
        subject_id=opening.subject[1],
        subject_label=opening.subject_label,
        title=opening.title[:TITLE_MAX],
        basis=opening.basis[:TITLE_MAX],
        origin=str(opening.origin),
        agreement_id=opening.agreement_id,
        controller_id=opening.controller_id,
        terms_version=None if opening.terms_version is None else str(opening.terms_version),
        owner_id=opening.owner_id,
        started_at=opening.started_at,
        start_event=opening.start_event,
        due_at=latest.due if latest else None,
        target_at=target.due,
        zone=display_zone(target.zone),
        rule={"target": _json(target, stored), "latest": _json(latest, stored) if latest else None},
        state=State.OPEN,
        version=1,
        created_at=unit.now,
    )
    entry.next_alert_at = alerting.next_alert_at(entry, unit.now)
    return entry


def _json(deadline: Deadline, stored: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """Return the stored form; customers under one template share one computed deadline, so it is written once."""
    found = stored.get(id(deadline))
    if found is None:
        found = stored[id(deadline)] = to_json(deadline)
    return found


def display_zone(zone: str) -> str:
    """Return the IANA name under which a zone is stored and shown; a contract's fixed "+01:00" is Etc/GMT-1.

    Fixed offsets that are no whole hours have no IANA name; their deadlines are shown in UTC, computed as written.
    """
    if not zone.startswith(("+", "-")):
        return zone
    hours, _, minutes = zone[1:].partition(":")
    if minutes not in {"", "00"}:
        return "UTC"
    return f"Etc/GMT{'-' if zone[0] == '+' else '+'}{int(hours)}" if int(hours) else "UTC"
