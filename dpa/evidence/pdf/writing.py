"""From laid-out pages to a PDF with marked content, through ReportLab.

Every mark on a page lies between BDC and EMC: with the identifier of its structure element, or as an artifact (ISO 32000-1,
14.6). Fonts are embedded as subsets; nothing is compressed here, because the archive step writes the file anew.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL.Image import Image
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from dpa.evidence.pdf import look
from dpa.evidence.pdf.fonts import Face, widths_of
from dpa.evidence.pdf.look import Colour
from dpa.evidence.pdf.pages import Disc, Fill, Modules, Page, Picture, Rule, Shape, Words
from dpa.evidence.pdf.structure import Artifact, Element, Owner

_CURVE = 0.5523
"""Distance of the control points of a quarter circle, relative to its radius."""


def write(pages: list[Page], logo: Image | None) -> bytes:
    """Write the pages; gives each element of the structure its marked content as (page index, identifier)."""
    out = BytesIO()
    first = Face.REGULAR.value[0]
    widths_of(first)
    canvas = Canvas(out, pagesize=(look.PAGE_WIDTH, look.PAGE_HEIGHT), invariant=1, pageCompression=0, initialFontName=first, initialFontSize=9)
    picture = ImageReader(logo) if logo else None
    for number, page in enumerate(pages):
        _PageWriter(canvas, number, picture).write(page)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


class _PageWriter:
    """Writes one page: all decoration as one artifact, then the content in reading order."""

    def __init__(self, canvas: Any, number: int, picture: Any) -> None:
        self.canvas, self.number, self.picture = canvas, number, picture
        self.identifiers = 0
        self.owner: Owner | None = None
        self.text: Any = None
        """The open text object, if any. Marked content is opened and closed on the same side of BT and ET."""
        self.fill: Colour | None = None
        self.font: tuple[str, float] | None = None

    def write(self, page: Page) -> None:
        if page.below:
            self._own(Artifact.LAYOUT)
            for shape in page.below:
                self._shape(shape)
        for mark in page.content:
            if isinstance(mark, Words):
                self._words(mark)
            else:
                self._end_text(mark.owner)
                self._shape(mark.shape)
        self._end_text(None)

    # --- marked content ---------------------------------------------------------------------------------------

    def _code(self, operator: str) -> None:
        # Neither the canvas nor its text object has a public way to write an operator.
        target = self.canvas if self.text is None else self.text
        target._code.append(operator)  # noqa: SLF001

    def _own(self, owner: Owner | None) -> None:
        if owner is self.owner:
            return
        if self.owner is not None:
            self._code("EMC")
        self.owner = owner
        if isinstance(owner, Element):
            owner.kids.append((self.number, self.identifiers))
            self._code(f"/{owner.role} <</MCID {self.identifiers}>> BDC")
            self.identifiers += 1
        elif owner is not None:
            self._code(f"/Artifact {owner.value} BDC")

    def _end_text(self, owner: Owner | None) -> None:
        """Leave the text object and go on with another owner, or none."""
        if self.text is not None:
            if self.owner is not None:
                self._code("EMC")
            self.owner = None
            self.canvas.drawText(self.text)
            self.text = None
        self._own(owner)

    # --- marks ------------------------------------------------------------------------------------------------

    def _words(self, words: Words) -> None:
        if self.text is None:
            self._own(None)
            self.text, self.font = self.canvas.beginText(), None
        self._own(words.owner)
        text = self.text
        if words.colour != self.fill:
            text.setFillColorRGB(*words.colour)
            self.fill = words.colour
        text.setTextOrigin(round(words.x, 3), round(words.y, 3))
        for name, run in words.runs:
            if self.font != (name, words.size):
                text.setFont(name, words.size)
                self.font = name, words.size
            text.textOut(run)

    def _shape(self, shape: Shape) -> None:
        match shape:
            case Fill(x, y, width, height, colour):
                self._paint(colour)
                self._code(f"{x:.3f} {y:.3f} {width:.3f} {height:.3f} re f")
            case Rule(x1, y1, x2, y2, thickness, colour):
                self._code(f"{_numbers(colour)} RG {thickness:.3f} w {x1:.3f} {y1:.3f} m {x2:.3f} {y2:.3f} l S")
            case Disc(x, y, radius, colour, ring):
                self._disc(x, y, radius + 1.6, ring)
                self._disc(x, y, radius, colour)
            case Modules(x, y, size, runs):
                self._paint(look.INK)
                boxes = (f"{x + column * size:.3f} {y - (row + 1) * size:.3f} {length * size:.3f} {size:.3f} re" for column, row, length in runs)
                self._code(" ".join(boxes) + " f")
            case Picture(x, y, width, height):
                self.canvas.drawImage(self.picture, x, y, width, height)

    def _paint(self, colour: Colour) -> None:
        if colour != self.fill:
            self._code(f"{_numbers(colour)} rg")
            self.fill = colour

    def _disc(self, x: float, y: float, r: float, colour: Colour) -> None:
        self._paint(colour)
        c = r * _CURVE
        corners = ((r, c, c, r, 0.0, r), (-c, r, -r, c, -r, 0.0), (-r, -c, -c, -r, 0.0, -r), (c, -r, r, -c, r, 0.0))
        curves = (" ".join(f"{base + step:.3f}" for base, step in zip((x, y) * 3, corner, strict=True)) + " c" for corner in corners)
        self._code(f"{x + r:.3f} {y:.3f} m {' '.join(curves)} f")


def _numbers(colour: Colour) -> str:
    return " ".join(f"{part:g}" for part in colour)
