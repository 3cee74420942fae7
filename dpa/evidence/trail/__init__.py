"""The trail: an append-only record of every act, kept as a Merkle tree (RFC 6962), written with the act itself.

Callers use `from dpa.evidence import trail` and then `trail.record(...)`. The names below are loaded when they
are first used, because the tree itself must load without a database library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dpa.evidence.trail.append import covering_many as covering_many
    from dpa.evidence.trail.append import record as record
    from dpa.evidence.trail.bulk import delete_many as delete_many
    from dpa.evidence.trail.bulk import insert_many as insert_many
    from dpa.evidence.trail.bulk import update_many as update_many
    from dpa.evidence.trail.erasure import erase_payload as erase_payload
    from dpa.evidence.trail.guard import AuditMissing as AuditMissing
    from dpa.evidence.trail.registry import UnknownEvent as UnknownEvent
    from dpa.evidence.trail.registry import register_events as register_events

_HOMES = {
    "AuditMissing": "guard",
    "UnknownEvent": "registry",
    "covering_many": "append",
    "delete_many": "bulk",
    "erase_payload": "erasure",
    "insert_many": "bulk",
    "record": "append",
    "register_events": "registry",
    "update_many": "bulk",
}
__all__ = [
    "AuditMissing", "UnknownEvent", "covering_many", "delete_many", "erase_payload", "insert_many", "record",
    "register_events", "update_many",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"the trail has no {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
