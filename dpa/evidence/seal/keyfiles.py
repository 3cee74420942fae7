"""Key files: written once, readable by their owner alone, encrypted at rest.

A private key is kept as PKCS#8 under PBES2 with scrypt (RFC 7914) and AES-256-CBC, which `openssl pkcs8` reads too. Its passphrase
is that of `DPA_KEY_PASSPHRASE_FILE`, or a random one made once in the key folder.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from asn1crypto import core, parser, pem
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from dpa.config import Settings
from dpa.problems import Misconfigured

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey
WRAPPING_KEY = "wrapping.key"
"""File in the key folder with the random passphrase that is used while none is configured."""
SHORTEST_PASSPHRASE = 12
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 5
"""Cost: 16 MiB and about 0.2 s; the largest memory OpenSSL's command accepts without a switch (OWASP lists the three as equal to N = 2^17)."""


_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_SCRYPT = bytes.fromhex("06092b06010401da47040b")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")
"""Object identifiers, DER: 1.2.840.113549.1.5.13 (RFC 8018), 1.3.6.1.4.1.11591.4.11 (RFC 7914), 2.16.840.1.101.3.4.1.42 (NIST)."""


def seal_folder(settings: Settings, organisation_id: int) -> Path:
    """Return the folder of an organisation's own keys."""
    return settings.key_folder / "seal" / str(organisation_id)


def write_new(path: Path, content: bytes) -> None:
    """Write a file with mode 0600 that appears whole or not at all; raises FileExistsError rather than replacing one."""
    for folder in (*reversed(path.parent.parents), path.parent):
        folder.mkdir(exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    entry = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def read_private(path: Path) -> bytes:
    """Return the content of a file that must be its owner's alone; raises `Misconfigured` with the cure."""
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Misconfigured(f"{path} may be read by others; run: chmod 600 {path}")
        return path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {(error.strerror or 'no reason given').lower()}") from error


def read_secret(path: Path) -> str:
    """Return the passphrase or PIN that stands in a file, without the line's end."""
    try:
        text = read_private(path).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path} holds no passphrase: it is not UTF-8 text") from error
    if not text:
        raise Misconfigured(f"{path} is empty; write the passphrase into it")
    return text


def passphrase(settings: Settings) -> bytes:
    """Return what encrypts the keys at rest, making it on first use where none is configured."""
    if settings.key_passphrase_file is not None:
        configured = read_secret(settings.key_passphrase_file)
        if len(configured) < SHORTEST_PASSPHRASE:
            raise Misconfigured(f"{settings.key_passphrase_file} is shorter than {SHORTEST_PASSPHRASE} characters; choose a longer passphrase")
        return configured.encode()
    path = settings.key_folder / WRAPPING_KEY
    if not path.exists():
        with contextlib.suppress(FileExistsError):  # Another process was quicker; its key is the key.
            write_new(path, secrets.token_hex(32).encode())
    return read_secret(path).encode()


def encrypted(key: PrivateKey, secret: bytes) -> bytes:
    """Return the key as encrypted PKCS#8, PEM (EncryptedPrivateKeyInfo, RFC 5958, section 3)."""
    salt, iv = os.urandom(16), os.urandom(16)
    wrapping = Scrypt(salt=salt, length=32, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P).derive(secret)
    padder = PKCS7(128).padder()
    plain = padder.update(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())) + padder.finalize()
    encryptor = Cipher(algorithms.AES256(wrapping), modes.CBC(iv)).encryptor()
    cost = b"".join(core.Integer(value).dump() for value in (_SCRYPT_N, _SCRYPT_R, _SCRYPT_P))
    derivation = _sequence(_SCRYPT, _sequence(_octets(salt), cost))
    scheme = _sequence(_AES_256_CBC, _octets(iv))
    wrapped = _sequence(_sequence(_PBES2, _sequence(derivation, scheme)), _octets(encryptor.update(plain) + encryptor.finalize()))
    armoured: bytes = pem.armor("ENCRYPTED PRIVATE KEY", wrapped)
    return armoured


def _octets(content: bytes) -> bytes:
    return bytes(core.OctetString(content).dump())


def _sequence(*parts: bytes) -> bytes:
    return bytes(parser.emit(0, 1, 16, b"".join(parts)))


def decrypted(path: Path, settings: Settings) -> PrivateKey:
    """Open an encrypted key file; raises `Misconfigured` when it is missing, damaged, open to others or of another passphrase."""
    content = read_private(path)
    secret = passphrase(settings)
    try:
        _, _, der = pem.unarmor(content)
        key = load_der_private_key(der, password=secret)
    except (ValueError, TypeError) as error:
        raise Misconfigured(f"The key {path} does not open with the passphrase in use; see DPA_KEY_PASSPHRASE_FILE") from error
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise Misconfigured(f"The key {path} is neither RSA nor of a NIST curve, which seals need")
    return key
