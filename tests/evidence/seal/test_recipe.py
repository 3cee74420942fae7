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
from dpa.evidence.seal.authority import Revoked
from dpa.evidence.seal.certificates import pem
from dpa.evidence.seal.preparing import Prepared, issuer_for, prepare_builtin
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
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(instance=tmp_path_factory.mktemp("now"))


@pytest.fixture(scope="module")
def prepared_now(settings: Settings) -> tuple[Prepared, Sealer]:
    """A seal for the machine's own time: a reader's OpenSSL asks no other clock."""
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
        for word in ("root.pem -noout -fingerprint", "python3 -", "openssl cms -verify", "x509 -in signer.pem -noout -subject", "openssl crl -in seal-revoked.pem -noout -CAfile",
                     "Serial Number", "openssl ts", "sha256sum"):
            if word in block:
                named[word] = block
                break
    return named


def test_the_recipe_works_as_written(export: Path, prepared_now: tuple[Prepared, Sealer]) -> None:
    prepared, _ = prepared_now
    text = recipe(prepared.root_fingerprint)
    said = {name: shell(block, export) for name, block in steps(prepared.root_fingerprint).items()}
    assert len(said) == len(blocks(text)) == 8
    assert {name: one.stdout for name, one in said.items() if one.returncode} == {}
    printed = said["root.pem -noout -fingerprint"].stdout.strip().rpartition("=")[2]
    assert "sha256 Fingerprint=" in said["root.pem -noout -fingerprint"].stdout
    assert printed in text, "the fingerprint OpenSSL prints stands in the recipe as it prints it"
    assert printed.replace(":", "").lower() == prepared.root_fingerprint
    whole = (export / "document.pdf").read_bytes()
    assert said["python3 -"].stdout.splitlines()[-1] == f"stamp-1: covers {len(whole)} of {len(whole)} bytes"
    assert "CAdES Verification successful" in said["openssl cms -verify"].stdout
    leaf = prepared.certificate
    assert f"CN = {NAME} seal" in said["x509 -in signer.pem -noout -subject"].stdout.replace("CN=", "CN = ")
    assert int(re.search(r"^serial=([0-9A-F]+)$", said["x509 -in signer.pem -noout -subject"].stdout, re.MULTILINE).group(1), 16) == leaf.serial_number  # type: ignore[union-attr]
    assert "notAfter=" in said["x509 -in signer.pem -noout -subject"].stdout
    listed = said["openssl crl -in seal-revoked.pem -noout -CAfile"].stdout
    assert "verify OK" in listed
    assert "lastUpdate=" in listed
    assert "nextUpdate=" in listed
    assert said["Serial Number"].stdout == "Not revoked.\n"
    assert "Verification: OK" in said["openssl ts"].stdout
    assert "Time stamp:" in said["openssl ts"].stdout
    assert said["sha256sum"].stdout.split()[0] == hashlib.sha256(whole).hexdigest()
    sealed = (export / "as-sealed.pdf").read_bytes()
    assert whole.startswith(sealed)
    assert len(outside.parts(sealed)) == 1


def test_the_recipe_finds_what_was_done_to_a_document(export: Path, prepared_now: tuple[Prepared, Sealer]) -> None:
    named = steps(prepared_now[0].root_fingerprint)
    whole = (export / "document.pdf").read_bytes()
    shell(named["root.pem -noout -fingerprint"], export)

    def told(content: bytes) -> tuple[str, str]:
        (export / "document.pdf").write_bytes(content)
        return shell(named["python3 -"], export).stdout, shell(named["openssl cms -verify"], export).stdout

    assert "Bytes follow the newest signature" in told(whole + b"% added\n")[0]
    assert "successful" not in told(whole.replace(b"/Title", b"/Titel", 1))[1]
    assert "There is no seal" in told(render(samples.document(Text("Never sealed."))).content)[0]


def test_the_recipe_finds_the_root_at_the_end_of_a_chain(export: Path, prepared_now: tuple[Prepared, Sealer], seal_ground: SealGround) -> None:
    prepared, _ = prepared_now
    (export / "seal-issuers.pem").write_text(pem([seal_ground.prepared.certificate, prepared.root]), "ascii")
    printed = shell(steps(prepared.root_fingerprint)["root.pem -noout -fingerprint"], export).stdout
    assert printed.strip().rpartition("=")[2].replace(":", "").lower() == prepared.root_fingerprint


def test_the_recipe_finds_a_revoked_seal_a_forged_list_and_a_missing_one(
    export: Path, settings: Settings, prepared_now: tuple[Prepared, Sealer], seal_ground: SealGround
) -> None:
    """A list that cannot be read must never look like "not revoked"."""
    prepared, _ = prepared_now
    named = steps(prepared.root_fingerprint)
    for name in ("root.pem -noout -fingerprint", "python3 -", "openssl cms -verify"):
        shell(named[name], export)
    issuer, now = issuer_for(settings, identity_of(prepared, 120)), datetime.now(UTC)
    assert issuer is not None
    (export / "seal-revoked.pem").write_text(issuer.list_of([Revoked(prepared.certificate.serial_number, now)], 2, now), "ascii")
    assert "verify OK" in shell(named["openssl crl -in seal-revoked.pem -noout -CAfile"], export).stdout
    said = shell(named["Serial Number"], export).stdout
    assert "Not revoked" not in said
    assert f"{prepared.certificate.serial_number:X}" in said
    assert "Revocation Date" in said
    (export / "seal-revoked.pem").write_text(seal_ground.prepared.crl, "ascii")
    assert "verify OK" not in shell(named["openssl crl -in seal-revoked.pem -noout -CAfile"], export).stdout, "a list of somebody else"
    for missing in ("seal-revoked.pem", "signer.pem"):
        (export / missing).unlink()
        done = shell(named["Serial Number"], export)
        assert (done.returncode != 0, "Not revoked" in done.stdout) == (True, False), missing
        (export / "seal-revoked.pem").write_text(prepared.crl, "ascii")


def test_the_recipe_says_where_a_newer_list_is() -> None:
    assert "Take the newest: https://desk.example/verify/seals/" in recipe("0" * 64, "https://desk.example/verify/seals/")
    assert "whoever issued the sealing certificate publishes it" in recipe("0" * 64)
    assert "{{" not in recipe("0" * 64)


def test_the_page_of_the_documentation_has_the_same_commands() -> None:
    page = PAGE.read_text("utf-8")
    fenced = re.findall(r"```sh\n(.*?)\n```", page, re.DOTALL)
    assert fenced == blocks(recipe("0" * 64))


@pytest.mark.parametrize("wrong", ["", "00", "G" * 64, "A" * 64, "0" * 65])
def test_only_a_fingerprint_is_put_into_the_recipe(wrong: str) -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        recipe(wrong)
