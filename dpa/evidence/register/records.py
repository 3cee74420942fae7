"""The record of a document: canonical JSON (RFC 8785) of everything it states, attached to the PDF byte for byte.

What was ordered is fixed in the act that ordered it. What only the moment of issue knows (time, seal, checkpoint) is added beside
it, never into it, so that the order's digest in the trail stays the digest of a part of the record.

Version 1. Fixed by the order: `v`, `id` (128 random bits, which also keep digests from being guessed), `type`, `number`, `title`,
`language`, `zone`, `issuer`, `addressee`, `approvals`, `supersedes`, `content`, `verify_at`, and `demonstration` where no mail server was set. Added at the issue: `issued_at`, `seal`,
`checkpoint`, `trail_key` (absent in documents issued before it was printed), `anchor`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dpa.deadlines.explaining import instant_text
from dpa.evidence.trail import bodies

VERSION = 1
ADDED = frozenset({"issued_at", "seal", "checkpoint", "trail_key", "anchor"})
"""What only the moment of issue knows."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """The organisation as the letterhead shows it, at the time of the order."""

    name: str
    slug: str
    zone: str
    country: str
    address: str = ""
    logo_sha256: str | None = None
    letters: str = ""
    """What its numbers begin with; those of the slug unless said."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved what the document says. The seal covers it, as it covers everything in the record."""

    person: str
    """Name."""
    role: str
    """As what, in words."""
    act: str
    """What was done, such as "released the notice"."""
    at: datetime
    """When, aware."""
    signed_in_by: str
    """How the person had proved who they are, in words."""


SIGNED_IN: Mapping[str, str] = {
    "pwd": "password", "pwd+totp": "password and one-time code", "passkey": "passkey", "oidc": "single sign-on",
    "link": "one-time link", "cli": "operator's command line", "system": "the product itself", "none": "not signed in",
}  # fmt: skip


def canonical(value: Any) -> str:
    """Return canonical JSON of a value without fractions, with keys of lower case letters, digits and underscore.

    Raises `dpa.evidence.trail.bodies.BadBody` naming the place of what cannot stand in a record.
    """
    return bodies.canonical(bodies.restricted(value, "record", personal=True))


def digest(text: str) -> str:
    """Return the SHA-256 of a canonical text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def ordered(
    *,
    identifier: str,
    kind: str,
    number: str,
    title: str,
    issuer: Issuer,
    addressee: Mapping[str, Any] | None,
    approvals: Sequence[Approval],
    supersedes: Mapping[str, Any] | None,
    content: Mapping[str, Any],
    verify_at: str,
    language: str = "en-GB",
    demonstration: bool = False,
) -> dict[str, Any]:
    """Return the part of a record that its order fixes; `demonstration` where no mail server was set, so that no mail could reach anybody."""
    return {
        "v": VERSION, "id": identifier, "type": kind, "number": number, "title": title, "language": language, "zone": issuer.zone,
        "issuer": {"name": issuer.name, "address": issuer.address, "country": issuer.country, "logo_sha256": issuer.logo_sha256, "slug": issuer.slug},
        "addressee": dict(addressee) if addressee else None,
        "approvals": [{**asdict(approval), "at": bodies.timestamp(approval.at)} for approval in approvals],
        "supersedes": dict(supersedes) if supersedes else None, "content": dict(content), "verify_at": verify_at,
        **({"demonstration": True} if demonstration else {}),
    }  # fmt: skip


def issued(
    order: Mapping[str, Any], *, at: datetime, seal: Mapping[str, Any], checkpoint: str, trail_key: str, anchor: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the whole record: the order, and what the moment of issue adds."""
    added = {"issued_at": bodies.timestamp(at), "seal": dict(seal), "checkpoint": checkpoint, "trail_key": trail_key, "anchor": dict(anchor) if anchor else None}
    return {**order, **added}


def order_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a record that its order fixed, to compare its digest with the trail's event."""
    return {key: value for key, value in record.items() if key not in ADDED}


def read(text: str) -> dict[str, Any]:
    """Read a record or an order back."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("a record is a JSON object")
    return value


def instant(text: str) -> datetime:
    """Read an instant of a record."""
    return datetime.fromisoformat(text)


def moment(text: str, zone: str) -> str:
    """Return an instant of a record in words, with its offset; the document's head names the zone once."""
    return instant_text(instant(text), zone).removesuffix(f" ({zone})")
