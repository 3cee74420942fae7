"""Recording: dense, whole, nothing from a rolled-back act, no personal data in the leaves, and guarded by the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dpa.evidence import trail
from dpa.evidence.trail import bodies, nodes, tree, triggers
from dpa.evidence.trail.models import TrailEvent, TrailHead, TrailNode, TrailPayload
from dpa.evidence.trail.verify import verify_database
from dpa.people.models import Organisation
from dpa.unit import Unit
from tests.evidence.ground import CHANGED, HAPPENED, START, Ground, disarm, organisation

CANARY = "Zaphod Beeblebrox-Quarzsand"


def test_events_are_numbered_without_gaps_and_the_tree_is_stored(ground: Ground) -> None:
    for count in (1, 254, 1, 1, 700):
        ground.happen(count, personal_every=50)
    with Session(ground.engine) as session:
        rows = session.scalars(select(TrailEvent).order_by(TrailEvent.idx)).all()
        head = session.scalars(select(TrailHead)).one()
        assert [row.idx for row in rows] == list(range(957))
        leaves = [tree.leaf_hash(row.body.encode()) for row in rows]
        assert [row.leaf_hash for row in rows] == leaves
        assert tree.Frontier.from_bytes(head.size, head.frontier).root() == tree.root_of(leaves)
        assert session.scalar(select(func.count()).select_from(TrailNode)) == tree.stored_node_count(957) == 4
        read = nodes.stored_nodes(session.connection())
        for index in (0, 255, 256, 511, 800, 956):
            tree.verify_inclusion(index, 957, leaves[index], tree.inclusion_proof(index, 957, read), tree.root_of(leaves))
    result = verify_database(ground.engine)
    assert result.ok, result.text()
    assert (result.size, result.root) == (957, tree.root_of(leaves).hex())


def record_and_fail(unit: Unit) -> None:
    trail.record(unit, HAPPENED, subject=("thing", 1), organisation_id=1)
    raise ZeroDivisionError


def test_an_act_that_fails_leaves_no_event_and_no_gap(ground: Ground) -> None:
    ground.happen(2)
    with Session(ground.engine) as session, pytest.raises(ZeroDivisionError), ground.begin(session) as unit:
        record_and_fail(unit)
    ground.happen(2)
    assert verify_database(ground.engine).size == 4
    assert verify_database(ground.engine).ok


def test_reading_and_empty_acts_record_nothing(ground: Ground) -> None:
    with Session(ground.engine) as session, ground.begin(session) as unit:
        unit.session.scalar(select(func.count()).select_from(Organisation))
    assert verify_database(ground.engine).size == 0


def test_unknown_events_and_savepoints_are_refused(ground: Ground) -> None:
    with Session(ground.engine) as session:
        with pytest.raises(trail.UnknownEvent, match="no slice declares"), ground.begin(session) as unit:
            trail.record(unit, "test:thing:unheard", subject=("thing", 1), organisation_id=1)
        with pytest.raises(RuntimeError, match="savepoint"), ground.begin(session) as unit, unit.session.begin_nested():
            trail.record(unit, HAPPENED, subject=("thing", 1), organisation_id=1)
        with pytest.raises(bodies.BadBody, match="has no number yet"), ground.begin(session) as unit:
            trail.record(unit, HAPPENED, subject=("thing", organisation().id), organisation_id=1)
        with pytest.raises(bodies.BadBody, match="opaque reference"), ground.begin(session, actor="anna@example.org") as unit:
            trail.record(unit, HAPPENED, subject=("thing", 1), organisation_id=1)


def test_events_are_declared_once_and_well_formed() -> None:
    for wrong in ({"half:name": "x"}, {HAPPENED: "another sentence"}, {"test:thing:mute": " "}):
        with pytest.raises(trail.UnknownEvent):
            trail.register_events(wrong)


def test_data_is_fixed_when_recorded(ground: Ground) -> None:
    with Session(ground.engine) as session, ground.begin(session) as unit:
        changing = {"list": [1]}
        trail.record(unit, HAPPENED, subject=("thing", 1), organisation_id=1, data=changing)
        changing["list"].append(2)
    with Session(ground.engine) as session:
        assert '"data":{"list":[1]}' in session.scalars(select(TrailEvent.body)).one()


def test_personal_parts_stay_out_of_the_leaves(ground: Ground) -> None:
    with Session(ground.engine) as session, ground.begin(session) as unit:
        row = organisation(name=CANARY)
        session.add(row)
        session.flush()
        trail.record(unit, CHANGED, subject=("organisation", row.id), organisation_id=row.id, covers=[row],
                     personal={"name": CANARY, "reason": {"said": CANARY, "mail": "z@example.org"}})
    with Session(ground.engine) as session:
        event = session.scalars(select(TrailEvent)).one()
        for column in TrailEvent.__table__.columns:
            assert "Beeblebrox" not in str(getattr(event, column.name))
        parts = session.scalars(select(TrailPayload).order_by(TrailPayload.part)).all()
        assert [part.body for part in parts] == [f'"{CANARY}"', f'{{"mail":"z@example.org","said":"{CANARY}"}}']
        assert all(bodies.commitment(part.salt, part.part, part.body or "") in event.body for part in parts)
        assert parts[0].salt != parts[1].salt


def test_a_clock_that_steps_back_is_recorded(ground: Ground) -> None:
    ground.happen(1)
    with Session(ground.engine) as session:
        newest = START + timedelta(seconds=1)
        for at in (newest - timedelta(seconds=2), newest - timedelta(seconds=2, microseconds=1), newest - timedelta(seconds=5)):
            with ground.begin(session, at=at) as unit:
                trail.record(unit, HAPPENED, subject=("thing", 1), organisation_id=1)
        actions = session.scalars(select(TrailEvent.action).order_by(TrailEvent.idx)).all()
        body = session.scalars(select(TrailEvent.body).where(TrailEvent.action == "evidence:clock:stepped")).one()
    # Two seconds are tolerated; the last act is almost three seconds before the one above it.
    assert actions == [HAPPENED, HAPPENED, HAPPENED, "evidence:clock:stepped", HAPPENED]
    assert '"data":{"before":"2026-11-22T10:59:58.999999Z","seconds":2}' in body
    assert verify_database(ground.engine).ok


def test_a_missing_head_stops_everything(ground: Ground) -> None:
    with ground.writing() as connection:
        disarm(connection)
        connection.execute(text("DELETE FROM trail_head"))
        connection.commit()
    with pytest.raises(RuntimeError, match="dpa migrate"):
        ground.happen(1)


FORBIDDEN = [
    "UPDATE trail_event SET body = 'x'",
    "UPDATE trail_event SET actor = 'u:9' WHERE idx = 0",
    "DELETE FROM trail_event WHERE idx = 1",
    "UPDATE trail_node SET idx = 9",
    "DELETE FROM trail_node",
    "DELETE FROM trail_payload",
    "UPDATE trail_payload SET body = 'x'",
    "UPDATE trail_payload SET body = NULL",
    "UPDATE trail_payload SET body = NULL, erased_by_idx = 1",
    "UPDATE trail_payload SET salt = salt, erased_by_idx = 1",
    "UPDATE trail_payload SET part = 'other'",
    "DELETE FROM trail_head",
    "UPDATE trail_head SET size = size - 1",
    "UPDATE trail_head SET frontier = frontier",
]


def test_the_database_refuses_to_change_the_trail(ground: Ground) -> None:
    ground.happen(300, personal_every=100)
    truncating = [] if ground.dialect == "sqlite" else ["TRUNCATE trail_event CASCADE", "TRUNCATE trail_node", "TRUNCATE trail_payload"]
    with ground.writing() as connection:
        for statement in [*FORBIDDEN, *truncating]:
            savepoint = connection.begin_nested()
            with pytest.raises(DBAPIError, match=r"append-only|may only"):
                connection.execute(text(statement))
            savepoint.rollback()
        connection.rollback()
    assert verify_database(ground.engine).ok


def test_the_guards_can_be_dropped_and_made_again(ground: Ground) -> None:
    ground.happen(1)
    with ground.writing() as connection:
        disarm(connection)
        connection.execute(text("UPDATE trail_event SET actor = actor"))
        for table in triggers.APPEND_ONLY:
            for statement in triggers.create(connection.dialect.name, table):
                connection.exec_driver_sql(statement)
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text("UPDATE trail_event SET actor = actor"))
        connection.rollback()
