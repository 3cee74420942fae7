"""Erasing personal parts: the text goes, the event and its proofs stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.evidence import trail
from dpa.evidence.trail import nodes, tree
from dpa.evidence.trail.models import TrailEvent, TrailHead, TrailPayload
from dpa.evidence.trail.verify import verify_database
from dpa.problems import Conflict, NotFound
from dpa.unit import Unit
from tests.evidence.ground import HAPPENED, Ground

CANARY = "Trillian McMillan-Quarzsand"


def record(ground: Ground) -> None:
    with Session(ground.engine) as session, ground.begin(session) as unit:
        trail.record(unit, HAPPENED, subject=("thing", 5), organisation_id=3, personal={"name": CANARY, "note": "stays"})


def erase(ground: Ground, index: int, part: str) -> None:
    with Session(ground.engine) as session, ground.begin(session) as unit:
        trail.erase_payload(unit, index, part, reason="They asked", basis="Art. 17(1)(b) GDPR")


def test_an_erased_part_is_gone_and_everything_proved_before_still_holds(ground: Ground) -> None:
    record(ground)
    ground.happen(20)
    with Session(ground.engine) as session:
        size, read = session.scalars(select(TrailHead.size)).one(), nodes.stored_nodes(session.connection())
        root, proof, leaf = tree.root_at(size, read), tree.inclusion_proof(0, size, read), read(0, 0)
        salt = session.scalars(select(TrailPayload.salt).where(TrailPayload.part == "name")).one()
    erase(ground, 0, "name")
    with Session(ground.engine) as session:
        gone, kept = session.scalars(select(TrailPayload).where(TrailPayload.event_idx == 0).order_by(TrailPayload.part)).all()
        act = session.scalars(select(TrailEvent).order_by(TrailEvent.idx.desc()).limit(1)).one()
        assert (gone.body, gone.salt, gone.erased_by_idx) == (None, bytes(32), act.idx)
        assert kept.body == '"stays"'
        assert (act.action, act.subject_type, act.subject_id, act.organisation_id) == ("evidence:payload:erased", "thing", "5", 3)
        assert "They asked" not in act.body
        tree.verify_inclusion(0, size, leaf, proof, root)
        read = nodes.stored_nodes(session.connection())
        tree.verify_consistency(size, size + 1, tree.consistency_proof(size, size + 1, read), root, tree.root_at(size + 1, read))
    result = verify_database(ground.engine)
    assert result.ok, result.text()
    assert result.erased == 1
    assert "1 personal part" in result.text()
    ground.engine.dispose()
    for file in Path(ground.settings.instance).glob("dpa.sqlite3*"):
        held = file.read_bytes()
        assert CANARY.encode() not in held
        assert salt not in held


def erase_twice(unit: Unit) -> None:
    for _ in range(2):
        trail.erase_payload(unit, 0, "note", reason="x", basis="y")


def test_what_cannot_be_erased_is_said(ground: Ground) -> None:
    record(ground)
    with pytest.raises(NotFound, match="no personal part called address"):
        erase(ground, 0, "address")
    with pytest.raises(NotFound):
        erase(ground, 77, "name")
    erase(ground, 0, "name")
    with pytest.raises(Conflict, match="erased before"):
        erase(ground, 0, "name")
    with Session(ground.engine) as session, pytest.raises(Conflict), ground.begin(session) as unit:
        erase_twice(unit)
    assert verify_database(ground.engine).ok


def test_the_reason_of_an_erasure_can_itself_be_erased(ground: Ground) -> None:
    record(ground)
    erase(ground, 0, "name")
    erase(ground, 1, "reason")
    result = verify_database(ground.engine)
    assert result.ok, result.text()
    assert result.erased == 2
