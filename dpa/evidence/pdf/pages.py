"""Pages before they are PDF: what stands where and what it belongs to. A flow fills one page after the other.

Laying out first and writing afterwards gives "page 3 of 12" its number, keeps lines and grounds out of the text, and leaves
the writing to one short module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dpa.evidence.pdf import look
from dpa.evidence.pdf.look import Colour, Style
from dpa.evidence.pdf.setting import Line, Setter
from dpa.evidence.pdf.structure import Artifact, Bookmark, Element, Owner
from dpa.languages import ENGLISH, Wording

_MOVE_WHOLE = 0.35
"""A row of up to this part of a page moves to the next page; a taller one is split."""


_BEGUN = 60.0
"""Height of a row too tall to be moved that must stand below its heading."""


class Words(NamedTuple):
    """A line of text with the left end of its baseline."""

    owner: Owner
    x: float
    y: float
    runs: tuple[tuple[str, str], ...]
    size: float
    colour: Colour


class Fill(NamedTuple):
    """A filled rectangle, from its lower left corner."""

    x: float
    y: float
    width: float
    height: float
    colour: Colour


class Rule(NamedTuple):
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    thickness: float
    colour: Colour


class Disc(NamedTuple):
    """A filled circle, with a ring of another colour."""

    x: float
    y: float
    radius: float
    colour: Colour
    ring: Colour


class Modules(NamedTuple):
    """The dark runs of a QR code: (column, row from the top, length) in modules of `size` points, from the upper left corner."""

    x: float
    y: float
    size: float
    runs: tuple[tuple[int, int, int], ...]


class Picture(NamedTuple):
    """The organisation's logo."""

    x: float
    y: float
    width: float
    height: float


Shape = Fill | Rule | Disc | Modules | Picture


class Drawn(NamedTuple):
    """A shape that belongs to the content: part of a figure."""

    owner: Owner
    shape: Shape


@dataclass(slots=True)
class Page:
    """One page: decoration below, content above, in reading order."""

    below: list[Shape] = field(default_factory=list)
    content: list[Words | Drawn] = field(default_factory=list)


class Item(NamedTuple):
    """A line in a cell: how it is set and what it belongs to."""

    line: Line
    style: Style
    owner: Owner


class Cell(NamedTuple):
    """A column of lines: `x` is its left edge, or its right edge if `right`."""

    x: float
    items: Sequence[Item]
    right: bool = False


Behind = Callable[[Page, float, float, bool], None]
"""Draws what lies behind a piece of a row, given the page, its top, its bottom, and whether the row ends here."""


class Flow:
    """Fills pages from top to bottom. `y` is the free upper edge on the current page."""

    def __init__(self, setter: Setter, root: Element, say: Wording = ENGLISH) -> None:
        self.setter = setter
        self.root = root
        self.say = say
        """The engine's own words, in the language of the document."""
        self.pages = [Page()]
        self.bookmarks: list[Bookmark] = []
        self.y = look.FIRST_TOP
        self.fresh = True
        """Nothing stands on this page yet."""
        self._held: list[tuple[float, Callable[[], None]]] = []

    @property
    def page(self) -> Page:
        """The page being filled."""
        return self.pages[-1]

    @property
    def room(self) -> float:
        """Free height on this page."""
        return self.y - look.BOTTOM

    def turn(self) -> None:
        """Begin a new page."""
        self.pages.append(Page())
        self.y = look.TOP
        self.fresh = True

    def hold(self, height: float, draw: Callable[[], None]) -> None:
        """Keep something of this height, such as a heading, until what follows is set, so that both stand on one page.

        Its elements must exist already: they are made in reading order.
        """
        self._held.append((height, draw))

    def begin(self, height: float = 0.0) -> None:
        """Set what is held, on one page with at least `height` of what follows. A height no page has is not waited for."""
        held, self._held = self._held, []
        needed = sum(part for part, _ in held) + height
        if needed > self.room and not self.fresh and needed <= look.BODY_HEIGHT:
            self.turn()
        for _, draw in held:
            draw()

    def space(self, height: float) -> None:
        """Leave air, except at the top of a page."""
        if self._held:
            self.hold(height, lambda: self.space(height))
        elif not self.fresh:
            self.y -= height

    def put(self, item: Item, x: float, top: float, *, right: bool = False) -> None:
        """Set one line with its upper edge at `top`."""
        line, style, owner = item
        # The baseline that centres ascenders and descenders of Noto Sans in the leading.
        baseline = top - (style.leading + style.size * 0.714) / 2
        self.page.content.append(Words(owner, x - line.width if right else x, baseline, line.runs, style.size, style.colour))
        self.fresh = False

    def lines(self, lines: Sequence[Line], style: Style, owner: Owner, x: float = look.LEFT) -> None:
        """Set a paragraph; never one line alone at the foot or head of a page."""
        rest = list(lines)
        if self._held and rest:
            self.begin(min(2, len(rest)) * style.leading)
        while rest:
            fitting = int((self.room + 0.01) / style.leading)
            if fitting < len(rest):
                fitting = min(fitting, len(rest) - 2)
                if fitting < 2 and not self.fresh:
                    self.turn()
                    continue
                fitting = max(fitting, 1)
            for line in rest[:fitting]:
                self.put(Item(line, style, owner), x, self.y)
                self.y -= style.leading
            rest = rest[fitting:]
            if rest:
                self.turn()

    def row(self, cells: Sequence[Cell], *, above: float, below: float, behind: Behind | None = None, on_turn: Callable[[], None] | None = None) -> None:
        """Set cells side by side, padded above and below; a row that fits no page is continued on the next.

        `on_turn` is called after each page turn, to repeat a header.
        """
        height = max(sum(item.style.leading for item in cell.items) for cell in cells) + above + below
        whole = height <= look.BODY_HEIGHT * _MOVE_WHOLE
        if self._held:
            self.begin(height if whole else _BEGUN)
        if height > self.room and whole and not self.fresh:
            self._turn(on_turn)
        taken = [0] * len(cells)
        while True:
            top, drop = self.y, 0.0
            for at, cell in enumerate(cells):
                taken[at], used = self._fit(cell, taken[at], top - above, self.room - above - below)
                drop = max(drop, used)
            ended = all(taken[at] == len(cell.items) for at, cell in enumerate(cells))
            if drop or ended:
                self.y = top - drop - above - below
                if behind:
                    behind(self.page, top, self.y, ended)
            self.fresh = False
            if ended:
                return
            self._turn(on_turn)

    def _fit(self, cell: Cell, start: int, top: float, room: float) -> tuple[int, float]:
        """Set as many lines of a cell as there is room for; returns how far it came and the height used."""
        used, at = 0.0, start
        while at < len(cell.items) and used + cell.items[at].style.leading <= room + 0.01:
            self.put(cell.items[at], cell.x, top - used, right=cell.right)
            used += cell.items[at].style.leading
            at += 1
        return at, used

    def _turn(self, on_turn: Callable[[], None] | None) -> None:
        self.turn()
        if on_turn:
            on_turn()


def hairline(page: Page, y: float, colour: Colour = look.LINE, thickness: float = look.HAIRLINE, left: float = look.LEFT, right: float = look.RIGHT) -> None:
    """Draw a horizontal line below the content."""
    page.below.append(Rule(left, y, right, y, thickness, colour))


def items(lines: Sequence[Line], style: Style, owner: Owner) -> list[Item]:
    """Make the lines of one text into items of a cell."""
    return [Item(line, style, owner) for line in lines]


PAGINATION = Artifact.PAGINATION
