"""Keys at rest: encrypted, their owner's alone, never replaced, and openable by OpenSSL with the same passphrase."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from dpa.config import Settings
from dpa.evidence.seal import keyfiles
from dpa.problems import Misconfigured
from tests.evidence.seal import outside
from tests.support.seals import SealGround


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(instance=tmp_path)


@pytest.fixture
def key(seal_ground: SealGround) -> keyfiles.PrivateKey:
    return seal_ground.authority.leaf.key


def kept(settings: Settings, key: keyfiles.PrivateKey) -> Path:
    path = keyfiles.seal_folder(settings, 7) / "leaf.pem"
    keyfiles.write_new(path, keyfiles.encrypted(key, keyfiles.passphrase(settings)))
    return path


def test_a_key_is_kept_encrypted_and_opens_again(settings: Settings, key: keyfiles.PrivateKey) -> None:
    path = kept(settings, key)
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keyfiles.decrypted(path, settings).private_numbers() == key.private_numbers()
    assert path.parent == settings.key_folder / "seal" / "7"
    assert keyfiles.encrypted(key, b"x" * 12) != keyfiles.encrypted(key, b"x" * 12), "salt and vector are fresh"


def test_openssl_opens_the_key_with_the_passphrase_file(settings: Settings, key: keyfiles.PrivateKey, tmp_path: Path) -> None:
    outside.need("openssl")
    path = kept(settings, key)
    said = outside.run("openssl", "pkey", "-in", path, "-passin", f"file:{settings.key_folder / keyfiles.WRAPPING_KEY}", "-noout", "-text_pub")
    assert "(2048 bit)" in said.stdout
    form = outside.run("openssl", "asn1parse", "-in", path).stdout
    assert "PBES2" in form
    assert "scrypt" in form
    assert "aes-256-cbc" in form


def test_the_wrapping_key_is_made_once_however_many_ask(settings: Settings) -> None:
    found: set[bytes] = set()
    threads = [threading.Thread(target=lambda: found.add(keyfiles.passphrase(settings))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    assert [path.name for path in settings.key_folder.iterdir()] == [keyfiles.WRAPPING_KEY]
    assert stat.S_IMODE((settings.key_folder / keyfiles.WRAPPING_KEY).stat().st_mode) == 0o600


def test_a_configured_passphrase_takes_the_place_of_the_wrapping_key(key: keyfiles.PrivateKey, tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    settings = Settings(instance=tmp_path, key_passphrase_file=file)
    with pytest.raises(Misconfigured, match="cannot be read"):
        keyfiles.passphrase(settings)
    file.write_text("seven quiet seals\n", "utf-8")
    file.chmod(0o644)
    with pytest.raises(Misconfigured, match=f"may be read by others; run: chmod 600 {file}"):
        keyfiles.passphrase(settings)
    file.chmod(0o600)
    path = kept(settings, key)
    assert not (settings.key_folder / keyfiles.WRAPPING_KEY).exists()
    file.write_text("another passphrase", "utf-8")
    with pytest.raises(Misconfigured, match="does not open with the passphrase in use"):
        keyfiles.decrypted(path, settings)
    file.write_text("too short", "utf-8")
    with pytest.raises(Misconfigured, match="shorter than 12 characters"):
        keyfiles.passphrase(settings)
    file.write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(Misconfigured, match="not UTF-8"):
        keyfiles.passphrase(settings)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_open_to_others_is_refused(mode: int, settings: Settings, key: keyfiles.PrivateKey) -> None:
    path = kept(settings, key)
    path.chmod(mode)
    with pytest.raises(Misconfigured, match=f"{path} may be read by others; run: chmod 600 {path}"):
        keyfiles.decrypted(path, settings)


def test_a_file_is_never_replaced_and_nothing_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "key.pem"
    keyfiles.write_new(path, b"first")
    with pytest.raises(FileExistsError):
        keyfiles.write_new(path, b"second")
    assert path.read_bytes() == b"first"
    assert [entry.name for entry in path.parent.iterdir()] == ["key.pem"]


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"])
def test_a_damaged_key_is_said_to_be_damaged(content: bytes, settings: Settings) -> None:
    path = settings.key_folder / "x.pem"
    keyfiles.write_new(path, content)
    with pytest.raises(Misconfigured, match="does not open"):
        keyfiles.decrypted(path, settings)
