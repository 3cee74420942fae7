"""Titles, headings, running text, lists, boxes and small print."""

from __future__ import annotations

from dpa.evidence.pdf import look
from dpa.evidence.pdf.blocks import FinePrint, Heading, Notice, Points, Summary, Text, Verbatim
from dpa.evidence.pdf.pages import Cell, Fill, Flow, Page, items
from dpa.evidence.pdf.structure import Bookmark, Owner

_PARAGRAPH_GAP = 7.0
_POINT_INDENT = 14.0
_BAR = 3.0
"""Width of the coloured edge of a notice."""


def summary(flow: Flow, block: Summary) -> None:
    """Set the lead."""
    for lines in flow.setter.paragraphs(block.text, look.LEAD, look.MEASURE):
        flow.lines(lines, look.LEAD, flow.root.child("P"))
        flow.space(6)
    flow.space(6)


def heading(flow: Flow, block: Heading) -> None:
    """Set a heading, together with the beginning of the block that follows it."""
    style = look.HEADING[block.level]
    lines = flow.setter.lines(block.text, style, look.WIDTH)
    if not lines:
        return
    element = flow.root.child(f"H{block.level}")

    def draw() -> None:
        flow.bookmarks.append(Bookmark(block.text, block.level, len(flow.pages) - 1, flow.y))
        flow.lines(lines, style, element)

    flow.space(16 if block.level == 2 else 9)
    flow.hold(len(lines) * style.leading, draw)
    flow.space(5 if block.level == 2 else 3)


def text(flow: Flow, block: Text) -> None:
    """Set running text."""
    for lines in flow.setter.paragraphs(block.text, look.BODY, look.MEASURE):
        flow.lines(lines, look.BODY, flow.root.child("P"))
        flow.space(_PARAGRAPH_GAP)


def points(flow: Flow, block: Points) -> None:
    """Set a list; the labels hang left of the texts."""
    shown = [item for item in block.items if item.strip()]
    if not shown:
        return
    element = flow.root.child("L", numbering="Decimal" if block.numbered else "Disc")
    for number, item in enumerate(shown, 1):
        entry = element.child("LI")
        label = flow.setter.lines(f"{number}." if block.numbered else "•", look.BODY, 2 * _POINT_INDENT)
        label_items = items(label, look.BODY.coloured(look.MUTED), entry.child("Lbl"))
        indent = _POINT_INDENT if len(shown) < 10 or not block.numbered else _POINT_INDENT + 6
        lines = flow.setter.lines(item, look.BODY, look.MEASURE - indent)
        flow.row([Cell(look.LEFT, label_items), Cell(look.LEFT + indent, items(lines, look.BODY, entry.child("LBody")))], above=0, below=3)
    flow.space(5)


def notice(flow: Flow, block: Notice) -> None:
    """Set a tinted box with a coloured edge; its first line says in words what the colour repeats."""
    colour, ground = look.TONES[block.tone]
    width = look.WIDTH - _BAR - 24
    flow.space(6)
    title_style = look.NOTICE_TITLE.coloured(colour)
    content = items(flow.setter.lines(block.title, title_style, width), title_style, flow.root.child("P"))
    for lines in flow.setter.paragraphs(block.text, look.NOTICE_TEXT, width):
        content += items(lines, look.NOTICE_TEXT, flow.root.child("P", language=block.language))

    def box(page: Page, top: float, bottom: float, _ended: bool) -> None:
        page.below.append(Fill(look.LEFT, bottom, look.WIDTH, top - bottom, ground))
        page.below.append(Fill(look.LEFT, bottom, _BAR, top - bottom, colour))

    flow.row([Cell(look.LEFT + _BAR + 12, content)], above=9, below=10, behind=box)
    flow.space(12)


def fine_print(flow: Flow, block: FinePrint, *, language: str = "") -> None:
    """Set small running text."""
    for lines in flow.setter.paragraphs(block.text, look.FINE, look.MEASURE):
        flow.lines(lines, look.FINE, flow.root.child("P", language=language))
        flow.space(4)
    flow.space(4)


def verbatim(flow: Flow, block: Verbatim) -> None:
    """Set lines in the fixed-width face on a tinted ground, spaces and blank lines kept."""
    width = look.WIDTH - 24
    flow.space(4)
    # The owners are made in reading order, the texts set in any.
    title_owner: Owner = flow.root.child("P") if block.title else flow.root
    code = flow.root.child("P").child("Code")
    content = items(flow.setter.lines(block.title, look.LABEL, width), look.LABEL, title_owner)
    content += items(flow.setter.verbatim(block.text.rstrip("\n"), look.VERBATIM, width), look.VERBATIM, code)

    def ground(page: Page, top: float, bottom: float, _ended: bool) -> None:
        page.below.append(Fill(look.LEFT, bottom, look.WIDTH, top - bottom, look.GROUND))

    flow.row([Cell(look.LEFT + 12, content)], above=8, below=9, behind=ground)
    flow.space(12)
