"""The recipe for outsiders: its commands are run exactly as written, in a folder with nothing but what an export holds."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dpa.config import Settings
from dpa.evidence.pdf import Text, render
from dpa.evidence.seal.certificates import pem
from dpa.evidence.seal.preparing import Prepared, prepare_builtin
from dpa.evidence.seal.recipe import recipe
from dpa.evidence.seal.sealers import Sealer, sealer_for
from dpa.evidence.seal.sealing import seal
from tests.evidence.pdf import samples
from tests.evidence.seal import outside
from tests.support.seals import NAME, SealGround, identity_of

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "verify.md"


def blocks(text: str) -> list[str]:
    """The fenced blocks of the recipe, as they would be copied: without changing a single character."""
    return re.findall(r"^```\n(.*?)\n^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def prepared_now(tmp_path_factory: pytest.TempPathFactory) -> tuple[Prepared, Sealer]:
    """A seal for the machine's own time: a reader's OpenSSL asks no other clock."""
    settings = Settings(instance=tmp_path_factory.mktemp("now"))
    prepared = prepare_builtin(settings, 1, NAME, "FR", datetime.now(UTC))
    return prepared, sealer_for(identity_of(prepared, 120), settings)


@pytest.fixture
def export(prepared_now: tuple[Prepared, Sealer], seal_ground: SealGround, tmp_path: Path) -> Path:
    """What somebody outside holds."""
    outside.need("openssl", "awk", "sh", "python3", "sha256sum")
    prepared, sealer = prepared_now
    seal_ground.authority.at = datetime.now(UTC).replace(microsecond=0)
    unsealed = render(samples.document(Text("A name that looks like /ByteRange [0 1 2 3] is nothing to the recipe."))).content
    sealed = seal(unsealed, sealer, reason="Issued", at=datetime.now(UTC), stamper=seal_ground.stamper())
    assert sealed.level == "B-LTA"
    (tmp_path / "document.pdf").write_bytes(sealed.content)
    (tmp_path / "seal-issuers.pem").write_text(pem(prepared.chain), "ascii")
    (tmp_path / "seal-revoked.pem").write_text(prepared.crl, "ascii")
    shutil.copy(seal_ground.authority.roots, tmp_path / "tsa-roots.pem")
    return tmp_path


def shell(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", block], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60)


def steps(root_fingerprint: str) -> dict[str, str]:
    named = {}
    for block in blocks(recipe(root_fingerprint)):
        for word in ("openssl x509", "python3 -", "openssl cms -verify", "openssl cms -cmsout", "openssl crl", "openssl ts", "sha256sum"):
            if word in block:
                named[word] = block
                break
    return named


def test_the_recipe_works_as_written(export: Path, prepared_now: tuple[Prepared, Sealer]) -> None:
    prepared, _ = prepared_now
    text = recipe(prepared.root_fingerprint)
    said = {name: shell(block, export) for name, block in steps(prepared.root_fingerprint).items()}
    assert len(said) == 7
    assert {name: one.stdout for name, one in said.items() if one.returncode} == {}
    printed = said["openssl x509"].stdout.strip().rpartition("=")[2]
    assert printed in text, "the fingerprint OpenSSL prints stands in the recipe as it prints it"
    assert printed.replace(":", "").lower() == prepared.root_fingerprint
    whole = (export / "document.pdf").read_bytes()
    assert said["python3 -"].stdout.splitlines()[-1] == f"stamp-1: covers {len(whole)} of {len(whole)} bytes"
    assert "CAdES Verification successful" in said["openssl cms -verify"].stdout
    assert f"CN = {NAME} seal" in said["openssl cms -cmsout"].stdout.replace("CN=", "CN = ")
    assert "No Revoked Certificates" in said["openssl crl"].stdout
    assert "Verification: OK" in said["openssl ts"].stdout
    assert "Time stamp:" in said["openssl ts"].stdout
    assert said["sha256sum"].stdout.split()[0] == hashlib.sha256(whole).hexdigest()
    sealed = (export / "as-sealed.pdf").read_bytes()
    assert whole.startswith(sealed)
    assert len(outside.parts(sealed)) == 1


def test_the_recipe_finds_what_was_done_to_a_document(export: Path, prepared_now: tuple[Prepared, Sealer]) -> None:
    named = steps(prepared_now[0].root_fingerprint)
    whole = (export / "document.pdf").read_bytes()
    shell(named["openssl x509"], export)

    def told(content: bytes) -> tuple[str, str]:
        (export / "document.pdf").write_bytes(content)
        return shell(named["python3 -"], export).stdout, shell(named["openssl cms -verify"], export).stdout

    assert "Bytes follow the newest signature" in told(whole + b"% added\n")[0]
    assert "successful" not in told(whole.replace(b"/Title", b"/Titel", 1))[1]
    assert "There is no seal" in told(render(samples.document(Text("Never sealed."))).content)[0]


def test_the_recipe_finds_the_root_at_the_end_of_a_chain(export: Path, prepared_now: tuple[Prepared, Sealer], seal_ground: SealGround) -> None:
    prepared, _ = prepared_now
    (export / "seal-issuers.pem").write_text(pem([seal_ground.prepared.certificate, prepared.root]), "ascii")
    printed = shell(steps(prepared.root_fingerprint)["openssl x509"], export).stdout
    assert printed.strip().rpartition("=")[2].replace(":", "").lower() == prepared.root_fingerprint


def test_the_page_of_the_documentation_has_the_same_commands() -> None:
    page = PAGE.read_text("utf-8")
    fenced = re.findall(r"```sh\n(.*?)\n```", page, re.DOTALL)
    assert fenced == blocks(recipe("0" * 64))


@pytest.mark.parametrize("wrong", ["", "00", "G" * 64, "A" * 64, "0" * 65])
def test_only_a_fingerprint_is_put_into_the_recipe(wrong: str) -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        recipe(wrong)
