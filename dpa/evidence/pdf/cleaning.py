"""From any text to text that can be printed: controls out, what no font has replaced visibly, both counted.

A direction control can make 1,000 look like 000,1 (U+202E), a zero-width space can make two addresses look like one: neither
has a place in evidence. What is taken out or replaced is counted, told on the document's last page, and still stands unchanged
in the attached record.

Scripts that run from right to left or join their letters are replaced too, although a font has their letters: without
shaping, the page would show something the author did not write.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from dpa.evidence.pdf import fonts

REPLACEMENT = "\u25a1"
_NEWLINES = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_LAST_BMP = "\uffff"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
# Blocks whose letters are reordered or joined when set: Syriac to Myanmar, Khmer, Mongolian, Limbu to Vedic, Phags-pa to Meetei.
_SHAPED = (("\u0700", "\u109f"), ("\u1780", "\u18af"), ("\u1900", "\u1cff"), ("\ua840", "\uabff"))
_INVISIBLE_MARKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}


class Cleaning:
    """Cleans the texts of one document and remembers what it changed."""

    def __init__(self) -> None:
        self.replaced: Counter[str] = Counter()
        """Characters printed as U+25A1, with their number."""
        self.removed: Counter[str] = Counter()
        """Characters left out, with their number."""

    def clean(self, text: str) -> str:
        """Return the text as it can be printed; newlines stay, other white space becomes a space."""
        if text.isascii() and text.isprintable():
            return text
        text = unicodedata.normalize("NFC", _NEWLINES.sub("\n", text))
        kept = []
        for char in text:
            fate = fate_of(char)
            kept.append(fate)
            if fate not in {char, " "}:
                (self.replaced if fate else self.removed)[char] += 1
        return "".join(kept)


def unprintable(text: str) -> tuple[str, ...]:
    """Return the characters of a text that a document prints as U+25A1, each once, in the order in which they come first."""
    if text.isascii():
        return ()
    return tuple(dict.fromkeys(char for char in unicodedata.normalize("NFC", text) if fate_of(char) == REPLACEMENT != char))


@lru_cache(maxsize=20_000)
def fate_of(char: str) -> str:
    """Return what is printed for a character: itself, U+25A1, a space for other white space, or nothing."""
    if char == "\n":
        return char
    category = unicodedata.category(char)
    if category == "Zs" and not fonts.has(char):
        return " "
    if char == "\t":
        return " "
    if category in {"Cc", "Cf"} or char in _INVISIBLE_MARKS or "\U000e0000" <= char <= "\U000e0fff":
        return ""
    unsettable = category in {"Cs", "Co", "Cn"} or char > _LAST_BMP or _needs_shaping(char)
    return REPLACEMENT if unsettable or not fonts.has(char) else char


def _needs_shaping(char: str) -> bool:
    return unicodedata.bidirectional(char) in _RIGHT_TO_LEFT or any(first <= char <= last for first, last in _SHAPED)


@lru_cache(maxsize=2_000)
def plain(text: str) -> str:
    """Return a text for the file's own properties: one line, no controls, valid in XML."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join("\ufffd" if unicodedata.category(c) in {"Cs", "Cn"} else c for c in line if unicodedata.category(c) not in {"Cc", "Cf"})


def code_points(counted: Counter[str], most: int = 12) -> str:
    """List characters by their code points, the most frequent first, such as "U+4E2D, U+6587 and 3 more"."""
    ranked = sorted(counted, key=lambda char: (-counted[char], char))
    named = ", ".join(f"U+{ord(char):04X}" for char in ranked[:most])
    return named if len(ranked) <= most else f"{named} and {len(ranked) - most} more"
