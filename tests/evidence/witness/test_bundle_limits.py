"""What the verifier says it did not check, and what it refuses: gutted bundles, hostile archives, statements that do not fit, kept checkpoints."""

from __future__ import annotations

import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from dpa.evidence.trail import bundles, checkpoints
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.notes import sign
from dpa.problems import Invalid
from tests.evidence.ground import Ground
from tests.evidence.witness.signing import take
from tests.evidence.witness.test_trail_commands import Command, dpa  # noqa: F401  the fixture of the commands
from tests.evidence.witness.test_verifier import Evidence, ask, evidence  # noqa: F401  the fixture

ORDERED = (0, 3, 7, 8, 255, 256, 299)
"""As the other bundles of the tests, with the event that erased a part of event 7."""


def paper(record: bytes) -> bytes:
    """A file with one attached record, written as documents of the register are."""
    packed = zlib.compress(record)
    return b"%PDF-1.7\n9 0 obj\n<< /Params << /Size 1 >> /Type /EmbeddedFile /Length " + str(len(packed)).encode() + b" /Filter /FlateDecode >>\nstream\n" + packed + b"\nendstream\nendobj\n"


def record_of(ground: Ground, idxs: tuple[int, ...] = ORDERED, **changes: Any) -> bytes:
    with Session(ground.engine) as session:
        found = checkpoints.newest(session)
        assert found is not None
        entries = []
        for idx in idxs:
            row = session.get_one(TrailEvent, idx)
            body = json.loads(row.body)
            entries.append({"i": idx, "leaf": row.leaf_hash.hex(), "id": body["id"], "at": body["ts"], "action": row.action})
        return json.dumps({"type": "trail-statement", "number": "LL-TS-2026-0001", "checkpoint": found.note, "content": {"entries": entries}} | changes).encode()


def stated(ground: Ground, record: bytes | None = None, *, pdf: bytes | None = None) -> bytes:
    record = record or record_of(ground)
    with Session(ground.engine) as session:
        found = checkpoints.newest(session)
        assert found is not None
        extra = {"LL-TS-2026-0001.pdf": pdf or paper(record), "record.json": record, "VERIFY.txt": b"How to"}
        return bundles.bundle(session, ORDERED, found, personal=True, extra=extra)


@pytest.fixture
def statement(evidence: Evidence) -> Path:  # noqa: F811
    target = evidence.folder / "statement.zip"
    target.write_bytes(stated(evidence.ground))
    return target


def told(done: Any) -> list[str]:
    """The lines under NOT CHECKED."""
    return [line[2:] for line in done.said.partition("NOT CHECKED:\n")[2].splitlines()]


def test_what_was_not_checked_is_said(evidence: Evidence, statement: Path) -> None:  # noqa: F811
    done = ask("verify", statement, "--vkey", evidence.vkey)
    assert done.code == 0, done.said
    assert "LL-TS-2026-0001 lists exactly these events" in done.said
    lines = told(done)
    assert [any(words in line for line in lines) for words in ("The seal on LL-TS-2026-0001.pdf", "The words in which", "VERIFY.txt", "left out", "said to be erased", "personal part")] == [
        True, True, True, False, False, False]
    plain = told(ask("verify", evidence.bundle, "--vkey", evidence.vkey))
    assert [any(words in line for line in plain) for words in ("statement.pdf: neither its seal", "events were left out", "1 part said to be erased", "names none")] == [True, True, True, False]
    without = evidence.changed(evidence.bundle, {"payloads/003.json": None, "payloads/007.json": None})
    said = json.loads(ask("verify", without, "--vkey", evidence.vkey, "--json").said)
    assert (said["exit"], said["personal_parts"], said["personal_missing"], said["erased"]) == (0, 0, 4, 0)
    assert any(line.startswith("4 personal parts (names") for line in said["not_checked"])
    bare = evidence.changed(evidence.bundle, {"anchored.note": None, "anchored.consistency": None}, anchor=None)
    assert any("the issuer names none" in line for line in told(ask("verify", bare, "--vkey", evidence.vkey)))
    export = json.loads(ask("verify", evidence.export, "--vkey", evidence.vkey, "--json").said)
    assert (export["exit"], export["personal_missing"], export["erased"]) == (0, 0, 1)
    assert not any("said to be erased" in line for line in export["not_checked"]), "the event that erased it is in the range"
    gutted = evidence.changed(evidence.export, {"payloads.jsonl": None})
    said = json.loads(ask("verify", gutted, "--vkey", evidence.vkey, "--json").said)
    assert (said["exit"], said["personal_missing"]) == (0, 5), "the reason of the erasure is a personal part, too"


def test_a_part_that_is_only_said_to_be_erased_is_found(evidence: Evidence, statement: Path) -> None:  # noqa: F811
    def saying(source: Path, name: str, by: int) -> Path:
        parts = json.loads(evidence.content(source, name))
        parts[0] = {"part": parts[0]["part"], "erased_by": by}
        return evidence.changed(source, {name: json.dumps(parts).encode()})

    done = ask("verify", saying(statement, "payloads/003.json", 8), "--vkey", evidence.vkey)
    assert (done.code, "event 8 did not erase the part" in done.said) == (1, True), done.said
    done = ask("verify", saying(statement, "payloads/003.json", 299), "--vkey", evidence.vkey)
    assert any("1 part said to be erased" in line for line in told(done)), done.said


GUTTED: dict[str, tuple[int, Callable[[Evidence, Path], Path]]] = {
    "event and proof": (3, lambda e, s: e.changed(s, {"events/255.json": None, "proofs/255.tlog-proof": None})),
    "the document": (3, lambda e, s: e.changed(s, {"LL-TS-2026-0001.pdf": None})),
    "the record, an event left out": (3, lambda e, s: e.changed(s, {"record.json": None, "events/255.json": None, "proofs/255.tlog-proof": None})),
    "another record": (1, lambda e, s: e.changed(s, {"record.json": record_of(e.ground, ORDERED[:-1])})),
    "another record, attached too": (1, lambda e, s: e.changed(s, {"record.json": record_of(e.ground, ORDERED[:-1]), "LL-TS-2026-0001.pdf": paper(record_of(e.ground, ORDERED[:-1]))})),
    "another time": (1, lambda e, s: both(e, s, lambda entry: entry.update(at="2026-01-01T00:00:00Z"))),
    "another hash": (1, lambda e, s: both(e, s, lambda entry: entry.update(leaf="00" * 32))),
    "another name": (1, lambda e, s: both(e, s, lambda entry: entry.update(action="evidence:trail:proved"))),
    "another checkpoint": (1, lambda e, s: both(e, s, lambda _: None, checkpoint=e.content(e.bundle, "anchored.note").decode())),
    "two records attached": (3, lambda e, s: e.changed(s, {"LL-TS-2026-0001.pdf": paper(record_of(e.ground)) * 2})),
    "a record cut short": (3, lambda e, s: e.changed(s, {"LL-TS-2026-0001.pdf": paper(record_of(e.ground))[:-40]})),
    "no statement": (3, lambda e, s: both(e, s, lambda _: None, type="breach-notice")),
}


def both(evidence: Evidence, source: Path, change: Callable[[dict[str, Any]], None], **changes: Any) -> Path:  # noqa: F811
    """Change the record in both of its places, as a forger would."""
    record = json.loads(record_of(evidence.ground, **changes))
    change(record["content"]["entries"][2])
    text = json.dumps(record).encode()
    return evidence.changed(source, {"record.json": text, "LL-TS-2026-0001.pdf": paper(text)})


@pytest.mark.parametrize("name", list(GUTTED))
def test_a_statement_and_its_events_must_fit(name: str, evidence: Evidence, statement: Path) -> None:  # noqa: F811
    code, change = GUTTED[name]
    done = ask("verify", change(evidence, statement), "--vkey", evidence.vkey)
    assert done.code == code, done.said


def test_who_has_the_statement_finds_what_was_left_out(evidence: Evidence, statement: Path) -> None:  # noqa: F811
    own = evidence.folder / "own.pdf"
    own.write_bytes(evidence.content(statement, "LL-TS-2026-0001.pdf"))
    assert ask("verify", statement, "--statement", own, "--vkey", evidence.vkey).code == 0
    gutted = evidence.changed(statement, {"record.json": None, "LL-TS-2026-0001.pdf": None, "events/255.json": None, "proofs/255.tlog-proof": None})
    assert ask("verify", gutted, "--vkey", evidence.vkey).code == 0
    done = ask("verify", gutted, "--statement", own, "--vkey", evidence.vkey)
    assert (done.code, "event 255 is missing" in done.said) == (3, True)
    own.write_bytes(paper(record_of(evidence.ground, ORDERED[:-1])))
    assert ask("verify", statement, "--statement", own, "--vkey", evidence.vkey).code == 1
    own.write_bytes(b"no document")
    assert ask("verify", statement, "--statement", own, "--vkey", evidence.vkey).code == 3


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/etc/evil", "C:evil", "C:\\evil", "..\\evil", "events\\9.json", "a//b", "./a", "a/", "a\x01b", "a\nb", "KEYS.TXT", "~/x", "-rf", "é"])
def test_names_that_lead_elsewhere_are_refused(name: str, evidence: Evidence) -> None:  # noqa: F811
    done = ask("verify", evidence.changed(evidence.bundle, {name: b"x"}), "--vkey", evidence.vkey)
    assert (done.code, "no name of a file in a bundle" in done.said or "two files of the same name" in done.said) == (1, True), done.said


def test_links_and_other_packings_are_refused(evidence: Evidence) -> None:  # noqa: F811
    target = evidence.changed(evidence.bundle, {})
    with zipfile.ZipFile(target) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for mode, packing, code in ((stat.S_IFLNK | 0o777, zipfile.ZIP_DEFLATED, 1), (0o644, zipfile.ZIP_BZIP2, 3), (0o644, zipfile.ZIP_STORED, 0)):
        with zipfile.ZipFile(target, "w") as archive:
            for name, data in files.items():
                info = zipfile.ZipInfo(name)
                info.external_attr, info.compress_type = (mode if name == "README.txt" else 0o644) << 16, packing
                archive.writestr(info, data)
        assert ask("verify", target, "--vkey", evidence.vkey).code == code


def test_an_archive_that_unpacks_to_too_much_is_refused_at_once(evidence: Evidence) -> None:  # noqa: F811
    big = evidence.changed(evidence.bundle, {"README.txt": bytes(65 << 20)})
    done = ask("verify", big, "--vkey", evidence.vkey)
    assert (done.code, "too large" in done.said) == (3, True), "no single file of more than 64 MiB is held in memory"
    # Entries that lie over one another: each says it is large, and the archive is small. The sizes in the directory are what is believed.
    content = bytearray(evidence.bundle.read_bytes())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 24 : at + 28] = struct.pack("<I", 50_000_000)
        at = content.find(b"PK\x01\x02", at + 4)
    bomb = evidence.folder / "bomb.zip"
    bomb.write_bytes(content)
    done = ask("verify", bomb, "--vkey", evidence.vkey)
    assert (done.code, "unpacks to more" in done.said) == (3, True)


def test_a_kept_checkpoint_is_shown_to_be_continued(ground: Ground, dpa: Command, tmp_path: Path) -> None:  # noqa: F811
    ground.happen(120)
    kept, vkey = take(ground).note, checkpoints.signer_for(ground.settings).vkey
    own = tmp_path / "kept.note"
    own.write_bytes(kept.replace("\n", "\r\n").encode())
    ground.happen(90)
    code, out, err = dpa("prove", "--from", own, "--out", tmp_path / "proof.zip")
    assert (code, "continues the checkpoint" in out) == (0, True), err
    own.write_text(kept)
    done = ask("verify", tmp_path / "proof.zip", "--vkey", vkey)
    assert (done.code, "continues the checkpoint over 120 events" in done.said) == (0, True), done.said
    done = ask("compare", own, tmp_path / "proof.zip", "--vkey", vkey)
    assert (done.code, "continues the checkpoint over 120 events" in done.said) == (0, True), done.said
    with zipfile.ZipFile(tmp_path / "proof.zip") as archive:
        for name in ("kept.note", "kept.consistency", "checkpoint.note"):
            (tmp_path / name).write_bytes(archive.read(name))
        assert "kept.note" in archive.read("README.txt").decode()
    assert ask("compare", tmp_path / "kept.note", tmp_path / "checkpoint.note", "--consistency", tmp_path / "kept.consistency", "--vkey", vkey).code == 0
    assert dpa("prove", "5", "--from", own, "--out", tmp_path / "both.zip")[0] == 0
    both = json.loads(ask("verify", tmp_path / "both.zip", "--vkey", vkey, "--json").said)
    assert (both["exit"], both["events"], both["kept"]["size"]) == (0, 1, 120)
    assert dpa("prove", "5", "--out", tmp_path / "plain.zip")[0] == 0
    assert ask("compare", own, tmp_path / "plain.zip", "--vkey", vkey).code == 3, "it brings no proof about a kept checkpoint"
    forged = sign(kept.partition("\n\n")[0].replace("\n120\n", "\n119\n") + "\n", [checkpoints.signer_for(ground.settings).key])
    own.write_text(forged)
    assert ask("compare", own, tmp_path / "proof.zip", "--vkey", vkey).code == 3
    for content, sentence in ((forged.encode(), "not the continuation"), (kept.replace("120", "121").encode(), "no checkpoint that was signed here"), (b"x", "no checkpoint"), (b"\xff\xfe", "no text")):
        own.write_bytes(content)
        code, _, err = dpa("prove", "--from", own, "--out", tmp_path / "no.zip")
        assert (code, sentence in err, (tmp_path / "no.zip").exists()) == (2, True, False), err


def test_a_rewritten_trail_cannot_be_proved_to_continue_what_was_kept(evidence: Evidence) -> None:  # noqa: F811
    """Whoever has database and key signs a new history; the kept note finds it, whatever the bundle brings."""
    note = evidence.content(evidence.bundle, "anchored.note").decode()
    origin, size, root = note.split("\n")[:3]
    kept = evidence.folder / "kept.note"
    kept.write_text(sign(f"{origin}\n{size}\n{'A' * 10}{root[10:]}\n", [evidence.key]))
    made = evidence.changed(evidence.bundle, {"kept.note": note.encode(), "kept.consistency": evidence.content(evidence.bundle, "anchored.consistency")})
    assert ask("verify", made, "--vkey", evidence.vkey).code == 0
    done = ask("compare", kept, made, "--vkey", evidence.vkey)
    assert (done.code, "something was rewritten" in done.said) == (1, True), done.said
    with Session(evidence.ground.engine) as session:
        found = checkpoints.newest(session)
        assert found is not None
        with pytest.raises(Invalid, match="not the continuation"):
            bundles.bundle(session, (), found, personal=False, kept=kept.read_text())
