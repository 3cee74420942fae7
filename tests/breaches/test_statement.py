"""The trail statement of a case: its reach, who is named in it, its words, and its bundle before the verifier that strangers have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from dpa import slices
from dpa.alerts import ladder
from dpa.breaches import operations
from dpa.breaches.models import Breach
from dpa.docket import kinds
from dpa.evidence import trail
from dpa.evidence.register import records, store
from dpa.evidence.register.models import FileRole, IssuedDocument
from dpa.evidence.seal import operations as seals
from dpa.evidence.trail import registry, sentences
from dpa.evidence.trail.models import TrailEvent, TrailPayload
from dpa.people.operations import NewPerson, invite
from dpa.people.roles import Role
from tests.breaches.conftest import Ground
from tests.breaches.test_documents import House
from tests.evidence.pdf.reading import text
from tests.evidence.witness.signing import VERIFIER
from tests.support.seals import SealGround

NAME = "Quarzsand Trillian"
NOT_THE_CASE = ("agreements:", "parties:", "people:", "evidence:seal:", "evidence:trail:", "evidence:clock:")
CODE = re.compile(r"\b[a-z]+[:/][a-z]+\b|[a-z]_[a-z0-9]")
"""A word of the code: breaches:word, breaches/notice, after_2."""


def issue(of: House, *, personal: bool) -> tuple[IssuedDocument, bytes]:
    with of.ground.unit() as unit:
        number = operations.order_statement(unit, unit.session.get_one(Breach, of.breach.id), of.ground.organisation, personal=personal).id
    of.seal()
    of.ground.session.rollback()
    paper = of.ground.session.get_one(IssuedDocument, number)
    bundle = next(file for file in paper.files if file.role is FileRole.BUNDLE)
    return paper, store.get(of.ground.settings.document_store, bundle.sha256)


@pytest.fixture
def house(lemon: Ground, seal_ground: SealGround) -> House:
    """A released breach; whoever acts has a name."""
    shutil.copytree(seal_ground.keys, lemon.settings.instance / "keys")
    with lemon.unit() as unit:
        seals.install(unit, seal_ground.prepared_for(lemon.organisation.id))
        assert invite(unit, unit.session.merge(lemon.organisation), NewPerson("q@desk.example", NAME), Role.DPO).person.id == 1
    return House(lemon)


def test_it_holds_every_event_of_the_case_and_nothing_else(house: House) -> None:
    house.seal()
    house.deliver()
    with house.ground.unit() as unit:
        event = unit.session.scalars(select(TrailPayload.event_idx).join(TrailEvent, TrailEvent.idx == TrailPayload.event_idx).where(TrailEvent.subject_type == "breach")).first()
        assert event is not None
        part = unit.session.scalars(select(TrailPayload.part).where(TrailPayload.event_idx == event)).first()
        assert part
        trail.erase_payload(unit, event, part, reason="They asked", basis="Art. 17(1)(b) GDPR")
    paper, _ = issue(house, personal=False)
    record = records.read(paper.record or "")
    told = {entry["i"] for entry in record["content"]["entries"]}
    actions = {entry["action"] for entry in record["content"]["entries"]}
    assert {"alerts:notice:enqueued", "alerts:message:accepted", "docket:deadlines:opened", "evidence:document:issued", "evidence:payload:erased", "breaches:link:made"} <= actions
    checkpoint = int(record["checkpoint"].splitlines()[1])
    others = {row.action for row in house.ground.session.scalars(select(TrailEvent).where(TrailEvent.idx < checkpoint, TrailEvent.idx.not_in(told)))}
    own = {action for action in others if not action.startswith(NOT_THE_CASE)}
    assert own <= {"evidence:document:ordered"}, "only the order of this very statement came after it was written"
    assert not {action for action in actions if action.startswith(NOT_THE_CASE)}
    printed = text(store.get(house.ground.settings.document_store, paper.sha256 or ""))
    assert "Here is every entry about the case itself" in printed


def test_nobody_is_named_unless_personal_parts_are_asked_for(house: House) -> None:
    house.seal()
    house.deliver()
    for personal in (False, True):
        paper, bundle = issue(house, personal=personal)
        printed = text(store.get(house.ground.settings.document_store, paper.sha256 or ""))
        target = house.ground.settings.instance / "bundle.zip"
        target.write_bytes(bundle)
        with zipfile.ZipFile(target) as archive:
            everything = b"".join(archive.read(one) for one in archive.namelist() if not one.endswith(".pdf"))
        for place in (paper.record or "", printed, everything.decode(errors="replace")):
            assert (NAME in place) == personal, (personal, place[:80])
        for words in ("security@customer-1.example", "An <b>export</b> leaked."):
            assert (words in everything.decode(errors="replace")) == personal, words
        record = records.read(paper.record or "")
        people = {entry["who"] for entry in record["content"]["entries"]} | {approval["person"] for approval in record["approvals"]}
        if not personal:
            assert all(re.fullmatch(r"Person \d+|DPA Desk.*", one) for one in people), people
            assert any(re.fullmatch(r"Person \d+", one) for one in people)


def test_no_word_of_the_code_is_printed(house: House) -> None:
    house.seal()
    house.deliver()
    paper, _ = issue(house, personal=False)
    record = records.read(paper.record or "")
    for entry in record["content"]["entries"]:
        for words in (entry["what"], entry["about"], entry["who"]):
            assert not CODE.search(words), words
    printed = text(store.get(house.ground.settings.document_store, paper.sha256 or ""))
    for entry in record["content"]["entries"]:
        assert entry["action"] not in printed
        assert entry["id"] not in printed


def test_every_code_in_a_sentence_has_words() -> None:
    """Kinds of deadline, mails and rungs of the ladder: whatever slices declare."""
    mails = [mail for part in slices.SLICES for mail in part.mails]
    names = [kind.name for part in slices.SLICES for kind in part.deadline_kinds]  # type: ignore[attr-defined]
    rungs = ["open", "due", "before_3h", "before_12h", "before_7d", "escalate_1", "after_2"]
    assert mails
    assert names
    for key, codes in (("mail", mails), ("kind", names), ("step", rungs), ("backend", ["builtin", "pkcs12", "pkcs11"]), ("system", ["evidence", "alerts", "docket"])):
        for code in codes:
            assert registry.words_for(key, code), f"{key} {code} is printed as it stands; give it words in the slice that declares it"
            assert not CODE.search(registry.words_for(key, code) or "")
    assert registry.words_for("step", "open doors") is None
    assert registry.words_for("kind", "nothing:known") is None
    assert sentences.sentence("docket:deadline:opened", {"kind": names[0], "due": "2026-11-22T12:00:00Z"}, "Europe/Paris") == (
        f"opened the deadline “{kinds.kind(names[0]).title}”, due Sun 22 Nov 2026, 13:00 Paris")
    assert ladder.is_name("after-2")


def test_the_bundle_of_a_statement_before_the_verifier(house: House, tmp_path: Path) -> None:
    house.seal()
    house.deliver()
    paper, bundle = issue(house, personal=True)
    record = records.read(paper.record or "")
    (tmp_path / "bundle.zip").write_bytes(bundle)
    (tmp_path / "own.pdf").write_bytes(store.get(house.ground.settings.document_store, paper.sha256 or ""))

    def ask(*words: str) -> tuple[int, dict[str, object]]:
        done = subprocess.run([sys.executable, "-I", "-S", str(VERIFIER), "verify", *words, "--vkey", record["trail_key"], "--json"], capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout)

    code, said = ask(str(tmp_path / "bundle.zip"), "--statement", str(tmp_path / "own.pdf"))
    assert (code, said["why"], said["events"], said["personal_missing"]) == (0, "", len(record["content"]["entries"]), 0)
    assert said["statement"] == {"number": paper.reference, "entries": len(record["content"]["entries"])}
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        names = set(archive.namelist())
        readme = archive.read("README.txt").decode()
        assert archive.read("record.json").decode() == paper.record
    for name in ("VERIFY.txt", "seal-issuers.pem", "record.json", f"{paper.reference}.pdf"):
        assert name in names
        assert name in readme
    first = next(name for name in sorted(names) if name.startswith("events/"))
    with zipfile.ZipFile(tmp_path / "bundle.zip") as old, zipfile.ZipFile(tmp_path / "gutted.zip", "w") as new:
        for name in old.namelist():
            if name not in {first, first.replace("events/", "proofs/").replace(".json", ".tlog-proof"), first.replace("events/", "payloads/"), "manifest.json"}:
                new.writestr(name, old.read(name))
        manifest = json.loads(old.read("manifest.json"))
        manifest["files"] = {name: entry for name, entry in manifest["files"].items() if name in new.namelist()}
        new.writestr("manifest.json", json.dumps(manifest))
    code, said = ask(str(tmp_path / "gutted.zip"))
    assert (code, "is missing, which" in str(said["why"])) == (3, True)


@pytest.mark.parametrize("auth", sorted(records.SIGNED_IN))
def test_how_somebody_signed_in_is_said_in_words(auth: str) -> None:
    assert not CODE.search(records.SIGNED_IN[auth])
