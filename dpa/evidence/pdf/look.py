"""The look of every document: measures, colours and text styles in one place. Units are points (1/72 inch).

A4, one column, quiet: dark ink, one accent, hairlines instead of boxes, and air. The colours are those of the pages of the
product; each text colour has a contrast of at least 4.5 on its ground.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dpa.evidence.pdf.blocks import Tone
from dpa.evidence.pdf.fonts import Face

Colour = tuple[float, float, float]


def _colour(hexadecimal: str) -> Colour:
    red, green, blue = (int(hexadecimal[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return round(red, 4), round(green, 4), round(blue, 4)


INK = _colour("101828")
MUTED = _colour("475467")
LINE = _colour("d0d5dd")
GROUND = _colour("f5f7fa")
WHITE = _colour("ffffff")
ACCENT = _colour("1d4ed8")
TRACK = _colour("e4e7ec")

TONES: dict[Tone, tuple[Colour, Colour]] = {
    Tone.NEUTRAL: (MUTED, GROUND),
    Tone.INFO: (_colour("175cd3"), _colour("eff8ff")),
    Tone.WARNING: (_colour("93370d"), _colour("fffaeb")),
    Tone.LATE: (_colour("b42318"), _colour("fef3f2")),
    Tone.DONE: (_colour("05603a"), _colour("ecfdf3")),
}
"""Text and ground of each tone."""

PAGE_WIDTH, PAGE_HEIGHT = 595.276, 841.89
LEFT, RIGHT = 62.0, PAGE_WIDTH - 62.0
WIDTH = RIGHT - LEFT
MEASURE = 430.0
"""Width of running text: some 90 characters."""
FIRST_TOP = PAGE_HEIGHT - 54.0
"""Top of the first page's letterhead."""
HEAD = PAGE_HEIGHT - 46.0
"""Baseline of the running head on later pages."""
TOP = PAGE_HEIGHT - 80.0
"""Top of the content on later pages."""
BOTTOM = 72.0
FOOT = 44.0
"""Baseline of the foot."""
HAIRLINE = 0.5
BODY_HEIGHT = TOP - BOTTOM


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: face, size, distance of lines, colour."""

    face: Face
    size: float
    leading: float
    colour: Colour

    def coloured(self, colour: Colour) -> Style:
        """Return the style in another colour."""
        return replace(self, colour=colour)


ORGANISATION = Style(Face.BOLD, 11, 14, INK)
ADDRESS = Style(Face.REGULAR, 8, 11, MUTED)
CLASSIFICATION = Style(Face.BOLD, 7.5, 11, INK)
NUMBER = Style(Face.REGULAR, 8, 11, MUTED)
EYEBROW = Style(Face.BOLD, 9, 12, ACCENT)
TITLE = Style(Face.BOLD, 21, 27, INK)
SUBTITLE = Style(Face.REGULAR, 9, 13, MUTED)
LEAD = Style(Face.REGULAR, 11, 16.5, INK)
HEADING = {2: Style(Face.BOLD, 13, 18, INK), 3: Style(Face.BOLD, 10, 14, INK)}
BODY = Style(Face.REGULAR, 9.5, 14, INK)
LABEL = Style(Face.REGULAR, 7.5, 11, MUTED)
VALUE = Style(Face.BOLD, 9.5, 13, INK)
CODE_VALUE = Style(Face.CODE, 8, 12, INK)
DETAIL = Style(Face.REGULAR, 8, 11, MUTED)
CAPTION = Style(Face.BOLD, 9, 13, INK)
COLUMN = Style(Face.BOLD, 7.5, 10.5, MUTED)
CELL = Style(Face.REGULAR, 8.5, 12, INK)
ROW_NAME = Style(Face.BOLD, 8.5, 12, INK)
CODE_CELL = Style(Face.CODE, 7.5, 12, INK)
MOMENT = Style(Face.BOLD, 9.5, 13, INK)
CLOCK = Style(Face.REGULAR, 9, 13, INK)
NOTICE_TITLE = Style(Face.BOLD, 9.5, 13, INK)
NOTICE_TEXT = Style(Face.REGULAR, 9, 13, INK)
FINE = Style(Face.REGULAR, 7.5, 11, MUTED)
VERBATIM = Style(Face.CODE, 7.5, 11, INK)
FURNITURE = Style(Face.REGULAR, 7.5, 10, MUTED)
FURNITURE_NAME = Style(Face.BOLD, 8, 10, INK)
CHART = Style(Face.REGULAR, 8.5, 12, INK)
CHART_SMALL = Style(Face.REGULAR, 7.5, 10, MUTED)
