"""Roots of time-stamp authorities that are kept: whoever's time-stamps our documents carry must stay known when the setting is gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence import trail
from dpa.evidence.events import Event
from dpa.evidence.seal.models import StampRoot
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.tree import leaf_hash
from dpa.problems import Conflict, Invalid, NotFound
from dpa.unit import Unit

SUBJECT = "authority"


def keep(unit: Unit, roots: Iterable[bytes]) -> None:
    """Keep those of the root certificates (DER) that are not kept yet. One that is not to be believed any more is left as it is."""
    from cryptography import x509

    from dpa.evidence.seal.certificates import fingerprint, pem

    for der in dict.fromkeys(roots):
        digest = fingerprint(der)
        if unit.session.get(StampRoot, digest) is not None:
            continue
        certificate = x509.load_der_x509_certificate(der)
        row = StampRoot(fingerprint=digest, certificate=pem([certificate]), subject=certificate.subject.rfc4514_string()[:300], kept_at=unit.now)
        unit.session.add(row)
        unit.session.flush()
        trail.record(
            unit, Event.STAMP_ROOT_KEPT, subject=(SUBJECT, digest[:16]), organisation_id=None, covers=[row],
            data={"fingerprint": digest, "name": row.subject},
        )  # fmt: skip


def end(unit: Unit, beginning: str, reason: str) -> StampRoot:
    """Believe a kept root no longer, by the beginning of its fingerprint: time-stamps that lead to it prove nothing from now on, old ones neither.

    Raises `NotFound`, `Conflict` when it was ended before, `Invalid` without a reason.
    """
    wanted = beginning.replace(":", "").lower()
    found = [row for row in rows(unit.session) if wanted and row.fingerprint.startswith(wanted)]
    if len(found) != 1:
        raise NotFound(f"{'No root' if not found else 'More than one root'} of a time-stamp authority has that fingerprint; see: dpa seal authorities")
    row = found[0]
    if row.ended_at is not None:
        raise Conflict(f"The root {row.fingerprint[:16]} is not believed any more since {row.ended_at:%d %B %Y}.")
    if not reason.strip():
        raise Invalid("Say why its time-stamps are not to be believed; the reason is kept.", field="reason")
    row.ended_at, row.ended_because = unit.now, reason.strip()
    unit.session.flush()
    trail.record(
        unit, Event.STAMP_ROOT_ENDED, subject=(SUBJECT, row.fingerprint[:16]), organisation_id=None, covers=[row],
        data={"fingerprint": row.fingerprint}, personal={"reason": reason.strip()},
    )  # fmt: skip
    return row


def rows(session: Session) -> Sequence[StampRoot]:
    """Return every root that was ever kept, the oldest first."""
    return list(session.scalars(select(StampRoot).order_by(StampRoot.kept_at, StampRoot.fingerprint)))


def believed(session: Session, configured: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return whom an examination may believe: the configured roots (DER), and those kept with an entry of the trail; never one that was ended."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    from dpa.evidence.seal.certificates import fingerprint

    known = rows(session)
    ended = {row.fingerprint for row in known if row.ended_at is not None}
    told = _told(session) if known else set()
    kept = [x509.load_pem_x509_certificate(row.certificate.encode()).public_bytes(Encoding.DER) for row in known if row.fingerprint in told]
    return tuple(der for der in dict.fromkeys((*configured, *(der for der in kept if fingerprint(der) in told))) if fingerprint(der) not in ended)


def names(session: Session, keys: Sequence[str]) -> Mapping[str, str]:
    """Return what the trail calls authorities: the names in their roots."""
    return {row.fingerprint[:16]: f"Time-stamp authority {row.subject}" for row in rows(session) if row.fingerprint[:16] in keys}


def _told(session: Session) -> set[str]:
    """Return the fingerprints of which an entry of the trail, with its text as it was hashed, says that they were kept."""
    entries = session.execute(select(TrailEvent.body, TrailEvent.leaf_hash).where(TrailEvent.subject_type == SUBJECT, TrailEvent.action == Event.STAMP_ROOT_KEPT))
    return {str(json.loads(entry.body)["data"]["fingerprint"]) for entry in entries if leaf_hash(entry.body.encode()) == entry.leaf_hash}
