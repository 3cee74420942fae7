"""Having the whole trail verified, and at once when it contradicts what was signed: told once, whoever came upon it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.config import Settings
from dpa.database import make_engine
from dpa.evidence import operations
from dpa.evidence.trail import anchoring, checkpoints, queries
from dpa.evidence.trail.checkpoints import CheckpointRefused, NothingToSign
from dpa.evidence.trail.findings import Finding, Verification
from dpa.evidence.trail.keys import folder_of
from dpa.evidence.trail.models import TrailHead
from dpa.evidence.trail.signed import Signed
from dpa.evidence.trail.verify import verify_database
from dpa.evidence.trail.verify_checkpoints import beside_the_key
from dpa.problems import Problem
from dpa.unit import Unit

ACTOR = "system:evidence"
log = structlog.get_logger()


def verified(session: Session, settings: Settings) -> Verification:
    """Verify the whole trail as this installation holds it, with its log; ends the session's transaction.

    A trail that looks whole and yet cannot be signed is a finding, too: so what refuses a checkpoint is never forgotten by the next
    verification.
    """
    engine = engine_of(session)
    session.rollback()  # No lock and no snapshot may be held while the whole trail is read.
    return signable(verify_database(engine, against=beside_the_key(settings)), engine, settings)


def signable(result: Verification, engine: Engine, settings: Settings) -> Verification:
    """Return the result of a verification, with what would refuse a checkpoint where nothing else is wrong."""
    if not result.ok:
        return result
    try:
        checkpoints.examine(engine, settings)
    except NothingToSign:
        return result
    except CheckpointRefused as refused:
        return replace(result, findings=(Finding(None, None, refused.message.rstrip(".")),), finding_count=1)
    return result


@contextmanager
def told(session: Session, settings: Settings, begin: Callable[[], AbstractContextManager[Unit]]) -> Iterator[None]:
    """Where the block is refused a checkpoint, have the whole trail verified and the result recorded before the refusal goes on.

    Nothing more is done while a recorded finding stands, so that a job that tries again every few seconds reads the trail once.
    """
    try:
        yield
    except NothingToSign:
        raise
    except CheckpointRefused:
        record_findings(session, settings, begin)
        raise


def record_findings(session: Session, settings: Settings, begin: Callable[[], AbstractContextManager[Unit]]) -> None:
    """Verify the whole trail and record the result, unless a finding stands already."""
    if _stands(session):
        return
    result = verified(session, settings)
    with begin() as unit:
        # Whoever came upon the same at the same time waits here, and then sees what the other recorded.
        unit.session.execute(select(TrailHead.id).with_for_update()).all()
        if not _stands(unit.session):
            operations.keep_verification(unit, result, unit.now)


def contradicted(session: Session, settings: Settings, begin: Callable[[], AbstractContextManager[Unit]], note: Signed) -> None:
    """Keep a note from outside that contradicts the trail, then have the whole trail verified, and record what is found."""
    with begin() as unit:
        anchoring.hold_contrary(unit, note)
    record_findings(session, settings, begin)


def compare(session: Session, settings: Settings, begin: Callable[[], AbstractContextManager[Unit]]) -> None:
    """Compare the trail with the newest checkpoints, sign nothing, and finish a change of the key that a crash cut off.

    Raises `CheckpointRefused` when they contradict each other; then the whole trail was verified, and the result is recorded.
    """
    checkpoints.repair(session.connection(), folder_of(settings))
    session.rollback()
    with told(session, settings, begin), suppress(NothingToSign):
        checkpoints.examine(engine_of(session), settings)


def compare_at_start(settings: Settings, now: datetime) -> None:
    """Compare before a web process serves its first page. Never raises: pages must be there to show what is wrong."""
    engine = make_engine(settings.database)
    try:
        with Session(engine) as session:
            compare(session, settings, lambda: units.transaction(session, actor=ACTOR, now=now, settings=settings, auth="system"))
    except CheckpointRefused:
        log.error("trail_contradicts_its_checkpoints")  # noqa: TRY400 - recorded; there is nothing to trace
    except (Problem, SQLAlchemyError, OSError) as error:
        log.warning("trail_not_compared", kind=type(error).__name__)
    finally:
        engine.dispose()  # Nothing stays connected: the web processes are forked from this one.


def engine_of(session: Session) -> Engine:
    """Return what the session is bound to, for a connection of one's own."""
    bind = session.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine


def _stands(session: Session) -> bool:
    last = queries.last_verification(session)
    return last is not None and not last.ok
