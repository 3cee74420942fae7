"""Tables, key facts and timelines: everything that is set in rows and may run over pages."""

from __future__ import annotations

from datetime import datetime

from dpa.deadlines.explaining import day_text, offset_text
from dpa.deadlines.zones import Zone
from dpa.evidence.pdf import look
from dpa.evidence.pdf.blocks import Align, Fact, KeyFacts, Moment, Table, Timeline
from dpa.evidence.pdf.look import Style
from dpa.evidence.pdf.pages import PAGINATION, Cell, Disc, Fill, Flow, Item, Page, Rule, hairline, items
from dpa.evidence.pdf.structure import Element, Owner

_GAP = 14.0
"""Air between two columns of a table."""
_FACT_PAD = 14.0
_CLOCK_WIDTH = 92.0
_RAIL = look.LEFT + _CLOCK_WIDTH + 9
"""Where the line of a timeline runs."""


class _Grid:
    """The columns of one table on the page."""

    def __init__(self, flow: Flow, table: Table) -> None:
        self.flow, self.table = flow, table
        shares = sum(column.share for column in table.columns)
        room = look.WIDTH - _GAP * (len(table.columns) - 1)
        self.widths = [room * column.share / shares for column in table.columns]
        lefts = [look.LEFT + sum(self.widths[:at]) + _GAP * at for at in range(len(self.widths))]
        self.right = [column.align is Align.RIGHT for column in table.columns]
        self.edges = [left + width if right else left for left, width, right in zip(lefts, self.widths, self.right, strict=True)]
        self.styles = [look.CODE_CELL if column.code else look.CELL for column in table.columns]
        if table.row_header:
            self.styles[0] = look.ROW_NAME
        self.titles = [flow.setter.lines(column.title, look.COLUMN, width) for column, width in zip(table.columns, self.widths, strict=True)]

    @property
    def header_height(self) -> float:
        return max(map(len, self.titles)) * look.COLUMN.leading + 7

    def header(self, owners: list[Owner]) -> None:
        """Set the column titles: content once, an artifact on every further page."""
        cells = [
            Cell(edge, items(lines, look.COLUMN, owner), right)
            for edge, lines, owner, right in zip(self.edges, self.titles, owners, self.right, strict=True)
        ]
        self.flow.row(cells, above=3, below=4, behind=_under_header)

    def repeat(self) -> None:
        self.header([PAGINATION] * len(self.titles))

    def cells(self, row: tuple[str, ...], element: Element) -> list[Cell]:
        cells = []
        lines_of = self.flow.setter.lines
        for at, text in enumerate(row):
            names = at == 0 and self.table.row_header
            owner = element.child("TH", scope="Row") if names else element.child("TD")
            style = self.styles[at]
            cells.append(Cell(self.edges[at], items(lines_of(text, style, self.widths[at]), style, owner), self.right[at]))
        return cells


def _under_header(page: Page, _top: float, bottom: float, _ended: bool) -> None:
    hairline(page, bottom, look.INK, 0.75)


def _under_row(page: Page, _top: float, bottom: float, ended: bool) -> None:
    if ended:
        hairline(page, bottom)


def table(flow: Flow, block: Table) -> None:
    """Set a table with its caption; the header is repeated on each page, long cells run on."""
    flow.space(6)
    if not block.rows:
        if block.caption:
            flow.lines(flow.setter.lines(block.caption, look.CAPTION, look.WIDTH), look.CAPTION, flow.root.child("P"))
        flow.lines(flow.setter.lines(block.empty, look.BODY.coloured(look.MUTED), look.WIDTH), look.BODY.coloured(look.MUTED), flow.root.child("P"))
        flow.space(8)
        return
    element = flow.root.child("Table")
    if block.caption:
        caption = flow.setter.lines(block.caption, look.CAPTION, look.WIDTH)
        owner = element.child("Caption")
        flow.hold(len(caption) * look.CAPTION.leading, lambda: flow.lines(caption, look.CAPTION, owner))
        flow.space(2)
    grid = _Grid(flow, block)
    head = element.child("THead").child("TR")
    titles: list[Owner] = [head.child("TH", scope="Column") for _ in block.columns]
    flow.hold(grid.header_height, lambda: grid.header(titles))
    body = element.child("TBody")
    for row in block.rows:
        flow.row(grid.cells(row, body.child("TR")), above=4, below=4, behind=_under_row, on_turn=grid.repeat)
    flow.space(12)


def key_facts(flow: Flow, block: KeyFacts) -> None:
    """Set the facts in a tinted box of two columns."""
    flow.space(4)
    element = flow.root.child("L")
    rows = _pairs(block.facts)
    for number, row in enumerate(rows):
        first, last = number == 0, number == len(rows) - 1
        cells = [_fact(flow, fact, column, element) for column, fact in enumerate(row)]
        flow.row(cells, above=9 if first else 7, below=10 if last else 7, behind=_ground if first else _lined_ground)
    flow.space(14)


def _pairs(facts: tuple[Fact, ...]) -> list[list[Fact]]:
    rows: list[list[Fact]] = []
    for fact in facts:
        if fact.wide or not rows or len(rows[-1]) == 2 or rows[-1][0].wide:
            rows.append([fact])
        else:
            rows[-1].append(fact)
    return rows


def _fact(flow: Flow, fact: Fact, column: int, parent: Element) -> Cell:
    half = (look.WIDTH - 3 * _FACT_PAD) / 2
    width = look.WIDTH - 2 * _FACT_PAD if fact.wide else half
    x = look.LEFT + _FACT_PAD + column * (half + _FACT_PAD)
    entry = parent.child("LI")
    style = look.CODE_VALUE if fact.code else look.VALUE
    set_lines = flow.setter.lines
    label = items(set_lines(fact.label, look.LABEL, width), look.LABEL, entry.child("Lbl"))
    body = entry.child("LBody")
    value = items(set_lines(fact.value, style, width), style, body)
    detail = items(set_lines(fact.detail, look.DETAIL, width), look.DETAIL, body)
    return Cell(x, [*label, *value, *detail])


def _ground(page: Page, top: float, bottom: float, _ended: bool) -> None:
    page.below.append(Fill(look.LEFT, bottom, look.WIDTH, top - bottom, look.GROUND))


def _lined_ground(page: Page, top: float, bottom: float, ended: bool) -> None:
    # The line belongs to the row below it: the ground of a later row would cover that of an earlier one.
    _ground(page, top, bottom, ended)
    hairline(page, top, left=look.LEFT + _FACT_PAD, right=look.RIGHT - _FACT_PAD)


def timeline(flow: Flow, block: Timeline, zone: Zone) -> None:
    """Set moments along a line: the clock on the left, what happened on the right."""
    if not block.moments:
        return
    flow.space(4)
    element = flow.root.child("L")
    clock = "%H:%M:%S" if any(moment.at.second for moment in block.moments) else "%H:%M"
    for number, moment in enumerate(block.moments):
        ends = number == 0, number == len(block.moments) - 1
        begun: list[bool] = []

        def rail(page: Page, top: float, bottom: float, ended: bool, moment: Moment = moment, ends: tuple[bool, bool] = ends, begun: list[bool] = begun) -> None:
            first_piece = not begun
            begun.append(True)
            _rail(page, top, bottom, moment, ends=(ends[0] and first_piece, ends[1] and ended), dot=first_piece)

        flow.row(_moment(flow, moment, zone.local(moment.at), clock, element.child("LI")), above=4, below=6, behind=rail)
    flow.space(12)


def _moment(flow: Flow, moment: Moment, local: datetime, clock: str, entry: Element) -> list[Cell]:
    label, body = entry.child("Lbl"), entry.child("LBody")
    left = [
        *_moment_lines(flow, f"{local.strftime(clock)} {offset_text(local.utcoffset() or local - local)}", look.CLOCK, _CLOCK_WIDTH - 4, label),
        *_moment_lines(flow, day_text(local.date()), look.DETAIL, _CLOCK_WIDTH - 4, label),
    ]
    x = _RAIL + 14
    width = look.RIGHT - x
    right = _moment_lines(flow, moment.title, look.MOMENT, width, body)
    right += _moment_lines(flow, moment.text, look.NOTICE_TEXT, width, body)
    right += _moment_lines(flow, moment.by, look.DETAIL, width, body)
    return [Cell(look.LEFT, left), Cell(x, right)]


def _moment_lines(flow: Flow, text: str, style: Style, width: float, owner: Element) -> list[Item]:
    return items(flow.setter.lines(text, style, width), style, owner)


def _rail(page: Page, top: float, bottom: float, moment: Moment, *, ends: tuple[bool, bool], dot: bool) -> None:
    middle = top - 4 - look.MOMENT.leading / 2
    page.below.append(Rule(_RAIL, middle if ends[0] else top, _RAIL, middle if ends[1] and dot else bottom, 1, look.LINE))
    if dot:
        page.below.append(Disc(_RAIL, middle, 3.2, look.TONES[moment.tone][0], look.WHITE))
