"""Reads for the pages of checkpoints: which were signed, by which keys, and of which a copy is held outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.evidence.trail.models import TrailAnchor, TrailCheckpoint, TrailKey, TrailWitness
from dpa.web.paging import SIZE, Page


def checkpoints(session: Session, *, before_size: int | None, size: int = SIZE) -> Page[TrailCheckpoint]:
    """Return one page of checkpoints, the one over the most events first."""
    query = select(TrailCheckpoint).order_by(TrailCheckpoint.size.desc()).limit(size + 1)
    if before_size is not None:
        query = query.where(TrailCheckpoint.size < before_size)
    return Page.cut(session.scalars(query).all(), lambda row: (row.size,), size)


def counts(session: Session, sizes: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    """Return how many copies of each checkpoint there are, by kind."""
    query = select(TrailAnchor.size, TrailAnchor.kind, func.count()).where(TrailAnchor.size.in_(sizes)).group_by(TrailAnchor.size, TrailAnchor.kind)
    found: dict[int, dict[str, int]] = {}
    for of, kind, number in session.execute(query) if sizes else ():
        found.setdefault(of, {})[kind] = number
    return found


def witnesses_ever(session: Session, organisation_ids: Collection[int]) -> Sequence[TrailWitness]:
    """Return whom these organisations have ever named, removed ones too: what was mailed to them is still held there."""
    return session.scalars(select(TrailWitness).where(TrailWitness.organisation_id.in_(organisation_ids))).all()


def keys(session: Session) -> Sequence[TrailKey]:
    """Return every key that signed or signs, the newest first."""
    return session.scalars(select(TrailKey).order_by(TrailKey.valid_from_size.desc(), TrailKey.created_at.desc(), TrailKey.key_id)).all()
