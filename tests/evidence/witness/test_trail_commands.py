"""`dpa trail checkpoint | prove | export | rotate-key | verify --against`, and an attack by the owner of the database from its start to its end."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from dpa.cli import main, trail_proofs
from dpa.evidence.trail import checkpoints
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.notes import VerifierKey, open_checkpoint
from dpa.problems import Conflict, Invalid
from tests.evidence.ground import Ground
from tests.evidence.witness.signing import VERIFIER
from tests.evidence.witness.test_checkpoints import as_owner, rebuild
from tests.support.databases import Database

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def dpa(database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command, in this process, on the test's database."""
    monkeypatch.setenv("DPA_INSTANCE", str(database.folder))
    monkeypatch.setenv("DATABASE_URL", database.url)

    def call(*words: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dpa", "trail", *map(str, words)])
        capsys.readouterr()
        status: str | int | None = 0
        try:
            main()
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        return int(status or 0), out, err

    return call


def judge(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-I", "-S", str(VERIFIER), "verify", str(path), *words], capture_output=True, text=True, check=False)


def newest_actions(ground: Ground, number: int) -> list[str]:
    with Session(ground.engine) as session:
        return [row.action for row in session.query(TrailEvent).order_by(TrailEvent.idx.desc()).limit(number)]


def test_the_owner_of_the_database_rewrites_an_old_event(ground: Ground, dpa: Command, tmp_path: Path) -> None:
    """He edits it, computes the whole tree anew, removes the stored checkpoints; only what was kept elsewhere finds him."""
    ground.happen(300)
    code, note, words = dpa("checkpoint")
    assert (code, "Key: 127.0.0.1/trail/" in words) == (0, True)
    kept = tmp_path / "kept.note"
    kept.write_text(note)
    ground.happen(40)
    code, out, _ = dpa("verify", "--against", kept)
    assert (code, "340 events" in out, "it agrees with 1 signed checkpoint" in out) == (0, True, True)
    rebuild(ground, edit=120)
    as_owner(ground, "DELETE FROM trail_checkpoint")
    code, out, _ = dpa("verify", "--no-log")
    assert (code, "The trail is whole" in out) == (0, True), "with nothing from outside the rewritten trail looks whole"
    for found in (dpa("verify"), dpa("verify", "--no-log", "--against", kept)):
        assert (found[0], "the first 300 events are not those of the checkpoint" in found[1], "events 0 to 299" in found[1]) == (1, True, True)
    code, out, _ = dpa("verify", "--json", "--against", kept, "--against", checkpoints.signer_for(ground.settings).log.path)
    said = json.loads(out)
    assert (code, said["findings"][0]["events"], said["finding_count"]) == (1, [0, 299], 1)
    code, _, words = dpa("checkpoint")
    assert (code, "were changed after it" in words, len(words.strip().splitlines())) == (2, True, 1)


def test_checkpoint_as_json(ground: Ground, dpa: Command) -> None:
    code, _, words = dpa("checkpoint")
    assert (code, "no events yet" in words) == (2, True)
    ground.happen(3)
    said = json.loads(dpa("checkpoint", "--json")[1])
    found = open_checkpoint(said["note"], [VerifierKey.parse(said["vkey"])])
    assert (found.size, found.root.hex(), found.origin, said["reason"]) == (said["size"], said["root"], said["origin"], "command")
    assert Path(said["log"]).read_text().count(said["note"]) == 1


def test_prove_and_export(ground: Ground, dpa: Command, tmp_path: Path) -> None:
    ground.happen(20, personal_every=5)
    out = tmp_path / "proof.zip"
    assert dpa("prove", "4", "17", "4", "--out", out)[0] == 0
    assert newest_actions(ground, 1) == ["evidence:trail:proved"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    vkey = checkpoints.signer_for(ground.settings).vkey
    done = judge(out, "--vkey", vkey)
    assert (done.returncode, "\n2 events: in the trail" in done.stdout) == (0, True), done.stdout
    assert dpa("prove", "--subject", "thing:5", "--personal", "--out", tmp_path / "subject.zip")[0] == 0
    assert "\n1 event, 1 personal part: in" in judge(tmp_path / "subject.zip", "--vkey", vkey).stdout
    assert dpa("export", "--from", "3", "--to", "18", "--personal", "--out", tmp_path / "export.zip")[0] == 0
    assert "16 events, 3 personal parts" in judge(tmp_path / "export.zip", "--vkey", vkey).stdout
    assert newest_actions(ground, 1) == ["evidence:trail:exported"]
    assert dpa("export", "--out", tmp_path / "all.zip")[0] == 0
    assert "\n23 events: in" in judge(tmp_path / "all.zip", "--vkey", vkey).stdout, "up to the newest, which a new checkpoint covers"
    for words, sentence in [
        (("prove", "1", "--out", out), "exists already"), (("prove", "--out", tmp_path / "x.zip"), "Name events"),
        (("prove", "1", "--subject", "thing:1", "--out", tmp_path / "x.zip"), "Name events"), (("prove", "999", "--out", tmp_path / "x.zip"), "covers the events"),
        (("prove", "--subject", "thing", "--out", tmp_path / "x.zip"), "kind and number"), (("prove", "--subject", "dragon:1", "--out", tmp_path / "x.zip"), "nothing about"),
        (("export", "--from", "9", "--to", "3", "--out", tmp_path / "x.zip"), "range"), (("prove", "1", "--out", tmp_path / "no" / "x.zip"), "no folder"),
        (("prove", "-1", "--out", tmp_path / "x.zip"), ""), (("prove", "1"), "--out"),
    ]:
        code, _, told = dpa(*words)
        assert (code, sentence in told, len(told.strip().splitlines())) == (2, True, 1), told
    assert sorted(path.name for path in tmp_path.glob("*.zip")) == ["all.zip", "export.zip", "proof.zip", "subject.zip"]
    assert not list(tmp_path.glob(".*.zip*")), "nothing half-written stays"


def test_nothing_is_handed_out_that_could_not_be_recorded(ground: Ground, dpa: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.happen(3)

    def busy(*_: object) -> None:
        raise Conflict("The database is busy.")

    monkeypatch.setattr(trail_proofs, "_tell", busy)
    assert dpa("prove", "1", "--personal", "--out", tmp_path / "proof.zip")[0] == 2
    assert dpa("export", "--personal", "--out", tmp_path / "export.zip")[0] == 2
    assert not list(tmp_path.rglob("*.zip*"))


def test_a_file_of_somebody_else_never_becomes_the_proof(tmp_path: Path) -> None:
    """In a folder of many people somebody who guesses the name of the unfinished file must not receive what is written into it."""
    out = tmp_path / "proof.zip"
    for guess in (f".{out.name}.{os.getpid()}", f".{out.name}"):
        (tmp_path / guess).symlink_to(tmp_path / "theirs")
    with trail_proofs._new_file(out) as file:
        file.write(b"personal")
    assert (out.read_bytes(), stat.S_IMODE(out.stat().st_mode)) == (b"personal", 0o600)
    assert not (tmp_path / "theirs").exists()
    late = tmp_path / "late.zip"
    with pytest.raises(Invalid, match="exists already"), trail_proofs._new_file(late) as file:
        late.write_bytes(b"of somebody else")
    assert late.read_bytes() == b"of somebody else"


def test_rotating_and_beginning_anew(ground: Ground, dpa: Command) -> None:
    ground.happen(3)
    former = json.loads(dpa("checkpoint", "--json")[1])
    code, out, _ = dpa("rotate-key")
    assert (code, former["origin"] in out, former["vkey"] in out) == (0, True, False)
    latest = json.loads(dpa("checkpoint", "--json")[1])
    assert (latest["vkey"] in out, latest["size"]) == (True, 4)
    assert dpa("verify")[0] == 0
    code, _, words = dpa("rotate-key", "--anew")
    assert (code, "--reason" in words) == (2, True)
    shutil.rmtree(checkpoints.signer_for(ground.settings).folder)
    ground.happen(1)
    assert "begin anew" in dpa("checkpoint")[2]
    assert dpa("rotate-key", "--anew", "--reason", "the machine is gone")[0] == 0
    assert dpa("verify")[0] == 0
    assert newest_actions(ground, 1) == ["evidence:key:begun_anew"]


def test_what_is_no_checkpoint_is_wrong_use(ground: Ground, dpa: Command, tmp_path: Path) -> None:
    ground.happen(1)
    (tmp_path / "nonsense").write_text("nonsense")
    (tmp_path / "log").write_text("# nonsense\n\n\n\n\n\n\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name, sentence in [("nonsense", "holds no signed checkpoint"), ("log", "holds no signed checkpoint"), ("bytes", "holds no signed checkpoint"),
                           ("absent", "cannot be read")]:
        code, _, told = dpa("verify", "--against", tmp_path / name)
        assert (code, sentence in told, len(told.strip().splitlines())) == (2, True, 1), told
    code, note, _ = dpa("checkpoint")
    (tmp_path / "from a mail").write_bytes(note.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    assert dpa("verify", "--against", tmp_path / "from a mail")[0] == 0, "mail programs change the ends of lines"
