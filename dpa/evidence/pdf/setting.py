"""Setting text: from a string and a width to lines. There is no markup here, so no text can become any.

Ragged right, no hyphenation. Lines break at spaces; a word wider than its column breaks after a sign such as `/` or `@` if one
is near, anywhere otherwise. Characters that Noto Sans lacks come from the next typeface of the face.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from math import ceil
from typing import NamedTuple

from dpa.evidence.pdf.cleaning import Cleaning
from dpa.evidence.pdf.fonts import WIDTHS, Widths, font_for, widths_of
from dpa.evidence.pdf.look import Style

_BREAK_AFTER = frozenset("-/._@:;,?&=+–—")
CONTINUED = "↳ "
"""Begins the rest of a verbatim line that was too long for one."""
_LOOK_BACK = 0.4
"""Part of a line, from its end, in which a sign is preferred as the place to break a long word."""
_DIGEST = re.compile(r"[0-9a-fA-F]{32,128}\Z")
_GROUP = 4
"""Digits in which people compare digests; a broken one begins its lines with whole groups."""
_GLUED = re.compile(r"(?<=\d) (?=[+-]\d\d:\d\d)|(?<=\bArt\.) (?=\d)|(?<=\bNo\.) (?=\d)")
"""Spaces that never end a line: before an offset from UTC, and between "Art." or "No." and the number."""
_KEPT = 0.7
"""Part of a shortened line that must remain for it to end with a whole word."""


class Line(NamedTuple):
    """One set line: runs of (typeface name, text), and its width in points."""

    runs: tuple[tuple[str, str], ...]
    width: float


class Setter:
    """Sets the texts of one document; every text passes its cleaning."""

    def __init__(self) -> None:
        self.cleaning = Cleaning()

    def paragraphs(self, text: str, style: Style, width: float) -> list[list[Line]]:
        """Return the lines of each paragraph; blank lines separate paragraphs."""
        cleaned = self.cleaning.clean(text)
        parts = [part for part in _blocks(cleaned) if part.strip()]
        return [_fill(part, style, width) for part in parts]

    def lines(self, text: str, style: Style, width: float) -> list[Line]:
        """Return the lines of a text as one paragraph; no lines for an empty one."""
        return _fill(self.cleaning.clean(text), style, width)

    def verbatim(self, text: str, style: Style, width: float) -> list[Line]:
        """Return the lines as they are: spaces kept, broken only where a line is full, then begun with an arrow."""
        widths = WIDTHS[style.face]
        limit = width * 1000 / style.size - sum(map(widths.__getitem__, CONTINUED))
        lines: list[Line] = []
        for raw in self.cleaning.clean(text).split("\n"):
            first, *rest = _pieces(raw, widths, limit, signs=frozenset())
            lines += [_line(first, style), *(_line(CONTINUED + piece, style) for piece in rest)]
        return lines

    def one_line(self, text: str, style: Style, width: float) -> Line:
        """Return a single line, cut with an ellipsis where it is too long."""
        cleaned = " ".join(self.cleaning.clean(text).split())
        line = _line(cleaned, style)
        if line.width <= width:
            return line
        limit = width * 1000 / style.size - WIDTHS[style.face]["…"]
        kept = next(_pieces(cleaned, WIDTHS[style.face], limit, signs=frozenset()))
        whole = kept.rpartition(" ")[0]
        # Between words if that does not lose much.
        return _line((whole if len(whole) > len(kept) * _KEPT else kept).rstrip() + "…", style)


def _blocks(text: str) -> Iterator[str]:
    """Split at blank lines, however many."""
    for blank, lines in groupby(text.split("\n"), key=lambda line: not line.strip()):
        if not blank:
            yield "\n".join(lines)


def _line(text: str, style: Style) -> Line:
    width = sum(map(WIDTHS[style.face].__getitem__, text)) * style.size / 1000
    return Line(_runs(text, style), width)


def _runs(text: str, style: Style) -> tuple[tuple[str, str], ...]:
    first = style.face.value[0]
    if widths_of(first).keys() >= set(text):
        return ((first, text),)
    parts = groupby(text, key=lambda char: font_for(style.face, char))
    return tuple((name, "".join(chars)) for name, chars in parts)


def _fill(text: str, style: Style, width: float) -> list[Line]:
    widths, limit = WIDTHS[style.face], width * 1000 / style.size
    if "\n" not in text and sum(map(widths.__getitem__, text)) <= limit:
        text = text.strip()
        return [_line(text, style)] if text else []
    # The no-break space lives only while lines are sought: in the file it is a space again.
    glued = _GLUED.sub("\u00a0", text.strip("\n"))
    return [_line(line, style) for raw in glued.split("\n") for line in _wrap(raw, widths, limit)]


def _wrap(text: str, widths: Widths, limit: float) -> Iterator[str]:
    """Fill lines greedily with the words of one text line."""
    space, line, used = widths[" "], "", 0.0
    for word in text.split(" "):
        if not word:
            continue
        needed = sum(map(widths.__getitem__, word))
        if line and used + space + needed <= limit:
            line, used = f"{line} {word}", used + space + needed
            continue
        if line:
            yield line
        line, used = word, needed
        if needed > limit:
            *full, line = _evenly(word, widths, limit) if _DIGEST.match(word) else _pieces(word, widths, limit, _BREAK_AFTER)
            yield from full
            used = sum(map(widths.__getitem__, line))
    yield line


def _evenly(digest: str, widths: Widths, limit: float) -> Iterator[str]:
    """Cut a digest into pieces of one length, so that its last digits do not stand on a line of their own."""
    most = max(int(limit // max(map(widths.__getitem__, digest))), 1)
    even = ceil(len(digest) / ceil(len(digest) / most) / _GROUP) * _GROUP
    size = min(even, most)
    yield from (digest[at : at + size] for at in range(0, len(digest), size))


def _pieces(word: str, widths: Widths, limit: float, signs: frozenset[str]) -> Iterator[str]:
    """Cut a word into pieces that fit; at least one piece, and at least one character in each that is cut."""
    start, used, at = 0, 0.0, 0
    while at < len(word):
        width = widths[word[at]]
        if used + width > limit and at > start:
            at = _break_before(word, start, at, signs)
            yield word[start:at]
            start, used = at, 0.0
            continue
        used += width
        at += 1
    yield word[start:]


def _break_before(word: str, start: int, end: int, signs: frozenset[str]) -> int:
    earliest = end - int((end - start) * _LOOK_BACK)
    for at in range(end, max(earliest, start + 1) - 1, -1):
        if word[at - 1] in signs:
            return at
    return end
