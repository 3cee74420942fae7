"""The store of issued files: each under the SHA-256 of its content, written once, never changed.

Writing is safe against a crash: a file appears under its name only when all of it is on the disk. A file that no row of the
register names (the process ended before its commit) does no harm; writing the same content again finds it there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from dpa.problems import Problem

DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Missing(Problem):
    """A file that the register names is not in the store, or no longer what it was; the sentence says which."""


class Altered(Missing):
    """What is in the store under the file's name is not what was issued."""


def path_of(folder: Path, sha256: str) -> Path:
    """Return where a file is kept. Raises ValueError for anything but 64 lower-case hexadecimal digits."""
    if not DIGEST.match(sha256):
        raise ValueError("a stored file is named by the SHA-256 of its content, 64 hexadecimal digits")
    return folder / sha256[:2] / sha256


def put(folder: Path, content: bytes) -> str:
    """Store content durably and return its SHA-256; content that is there already is left as it is.

    Raises OSError when the disk is full or the folder cannot be written; nothing is left behind then but a temporary file's name.
    """
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(folder, digest)
    if _holds(path, content):
        _sync_folder(path.parent)  # It may be there since a crash that came before its folder was on the disk.
        return digest
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sync_folder(folder)
    fresh = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
    _sync_folder(path.parent)
    return digest


def get(folder: Path, sha256: str) -> bytes:
    """Return a stored file, after checking that it is still what its name says. Raises `Missing` otherwise."""
    try:
        content = path_of(folder, sha256).read_bytes()
    except FileNotFoundError:
        raise Missing(f"The file {sha256[:16]}… is missing from the store of documents; restore it from a backup.") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Altered(f"The file {sha256[:16]}… in the store of documents was changed; restore it from a backup.")
    return content


def digests(folder: Path) -> Iterator[str]:
    """Return the names of all stored files, in no order; a folder that does not exist yet holds none."""
    for part in folder.iterdir() if folder.is_dir() else ():
        if part.is_dir():
            yield from (path.name for path in part.iterdir() if DIGEST.match(path.name) and path.name.startswith(part.name))


def begins(folder: Path, sha256: str, start: bytes) -> bool:
    """Tell whether a stored file begins with these bytes, without reading all of it; false when it is not there."""
    try:
        with path_of(folder, sha256).open("rb") as file:
            return file.read(len(start)) == start
    except OSError:
        return False


def _holds(path: Path, content: bytes) -> bool:
    # Compared, not trusted: a damaged file under the right name must be written anew.
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
