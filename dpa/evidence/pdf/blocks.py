"""What a document can consist of: frozen values, free of any thought about fonts, pages or PDF.

Every text is plain text. Nothing in it is ever read as markup: `<b>` is printed as the three characters it is. A line break in
a text is a line break on the page. What cannot make a document is refused with ValueError when the block is made, because
only a defect of the caller can cause it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

MOST_BARS = 40
"""A chart with more bars is a table."""
MOST_CLOCK_POINTS = 6
MOST_QR_CHARACTERS = 300
"""More makes modules too small to be scanned from paper."""


class Align(Enum):
    """Where a column's texts stand. Figures that are compared stand right: the digits all have one width."""

    LEFT = "left"
    RIGHT = "right"


class Tone(Enum):
    """How a notice or a moment is meant. The colour only repeats what its words say."""

    NEUTRAL = "neutral"
    INFO = "info"
    WARNING = "warning"
    LATE = "late"
    DONE = "done"


def _aware(at: datetime, what: str) -> None:
    if at.tzinfo is None:
        msg = f"{what} needs an aware datetime, not {at.isoformat()}"
        raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Summary:
    """The lead: what this document says, in two or three sentences, set larger than the text."""

    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One key fact. `detail` stands under the value, smaller; `code` sets digests and keys in a fixed-width face."""

    label: str
    value: str
    detail: str = ""
    wide: bool = False
    """Takes the whole width instead of one of two columns."""
    code: bool = False


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """The box of facts that a reader looks for first, in two columns, read row by row."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 2 or 3; the document's title is level 1. A level is never skipped."""

    text: str
    level: int = 2

    def __post_init__(self) -> None:
        if self.level not in {2, 3}:
            msg = f"a heading has level 2 or 3, not {self.level}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Text:
    """Running text. A blank line begins a new paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Points:
    """A list of short texts, with bullets or numbers."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `share` is its part of the width relative to the other columns."""

    title: str
    share: float = 1.0
    align: Align = Align.LEFT
    code: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.share) and self.share > 0):
            msg = f"the share of column {self.title!r} must be a positive number, not {self.share}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that may run over any number of pages; its header is repeated on each.

    With `row_header` the first column names its row. Without rows, `empty` is printed instead.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    row_header: bool = False
    empty: str = "No entries."

    def __post_init__(self) -> None:
        if not self.columns:
            msg = "a table needs columns"
            raise ValueError(msg)
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                msg = f"row {number} has {len(row)} cells for {len(self.columns)} columns"
                raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: an aware instant, what it was, more about it, and who did it."""

    at: datetime
    title: str
    text: str = ""
    by: str = ""
    tone: Tone = Tone.NEUTRAL

    def __post_init__(self) -> None:
        _aware(self.at, "a moment")


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened, one moment after the other, in the order given, on the clocks of the document's zone."""

    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a label, its length (any unit, zero or more) and the text of its value."""

    label: str
    value: float
    text: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value >= 0):
            msg = f"the bar {self.label!r} needs a value of zero or more, not {self.value}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Bars:
    """A small bar chart. `description` says in words what it shows, for readers who cannot see it."""

    bars: tuple[Bar, ...]
    description: str
    caption: str = ""

    def __post_init__(self) -> None:
        if not 0 < len(self.bars) <= MOST_BARS:
            msg = f"a chart has 1 to {MOST_BARS} bars, not {len(self.bars)}"
            raise ValueError(msg)
        if not self.description.strip():
            msg = "a chart needs its description"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class ClockPoint:
    """A named instant on a clock strip."""

    label: str
    at: datetime

    def __post_init__(self) -> None:
        _aware(self.at, "a point on a clock strip")


@dataclass(frozen=True, slots=True)
class ClockStrip:
    """A period drawn to scale: from `start` to `due`, with what happened in between or after."""

    start: ClockPoint
    due: ClockPoint
    points: tuple[ClockPoint, ...]
    description: str
    caption: str = ""

    def __post_init__(self) -> None:
        if self.due.at <= self.start.at:
            msg = "a clock strip ends after it starts"
            raise ValueError(msg)
        if len(self.points) > MOST_CLOCK_POINTS:
            msg = f"a clock strip has at most {MOST_CLOCK_POINTS} points, not {len(self.points)}"
            raise ValueError(msg)
        if not self.description.strip():
            msg = "a clock strip needs its description"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code with its content printed beside it as text: nobody must scan to know where it leads."""

    content: str
    title: str
    text: str = ""

    def __post_init__(self) -> None:
        if not self.content or not self.content.isascii() or not self.content.isprintable() or len(self.content) > MOST_QR_CHARACTERS:
            msg = f"a QR code holds 1 to {MOST_QR_CHARACTERS} printable ASCII characters"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Notice:
    """A box that must not be overlooked: what is missing, late, or not claimed."""

    title: str
    text: str
    tone: Tone = Tone.INFO
    language: str = ""
    """BCP 47 tag of the text, where it is another than the title's."""


@dataclass(frozen=True, slots=True)
class FinePrint:
    """Small running text: how to verify, what is not claimed."""

    text: str


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines that must be readable character by character, such as a checkpoint of the trail: fixed width, spaces kept."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins on a new page: the first page is the summary, the detail comes after. Behind a summary that ran over, it goes on there."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Blocks in another language than the document's, marked so that they are read aloud in theirs (ISO 14289-1, 7.2)."""

    language: str
    """BCP 47 tag."""
    blocks: tuple[Block, ...]


Block = (
    Summary | KeyFacts | Heading | Text | Points | Table | Timeline | Bars | ClockStrip | Qr | Notice | FinePrint | Verbatim | PageBreak | Passage
)  # fmt: skip


def unwrapped(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks in their order, those of passages instead of the passages."""
    for block in blocks:
        if isinstance(block, Passage):
            yield from unwrapped(block.blocks)
        else:
            yield block
