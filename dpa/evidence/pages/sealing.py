"""What pages say of a document's seal: the time that is proved, until when, and what a revocation does to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dpa.evidence.pages.badges import Badge, Fact
from dpa.evidence.register import renewal
from dpa.evidence.register.proofs import DocumentProof, Revoked
from dpa.evidence.seal.standing import Standing
from dpa.web.words import instant_text

BADGES: Mapping[Standing, Badge] = {
    Standing.BEFORE: Badge("revoked later, still good", "off", "history"),
    Standing.UNTOLD: Badge("seal revoked, unproved", "late", "ban"),
    Standing.AFTER: Badge("sealed after revocation", "late", "ban"),
}
_BANNERS: Mapping[Standing, tuple[str, str]] = {
    Standing.BEFORE: ("info", "a time-stamp proves that this document was sealed before, so it stays good"),
    Standing.UNTOLD: ("late", "no time-stamp proves that this document was sealed before, so a check cannot call it good; issue it anew and tell whom it was sent to"),
    Standing.AFTER: ("late", "it was sealed after that; issue it anew and tell whom it was sent to"),
}


def badge(found: Revoked | None) -> Badge | None:
    """Return the badge that stands beside the document's state; none while its seal is not revoked."""
    return BADGES[found.standing] if found else None


def banner(found: Revoked | None, zone: str) -> tuple[str, str] | None:
    """Return kind and sentence of the banner on the document's page; none while its seal is not revoked."""
    if found is None:
        return None
    kind, words = _BANNERS[found.standing]
    return kind, f"Its seal was revoked on {instant_text(found.at, zone)}: {words}."


def facts(proof: DocumentProof | None, found: Revoked | None, zone: str, now: datetime) -> tuple[Fact, ...]:
    """Return what stands below the level: the proved time, until when its proof lasts by itself, and the revocation."""
    lines: list[Fact] = []
    if proof is not None and proof.proved_at is not None:
        lines.append(Fact("Time proved", instant_text(proof.proved_at, zone), f"by {proof.authority}" if proof.authority else None))
    if proof is not None and proof.ends_at is not None:
        lines.append(Fact("Time-stamp valid until", instant_text(proof.ends_at, zone), _RENEWALS[renewal.is_due(proof.ends_at, now)]))
    if found is not None:
        lines.append(Fact("Seal revoked", instant_text(found.at, zone), BADGES[found.standing].text))
    return tuple(lines)


_RENEWALS = {
    False: f"the worker adds a newer one {renewal.RENEW_BEFORE.days} days before, so that the proof goes on",
    True: "a newer one is due: the worker adds it as soon as the authority gives one that lasts longer",
}
