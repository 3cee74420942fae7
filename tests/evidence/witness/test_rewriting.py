"""Eight ways of tampering at 200 random places each, on both databases, against a checkpoint that somebody else keeps; and no false alarm.

The attacker owns the database: he takes the triggers away, removes the checkpoints stored inside, and, where the class says so, computes
leaves, nodes and head anew. What happened before the checkpoint is always found; what happened after it is the window that only a younger
checkpoint closes. False alarms: none in 2,000 states of random histories (Hypothesis), each verified against every checkpoint taken so far.
"""

from __future__ import annotations

import base64
import os
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from dpa.evidence import trail
from dpa.evidence.trail import checkpoints
from dpa.evidence.trail.findings import Verification
from dpa.evidence.trail.keys import CURRENT, folder_of
from dpa.evidence.trail.signed import Signed
from dpa.evidence.trail.tree import Frontier, Node, leaf_hash
from dpa.evidence.trail.verify import verify, verify_database
from dpa.evidence.trail.verify_checkpoints import Against, beside_the_key
from dpa.unit import Unit
from tests.evidence.ground import HAPPENED, Ground, disarm
from tests.evidence.witness.signing import outside, take

SIZE, SIGNED, EARLIER = 270, 262, 100
"""Events in all, under the checkpoint outside (one block of 256 and more), and under an older one outside."""
PLACES = 200


@dataclass(slots=True)
class Owner:
    """Somebody who owns the database, and what stands in it."""

    connection: Connection
    bodies: list[str]
    leaves: list[bytes]
    nodes: dict[tuple[int, int], bytes]
    held: Against
    """The two checkpoints that were kept outside."""
    later: Against
    """A checkpoint over everything, taken before the tampering."""

    def change(self, statement: str, *rows: Mapping[str, Any]) -> None:
        assert self.connection.execute(text(statement), list(rows) or None).rowcount != 0, statement

    def edit(self, idx: int) -> str:
        return self.bodies[idx].replace('"actor":"u:7"', '"actor":"u:8"')

    def store(self, idx: int, body: str, *, leaf: bool = True) -> None:
        self.change("UPDATE trail_event SET body = :b, actor = 'u:8' WHERE idx = :i", {"b": body, "i": idx})
        if leaf:
            self.change("UPDATE trail_event SET leaf_hash = :h WHERE idx = :i", {"h": leaf_hash(body.encode()), "i": idx})

    def recompute(self, leaves: list[bytes]) -> None:
        """Compute the tree anew, as anybody can, and mend nodes and head."""
        frontier = Frontier()
        made: list[Node] = []
        for leaf in leaves:
            made += frontier.push(leaf)
        self.connection.execute(text("DELETE FROM trail_node"))
        for node in made:
            self.change("INSERT INTO trail_node (level, idx, hash) VALUES (:l, :i, :h)", {"l": node.level, "i": node.place, "h": node.hash})
        self.change("UPDATE trail_head SET size = :s, frontier = :f", {"s": frontier.size, "f": frontier.to_bytes()})

    def ask(self, against: Against | None = None) -> Verification:
        return verify(self.connection, against=self.held if against is None else against)


def edit_a_body(owner: Owner, idx: int) -> int:
    owner.store(idx, owner.edit(idx), leaf=False)
    return idx


def delete_a_row(owner: Owner, idx: int) -> int:
    owner.change("DELETE FROM trail_event WHERE idx = :i", {"i": idx})
    return idx


def swap_two_rows(owner: Owner, idx: int) -> int:
    other = (idx + SIZE // 2) % SIZE
    for source, target in ((idx, -7), (other, idx), (-7, other)):
        owner.change("UPDATE trail_event SET idx = :t WHERE idx = :s", {"s": source, "t": target})
    return min(idx, other)


def cut_the_tail(owner: Owner, idx: int) -> int:
    owner.change("DELETE FROM trail_event WHERE idx >= :i", {"i": idx})
    return idx


def cut_the_tail_and_mend_the_head(owner: Owner, idx: int) -> None:
    owner.change("DELETE FROM trail_event WHERE idx >= :i", {"i": idx})
    owner.recompute(owner.leaves[:idx])


def edit_and_recompute(owner: Owner, idx: int) -> None:
    body = owner.edit(idx)
    owner.store(idx, body)
    owner.recompute([*owner.leaves[:idx], leaf_hash(body.encode()), *owner.leaves[idx + 1 :]])


def delete_renumber_and_recompute(owner: Owner, idx: int) -> None:
    owner.change("DELETE FROM trail_event WHERE idx = :i", {"i": idx})
    moved = [{"f": old, "t": old - 1, "b": owner.bodies[old].replace(f'"i":{old},', f'"i":{old - 1},')} for old in range(idx + 1, SIZE)]
    leaves = [leaf_hash(row["b"].encode()) for row in moved]
    if moved:
        owner.change("UPDATE trail_event SET idx = :t, body = :b, leaf_hash = :h WHERE idx = :f",
                     *({**row, "h": leaf} for row, leaf in zip(moved, leaves, strict=True)))
    owner.recompute([*owner.leaves[:idx], *leaves])


SEEN_WITHOUT: list[Callable[[Owner, int], int]] = [edit_a_body, delete_a_row, swap_two_rows, cut_the_tail]
ONLY_FROM_OUTSIDE: list[Callable[[Owner, int], None]] = [cut_the_tail_and_mend_the_head, edit_and_recompute, delete_renumber_and_recompute]


@pytest.fixture
def owner(ground: Ground) -> Iterator[Owner]:
    ground.happen(EARLIER)
    first = take(ground)
    ground.happen(SIGNED - EARLIER)
    second = take(ground)
    ground.happen(SIZE - SIGNED)
    third = take(ground)
    keys = checkpoints.signer_for(ground.settings).known
    with ground.writing() as connection:
        disarm(connection)
        connection.execute(text("DELETE FROM trail_checkpoint"))
        rows = connection.execute(text("SELECT body, leaf_hash FROM trail_event ORDER BY idx")).all()
        nodes = {(row.level, row.idx): bytes(row.hash) for row in connection.execute(text("SELECT level, idx, hash FROM trail_node"))}
        yield Owner(
            connection, [row.body for row in rows], [bytes(row.leaf_hash) for row in rows], nodes,
            Against(keys=keys, notes=(outside(first), outside(second))), Against(keys=keys, notes=(outside(third),)),
        )
        connection.rollback()


def places(name: str, most: int, first: int = 0) -> list[int]:
    chosen = random.Random(name)
    edges = [first, most - 1, *(place for place in (EARLIER - 1, EARLIER, 255, 256) if first <= place < most)]
    return edges + [chosen.randrange(first, most) for _ in range(PLACES - len(edges))]


@pytest.mark.parametrize("tamper", SEEN_WITHOUT, ids=lambda tamper: tamper.__name__)
def test_a_clumsy_change_is_found_and_named(tamper: Callable[[Owner, int], int], owner: Owner) -> None:
    for idx in places(tamper.__name__, SIGNED):
        savepoint = owner.connection.begin_nested()
        first = tamper(owner, idx)
        result = owner.ask()
        savepoint.rollback()
        assert result.findings[0].idx == first, f"at {idx}: {result.text()}"
    assert owner.ask().ok


@pytest.mark.parametrize("tamper", ONLY_FROM_OUTSIDE, ids=lambda tamper: tamper.__name__)
def test_what_is_computed_anew_is_found_by_a_copy_outside(tamper: Callable[[Owner, int], None], owner: Owner) -> None:
    for number, idx in enumerate(places(tamper.__name__, SIGNED)):
        savepoint = owner.connection.begin_nested()
        tamper(owner, idx)
        unseen = owner.ask(Against()) if number % 20 == 0 else None
        result = owner.ask()
        savepoint.rollback()
        assert unseen is None or unseen.ok, "inside the database nothing shows it, which is why copies are kept outside"
        assert not result.ok, f"{tamper.__name__} at {idx} was not found"
        narrowed = [finding.events for finding in result.findings]
        if tamper is cut_the_tail_and_mend_the_head:
            assert narrowed == [(idx, SIGNED - 1)], "one change is one finding, however many checkpoints see it"
        else:
            # The range begins behind the last one that agrees, and ends with the first that does not.
            assert narrowed == ([(0, EARLIER - 1)] if idx < EARLIER else [(EARLIER, SIGNED - 1)])
    assert owner.ask().ok


def test_the_window_is_closed_by_a_younger_checkpoint(owner: Owner) -> None:
    """The eighth class: edits younger than the newest copy outside; found as soon as one covers them that was taken before."""
    for idx in places("window", SIZE, SIGNED):
        savepoint = owner.connection.begin_nested()
        edit_and_recompute(owner, idx)
        within, covered = owner.ask(), owner.ask(owner.later)
        savepoint.rollback()
        assert within.ok, "nobody can prove this, so the age of the newest copy is told on every page"
        assert [finding.events for finding in covered.findings] == [(0, SIZE - 1)]


def test_no_flipped_bit_of_a_leaf_node_head_or_note_goes_unseen(owner: Owner) -> None:
    chosen = random.Random(5)

    def flipped(value: bytes) -> bytes:
        at = chosen.randrange(len(value))
        return value[:at] + bytes([value[at] ^ 1 << chosen.randrange(8)]) + value[at + 1 :]

    frontier = bytes(owner.connection.execute(text("SELECT frontier FROM trail_head")).scalar_one())
    (level, place), node = next(iter(owner.nodes.items()))
    for _ in range(40):
        idx = chosen.randrange(SIZE)
        for statement, values in [
            ("UPDATE trail_event SET leaf_hash = :h WHERE idx = :i", {"h": flipped(owner.leaves[idx]), "i": idx}),
            ("UPDATE trail_node SET hash = :h WHERE level = :l AND idx = :i", {"h": flipped(node), "l": level, "i": place}),
            ("UPDATE trail_head SET frontier = :h", {"h": flipped(frontier)}),
        ]:
            savepoint = owner.connection.begin_nested()
            owner.change(statement, values)
            assert not owner.ask().ok
            savepoint.rollback()
        (first, second) = owner.held.notes
        # Neither agrees nor disagrees: a note that was changed says nothing, whatever the change makes of it.
        changed = second.note.replace("\n262\n", "\n26\n") if idx % 2 else re.sub(r"\n[^\n]{44}\n", f"\n{base64.b64encode(flipped(second.root)).decode()}\n", second.note)
        assert changed != second.note
        result = owner.ask(Against(keys=owner.held.keys, notes=(first, replace(second, note=changed))))
        assert (result.ok, result.checkpoints, [one.why for one in result.set_aside]) == (
            True, 1, ["its signature does not belong to its text: one of the two was changed after it was signed"])


def test_notes_that_do_not_belong_here_are_told(owner: Owner) -> None:
    first = owner.held.notes[0]
    unknown = owner.ask(Against(notes=owner.held.notes))
    assert (unknown.ok, unknown.set_aside) == (True, ()), "the key is known from the table too"
    owner.connection.execute(text("DELETE FROM trail_key"))
    (aside,) = owner.ask(Against(notes=owner.held.notes)).set_aside
    assert (aside.count, "no key of this trail is known here" in aside.text()) == (2, True)
    assert owner.ask(Against(notes=owner.held.notes, vouched=owner.held.keys)).checkpoints == 2, "whoever asks may vouch for the key"
    longer = owner.later.notes[0]
    owner.recompute(owner.leaves[:SIGNED])
    owner.change(f"DELETE FROM trail_event WHERE idx >= {SIGNED}")
    assert f"the trail holds {SIGNED} events, but the checkpoint over {SIZE} events in the auditor's safe covers {SIZE}" in owner.ask(
        Against(keys=owner.held.keys, notes=(first, longer))).text()


STATES = 2_000
STEPS = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["act", "act", "take", "take", "lose", "rotate"])), min_size=40, max_size=40)


def test_no_false_alarm_over_random_histories(sqlite_ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Acts, checkpoints, commits that are lost after the note was written, and changes of the key, in any order."""
    ground = sqlite_ground
    monkeypatch.setattr(os, "fsync", lambda _: None)  # The disk is not what is tried here.
    with ground.writing() as connection:
        disarm(connection)
        connection.commit()
    checkpoints.signer_for(ground.settings)
    done = 0

    @settings(max_examples=STATES // 40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def history(steps: list[tuple[int, str]]) -> None:
        nonlocal done
        reset(ground)
        kept: list[Signed] = []
        for count, then in steps:
            step(ground, count, then, kept)
            result = verify_database(ground.engine, against=beside_the_key(ground.settings, tuple(kept)))
            assert result.ok, result.text()
            assert result.checkpoints >= len({signed.size for signed in kept})
            done += 1

    history()
    assert done >= STATES


def step(ground: Ground, count: int, then: str, kept: list[Signed]) -> None:
    signer = checkpoints.signer_for(ground.settings)
    with Session(ground.engine) as session:
        with ground.begin(session) as unit:
            for number in range(count):
                trail.record(unit, HAPPENED, subject=("thing", number), organisation_id=1, personal={"name": "A"} if number == 1 else None)
        ground.now += timedelta(seconds=1)
        if then == "lose":
            session.connection(execution_options={"write": True})
            checkpoints.take(Unit(session, "u:7", ground.now, "0" * 32, ground.settings), signer, "document")
            session.rollback()
        elif then == "rotate":
            with ground.begin(session) as unit:
                if signer.next_key is None:
                    checkpoints.rotate(unit, ground.settings)
        elif then == "take":
            with ground.begin(session) as unit:
                kept.append(outside(checkpoints.take(unit, signer, "daily")))


def reset(ground: Ground) -> None:
    """Empty the trail, its checkpoints and its log; the key stays."""
    with ground.writing() as connection:
        for table in ("trail_payload", "trail_checkpoint", "trail_key", "trail_node", "trail_event"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("UPDATE trail_head SET size = 0, frontier = :e"), {"e": b""})
        connection.commit()
    for path in folder_of(ground.settings).iterdir():
        if path.name != CURRENT:
            path.unlink()
