"""The recipe with which anybody checks a sealed document offline, with common tools and without us. It travels in each export."""

from __future__ import annotations

import re
from pathlib import Path

_TEXT = Path(__file__).with_name("data") / "VERIFY.txt"
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def recipe(root_fingerprint: str) -> str:
    """Return the recipe for documents that lead to a root: its SHA-256 fingerprint, and the commands of OpenSSL, as tested.

    It names the files `document.pdf`, `seal-issuers.pem`, `seal-revoked.pem` and `tsa-roots.pem`. Raises ValueError for anything but
    64 lower-case hexadecimal digits.
    """
    if not _FINGERPRINT.fullmatch(root_fingerprint):
        msg = f"{root_fingerprint!r} is not a SHA-256 fingerprint"
        raise ValueError(msg)
    pairs = [root_fingerprint[at : at + 2] for at in range(0, 64, 2)]
    return _TEXT.read_text("utf-8").replace("{{ROOT}}", root_fingerprint).replace("{{COLONS}}", ":".join(pairs).upper())
