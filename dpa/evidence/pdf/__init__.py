"""Documents: data in, one PDF out that people can read, programs can parse and a seal can close.

A `Document` is data: who issues what under which number, and blocks of content. `render` turns it into a PDF that is PDF/A-3a
(ISO 19005-3) and PDF/UA-1 (ISO 14289-1) at once, carries the canonical JSON it was made from, and has empty signature fields
ready, so that sealing changes nothing else. The same document gives the same bytes.

This package is the only place that knows ReportLab and pikepdf. It is pure: it knows no database, no web, no clock. The two libraries
are loaded when something is rendered, because every page of the product knows kinds of document and few render one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dpa.evidence.pdf.blocks import (
    Align,
    Bar,
    Bars,
    Block,
    ClockPoint,
    ClockStrip,
    Column,
    Fact,
    FinePrint,
    Heading,
    KeyFacts,
    Moment,
    Notice,
    PageBreak,
    Passage,
    Points,
    Qr,
    Summary,
    Table,
    Text,
    Timeline,
    Tone,
    Verbatim,
)
from dpa.evidence.pdf.document import RECORD_NAME, SEAL_FIELD, STAMP_FIELDS, Document, Letterhead, Rendered

if TYPE_CHECKING:
    from dpa.evidence.pdf.rendering import check_logo as check_logo
    from dpa.evidence.pdf.rendering import render as render

__all__ = [
    "RECORD_NAME",
    "SEAL_FIELD",
    "STAMP_FIELDS",
    "Align",
    "Bar",
    "Bars",
    "Block",
    "ClockPoint",
    "ClockStrip",
    "Column",
    "Document",
    "Fact",
    "FinePrint",
    "Heading",
    "KeyFacts",
    "Letterhead",
    "Moment",
    "Notice",
    "PageBreak",
    "Passage",
    "Points",
    "Qr",
    "Rendered",
    "Summary",
    "Table",
    "Text",
    "Timeline",
    "Tone",
    "Verbatim",
    "check_logo",
    "render",
]


def __getattr__(name: str) -> Any:
    if name not in {"check_logo", "render"}:
        raise AttributeError(f"the package of documents has no {name!r}")
    return getattr(import_module("dpa.evidence.pdf.rendering"), name)
