"""Issuing: ordered documents are rendered, sealed, stored and listed, in that order, outside any transaction until the last step.

A crash before the last step leaves the order as it was; the next worker takes it when the lease ends. A file that was stored by then
is found again or left unnamed. A worker that was thought dead and comes back late has an old claim and issues nothing. So there is no
half-issued document and no lost number.

Documents are claimed several at a time, because they can share a checkpoint, and then go one by one: whatever goes wrong with one is
kept with that one, and the lease of those that wait their turn is renewed with each that is done.

Other packages act on an issue: `on_issued(listener)` has `listener(unit, document)` run in the transaction that lists it. Where one
fails, that document is not issued: it is tried again after a while as any that cannot be made, and told after the third time.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, select, update

from dpa.columns import Base
from dpa.evidence import checking, trail
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
"""Documents claimed together at most; they share a checkpoint. Each is then made and listed in a step of its own."""
RUN = timedelta(seconds=10)

NO_SEAL = Problem("The organisation's seal was revoked and no new one was made; make one on the seal's page in the settings.")

class ListenerFailed(Exception):
    """What another package does when a document is issued went wrong; the cause says how."""


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
class Chunk:
    """What documents that were claimed together share."""

    at: datetime
    """The instant of issue they state."""
    checkpoint: TrailCheckpoint
    outside: anchoring.Outside | None
    trail_key: str
    identities: dict[int, SealIdentity | Problem] = field(default_factory=dict)
    """What each organisation seals with, or why it cannot; filled as organisations come."""


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
        rows = unit.session.scalars(select(IssuedDocument).where(IssuedDocument.id.in_(_together(unit, list(works)))).order_by(IssuedDocument.id)).all()
        for row in rows:
            works[row.id].claim += 1
        found = [Claimed(row.id, works[row.id].claim, works[row.id].failures, row.kind, row.organisation_id, row.content) for row in rows]
        for one in found:
            works[one.id].next_at = unit.now + _lease(found)
        return (unit.now, found) if found else None


def _together(unit: Unit, ids: Sequence[int]) -> list[int]:
    """Return the first of these documents that are no longer together than one may be, so that a lease has an end."""
    lengths = {key: int(length) for key, length in unit.session.execute(select(IssuedDocument.id, func.length(IssuedDocument.content)).where(IssuedDocument.id.in_(ids)))}
    sums = list(accumulate(lengths[number] for number in ids))
    return [number for at, number in enumerate(ids) if at == 0 or sums[at] <= rules.MOST_ORDERED]


def _lease(documents: Sequence[Claimed]) -> timedelta:
    return rules.lease(sum(len(one.order) for one in documents))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(DocumentWork.next_at <= now, DocumentWork.next_at > now + rules.LONGEST_WAIT)


def _issue(tick: Tick, documents: Sequence[Claimed], at: datetime) -> tuple[int, int]:
    """Make and list claimed documents one by one; returns how many were issued and how many failed."""
    try:
        chunk = Chunk(at, *_checkpoint(tick))
    except Exception as error:  # noqa: BLE001 - without a checkpoint nothing is issued; each document says why
        sentence = _sentence(documents[0], error)
        for one in documents:
            _note_failure(tick, one, sentence, ())
        return 0, len(documents)
    issued = failed = 0
    for position, one in enumerate(documents, start=1):
        rest = documents[position:]
        try:
            issued += _issue_one(tick, one, chunk, rest)
        except Exception as error:  # noqa: BLE001 - one document that cannot be made or listed must not stop the others
            _note_failure(tick, one, _sentence(one, error), rest)
            failed += 1
    return issued, failed


def _issue_one(tick: Tick, one: Claimed, chunk: Chunk, rest: Sequence[Claimed]) -> bool:
    """Make, store and list one document; false when another worker has it by now. Raises whatever stood in the way."""
    if one.organisation_id not in chunk.identities:
        chunk.identities[one.organisation_id] = _identity(tick, one)
    identity = chunk.identities[one.organisation_id]
    if isinstance(identity, Problem):
        raise identity
    making = Making(one.order, one.kind, chunk.at, identity, chunk.checkpoint.note, chunk.outside, chunk.trail_key)
    made = make(making, tick.settings)
    ready = Ready(one, made, _bundle(tick, one, made, chunk.checkpoint, identity))
    _store(tick.settings.document_store, ready)
    return _list(tick, ready, chunk, rest)


def _checkpoint(tick: Tick) -> tuple[TrailCheckpoint, anchoring.Outside | None, str]:
    """Sign the trail as it stands, orders included, and tell what is held outside already, and the public key whoever checks the note needs."""
    signer = checkpoints.signer_for(tick.settings)
    with checking.told(tick.session, tick.settings, lambda: tick.begin(ACTOR)), tick.begin(ACTOR) as unit:
        found = checkpoints.take(unit, signer, "document")
        outside = anchoring.newest_outside(unit.session)
        unit.session.flush()
        trail_key = bundles.key_of(unit.session, found.note)
        unit.session.expunge(found)
    return found, outside, trail_key


def _identity(tick: Tick, one: Claimed) -> SealIdentity | Problem:
    """Return what the organisation seals with, making its own identity on first use; the reason where it has none that may seal."""
    from dpa.evidence.seal import operations, queries

    organisation_id = one.organisation_id
    found = queries.active(tick.session, organisation_id)
    if found is None and queries.identities(tick.session, organisation_id):
        return NO_SEAL
    if found is None:
        issuer = records.read(one.order)["issuer"]
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


def _list(tick: Tick, ready: Ready, chunk: Chunk, rest: Sequence[Claimed]) -> bool:
    """List a stored document in one transaction; false when another worker has it by now, which is left alone."""
    with tick.begin(ACTOR) as unit:
        _renew(unit, rest)
        return _list_one(unit, ready, chunk.at, chunk.checkpoint.size)


def _renew(unit: Unit, waiting: Sequence[Claimed]) -> None:
    """Let the leases of documents that wait their turn begin anew; those that another worker took meanwhile stay its own."""
    for one in waiting:
        unit.session.execute(
            update(DocumentWork).where(DocumentWork.document_id == one.id, DocumentWork.claim == one.claim).values(next_at=unit.now + _lease(waiting))
        )


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
        try:
            listener(unit, row)
        except Problem:
            raise
        except Exception as error:
            raise ListenerFailed from error
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


def _note_failure(tick: Tick, one: Claimed, sentence: str, rest: Sequence[Claimed]) -> None:
    """Put a document that could not be issued back, with the reason and a longer wait."""
    with tick.begin(ACTOR) as unit:
        _renew(unit, rest)
        unit.session.execute(
            update(DocumentWork)
            .where(DocumentWork.document_id == one.id, DocumentWork.claim == one.claim)
            .values(failures=one.failures + 1, last_error=sentence, next_at=unit.now + rules.wait_after(one.failures + 1))
        )


def _sentence(one: Claimed, error: Exception) -> str:
    if isinstance(error, Problem):
        return error.message
    cause = error.__cause__ if isinstance(error, ListenerFailed) and error.__cause__ else error
    # Neither the words of the error nor its traceback: they may quote the document.
    frame = traceback.extract_tb(cause.__traceback__)[-1:]
    log.error("document_not_made", document=one.id, kind=type(cause).__name__, where=[f"{Path(at.filename).name}:{at.lineno}" for at in frame])
    if isinstance(error, ListenerFailed):
        return f"The document was made, but what waits for it could not go on ({type(cause).__name__}), so it was not issued; the worker's log names the place."
    if isinstance(error, OSError):
        return f"The document could not be stored ({error.strerror or type(error).__name__}); see that the disk has room and the data folder can be written."
    return f"The document could not be made ({type(error).__name__}); the worker's log names the place."
