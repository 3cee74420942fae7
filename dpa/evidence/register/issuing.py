"""Issuing: ordered documents are rendered, sealed, stored and listed, in that order, outside any transaction until the last step.

A crash before the last step leaves the order as it was; the next worker takes it when the lease ends. A file that was stored by then
is found again or left unnamed. A worker that was thought dead and comes back late has an old claim and issues nothing. So there is no
half-issued document and no lost number.

Other packages act on an issue: `on_issued(listener)` has `listener(unit, document)` run in the transaction that lists it.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import ColumnElement, and_, or_, select, update

from dpa.columns import Base
from dpa.evidence import trail
from dpa.evidence.events import Event
from dpa.evidence.register import kinds, recipe, records, rules, store
from dpa.evidence.register.making import Made, Making, make
from dpa.evidence.register.models import (
    DocumentFile,
    DocumentState,
    DocumentWork,
    FileRole,
    IssuedDocument,
)
from dpa.evidence.seal.models import IdentityState, SealIdentity
from dpa.evidence.trail import anchoring, bundles, checkpoints
from dpa.evidence.trail.models import TrailCheckpoint
from dpa.problems import Problem
from dpa.slice import Tick
from dpa.unit import Unit

ACTOR = "system:evidence"
CHUNK = 10
"""Documents made between two transactions: what a crash costs at most, and how long a lease must last."""
RUN = timedelta(seconds=10)

NO_SEAL = Problem("The organisation's seal was revoked and no new one was made; make one on the seal's page in the settings.")

Listener = Callable[[Unit, IssuedDocument], None]
_listeners: list[Listener] = []
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claimed:
    """An ordered document in the hands of a worker, as plain values."""

    id: int
    claim: int
    failures: int
    kind: str
    organisation_id: int
    order: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A document that only has to be stored and listed."""

    claimed: Claimed
    made: Made
    bundle: bytes | None


def on_issued(listener: Listener) -> None:
    """Have `listener` run when a document is issued, in the same transaction; twice registered runs once."""
    if listener not in _listeners:
        _listeners.append(listener)


def issue_due(tick: Tick) -> str:
    """Issue what is ordered until nothing is due or the run's time is over; returns a summary. Stops between two chunks."""
    issued = failed = 0
    started: datetime | None = None
    while claimed := claim(tick):
        at, documents = claimed
        started = started or at
        good, bad = _issue(tick, documents, at)
        issued, failed = issued + good, failed + bad
        if at - started >= RUN:
            break
    parts = [f"{issued} documents issued"] if issued else []
    return ", ".join([*parts, f"{failed} failed"] if failed else parts)


def issue_now(tick: Tick, document_id: int) -> bool:
    """Issue one document for somebody who waits for it; false when it failed or another worker has it, and the worker goes on."""
    claimed = claim(tick, document_id)
    if claimed is None:
        return False
    good, _ = _issue(tick, claimed[1], claimed[0])
    return good == 1


def claim(tick: Tick, document_id: int | None = None) -> tuple[datetime, list[Claimed]] | None:
    """Lease documents that are due, or the one asked for unless a worker has it; none, without a writing transaction, when there is nothing to do.

    Returns the instant of issue with them: the time of the claim, which is after every order in it.
    """
    due = select(DocumentWork.document_id).where(_is_due(tick.now) if document_id is None else DocumentWork.document_id == document_id)
    if tick.session.scalar(due.limit(1)) is None:
        return None
    with tick.begin(ACTOR) as unit:
        due_now = _is_due(unit.now)
        if document_id is not None:
            # Who asks for one does not sit out the wait after a failure, but takes nothing out of a worker's hands.
            due_now = and_(DocumentWork.document_id == document_id, or_(due_now, DocumentWork.claim <= DocumentWork.failures))
        wanted = select(DocumentWork).where(due_now).order_by(DocumentWork.next_at, DocumentWork.document_id)
        works = {work.document_id: work for work in unit.session.scalars(wanted.limit(CHUNK).with_for_update(skip_locked=True))}
        for work in works.values():
            work.claim += 1
            work.next_at = unit.now + rules.LEASE
        rows = unit.session.scalars(select(IssuedDocument).where(IssuedDocument.id.in_(works)).order_by(IssuedDocument.id)).all()
        found = [Claimed(row.id, works[row.id].claim, works[row.id].failures, row.kind, row.organisation_id, row.content) for row in rows]
        return (unit.now, found) if found else None


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(DocumentWork.next_at <= now, DocumentWork.next_at > now + rules.LONGEST_WAIT)


def _issue(tick: Tick, documents: Sequence[Claimed], at: datetime) -> tuple[int, int]:
    """Make and list the documents of a chunk; returns how many were issued and how many failed."""
    made: list[Ready] = []
    failed: list[tuple[Claimed, str]] = []
    identities = {number: _identity(tick, number, documents) for number in sorted({one.organisation_id for one in documents})}
    try:
        checkpoint, outside, trail_key = _checkpoint(tick)
    except Problem as problem:
        _note_failures(tick, [(one, problem.message) for one in documents])
        return 0, len(documents)
    for one in documents:
        identity = identities[one.organisation_id]
        if isinstance(identity, Problem):
            failed.append((one, identity.message))
            continue
        making = Making(one.order, one.kind, at, identity, checkpoint.note, outside, trail_key)
        try:
            finished = make(making, tick.settings)
            ready = Ready(one, finished, _bundle(tick, one, finished, checkpoint, identity))
            _store(tick.settings.document_store, ready)
            made.append(ready)
        except Exception as error:  # noqa: BLE001 - one document that cannot be made must not stop the others
            failed.append((one, _sentence(one, error)))
    issued = _list(tick, made, at, checkpoint.size) if made else 0
    if failed:
        _note_failures(tick, failed)
    return issued, len(failed)


def _checkpoint(tick: Tick) -> tuple[TrailCheckpoint, anchoring.Outside | None, str]:
    """Sign the trail as it stands, orders included, and tell what is held outside already, and the public key whoever checks the note needs."""
    signer = checkpoints.signer_for(tick.settings)
    with tick.begin(ACTOR) as unit:
        found = checkpoints.take(unit, signer, "document")
        outside = anchoring.newest_outside(unit.session)
        unit.session.flush()
        trail_key = bundles.key_of(unit.session, found.note)
        unit.session.expunge(found)
    return found, outside, trail_key


def _identity(tick: Tick, organisation_id: int, documents: Sequence[Claimed]) -> SealIdentity | Problem:
    """Return what the organisation seals with, making its own identity on first use; the reason where it has none that may seal."""
    from dpa.evidence.seal import operations, queries

    found = queries.active(tick.session, organisation_id)
    if found is None and queries.identities(tick.session, organisation_id):
        return NO_SEAL
    if found is None:
        issuer = records.read(next(one.order for one in documents if one.organisation_id == organisation_id))["issuer"]
        tick.session.rollback()  # Keys take a second to make; nothing may be held open meanwhile.
        prepared = operations.prepare_builtin(tick.settings, organisation_id, issuer["name"], issuer["country"], tick.now)
        with tick.begin(ACTOR) as unit:
            # Somebody may have been quicker; theirs is the identity then.
            if queries.active(unit.session, organisation_id) is None:
                operations.install(unit, prepared)
        found = queries.active(tick.session, organisation_id)
        assert found is not None, "it was installed above, or by whoever was quicker"
    tick.session.refresh(found)
    tick.session.expunge(found)
    return found


def _bundle(tick: Tick, one: Claimed, made: Made, checkpoint: TrailCheckpoint, identity: SealIdentity) -> bytes | None:
    """Return the proof bundle of a kind that has one; with the sealed file and all that checking it without us takes."""
    make_bundle = kinds.kind_named(one.kind).bundle
    if make_bundle is None:
        return None
    record = records.read(made.record)
    return make_bundle(tick.session, record, checkpoint, {f"{record['number']}.pdf": made.content, **recipe.files(identity, tick.settings)})


def _store(folder: Path, ready: Ready) -> None:
    store.put(folder, ready.made.content)
    if ready.bundle is not None:
        store.put(folder, ready.bundle)


def _list(tick: Tick, made: Sequence[Ready], at: datetime, checkpoint_size: int) -> int:
    """List stored documents in one transaction; returns how many. What another worker listed is left alone."""
    issued = 0
    with tick.begin(ACTOR) as unit:
        for one in made:
            issued += _list_one(unit, one, at, checkpoint_size)
    return issued


def _list_one(unit: Unit, ready: Ready, at: datetime, checkpoint_size: int) -> bool:
    claimed, made = ready.claimed, ready.made
    work = unit.session.get(DocumentWork, claimed.id, with_for_update=True, populate_existing=True)
    if work is None or work.claim != claimed.claim:
        return False
    if _is_revoked(unit, made.identity_id):
        # Revoked while it was sealed: whoever checks it would be told not to rely on it. It is made anew with what seals then.
        work.next_at = unit.now
        return False
    row = unit.session.get_one(IssuedDocument, claimed.id)
    row.state, row.issued_at = DocumentState.ISSUED, at
    row.record, row.record_sha256 = made.record, made.record_sha256
    row.sha256, row.unsealed_sha256, row.size, row.pages = made.sha256, made.unsealed_sha256, len(made.content), made.pages
    row.level, row.seal_id, row.checkpoint_size = made.level, made.identity_id, checkpoint_size
    row.stamp_wanted_since = at if made.stamp_problem else None
    files = _files(row.id, ready, at)
    unit.session.add_all(files)
    unit.session.delete(work)
    covers: list[Base] = [row, *files]
    if row.supersedes_id is not None:
        older = unit.session.get_one(IssuedDocument, row.supersedes_id, with_for_update=True)
        older.superseded_by_id = row.id
        covers.append(older)
    unit.session.flush()
    trail.record(
        unit, Event.DOCUMENT_ISSUED, subject=("document", row.id), organisation_id=row.organisation_id, covers=covers,
        data={
            "number": row.reference, "sha256": made.sha256, "record_sha256": made.record_sha256, "level": made.level,
            "seal": made.fingerprint, "checkpoint": checkpoint_size, "about": f"{row.subject_type}:{row.subject_id}",
            **{f"{file.role.value}_sha256": file.sha256 for file in files[1:]},
        },
    )  # fmt: skip
    for listener in _listeners:
        listener(unit, row)
    return True


def _is_revoked(unit: Unit, identity_id: int) -> bool:
    # Locked, so that a revocation comes wholly before or wholly after the issue.
    identity = unit.session.get_one(SealIdentity, identity_id, with_for_update={"read": True}, populate_existing=True)
    return identity.state is IdentityState.REVOKED


def _files(document_id: int, ready: Ready, at: datetime) -> list[DocumentFile]:
    made, bundle = ready.made, ready.bundle
    found = [DocumentFile(sha256=made.sha256, document_id=document_id, role=FileRole.SEALED, level=made.level, size=len(made.content), at=at)]
    if bundle is not None:
        digest = hashlib.sha256(bundle).hexdigest()
        found.append(DocumentFile(sha256=digest, document_id=document_id, role=FileRole.BUNDLE, level="", size=len(bundle), at=at))
    return found


def _note_failures(tick: Tick, failed: Sequence[tuple[Claimed, str]]) -> None:
    """Put documents that could not be made back, each with the reason and a longer wait."""
    with tick.begin(ACTOR) as unit:
        for one, sentence in failed:
            unit.session.execute(
                update(DocumentWork)
                .where(DocumentWork.document_id == one.id, DocumentWork.claim == one.claim)
                .values(failures=one.failures + 1, last_error=sentence, next_at=unit.now + rules.wait_after(one.failures + 1))
            )


def _sentence(one: Claimed, error: Exception) -> str:
    if isinstance(error, Problem):
        return error.message
    # Neither the words of the error nor its traceback: they may quote the document.
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    log.error("document_not_made", document=one.id, kind=type(error).__name__, where=[f"{Path(at.filename).name}:{at.lineno}" for at in frame])
    if isinstance(error, OSError):
        return f"The document could not be stored ({error.strerror or type(error).__name__}); see that the disk has room and the data folder can be written."
    return f"The document could not be made ({type(error).__name__}); the worker's log names the place."
