"""What the tests of witnesses share: taking checkpoints, the verifier as a module, and keys of other implementations."""

from __future__ import annotations

import importlib.util
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.evidence.trail import checkpoints
from dpa.evidence.trail.models import TrailCheckpoint
from dpa.evidence.trail.notes import Checkpoint, open_checkpoint
from dpa.evidence.trail.signed import Signed
from dpa.slice import Tick
from tests.evidence.ground import Ground

VERIFIER = Path(__file__).resolve().parents[3] / "dpa/evidence/trail/offline/verify_trail.py"
# The key and note of the reference implementation, golang.org/x/mod/sumdb/note, which C2SP's signed-note specification describes.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
ENOCH_LINE = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"


def take(ground: Ground, reason: str = "request", at: datetime | None = None) -> TrailCheckpoint:
    """Take a checkpoint in a unit of its own."""
    signer = checkpoints.signer_for(ground.settings)
    with Session(ground.engine, expire_on_commit=False) as session, ground.begin(session, at=at) as unit:
        return checkpoints.take(unit, signer, reason)


def opened(ground: Ground, row: TrailCheckpoint) -> Checkpoint:
    return open_checkpoint(row.note, checkpoints.signer_for(ground.settings).known)


def outside(row: TrailCheckpoint) -> Signed:
    """The copy that somebody elsewhere kept of a checkpoint."""
    return Signed(row.size, bytes.fromhex(row.root), row.note.partition("\n")[0], None, row.note, "the auditor's safe")


def verifier() -> ModuleType:
    """The offline verifier, loaded as a module to look into it; the tests of its results run it as the program it is."""
    spec = importlib.util.spec_from_file_location("verify_trail_under_test", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: ModuleType = module
    return found


def tick(ground: Ground, session: Session, now: datetime, **changes: Any) -> Tick:
    session.rollback()  # Each tick of the worker has a session of its own.
    chosen = ground.settings.model_copy(update=changes)

    def begin(actor: str) -> Any:
        return units.transaction(session, actor=actor, now=now, settings=chosen)

    return Tick(session, now, chosen, begin, "test")
