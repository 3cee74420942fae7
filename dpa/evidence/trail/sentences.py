"""Events in words: opaque references become names, instants and lists become text. Where nothing is known, the reference stays."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from string import Formatter
from typing import Any

from dpa.evidence.trail import registry
from dpa.evidence.trail.models import TrailEvent, TrailPayload
from dpa.web import words

INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})\Z")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
LATENESS = "late_s"
"""Key of an event's data that holds seconds after the due instant; negative when early."""
Names = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Part:
    """A personal part of an event."""

    name: str
    text: str | None
    """What it says; none when it was erased."""
    erased_by: int | None
    """The event that erased it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event as the trail page shows it."""

    idx: int
    at: datetime
    zone: str
    actor: str
    actor_reference: str
    sentence: str
    subject: str
    subject_kind: str
    subject_id: str
    subject_path: str | None
    organisation: str | None
    event_id: str
    action: str
    leaf_hash: str
    request_id: str
    auth: str
    data: tuple[tuple[str, str], ...]
    personal: tuple[Part, ...]
    known: bool
    """Whether the text could be read; a damaged one is for verification to explain."""


def references(rows: Sequence[TrailEvent]) -> set[tuple[str, str]]:
    """Return everything in these events that may have a name: who acted, on what."""
    found = {(row.subject_type, row.subject_id) for row in rows}
    return found | {actor_reference(row.actor) for row in rows}


def actor_reference(actor: str) -> tuple[str, str]:
    """Split `u:17` into its kind and number."""
    kind, _, identifier = actor.partition(":")
    return kind, identifier


def actor_name(actor: str, names: Names) -> str:
    """Return who acted, in words."""
    kind, identifier = actor_reference(actor)
    found = names.get((kind, identifier))
    if found:
        return found
    if kind == "system":
        part = registry.words_for("system", identifier) or identifier.replace("_", " ")
        return f"DPA Desk ({part})" if part else "DPA Desk"
    return f"Person {identifier}" if kind == "u" else actor


def line(row: TrailEvent, parts: Sequence[TrailPayload], names: Names, *, organisation: str | None, zone: str, personal: bool) -> Line:
    """Return one event in words; with `personal` false its personal parts are left out."""
    event = _event(row.body)
    data = event.get("data") if isinstance(event.get("data"), dict) else {}
    assert isinstance(data, dict)
    return Line(
        idx=row.idx, at=row.at, zone=zone, actor=actor_name(row.actor, names), actor_reference=row.actor,
        sentence=sentence(row.action, data, zone), subject=_subject(row, names), subject_kind=row.subject_type,
        subject_id=row.subject_id, subject_path=registry.path_of(row.subject_type, row.subject_id), organisation=organisation,
        event_id=row.event_id, action=row.action, leaf_hash=row.leaf_hash.hex(), request_id=row.request_id,
        auth=str(event.get("auth", "")), data=tuple((key.replace("_", " "), _said(key, value, zone)) for key, value in sorted(data.items())),
        personal=tuple(_part(part, zone) for part in parts) if personal else (), known=bool(event),
    )


def sentence(action: str, data: Mapping[str, Any], zone: str) -> str:
    """Return the registered sentence of an event with its data filled in; unknown events are named by their words."""
    pattern = registry.sentence_of(action)
    if pattern is None:
        return action.partition(":")[2].replace(":", " ").replace("_", " ")
    return _Filler(zone).vformat(pattern, (), data)


def plain(value: Any, zone: str) -> str:
    """Return a value of an event's data in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == "":
        return "none"
    if isinstance(value, list):
        return ", ".join(plain(item, zone) for item in value) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{key.replace('_', ' ')}: {plain(item, zone)}" for key, item in sorted(value.items())) or "none"
    return _text(value, zone) if isinstance(value, str) else str(value)


def _said(key: str, value: Any, zone: str) -> str:
    """Return a value in words, codes of the product by the words that their slice gives them."""
    words_for = registry.words_for(key, value) if isinstance(value, str) else None
    return words_for or plain(value, zone)


def _text(value: str, zone: str) -> str:
    try:
        if INSTANT.match(value):
            return words.instant_text(datetime.fromisoformat(value), zone)
        if DAY.match(value):
            return words.day(date.fromisoformat(value))
    except ValueError:
        pass
    return value


class _Filler(Formatter):
    """Fills a sentence; what an older event did not carry becomes an ellipsis instead of an error."""

    def __init__(self, zone: str) -> None:
        self.zone = zone

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:  # noqa: ARG002
        if field_name not in kwargs:
            return "…", field_name
        value = kwargs[field_name]
        if field_name == LATENESS and isinstance(value, int):
            return _lateness(value), field_name
        return _said(field_name, value, self.zone), field_name


    def format_field(self, value: Any, format_spec: str) -> Any:
        """Return a value in its place; `{count:deadline}` counts things: 1 deadline, 2 deadlines."""
        if not format_spec:
            return value
        return words.plural(int(value), format_spec) if str(value).isdigit() else f"{value} {format_spec}s"


def _lateness(seconds: int) -> str:
    """Return seconds after the due instant, negative before it, as people say it."""
    if seconds == 0:
        return "on time"
    return f"{words.length(abs(seconds))} {'late' if seconds > 0 else 'early'}"


def _subject(row: TrailEvent, names: Names) -> str:
    found = names.get((row.subject_type, row.subject_id))
    return found or f"{row.subject_type.replace('_', ' ')} {row.subject_id}"


def _part(part: TrailPayload, zone: str) -> Part:
    if part.body is None:
        return Part(part.part, None, part.erased_by_idx)
    try:
        return Part(part.part, plain(json.loads(part.body), zone), None)
    except ValueError:
        return Part(part.part, part.body, None)


def _event(body: str) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
