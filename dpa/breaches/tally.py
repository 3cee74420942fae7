"""How many customers were told, in one wording for every page, list and register. Pure.

What only the file mailbox of a demonstration kept told nobody: it stands beside the number of those told and never in it.
"""

from __future__ import annotations


def mailbox(kept: int, told: int = 0) -> str:
    """Return what the file mailbox kept: `7 only in the file mailbox`; where nobody was told, that too. Empty for none."""
    if not kept:
        return ""
    return f"{kept:,} only in the file mailbox" + ("" if told else ", nobody told")


def told(count: int, of: int, kept: int = 0, waived: int = 0, *, word: str = " told") -> str:
    """Return how many of a case's customers were told: `1 of 8 told, 7 only in the file mailbox`, `2 of 3 told, 1 waived`."""
    parts = [f"{count:,} of {of:,}{word}", mailbox(kept, count), f"{waived:,} waived" if waived else ""]
    return ", ".join(part for part in parts if part)
