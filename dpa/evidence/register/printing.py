"""Saying before a document is ordered, or as soon as it is, which characters of its text no typeface has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dpa.web.words import plural

SHOWN = 8
_PLAIN = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x180)))) | {"\n", "\r", "\t"}
"""Latin letters and marks that every typeface has, so that most pages load none to find out."""


def warning(*texts: str) -> str:
    """Return what to know before these texts are printed in a document, as one or two sentences; empty when all can be printed."""
    foreign = "".join(dict.fromkeys(char for text in texts for char in text if char not in _PLAIN))
    if not foreign:
        return ""
    from dpa.evidence.pdf.cleaning import unprintable

    # Marks that combine are judged with the letters before them, so the texts are looked at whole.
    lacking = list(dict.fromkeys(char for text in texts for char in unprintable(text)))
    if not lacking:
        return ""
    named = ", ".join(f"{char} (U+{ord(char):04X})" for char in lacking[:SHOWN])
    rest = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
    return (
        f"{plural(len(lacking), 'character')} of the text cannot be printed in the PDF, which shows □ instead: {named}{rest}. "
        "Mails and the record attached to the PDF keep them; write a name in Latin letters beside it where the print matters."
    )


def warning_of(content: str) -> str:
    """Return the same for an order, given its canonical JSON."""
    return warning(*_strings(json.loads(content)))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
