"""From a PDF with marked content to PDF/A-3a and PDF/UA-1, through pikepdf.

Adds what makes the file last and speak: structure tree, metadata, colour profile, the attached record, an outline, and the
empty signature fields. Signing later fills those fields by incremental update and need not touch the tagging.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC
from functools import cache
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from dpa.evidence.pdf import xmp
from dpa.evidence.pdf.cleaning import plain
from dpa.evidence.pdf.document import RECORD_NAME, SEAL_FIELD, STAMP_FIELDS, Document
from dpa.evidence.pdf.fonts import DATA
from dpa.evidence.pdf.structure import Bookmark, Element
from dpa.evidence.pdf.tree import Tree

_PROFILE = "sRGB.icc"
_PROFILE_NAME = "sRGB IEC61966-2.1"
_HIDDEN_LOCKED = 132
"""Annotation flags of a signature field: printable and locked (ISO 32000-1, table 165)."""
_MANY_PAGES = 20
"""From here on objects are packed into streams: half the size, at the price of plain-text inspection."""
_OUTLINE_FROM = 3
"""Documents of fewer pages need no outline."""
_FIELD_NAMES = {SEAL_FIELD: "Seal: electronic seal of the issuing organisation", **{name: f"Archive time-stamp {name[-1]}" for name in STAMP_FIELDS}}


@cache
def _profile() -> bytes:
    return (DATA / _PROFILE).read_bytes()


def archive(raw: bytes, document: Document, root: Element, bookmarks: Sequence[Bookmark]) -> bytes:
    """Return the finished file. Equal inputs give equal bytes under the same versions of the libraries."""
    with Pdf.open(BytesIO(raw)) as pdf:
        _properties(pdf, document)
        _intent(pdf)
        _attach(pdf, document)
        _fields(pdf, root)
        if len(pdf.pages) >= _OUTLINE_FROM:
            _outline(pdf, bookmarks)
        out = BytesIO()
        packed = len(pdf.pages) >= _MANY_PAGES
        mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
        pdf.save(out, deterministic_id=True, min_version="1.7", object_stream_mode=mode)
    return out.getvalue()


def _properties(pdf: Pdf, document: Document) -> None:
    at = document.issued_at.astimezone(UTC)
    texts = {"title": plain(document.title), "author": plain(document.organisation.name), "subject": plain(document.kind)}
    moment = f"D:{at:%Y%m%d%H%M%S}+00'00'"
    pdf.trailer.Info = pdf.make_indirect(
        Dictionary(
            Title=texts["title"], Author=texts["author"], Subject=texts["subject"],
            Creator=xmp.CREATOR, Producer=xmp.PRODUCER, CreationDate=moment, ModDate=moment,
        )
    )  # fmt: skip
    root = pdf.Root
    root.Lang = String(document.language)
    root.MarkInfo = Dictionary(Marked=True)
    root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    root.PageMode = Name.UseNone
    for key in ("/Outlines", "/PageLabels"):
        if key in root:
            del root[key]
    metadata = pdf.make_stream(xmp.packet(**texts, language=document.language, number=plain(document.number), at=at))
    metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
    root.Metadata = metadata


def _intent(pdf: Pdf) -> None:
    profile = pdf.make_stream(_profile())
    profile.N = 3
    pdf.Root.OutputIntents = Array(
        [
            Dictionary(
                Type=Name.OutputIntent, S=Name.GTS_PDFA1, OutputConditionIdentifier=_PROFILE_NAME,
                Info=_PROFILE_NAME, DestOutputProfile=profile,
            )
        ]
    )  # fmt: skip


def _attach(pdf: Pdf, document: Document) -> None:
    """Attach the record as the source of what the pages show (ISO 19005-3, 6.8)."""
    moment = f"D:{document.issued_at.astimezone(UTC):%Y%m%d%H%M%S}+00'00'"
    stream = pdf.make_stream(document.record)
    stream.Type, stream.Subtype = Name.EmbeddedFile, Name("/application/json")
    checksum = hashlib.md5(document.record, usedforsecurity=False).digest()
    stream.Params = Dictionary(Size=len(document.record), CreationDate=moment, ModDate=moment, CheckSum=String(checksum))
    spec = pdf.make_indirect(
        Dictionary(
            Type=Name.Filespec, F=RECORD_NAME, UF=RECORD_NAME, AFRelationship=Name.Source,
            Desc="The record this document was made from, as canonical JSON", EF=Dictionary(F=stream, UF=stream),
        )
    )  # fmt: skip
    pdf.Root.AF = Array([spec])
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([RECORD_NAME, spec])))


def _fields(pdf: Pdf, root: Element) -> None:
    """Write the structure tree with one form element per empty, invisible signature field on the first page."""
    page = pdf.pages[0].obj
    tree = Tree(pdf, root)
    widgets: list[Object] = []
    for name, description in _FIELD_NAMES.items():
        widget = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=name, TU=description,
                F=_HIDDEN_LOCKED, Rect=Array([0, 0, 0, 0]), P=page,
            )
        )  # fmt: skip
        tree.form(widget, page, description)
        widgets.append(widget)
    tree.close()
    page.Annots = Array(widgets)
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array(widgets), SigFlags=0))


def _outline(pdf: Pdf, bookmarks: Sequence[Bookmark]) -> None:
    with pdf.open_outline() as outline:
        parents: list[tuple[int, list[pikepdf.OutlineItem]]] = [(0, outline.root)]
        for mark in bookmarks:
            item = pikepdf.OutlineItem(plain(mark.title), mark.page, "XYZ", left=0, top=round(mark.top, 3), zoom=0)
            while parents[-1][0] >= mark.level:
                parents.pop()
            parents[-1][1].append(item)
            parents.append((mark.level, item.children))
