"""What changed between two versions of the sheet, in sentences: the substance of a supplement (Art. 33(4) GDPR)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dpa.breaches.facts.sheet import FactSheet
from dpa.breaches.facts.showing import SHOWN, Form, Shown, items, listed, value_text
from dpa.breaches.facts.telling import told


@dataclass(frozen=True, slots=True)
class Change:
    """One field that says something else than before."""

    field: str
    """Name of the field in the sheet."""
    label: str
    sentence: str
    """Such as "People concerned: about 3,112, was to be determined."."""
    old: str
    """What it said before, in words; empty for nothing."""
    new: str
    """What it says now; empty for nothing."""


def changes(old: FactSheet, new: FactSheet, zone: str) -> tuple[Change, ...]:
    """Return what differs, in the order of the documents; `zone` is the IANA zone in which times are said. Equal sheets give nothing."""
    before, after = told(old), told(new)
    return tuple(_change(shown, before, after, zone) for shown in SHOWN if getattr(before, shown.name) != getattr(after, shown.name))


def _change(shown: Shown, old: FactSheet, new: FactSheet, zone: str) -> Change:
    was, now = value_text(shown, old, zone, inside=True), value_text(shown, new, zone, inside=True)
    if shown.form is Form.TEXT:
        said = _text(was, now)
    elif shown.form is Form.LIST:
        said = _list(items(getattr(old, shown.name), inside=True), items(getattr(new, shown.name), inside=True))
    else:
        said = _value(was, now)
    return Change(shown.name, shown.label, f"{shown.label}: {said}.", value_text(shown, old, zone), value_text(shown, new, zone))


def _value(was: str, now: str) -> str:
    if was == now:
        return f"{now}, stated more closely"
    if not was:
        return f"{now}, not stated before"
    return f"{now}, was {was}" if now else f"withdrawn, was {was}"


def _text(was: str, now: str) -> str:
    if not was:
        return "now stated"
    return "rewritten" if now else "withdrawn"


def _list(was: Sequence[str], now: Sequence[str]) -> str:
    added = [item for item in now if item not in was]
    removed = [item for item in was if item not in now]
    said = [f"added {_named(added)}"] if added else []
    if removed:
        said.append(f"removed {_named(removed)}")
    return "; ".join(said) or "put in another order"


def _named(entries: Sequence[str]) -> str:
    """Return entries as a list; commas inside an entry make semicolons the separator."""
    return "; ".join(entries) if any("," in entry for entry in entries) else listed(entries)
