"""What the worker does for the trail: verifies it whole once a day, signs a checkpoint once a day, has it time-stamped."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select

from dpa.evidence import checking, operations
from dpa.evidence.trail import anchoring, checkpoints, queries
from dpa.evidence.trail.models import TrailAnchor, TrailCheckpoint
from dpa.problems import Problem
from dpa.slice import Tick

ACTOR = "system:evidence"
EVERY = timedelta(hours=24)
LOOK_SECONDS = 900.0
"""How often the worker looks whether a day has passed, so that restarts neither skip nor repeat a verification."""
CHECKPOINT_HOUR = 3
"""Hour of the day, in UTC, from which on each day must have a checkpoint."""
log = structlog.get_logger()


def verify_trail(tick: Tick) -> str:
    """Verify when the last verification is a day old (or lies ahead, after a clock was set back), and keep the result."""
    last = queries.last_verification(tick.session)
    if last is not None and timedelta(0) <= tick.now - last.at < EVERY:
        return ""
    return _verify(tick)


def _verify(tick: Tick) -> str:
    result = checking.verified(tick.session, tick.settings)
    with tick.begin(ACTOR) as unit:
        operations.keep_verification(unit, result, tick.now)
    return f"{result.size} events verified, {result.finding_count} findings"


def compare_checkpoints(tick: Tick) -> str:
    """Compare the trail with the end of the log, so that a worker that starts over another database says so at once.

    Raises `CheckpointRefused` when they contradict each other; then the whole trail was verified, and the result is recorded.
    """
    checking.compare(tick.session, tick.settings, lambda: tick.begin(ACTOR))
    return ""


def daily_checkpoint(tick: Tick) -> str:
    """Sign a checkpoint unless today's is there or the trail has not grown.

    When it contradicts an earlier one, the whole trail is verified at once, so that what is wrong is told today; then raises
    `CheckpointRefused`.
    """
    last = checkpoints.newest(tick.session)
    size = queries.size(tick.session)
    if size == 0 or (last is not None and (last.at >= day_began(tick.now) or last.size == size)):
        return ""
    signer = checkpoints.signer_for(tick.settings)
    with checking.told(tick.session, tick.settings, lambda: tick.begin(ACTOR)), tick.begin(ACTOR) as unit:
        return f"checkpoint over {checkpoints.take(unit, signer, checkpoints.DAILY).size} events"


def stamp_checkpoint(tick: Tick) -> str:
    """Have the newest checkpoint time-stamped once a day (RFC 3161) where an authority is set; one that is silent is asked again later."""
    if not tick.settings.tsa_url:
        return ""
    last = checkpoints.newest(tick.session)
    if last is None or _stamped_since(tick, day_began(tick.now), last.size):
        return ""
    size, digest = last.size, hashlib.sha256(last.note.encode()).digest()
    tick.session.rollback()  # The authority is asked outside any transaction.
    from dpa.evidence.seal.stamping import stamper_for

    stamper = stamper_for(tick.settings)
    if stamper is None:
        return ""
    try:
        stamp = stamper.stamp(digest)
    except Problem as problem:
        log.warning("checkpoint_not_stamped", size=size, kind=type(problem).__name__)
        return ""
    with tick.begin(ACTOR) as unit:
        anchoring.hold(unit, size, anchoring.STAMP, f"checkpoint:{size}", stamper.host, receipt=stamp.token)
    return f"time-stamp over the checkpoint of {size} events"


def day_began(now: datetime) -> datetime:
    """Return the latest `CHECKPOINT_HOUR` that has passed, in UTC."""
    today = now.astimezone(UTC).replace(hour=CHECKPOINT_HOUR, minute=0, second=0, microsecond=0)
    return today if today <= now else today - EVERY


def _stamped_since(tick: Tick, since: datetime, size: int) -> bool:
    """Tell whether the day's checkpoint, or the newest one, has its stamp."""
    statement = (
        select(TrailAnchor.id).join(TrailCheckpoint, TrailCheckpoint.size == TrailAnchor.size)
        .where(TrailAnchor.kind == anchoring.STAMP, (TrailCheckpoint.at >= since) | (TrailAnchor.size == size)).limit(1)
    )
    return tick.session.scalar(statement) is not None
