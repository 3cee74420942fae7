"""The key that signs checkpoints and the files beside it, in the folder `trail` of the keys' folder.

`signing.key` holds the private key (0600), `next.key` the one that a begun rotation made, `anew.key` the first of a line that begins anew
until its act is committed, `retired.vkeys` the public halves of
former keys, and `checkpoints.log` every note that was ever signed. The folder belongs into no backup of the database: whoever
holds both can rewrite the trail and sign it again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from dpa.config import Settings
from dpa.evidence.trail.checkpoint_log import CheckpointLog, Entry
from dpa.evidence.trail.notes import NoteError, SigningKey, VerifierKey
from dpa.problems import Misconfigured

CURRENT, NEXT, ANEW, RETIRED, LOG = "signing.key", "next.key", "anew.key", "retired.vkeys", "checkpoints.log"


@dataclass(frozen=True, slots=True)
class Signer:
    """What signs checkpoints: the key, and the log beside it."""

    folder: Path
    key: SigningKey
    next_key: SigningKey | None
    """The key of a rotation that has begun; it takes over at the next checkpoint."""
    retired: tuple[VerifierKey, ...]
    """Public halves of the keys that signed before."""

    @property
    def origin(self) -> str:
        """Return the name of the log that this key signs for, such as desk.example.org/trail/1f2e3d4c."""
        return self.key.name

    @property
    def vkey(self) -> str:
        """Return the public half in the form people hand on (name+id+base64)."""
        return self.key.verifier.encode()

    @property
    def log(self) -> CheckpointLog:
        """Return the append-only list of everything that was signed."""
        return CheckpointLog(self.folder / LOG)

    @property
    def known(self) -> tuple[VerifierKey, ...]:
        """Return every key whose signature counts: the current one and the former ones."""
        return (self.key.verifier, *self.retired)


def folder_of(settings: Settings) -> Path:
    """Return the folder of the trail's key and log."""
    return settings.key_folder / "trail"


def signer_for(settings: Settings) -> Signer:
    """Return the signer, making its key and its origin on first use. Raises `Misconfigured` when others can read the key."""
    folder = folder_of(settings)
    try:
        if not (folder / CURRENT).exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_once(folder / CURRENT, SigningKey(f"{settings.host}/trail/{secrets.token_hex(4)}", secrets.token_bytes(32)))
    except OSError as error:
        raise Misconfigured(f"The key that signs checkpoints cannot be made in {folder}: {error.strerror}; see DPA_KEYS.") from None
    return load(folder)


def load(folder: Path) -> Signer:
    """Return the signer as the folder holds it now."""
    return Signer(folder, private(folder / CURRENT), private(folder / NEXT) if (folder / NEXT).exists() else None, retired(folder))


def retired(folder: Path) -> tuple[VerifierKey, ...]:
    """Return the public halves of former keys."""
    path = folder / RETIRED
    if not path.exists():
        return ()
    try:
        return tuple(VerifierKey.parse(line) for line in path.read_text("utf-8").split("\n") if line)
    except (NoteError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} holds a line that is no key ({error}); restore the file from its backup.") from None


def public_keys(settings: Settings) -> tuple[VerifierKey, ...]:
    """Return the keys whose signatures count, without making one; empty before the first checkpoint."""
    folder = folder_of(settings)
    return load(folder).known if (folder / CURRENT).exists() else ()


def write_once(path: Path, key: SigningKey) -> None:
    """Write a private key with mode 0600 unless the file is there already; no reader ever sees half of it."""
    fresh = _fresh(path, key.encode() + "\n")
    with contextlib.suppress(FileExistsError):  # Another process was quicker; its key is the key.
        os.link(fresh, path)
    fresh.unlink()
    _sync_folder(path.parent)


def promote(signer: Signer) -> None:
    """Let the next key take the place of the current one, of which only the public half is kept."""
    retire(signer.folder, signer.key.verifier)
    (signer.folder / NEXT).replace(signer.folder / CURRENT)
    _sync_folder(signer.folder)


def retire(folder: Path, key: VerifierKey) -> None:
    """Keep the public half of a key among the former ones."""
    if key not in retired(folder):
        lines = "".join(f"{former.encode()}\n" for former in (*retired(folder), key))
        _fresh(folder / RETIRED, lines).replace(folder / RETIRED)


def prepare_anew(settings: Settings) -> SigningKey:
    """Make the key of a line that begins anew, beside the current one, which goes on signing until `put_in_place`."""
    folder = folder_of(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = SigningKey(f"{settings.host}/trail/{secrets.token_hex(4)}", secrets.token_bytes(32))
    (folder / ANEW).unlink(missing_ok=True)
    write_once(folder / ANEW, fresh)
    return fresh


def waiting_anew(folder: Path) -> SigningKey | None:
    """Return the key of a line begun anew that is not in its place yet; none without one."""
    return private(folder / ANEW) if (folder / ANEW).exists() else None


def put_in_place(folder: Path) -> None:
    """Let the key of a line begun anew sign from now on; keep the former one's public half, and its log under the name of its origin.

    Called after the act is committed, so that an act that fails leaves the former key in use. May be cut off at any point and repeated,
    and works without a former key, and with one that cannot be read, too: then only the log tells whose it was.
    """
    log = CheckpointLog(folder / LOG)
    with log.locked():
        if not (folder / ANEW).exists():
            return  # Somebody else was quicker.
        newest = next((entry for entry in log.newest_first() if isinstance(entry, Entry)), None)
        former = newest.checkpoint.origin.rpartition("/")[2] if newest else "former"
        with contextlib.suppress(Misconfigured):
            retire(folder, private(folder / CURRENT).verifier)
        if log.length():
            log.path.rename(folder / f"checkpoints.{former}.{secrets.token_hex(2)}.log")
        (folder / NEXT).unlink(missing_ok=True)
        (folder / ANEW).replace(folder / CURRENT)
    _sync_folder(folder)


def private(path: Path) -> SigningKey:
    """Read a private key. Raises `Misconfigured` when it cannot be read, others can read it, or it is none."""
    try:
        mode = path.stat().st_mode
        content = path.read_text("ascii").strip()
    except OSError as error:
        raise Misconfigured(f"{path}, the key that signs checkpoints, cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        content = ""
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Misconfigured(f"{path} may be read by others; run: chmod 600 {path}")
    try:
        return SigningKey.parse(content)
    except NoteError as error:
        raise Misconfigured(f"{path} is no key that signs checkpoints ({error}); restore it from its backup.") from None


def _fresh(path: Path, content: str) -> Path:
    """Return a new file beside `path` with this content, written through to the disk."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return fresh


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
