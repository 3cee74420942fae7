"""The recipe with which anybody checks a sealed document offline, with common tools and without us. It travels in each export."""

from __future__ import annotations

import re
from pathlib import Path

_TEXT = Path(__file__).with_name("data") / "VERIFY.txt"
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def recipe(root_fingerprint: str, revoked_at: str = "") -> str:
    """Return the recipe for documents that lead to a root: its SHA-256 fingerprint, and the commands of OpenSSL, as tested.

    `revoked_at` is the address of the newest list of revoked seals; empty where whoever issued the certificate publishes it. The text names
    the files `document.pdf`, `seal-issuers.pem`, `seal-revoked.pem` and `tsa-roots.pem`. Raises ValueError for anything but
    64 lower-case hexadecimal digits.
    """
    if not _FINGERPRINT.fullmatch(root_fingerprint):
        msg = f"{root_fingerprint!r} is not a SHA-256 fingerprint"
        raise ValueError(msg)
    pairs = [root_fingerprint[at : at + 2] for at in range(0, 64, 2)]
    newer = revoked_at or "whoever issued the sealing certificate publishes it."
    text = _TEXT.read_text("utf-8").replace("{{ROOT}}", root_fingerprint).replace("{{COLONS}}", ":".join(pairs).upper())
    return text.replace("{{NEWER}}", newer)
