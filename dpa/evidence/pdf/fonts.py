"""The vendored typefaces: Noto Sans, and DejaVu Sans for the characters Noto lacks. All are embedded as subsets.

Faces are read when first needed and shared by all documents of the process; ReportLab keeps the subset of each document
apart. The files, their origin and licences: data/vendor.lock.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]

DATA = Path(__file__).parent / "data"
_LOCK = threading.RLock()
_LOADED: dict[str, Mapping[str, float]] = {}


class Face(Enum):
    """How a text is set; the value is the order in which typefaces are asked for a character."""

    # Every order ends with the same two faces, so that what can be set does not depend on how it is set.
    REGULAR = ("NotoSans-Regular", "DejaVuSans")
    BOLD = ("NotoSans-Bold", "DejaVuSans-Bold", "NotoSans-Regular", "DejaVuSans")
    ITALIC = ("NotoSans-Italic", "NotoSans-Regular", "DejaVuSans")
    CODE = ("DejaVuSansMono", "NotoSans-Regular", "DejaVuSans")


def widths_of(name: str) -> Mapping[str, float]:
    """Return the advance widths of a typeface by character, in thousandths of the size; loads and registers it once."""
    loaded = _LOADED.get(name)
    if loaded is None:
        with _LOCK:
            loaded = _LOADED.get(name) or _load(name)
    return loaded


def _load(name: str) -> Mapping[str, float]:
    # Without the readable ASCII block a subset holds only what the document uses: half the size.
    font = TTFont(name, str(DATA / f"{name}.ttf"), asciiReadable=False)
    pdfmetrics.registerFont(font)
    face = font.face
    _repair_advances(face.hmetrics)
    loaded = {chr(code): float(face.charWidths[code]) for code in face.charToGlyph if code in face.charWidths and code <= 0xFFFF}
    _LOADED[name] = loaded
    return loaded


def _repair_advances(metrics: list[tuple[float, int]]) -> None:
    """Put right what ReportLab 5.1 reads for the glyphs at the end of a table of widths.

    Where many glyphs share the last width (every fixed-width face), it keeps that width scaled to thousandths, and would embed
    a font whose widths contradict the document's (ISO 19005-3, 6.2.11.5).
    """
    last = 0.0
    for at, (advance, bearing) in enumerate(metrics):
        if isinstance(advance, int):
            last = advance
        else:
            metrics[at] = (last, bearing)


def has(char: str) -> bool:
    """Tell whether any typeface has the character; true for every face or for none."""
    return any(char in widths_of(name) for name in Face.REGULAR.value)


class Widths(dict[str, float]):
    """Widths of single characters in a face, fallbacks included, each looked up once."""

    def __init__(self, face: Face) -> None:
        super().__init__()
        self.face = face

    def __missing__(self, char: str) -> float:
        width = widths_of(font_for(self.face, char))[char]
        self[char] = width
        return width


def font_for(face: Face, char: str) -> str:
    """Return the name of the first typeface of the face that has the character. It must be one that `has` accepts."""
    names: tuple[str, ...] = face.value
    for name in names:
        if char in widths_of(name):
            return name
    msg = f"no typeface has U+{ord(char):04X}; clean the text first"
    raise LookupError(msg)


WIDTHS = {face: Widths(face) for face in Face}
