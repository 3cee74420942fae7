"""Numbers, waits and states of issued documents. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import timedelta

MOST_ORDERED = 8_000_000
"""Bytes of canonical JSON that a document may be ordered with. Verification reads records and files of at most 10 MB, and a genuine document
that it called altered or unreadable would be worse than none."""
MOST_FILE = 9_800_000
"""Bytes of a sealed file; the rest up to 10 MB is for archive time-stamps added later."""
CODE_DIGITS = 16
"""Digits of the record's SHA-256 printed at the foot of each page; whoever holds a page can give them."""
LEASE = timedelta(seconds=120)
"""How long a worker owns documents of little text while it renders and seals them; a certificate takes a tenth of a second."""
SLOWEST = 12_000
"""Characters of a long order that become pages and a seal within a second on the slowest machine we count on, a fiftieth of a common one."""
RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900))
"""Waits after a failure; the last one repeats. Short at first: a notice waits for its document ten minutes at most."""
LONGEST_WAIT = max(LEASE + timedelta(seconds=MOST_ORDERED / SLOWEST), *RETRY_AFTER)
"""No wait is longer: a document whose turn lies further ahead was put there before the clock was set back."""
FAILING = 3
"""Failures after which somebody is told."""
STAMP_RETRY = timedelta(minutes=5)
"""Wait before an authority that did not answer is asked again for a document's time-stamp."""
STAMP_LATE = timedelta(hours=24)
"""After this the missing time-stamp of a document is told by mail."""


def letters(slug: str) -> str:
    """Return the capitals that stand for an organisation in numbers: `light-company` is LC."""
    return "".join(part[0] for part in slug.split("-") if part).upper()


def free_letters(slug: str, taken: Collection[str]) -> str:
    """Return letters for an organisation that no other has in this installation: LC, else LC2, LC3 and so on.

    Two organisations with the same letters would give out the same numbers, and nobody could tell whose LC-BN-2026-0001 is.
    """
    wanted = letters(slug)
    return next(found for found in (wanted, *(f"{wanted}{step}" for step in range(2, len(taken) + 3))) if found not in taken)


def reference(organisation: str, code: str, year: int, number: int) -> str:
    """Return a document's number as people write it, such as LC-BN-2026-0007; `organisation` is its letters."""
    return f"{organisation}-{code}-{year}-{number:04d}"


def lease(characters: int) -> timedelta:
    """Return how long a worker owns documents with so many characters of orders together."""
    return LEASE + timedelta(seconds=characters / SLOWEST)


def wait_after(failures: int) -> timedelta:
    """Return how long a document waits after its nth failure, from 1."""
    return RETRY_AFTER[min(max(failures, 1), len(RETRY_AFTER)) - 1]


def plain_number(typed: str) -> str:
    """Return a number as it is compared, however it was typed or copied: `ll – bn‑2026−0007` is LL-BN-2026-0007.

    Every kind of dash becomes a hyphen, full-width letters and digits become plain ones, spaces and marks that nobody sees go.
    """
    kept = []
    for char in unicodedata.normalize("NFKC", typed):
        category = unicodedata.category(char)
        if category == "Pd" or char in "\u2212\u00ad\u02d7\u2043":
            kept.append("-")
        elif category not in {"Zs", "Cf", "Cc"}:
            kept.append(str(unicodedata.decimal(char)) if category == "Nd" else char)
    return "".join(kept).upper()


def check_code(record_sha256: str) -> str:
    """Return the digits that a holder of the document can read at the foot of its pages."""
    return record_sha256[:CODE_DIGITS]


def spaced(code: str) -> str:
    """Return a check code in groups of four, as it is printed."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def plain_code(typed: str) -> str:
    """Return a check code as it is compared: without spaces and dots, lower case."""
    return "".join(char for char in unicodedata.normalize("NFKC", typed).lower() if char in "0123456789abcdef")
