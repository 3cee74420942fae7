"""Making one document: record, pages, seal. Knows no database; what it needs is handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dpa.config import Settings
from dpa.evidence.register import assembling, kinds, records, rules, store
from dpa.evidence.seal.models import SealIdentity
from dpa.evidence.trail import bodies
from dpa.evidence.trail.anchoring import Outside
from dpa.problems import Problem

ANCHORS: Mapping[str, str] = {
    "witness": "mailed to a witness", "document": "in a document that a customer's mail server accepted",
    "stamp": "stamped by a time-stamp authority", "kept": "kept outside by the word of a person of the organisation",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Making:
    """All that one document is made of."""

    order: str
    """Canonical text of the order."""
    kind: str
    at: datetime
    """The instant of issue it states."""
    identity: SealIdentity
    checkpoint: str
    """Signed note over the trail up to the order, at least."""
    outside: Outside | None
    """The newest checkpoint that was held outside before."""
    trail_key: str
    """Public key that signs the checkpoint, written name+id+base64 (C2SP signed-note); empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Made:
    """A sealed document, ready to be stored and listed."""

    content: bytes
    sha256: str
    unsealed_sha256: str
    record: str
    record_sha256: str
    pages: int
    level: str
    identity_id: int
    fingerprint: str
    stamp_problem: str
    """Why it lacks a time-stamp it should have; empty otherwise."""


def make(making: Making, settings: Settings) -> Made:
    """Render and seal one document. Raises Problem when the key cannot be used or the file is too large to be checked, OSError when the logo cannot be read."""
    from dpa.evidence.pdf import render
    from dpa.evidence.seal.sealers import sealer_for
    from dpa.evidence.seal.sealing import seal
    from dpa.evidence.seal.stamping import stamper_for

    identity, kind = making.identity, kinds.kind_named(making.kind)
    record = records.canonical(whole(making))
    unsealed = render(assembling.document(record, kind, _logo(record, settings)))
    sealed = seal(unsealed.content, sealer_for(identity, settings), reason=kind.reason, at=making.at, stamper=stamper_for(settings))
    if len(sealed.content) > rules.MOST_FILE:
        raise Problem(f"The file would have {len(sealed.content):,} bytes, more than can be checked ({rules.MOST_FILE:,}); order it anew with less in it.")
    return Made(
        content=sealed.content, sha256=hashlib.sha256(sealed.content).hexdigest(), unsealed_sha256=unsealed.sha256, record=record,
        record_sha256=records.digest(record), pages=unsealed.pages, level=sealed.level, identity_id=identity.id,
        fingerprint=identity.fingerprint, stamp_problem=sealed.stamp_problem,
    )  # fmt: skip


def preview(order: Mapping[str, object], at: datetime, settings: Settings) -> bytes:
    """Render an order that was not given, unsealed, as it would look at `at`. Nothing is stored, and the pages say that they are a preview."""
    from dpa.evidence.pdf import render

    record = records.canonical({**order, "issued_at": bodies.timestamp(at)})
    return render(assembling.preview(record, kinds.kind_named(str(order["type"])), _logo(record, settings))).content


def whole(making: Making) -> dict[str, object]:
    """Return the record: the order, and what the moment of issue adds."""
    from dpa.evidence.seal import certificates

    identity, outside = making.identity, making.outside
    seal = {
        "fingerprint": identity.fingerprint, "root_fingerprint": identity.root_fingerprint, "subject": identity.subject, "backend": identity.backend.value,
        "serial": certificates.serial(identity.certificate),
    }  # fmt: skip
    anchor = {"at": bodies.timestamp(outside.at), "size": outside.size, "how": ANCHORS[outside.kind]} if outside else None
    return records.issued(records.read(making.order), at=making.at, seal=seal, checkpoint=making.checkpoint, trail_key=making.trail_key, anchor=anchor)


def again(record: str, settings: Settings) -> bytes:
    """Render a record again, unsealed: under the same versions of the libraries this gives the bytes whose digest the register holds."""
    from dpa.evidence.pdf import render

    kind = kinds.kind_named(records.read(record)["type"])
    return render(assembling.document(record, kind, _logo(record, settings))).content


def _logo(record: str, settings: Settings) -> bytes | None:
    sha256 = records.read(record)["issuer"]["logo_sha256"]
    return store.get(settings.document_store, sha256) if sha256 else None
