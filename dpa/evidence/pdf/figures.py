"""Bars, clock strips and QR codes: drawn as vectors, each a figure with its description in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dpa.deadlines.explaining import offset_text
from dpa.deadlines.zones import Zone
from dpa.evidence.pdf import look
from dpa.evidence.pdf.blocks import Bars, ClockPoint, ClockStrip, Qr, Tone
from dpa.evidence.pdf.cleaning import plain
from dpa.evidence.pdf.look import Style
from dpa.evidence.pdf.pages import Cell, Disc, Drawn, Fill, Flow, Item, Modules, Rule, Shape, items
from dpa.evidence.pdf.qr import dark_runs, matrix
from dpa.evidence.pdf.structure import Element
from dpa.languages import Wording

_BAR_ROW = 17.0
_BAR_LABELS, _BAR_VALUES = 150.0, 70.0
_QR_SIZE = 82.0
_STRIP_LABEL = 88.0
"""Width kept for the text of a point on a clock strip."""
_STRIP_LINES = 2 * look.CHART_SMALL.leading + look.CHART.leading


def _figure(flow: Flow, description: str, height: float) -> Element:
    figure = flow.root.child("Figure", alt=plain(description))
    figure.box = (look.LEFT, round(flow.y - height, 3), round(look.RIGHT, 3), round(flow.y, 3))
    return figure


def _caption(flow: Flow, caption: str, height: float) -> None:
    """Begin a figure of this height, with the caption above it."""
    flow.space(8)
    lines = flow.setter.lines(caption, look.CAPTION, look.WIDTH)
    if lines:
        owner = flow.root.child("P")
        flow.hold(len(lines) * look.CAPTION.leading, lambda: flow.lines(lines, look.CAPTION, owner))
        flow.space(6)
    flow.begin(height)


def bars(flow: Flow, block: Bars) -> None:
    """Set a chart of horizontal bars: label, bar to scale, value."""
    height = _BAR_ROW * len(block.bars)
    _caption(flow, block.caption, height)
    figure = _figure(flow, block.description, height)
    longest = max(bar.value for bar in block.bars) or 1.0
    left = look.LEFT + _BAR_LABELS
    room = look.WIDTH - _BAR_LABELS - _BAR_VALUES
    for number, bar in enumerate(block.bars):
        top = flow.y - number * _BAR_ROW
        label = flow.setter.one_line(bar.label, look.CHART, _BAR_LABELS - 10)
        flow.put(Item(label, look.CHART, figure), look.LEFT, top - 2.5)
        length = room * bar.value / longest
        flow.page.content.append(Drawn(figure, Fill(left, top - _BAR_ROW + 4, room, _BAR_ROW - 8, look.GROUND)))
        if length:
            flow.page.content.append(Drawn(figure, Fill(left, top - _BAR_ROW + 4, round(length, 3), _BAR_ROW - 8, look.ACCENT)))
        flow.put(Item(flow.setter.one_line(bar.text, look.CHART, _BAR_VALUES - 8), look.CHART, figure), look.RIGHT, top - 2.5, right=True)
    flow.y -= height
    flow.space(14)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the text of a point stands: left edge, and its storey below the strip."""

    left: float
    storey: int


def clock_strip(flow: Flow, block: ClockStrip, zone: Zone) -> None:
    """Draw a period to scale: the time used in the accent colour, what came after the due instant in red."""
    named = sorted([block.start, *block.points, block.due], key=lambda point: point.at)
    first, last = named[0].at, named[-1].at
    positions = [look.LEFT + 5 + (look.WIDTH - 10) * ((point.at - first) / (last - first)) for point in named]
    places = _places(positions)
    height = 20 + _STRIP_LINES * (1 + max(place.storey for place in places)) + 4
    _caption(flow, block.caption, height)
    figure = _figure(flow, block.description, height)
    y = flow.y - 10
    for shape in _strip(block, named, positions, y):
        flow.page.content.append(Drawn(figure, shape))
    for point, x, place in zip(named, positions, places, strict=True):
        _strip_text(flow, figure, point, zone, x=x, top=y - 9 - place.storey * _STRIP_LINES, left=place.left)
    flow.y -= height
    flow.space(12)


def _strip(block: ClockStrip, named: list[ClockPoint], positions: list[float], y: float) -> list[Shape]:
    at = dict(zip((point.at for point in named), positions, strict=True))
    start, due = at[block.start.at], at[block.due.at]
    used = max((at[point.at] for point in block.points), default=start)
    shapes: list[Shape] = [Fill(positions[0], y - 1.5, positions[-1] - positions[0], 3, look.TRACK)]
    if used > start:
        shapes.append(Fill(start, y - 1.5, min(used, due) - start, 3, look.ACCENT))
    late = look.TONES[Tone.LATE][0]
    if used > due:
        shapes.append(Fill(due, y - 1.5, used - due, 3, late))
    shapes.append(Rule(due, y - 7, due, y + 7, 1.5, look.INK))
    shapes.append(Disc(start, y, 4, look.ACCENT, look.WHITE))
    shapes += [Disc(at[p.at], y, 4, late if p.at > block.due.at else look.ACCENT, look.WHITE) for p in block.points]
    return shapes


def _places(positions: list[float]) -> list[_Place]:
    """Give each text a place near its point, one storey lower where it would meet another."""
    free: list[float] = []
    places = []
    for x in positions:
        left = min(max(x - _STRIP_LABEL / 2, look.LEFT), look.RIGHT - _STRIP_LABEL)
        storey = next((number for number, edge in enumerate(free) if edge <= left), len(free))
        free[storey : storey + 1] = [left + _STRIP_LABEL + 4]
        places.append(_Place(left, storey))
    return places


def _strip_text(flow: Flow, figure: Element, point: ClockPoint, zone: Zone, *, x: float, top: float, left: float) -> None:
    texts: list[tuple[str, Style]] = [(point.label, look.CHART), *((line, look.CHART_SMALL) for line in _clock_lines(point.at, zone, flow.say))]
    for text, style in texts:
        line = flow.setter.one_line(text, style, _STRIP_LABEL)
        middle = min(max(x - line.width / 2, left), left + _STRIP_LABEL - line.width)
        flow.put(Item(line, style, figure), middle, top)
        top -= style.leading


def _clock_lines(at: datetime, zone: Zone, say: Wording) -> tuple[str, str]:
    local = zone.local(at)
    return say.date(at, zone.name), f"{local:%H:%M} {offset_text(local.utcoffset() or local - local)}"


def qr(flow: Flow, block: Qr) -> None:
    """Draw a QR code with its title, explanation and content beside it."""
    size = _QR_SIZE / (len(matrix(block.content)) + 8)
    flow.space(8)
    flow.begin(_QR_SIZE + 8)
    top = flow.y
    figure = flow.root.child("Figure", alt=plain(f"QR code: {block.content}"))
    figure.box = (look.LEFT, round(top - _QR_SIZE, 3), look.LEFT + _QR_SIZE, round(top, 3))
    # The quiet zone of four modules is part of the symbol; the code itself stands on the left margin.
    flow.page.content.append(Drawn(figure, Modules(look.LEFT, top - 4 * size, size, dark_runs(block.content))))
    x = look.LEFT + _QR_SIZE + 10
    width = look.RIGHT - x
    set_lines = flow.setter.lines
    content = items(set_lines(block.title, look.CAPTION, width), look.CAPTION, flow.root.child("P"))
    content += items(set_lines(block.text, look.FINE, width), look.FINE, flow.root.child("P"))
    content += items(set_lines(block.content, look.VERBATIM, width), look.VERBATIM, flow.root.child("P"))
    flow.fresh = False
    page = flow.page
    flow.row([Cell(x, content)], above=6, below=0)
    if flow.page is page:
        flow.y = min(flow.y, top - _QR_SIZE)
    flow.space(12)
