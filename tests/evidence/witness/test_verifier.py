"""Bundles and exports, and the verifier in one file that judges them: run as the program it is, without packages, on every Python there is."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from dpa.clock import SystemClock
from dpa.evidence import trail
from dpa.evidence.trail import anchoring, bundles, checkpoints
from dpa.evidence.trail.models import TrailEvent
from dpa.evidence.trail.nodes import stored_nodes
from dpa.evidence.trail.notes import NoteError, SigningKey, sign
from dpa.evidence.trail.proofs import Consistency, Inclusion, connect
from dpa.evidence.trail.tree import BadProof
from dpa.problems import Invalid
from tests.evidence.ground import HAPPENED, Ground
from tests.evidence.witness.pythons import others
from tests.evidence.witness.signing import VERIFIER, take, verifier

EVENTS = 300
CHOSEN = (0, 3, 7, 255, 256, 299)
CANARY = "Trillian McMillan-Quarzsand"


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    said: str


def ask(*words: str | Path, python: str = sys.executable) -> Done:
    command = [python, "-I", "-S", "-W", "error", str(VERIFIER), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={"PATH": "", "PYTHONIOENCODING": "utf-8"})
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout + done.stderr)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A trail, and what was handed out of it."""

    ground: Ground
    vkey: str
    bundle: Path
    export: Path
    folder: Path
    key: SigningKey

    def changed(self, source: Path, changes: Mapping[str, bytes | None], *, mend: bool = True, **facts: Any) -> Path:
        """Return a copy with other files; with `mend` the manifest is made to fit, as anybody can do."""
        target = self.folder / "changed.zip"
        with zipfile.ZipFile(source) as old:
            files = {name: old.read(name) for name in old.namelist()}
        for name, content in changes.items():
            if content is None:
                del files[name]
            else:
                files[name] = content
        manifest = json.loads(files.pop("manifest.json"))
        manifest.update(facts)
        if mend:
            manifest["files"] = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in files.items()}
        with zipfile.ZipFile(target, "w") as new:
            for name, data in {**files, "manifest.json": json.dumps(manifest).encode()}.items():
                new.writestr(name, data)
        return target

    def content(self, source: Path, name: str) -> bytes:
        with zipfile.ZipFile(source) as archive:
            return archive.read(name)


def fill(ground: Ground) -> None:
    ground.now = SystemClock().now() - timedelta(hours=30)
    with Session(ground.engine) as session, ground.begin(session) as unit:
        for number in range(8):
            personal = {"name": CANARY, "note": "stays"} if number in {3, 7} else None
            trail.record(unit, HAPPENED, subject=("thing", number), organisation_id=1, data={"count": number}, personal=personal)
    with Session(ground.engine) as session, ground.begin(session) as unit:
        trail.erase_payload(unit, 7, "name", reason="They asked", basis="Art. 17(1)(b) GDPR")
    ground.happen(190)
    with Session(ground.engine) as session, ground.begin(session) as unit:
        size = checkpoints.take(unit, checkpoints.signer_for(ground.settings), "daily").size
        anchoring.hold(unit, size, anchoring.WITNESS, "message:1", "somebody")
    ground.happen(EVENTS - 199)


def make(ground: Ground, **options: Any) -> bytes:
    with Session(ground.engine) as session:
        found = checkpoints.newest(session)
        assert found is not None
        return bundles.bundle(session, CHOSEN, found, **{"personal": True, **options})


def write_export(ground: Ground, first: int, last: int, *, personal: bool = True) -> bytes:
    target = io.BytesIO()
    with Session(ground.engine) as session:
        found = checkpoints.newest(session)
        assert found is not None
        assert bundles.export(session, first, last, found, target, personal=personal) == last - first + 1
    return target.getvalue()


@pytest.fixture
def evidence(sqlite_ground: Ground, tmp_path: Path) -> Evidence:
    fill(sqlite_ground)
    take(sqlite_ground)
    (tmp_path / "bundle.zip").write_bytes(make(sqlite_ground, extra={"statement.pdf": b"%PDF"}))
    (tmp_path / "export.zip").write_bytes(write_export(sqlite_ground, 2, 280))
    signer = checkpoints.signer_for(sqlite_ground.settings)
    return Evidence(sqlite_ground, signer.vkey, tmp_path / "bundle.zip", tmp_path / "export.zip", tmp_path, signer.key)


def test_what_a_bundle_holds(ground: Ground, tmp_path: Path) -> None:
    fill(ground)
    take(ground)
    content = make(ground)
    assert content == make(ground), "the same rows make the same bytes"
    (tmp_path / "b.zip").write_bytes(content)
    vkey = checkpoints.signer_for(ground.settings).vkey
    done = ask("verify", tmp_path / "b.zip", "--vkey", vkey, "--json")
    said = json.loads(done.said)
    assert (done.code, said["verdict"], said["events"], said["personal_parts"], said["erased"]) == (0, "VALID", 6, 3, 1)
    assert (said["key_source"], said["size"], said["anchor"]["kind"], said["anchor"]["size"]) == ("given", EVENTS, "witness", 199)
    assert 29 < said["anchor"]["age_hours"] < 31
    with zipfile.ZipFile(tmp_path / "b.zip") as archive, Session(ground.engine) as session:
        for idx in CHOSEN:
            assert archive.read(f"events/{idx:03}.json").decode() == session.get_one(TrailEvent, idx).body, "exactly what was hashed"
        assert json.loads(archive.read("payloads/007.json"))[0] == {"part": "name", "erased_by": 8}
        assert archive.read("verify_trail.py") == VERIFIER.read_bytes()
        readme = archive.read("README.txt").decode()
        assert "{" not in readme
        assert "300 entries when this was signed" in readme
        listed = json.loads(archive.read("manifest.json"))["files"]
        assert {name: entry["sha256"] for name, entry in listed.items()} == {
            name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist() if name != "manifest.json"}
    without = make(ground, personal=False)
    assert CANARY.encode() not in without
    with zipfile.ZipFile(io.BytesIO(without)) as archive:
        assert not [name for name in archive.namelist() if name.startswith("payloads/")]
    with Session(ground.engine) as session:
        found = checkpoints.newest(session)
        assert found is not None
        for chosen, extra, sentence in [([], {}, "at least one"), ([EVENTS], {}, "take a new one"), ([-1], {}, "covers the events"),
                                        ([1], {"manifest.json": b""}, "cannot be the name"), ([1], {"../x": b""}, "cannot be the name"),
                                        ([1], {"keys.txt": b""}, "cannot be the name")]:
            with pytest.raises(Invalid, match=sentence):
                bundles.bundle(session, chosen, found, personal=True, extra=extra)
        with pytest.raises(Invalid, match="range"):
            bundles.export(session, 5, EVENTS, found, io.BytesIO(), personal=True)


@pytest.mark.parametrize(("first", "last"), [(0, EVENTS - 1), (0, 0), (0, 254), (0, 255), (1, 1), (37, 256), (256, 299), (299, 299)])
def test_exports_of_any_range(ground: Ground, tmp_path: Path, first: int, last: int) -> None:
    fill(ground)
    take(ground)
    (tmp_path / "e.zip").write_bytes(write_export(ground, first, last))
    done = ask("verify", tmp_path / "e.zip", "--vkey", checkpoints.signer_for(ground.settings).vkey)
    assert (done.code, done.said.split()[1]) == (0, str(last - first + 1)), done.said


def test_an_erasure_leaves_what_was_proved_before_and_takes_the_part_from_what_is_made_later(ground: Ground, tmp_path: Path) -> None:
    """AT-9."""
    fill(ground)
    take(ground)
    (tmp_path / "before.zip").write_bytes(make(ground))
    with Session(ground.engine) as session, ground.begin(session) as unit:
        trail.erase_payload(unit, 3, "name", reason="They asked", basis="Art. 17(1)(b) GDPR")
    (tmp_path / "after.zip").write_bytes(make(ground))
    vkey = checkpoints.signer_for(ground.settings).vkey
    for name, parts in (("before", 3), ("after", 2)):
        done = ask("verify", tmp_path / f"{name}.zip", "--vkey", vkey, "--json")
        assert (done.code, json.loads(done.said)["personal_parts"]) == (0, parts)
    with zipfile.ZipFile(tmp_path / "after.zip") as archive:
        assert not [name for name in archive.namelist() if CANARY.encode() in archive.read(name)]


PYTHONS = others()


@pytest.mark.parametrize("version", [*PYTHONS, *([] if PYTHONS else ["missing"])])
def test_under_every_other_python(version: str, evidence: Evidence) -> None:
    if version == "missing":
        pytest.skip("there is no other Python 3.9 to 3.14 on this machine (on Debian: apt install pypy3)")
    python = PYTHONS[version]
    for path in (evidence.bundle, evidence.export):
        assert ask("verify", path, "--vkey", evidence.vkey, python=python).code == 0
    broken = evidence.changed(evidence.bundle, {"events/003.json": evidence.content(evidence.bundle, "events/003.json").replace(b"u:7", b"u:8")})
    assert ask("verify", broken, "--vkey", evidence.vkey, python=python).code == 1
    assert ask("verify", python=python).code == 2
    assert ask("verify", evidence.folder, python=python).code == 3


def test_it_is_one_file_that_needs_nothing_and_python_3_9_can_read() -> None:
    tree = ast.parse(VERIFIER.read_text("utf-8"), feature_version=(3, 9))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)


def test_where_the_key_comes_from_is_said(evidence: Evidence) -> None:
    told = ask("verify", evidence.bundle)
    assert (told.code, "THE KEY CAME FROM THE BUNDLE ITSELF" in told.said) == (0, True)
    (evidence.folder / "their key").write_text(evidence.vkey + "\n")
    for given in (evidence.vkey, evidence.folder / "their key"):
        told = ask("verify", evidence.bundle, "--vkey", given)
        assert (told.code, "You gave that key" in told.said, "CAME FROM" in told.said) == (0, True, False)
    stranger = SigningKey(evidence.key.name, bytes(32))
    told = ask("verify", evidence.bundle, "--vkey", stranger.verifier.encode())
    assert (told.code, "is signed by none of the keys" in told.said) == (1, True)


def test_a_forged_trail_signed_with_a_key_of_its_own_is_found_by_the_key_from_outside(evidence: Evidence) -> None:
    """Whoever makes up a whole bundle can make it agree with itself."""
    other = evidence.ground.settings.model_copy(update={"keys": evidence.folder / "forged"})
    forger = checkpoints.signer_for(other)
    note = evidence.content(evidence.bundle, "checkpoint.note").decode()
    text = note.partition("\n\n")[0].replace(evidence.key.name, forger.origin) + "\n"
    forged_note = sign(text, [forger.key])
    with zipfile.ZipFile(evidence.bundle) as archive:
        proofs = {name: archive.read(name).replace(note.encode(), forged_note.encode()) for name in archive.namelist() if name.startswith("proofs/")}
    forged = evidence.changed(evidence.bundle, {**proofs, "checkpoint.note": forged_note.encode(), "keys.txt": forger.vkey.encode(),
                                                "anchored.note": None, "anchored.consistency": None}, anchor=None)
    assert ask("verify", forged).code == 0
    assert ask("verify", forged, "--vkey", evidence.vkey).code == 1


Change = Callable[[Evidence, Path], Path]


def replaced(name: str, before: bytes, after: bytes, **facts: Any) -> Change:
    def change(evidence: Evidence, source: Path) -> Path:
        content = evidence.content(source, name)
        assert before in content
        return evidence.changed(source, {name: content.replace(before, after, 1)}, **facts)

    return change


def swapped(one: str, other: str) -> Change:
    def change(evidence: Evidence, source: Path) -> Path:
        return evidence.changed(source, {one: evidence.content(source, other), other: evidence.content(source, one)})

    return change


def older_checkpoint(evidence: Evidence, source: Path) -> Path:
    return evidence.changed(source, {"checkpoint.note": evidence.content(source, "anchored.note")})


def another_root(evidence: Evidence, source: Path) -> Path:
    """What only the holder of the key can do: a checkpoint over another history, with the anchor still in it."""
    note = evidence.content(source, "anchored.note").decode()
    origin, size, root = note.split("\n")[:3]
    forged = sign(f"{origin}\n{size}\n{'A' * 10}{root[10:]}\n", [evidence.key])
    return evidence.changed(source, {"anchored.note": forged.encode()})


def another_hash(evidence: Evidence, source: Path) -> Path:
    lines = evidence.content(source, "anchored.consistency").split(b"\n")
    lines[3], lines[4] = lines[4], lines[3]
    return evidence.changed(source, {"anchored.consistency": b"\n".join(lines)})


def listed_twice(evidence: Evidence, source: Path) -> Path:
    target = evidence.changed(source, {})
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(target, "a") as archive:
        archive.writestr("checkpoint.note", b"another")
    return target


def beside_the_manifest(evidence: Evidence, source: Path) -> Path:
    return evidence.changed(source, {"events/400.json": b"{}"}, mend=False)


BUNDLE_TAMPERS: dict[str, Change] = {
    "event": replaced("events/003.json", b"u:7", b"u:8"),
    "event, manifest left": lambda evidence, source: evidence.changed(source, {"events/003.json": b"{}"}, mend=False),
    "extra file": lambda evidence, source: evidence.changed(source, {"statement.pdf": b"%PDX"}, mend=False),
    "payload": replaced("payloads/003.json", CANARY.encode(), b"Somebody Else"),
    "salt": replaced("payloads/003.json", b'"salt":"', b'"salt":"00'),
    "part nobody knows": replaced("payloads/003.json", b'"part":"note"', b'"part":"nota"'),
    "proof hash": replaced("proofs/003.tlog-proof", b"index 3\n", b"index 3\n" + b"A" * 43 + b"=\n"),
    "index": replaced("proofs/003.tlog-proof", b"index 3\n", b"index 2\n"),
    "checkpoint size": replaced("checkpoint.note", b"\n300\n", b"\n301\n"),
    "checkpoint signature": replaced("checkpoint.note", b"\xe2\x80\x94 127.0.0.1", b"\xe2\x80\x94 127.0.0.2"),
    "proofs swapped": swapped("proofs/003.tlog-proof", "proofs/007.tlog-proof"),
    "events swapped": swapped("events/003.json", "events/007.json"),
    "older checkpoint": older_checkpoint,
    "anchor over another history": another_root,
    "anchor proof": another_hash,
    "file twice": listed_twice,
    "file beside the manifest": beside_the_manifest,
}
EXPORT_TAMPERS: dict[str, Change] = {
    "event": replaced("events.jsonl", b'"count":7', b'"count":8'),
    "event and manifest left": lambda evidence, source: evidence.changed(source, {"events.jsonl": b"{}\n"}, mend=False),
    "payload": replaced("payloads.jsonl", CANARY.encode(), b"Somebody Else"),
    "first": lambda evidence, source: evidence.changed(source, {"payloads.jsonl": None, "range.proof": evidence.content(source, "range.proof").replace(
        b"first 2\n", b"first 4\n").replace(b"last 280\n", b"last 282\n")}),
    "checkpoint": replaced("checkpoint.note", b"\n300\n", b"\n301\n"),
}


@pytest.mark.parametrize("name", list(BUNDLE_TAMPERS))
def test_a_tampered_bundle(name: str, evidence: Evidence) -> None:
    done = ask("verify", BUNDLE_TAMPERS[name](evidence, evidence.bundle), "--vkey", evidence.vkey)
    assert (done.code, done.said.startswith("TAMPERED: ")) == (1, True), done.said


@pytest.mark.parametrize("name", list(EXPORT_TAMPERS))
def test_a_tampered_export(name: str, evidence: Evidence) -> None:
    done = ask("verify", EXPORT_TAMPERS[name](evidence, evidence.export), "--vkey", evidence.vkey)
    assert (done.code, done.said.startswith("TAMPERED: ")) == (1, True), done.said


def test_what_is_unreadable_or_incomplete(evidence: Evidence) -> None:
    whole = evidence.bundle.read_bytes()
    target = evidence.folder / "part.zip"
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        target.write_bytes(whole[:length])
        assert ask("verify", target, "--vkey", evidence.vkey).code == 3, length
    for missing in ("events/003.json", "proofs/003.tlog-proof", "checkpoint.note", "anchored.note", "manifest.json"):
        if missing != "manifest.json":
            done = ask("verify", evidence.changed(evidence.bundle, {missing: None}), "--vkey", evidence.vkey)
            assert (done.code, done.said.startswith("UNREADABLE OR INCOMPLETE")) == (3, True), (missing, done.said)
            assert ask("verify", evidence.changed(evidence.bundle, {missing: None}, mend=False), "--vkey", evidence.vkey).code == 3
    for change in ({"checkpoint.note": b"nonsense"}, {"proofs/003.tlog-proof": b"nonsense"}, {"events/003.json": b"\xff", "proofs/003.tlog-proof": b"c2sp"},
                   {"payloads/003.json": b'[{"part":["name"]}]'}, {"payloads/003.json": b"[" * 100_000}):
        assert ask("verify", evidence.changed(evidence.bundle, change), "--vkey", evidence.vkey).code == 3, change
    assert ask("verify", evidence.changed(evidence.bundle, {}, format="dpa-desk/trail-bundle@v9"), "--vkey", evidence.vkey).code == 3
    lines = evidence.content(evidence.export, "events.jsonl").splitlines(keepends=True)
    for events in (lines[:-1], [*lines, lines[-1]], [*lines[:-1], lines[-1][:-1]], []):
        assert ask("verify", evidence.changed(evidence.export, {"events.jsonl": b"".join(events)}), "--vkey", evidence.vkey).code == 3


def test_no_flipped_bit_of_the_file_is_called_valid(evidence: Evidence) -> None:
    module, content = verifier(), evidence.bundle.read_bytes()
    target = evidence.folder / "flipped.zip"
    harmless = 0
    for number in range(0, len(content) * 8, len(content) * 8 // 300):
        at, bit = number // 8, 1 << number % 8
        target.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
        code = module.main(["verify", str(target), "--vkey", evidence.vkey])
        assert code in {0, 1, 3}
        if code == 0:
            # A bit of the zip's own furniture (a date, a flag) that changes no content.
            harmless += 1
            with zipfile.ZipFile(target) as archive, zipfile.ZipFile(evidence.bundle) as before:
                assert {name: archive.read(name) for name in archive.namelist()} == {name: before.read(name) for name in before.namelist()}
    assert harmless < 100


def test_the_age_of_the_newest_copy(evidence: Evidence) -> None:
    for hours, code in (("48", 0), ("24", 4), ("0.5", 4)):
        done = ask("verify", evidence.bundle, "--vkey", evidence.vkey, "--max-age", hours)
        assert done.code == code, done.said
        assert "Signed by" in done.said
    without = evidence.changed(evidence.bundle, {"anchored.note": None, "anchored.consistency": None}, anchor=None)
    assert ask("verify", without, "--vkey", evidence.vkey).code == 0
    done = ask("verify", without, "--vkey", evidence.vkey, "--max-age", "9999")
    assert (done.code, "names no copy held outside" in done.said) == (4, True)


def test_wrong_use(evidence: Evidence) -> None:
    for words in ([], ["verify"], ["nonsense"], ["verify", evidence.bundle, "--max-age", "soon"], ["verify", evidence.bundle, "--vkey", "nonsense"],
                  ["verify", evidence.bundle, "--vkey", evidence.vkey.replace("+", "+0", 1)], ["proof", evidence.bundle, "--event", evidence.bundle],
                  ["compare", VERIFIER, VERIFIER, "--vkey", evidence.vkey], ["compare", evidence.bundle, evidence.bundle],
                  ["verify", evidence.bundle, "--statement", evidence.folder / "nothing"]):
        assert ask(*words).code == 2, words


def test_one_proof_and_two_checkpoints(evidence: Evidence) -> None:
    with zipfile.ZipFile(evidence.bundle) as archive:
        for name in ("events/003.json", "proofs/003.tlog-proof", "checkpoint.note", "anchored.note", "anchored.consistency"):
            (evidence.folder / Path(name).name).write_bytes(archive.read(name))
    proof, event, new, old, consistency = (evidence.folder / name for name in (
        "003.tlog-proof", "003.json", "checkpoint.note", "anchored.note", "anchored.consistency"))
    assert ask("proof", proof, "--event", event, "--vkey", evidence.vkey).code == 0
    assert ask("compare", old, new, "--consistency", consistency, "--vkey", evidence.vkey).code == 0
    assert ask("compare", new, old, "--consistency", consistency, "--vkey", evidence.vkey).code == 3, "a proof about others proves nothing"
    assert ask("compare", old, old, "--consistency", consistency, "--vkey", evidence.vkey).code == 3
    assert ask("proof", proof, "--event", evidence.folder / "nothing", "--vkey", evidence.vkey).code == 3
    text = event.read_bytes()
    for changed in (text + b"\n", text.replace(b"u:7", b"u:8")):
        event.write_bytes(changed)
        assert ask("proof", proof, "--event", event, "--vkey", evidence.vkey).code == 1
    event.write_bytes(text)
    extra = proof.read_text().replace("@v1\n", "@v1\nextra AAAA\n")
    proof.write_text(extra)
    assert ask("proof", proof, "--event", event, "--vkey", evidence.vkey).code == 0, "C2SP allows extra data, which proves nothing"
    assert Inclusion.parse(extra).verify(text, [evidence.key.verifier]).size == EVENTS


def test_proof_files_read_back_and_refuse_what_is_malformed(evidence: Evidence) -> None:
    source = evidence.content(evidence.bundle, "proofs/003.tlog-proof").decode()
    event = evidence.content(evidence.bundle, "events/003.json")
    known = [evidence.key.verifier]
    found = Inclusion.parse(source)
    assert (found.text(), found.index, found.verify(event, known).size) == (source, 3, EVENTS)
    lines = source.split("\n")
    for broken in ("", source.replace("@v1", "@v2"), source.replace("index 3", "index 03"), source.replace("index 3", "index -3"), source.replace("index 3\n", ""),
                   source.replace("\n\n", "\n"), source.replace(lines[2], lines[2][:-2]), source.replace(lines[2], lines[2].replace("=", "")),
                   source.replace(lines[2], f"{lines[2]}\n" * 65)):
        with pytest.raises(NoteError):
            Inclusion.parse(broken).verify(event, known)
    with pytest.raises(BadProof):
        found.verify(event + b" ", known)
    old, new = (evidence.content(evidence.bundle, name).decode() for name in ("anchored.note", "checkpoint.note"))
    text = evidence.content(evidence.bundle, "anchored.consistency").decode()
    between = Consistency.parse(text)
    assert (between.text(), [one.size for one in between.verify(old, new, known)]) == (text, [199, EVENTS])
    with pytest.raises(BadProof):
        between.verify(new, new, known)
    for broken in ("", text[:-1], text.replace("old", "alt"), text.replace("new 300", "new 3e2"), text.replace("=", "", 1)):
        with pytest.raises(NoteError):
            Consistency.parse(broken)
    with evidence.ground.engine.connect() as connection:
        nodes = stored_nodes(connection)
        for size in range(1, EVENTS + 1, 13):
            assert Consistency.parse(connect(nodes, size, EVENTS).text()) == connect(nodes, size, EVENTS)


def test_the_example_of_the_specification_is_read() -> None:
    """C2SP tlog-proof prints its example with shortened signatures; the rest is read as it stands."""
    example = """\
c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6kYXJ3aW4tYXJ
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog hI2DJw[...]1roloI=
"""
    found = Inclusion.parse(example)
    assert (found.index, len(found.path), found.path[0].hex()[:8]) == (73894, 5, "8122b25e")
    assert found.note.startswith("example.com/fancylog\n109482\n")


def test_by_hand_as_the_documentation_says(sqlite_ground: Ground, tmp_path: Path) -> None:
    """With sha256sum, base64 and OpenSSL instead of any code of ours."""
    sqlite_ground.happen(3)
    row = take(sqlite_ground)
    with Session(sqlite_ground.engine) as session:
        (tmp_path / "proof.zip").write_bytes(bundles.bundle(session, [2], session.merge(row, load=False), personal=False))
        leaf = session.get_one(TrailEvent, 2).leaf_hash.hex()
    section = (VERIFIER.parents[4] / "docs/trail.md").read_text("utf-8").partition("### By hand")[2].partition("\n## ")[0]
    commands = "\n".join(section.split("```")[1::2])
    assert commands.count("\n") > 10
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert leaf in done.stdout
    assert "Signature Verified Successfully" in done.stdout
    altered = tmp_path / "proof" / "events" / "2.json"
    altered.write_bytes(altered.read_bytes() + b" ")
    again = subprocess.run(["bash", "-euo", "pipefail", "-c", commands.partition("cd proof\n")[2]], cwd=tmp_path / "proof", capture_output=True,
                           text=True, check=False)
    assert again.returncode != 0
