"""What the worker does for seals: a new certificate before the old one ends, and a fresh list of revoked ones each day.

Keys are opened and made outside of any transaction. One organisation's trouble does not keep the others waiting; what stays undone
shows itself in the warnings before expiry.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from dpa.evidence.seal import queries, rules
from dpa.evidence.seal.models import IdentityState, SealIdentity
from dpa.problems import Problem
from dpa.slice import Tick

ACTOR = "system:seal"
EVERY_SECONDS = 3600.0
_WHY = "rotation before expiry"
log = structlog.get_logger(__name__)


def rotate(tick: Tick) -> str:
    """Replace built-in certificates that end within 30 days by new ones under the same root."""
    return _each(tick, _ends_soon, _rotate, "rotated")


def refresh_lists(tick: Tick) -> str:
    """Sign the lists of revoked certificates anew that are a day old, while the root's key is there."""
    return _each(tick, _list_is_old, _refresh, "lists signed")


def _each(tick: Tick, due: Callable[[SealIdentity, datetime], bool], act: Callable[[Tick, SealIdentity], bool], word: str) -> str:
    waiting = [identity for identity in queries.every_active(tick.session) if due(identity, tick.now)]
    done = 0
    for identity in waiting:
        tick.session.expunge(identity)
    tick.session.rollback()  # Opening a key takes a while; nothing may be held open meanwhile.
    for identity in waiting:
        try:
            done += act(tick, identity)
        except Problem as problem:
            log.warning("seal_upkeep_failed", organisation=identity.organisation_id, kind=type(problem).__name__)
    return f"{done} of {len(waiting)} {word}" if waiting else ""


def _ends_soon(identity: SealIdentity, now: datetime) -> bool:
    if not rules.rotation_due(identity, now):
        return False
    from cryptography import x509

    # A leaf that lasts as long as its root cannot be renewed under it; a new root is for people to decide and to make known.
    return x509.load_pem_x509_certificates(identity.chain.encode())[-1].not_valid_after_utc > identity.not_after


def _rotate(tick: Tick, identity: SealIdentity) -> bool:
    from dpa.evidence.seal import operations

    revoked = operations.revoked_under(tick.session, identity)
    tick.session.rollback()
    prepared = operations.prepare_rotation(tick.settings, identity, revoked, tick.now)
    with tick.begin(ACTOR) as unit:
        current = queries.active(unit.session, identity.organisation_id)
        if current is None or current.id != identity.id:
            return False  # Somebody was quicker; theirs is the identity then.
        operations.install(unit, prepared, _WHY)
    return True


def _list_is_old(identity: SealIdentity, now: datetime) -> bool:
    if not identity.crl.strip():
        return False
    from cryptography import x509

    age = now - x509.load_pem_x509_crl(identity.crl.encode()).last_update_utc
    # A list from the future comes of a clock that was set back; it would not be believed before its time.
    return age >= rules.LIST_EVERY or age.total_seconds() < 0


def _refresh(tick: Tick, identity: SealIdentity) -> bool:
    from dpa.evidence.seal import operations

    issuer = operations.issuer_for(tick.settings, identity)
    if issuer is None:
        return False
    with tick.begin(ACTOR) as unit:
        current = unit.session.get_one(SealIdentity, identity.id)
        if current.state is not IdentityState.ACTIVE or not _list_is_old(current, tick.now):
            return False
        operations.refresh_crl(unit, current, issuer)
    return True
