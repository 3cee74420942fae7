"""Taking checkpoints: what is signed, what is refused, what is put back after a crash, and how a key follows another."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from dpa.evidence import jobs
from dpa.evidence.trail import checkpoints, keys, tree
from dpa.evidence.trail.checkpoint_log import Damage, Entry
from dpa.evidence.trail.checkpoints import CheckpointRefused, Signer
from dpa.evidence.trail.models import TrailCheckpoint, TrailEvent, TrailKey
from dpa.evidence.trail.notes import VerifierKey, open_checkpoint, verify
from dpa.evidence.trail.verify import verify as verify_here
from dpa.evidence.trail.verify import verify_database
from dpa.evidence.trail.verify_checkpoints import beside_the_key
from dpa.problems import Misconfigured
from dpa.unit import Unit
from tests.evidence.ground import Ground, disarm
from tests.evidence.witness.signing import opened, take, tick


def log(ground: Ground) -> list[Entry | Damage]:
    return list(checkpoints.signer_for(ground.settings).log.entries())


def log_path(ground: Ground) -> Path:
    return checkpoints.signer_for(ground.settings).log.path


def rows(ground: Ground) -> list[int]:
    with Session(ground.engine) as session:
        return [row.size for row in session.query(TrailCheckpoint).order_by(TrailCheckpoint.size)]


def as_owner(ground: Ground, *statements: str) -> None:
    with ground.writing() as connection:
        disarm(connection)
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0, statement
        connection.commit()


class RolledBack(Exception):
    """What ends a unit before its commit."""


def rolled_back(ground: Ground, act: Callable[[Unit], object]) -> None:
    with contextlib.suppress(RolledBack), Session(ground.engine) as session, ground.begin(session) as unit:
        act(unit)
        raise RolledBack


def agrees(ground: Ground) -> int:
    result = verify_database(ground.engine, against=beside_the_key(ground.settings))
    assert result.ok, result.text()
    return result.checkpoints


def begin_anew(ground: Ground, reason: str) -> Signer:
    """As the command does: the act, and after its commit the key's taking its place."""
    with Session(ground.engine) as session:
        with ground.begin(session) as unit:
            checkpoints.begin_anew(unit, ground.settings, reason)
        checkpoints.repair(session.connection(), keys.folder_of(ground.settings))
    return checkpoints.signer_for(ground.settings)


def test_a_checkpoint_is_the_signed_state_of_the_committed_trail(ground: Ground) -> None:
    ground.happen(300)
    row = take(ground, "document")
    found = opened(ground, row)
    with ground.engine.connect() as connection:
        leaves = [bytes(leaf) for leaf in connection.execute(text("SELECT leaf_hash FROM trail_event ORDER BY idx")).scalars()]
    assert (found.size, found.root, row.reason, row.at) == (300, tree.root_of(leaves), "document", ground.now)
    assert found.origin.startswith("127.0.0.1/trail/")
    assert bytes.fromhex(row.root) == found.root
    (entry,) = log(ground)
    assert isinstance(entry, Entry)
    assert (entry.note, entry.reason) == (row.note, "document")
    with Session(ground.engine) as session:
        key = session.query(TrailKey).one()
        assert (key.vkey, key.valid_from_size, key.valid_to_size) == (checkpoints.signer_for(ground.settings).vkey, 300, None)
        assert session.query(TrailEvent).count() == 300, "a checkpoint is no event, else there would be no end of it"
    assert agrees(ground) == 1


def test_the_newest_is_returned_while_nothing_happens(ground: Ground) -> None:
    ground.happen(3)
    first, again = take(ground), take(ground, "daily")
    assert (first.size, first.note, first.at, first.reason) == (again.size, again.note, again.at, again.reason)
    ground.happen(1)
    assert take(ground).size == 4
    assert len(log(ground)) == 2
    with Session(ground.engine) as session:
        found = checkpoints.newest(session)
        assert found is not None
        assert found.size == 4
        assert [getattr(checkpoints.covering(session, idx), "size", None) for idx in (0, 2, 3, 4)] == [3, 3, 4, None]
        assert checkpoints.checkpoint(session, 3) is not None
        assert checkpoints.checkpoint(session, 2) is None


def test_what_the_unit_itself_records_is_not_covered(ground: Ground) -> None:
    ground.happen(2)
    with Session(ground.engine) as session, ground.begin(session) as unit:
        checkpoints.rotate(unit, ground.settings)  # Records an event.
        assert checkpoints.take(unit, checkpoints.signer_for(ground.settings), "document").size == 2


def test_nothing_is_signed_for_an_empty_trail(ground: Ground) -> None:
    with pytest.raises(CheckpointRefused, match="no events yet"):
        take(ground)
    assert log(ground) == []


def test_the_key_is_its_owners_alone(sqlite_ground: Ground) -> None:
    sqlite_ground.happen(1)
    signer = checkpoints.signer_for(sqlite_ground.settings)
    take(sqlite_ground)
    assert {stat.S_IMODE(path.stat().st_mode) for path in signer.folder.iterdir()} == {0o600}
    assert stat.S_IMODE(signer.folder.stat().st_mode) == 0o700
    assert checkpoints.signer_for(sqlite_ground.settings) == signer, "key and origin are fixed when they are made"
    path = signer.folder / keys.CURRENT
    assert signer.key.seed.hex() not in repr(signer)
    path.chmod(0o640)
    with pytest.raises(Misconfigured, match="chmod 600"):
        take(sqlite_ground)
    path.chmod(0o600)
    content = path.read_text()
    for broken in ("", "nonsense", content[:-9], "\xff", content.replace("+", "-")):
        path.write_text(broken, encoding="latin-1")
        with pytest.raises(Misconfigured, match="is no key that signs checkpoints") as refusal:
            take(sqlite_ground)
        assert content[-12:-1] not in refusal.value.message
    other = sqlite_ground.settings.model_copy(update={"keys": sqlite_ground.settings.instance / "elsewhere"})
    assert checkpoints.signer_for(other).origin != signer.origin


EDITED = "UPDATE trail_event SET leaf_hash = (SELECT leaf_hash FROM trail_event WHERE idx = 3) WHERE idx = 2"


@pytest.mark.parametrize(("statements", "sentence"), [
    ((EDITED, "UPDATE trail_head SET size = size"), "head does not match its events"),
    (("DELETE FROM trail_event WHERE idx >= 280", "UPDATE trail_head SET size = 280"), "The stored tree of the trail is damaged"),
    (("UPDATE trail_node SET hash = (SELECT leaf_hash FROM trail_event WHERE idx = 3)",), "head does not match its events"),
    (("DELETE FROM trail_node",), "damaged"),
])
def test_a_clumsy_change_is_not_signed(ground: Ground, statements: tuple[str, ...], sentence: str) -> None:
    ground.happen(300)
    take(ground)
    if "leaf_hash" in statements[0]:
        # Without whole blocks of 256, whose stored hash would hide the leaf.
        statements = tuple(statement.replace("idx = 2", "idx = 270") for statement in statements)
    as_owner(ground, *statements)
    with pytest.raises(CheckpointRefused, match=sentence):
        take(ground)
    assert len(log(ground)) == 1


def rebuild(ground: Ground, *, keep: int | None = None, edit: int | None = None) -> None:
    """Rewrite the trail as its owner can: cut it or edit an event, then compute leaves, nodes and head anew."""
    with ground.writing() as connection:
        disarm(connection)
        bodies = {row.idx: row.body for row in connection.execute(text("SELECT idx, body FROM trail_event ORDER BY idx"))}
        if keep is not None:
            connection.execute(text("DELETE FROM trail_event WHERE idx >= :k"), {"k": keep})
            bodies = {idx: body for idx, body in bodies.items() if idx < keep}
        if edit is not None:
            bodies[edit] = bodies[edit].replace('"auth":"pwd"', '"auth":"pin"')
        connection.execute(text("DELETE FROM trail_node"))
        frontier = tree.Frontier()
        for idx, body in bodies.items():
            leaf = tree.leaf_hash(body.encode())
            connection.execute(text("UPDATE trail_event SET body = :b, leaf_hash = :h WHERE idx = :i"), {"b": body, "h": leaf, "i": idx})
            for node in frontier.push(leaf):
                connection.execute(text("INSERT INTO trail_node VALUES (:l, :p, :h)"), {"l": node.level, "p": node.place, "h": node.hash})
        connection.execute(text("UPDATE trail_head SET size = :s, frontier = :f"), {"s": frontier.size, "f": frontier.to_bytes()})
        connection.commit()


def test_a_trail_rewritten_with_care_is_not_signed_and_the_log_alone_finds_it(ground: Ground) -> None:
    ground.happen(300)
    take(ground)
    ground.happen(20)
    rebuild(ground, edit=7)
    as_owner(ground, "DELETE FROM trail_checkpoint")
    assert verify_database(ground.engine).ok, "nothing inside the database shows it any more"
    with pytest.raises(CheckpointRefused, match=r"The first 300 events are not those of the checkpoint of 2026-11-22 .*checkpoints\.log"):
        take(ground)
    result = verify_database(ground.engine, against=beside_the_key(ground.settings))
    assert [finding.events for finding in result.findings] == [(0, 299)]
    assert "the checkpoint of 2026-11-22 11:00 UTC over 300 events in checkpoints.log" in result.text()


def test_an_older_copy_of_the_database_is_not_signed(ground: Ground) -> None:
    ground.happen(300)
    take(ground)
    rebuild(ground, keep=290)
    with pytest.raises(CheckpointRefused, match=r"holds 290 events, but the checkpoint .* covers 300"):
        take(ground)
    # Also when the log has gone with it.
    log_path(ground).unlink()
    with pytest.raises(CheckpointRefused, match="in the database covers 300"):
        take(ground)
    as_owner(ground, "DELETE FROM trail_checkpoint")
    former = checkpoints.signer_for(ground.settings)
    signer = begin_anew(ground, "Restored the backup of yesterday")
    assert signer.origin != former.origin
    assert former.key.verifier in signer.retired
    assert take(ground, "key").size == 291
    assert agrees(ground) == 1


def test_a_lost_key_is_told_and_begun_anew(ground: Ground) -> None:
    ground.happen(5)
    before = take(ground)
    for path in checkpoints.signer_for(ground.settings).folder.iterdir():
        path.unlink()
    ground.happen(1)
    with pytest.raises(CheckpointRefused, match="restore the folder from its backup, or, if it is lost, begin anew"):
        take(ground)
    begin_anew(ground, "The machine is gone")
    assert take(ground).size == 7
    assert agrees(ground) == 2, "the former checkpoint is still compared with"
    with Session(ground.engine) as session:
        assert session.query(TrailKey).count() == 2
        event = session.get_one(TrailEvent, 6)
        assert event.action == "evidence:key:begun_anew"
        assert "machine is gone" not in event.body
        assert checkpoints.checkpoint(session, before.size) is not None


def test_the_log_counts_although_the_key_was_taken_away(ground: Ground) -> None:
    """The owner of the database rewrites the trail, removes what was signed inside, and deletes the key so that the log is overlooked."""
    ground.happen(5)
    take(ground)
    (keys.folder_of(ground.settings) / keys.CURRENT).unlink()
    assert agrees(ground) == 1
    as_owner(ground, "DELETE FROM trail_checkpoint")
    rebuild(ground, edit=2)
    result = verify_database(ground.engine, against=beside_the_key(ground.settings))
    assert not result.ok
    assert "the first 5 events are not those of the checkpoint" in result.text()


@pytest.mark.parametrize("harm", ["removed", "damaged"])
def test_beginning_anew_without_the_former_key(sqlite_ground: Ground, harm: str) -> None:
    sqlite_ground.happen(5)
    take(sqlite_ground)
    former = checkpoints.signer_for(sqlite_ground.settings)
    content = former.log.path.read_bytes()
    if harm == "removed":
        (former.folder / keys.CURRENT).unlink()
        checkpoints.signer_for(sqlite_ground.settings)
        with pytest.raises(CheckpointRefused, match="begin anew"):
            take(sqlite_ground)
    else:
        (former.folder / keys.CURRENT).write_text("nonsense")
        with pytest.raises(Misconfigured):
            take(sqlite_ground)
    begin_anew(sqlite_ground, "The key is gone")
    assert take(sqlite_ground).size == 6
    assert [path.read_bytes() for path in former.folder.glob(f"checkpoints.{former.origin[-8:]}.*.log")] == [content]
    assert agrees(sqlite_ground) == 2


def test_beginning_anew_changes_no_key_before_its_commit(ground: Ground) -> None:
    """A commit that fails leaves the former key in use, with its log; nothing of the new line is left to take over later."""
    ground.happen(5)
    take(ground)
    former = checkpoints.signer_for(ground.settings)
    content = former.log.path.read_bytes()
    rolled_back(ground, lambda unit: checkpoints.begin_anew(unit, ground.settings, "The disk was full"))
    ground.happen(1)
    assert take(ground).size == 6
    signer = checkpoints.signer_for(ground.settings)
    assert (signer.key, signer.retired) == (former.key, ())
    assert former.log.path.read_bytes().startswith(content)
    assert agrees(ground) == 2


@pytest.mark.parametrize("repaired_by", ["checkpoint", "start"])
@pytest.mark.parametrize("cut_off", ["at once", "key retired", "log set aside"])
def test_a_crash_after_the_commit_of_a_new_line_is_repaired(ground: Ground, repaired_by: str, cut_off: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.happen(5)
    take(ground)
    former = checkpoints.signer_for(ground.settings)
    with Session(ground.engine) as session, ground.begin(session) as unit:
        fresh = checkpoints.begin_anew(unit, ground.settings, "The key was told")
    assert checkpoints.signer_for(ground.settings).key == former.key
    dying = {"key retired": (Path, "rename"), "log set aside": (Path, "replace")}.get(cut_off)
    if dying:
        keep = dying[0].replace

        def die(path: Path, target: Path) -> Path:
            if cut_off == "log set aside" and path.name != keys.ANEW:
                return keep(path, target)  # The list of former keys is written this way, too.
            raise RolledBack

        with monkeypatch.context() as patched, Session(ground.engine) as session:
            patched.setattr(*dying, die)
            with pytest.raises(RolledBack):
                checkpoints.repair(session.connection(), former.folder)
    if repaired_by == "start":
        with Session(ground.engine) as session:
            jobs.compare_checkpoints(tick(ground, session, ground.now))
        assert checkpoints.signer_for(ground.settings).key == fresh
    assert take(ground, "key").size == 6
    signer = checkpoints.signer_for(ground.settings)
    assert (signer.key, signer.retired) == (fresh, (former.key.verifier,))
    assert len(list(signer.folder.glob(f"checkpoints.{former.origin[-8:]}.*.log"))) == 1
    assert not (signer.folder / keys.ANEW).exists()
    assert agrees(ground) == 2


def test_a_folder_that_cannot_be_written_is_told(sqlite_ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    elsewhere = sqlite_ground.settings.model_copy(update={"keys": tmp_path / "file"})
    with pytest.raises(Misconfigured, match="DPA_KEYS"):
        checkpoints.signer_for(elsewhere)


def test_a_line_that_a_crash_left_in_the_log_is_put_back(ground: Ground) -> None:
    """A unit that is rolled back stands for the crash between the log and the commit; a killed process is tried elsewhere."""
    signer = checkpoints.signer_for(ground.settings)
    for more in (3, 2, 1):
        ground.happen(more)
        rolled_back(ground, lambda unit: checkpoints.take(unit, signer, "document"))
    assert (rows(ground), len(log(ground))) == ([], 3)
    assert agrees(ground) == 3
    assert take(ground).size == 6
    assert (rows(ground), len(log(ground))) == ([3, 5, 6], 3)
    ground.happen(1)
    take(ground)
    assert (rows(ground), len(log(ground))) == ([3, 5, 6, 7], 4)
    assert agrees(ground) == 4


def test_a_note_that_a_crash_cut_off_is_passed_over_and_marked(sqlite_ground: Ground) -> None:
    sqlite_ground.happen(2)
    take(sqlite_ground)
    path = log_path(sqlite_ground)
    whole = path.read_bytes()
    sqlite_ground.happen(1)
    take(sqlite_ground)
    second = path.read_bytes()[len(whole):]
    as_owner(sqlite_ground, "DELETE FROM trail_checkpoint WHERE size = 3")
    for cut in [1, 2, 9, 40, second.index(b"\n\n") + 2, second.index("—".encode()) + 4, len(second) - 2, len(second) - 1]:
        path.write_bytes(whole + second[:cut])
        assert [type(entry) for entry in log(sqlite_ground)] == [Entry]
        assert agrees(sqlite_ground) == 1, "torn is not tampered"
        assert take(sqlite_ground).size == 3
        as_owner(sqlite_ground, "DELETE FROM trail_checkpoint WHERE size = 3")
        assert path.read_bytes().startswith(whole + second[:cut]), "nothing is taken away from the log"
        whole_again = cut == len(second) - 1
        assert ("cut off by a crash" in path.read_text(errors="replace")) is not whole_again
        entries = [entry.note for entry in log(sqlite_ground) if isinstance(entry, Entry)]
        assert entries == [whole.decode().partition("\n")[2][:-1], *[second.decode().partition("\n")[2][:-1]] * (1 + whole_again)]
        newest_first = list(checkpoints.signer_for(sqlite_ground.settings).log.newest_first())
        assert [type(entry) for entry in newest_first] == [Entry] * len(entries)
        assert agrees(sqlite_ground) == 2
    path.write_bytes(whole + bytes(300))
    assert take(sqlite_ground).size == 3, "what a power cut can leave: zeros"


@pytest.mark.parametrize("damage", ["flip", "signature", "swap", "foreign"])
def test_a_damaged_log_signs_nothing_and_is_found(sqlite_ground: Ground, damage: str) -> None:
    for _ in range(3):
        sqlite_ground.happen(2)
        take(sqlite_ground)
    path = log_path(sqlite_ground)
    content = path.read_text()
    parts = ["# " + part for part in content.split("# ")[1:]]
    last = parts[2]
    parts[2] = {
        "flip": last.replace("\n6\n", "\n8\n"),
        "signature": last.replace("\n\n—", "\n\n\u2015"),
        "swap": parts[1],
        "foreign": last.replace("127.0.0.1/trail/", "127.0.0.2/trail/"),
    }[damage]
    if damage == "swap":
        parts[1] = last
    path.write_text("".join(parts))
    if damage != "swap":
        with pytest.raises(CheckpointRefused, match="restore"):
            take(sqlite_ground)
    assert not verify_database(sqlite_ground.engine, against=beside_the_key(sqlite_ground.settings)).ok


def test_the_next_key_is_vouched_for_by_the_former(ground: Ground) -> None:
    ground.happen(4)
    old_note = take(ground).note
    former = checkpoints.signer_for(ground.settings)
    with Session(ground.engine) as session, ground.begin(session) as unit:
        fresh = checkpoints.rotate(unit, ground.settings)
    with Session(ground.engine) as session:
        event = session.get_one(TrailEvent, 4)
        assert (event.action, fresh.verifier.encode() in event.body) == ("evidence:key:rotated", True)
    with pytest.raises(CheckpointRefused, match="waits for its first checkpoint"), Session(ground.engine) as session, ground.begin(session) as unit:
        checkpoints.rotate(unit, ground.settings)
    row = take(ground, "key")
    assert row.size == 5, "the checkpoint covers the event that names the new key"
    for known in (former.key.verifier, fresh.verifier):
        assert open_checkpoint(row.note, [known]).size == 5
    signer = checkpoints.signer_for(ground.settings)
    assert (signer.key, signer.next_key, signer.retired, signer.origin) == (fresh, None, (former.key.verifier,), former.origin)
    kept = b"".join(path.read_bytes() for path in signer.folder.iterdir())
    assert former.key.encode().encode() not in kept, "only the public half of the former key is kept"
    ground.happen(1)
    assert [found.key_id for found in verify(take(ground).note, [fresh.verifier]).verified] == [fresh.verifier.key_id]
    assert open_checkpoint(old_note, signer.known).size == 4
    with Session(ground.engine) as session:
        spans = {row.vkey: (row.valid_from_size, row.valid_to_size) for row in session.query(TrailKey)}
        assert spans == {former.vkey: (4, 5), fresh.verifier.encode(): (4, None)}
    assert agrees(ground) == 3


def test_a_rotation_that_is_rolled_back_changes_no_signature(sqlite_ground: Ground) -> None:
    sqlite_ground.happen(2)
    former = checkpoints.signer_for(sqlite_ground.settings)
    for _ in range(2):
        rolled_back(sqlite_ground, lambda unit: checkpoints.rotate(unit, sqlite_ground.settings))
    row = take(sqlite_ground)
    assert [found.key_id for found in verify(row.note, [former.key.verifier]).verified] == [former.key.verifier.key_id]
    assert len(row.note.split("— ")) == 2
    assert checkpoints.signer_for(sqlite_ground.settings).key == former.key


def test_a_signer_loaded_before_a_rotation_signs_with_the_new_key(sqlite_ground: Ground) -> None:
    sqlite_ground.happen(2)
    held = checkpoints.signer_for(sqlite_ground.settings)
    with Session(sqlite_ground.engine) as session, sqlite_ground.begin(session) as unit:
        fresh = checkpoints.rotate(unit, sqlite_ground.settings)
    take(sqlite_ground)
    sqlite_ground.happen(1)
    with Session(sqlite_ground.engine) as session, sqlite_ground.begin(session) as unit:
        row = checkpoints.take(unit, held, "document")
        assert open_checkpoint(row.note, [fresh.verifier]).size == 4


def test_keys_and_rows_that_somebody_put_into_the_database_are_found(sqlite_ground: Ground) -> None:
    sqlite_ground.happen(4)
    take(sqlite_ground)
    signer = checkpoints.signer_for(sqlite_ground.settings)
    forged = VerifierKey(signer.origin, bytes(31) + b"\x02")
    with Session(sqlite_ground.engine) as session:
        found = session.get_one(TrailCheckpoint, 4)
        note = found.note
    against = beside_the_key(sqlite_ground.settings)
    for statement, values, words in [
        ("INSERT INTO trail_key VALUES ('00000000', :v, 0, NULL, '2026-11-22')", {"v": forged.encode()}, "is not among the keys in the folder"),
        ("UPDATE trail_key SET vkey = 'nonsense'", {}, "is no key"),
        ("INSERT INTO trail_checkpoint VALUES (2, :r, :v, 'daily', '2026-11-22')", {"r": "00" * 32, "v": note}, "says something else than its note"),
        ("INSERT INTO trail_checkpoint VALUES (2, :r, 'nonsense', 'daily', '2026-11-22')", {"r": "00" * 32}, "is no signed note"),
        ("UPDATE trail_checkpoint SET note = :v", {"v": note.replace("— ", "— x")}, "is not soundly signed"),
    ]:
        with sqlite_ground.writing() as connection:
            disarm(connection)
            connection.execute(text(statement), values)
            result = verify_here(connection, against=against)
            assert any(words in finding.what for finding in result.findings), (statement, result.text())
            connection.rollback()
    sqlite_ground.happen(1)
    take(sqlite_ground)
    as_owner(sqlite_ground, "DELETE FROM trail_checkpoint WHERE size = 4")
    result = verify_database(sqlite_ground.engine, against=beside_the_key(sqlite_ground.settings))
    assert "was removed from the database" in result.text()
