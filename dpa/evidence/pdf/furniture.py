"""What frames a document: the letterhead and title of its first page, the head and foot of every page, its last words."""

from __future__ import annotations

import hashlib

from dpa.deadlines.zones import zone_named
from dpa.evidence.pdf import look
from dpa.evidence.pdf.blocks import FinePrint
from dpa.evidence.pdf.cleaning import Cleaning, code_points
from dpa.evidence.pdf.document import RECORD_NAME, Document
from dpa.evidence.pdf.look import Style
from dpa.evidence.pdf.pages import PAGINATION, Flow, Item, Page, Picture, Words, hairline
from dpa.evidence.pdf.setting import Line
from dpa.evidence.pdf.structure import Bookmark
from dpa.evidence.pdf.texts import fine_print
from dpa.languages import Wording, offered

_LOGO_HEIGHT, _LOGO_WIDTH = 34.0, 120.0
_NAME_LINES, _ADDRESS_LINES = 10, 20
"""Room for the longest name and address that an organisation may have, beside a wide logo: neither is cut in a document that must hold for years."""
_SMALL_LOGO_HEIGHT, _SMALL_LOGO_WIDTH = 13.0, 46.0
_ENGLISH = "en-GB"


def letterhead(flow: Flow, document: Document, logo: tuple[int, int] | None) -> None:
    """Set the first page's head: who issues, under which number, for whose eyes. `logo` is its size in pixels."""
    top, organisation, setter = flow.y, document.organisation, flow.setter
    x = look.LEFT
    if logo:
        width, height = _scaled(logo, _LOGO_WIDTH, _LOGO_HEIGHT)
        flow.page.below.append(Picture(look.LEFT, top - height, width, height))
        x += width + 12
    right = [setter.one_line(document.classification, look.CLASSIFICATION, 150), setter.one_line(document.number, look.NUMBER, 150)]
    left_width = look.RIGHT - 160 - x
    owner = flow.root.child("P")
    names = _at_most(_NAME_LINES, flow, organisation.name, look.ORGANISATION, left_width)
    y = top
    for line in names:
        flow.put(Item(line, look.ORGANISATION, owner), x, y)
        y -= look.ORGANISATION.leading
    address = flow.root.child("P") if organisation.address.strip() else owner
    for line in _at_most(_ADDRESS_LINES, flow, organisation.address, look.ADDRESS, left_width):
        flow.put(Item(line, look.ADDRESS, address), x, y)
        y -= look.ADDRESS.leading
    at = top - 1.5
    for line, style in zip(right, (look.CLASSIFICATION, look.NUMBER), strict=True):
        flow.put(Item(line, style, flow.root.child("P")), look.RIGHT, at, right=True)
        at -= style.leading
    flow.y = min(y, at, top - (_LOGO_HEIGHT if logo else 0)) - 10
    hairline(flow.page, flow.y)
    flow.y -= 30


def _at_most(most: int, flow: Flow, text: str, style: Style, width: float) -> list[Line]:
    """Return the lines of a text, cut with an ellipsis: a letterhead is no place to run over pages."""
    lines = flow.setter.lines(text, style, width)
    if len(lines) <= most:
        return lines
    last = "".join(run for _, run in lines[most - 1].runs)
    return [*lines[: most - 1], flow.setter.one_line(f"{last} …", style, width)]


def title(flow: Flow, document: Document) -> None:
    """Set the kind, the title, the quiet line below it and the time of issue."""
    set_lines = flow.setter.lines
    flow.lines(set_lines(document.kind, look.EYEBROW, look.WIDTH), look.EYEBROW, flow.root.child("P"))
    flow.space(3)
    flow.bookmarks.append(Bookmark(document.title, 1, len(flow.pages) - 1, flow.y))
    flow.lines(set_lines(document.title, look.TITLE, look.WIDTH), look.TITLE, flow.root.child("H1"))
    flow.space(4)
    if document.subtitle.strip():
        flow.lines(set_lines(document.subtitle, look.SUBTITLE.coloured(look.INK), look.WIDTH), look.SUBTITLE.coloured(look.INK), flow.root.child("P"))
    issued = flow.say("engine.issued", at=_issued(flow, document))
    flow.lines(set_lines(issued, look.SUBTITLE, look.WIDTH), look.SUBTITLE, flow.root.child("P", language=foreign(document)))
    flow.space(14)


def foreign(document: Document) -> str:
    """Return the language to mark the engine's own words with; empty where it has them in the document's language."""
    return "" if offered(document.language.lower().split("-")[0]) else _ENGLISH


def _issued(flow: Flow, document: Document) -> str:
    """Return the time of issue with the name of the zone, which the other times of the document leave out."""
    zone = zone_named(document.zone).name
    said = flow.say.moment(document.issued_at, zone)
    return said if said.endswith(zone) else f"{said} ({zone})"


def colophon(flow: Flow, document: Document) -> None:
    """Close the document: what is attached, its digest, and what could not be printed."""
    digest = hashlib.sha256(document.record).hexdigest()
    parts = [
        flow.say("engine.colophon", number=document.number, at=_issued(flow, document), organisation=document.organisation.name),
        flow.say("engine.record", name=RECORD_NAME, size=flow.say.number(len(document.record))),
        digest,
        *_not_printed(flow.setter.cleaning, flow.say),
    ]
    flow.space(10)
    flow.begin(len(parts) * look.FINE.leading + 20)
    hairline(flow.page, flow.y)
    flow.y -= 8
    fine_print(flow, FinePrint("\n".join(parts)), language=foreign(document))


def _not_printed(cleaning: Cleaning, say: Wording) -> list[str]:
    replaced, removed = cleaning.replaced.total(), cleaning.removed.total()
    notes = []
    if replaced:
        notes.append(say.counted("engine.replaced", replaced, which=code_points(cleaning.replaced)))
    if removed:
        notes.append(say.counted("engine.removed", removed, which=code_points(cleaning.removed)))
    if notes:
        notes.append(say("engine.original"))
    return notes


def frame(flow: Flow, document: Document, logo: tuple[int, int] | None) -> None:
    """Set head and foot of all pages, now that their number is known."""
    digest = hashlib.sha256(document.record).hexdigest()
    hint = " ".join(digest[at : at + 4] for at in range(0, 16, 4))
    for number, page in enumerate(flow.pages, 1):
        if number > 1:
            _head(flow, page, document, logo)
        hairline(page, look.FOOT + 13)
        _set(flow, page, " · ".join(filter(None, (document.classification, document.number))), look.LEFT)
        _set(flow, page, flow.say("engine.hint", digits=hint), look.LEFT + look.WIDTH / 2, centre=True)
        _set(flow, page, flow.say("engine.page", number=number, count=len(flow.pages)), look.RIGHT, right=True)


def _head(flow: Flow, page: Page, document: Document, logo: tuple[int, int] | None) -> None:
    x = look.LEFT
    if logo:
        width, height = _scaled(logo, _SMALL_LOGO_WIDTH, _SMALL_LOGO_HEIGHT)
        page.below.append(Picture(x, look.HEAD - 3.5, width, height))
        x += width + 7
    name = flow.setter.one_line(document.organisation.name, look.FURNITURE_NAME, 190)
    page.content.append(Words(PAGINATION, x, look.HEAD, name.runs, look.FURNITURE_NAME.size, look.FURNITURE_NAME.colour))
    heading = flow.setter.one_line(document.title, look.FURNITURE, 230)
    page.content.append(Words(PAGINATION, look.RIGHT - heading.width, look.HEAD, heading.runs, look.FURNITURE.size, look.FURNITURE.colour))
    hairline(page, look.HEAD - 9)


def _set(flow: Flow, page: Page, text: str, x: float, *, right: bool = False, centre: bool = False) -> None:
    line = flow.setter.one_line(text, look.FURNITURE, 170)
    left = x - line.width if right else x - line.width / 2 if centre else x
    page.content.append(Words(PAGINATION, left, look.FOOT, line.runs, look.FURNITURE.size, look.FURNITURE.colour))


def _scaled(size: tuple[int, int], most_width: float, most_height: float) -> tuple[float, float]:
    factor = min(most_width / size[0], most_height / size[1])
    return round(size[0] * factor, 3), round(size[1] * factor, 3)
