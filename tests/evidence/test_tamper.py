"""Every way of rewriting the trail that can be found without a checkpoint kept elsewhere is found, wherever it is tried.

Somebody who owns the database first takes the triggers away; then each kind of change is tried at many places. What also
computes the whole tree anew is not here: only a signed checkpoint outside finds that, and those come later.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.orm import Session

from dpa.evidence import trail
from dpa.evidence.trail.findings import KEPT, Verification
from dpa.evidence.trail.tree import leaf_hash
from dpa.evidence.trail.verify import verify, verify_database
from tests.evidence.ground import HAPPENED, Ground, disarm

SIZE = 600
PLACES = {"sqlite": 25, "postgresql": 8}
PERSONAL_EVERY = 4
ERASED = 40


def fill(ground: Ground) -> None:
    """Make a trail of `SIZE` events with personal parts, one of them erased, in acts of different lengths."""
    for count in (1, 255, 1, 43, 200, 98):
        ground.happen(count, personal_every=PERSONAL_EVERY)
    with Session(ground.engine) as session, ground.begin(session) as unit:
        trail.erase_payload(unit, ERASED + 1, "name", reason="They asked", basis="Art. 17(1)(b) GDPR")
    with Session(ground.engine) as session, ground.begin(session) as unit:
        trail.record(unit, HAPPENED, subject=("thing", 1), organisation_id=None)


@pytest.fixture
def owner(ground: Ground) -> Iterator[Connection]:
    """A connection of somebody who owns the database, without triggers; nothing of it is kept."""
    fill(ground)
    with ground.writing() as connection:
        disarm(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE trail_payload DROP CONSTRAINT fk_trail_payload_event_idx_trail_event"))
        else:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        yield connection
        connection.rollback()


def change(connection: Connection, statement: str, **values: Any) -> None:
    assert connection.execute(text(statement), values).rowcount > 0, f"nothing was changed by: {statement}"


def one(connection: Connection, statement: str, **values: Any) -> Any:
    return connection.execute(text(statement), values).scalar_one()


def flipped(value: bytes, chosen: random.Random) -> bytes:
    at, bit = chosen.randrange(len(value)), 1 << chosen.randrange(8)
    return value[:at] + bytes([value[at] ^ bit]) + value[at + 1:]


def edit_body(connection: Connection, idx: int, chosen: random.Random) -> int:
    body = one(connection, "SELECT body FROM trail_event WHERE idx = :i", i=idx)
    change(connection, "UPDATE trail_event SET body = :b WHERE idx = :i", b=body.replace('"u:7"', '"u:8"', 1), i=idx)
    return idx


def flip_bit_of_body(connection: Connection, idx: int, chosen: random.Random) -> int:
    body = one(connection, "SELECT body FROM trail_event WHERE idx = :i", i=idx).encode()
    at = chosen.randrange(len(body))
    broken = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
    change(connection, "UPDATE trail_event SET body = :b WHERE idx = :i", b=broken.decode(), i=idx)
    return idx


def edit_body_and_leaf(connection: Connection, idx: int, chosen: random.Random) -> int:
    """Without computing the tree anew; the finding can only name the block of 256 the event is in."""
    body = one(connection, "SELECT body FROM trail_event WHERE idx = :i", i=idx).replace('"auth":"pwd"', '"auth":"pin"', 1)
    change(connection, "UPDATE trail_event SET body = :b, leaf_hash = :h WHERE idx = :i", b=body, h=leaf_hash(body.encode()), i=idx)
    return idx // 256 * 256


def edit_leaf(connection: Connection, idx: int, chosen: random.Random) -> int:
    leaf = bytes(one(connection, "SELECT leaf_hash FROM trail_event WHERE idx = :i", i=idx))
    change(connection, "UPDATE trail_event SET leaf_hash = :h WHERE idx = :i", h=flipped(leaf, chosen), i=idx)
    return idx


def delete_row(connection: Connection, idx: int, chosen: random.Random) -> int:
    change(connection, "DELETE FROM trail_event WHERE idx = :i", i=idx)
    return idx


def delete_and_renumber(connection: Connection, idx: int, chosen: random.Random) -> int:
    change(connection, "DELETE FROM trail_event WHERE idx = :i", i=idx)
    for later in range(idx + 1, SIZE):
        change(connection, "UPDATE trail_event SET idx = :t WHERE idx = :i", i=later, t=later - 1)
    return idx


def swap_rows(connection: Connection, idx: int, chosen: random.Random) -> int:
    other = chosen.choice([place for place in range(SIZE) if place != idx])
    for source, target in ((idx, -7), (other, idx), (-7, other)):
        change(connection, "UPDATE trail_event SET idx = :t WHERE idx = :s", s=source, t=target)
    return min(idx, other)


def cut_tail(connection: Connection, idx: int, chosen: random.Random) -> int:
    change(connection, "DELETE FROM trail_event WHERE idx >= :i", i=idx)
    return idx


def cut_tail_and_size(connection: Connection, idx: int, chosen: random.Random) -> int | None:
    change(connection, "DELETE FROM trail_event WHERE idx >= :i", i=idx)
    change(connection, "UPDATE trail_head SET size = :i", i=idx)
    return None


def append_row(connection: Connection, idx: int, chosen: random.Random) -> int:
    change(connection, "INSERT INTO trail_event SELECT :n, :e, body, leaf_hash, at, action, actor, organisation_id, subject_type, "
                       "subject_id, request_id FROM trail_event WHERE idx = :i", n=SIZE, e="f" * 32, i=idx)
    return SIZE


COLUMNS: dict[str, Any] = {
    "event_id": "0" * 32, "at": "2020-01-01 00:00:00.000000", "action": "test:thing:other", "actor": "u:1", "organisation_id": 99,
    "subject_type": "other", "subject_id": "other", "request_id": "0" * 32,
}


def edit_column(connection: Connection, idx: int, chosen: random.Random) -> int:
    name = chosen.choice(sorted(COLUMNS))
    target = "CAST(:v AS timestamptz)" if name == "at" and connection.dialect.name == "postgresql" else ":v"
    change(connection, f"UPDATE trail_event SET {name} = {target} WHERE idx = :i", v=COLUMNS[name], i=idx)
    return idx


def edit_node(connection: Connection, idx: int, chosen: random.Random) -> int:
    level, place, stored = chosen.choice(connection.execute(text("SELECT level, idx, hash FROM trail_node")).all())
    change(connection, "UPDATE trail_node SET hash = :h WHERE level = :l AND idx = :i", h=flipped(bytes(stored), chosen), l=level, i=place)
    return int(place) << int(level)


def delete_node(connection: Connection, idx: int, chosen: random.Random) -> int:
    level, place = chosen.choice(connection.execute(text("SELECT level, idx FROM trail_node")).all())
    change(connection, "DELETE FROM trail_node WHERE level = :l AND idx = :i", l=level, i=place)
    return int(place) << int(level)


def add_node(connection: Connection, idx: int, chosen: random.Random) -> None:
    change(connection, "INSERT INTO trail_node (level, idx, hash) VALUES (9, 5, :h)", h=bytes(32))


def edit_head(connection: Connection, idx: int, chosen: random.Random) -> int | None:
    frontier = bytes(one(connection, "SELECT frontier FROM trail_head"))
    change(connection, "UPDATE trail_head SET frontier = :f", f=flipped(frontier, chosen))
    return 512


def shorten_head(connection: Connection, idx: int, chosen: random.Random) -> None:
    change(connection, "UPDATE trail_head SET size = :s", s=chosen.choice([idx, SIZE + 1, 0, -1]))


def delete_head(connection: Connection, idx: int, chosen: random.Random) -> None:
    change(connection, "DELETE FROM trail_head")


def payload_place(connection: Connection, chosen: random.Random) -> int:
    return int(chosen.choice(connection.execute(text("SELECT event_idx FROM trail_payload WHERE body IS NOT NULL AND part = 'name'")).scalars().all()))


def edit_payload(connection: Connection, idx: int, chosen: random.Random) -> int:
    place = payload_place(connection, chosen)
    change(connection, "UPDATE trail_payload SET body = '\"Somebody else\"' WHERE event_idx = :i", i=place)
    return place


def edit_salt(connection: Connection, idx: int, chosen: random.Random) -> int:
    place = payload_place(connection, chosen)
    salt = bytes(one(connection, "SELECT salt FROM trail_payload WHERE event_idx = :i", i=place))
    change(connection, "UPDATE trail_payload SET salt = :s WHERE event_idx = :i", s=flipped(salt, chosen), i=place)
    return place


def delete_payload(connection: Connection, idx: int, chosen: random.Random) -> int:
    place = payload_place(connection, chosen)
    change(connection, "DELETE FROM trail_payload WHERE event_idx = :i", i=place)
    return place


def blank_payload(connection: Connection, idx: int, chosen: random.Random) -> int:
    """An erasure that no act recorded, dressed up as the one that was."""
    place = payload_place(connection, chosen)
    act = one(connection, "SELECT erased_by_idx FROM trail_payload WHERE body IS NULL")
    change(connection, "UPDATE trail_payload SET body = NULL, salt = :z, erased_by_idx = :a WHERE event_idx = :i", z=bytes(32), a=act, i=place)
    return place


def rename_payload(connection: Connection, idx: int, chosen: random.Random) -> int:
    place = payload_place(connection, chosen)
    change(connection, "UPDATE trail_payload SET part = 'nome' WHERE event_idx = :i", i=place)
    return place


def add_payload(connection: Connection, idx: int, chosen: random.Random) -> int:
    place = int(chosen.choice(connection.execute(
        text("SELECT idx FROM trail_event WHERE idx NOT IN (SELECT event_idx FROM trail_payload)")).scalars().all()))
    change(connection, "INSERT INTO trail_payload (event_idx, part, salt, body) VALUES (:i, 'extra', :s, '\"x\"')", i=place, s=bytes(32))
    return place


def bring_back_payload(connection: Connection, idx: int, chosen: random.Random) -> int:
    change(connection, "UPDATE trail_payload SET body = '\"back\"', erased_by_idx = NULL WHERE body IS NULL")
    return ERASED + 1


TAMPERS: list[Callable[[Connection, int, random.Random], int | None]] = [
    edit_body, flip_bit_of_body, edit_body_and_leaf, edit_leaf, delete_row, delete_and_renumber, swap_rows, cut_tail, cut_tail_and_size,
    append_row, edit_column, edit_node, delete_node, add_node, edit_head, shorten_head, delete_head, edit_payload, edit_salt,
    delete_payload, blank_payload, rename_payload, add_payload, bring_back_payload,
]
# These move most rows of the table at each place, so fewer places keep the tests quick.
SLOW = {delete_and_renumber}
PARTS = {delete_payload, blank_payload}


@pytest.mark.parametrize("tamper", TAMPERS, ids=lambda tamper: tamper.__name__)
def test_tampering_is_found_and_named(tamper: Callable[[Connection, int, random.Random], int | None], owner: Connection) -> None:
    chosen = random.Random(tamper.__name__)
    places = [0, 255, 256, SIZE - 1, *(chosen.randrange(SIZE) for _ in range(PLACES[owner.dialect.name]))]
    for idx in places[:: 8 if tamper in SLOW else 1]:
        savepoint = owner.begin_nested()
        first = tamper(owner, idx, chosen)
        result = verify(owner)
        savepoint.rollback()
        assert not result.ok, f"{tamper.__name__} at {idx} was not found"
        assert result.findings
        assert "tampered" in result.text()
        if first is not None:
            # Where the act of an erasure went too, the part it erased lies before what was cut.
            named = [finding.idx for finding in result.findings if "no act erased it" not in finding.what or tamper in PARTS]
            assert named[0] == first, f"{tamper.__name__} at {idx}: {result.text()}"
    assert verify(owner).ok, "after all changes were taken back the trail must be whole"


def test_texts_alone_are_verified_without_columns(owner: Connection) -> None:
    change(owner, "UPDATE trail_event SET actor = 'u:99' WHERE idx = 300")
    assert verify(owner, columns=False).ok
    assert verify(owner).findings[0].what == "its column actor holds 'u:99' where its text says 'u:7'"
    edit_body(owner, 301, random.Random(1))
    result = verify(owner, columns=False)
    assert [finding.idx for finding in result.findings] == [301]
    edit_payload(owner, 0, random.Random(1))
    assert verify(owner, columns=False).finding_count == 2


def test_bytes_that_are_no_text_are_named_too(sqlite_ground: Ground) -> None:
    """PostgreSQL refuses such bytes itself."""
    fill(sqlite_ground)
    with sqlite_ground.writing() as owner:
        disarm(owner)
        owner.execute(text("UPDATE trail_event SET body = CAST(:b AS TEXT) WHERE idx = 77").bindparams(bindparam("b", b"\xff\xfe{")))
        owner.execute(text("UPDATE trail_event SET body = :b WHERE idx = 78").bindparams(bindparam("b", b"\x00\x01")))
        result = verify(owner)
    assert [finding.idx for finding in result.findings[:1]] == [77]
    assert 78 in {finding.idx for finding in result.findings}


def test_a_wholly_rewritten_trail_does_not_fill_the_memory(owner: Connection) -> None:
    change(owner, "UPDATE trail_event SET actor = 'u:9'")
    result: Verification = verify(owner)
    assert (result.finding_count, len(result.findings)) == (SIZE, KEPT)
    assert f"and {SIZE - KEPT} more" in result.text()
    assert result.to_json()["findings"][0]["idx"] == 0


def test_no_false_alarm_over_random_histories(ground: Ground) -> None:
    chosen = random.Random(11)
    size = 0
    for _ in range(40 if ground.dialect == "sqlite" else 15):
        ground.happen(chosen.choice([1, 2, 3, 50, 127, 300]), personal_every=chosen.choice([0, 1, 3]), organisation_id=chosen.choice([None, 1, 2]))
        result = verify_database(ground.engine, columns=chosen.random() < 0.8)
        assert result.ok, result.text()
        assert result.size > size
        size = result.size
