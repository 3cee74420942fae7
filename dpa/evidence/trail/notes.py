"""Signed notes and checkpoints, byte for byte as C2SP writes them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint). Pure.

A *note* is a text that ends in a newline, a blank line, and one signature line for each key: an em dash, the key's name, and in
base64 four bytes of key id and the signature. A *checkpoint* is a note of three lines: the origin of the log, its size, its root.
Signatures are Ed25519 (RFC 8032), type byte 0x01; notes may carry others, which are passed over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

ED25519 = 0x01
"""Type byte of an Ed25519 signature over the text (C2SP signed-note)."""
KEY_BYTES = 32
HASH_BYTES = 32
MAX_BYTES = 1_000_000
MAX_SIGNATURES = 100
"""Limits of the reference implementation; C2SP asks for at least 16 signatures, of up to 5 kB each."""
MAX_SIZE = 2**63 - 1

_DASH = "\N{EM DASH} "
_PRIVATE = "PRIVATE+KEY+"


class NoteError(ValueError):
    """A note, key or checkpoint that is malformed or not signed as it should be; the sentence says what is wrong."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a key that signs notes."""

    name: str
    """Name in its signature lines; of a log's key the same as the log's origin."""
    public: bytes
    """The 32 bytes of the Ed25519 key (RFC 8032)."""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != KEY_BYTES:
            raise NoteError(f"an Ed25519 key has {KEY_BYTES} bytes, not {len(self.public)}")

    @property
    def key_id(self) -> bytes:
        """Return the first four bytes of SHA-256 over name, newline, type byte and key (C2SP signed-note)."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([ED25519]) + self.public).digest()[:4]

    def encode(self) -> str:
        """Return the key as people hand it on: name+id+base64."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([ED25519]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a key back; raises `NoteError` for anything that `encode` would not have written."""
        name, body = _split_key(text)
        found = cls(name, body)
        if found.encode() != text:
            raise NoteError("the key's id does not belong to its name and value")
        return found

    def verifies(self, text: str, signature: bytes) -> bool:
        """Tell whether these 64 bytes are this key's signature over the text."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs notes."""

    name: str
    seed: bytes = field(repr=False)
    """The 32 secret bytes (RFC 8032)."""

    @property
    def verifier(self) -> VerifierKey:
        """Return the public half."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return VerifierKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def encode(self) -> str:
        """Return the key as it is kept in a file: PRIVATE+KEY+name+id+base64."""
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{_base64(bytes([ED25519]) + self.seed)}"

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Read a key back; raises `NoteError`, whose sentence never holds the key."""
        if not text.startswith(_PRIVATE):
            raise NoteError("it is not a signing key")
        name, seed = _split_key(text.removeprefix(_PRIVATE))
        _check_name(name)
        if len(seed) != KEY_BYTES:
            raise NoteError(f"an Ed25519 key has {KEY_BYTES} bytes, not {len(seed)}")
        found = cls(name, seed)
        if found.encode() != text:
            raise NoteError("the key's id does not belong to its name and value")
        return found

    def signature(self, text: str) -> Signature:
        """Sign a text."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Signature(self.name, self.verifier.key_id, Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode()))


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Return the line with its newline."""
        return f"{_DASH}{self.name} {_base64(self.key_id + self.value)}\n"

    @property
    def key(self) -> str:
        """Return what names the key in a sentence: name and id."""
        return f"{self.name}+{self.key_id.hex()}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A note after its signatures were looked at."""

    text: str
    verified: tuple[Signature, ...]
    """Signatures by known keys, each of them valid, each key once."""
    unknown: tuple[Signature, ...]
    """Signatures by other keys; they say nothing."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log at one size (C2SP tlog-checkpoint), without extension lines."""

    origin: str
    """Which log."""
    size: int
    """Number of its leaves."""
    root: bytes
    """Root of the tree over them (RFC 6962), 32 bytes."""

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a checkpoint from the text of a note; extension lines are allowed and passed over. Raises `NoteError`."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteError("a checkpoint has an origin, a size and a root, each on a line of its own")
        origin, size, root = lines[:3]
        if not (size.isascii() and size.isdigit()) or (size[0] == "0" and size != "0") or len(size) > 19 or int(size) > MAX_SIZE:
            raise NoteError("the size of a checkpoint is a plain decimal number")
        found = _unbase64(root)
        if found is None or len(found) != HASH_BYTES:
            raise NoteError(f"the root of a checkpoint is {HASH_BYTES} bytes in base64")
        return cls(origin, int(size), found)


def sign(text: str, keys: Sequence[SigningKey]) -> str:
    """Return the note of a text signed by these keys, in this order. Raises `NoteError` for a text that no note can hold."""
    _check_text(text)
    if not text.endswith("\n") or not text.strip("\n") or not 0 < len(keys) <= MAX_SIGNATURES:
        raise NoteError("a note is a text that ends in a newline, signed by at least one key")
    return text + "\n" + "".join(key.signature(text).line() for key in keys)


def parse(note: str | bytes) -> tuple[str, tuple[Signature, ...]]:
    """Return the text of a note and its signatures, none of them checked. Raises `NoteError` when it is malformed."""
    content = _decoded(note)
    _check_text(content)
    split = content.rfind("\n\n")
    if split < 0 or not content.endswith("\n"):
        raise NoteError("it is not a signed note: a text, a blank line, and signature lines are expected")
    lines = content[split + 2 :].split("\n")[:-1]
    if not 0 < len(lines) <= MAX_SIGNATURES:
        raise NoteError(f"a note has 1 to {MAX_SIGNATURES} signature lines")
    return content[: split + 1], tuple(_signature(line) for line in lines)


def verify(note: str | bytes, keys: Collection[VerifierKey]) -> Opened:
    """Open a note: signatures by unknown keys are passed over, one by a known key that is wrong refuses the whole note.

    Raises `NoteError` when the note is malformed, a known key's signature is wrong, or no known key signed it.
    """
    text, signatures = parse(note)
    known = {(key.name, key.key_id): key for key in keys}
    verified: dict[tuple[str, bytes], Signature] = {}
    unknown: list[Signature] = []
    for signature in signatures:
        who = (signature.name, signature.key_id)
        key = known.get(who)
        if key is None:
            unknown.append(signature)
        elif who not in verified:
            if not key.verifies(text, signature.value):
                raise NoteError(f"the signature of {signature.key} does not belong to the text")
            verified[who] = signature
    if not verified:
        raise NoteError(f"no known key signed it; it names {', '.join(signature.key for signature in signatures[:3])}")
    return Opened(text, tuple(verified.values()), tuple(unknown))


def open_checkpoint(note: str | bytes, keys: Collection[VerifierKey]) -> Checkpoint:
    """Return the checkpoint that a note holds after checking that the log's own key signed it. Raises `NoteError`."""
    opened = verify(note, keys)
    found = Checkpoint.parse(opened.text)
    if found.origin not in {signature.name for signature in opened.verified}:
        raise NoteError(f"the key of {found.origin} itself did not sign it")
    return found


def _decoded(note: str | bytes) -> str:
    if len(note) > MAX_BYTES:
        raise NoteError(f"a note of more than {MAX_BYTES} bytes is not read")
    if isinstance(note, str):
        return note
    try:
        return note.decode()
    except UnicodeDecodeError:
        raise NoteError("a note is UTF-8 text") from None


def _check_text(text: str) -> None:
    if any(character < " " and character != "\n" for character in text):
        raise NoteError("a note holds no control characters")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NoteError("a note is UTF-8 text") from None


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteError("the name of a key is not empty and has neither spaces nor a plus sign")
    _check_text(name)


def _signature(line: str) -> Signature:
    name, _, value = line.removeprefix(_DASH).partition(" ")
    found = _unbase64(value)
    if not line.startswith(_DASH) or found is None or len(found) < 5:
        raise NoteError("a signature line is an em dash, the key's name, and base64 of key id and signature")
    _check_name(name)
    return Signature(name, found[:4], found[4:])


def _split_key(text: str) -> tuple[str, bytes]:
    parts = text.split("+", 2)
    body = _unbase64(parts[2]) if len(parts) == 3 else None
    if body is None:
        raise NoteError("a key is written as name+id+base64")
    if body[:1] != bytes([ED25519]):
        raise NoteError("only Ed25519 keys (type byte 01) are used here")
    return parts[0], body[1:]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _unbase64(text: str) -> bytes | None:
    """Return the bytes, or none for anything that base64 would not have written (RFC 4648 section 4)."""
    try:
        value = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return value if value and _base64(value) == text else None
