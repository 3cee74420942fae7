"""Programs that are not ours, as second opinions on seals: OpenSSL, Poppler's pdfsig, and the token emulator SoftHSM."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

PACKAGES = {"openssl": "openssl", "pdfsig": "poppler-utils", "certutil": "libnss3-tools", "softhsm2-util": "softhsm2", "awk": "mawk"}


def need(*programs: str) -> None:
    """Skip the test, with the Debian package that is missing, unless the programs are there."""
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is missing (Debian package {PACKAGES.get(program, program)})")


@cache
def softhsm_library() -> str:
    """The module of SoftHSM, wherever this architecture keeps it; skips where there is none."""
    need("softhsm2-util")
    found = [path for folder in ("/usr/lib", "/usr/lib64", "/usr/local/lib") for path in sorted(Path(folder).glob("**/libsofthsm2.so"))]
    if not found:
        pytest.skip("the library of SoftHSM is missing (Debian package softhsm2)")
    return str(found[0].resolve())


def run(*command: str | Path, folder: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program and return what it said, standard error included."""
    result = subprocess.run([str(part) for part in command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60)
    assert not check or result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout}"
    return result


@dataclass(frozen=True)
class Part:
    """One signature, cut out without any library for PDF."""

    der: bytes
    covered: bytes
    end: int
    """Where what it covers ends in the file."""


def parts(content: bytes) -> list[Part]:
    """Return the signatures of a file in the order of their revisions."""
    found = []
    for match in re.finditer(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", content):
        first, second, last = map(int, match.groups())
        hole = content[first + 1 : second - 1]
        found.append(Part(bytes.fromhex(hole.decode("ascii")), content[:first] + content[second : second + last], second + last))
    return sorted(found, key=lambda part: part.end)


def openssl_cms(part: Part, roots: Path, at: datetime, folder: Path) -> str:
    """What OpenSSL says about a signature as CAdES."""
    need("openssl")
    (folder / "seal.der").write_bytes(part.der)
    (folder / "seal.bin").write_bytes(part.covered)
    return run(
        "openssl", "cms", "-verify", "-cades", "-binary", "-purpose", "any", "-inform", "DER", "-in", "seal.der", "-content", "seal.bin",
        "-CAfile", roots, "-attime", str(int(at.timestamp())), "-out", "/dev/null", folder=folder, check=False,
    ).stdout  # fmt: skip


def openssl_ts(token: bytes, data: bytes, roots: Path, at: datetime, folder: Path) -> str:
    """What OpenSSL says about a time-stamp token over some bytes."""
    need("openssl")
    (folder / "stamp.der").write_bytes(token)
    (folder / "stamp.bin").write_bytes(data)
    return run(
        "openssl", "ts", "-verify", "-token_in", "-in", "stamp.der", "-data", "stamp.bin", "-CAfile", roots,
        "-attime", str(int(at.timestamp())), folder=folder, check=False,
    ).stdout  # fmt: skip


def pdfsig(file: Path, root: Path, folder: Path) -> str:
    """What Poppler says, with a certificate store that trusts one root."""
    need("pdfsig", "certutil")
    store = folder / "nss"
    if not store.exists():
        store.mkdir()
        run("certutil", "-N", "-d", f"sql:{store}", "--empty-password")
        run("certutil", "-A", "-d", f"sql:{store}", "-n", "root", "-t", "C,C,C", "-a", "-i", root)
    return run("pdfsig", "-nssdir", f"sql:{store}", file).stdout
