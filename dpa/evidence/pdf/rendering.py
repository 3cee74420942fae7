"""Rendering: lay out, write, archive."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dpa.deadlines.zones import zone_named
from dpa.evidence.pdf import blocks, figures, furniture, tables, texts
from dpa.evidence.pdf import logo as logos
from dpa.evidence.pdf.archive import archive
from dpa.evidence.pdf.cleaning import Cleaning
from dpa.evidence.pdf.document import Document, Rendered
from dpa.evidence.pdf.pages import Flow
from dpa.evidence.pdf.setting import Setter
from dpa.evidence.pdf.structure import Element
from dpa.evidence.pdf.writing import write
from dpa.languages import for_tag


def render(document: Document) -> Rendered:
    """Return the document as an unsealed PDF/A-3a and PDF/UA-1 file.

    Equal documents give equal bytes, in any process, under the same versions of the libraries. Raises Invalid (dpa.problems)
    for a logo that cannot be used; everything else was checked when the document was made.
    """
    picture = logos.opened(document.organisation.logo) if document.organisation.logo else None
    size = picture.size if picture else None
    setter = Setter()
    shown = _cleaned(document, setter.cleaning)
    flow = Flow(setter, Element("Document"), for_tag(document.language))
    furniture.letterhead(flow, shown, size)
    furniture.title(flow, shown)
    for block in document.blocks:
        _set(flow, block, document.zone)
    furniture.colophon(flow, shown)
    furniture.frame(flow, shown, size)
    content = archive(write(flow.pages, picture), document, flow.root, flow.bookmarks)
    cleaning = setter.cleaning
    return Rendered(content, hashlib.sha256(content).hexdigest(), len(flow.pages), cleaning.replaced.total(), cleaning.removed.total())


def check_logo(png: bytes) -> None:
    """Tell whether a picture can be a letterhead's logo; raises Invalid with the reason."""
    logos.check(png)


def _cleaned(document: Document, cleaning: Cleaning) -> Document:
    """Clean what is printed in several places once, so that its characters are counted once."""
    clean, organisation = cleaning.clean, document.organisation
    return replace(
        document,
        kind=clean(document.kind),
        number=clean(document.number),
        title=clean(document.title),
        subtitle=clean(document.subtitle),
        classification=clean(document.classification),
        organisation=replace(organisation, name=clean(organisation.name), address=clean(organisation.address)),
    )


_SETTERS: dict[type, Callable[[Flow, Any], None]] = {
    blocks.Summary: texts.summary,
    blocks.Heading: texts.heading,
    blocks.Text: texts.text,
    blocks.Points: texts.points,
    blocks.Notice: texts.notice,
    blocks.FinePrint: texts.fine_print,
    blocks.Verbatim: texts.verbatim,
    blocks.KeyFacts: tables.key_facts,
    blocks.Table: tables.table,
    blocks.Bars: figures.bars,
    blocks.Qr: figures.qr,
}


def _set(flow: Flow, block: blocks.Block, zone: str) -> None:
    match block:
        case blocks.PageBreak():
            flow.begin()
            # A page with the last box of a summary and nothing below would look as if something were missing.
            if not flow.fresh and len(flow.pages) == 1:
                flow.turn()
        case blocks.Passage():
            outer, flow.root = flow.root, flow.root.child("Sect", language=block.language)
            for inner in block.blocks:
                _set(flow, inner, zone)
            flow.root = outer
        case blocks.Timeline():
            tables.timeline(flow, block, zone_named(zone))
        case blocks.ClockStrip():
            figures.clock_strip(flow, block, zone_named(zone))
        case _:
            _SETTERS[type(block)](flow, block)
