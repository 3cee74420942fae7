"""What the worker does so that the proof of a document's time lasts: reads what its time-stamps hold, and puts newer ones over old ones.

A renewed file is a further file of the same document, listed beside the former ones, as a time-stamp that came late is (`stamping`): the
bytes that were there stay, and whoever holds an older file holds an issued file.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence import trail
from dpa.evidence.events import Event
from dpa.evidence.register import proofs, queries, renewal, store
from dpa.evidence.register.models import DocumentFile, DocumentState, FileRole, IssuedDocument
from dpa.evidence.register.proofs import DocumentProof
from dpa.evidence.seal import authorities
from dpa.evidence.seal import queries as seals
from dpa.evidence.seal.models import SealIdentity
from dpa.problems import Problem
from dpa.slice import Tick

if TYPE_CHECKING:
    from dpa.evidence.seal.certificates import Material
    from dpa.evidence.seal.held import Held
    from dpa.evidence.seal.stamping import Stamper

ACTOR = "system:evidence"
CHUNK = 50
"""Files read between two transactions."""
MOST_READ, MOST_RENEWED = 1_000, 20
"""Files read, and documents stamped anew, in one run; each of the latter costs a conversation with the authority."""
STAMPED = ("B-T", "B-LT", "B-LTA")
"""Levels with a time-stamp (ETSI EN 319 142-1, 6)."""
log = structlog.get_logger()


# --- reading ---------------------------------------------------------------------------------------------------


def read_proofs(tick: Tick) -> str:
    """Read the newest files of stamped documents that were not read yet; a file that is missing or damaged is passed over."""
    done = after = 0
    while done < MOST_READ:
        unread = _unread(tick.session, after)
        if not unread:
            break
        after = unread[-1][0]
        tick.session.rollback()
        done += _keep_read(tick, [(number, sha256, found) for number, sha256 in unread if (found := _read(tick, number, sha256)) is not None])
    return f"{done} proofs of time read" if done else ""


def _unread(session: Session, after: int) -> list[tuple[int, str]]:
    wanted = (
        select(IssuedDocument)
        .outerjoin(DocumentProof, DocumentProof.document_id == IssuedDocument.id)
        .where(IssuedDocument.state == DocumentState.ISSUED, IssuedDocument.level.in_(STAMPED), DocumentProof.document_id.is_(None), IssuedDocument.id > after)
        .order_by(IssuedDocument.id)
        .limit(CHUNK)
    )
    newest = [(row.id, queries.newest_file(row)) for row in session.scalars(wanted)]
    return [(number, file.sha256) for number, file in newest if file is not None]


def _read(tick: Tick, number: int, sha256: str) -> Held | None:
    from dpa.evidence.seal.held import held

    try:
        return held(store.get(tick.settings.document_store, sha256))
    except Exception as error:  # noqa: BLE001 - a damaged file is told elsewhere; here it must not keep the others unread
        log.warning("proof_not_read", document=number, kind=type(error).__name__)
        return None


def _keep_read(tick: Tick, found: list[tuple[int, str, Held]]) -> int:
    if not found:
        return 0
    roots = _roots(tick, [held for _, _, held in found])
    with tick.begin(ACTOR) as unit:
        for number, sha256, held in found:
            proofs.keep(unit.session, number, sha256, held, unit.now)
        authorities.keep(unit, roots)
    return len(found)


def _roots(tick: Tick, found: list[Held]) -> list[bytes]:
    """Return the configured roots that the time-stamps lead to; each authority's certificate is looked at once."""
    from dpa.evidence.seal.stamping import StampUnavailable, stamper_for

    stamper = stamper_for(tick.settings)
    if stamper is None:
        return []
    from dpa.evidence.seal import tokens

    try:
        trust = stamper.trust()
    except StampUnavailable:
        return []
    one_each = {tokens.signer(token): token for held in found for token in held.tokens}
    return [root for token in one_each.values() if (root := tokens.root_of(token, trust)) is not None]


# --- renewing --------------------------------------------------------------------------------------------------


def renew_stamps(tick: Tick) -> str:
    """Put a newer time-stamp over documents whose newest one ends within `renewal.RENEW_BEFORE`, those that end first at first.

    Stops at the authority's first refusal, to try again at the next run, and where a newer time-stamp would not last longer. A document
    that cannot be renewed for a reason of its own does not keep the others waiting.
    """
    due = _due(tick.session, tick.now)
    if not due:
        return ""
    from dpa.evidence.seal.stamping import StampUnavailable, stamper_for

    stamper = stamper_for(tick.settings)
    tick.session.rollback()
    done = 0
    try:
        # A fresh one tells which certificate the authority signs with now, which may not be the one it had when this process began.
        lasts_until = _ends(stamper) if stamper else None
        for number, ends_at in due:
            if stamper is None or lasts_until is None or done == MOST_RENEWED or not renewal.gains(ends_at, lasts_until):
                break
            done += _tried(tick, number, stamper)
    except StampUnavailable as problem:
        log.warning("stamp_not_renewed", kind=type(problem).__name__)
    return f"{done} of {len(due)} time-stamps renewed" if done else ""


def _due(session: Session, now: datetime) -> list[tuple[int, datetime]]:
    wanted = select(DocumentProof.document_id, DocumentProof.ends_at).where(DocumentProof.ends_at <= now + renewal.RENEW_BEFORE)
    found = session.execute(wanted.order_by(DocumentProof.ends_at, DocumentProof.document_id).limit(10 * MOST_RENEWED))
    return [(number, ends_at) for number, ends_at in found if ends_at is not None]


def _ends(stamper: Stamper) -> datetime:
    from cryptography import x509

    return x509.load_der_x509_certificate(stamper.stamp(secrets.token_bytes(32)).chain[-1]).not_valid_after_utc


def _tried(tick: Tick, number: int, stamper: Stamper) -> bool:
    from dpa.evidence.seal.stamping import StampUnavailable

    try:
        return _renew(tick, number, stamper)
    except StampUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with this document is told by its age, and logged without its words
        log.error("document_not_renewed", document=number, kind=type(error).__name__)  # noqa: TRY400
        tick.session.rollback()
        return False


def _renew(tick: Tick, number: int, stamper: Stamper) -> bool:
    """Renew one document; false when another worker was quicker. The authority is asked outside any transaction."""
    from dpa.evidence.seal.held import held
    from dpa.evidence.seal.sealing import add_stamp
    from dpa.evidence.verification.values import MOST_BYTES

    row = tick.session.get_one(IssuedDocument, number, populate_existing=True)
    newest, level = queries.newest_file(row), row.level or ""
    if newest is None:
        return False
    before, sha256, material = store.get(tick.settings.document_store, newest.sha256), newest.sha256, _material(tick, row)
    tick.session.rollback()
    stamped = add_stamp(before, stamper, material, level=level)
    if len(stamped.content) > MOST_BYTES:
        raise Problem("With one more time-stamp the file would be larger than can be checked.")
    found = held(stamped.content)
    roots = _roots(tick, [found])
    fresh = store.put(tick.settings.document_store, stamped.content)
    with tick.begin(ACTOR) as unit:
        row = unit.session.get_one(IssuedDocument, number, with_for_update=True, populate_existing=True)
        known = unit.session.get(DocumentProof, number, populate_existing=True)
        if known is None or known.sha256 != sha256:
            return False
        file = DocumentFile(sha256=fresh, document_id=number, role=FileRole.STAMPED, level=stamped.level, size=len(stamped.content), at=unit.now)
        unit.session.add(file)
        proofs.keep(unit.session, number, fresh, found, unit.now)
        trail.record(
            unit, Event.DOCUMENT_STAMPED, subject=("document", number), organisation_id=row.organisation_id, covers=[file],
            data={"number": row.reference, "sha256": fresh, "level": stamped.level},
        )  # fmt: skip
        authorities.keep(unit, roots)
    return True


def _material(tick: Tick, row: IssuedDocument) -> Material:
    """Return what verifiers of the document need, with the newest list of its root: that of a retired seal's own row is as old as its retirement."""
    from dpa.evidence.seal.sealers import material_for_stamp, material_of

    identity = tick.session.get_one(SealIdentity, row.seal_id)
    family = seals.of_root(tick.session, identity.organisation_id, identity.root_fingerprint)
    newest = max(family, key=lambda one: one.crl_number)
    material = material_for_stamp(identity, tick.settings)
    return replace(material, crls=tuple(dict.fromkeys((*material_of(newest).crls, *material.crls))))
