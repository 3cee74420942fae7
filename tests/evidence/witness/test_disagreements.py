"""What a verification says when checkpoints disagree: by whom a range may be narrowed, one finding for one change, and notes that say nothing."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from dpa.evidence.trail import checkpoints, keys, tree
from dpa.evidence.trail.checkpoint_log import Entry
from dpa.evidence.trail.findings import COMPARE, KEEP, Verification
from dpa.evidence.trail.models import TrailCheckpoint
from dpa.evidence.trail.notes import Checkpoint, SigningKey, sign
from dpa.evidence.trail.signed import Signed
from dpa.evidence.trail.verify import verify_database
from dpa.evidence.trail.verify_checkpoints import beside_the_key
from tests.evidence.ground import Ground, disarm
from tests.evidence.witness.signing import outside, take
from tests.evidence.witness.test_checkpoints import as_owner, rebuild
from tests.evidence.witness.test_trail_commands import Command, dpa

__all__ = ["dpa"]  # A fixture.


def verified(ground: Ground, *kept: Signed) -> Verification:
    return verify_database(ground.engine, against=beside_the_key(ground.settings, kept))


def sign_anew(ground: Ground) -> None:
    """What a thief of the key does last: every checkpoint in the house is signed again over the changed trail."""
    signer = checkpoints.signer_for(ground.settings)
    entries = [entry for entry in signer.log.entries() if isinstance(entry, Entry)]
    with ground.writing() as connection:
        disarm(connection)
        leaves = [bytes(leaf) for leaf in connection.execute(text("SELECT leaf_hash FROM trail_event ORDER BY idx")).scalars()]
        written = ""
        for entry in entries:
            root = tree.root_of(leaves[: entry.checkpoint.size])
            note = sign(Checkpoint(signer.origin, entry.checkpoint.size, root).text(), [signer.key])
            written += f"# {entry.at:%Y-%m-%dT%H:%M:%S}Z {entry.reason}\n{note}\n"
            changed = connection.execute(text("UPDATE trail_checkpoint SET note = :n, root = :r WHERE size = :s"), {"n": note, "r": root.hex(), "s": entry.checkpoint.size})
            assert changed.rowcount == 1
        connection.commit()
    signer.log.path.write_text(written)


def take_at(ground: Ground, *sizes: int) -> list[TrailCheckpoint]:
    taken = []
    for size in sizes:
        ground.happen(size - (taken[-1].size if taken else 0))
        taken.append(take(ground))
    return taken


def test_a_thief_of_the_key_cannot_have_a_wrong_range_named(ground: Ground) -> None:
    """He edits event 7 and signs everything anew. What lies in the house agrees with him, so it must not narrow anything."""
    rows = take_at(ground, 100, 200, 300)
    rebuild(ground, edit=7)
    sign_anew(ground)
    assert verified(ground).ok, "nothing in the house shows it any more"
    result = verified(ground, outside(rows[2]))
    (finding,) = result.findings
    assert finding.events == (0, 299), "not 200 to 299, which the checkpoints signed anew would make of it"
    assert "something among the events 0 to 299 was changed" in finding.what
    assert "none before it agrees; counted from the copies kept outside alone" in finding.what
    assert "checkpoints in the house agree with the changed trail" in finding.what
    # An older copy from outside narrows it, whichever side it is on.
    assert [one.events for one in verified(ground, outside(rows[0]), outside(rows[2])).findings] == [(0, 99)]


def test_an_older_copy_from_outside_that_agrees_narrows_it(ground: Ground) -> None:
    rows = take_at(ground, 100, 200, 300)
    rebuild(ground, edit=230)
    sign_anew(ground)
    (finding,) = verified(ground, outside(rows[0]), outside(rows[2])).findings
    assert finding.events == (100, 299)
    assert "the newest before it that agrees covers 100 events" in finding.what


def test_without_the_key_what_lies_in_the_house_narrows_it(sqlite_ground: Ground) -> None:
    take_at(sqlite_ground, 100, 200, 300)
    rebuild(sqlite_ground, edit=230)
    (finding,) = verified(sqlite_ground).findings
    assert finding.events == (200, 299)
    assert "the newest before it that agrees covers 200 events of 2026-11-22" in finding.what
    assert "kept outside" not in finding.what
    assert "older copy" not in finding.what, "the database's own checkpoint disagrees"


def test_a_forged_row_narrows_nothing(sqlite_ground: Ground) -> None:
    """The owner of the database without the key puts a row that agrees where it would hide the place."""
    take_at(sqlite_ground, 100, 300)
    rebuild(sqlite_ground, edit=150)
    with sqlite_ground.writing() as connection:
        leaves = [bytes(leaf) for leaf in connection.execute(text("SELECT leaf_hash FROM trail_event ORDER BY idx")).scalars()]
        origin = checkpoints.signer_for(sqlite_ground.settings).origin
        root = tree.root_of(leaves[:290])
        note = sign(Checkpoint(origin, 290, root).text(), [SigningKey(origin, bytes(32))])
        connection.execute(text("INSERT INTO trail_checkpoint VALUES (290, :r, :n, 'daily', '2026-11-22 11:00:00')"), {"r": root.hex(), "n": note})
        connection.commit()
    result = verified(sqlite_ground)
    assert [one.events for one in result.findings if one.events] == [(100, 299)]
    assert "is not soundly signed" in result.text()


def test_one_change_is_one_finding_after_a_year(sqlite_ground: Ground) -> None:
    take_at(sqlite_ground, *range(5, 305, 5))
    rebuild(sqlite_ground, edit=17)
    result = verified(sqlite_ground)
    (finding,) = result.findings
    assert (result.finding_count, finding.events) == (1, (15, 19))
    assert "57 checkpoints disagree, over 20 to 300 events; the first 20 events are not those of the checkpoint of 2026-11-22" in finding.what
    assert "the newest before it that agrees covers 15 events" in finding.what
    assert result.text().endswith(f"{KEEP} {COMPARE}")
    rebuild(sqlite_ground, keep=12)
    # The change lies behind the cut now: fewer events than it, so only the cut remains to be told.
    (cut,) = verified(sqlite_ground).findings
    assert cut.events == (12, 299)
    assert "58 checkpoints cover more, up to 300; the first is the checkpoint of" in cut.what
    checkpoints.signer_for(sqlite_ground.settings).log.path.write_text("")
    folded = [one.what for one in verified(sqlite_ground).findings if "is not in" in one.what or "are not in" in one.what]
    assert folded == [folded[0]]
    assert "2 checkpoints, over 5 to 10 events, are not in checkpoints.log, where each is written first" in folded[0]


def test_an_older_copy_of_the_database_is_called_one_even_after_new_acts(ground: Ground) -> None:
    """Restored at 200 events, then worked on: the database contradicts nothing of its own, only the log knows more."""
    take_at(ground, 100, 200, 300)
    rebuild(ground, keep=200)
    as_owner(ground, "DELETE FROM trail_checkpoint WHERE size = 300")
    with pytest.raises(checkpoints.CheckpointRefused, match="or an older copy of the database was restored"):
        take(ground)
    ground.happen(150)
    with pytest.raises(checkpoints.CheckpointRefused, match="or an older copy of the database was restored and acts were added since"):
        take(ground)
    (finding,) = verified(ground).findings
    assert finding.events == (200, 299)
    assert finding.what.endswith("or this is an older copy of the database to which acts were added since")


def test_no_folder_stands_in_what_pages_show(sqlite_ground: Ground) -> None:
    take_at(sqlite_ground, 5, 10)
    path = checkpoints.signer_for(sqlite_ground.settings).log.path
    path.write_text("# nonsense\n\n\n\n\n\n\n" + path.read_text())
    rebuild(sqlite_ground, edit=2)
    result = verified(sqlite_ground)
    assert result.finding_count == 2
    with pytest.raises(checkpoints.CheckpointRefused) as refused:
        take(sqlite_ground)
    assert "checkpoints.log is damaged" in result.text()
    for said in (result.text(), refused.value.message):
        assert str(path.parent) not in said


def test_a_note_that_says_nothing_is_set_aside(ground: Ground, dpa: Command, tmp_path: Path) -> None:
    ground.happen(5)
    note = take(ground).note
    signer = checkpoints.signer_for(ground.settings)
    stranger = SigningKey(signer.origin, bytes(range(32)))
    foreign = SigningKey("elsewhere.example/trail/1", bytes(range(32)))
    root = base64.b64encode(bytes(32)).decode()
    notes = {
        "unknown key": (sign(note.partition("\n\n")[0] + "\n", [stranger]), "no key of this trail that is known here signed it"),
        "wrong signature": (note.replace("\n5\n", "\n6\n"), "its signature does not belong to its text"),
        "other trail": (sign(f"{foreign.name}\n5\n{root}\n", [foreign]), "it is a checkpoint of elsewhere.example/trail/1"),
    }
    for name, (content, why) in notes.items():
        path = tmp_path / f"{name}.note"
        path.write_text(content)
        code, out, told = dpa("verify", "--against", path)
        assert (code, "The trail is whole: 5 events" in out) == (2, True), (name, out)
        assert (f"{path.name} says nothing about this trail, because {why}" in told, len(told.splitlines())) == (True, 1), told
        assert str(tmp_path) not in told
    code, out, told = dpa("verify", "--against", tmp_path / "unknown key.note", "--vkey", stranger.verifier.encode())
    assert (code, told) == (0, ""), "whoever asks may vouch for a key"
    assert dpa("verify", "--vkey", "nonsense")[0] == 2
    rebuild(ground, edit=2)
    code, out, told = dpa("verify", "--json", "--against", tmp_path / "other trail.note")
    assert (code, '"where": "other trail.note"' in out, "says nothing" in told) == (1, True, True), "the trail's own verdict goes first"


def test_the_command_names_the_file_that_pages_do_not(ground: Ground, dpa: Command) -> None:
    take_at(ground, 5)
    rebuild(ground, edit=2)
    code, out, _ = dpa("verify")
    assert (code, out.splitlines()[-1]) == (1, f"checkpoints.log is {keys.folder_of(ground.settings) / keys.LOG}")
    with Session(ground.engine) as session:
        assert session.query(TrailCheckpoint).count() == 1
