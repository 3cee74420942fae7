"""What the worker does for evidence: verifies the whole trail once a day."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from dpa.evidence import operations
from dpa.evidence.trail import queries
from dpa.evidence.trail.verify import verify_database
from dpa.slice import Tick

EVERY = timedelta(hours=24)
LOOK_SECONDS = 900.0
"""How often the worker looks whether a day has passed, so that restarts neither skip nor repeat a verification."""


def verify_trail(tick: Tick) -> str:
    """Verify when the last verification is a day old (or lies ahead, after a clock was set back), and keep the result."""
    last = queries.last_verification(tick.session)
    if last is not None and timedelta(0) <= tick.now - last.at < EVERY:
        return ""
    bind = tick.session.get_bind()
    tick.session.rollback()  # Reading may take long; the worker's own snapshot must not be held open meanwhile.
    engine = bind if isinstance(bind, Engine) else bind.engine
    result = verify_database(engine)
    with tick.begin("system:evidence") as unit:
        operations.keep_verification(unit, result, tick.now)
    return f"{result.size} events verified, {result.finding_count} findings"
