"""Reading a PDF back in the tests: its text by structure element, through the fonts' own maps to Unicode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Dictionary, Name, Pdf

_MAPPING = re.compile(rb"<([0-9A-F]{2})> <([0-9A-F]{4})>")


def opened(content: bytes) -> Pdf:
    return pikepdf.open(BytesIO(content))


def _maps(page: Any) -> dict[str, dict[int, str]]:
    fonts = page.Resources.Font
    return {
        name: {int(code, 16): chr(int(char, 16)) for code, char in _MAPPING.findall(font.ToUnicode.read_bytes())}
        for name, font in fonts.items()
    }  # fmt: skip


def pieces(pdf: Pdf) -> list[dict[int | str, str]]:
    """For each page, the text of each marked-content identifier; artifacts under their type, unmarked text under "bare"."""
    found: list[dict[int | str, str]] = []
    for page in pdf.pages:
        maps, font = _maps(page), ""
        texts: dict[int | str, str] = {}
        owners: list[int | str] = []
        for instruction in pikepdf.parse_content_stream(page):
            operator, operands = str(instruction.operator), instruction.operands
            if operator == "BDC":
                properties = operands[1]
                owners.append(int(properties.MCID) if "/MCID" in properties else str(properties.Type))
            elif operator == "BMC":
                owners.append("artifact")
            elif operator == "EMC":
                owners.pop()
            elif operator == "Tf":
                font = str(operands[0])
            elif operator == "Tm":
                owner = owners[-1] if owners else "bare"
                if texts.get(owner):
                    texts[owner] += "\n"
            elif operator == "Tj":
                owner = owners[-1] if owners else "bare"
                texts[owner] = texts.get(owner, "") + "".join(maps[font][code] for code in bytes(operands[0]))
        found.append(texts)
    return found


def text(content: bytes) -> str:
    """All text of a file, artifacts too, page by page, one line of the page a line."""
    with opened(content) as pdf:
        return "\n".join(part for page in pieces(pdf) for part in page.values())


def elements(content: bytes) -> list[tuple[str, str]]:
    """The structure elements that hold text, in reading order, as (role, text)."""
    with opened(content) as pdf:
        by_page = {page.obj.objgen: texts for page, texts in zip(pdf.pages, pieces(pdf), strict=True)}
        return list(_walk(pdf.Root.StructTreeRoot.K, by_page))


def _walk(element: Any, by_page: dict[tuple[int, int], dict[int | str, str]]) -> Iterator[tuple[str, str]]:
    kids = element.get("/K", [])
    held: list[str] = []
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, int):
            held.append(by_page[element.Pg.objgen].get(kid, ""))
        elif isinstance(kid, Dictionary) and kid.get("/Type") == Name.MCR:
            held.append(by_page[kid.Pg.objgen].get(int(kid.MCID), ""))
        elif isinstance(kid, Dictionary) and kid.get("/S") is not None:
            yield from _walk(kid, by_page)
    if held:
        yield str(element.S)[1:], "\n".join(held)
